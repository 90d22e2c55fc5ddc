"""The export to DATEV: a Buchungsstapel (batch of postings) for each month, so none spans two fiscal years."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from adapters.datev import layout
from adapters.datev.rows import NotExportable, Row, rows_of
from adapters.datev.text import plain, reference, words_of
from domain.identity import PersonId
from domain.ledger.accounts import RECEIVABLES, Chart
from domain.ledger.entries import Entry, EntryId, Leg, Side

ENCODING = "cp1252"
CURRENCY = "EUR"
MOST_ROWS = 99_999  # of one batch
LARGEST = 10**12  # in cents: ten digits before the comma
LAST_DEBTOR = 6  # the first digit; those from 7 on are creditors'


class Client(Struct, frozen=True):
    """Whose books they are at DATEV: consultant (Berater) and client (Mandant), and how their accounts are numbered.

    `locked` says whether DATEV is to lock the postings (Festschreibung); `year_begins` is the month of the fiscal year.
    """

    consultant: int
    client: int
    chart: Chart
    zone: ZoneInfo
    account_length: int = 4
    year_begins: int = 1
    locked: bool = False
    label: str = "kommobil"
    initials: str = ""

    def faults(self) -> tuple[str, ...]:
        """What is wrong with it, in words for whoever set it up; empty if nothing."""
        faults = []
        if not 1001 <= self.consultant <= 9_999_999:
            faults.append("consultant is a number from 1001 to 9999999")
        if not 1 <= self.client <= 99_999:
            faults.append("client is a number from 1 to 99999")
        if not 4 <= self.account_length <= 8:
            faults.append("account_length is 4 to 8")
        if not 1 <= self.year_begins <= 12:
            faults.append("year_begins is a month")
        if self.initials and not (len(self.initials) == 2 and self.initials.isascii() and self.initials.isalpha()):
            faults.append("initials are two letters")
        if too_long := sorted(number for number in self.chart.numbers.values() if len(number) > self.account_length):
            faults.append(f"accounts such as {too_long[0]} have more than {self.account_length} digits")
        return tuple(faults)


class Posting(Struct, frozen=True):
    """An entry, with what DATEV wants to know besides.

    `document` is the number by which open items are settled: an invoice's, also on its payment. `performed_on` is when the
    service was (Leistungsdatum). `booked_on` is the day in the books where that is another than the one on which it
    happened: its month was closed by then.
    """

    id: EntryId
    entry: Entry
    document: str = ""
    performed_on: date | None = None
    booked_on: date | None = None


class Batch(Struct, frozen=True):
    """A file. `debits` are the cents on its rows' debit sides, to compare with what DATEV says it read."""

    name: str
    first: date
    last: date
    rows: int
    debits: int
    content: bytes


def batches(
    postings: Iterable[Posting],
    client: Client,
    debtors: Mapping[PersonId, int],
    *,
    first: date,
    last: date,
    created: datetime,
) -> tuple[Batch, ...]:
    """The files of all postings from the first day to the last, in the city's time.

    Only euros go to DATEV. Every currency of an entry balances by itself, so what is in others can be left out: `strange`
    lists it. What the payment provider exchanged is there with its own euros, against the account where currencies meet.

    `debtors` counts those who owe, from 1, and 0 for all whom nobody knows. Raises NotExportable, and makes no file then.
    """
    if faults := client.faults():
        raise NotExportable("; ".join(faults))
    by_month: dict[tuple[int, int], list[str]] = defaultdict(list)
    debits: dict[tuple[int, int], list[int]] = defaultdict(list)
    for posting in sorted(postings, key=_order):
        day = _day(posting, client)
        if not first <= day <= last:
            continue
        for row in _rows(posting, client, debtors):
            by_month[day.year, day.month].append(layout.line(_fields(row, posting, day, client)))
            debits[day.year, day.month].append(row.amount)
    made = []
    for month, rows in sorted(by_month.items()):
        parts = range(0, len(rows), MOST_ROWS)
        for number, begin in enumerate(parts, 1):
            some = slice(begin, begin + MOST_ROWS)
            span = _span(month, first, last)
            content = layout.lines(_header(client, span, created), rows[some]).encode(ENCODING)
            part = f"_{number}" if len(parts) > 1 else ""
            name = f"EXTF_Buchungsstapel_{month[0]}{month[1]:02}{part}.csv"
            made.append(Batch(name, *span, len(rows[some]), sum(debits[month][some]), content))
    return tuple(made)


