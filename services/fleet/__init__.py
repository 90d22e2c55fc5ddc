from msgspec import Struct

from domain.fleet.reservations import ReserveVehicle
from services.calls import UseCase
from services.fleet.ports import Offered, Reserved


class Fleet(Struct, frozen=True):
    """The pool vehicles' use cases, bound to their adapters."""

    quote: UseCase[Offered, ReserveVehicle]
    reserve: UseCase[Reserved, ReserveVehicle]
