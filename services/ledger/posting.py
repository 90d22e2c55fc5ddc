"""Posting what happened: the entries are made again from the facts each time, and written once, each under its name."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.booking.allocating import allocated
from domain.booking.bookings import BookingId
from domain.booking.invoicing import REMINDER, falls_due_later, fee_of
from domain.identity import City
from domain.invoicing.invoices import REPLACES, Invoice, InvoiceId, InvoiceKind, TaxTotal
from domain.invoicing.losing import Loss, Part, accounted
from domain.invoicing.taxing import makes_good
from domain.ledger.entries import Entry, mirrored
from domain.ledger.posting.bank import Line, Share, Stands, bank_line, matched
from domain.ledger.posting.clearing import cleared, said_by
from domain.ledger.posting.disputes import Lost, dispute_lost, lost_as, owed_again
from domain.ledger.posting.documents import (
    Document,
    Elsewhere,
    Gone,
    InternalUse,
    Taxed,
    cost_centre_charge,
    credit_note,
    invoice,
    loss_changed,
    paid_otherwise,
    write_off,
)
from domain.ledger.posting.holds import holds
from domain.ledger.posting.movements import movement
from domain.money import Money
from domain.reconciliation.matching import MatchId
from domain.reconciliation.matching import Part as Matched
from domain.reconciliation.statements import BankLine, StatementId
from services.ledger.ports import Ledgers, Losing, MatchedLines, OpenLedger, Said


class Fact(StrEnum):
    """What may have happened, of which there is something to post."""

    BOOKING = "booking"
    DOCUMENT = "document"
    STATEMENT = "statement"
    MATCH = "match"
    MOVEMENT = "movement"
    DISPUTE = "dispute"
    DEBTS = "debts"
    EXPLANATION = "explanation"


OF_DEALERS = frozenset({"dealer", "returned", "insurer"})
OF_LEASES = frozenset({"charge", "claim"})
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
    if used.use is None:
        return entries
    booking = used.use.booking
    share = allocated(booking, used.use.tariff, used.use.time_zone)
    if share is not None and booking.finished_at is not None:
        use = InternalUse(booking.id, share.cost_centre, booking.service.value, share.amount, booking.finished_at)
        entries.append(cost_centre_charge(use))
    return entries


async def _of_document(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """It itself, and what it means for what was lost before; nothing of what is about a lease, which was posted before it."""
    found = await open_.facts.invoice(InvoiceId(subject_id))
    booking_id = found.subject.booking_id if found is not None else None
    if found is None or booking_id is None:
        return ()
    document = document_of(found)
    if found.kind is InvoiceKind.INVOICE and REPLACES not in found.source and fee_of(found.source) is None:
        return (invoice(document),)
    losing = await open_.facts.losing(booking_id)
    made = invoice(document) if found.kind is InvoiceKind.INVOICE else credit_note(document)
    return (made, *(_losses(booking_id, losing) if losing is not None else ()))


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
    """How it was lost, and what that means for all else that is lost of its booking. Where it was won after all both are
    posted, so that both are seen."""
    found = await open_.facts.dispute(subject_id)
    if found is None:
        return ()
    dispute, parts, changes = found.dispute, dict[str, tuple[Taxed, ...]](), list[Entry]()
    if dispute.booking_id is not None and (losing := await open_.facts.losing(dispute.booking_id)) is not None:
        parts, changes = lost_parts(losing), _losses(dispute.booking_id, losing)
    if dispute.is_claimed and found.debtor is not None:
        entry = owed_again(dispute, found.debtor)
    else:
        entry = dispute_lost(Lost(dispute, parts.get(lost_as(dispute), ())))
    if dispute.won_at is None:
        return (entry, *changes)
    await open_.journal.post([entry])
    return [*await _undone(open_, [entry], dispute.won_at, "won"), *changes]


async def _of_debts(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """What is lost of a booking's documents by people's word, as far as no credit note took it back before, and what was paid
    elsewhere."""
    losing = await open_.facts.losing(subject_id)
    if losing is None:
        return ()
    paid = [
        paid_otherwise(Elsewhere(each.id, subject_id, each.debtor, each.amount, each.at))
        for each in losing.paid_otherwise
    ]
    return [*_losses(subject_id, losing), *paid]


async def _of_explanation(open_: OpenLedger, subject_id: UUID) -> Sequence[Entry]:
    """What a person booked of what was unexplained; where she took it back both are posted, so that both are seen."""
    found = await open_.facts.explained(subject_id)
    entries = [cleared(each.cleared) for each in found]
    await open_.journal.post(entries)
    known = {each.entry.source: each for each in await open_.journal.known([entry.source for entry in entries])}
    return [
        *entries,
        *(
            mirrored(known[entry.source].id, entry, each.undone.at, said_by(each.undone.why, each.undone.by))
            for entry, each in zip(entries, found, strict=True)
            if each.undone is not None
        ),
    ]


_ENTRIES: dict[Fact, Callable[[OpenLedger, UUID], Awaitable[Sequence[Entry]]]] = {
    Fact.BOOKING: _of_booking,
    Fact.DOCUMENT: _of_document,
    Fact.STATEMENT: _of_statement,
    Fact.MATCH: _of_match,
    Fact.MOVEMENT: _of_movement,
    Fact.DISPUTE: _of_dispute,
    Fact.DEBTS: _of_debts,
    Fact.EXPLANATION: _of_explanation,
}


def _losses(booking_id: UUID, losing: Losing) -> list[Entry]:
    """All that is lost of a booking's documents and lost no more, each under its name, whichever fact told of it: one that was
    written down late may mean something for those that were posted before it. A lost dispute is posted by itself, with all that
    the bank took."""
    parts = lost_parts(losing)
    given_up = {given_up_as(each): each.at for each in losing.given_up}
    changed = {
        f"{'loss_undone' if each.kind is InvoiceKind.CREDIT_NOTE else 'loss_again'}:{each.id}": each.issued_at
        for each in losing.issued
    }
    changed |= {f"loss_regained:{lost_as(each)}": each.won_at for each in losing.disputes if each.won_at is not None}

    def gone(name: str, at: datetime) -> Gone:
        of = losing.issued[0]
        return Gone(name, booking_id, of.debtor.person_id, of.gross.currency, parts[name], at)

    return [
        *(entry for name, at in given_up.items() if name in parts for entry in write_off(gone(name, at))),
        *(entry for name, at in changed.items() if name in parts for entry in loss_changed(gone(name, at))),
    ]


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


def lost_parts(losing: Losing) -> dict[str, tuple[Taxed, ...]]:
    """What of the documents is lost, by the name of what happened; of less than nothing what is lost no more."""
    losses = [
        *(
            Loss(lost_as(each), each.amount, each.seen_at, _bill(losing, each.amount), regained_at=each.won_seen_at)
            for each in losing.disputes
            if not each.is_claimed
        ),
        *(
            Loss(
                given_up_as(each),
                each.amount.amount,
                each.at,
                each.of or _bill(losing, each.amount.amount),
                f"{REMINDER}{each.id}:",
            )
            for each in losing.given_up
        ),
    ]
    documents = {each.id: each for each in losing.issued}
    return {
        name: tuple(_part_of(documents[part.invoice_id], part) for part in parts)
        for name, parts in accounted(losing.issued, losses).items()
    }


def _bill(losing: Losing, at_most: int) -> tuple[tuple[InvoiceId, int], ...]:
    """The invoices about what the booking asks of its payments, the last one first, since what was taken paid the first.
    Further months and reminders' fees are transferred: no card paid them, so none of its charges is lost of them."""
    return tuple(
        (each.id, at_most)
        for each in reversed(losing.issued)
        if each.kind is InvoiceKind.INVOICE
        and REPLACES not in each.source
        and not falls_due_later(each.source)
        and fee_of(each.source) is None
    )


