from msgspec import Struct

from domain.charging.reservations import ReserveChargePoint
from services.calls import UseCase
from services.charging.ports import Offered, Reserved


class Charging(Struct, frozen=True):
    """The charge points' use cases, bound to their adapters."""

    quote: UseCase[Offered, ReserveChargePoint]
    reserve: UseCase[Reserved, ReserveChargePoint]
