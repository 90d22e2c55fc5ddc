"""What people, banks and the provider do in a town, day after day."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.events import BookingFinished
from domain.booking.life import finish
from domain.booking.resources import Service
from domain.identity import Role
from domain.invoicing.invoices import InvoiceId
from domain.ledger.entries import EntryId
from domain.ledger.months import following
from domain.money import Money, vat_within
from domain.payments.dunning import CaseState
from domain.payments.owing import CaseId
from domain.payments.refunds import RefundId
from domain.periods import Period
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.matching import MatchId, Part
from domain.reconciliation.statements import BankLineId
from infra.ids import new_id
from services.calls import Call
from services.invoicing.issuing import replace_invoice
from services.payments.ports import OpenBooks
from services.reconciliation.handling import MatchByHand, UndoMatch
from services.reconciliation.importing import ImportFile
from services.settlement.dunning import CloseCase
from tests.adapters.banking.files import document, entry, part, statement
from tests.examples import FLEET_STANDARD, a_booking, a_resource, an_actor, an_order, person_id
from tests.invoices import CITY
from tests.services.ledger.whole import histories as ops
from tests.services.ledger.whole.town import NOON, Town
from tests.services.payments.world import FAILS_LATER, VISA, rendered
from tests.services.settlement.treasury import LIMIT

T = TypeVar("T")
IBAN = CITY.iban.replace(" ", "")
BY_TRANSFER = "i.city = :city AND i.kind = 'invoice' AND CAST(i.content AS jsonb) ->> 'collected' = 'false'"
Doing = Callable[[Town, Any, int], Awaitable[None]]


async def live(town: Town, history: Sequence[ops.Day]) -> None:
    """Day after day; at night what was lost is found."""
    for day in history:
        began = town.clock.at
        for number, op in enumerate(day):
            await DOINGS[type(op)](town, op, number)
        await town.work()
        await town.night()
        if town.clock.at < began + timedelta(days=1):
            await town.until(began + timedelta(days=1))


async def _use(town: Town, op: ops.Use, number: int) -> None:
    booking = await _booked(town, number, op.card)
    gross, (line, *_) = Money(op.price, "EUR"), booking.quote.lines
    vat = Money(vat_within(op.price, line.vat_rate), "EUR")
    costs = replace(line, net=gross - vat, vat=vat, gross=gross)
    quote = replace(booking.quote, lines=(costs,), total=gross, vat_total=vat, due_now=gross)

    async def end(books: OpenBooks) -> None:
        assert books.booking is not None
        used = replace(
            books.booking,
            state=State.COMPLETED,
            quote=quote,
            fee=gross,
            hold_expires_at=None,
            finished_at=town.clock(),
            version=books.booking.version + 1,
        )
        await books.change(BookingFinished(used, None))

    await town.world.office.books.work(town.city, booking.id, end)


async def _leave(town: Town, _: ops.Leave, number: int) -> None:
    await _booked(town, number, VISA)


async def _cancel(town: Town, op: ops.Cancel, number: int) -> None:
    await town.world.end(await _booked(town, number, VISA), State.CANCELLED, Money(op.fee, "EUR"))


async def _office(town: Town, op: ops.Office, _: int) -> None:
    car, now = town.seeded.cars[0], town.clock()
    began = now - timedelta(hours=op.hours)
    order = an_order(car, payer=Payer.COST_CENTRE, period=Period(began, now + timedelta(hours=9)))
    order = replace(order, booking_id=BookingId(new_id()), options=msgspec.Raw(b'{"cost_centre":"5470-01"}'))
    driving = a_booking(State.IN_USE, car, order=order, made_at=began)
    driving = replace(driving, started_at=began, start_readings=Readings(odometer_km=1000))
    readings, zone = Readings(odometer_km=1010), CITY.time_zone
    done = finish(driving, a_resource(Service.FLEET), readings, tariff=FLEET_STANDARD, time_zone=zone, now=now)
    assert isinstance(done, BookingFinished)
    await town.world.office.place(driving, car)
    town.bookings.append(driving)

    async def end(books: OpenBooks) -> None:
        await books.change(done)

    await town.world.office.books.work(town.city, driving.id, end)


async def _refund(town: Town, op: ops.Refund, number: int) -> None:
    """What is over the limit of one person another approves."""
    which = _chosen(await _taken(town), op.which)
    if which is None:
        return
    await town.treasury.propose(which, op.amount, key=f"refund {number} {town.clock()}")
    for (refund_id,) in await town.rows("SELECT id FROM refunds WHERE city = :city AND state = 'proposed'"):
        await town.treasury.decide(RefundId(refund_id), approve=op.amount > LIMIT, by="gustav")
    await town.work()


async def _dispute(town: Town, op: ops.Dispute, _: int) -> None:
    disputed = {row[0] for row in await town.rows("SELECT booking_id FROM disputes WHERE city = :city")}
    which = _chosen([each for each in await _taken(town) if each.id not in disputed], op.which)
    if which is None:
        return
    payment = next(each for each in await town.world.office.payments(which.id) if each.captured > each.refunded)
    charges = town.treasury.sandbox.city.v1.charges
    listed = await charges.list_async({"payment_intent": str(payment.intent_id)})
    charge = next(each.id for each in listed.data if each.captured)
    await town.treasury.sandbox.by_hand("disputes", charge=charge)
    await town.night()


async def _decide(town: Town, op: ops.Decide, _: int) -> None:
    """Where one is open only: the provider's names say nothing of their order."""
    open_ = await town.rows(
        "SELECT dispute_id FROM disputes WHERE city = :city AND state IN ('needs_response', 'under_review')"
    )
    if len(open_) == 1:
        await town.treasury.sandbox.by_hand(f"disputes/{open_[0][0]}", outcome="won" if op.won else "lost")
        await town.night()


