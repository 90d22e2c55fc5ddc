"""What is to be done next for whoever charges without an account, from all that is known: have her station begin, stop it when she
wants to or at the end of her time, or give up. Asked again whenever something happened, and every few seconds until it has begun.
"""

from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

from domain.booking.bookings import State
from domain.booking.overdue import AHEAD
from domain.charging.orders import Answered, StartTransaction, StopTransaction
from domain.charging.plugs.reservations import OUT, Facts
from domain.charging.reports import IdToken
from domain.charging.sessions.acting import stop
from domain.charging.sessions.sessions import UNDER_WAY, Session
from domain.charging.stations import EvseStatus
from domain.refusals import Refusal

START_WITHIN = timedelta(seconds=45)
"""Whoever stands there has tried something else by then."""
AGAIN_AFTER = timedelta(seconds=10)
"""A station that will not begin may do so once the cable is in, or whoever was there has gone."""
PLUGGED_IN_AFTER = timedelta(minutes=3)
"""A station that said yes waits so long for the cable, and forgets it then."""
MOST_STARTS = 8
PATIENCE = timedelta(minutes=2)
"""Since the card said yes: so long one waits for a station that is away."""
MAYBE = frozenset({None, Answered.ACCEPTED, Answered.NO_ANSWER})
"""What leaves open whether a station began that was told to."""


class Start(Struct, frozen=True):
    """A start that was ordered. `answered` is None until the station, or nobody, has said something to it."""

    made_at: datetime
    answered: Answered | None = None
    answered_at: datetime | None = None


class AdHocFacts(Struct, frozen=True):
    """`of` is what is known of the booking and its plug, `starts` are in the order in which they were ordered, `session` is the
    booking's that is under way, also where nobody has told yet that it began. `number` names a start for its station."""

    of: Facts
    token: IdToken
    number: int
    starts: tuple[Start, ...] = ()
    session: Session | None = None


class Begin(Struct, frozen=True):
    order: StartTransaction
    within: datetime


class End(Struct, frozen=True):
    """She wants to stop; or her time is as good as up, and somebody else's may begin."""

    session: Session
    order: StopTransaction


class GiveUp(Struct, frozen=True):
    """The station does not begin, or did not before she wanted to stop: what was held goes back."""


class Nothing(Struct, frozen=True):
    """Until something happens, or somebody looks again."""


Step: TypeAlias = Begin | End | GiveUp | Nothing


def next_step(facts: AdHocFacts, now: datetime) -> Step:
    booking, plug, starts = facts.of.booking, facts.of.plug, facts.starts
    if booking.is_left:
        return _left(facts, now)
    if booking.state is State.IN_USE and facts.session is not None and now >= booking.end - AHEAD:
        return _end(facts.session, now)
    if booking.state is not State.CONFIRMED or facts.of.token_used:
        return Nothing()
    last = starts[-1] if starts else None
    if last is not None and (last.answered is None or last.answered_at is None):
        return Nothing()
    if last is not None and last.answered_at is not None:
        wait = PLUGGED_IN_AFTER if last.answered is Answered.ACCEPTED else AGAIN_AFTER
        if now < last.answered_at + wait:
            return Nothing()
    if plug is None or len(starts) >= MOST_STARTS:
        return GiveUp()
    if not plug.online or plug.status in OUT or plug.running is not None:
        return GiveUp() if now >= booking.updated_at + PATIENCE else Nothing()
    return Begin(StartTransaction(plug.evse, facts.token, facts.number), now + START_WITHIN)


def may_have_begun(facts: AdHocFacts, now: datetime) -> bool:
    """Whether her station charges by now, for all that was heard of it: it was told to begin and did not say no, and is away, or has
    something plugged in and may still tell."""
    if facts.session is not None or facts.of.token_used:
        return True
    taken = [each for each in facts.starts if each.answered in MAYBE]
    plug = facts.of.plug
    if not taken or plug is None or not plug.online:
        return bool(taken)
    if plug.status is EvseStatus.AVAILABLE:
        return False
    return any(each.answered_at is None or now < each.answered_at + PLUGGED_IN_AFTER for each in taken)


def _left(facts: AdHocFacts, now: datetime) -> Step:
    if facts.session is not None:
        return _end(facts.session, now)
    confirmed = facts.of.booking.state is State.CONFIRMED
    return GiveUp() if confirmed and not may_have_begun(facts, now) else Nothing()


def _end(session: Session, now: datetime) -> Step:
    if session.state not in UNDER_WAY:
        return Nothing()
    stopped = stop(session, now)
    if isinstance(stopped, Refusal) or stopped[1] is None:
        return Nothing()
    return End(stopped[0], stopped[1])
