"""What is to be done for a booking's plug next, from all that is known of it.

It is asked again after each step and whenever something happened: so answers that come late, twice or never, events in another
order and a crash at any line all lead to the same end. Each step is one transaction's work.
"""

from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.charging.orders import Answered, CancelReservation, OrderId, ReserveNow, StopTransaction
from domain.charging.plugs.reservations import (
    KEPT,
    OUT,
    OVER,
    Facts,
    Plug,
    PlugPolicy,
    PlugReservation,
    PlugReservationId,
    PlugState,
    is_foreign,
    is_wanted,
    kept_until,
)
from domain.charging.reports import IdToken, ReservationNumber
from domain.charging.stations import EvseStatus

SILENT = 3
"""So many times the time to answer an order is waited for before we believe that nobody will say what became of it, or that
a station that was there will not be back at once."""
CANNOT = frozenset({Answered.REJECTED, Answered.NOT_SUPPORTED})
"""What a station says that keeps no reservations (1.6, 5.13: not configured to accept any)."""
HOLDS_NOTHING = frozenset({Answered.OCCUPIED, Answered.FAULTED, Answered.UNAVAILABLE})


class Spare(Struct, frozen=True):
    """What a reservation is made of that chance or the station's books give: ids, its number there, the booking's token."""

    id: PlugReservationId
    order_id: OrderId
    number: ReservationNumber
    token: IdToken
    group: IdToken | None = None


class Reserve(Struct, frozen=True):
    """Tell the station, before `within`; the reservation is what stands in the books then."""

    reservation: PlugReservation
    order: ReserveNow
    within: datetime


class Settle(Struct, frozen=True):
    """Nothing but our books change."""

    reservation: PlugReservation


class Release(Struct, frozen=True):
    """Take it back from the station."""

    reservation: PlugReservation
    order: CancelReservation
    within: datetime


class Stop(Struct, frozen=True):
    """Have somebody else's transaction ended."""

    reservation: PlugReservation
    order: StopTransaction
    within: datetime


class Compensate(Struct, frozen=True):
    """The holder gets no plug: her booking ends, costs her nothing, and she is told."""

    why: Answered


class Wait(Struct, frozen=True):
    """Nothing is to be done before `until`; at None not unless something happens."""

    until: datetime | None = None


Otherwise: TypeAlias = Reserve | Compensate | Wait


class Rebind(Struct, frozen=True):
    """Find the booking another plug, and ask again; where there is none, do the other."""

    why: Answered
    otherwise: Otherwise


Step: TypeAlias = Reserve | Settle | Release | Stop | Rebind | Compensate | Wait


class _Look(Struct, frozen=True):
    facts: Facts
    spare: Spare
    policy: PlugPolicy
    now: datetime


def next_step(facts: Facts, spare: Spare, policy: PlugPolicy, now: datetime) -> Step:
    look = _Look(facts, spare, policy, now)
    here, wanted = facts.here, is_wanted(facts, now)
    if here is not None and here.state is PlugState.ORDERED and facts.booking.state is State.CONFIRMED:
        wanted = True  # what the station said counts, also where we hear it too late
    for each in facts.reservations:
        if step := _let_go(each, facts, now, wanted=wanted):
            return step
    if not wanted:
        return _missed(look)
    if facts.plug is None:
        return Wait()
    if here is not None and here.state is PlugState.ORDERED:
        return _answered(here, look)
    if here is not None and here.state in KEPT:
        return _kept(here, facts.plug, look)
    return _due(here, facts.plug, look)


def _missed(look: _Look) -> Step:
    """Whoever was to get a plug and did not is no no-show, however late we look."""
    facts, until = look.facts, kept_until(look.facts.booking)
    here, booking, plug = facts.here, facts.booking, facts.plug
    if booking.state is not State.CONFIRMED or look.now < until or facts.token_used or plug is None:
        return Wait()
    if here is not None and here.state is not PlugState.REFUSED:
        return Compensate(Answered.NOT_THERE) if _is_silent(plug, until, look.policy) else Wait()
    return Compensate((here.refusal if here is not None else None) or Answered.FAILED)


def _let_go(each: PlugReservation, facts: Facts, now: datetime, *, wanted: bool) -> Step | None:
    """What is used, over, or at a plug that the booking has no more."""
    if each.is_live and facts.token_used:
        return Settle(replace(each, state=PlugState.USED, stands=False))
    if wanted and each is facts.here:
        return None
    if not each.is_live and not each.stands:
        return None
    if now >= each.until:
        return Settle(replace(each, state=PlugState.ENDED if each.is_live else each.state, stands=False))
    released = replace(each, state=PlugState.RELEASED if each.is_live else each.state, stands=False)
    return Release(released, CancelReservation(each.number), each.until)


