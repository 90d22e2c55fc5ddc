from msgspec import Struct

from domain.bike_leasing.reservations import LeaseBike
from services.bike_leasing.ports import Offered, Reserved
from services.bike_leasing.subscribing import Subscribe, Subscribed
from services.calls import UseCase


class BikeLeasing(Struct, frozen=True):
    """The pool bikes' use cases, bound to their adapters."""

    quote: UseCase[Offered, LeaseBike]
    reserve: UseCase[Reserved, LeaseBike]
    subscribe: UseCase[Subscribed, Subscribe]
