"""Which points behind a connection have power left, for whoever looks for one and has not said what she needs."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.charging.power.admitting import admit
from domain.charging.power.charges import Charge, need_wh
from domain.charging.power.facts import PowerFacts, promised
from domain.charging.power.groups import Member, PowerGroup
from domain.periods import Period

WHOEVER = UUID(int=0)


def without_power(
    facts: PowerFacts, points: Iterable[ResourceId], period: Period, now: datetime
) -> frozenset[ResourceId]:
    """Those of the points, all of them free then, at which a booking of the period would be refused even the least, by the decision
    that it meets."""
    meets = promised(replace(facts, uses=tuple(use for use in facts.uses if not use.has_lapsed(now))), now)
    refused: dict[tuple[object, ...], bool] = {}
    found = set()
    for member in filter(None, map(facts.member, points)):
        alike = (member.max_w, member.min_w, member.safe_w)
        if alike not in refused:
            least = Charge(WHOEVER, member.evse_id, period.start, period.end, _least_wh(member, facts.group, period))
            refused[alike] = admit(meets, least, now, lambda _: False) is not None
        if refused[alike]:
            found.add(member.evse_id)
    return frozenset(found)


def _least_wh(member: Member, group: PowerGroup, period: Period) -> int:
    """What a vehicle takes that is never paused, and no more than a booking without a word of energy is let in with; that, where nobody
    has said what a point of direct current gives at least."""
    usual = need_wh(None, period, None, group, member)
    never_paused = int(member.min_w * period.length.total_seconds() / 3600)
    return min(usual, never_paused) if member.min_w else usual