def _answered(here: PlugReservation, look: _Look) -> Step:
    """Whoever is asked for a reservation again, for longer say, and has somebody plugged in has the holder, by all we know:
    what was said before still stands."""
    answer = look.facts.answer
    if answer is not None and answer.order_id != here.order_id:
        answer = None
    silent_from = here.ordered_at + SILENT * timedelta(seconds=look.policy.answer_s)
    if answer is None and look.now < silent_from:
        return Wait(silent_from)
    said, at = (answer.answer.answered, answer.at) if answer is not None else (Answered.NO_ANSWER, look.now)
    if said is Answered.ACCEPTED or (said is Answered.OCCUPIED and here.honoured):
        return Settle(replace(here, state=PlugState.HONOURED, answered_at=at, refusal=None, honoured=True))
    if said in CANNOT:
        return Settle(replace(here, state=PlugState.GUARDED, answered_at=at, refusal=None, stands=False))
    return Settle(_refused(here, said, at))


def _kept(here: PlugReservation, plug: Plug, look: _Look) -> Step:
    """The station may have dropped it without a word (1.6 says no more than that the plug is available, or faulted)."""
    since = here.answered_at or here.ordered_at
    told = plug.status_at is not None and plug.status_at > since
    if told and plug.status in OUT:
        return Settle(replace(_refused(here, _trouble(plug) or Answered.FAULTED, look.now), stands=False))
    if _is_out_of_reach(plug, look):
        return Settle(_refused(here, Answered.NOT_THERE, look.now, stands=here.stands))
    if step := _stopping(here, plug, look):
        return step
    until = kept_until(look.facts.booking)
    if here.state is PlugState.GUARDED:
        return _watched(here, look) if here.until == until else Settle(replace(here, until=until))
    taken_back = look.facts.taken_back_at is not None and look.facts.taken_back_at > since
    lost = taken_back or (told and plug.status is EvseStatus.AVAILABLE)
    if not lost and here.until == until:
        return _watched(here, look)
    if here.orders >= look.policy.most_orders:
        return Settle(replace(here, state=PlugState.GUARDED, until=until))
    return _reserve(here, plug, look)


def _is_out_of_reach(plug: Plug, look: _Look) -> bool:
    """Nobody begins at a station that we do not reach. One that is back in time has kept what it was told."""
    booking = look.facts.booking
    if booking.state is not State.CONFIRMED or look.now < booking.start - timedelta(seconds=look.policy.tell_before_s):
        return False
    return _is_silent(plug, look.now, look.policy)


def _is_silent(plug: Plug, at: datetime, policy: PlugPolicy) -> bool:
    """For so long that it is no mere break of its line."""
    return plug.silent_since is not None and plug.silent_since + SILENT * timedelta(seconds=policy.answer_s) <= at


def _watched(here: PlugReservation, look: _Look) -> Wait:
    """Stations tell of a fault or a stranger whenever it comes; nobody else has to think of us then."""
    return Wait(min(here.until, look.now + timedelta(seconds=look.policy.watch_s)))


def _stopping(here: PlugReservation, plug: Plug, look: _Look) -> Step | None:
    """Stations let foreign tokens through where they should not. Who was there before us, or has a booking of its own, may stay
    until the start; whose own booking goes beyond its end is not thrown out by this one."""
    running = plug.running
    if running is None or not is_foreign(running, here):
        return None
    came_after, of_ours = running.began_at >= here.first_at, running.booking_id is not None
    if look.now < look.facts.booking.start and (of_ours or not came_after):
        return None
    if of_ours and not came_after:
        return None
    if here.stopped != running.ref:
        stopping = replace(here, stopped=running.ref, stopped_at=look.now)
        return Stop(stopping, StopTransaction(running.ref), look.facts.booking.end)
    if here.state not in KEPT or here.stopped_at is None:
        return None
    goes_by = here.stopped_at + look.policy.retry
    if look.now < goes_by:
        return Wait(goes_by)
    return Settle(_refused(here, Answered.OCCUPIED, look.now, stands=here.stands))


