"""The journal as a table: a row for each leg, with everything that leads back to what it is made of."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from adapters.spreadsheets.tables import Cell
from domain.ledger.accounts import AccountKey, Chart
from domain.ledger.entries import Entry, EntryId, Leg, Side

TITLES = {
    "de": (
        *("Buchung", "Leg", "Vorgang", "Art", "Wirksam am", "Erfasst am", "Konto", "Kontonummer", "Kontoname", "Soll", "Haben"),
        *("Währung", "Debitor", "Kostenstelle", "Steuersatz", "Text", "Reservierung", "Zahlung", "Rechnung", "Zahlungsdienst"),
        *("Bankumsatz", "Storniert"),
    ),
    "en": (
        *("Entry", "Leg", "Source", "Kind", "Effective at", "Recorded at", "Account", "Number", "Name", "Debit", "Credit"),
        *("Currency", "Debtor", "Cost centre", "VAT rate", "Text", "Booking", "Payment", "Invoice", "Provider"),
        *("Bank line", "Reverses"),
    ),
}  # fmt: skip


class Recorded(Struct, frozen=True):
    """An entry as it was written down."""

    id: EntryId
    entry: Entry
    recorded_at: datetime


def journal(entries: Iterable[Recorded], chart: Chart, names: Mapping[AccountKey, str]) -> Iterator[tuple[Cell, ...]]:
    """The rows in the order of the entries; `names` are the accounts'. Amounts are in major units, exactly."""
    for recorded in entries:
        for number, leg in enumerate(recorded.entry.legs, 1):
            yield (*_head(recorded, number), *_leg(leg, chart, names), *_origin(recorded.entry))


def _head(recorded: Recorded, number: int) -> tuple[Cell, ...]:
    entry = recorded.entry
    return str(recorded.id), number, entry.source, entry.kind.value, entry.effective_at, recorded.recorded_at


def _leg(leg: Leg, chart: Chart, names: Mapping[AccountKey, str]) -> tuple[Cell, ...]:
    amount = Decimal(leg.amount.amount).scaleb(-2)
    return (
        leg.account,
        chart.number(leg.account),
        names.get(leg.account),
        amount if leg.side is Side.DEBIT else None,
        amount if leg.side is Side.CREDIT else None,
        leg.amount.currency,
        _id(leg.debtor),
        leg.cost_centre,
        leg.vat_rate,
    )


def _origin(entry: Entry) -> tuple[Cell, ...]:
    origin = entry.origin
    return (
        entry.text,
        _id(origin.booking_id),
        _id(origin.payment_id),
        _id(origin.invoice_id),
        origin.provider_id,
        _id(origin.bank_line),
        _id(entry.reverses),
    )


def _id(found: object) -> str | None:
    return None if found is None else str(found)