def strange(entry: Entry) -> Entry | None:
    """What of the entry is in other currencies, and so not for DATEV; None where nothing is. Which rate counts there is not
    ours to say: tax is owed by the month's average (§ 16 Abs. 6 UStG), whatever the provider exchanged at."""
    legs = tuple(leg for leg in entry.legs if leg.amount.currency != CURRENCY)
    return replace(entry, legs=legs) if legs else None


def _in_euros(entry: Entry) -> tuple[Leg, ...]:
    return tuple(leg for leg in entry.legs if leg.amount.currency == CURRENCY)


def debtor_account(number: int, account_length: int) -> str:
    """The account of a debtor: one digit longer than others, beginning with 1 to 6; the first is shared by those who have no number of
    their own. Raises NotExportable for too many."""
    found = str(10**account_length + number)
    if number < 0 or int(found[0]) > LAST_DEBTOR or len(found) != account_length + 1:
        raise NotExportable(f"there is no account for debtor {number}; accounts with more digits have room")
    return found


def _rows(posting: Posting, client: Client, debtors: Mapping[PersonId, int]) -> tuple[Row, ...]:
    entry = posting.entry

    def numbered(leg: Leg) -> str:
        number = client.chart.number(leg.account)
        if number is None:
            raise NotExportable(f"{entry.source} needs {leg.account}, which {client.chart.name} has no number for")
        if leg.account == RECEIVABLES and leg.debtor is not None:
            if leg.debtor not in debtors:
                raise NotExportable(f"{entry.source} has a debtor without a number")
            return debtor_account(debtors[leg.debtor], client.account_length)
        return number.ljust(client.account_length, "0")

    automatic = frozenset(number.ljust(client.account_length, "0") for number in client.chart.automatic)
    return rows_of(_in_euros(entry), entry.kind, numbered, automatic)


def _fields(row: Row, posting: Posting, day: date, client: Client) -> dict[int, str]:
    if row.amount >= LARGEST:
        raise NotExportable(f"{posting.entry.source} is larger than DATEV can read")
    return {
        layout.AMOUNT: f"{row.amount // 100},{row.amount % 100:02}",
        layout.SIDE: "S" if row.side is Side.DEBIT else "H",
        layout.ACCOUNT: row.account,
        layout.CONTRA: row.contra,
        layout.TAX_KEY: row.key,
        layout.DAY: f"{day:%d%m}",
        layout.DOCUMENT: reference(posting.document),
        layout.WORDS: plain(words_of(posting.entry), 60),
        layout.COST_CENTRE: plain(row.cost_centre, 36),
        layout.COST_CENTRE_2: plain(row.cost_centre_2, 36),
        layout.LOCKED: str(int(client.locked)),  # left out, it would lock
        layout.PERFORMED: f"{posting.performed_on:%d%m%Y}" if posting.performed_on else "",
        layout.REVERSED: "1" if row.turned_round else "",
    }


def _header(client: Client, span: tuple[date, date], created: datetime) -> str:
    first, last = span
    local = created.astimezone(client.zone)
    return layout.header({
        1: "EXTF",
        2: "700",
        3: "21",
        4: "Buchungsstapel",
        5: "13",
        6: f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03}",
        8: "RE",
        11: str(client.consultant),
        12: str(client.client),
        13: f"{_year_begins(first, client.year_begins):%Y%m%d}",
        14: str(client.account_length),
        15: f"{first:%Y%m%d}",
        16: f"{last:%Y%m%d}",
        17: plain(f"{client.label} {first:%Y-%m}", 30),
        18: client.initials.upper(),
        19: "1",
        20: "0",
        21: str(int(client.locked)),
        22: CURRENCY,
        27: client.chart.name.removeprefix("SKR") if client.chart.name in {"SKR03", "SKR04"} else "",
    })  # fmt: skip


def _day(posting: Posting, client: Client) -> date:
    return posting.booked_on or posting.entry.effective_at.astimezone(client.zone).date()


def _span(month: tuple[int, int], first: date, last: date) -> tuple[date, date]:
    """Of the month, what was asked for."""
    begin = date(*month, 1)
    end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return max(begin, first), min(end, last)


def _year_begins(day: date, month: int) -> date:
    begin = date(day.year, month, 1)
    return begin if begin <= day else date(day.year - 1, month, 1)


def _order(posting: Posting) -> tuple[datetime, EntryId]:
    return posting.entry.effective_at, posting.id
