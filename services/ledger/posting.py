"""Posting what happened: the entries are made again from the facts each time, and written once, each under its name."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.booking.allocating import allocated
from domain.booking.bookings import BookingId
from domain.identity import City
from domain.invoicing.invoices import Invoice, InvoiceId, InvoiceKind, TaxTotal
from domain.invoicing.taxing import given_back, left_of, makes_good
from domain.ledger.entries import Entry, mirrored
from domain.ledger.posting.bank import Line, Share, Stands, bank_line, matched
from domain.ledger.posting.disputes import RETURNS, Lost, debit_returned, dispute_lost
from domain.ledger.posting.documents import (
    Document,
    InternalUse,
    Taxed,
    cost_centre_charge,
    credit_note,
    invoice,
    write_off,
)
from domain.ledger.posting.holds import holds
from domain.ledger.posting.movements import movement
from domain.money import Money
from domain.payments.transactions import DisputeState
from domain.reconciliation.matching import MatchId, Part
from domain.reconciliation.statements import BankLine, StatementId
from services.ledger.ports import Disputed, Ledgers, MatchedLines, OpenLedger


class Fact(StrEnum):
    """What may have happened, of which there is something to post."""

    BOOKING = "booking"
    DOCUMENT = "document"
    STATEMENT = "statement"
    MATCH = "match"
    MOVEMENT = "movement"
    DISPUTE = "dispute"
    WRITE_OFF = "write_off"


Post: TypeAlias = Callable[[Fact, City, UUID], Awaitable[int]]


async def post(fact: Fact, city: City, subject_id: UUID, *, ledgers: Ledgers) -> int:
    """Post what is known of it by now; how many entries were new. Asked for again it posts nothing. Raises Unavailable."""

    async def do(open_: OpenLedger) -> int:
        return await open_.journal.post(await _ENTRIES[fact](open_, subject_id))

    return await ledgers.work(city, do)


async def _of_booking(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """What was held for it, and what an office owes for it."""
    used = await open_.facts.booking(BookingId(subject_id))
    if used is None:
        return ()
    entries = [entry for payment in used.payments for entry in holds(payment)]
    booking = used.booking
    share = allocated(booking, used.tariff, used.time_zone)
    if share is not None and booking.finished_at is not None:
        use = InternalUse(booking.id, share.cost_centre, booking.service.value, share.amount, booking.finished_at)
        entries.append(cost_centre_charge(use))
    return entries


async def _of_document(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    found = await open_.facts.invoice(InvoiceId(subject_id))
    if found is None:
        return ()
    document = document_of(found)
    return (invoice(document) if found.kind is InvoiceKind.INVOICE else credit_note(document),)


async def _of_statement(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    found = await open_.facts.statement(StatementId(subject_id))
    if found is None:
        return ()
    lines = (Line(line.id, _money(line), _begins(line, found.zone)) for line in found.lines)
    return [entry for line in lines for entry in bank_line(line)]


async def _of_match(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """What is put together may have been taken apart by now; then both are posted, so that both are seen."""
    found = await open_.facts.match(MatchId(subject_id))
    if found is None:
        return ()
    entries = matched(subject_id, [await _share(open_, found, part) for part in found.parts])
    if found.undone_at is None:
        return entries
    await open_.journal.post(entries)
    return await _undone(open_, entries, found.undone_at, "unmatched")


async def _of_movement(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    found = await open_.facts.movement(subject_id)
    return movement(found.transaction, found.debtor) if found is not None else ()


async def _of_dispute(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """How it ended. One that was lost, and then won after all, was no loss."""
    found = await open_.facts.dispute(subject_id)
    if found is None or found.dispute.state not in {DisputeState.LOST, DisputeState.WON}:
        return ()
    if found.dispute.state is DisputeState.WON:
        known = await open_.journal.known([f"dispute_lost:{found.dispute.id}"])
        return [mirrored(each.id, each.entry, found.at, "won") for each in known]
    if found.dispute.reason in RETURNS and found.debtor is not None:
        return debit_returned(found.dispute, found.debtor, found.at)
    return dispute_lost(Lost(found.dispute, lost_parts(found), found.at))


async def _of_write_off(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """What a person gave up, of what was never taken: what a bank took back for good is a loss already."""
    found = await open_.facts.given_up(BookingId(subject_id))
    if found is None:
        return ()
    lost = sum(
        each.withdrawn for each in found.disputes if each.state is DisputeState.LOST and each.reason not in RETURNS
    )
    missing = found.owed.amount - lost - found.transferred
    return [write_off(document_of(each), parts, found.at) for each, parts in _uncredited(found.issued, missing)]


_ENTRIES: dict[Fact, Callable[[OpenLedger, UUID], Awaitable[Sequence[Entry]]]] = {
    Fact.BOOKING: _of_booking,
    Fact.DOCUMENT: _of_document,
    Fact.STATEMENT: _of_statement,
    Fact.MATCH: _of_match,
    Fact.MOVEMENT: _of_movement,
    Fact.DISPUTE: _of_dispute,
    Fact.WRITE_OFF: _of_write_off,
}


def document_of(found: Invoice) -> Document:
    """The invoice as far as the ledger asks."""
    return Document(
        found.id,
        found.number,
        found.subject.booking_id,
        found.debtor.person_id,
        found.subject.service,
        found.gross.currency,
        tuple(_taxed(total, found) for total in found.totals),
        found.issued_at,
    )


def lost_parts(found: Disputed) -> tuple[Taxed, ...]:
    """What of the invoices goes with the money that the bank took."""
    return tuple(part for _, parts in _uncredited(found.issued, found.dispute.withdrawn) for part in parts)


def _uncredited(issued: Sequence[Invoice], amount: int) -> Iterator[tuple[Invoice, tuple[Taxed, ...]]]:
    """So much of the invoices, as far as it was not credited before, the last invoice first."""
    notes = [each for each in issued if each.kind is InvoiceKind.CREDIT_NOTE]
    for each in reversed([each for each in issued if each.kind is InvoiceKind.INVOICE]):
        mine = [total for note in notes if note.corrects and note.corrects.id == each.id for total in note.totals]
        left = left_of(each.totals, mine)
        part = min(amount, sum(of_rate.gross for of_rate in left))
        if part > 0:
            amount -= part
            yield each, tuple(_taxed(total, each) for total in given_back(left, part, each.gross.currency))


def _taxed(total: TaxTotal, found: Invoice) -> Taxed:
    return Taxed(total.rate, total.net.amount, total.vat.amount, makes_good(found, total))


async def _share(open_: OpenLedger, found: MatchedLines, part: Part) -> Share:
    """What a part of a match stands for, by the name of what was expected: `payout:po_1`, `invoice:<id>`."""
    line = next(line for line in found.lines.lines if line.id == part.line_id)
    amount, at = Money(part.amount, line.currency), _begins(line, found.lines.zone)
    kind, _, name = part.expected_id.partition(":")
    if kind == Stands.PAYOUT.value:
        return Share(line.id, amount, at, Stands.PAYOUT, provider_id=name.partition(":")[0])
    paid = await open_.facts.invoice(InvoiceId(UUID(name))) if kind == Stands.INVOICE.value else None
    if paid is None:
        return Share(line.id, amount, at, Stands.OTHER)
    return Share(line.id, amount, at, Stands.INVOICE, paid.debtor.person_id, paid.id)


async def _undone(open_: OpenLedger, entries: Sequence[Entry], at: datetime, why: str) -> Sequence[Entry]:
    known = await open_.journal.known([entry.source for entry in entries])
    return [mirrored(each.id, each.entry, at, why) for each in known]


def _money(line: BankLine) -> Money:
    return Money(line.amount, line.currency)


def _begins(line: BankLine, zone: ZoneInfo) -> datetime:
    """A bank names days, not instants."""
    return datetime.combine(line.booked_on, time(), zone).astimezone(UTC)
