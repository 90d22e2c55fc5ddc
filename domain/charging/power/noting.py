"""What is given to whoever charges is noted with her session, so that nobody is billed for standing there while we gave nothing."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from domain.charging.orders import PowerStep
from domain.charging.power.facts import GoingOn
from domain.charging.power.giving import Gives, stepped
from domain.charging.power.groups import Member
from domain.charging.sessions.points import Point, PointKind
from domain.charging.sessions.withholding import is_given


class Noted(Struct, frozen=True):
    """Of a session."""

    session_id: UUID
    points: tuple[Point, ...]


def note(session: GoingOn, gives: Gives, member: Member, now: datetime) -> tuple[Point, ...]:
    """Points that are new; none where all was said already. Whatever may be is taken to be where it is less, and less than a vehicle
    charges with is nothing. What is known ahead is said, as nobody may look when it begins."""
    steps = _charged_with(gives, member)
    instants = [now + timedelta(seconds=step.from_s) for step in steps]
    known = sorted({*instants, *(at for point in session.noted if (at := point.at) > now)})
    said = [is_given(session.noted, at) for at in (now, *known)]
    now_said = [_at(steps, now, at) > 0 for at in (now, *known)]
    if said == now_said:
        return ()
    first = min(now, session.began_at) if not session.noted else now
    plan = int(now.timestamp())
    return tuple(
        Point(at if n else first, PointKind.GIVEN, plan, offered_w=Decimal(step.limit_w))
        for n, (at, step) in enumerate(zip(instants, steps, strict=True))
    )


def _charged_with(gives: Gives, member: Member) -> tuple[PowerStep, ...]:
    """All of it, or nothing: that is all that matters."""
    least = max(member.min_w, 1)
    cuts = [step.from_s for step in gives.least]
    return stepped(cuts, [member.max_w if step.limit_w >= least else 0 for step in gives.least])


def _at(steps: tuple[PowerStep, ...], now: datetime, at: datetime) -> int:
    return next(step.limit_w for step in reversed(steps) if now + timedelta(seconds=step.from_s) <= at)