async def _replace(town: Town, op: ops.Replace, _: int) -> None:
    found = await town.rows(
        "SELECT id, booking_id FROM invoices WHERE city = :city AND kind = 'invoice' AND source NOT LIKE '%replaces%'"
    )
    if (which := _chosen(_by_age(town, found), op.which)) is not None:
        invoice, booking = which
        books, clock = town.invoicing, town.clock
        await replace_invoice(
            town.city, BookingId(booking), InvoiceId(invoice), books=books, clock=clock, new_id=new_id
        )


async def _write_off(town: Town, op: ops.WriteOff, number: int) -> None:
    rows = await town.rows("SELECT booking_id, id FROM dunning_cases WHERE city = :city AND state = 'open'")
    found = {booking_id: CaseId(case_id) for booking_id, case_id in rows}
    which = _chosen([each for each in town.bookings if each.id in found], op.which)
    if which is not None:
        command = CloseCase(found[which.id], CaseState.WRITTEN_OFF, "nothing to be had")
        call = town.treasury.call(command, "fatima", f"{number} {town.clock()}")
        await town.treasury.settlement.close_case(call, command)


async def _pay_out(town: Town, op: ops.PayOut, _: int) -> None:
    sandbox = town.treasury.sandbox
    made = await sandbox.by_hand("payouts", account=sandbox.accounts[0].id, early=True)
    if "id" not in made:  # there is nothing to be paid out
        return
    for step in ("sent", "paid", "reconciled", *(("failed",) if op.fails else ())):
        await sandbox.by_hand(f"payouts/{made['id']}", step=step)
    await town.night()


async def _bank(town: Town, op: ops.Bank, _: int) -> None:
    town.sequence += 1
    day = town.clock().astimezone(town.zone).date() - timedelta(days=1)
    at_bank = "SELECT 1 FROM bank_lines l WHERE l.city = :city AND l.end_to_end_id = o.payout_id"
    payouts = await town.rows(
        "SELECT payout_id, amount FROM payouts o WHERE city = :city AND state = 'paid' AND NOT EXISTS"
        f" ({at_bank}) ORDER BY created_at, amount"
    )
    lines = [(amount, part(end_to_end=id_, name="STRIPE", text=(id_,))) for id_, amount in payouts]
    owed = await town.rows(
        f"SELECT i.id, i.booking_id, i.gross, i.cash_reference FROM invoices i WHERE {BY_TRANSFER} AND NOT EXISTS"
        " (SELECT 1 FROM invoices n WHERE n.city = i.city AND n.corrects = i.id) AND NOT EXISTS"
        " (SELECT 1 FROM bank_lines l WHERE l.city = i.city AND l.text = i.cash_reference)"
    )
    for _id, _booking, gross, reference in _by_age(town, owed)[:1]:
        lines.append((gross, part(name="Ada", text=(reference,))))
    if op.strange:
        lines.append((op.strange, part(name="Wer weiß", text=("Danke",))))
    before, town.stands_at = town.stands_at, town.stands_at + sum(amount for amount, _ in lines)
    said = statement(
        *(entry(amount, told, on=f"{day}") for amount, told in lines),
        opening=before,
        closing=town.stands_at,
        sequence=town.sequence,
        iban=IBAN,
        on=f"{day}",
        before=f"{day - timedelta(days=1)}",
    )
    file = ImportFile(f"{town.sequence}.xml", document(said))
    town.files.append(file)
    for _again in range(2 if op.twice else 1):
        await town.weather.through(lambda: town.bank.take_in(town.city, person_id("finance"), file))
    await town.work()


