"""A power group as the books have it, and the charges that follow from them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.power.admitting import Promised
from domain.charging.power.charges import Charge, Standing, leaves_at, most_wh, need_wh
from domain.charging.power.giving import Point
from domain.charging.power.groups import GridLimit, Member, PowerGroup
from domain.charging.reports import TransactionRef
from domain.charging.sessions.points import Point as Given
from domain.periods import Period

# Nobody knows when somebody leaves who has not booked.
STAYS = timedelta(hours=4)


class Use(Struct, frozen=True):
    """A booking of one of the group's points. `promised_wh` is what it was let in with, whatever time it has by now. Where it is only held it lapses, and counts all the same until it is released: till then
    it may still be confirmed."""

    booking_id: UUID
    evse_id: ResourceId
    start: datetime
    end: datetime
    fleet: bool
    energy_kwh: Decimal | None = None
    departure: datetime | None = None
    promised_wh: int | None = None
    lapses_at: datetime | None = None

    def has_lapsed(self, now: datetime) -> bool:
        return self.lapses_at is not None and self.lapses_at <= now


class PowerFacts(Struct, frozen=True):
    """`version` is that of the group; its uses are all that there are before `known_until`."""

    group: PowerGroup
    limits: tuple[GridLimit, ...]
    uses: tuple[Use, ...]
    version: int
    known_until: datetime

    def member(self, evse_id: ResourceId) -> Member | None:
        return next((member for member in self.group.members if member.evse_id == evse_id), None)


class GoingOn(Struct, frozen=True):
    """A session at one of the group's points that is going on, with the energy that it had by now; `ref` is its station's name for
    it, `noted` what we said of what we give it."""

    id: UUID
    evse_id: ResourceId
    began_at: datetime
    energy_wh: int
    ref: TransactionRef
    booking_id: UUID | None = None
    noted: tuple[Given, ...] = ()


class PowerNow(Struct, frozen=True):
    """`points` are those that stations of ours have. Of others nobody knows more than what the group says of them."""

    sessions: tuple[GoingOn, ...]
    points: tuple[Point, ...]


def promised(facts: PowerFacts, now: datetime) -> Promised:
    """What a booking meets: nobody is there yet."""
    return Promised(facts.group, facts.limits, charges(facts, (), now), facts.known_until)


def charges(facts: PowerFacts, sessions: Sequence[GoingOn], now: datetime) -> tuple[Charge, ...]:
    """The bookings that stand, and the sessions that nobody booked."""
    members = {member.evse_id: member for member in facts.group.members}
    there = {session.booking_id: session for session in sessions if session.booking_id is not None}
    found = []
    for use in facts.uses:
        if use.evse_id not in members:
            continue
        period, session = Period(use.start, use.end), there.pop(use.booking_id, None)
        found.append(
            Charge(
                id=use.booking_id,
                evse_id=use.evse_id,
                arrival=use.start if session is None else min(use.start, session.began_at),
                departure=leaves_at(period, use.departure),
                energy_wh=max(
                    _need_wh(use, facts.group, members[use.evse_id]) - (session.energy_wh if session else 0), 0
                ),
                standing=Standing.FLEET if use.fleet else Standing.PUBLIC,
                present=session is not None,
            )
        )
    strangers = [each for each in sessions if each.booking_id is None or each.booking_id in there]
    for each in strangers:
        need = max(facts.group.default_need_wh - each.energy_wh, 0)
        found.append(Charge(each.id, each.evse_id, each.began_at, now + STAYS, need, present=True))
    return tuple(found)


def _need_wh(use: Use, group: PowerGroup, member: Member) -> int:
    """More time promises no more energy; what less time has no room for is promised no more."""
    period = Period(use.start, use.end)
    needs = need_wh(use.energy_kwh, period, use.departure, group, member)
    return needs if use.promised_wh is None else min(use.promised_wh, most_wh(period, use.departure, member))