def _due(here: PlugReservation | None, plug: Plug, look: _Look) -> Step:
    booking = look.facts.booking
    if booking.state is State.IN_USE:  # whoever stands there says herself what is wrong
        return Wait()
    if booking.is_provisional:
        return _before_it_is_final(plug, look)
    if look.now < booking.start - look.policy.lead:
        return Wait(booking.start - look.policy.lead)
    if plug.taken or (plug.busy and look.now < booking.start):
        return _wait_for_others(here, look)
    if here is None or here.state in OVER:
        reserve = _reserve(here, plug, look)
        trouble = _trouble(plug)
        return reserve if trouble is None else Rebind(trouble, reserve)
    return _refused_before(here, plug, look)


def _before_it_is_final(plug: Plug, look: _Look) -> Step:
    """As late as can be it becomes one that works; nobody was told of any yet."""
    trouble, final_at = _trouble(plug), look.facts.booking.final_at
    if final_at is not None and look.now < final_at:
        return Wait(final_at)
    again = Wait(look.now + look.policy.retry)
    return again if trouble is None else Rebind(trouble, again)


def _wait_for_others(here: PlugReservation | None, look: _Look) -> Step:
    """Who has the plug until then may have it until then."""
    again = Wait(look.now + look.policy.retry)
    if look.now < look.facts.booking.start:
        return again
    over = look.now >= _give_up(here, Answered.OCCUPIED, look)
    return Rebind(Answered.OCCUPIED, Compensate(Answered.OCCUPIED) if over else again)


def _refused_before(here: PlugReservation, plug: Plug, look: _Look) -> Step:
    if step := _stopping(here, plug, look):
        return step
    why, since = here.refusal or Answered.FAILED, here.answered_at or here.ordered_at
    otherwise: Otherwise
    if look.now >= _give_up(here, why, look):
        otherwise = Compensate(why)
    elif look.now < since + look.policy.retry or here.orders >= look.policy.most_orders:
        otherwise = Wait(max(since, look.now) + look.policy.retry)
    else:
        otherwise = _reserve(here, plug, look)
    if why is Answered.OCCUPIED and look.now < _leaves_by(plug, look) and not isinstance(otherwise, Compensate):
        return otherwise
    return Rebind(why, otherwise)


def _leaves_by(plug: Plug, look: _Look) -> datetime:
    """Until when whoever is plugged in may be expected to go."""
    start = look.facts.booking.start
    of_ours = plug.running is not None and plug.running.booking_id is not None
    return start if of_ours else start - timedelta(seconds=look.policy.tell_before_s)


def _give_up(here: PlugReservation | None, why: Answered, look: _Look) -> datetime:
    """Never so late that the booking is closed as one that nobody came for."""
    booking = look.facts.booking
    if why is Answered.OCCUPIED:
        latest = booking.start + timedelta(seconds=look.policy.occupied_s)
    else:
        latest = booking.start - timedelta(seconds=look.policy.tell_before_s)
    if here is not None:
        latest = max(latest, here.first_at + timedelta(seconds=look.policy.patience_s))
    return min(latest, kept_until(booking) - look.policy.retry)


def _trouble(plug: Plug) -> Answered | None:
    """What speaks against a plug before its station is asked."""
    if not plug.online:
        return Answered.NOT_THERE
    if plug.status is EvseStatus.OUTOFORDER:
        return Answered.FAULTED
    return Answered.UNAVAILABLE if plug.status is EvseStatus.INOPERATIVE else None


def _refused(here: PlugReservation, why: Answered, at: datetime, *, stands: bool | None = None) -> PlugReservation:
    """Whoever did not answer may hold it all the same."""
    kept = why not in HOLDS_NOTHING if stands is None else stands
    return replace(here, state=PlugState.REFUSED, refusal=why, answered_at=at, honoured=False, stands=kept)


def _reserve(here: PlugReservation | None, plug: Plug, look: _Look) -> Reserve:
    until = kept_until(look.facts.booking)
    if here is None:
        reservation = PlugReservation(
            look.spare.id,
            look.facts.booking.id,
            plug.station_id,
            plug.evse,
            plug.resource_id,
            look.spare.number,
            look.spare.token,
            look.spare.group,
            until,
            PlugState.ORDERED,
            look.spare.order_id,
            orders=1,
            first_at=look.now,
            ordered_at=look.now,
        )
    else:
        reservation = replace(
            here,
            state=PlugState.ORDERED,
            order_id=look.spare.order_id,
            orders=here.orders + 1,
            ordered_at=look.now,
            answered_at=None,
            refusal=None,
            honoured=here.state is PlugState.HONOURED,
            stands=True,
            until=until,
        )
    order = ReserveNow(reservation.number, plug.evse, reservation.token, until, reservation.group)
    return Reserve(reservation, order, look.now + timedelta(seconds=look.policy.answer_s))
