"""What a session means for its booking: it begins, and ends, and is billed by what was measured. Each may be asked for twice."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.booking.bookings import Booking
from domain.booking.events import AlreadyThere
from domain.booking.metered import NOTHING, Metered, finish_metered, start_metered
from domain.charging.metering.proofs import MeterProof, Verdict, counted_before
from domain.charging.sessions.bills import Billing, proven, timed
from domain.charging.sessions.calculations import calculated
from domain.charging.sessions.courses import course
from domain.charging.sessions.sessions import FINAL, Flag, Session, SessionId
from domain.refusals import Refusal
from services.charging.metering import Counted, SignatureCheck, examine
from services.charging.sessions.ports import Account, BillingBooks

INTERRUPTED = frozenset(
    {"PowerLoss", "Reboot", "HardReset", "SoftReset", "ImmediateReset", "EmergencyStop", "PowerQuality"}
)
"""Ends that nobody wanted (OCPP 1.6, Reason; 2.0.1, ReasonEnum): the vehicle may go on charging as long as its time lasts."""
ASKED_EACH, AWAY_AT_MOST = timedelta(minutes=15), timedelta(days=1)
"""A station that was away at the booking's end has so long to come back and tell what its vehicle took; a quarter of an hour after it
did its queue is empty. Whatever comes after that is flagged, and the operator's to judge."""


async def begin_booking(session_id: SessionId, *, books: BillingBooks, now: datetime) -> None:
    """What was booked is in use since the session began."""
    account = await books.account(session_id)
    session = _of(account, session_id)
    if account is None or session is None or session.began_at is None:
        return
    change = start_metered(account.life.sheet.booking, session.began_at, now)
    if not isinstance(change, Refusal | AlreadyThere):
        await books.change(change)


async def bill(session_id: SessionId, *, books: BillingBooks, signatures: SignatureCheck, now: datetime) -> bool:
    """Finish the booking by its sessions, once all of them are over: at its end where the last was interrupted, and later where the
    station cannot say yet whether it went on. What their meters
    signed is checked before, and counts; what speaks against itself is not billed. False where none of it is over with, and what waits is
    looked at again later."""
    account = await books.account(session_id)
    if account is None:
        return False
    ids = [each.id for each in account.sessions]
    if not all(each.state in FINAL for each in account.sessions):
        await books.later(ids, now + ASKED_EACH)  # at the end of the last, whoever hears of that bills all of them
        return False
    booking, sheet = account.life.sheet.booking, account.life.sheet
    if booking.is_live and was_interrupted(account.sessions) and (again := _look_again(account, now)):
        await books.later(ids, again)
        return False
    proofs = await proofs_of(account.sessions, books=books, signatures=signatures)
    over_at = max((each.over_at for each in account.sessions if each.over_at is not None), default=now)
    used = measured(account, proofs)
    change = finish_metered(
        booking,
        sheet.resource,
        used,
        tariff=account.life.tariff,
        time_zone=sheet.time_zone,
        over_at=over_at,
        now=now,
    )
    if isinstance(change, Refusal):
        await books.billed(ids, Flag.NOT_BILLED)
        return True
    if isinstance(change, AlreadyThere):
        await books.billed(_not_counted(account.sessions, booking), Flag.NOT_BILLED)
    else:
        billing = Billing(booking, sheet.resource, account.life.tariff, sheet.time_zone)
        await books.change(change, calculated(billing, used, now))
    doubtful = [each for each in ids if each in proofs and proofs[each].verdict is Verdict.NOT_VERIFIED]
    if doubtful:
        await books.billed(doubtful, Flag.METER_NOT_VERIFIED)
    await books.billed(ids)
    return True


def _look_again(account: Account, now: datetime) -> datetime | None:
    """When, where its holder may go on, or its station cannot say whether she did. Whoever wanted to stop does not go on."""
    booking = account.life.sheet.booking
    end = min(booking.end, booking.updated_at) if booking.is_left else booking.end
    if now < end:
        return end
    waited = account.sessions[-1].reason not in INTERRUPTED  # for a day, for its end
    return None if account.reached or waited or now >= end + AWAY_AT_MOST else now + ASKED_EACH


async def proofs_of(
    sessions: Sequence[Session], *, books: BillingBooks, signatures: SignatureCheck
) -> Mapping[SessionId, MeterProof]:
    """What the signed values of each prove, examined once and for all. What comes twice counts for the session that it came with first."""
    order = {each.id: number for number, each in enumerate(sessions)}
    told = {each.id: Counted(0, each.energy_wh, each.began_at, each.over_at) for each in sessions}
    proofs: dict[SessionId, MeterProof] = {}
    for signed in sorted(await books.signed(list(told)), key=lambda each: order[each.session_id]):
        found = signed.proof
        if found is None:
            found = examine(signed.values, signed.key, told[signed.session_id], signatures=signatures)
            if not await books.prove(signed, found):
                found = counted_before(found)
                await books.prove(signed, found)
        proofs[signed.session_id] = found
    return proofs


def _not_counted(sessions: Sequence[Session], booking: Booking) -> Sequence[SessionId]:
    """Whoever finished the booking counted what was over by then, and not what was told after it."""
    at = booking.finished_at
    return [each.id for each in sessions if at is not None and each.heard_at > at and Flag.TOLD_LATE not in each.flags]


def was_interrupted(sessions: Sequence[Session]) -> bool:
    last = sessions[-1]
    return last.reason in INTERRUPTED or Flag.END_NOT_TOLD in last.flags


def measured(account: Account, proofs: Mapping[SessionId, MeterProof]) -> Metered:
    """What all sessions did, and when, where that is known."""
    billed = [proven(each.measured, proofs.get(each.id)) for each in account.sessions]
    if account.points:
        sessions = zip(account.sessions, account.points, billed, strict=True)
        billed = [timed(each, course(points), used) for each, points, used in sessions]
    return sum(billed, NOTHING)


def _of(account: Account | None, session_id: SessionId) -> Session | None:
    sessions = account.sessions if account is not None else ()
    return next((each for each in sessions if each.id == session_id), None)
