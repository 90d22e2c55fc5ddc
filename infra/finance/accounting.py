"""Giving the books away, wired: who writes which file of what the database says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from adapters.database.connections import Transactions
from adapters.database.ledger.accounting import SqlAccountingFacts
from adapters.datev.extf import Client, Posting, batches, strange
from adapters.datev.rows import NotExportable
from adapters.spreadsheets.journal import TITLES, Recorded, journal
from adapters.spreadsheets.receivables import PLAIN, NotMapped, mapping, receivables
from adapters.spreadsheets.tables import csv_blocks, xlsx
from domain.cities.settings import CitySettings
from domain.identity import PersonId
from domain.ledger.accounts import SKR03, SKR04, AccountKey, Chart
from services.accounting import Accounting
from services.accounting.ports import Booked, CannotExport, DatevWanted, Due, File, Format, ReceivablesWanted, Writers

CSV = "text/csv"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHARTS = {"SKR03": SKR03, "SKR04": SKR04}


def accounting(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Accounting:
    return Accounting(SqlAccountingFacts(transactions, clock, new_id), Writers(_datev, _journal, _receivables), clock)


def chart_of(settings: CitySettings) -> Chart:
    """The chart that the city names, with its own numbers over it."""
    said = settings.accounting
    chart = CHARTS[said.chart]
    if not said.numbers and not said.automatic:
        return chart
    return Chart("own", {**chart.numbers, **said.numbers}, chart.automatic | frozenset(said.automatic))


def _datev(
    booked: Sequence[Booked], settings: CitySettings, numbers: Mapping[PersonId, int], wanted: DatevWanted
) -> tuple[File, ...]:
    said = settings.accounting
    if said.consultant is None or said.client is None:
        raise CannotExport(
            "the city's settings name no consultant and client (accounting.consultant, accounting.client)"
        )
    zone = ZoneInfo(settings.time_zone)
    client = Client(
        said.consultant,
        said.client,
        chart_of(settings),
        zone,
        account_length=said.account_length,
        year_begins=said.year_begins,
        locked=wanted.lock,
        label=said.label,
    )
    made = partial(batches, first=wanted.first, last=wanted.last, created=wanted.created)
    try:
        files = made([_posting(each, zone) for each in booked], client, numbers)
    except NotExportable as problem:
        raise CannotExport(str(problem)) from problem
    apart = [replace(each, entry=left) for each in booked if (left := strange(each.entry)) is not None]
    return (
        *(File(each.name, CSV, each.content, "windows-1252") for each in files),
        *((_apart(apart, settings, wanted),) if apart else ()),
    )


def _apart(booked: Sequence[Booked], settings: CitySettings, wanted: DatevWanted) -> File:
    """What is in other currencies, for the accountants to convert."""
    listed = _journal(booked, settings, {}, Format.CSV)
    return replace(listed, name=f"other-currencies-{wanted.first:%Y-%m}-{wanted.last:%Y-%m}.csv")


def _posting(booked: Booked, zone: ZoneInfo) -> Posting:
    """What came after its month was closed is booked on the first day of the one that it belongs to."""
    month: date = booked.entry.effective_at.astimezone(zone).date().replace(day=1)
    late = booked.period if booked.period != month else None
    return Posting(booked.id, booked.entry, booked.document, booked.performed_on, late)


def _journal(booked: Sequence[Booked], settings: CitySettings, names: Mapping[AccountKey, str], wanted: Format) -> File:
    zone = ZoneInfo(settings.time_zone)
    titles = TITLES["de" if "de" in settings.languages else "en"]
    rows = journal((Recorded(each.id, each.entry, each.recorded_at) for each in booked), chart_of(settings), names)
    if wanted is Format.XLSX:
        return File("journal.xlsx", SHEETS, xlsx("Journal", titles, rows, zone))
    return File("journal.csv", CSV, b"".join(csv_blocks(titles, rows, zone)))


def _receivables(items: Sequence[Due], settings: CitySettings, wanted: ReceivablesWanted) -> File:
    said = settings.accounting.receivables
    try:
        mapped = PLAIN if said is None else mapping(msgspec.json.encode(said))
        content = receivables(items, mapped, wanted.year, wanted.product, wanted.cost_centre)
    except NotMapped as problem:
        raise CannotExport(f"accounting.receivables: {problem}") from problem
    charset = mapped.encoding.replace("cp", "windows-").removesuffix("-sig")
    return File(f"receivables-{wanted.year}.csv", CSV, content, charset)