async def _match(town: Town, op: ops.Match, number: int) -> None:
    lines = await town.rows(
        "SELECT id, amount FROM bank_lines l WHERE city = :city AND amount > 0 AND text = 'Danke' AND NOT EXISTS"
        " (SELECT 1 FROM match_parts p WHERE p.city = l.city AND p.line_id = l.id) ORDER BY booked_on, id"
    )
    owed = await town.rows(f"SELECT i.id, i.booking_id FROM invoices i WHERE {BY_TRANSFER}")
    invoice = _chosen(_by_age(town, owed), op.which)
    if lines and invoice is not None:
        line, amount = lines[0]
        parts = (Part(BankLineId(line), ExpectedId(f"invoice:{invoice[0]}"), amount),)
        command = MatchByHand(MatchId(new_id()), parts, "it says so")
        await town.bank.match(_call(town, f"match {number} {town.clock()}"), command)
        await town.work()


async def _undo(town: Town, op: ops.Undo, number: int) -> None:
    found = await town.rows(
        "SELECT m.id, l.booked_on, l.id FROM matches m JOIN match_parts p ON p.city = m.city AND p.match_id = m.id"
        " JOIN bank_lines l ON l.city = p.city AND l.id = p.line_id WHERE m.city = :city AND NOT EXISTS"
        " (SELECT 1 FROM match_undoings u WHERE u.city = m.city AND u.match_id = m.id) ORDER BY 2, 3"
    )
    if (which := _chosen(found, op.which)) is not None:
        command = UndoMatch(MatchId(which[0]), "it was another")
        await town.bank.undo(_call(town, f"undo {number} {town.clock()}"), command)
        await town.work()


async def _take_back(town: Town, _: ops.TakeBack, number: int) -> None:
    await town.night()
    found = await town.rows("SELECT id, booking_id FROM ledger_entries WHERE city = :city AND kind = 'cost_centre'")
    for entry_id, _booking in _by_age(town, found)[:1]:
        call = _call(town, f"reverse {number} {town.clock()}")
        await town.ledger.reverse(call, EntryId(entry_id), "booked twice")


async def _close(town: Town, _: ops.Close, __: int) -> None:
    month = town.clock().astimezone(town.zone).date().replace(day=1)
    after = following(month)
    await town.until(datetime(after.year, after.month, 1, NOON, tzinfo=UTC))
    await town.ledger.close(_call(town, f"close {month}"), month)


DOINGS: dict[type[ops.Op], Doing] = {
    ops.Use: _use,
    ops.Leave: _leave,
    ops.Cancel: _cancel,
    ops.Office: _office,
    ops.Refund: _refund,
    ops.Dispute: _dispute,
    ops.Decide: _decide,
    ops.Replace: _replace,
    ops.WriteOff: _write_off,
    ops.PayOut: _pay_out,
    ops.Bank: _bank,
    ops.Match: _match,
    ops.Undo: _undo,
    ops.TakeBack: _take_back,
    ops.Close: _close,
}


async def _booked(town: Town, number: int, card: str | None) -> Booking:
    """One that the card fails for later is so far ahead that the card is only saved."""
    lasts = timedelta(hours=2)
    if card == FAILS_LATER:
        booking = await town.world.booking(Service.FLEET, starts_in=timedelta(days=30), lasts=lasts)
    else:
        booking = await town.world.booking(starts_in=timedelta(days=1) + number * lasts, lasts=lasts)
    town.bookings.append(booking)
    if card is not None:
        await town.weather.through(lambda: town.world.pay(booking, card, key=f"pay {booking.id}"))
        await town.work()
    return booking


async def _taken(town: Town) -> list[Booking]:
    """Those of which something is kept."""
    found = await town.rows("SELECT DISTINCT booking_id FROM payments WHERE city = :city AND captured > refunded")
    ids = {row[0] for row in found}
    return [each for each in town.bookings if each.id in ids]


def _by_age(town: Town, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """By when the bookings, which come second, were made: documents may have their numbers in another order."""
    ages = {booking.id: number for number, booking in enumerate(town.bookings)}
    return sorted(rows, key=lambda row: ages[row[1]])


def _chosen(many: Sequence[T], which: int) -> T | None:
    return many[which % len(many)] if many else None


def _call(town: Town, key: str) -> Call[Any]:
    actor = an_actor("finance", Role.FINANCE, city=town.city)
    return Call(town.city, actor, key.partition(" ")[0], key, key, "r", "", rendered)