def given_up_as(given_up: Said) -> str:
    """The name of the fact."""
    return f"written_off:{given_up.id}"


def _part_of(document: Invoice, part: Part) -> Taxed:
    total = next(total for total in document.totals if total.rate == part.rate)
    return Taxed(part.rate, part.gross - part.vat, part.vat, makes_good(document, total))


def _taxed(total: TaxTotal, found: Invoice) -> Taxed:
    return Taxed(total.rate, total.net.amount, total.vat.amount, makes_good(found, total))


async def _share(open_: OpenLedger, found: MatchedLines, part: Matched) -> Share:
    """What a part of a match stands for, by the name of what was expected: `payout:po_1`, `invoice:<id>`, `dealer:<what for>`, `returned:<what for>:<attempt>`, `insurer:<claim>`,
    `employer:<month>:<party>`, `charge:<id>`, `claim:<kind>:<lease>`."""
    line = next(line for line in found.lines.lines if line.id == part.line_id)
    amount, at = Money(part.amount, line.currency), _begins(line, found.lines.zone)
    kind, _, name = part.expected_id.partition(":")
    if kind == Stands.PAYOUT.value:
        return Share(line.id, amount, at, Stands.PAYOUT, provider_id=name.partition(":")[0])
    if kind in OF_DEALERS:
        return Share(line.id, amount, at, Stands.DEALER)
    if kind == Stands.EMPLOYER.value:
        return Share(line.id, amount, at, Stands.EMPLOYER, cost_centre=name.partition(":")[2])
    if kind in OF_LEASES:
        return Share(line.id, amount, at, Stands.LEASE, await open_.facts.lease_debtor(part.expected_id))
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
