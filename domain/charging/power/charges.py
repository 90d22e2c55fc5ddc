"""Who wants energy where and until when: a session, or a booking that will become one."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep
from domain.charging.power.groups import Member, PowerGroup
from domain.periods import Period


class Standing(IntEnum):
    """Whose vehicle it is, the first one first where a group's policy says so."""

    FLEET = 0
    PUBLIC = 1


class Charge(Struct, frozen=True):
    """`energy_wh` are still needed by `departure`; `present` says that the vehicle is plugged in.

    `max_w` is the most that the vehicle takes there, where that is known to be less than what the point gives.
    """

    id: UUID
    evse_id: ResourceId
    arrival: datetime
    departure: datetime
    energy_wh: int
    standing: Standing = Standing.PUBLIC
    present: bool = False
    max_w: int | None = None


class Standstill(Struct, frozen=True):
    """A point whose station has lost its link: it goes on with the profile it had, as long as that lasts, then with its safe default."""

    evse_id: ResourceId
    since: datetime
    steps: Sequence[PowerStep] = ()
    lasts_s: int = 0


def need_wh(
    told_kwh: Decimal | None, period: Period, departure: datetime | None, group: PowerGroup, member: Member
) -> int:
    """What a booking needs: what its driver says, or what the group takes for it; never more than the point gives in the time."""
    told = group.default_need_wh if told_kwh is None else int(told_kwh * 1000)
    return min(told, most_wh(period, departure, member))


def most_wh(period: Period, departure: datetime | None, member: Member) -> int:
    """What the point gives at most until then."""
    return int(member.max_w * (leaves_at(period, departure) - period.start).total_seconds() / 3600)


def leaves_at(period: Period, departure: datetime | None) -> datetime:
    """When the driver wants to leave, if that is within the booked time; else its end."""
    return departure if departure is not None and period.start < departure < period.end else period.end
