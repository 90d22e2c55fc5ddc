"""The export to DATEV, read back the way DATEV posts it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.datev.extf import MOST_ROWS, Batch, Client, Posting, batches, debtor_account, strange
from adapters.datev.rows import NotExportable
from adapters.datev.text import WORDS
from domain.ledger.accounts import (
    BAD_DEBT,
    BANK,
    COST_CENTRES,
    CURRENCIES,
    DAMAGES,
    DISPUTES,
    HELD,
    HELD_CONTRA,
    IN_TRANSIT,
    INTERNAL,
    PROVIDER,
    PROVIDER_FEES,
    RECEIVABLES,
    SKR03,
    SKR04,
    UNEXPLAINED,
    AccountKey,
    Chart,
    revenue,
    vat,
)
from domain.ledger.entries import Entry, EntryId, EntryKind, Leg, Side, balanced
from domain.ledger.posting.documents import Elsewhere, paid_otherwise
from domain.money import Money, vat_within
from infra.ids import new_id
from tests.adapters.datev.reading import ReadRow, posted, read
from tests.examples import an_id, person_id

BERLIN = ZoneInfo("Europe/Berlin")
CLIENT = Client(29098, 55003, SKR03, BERLIN, label="MaaS", initials="wd")
CREATED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 16, 11, tzinfo=UTC)
YEAR = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
ADA = person_id("ada")
DEBTORS = {ADA: 42, person_id("ben"): 43}
N19, N07 = Decimal("0.19"), Decimal("0.07")
CHARGING, BIKES = revenue("charging", N19).key, revenue("bike_leasing", N07).key
VAT19, VAT07 = vat(N19).key, vat(N07).key
AUTOMATIC = {"8400": (N19, "1776"), "8300": (N07, "1771")}
SOLL, HABEN = Side.DEBIT, Side.CREDIT


def leg(account: AccountKey, side: Side, amount: int, **said: Any) -> Leg:
    return Leg(account, side, Money(amount, "EUR"), **said)


def entry(*legs: Leg, kind: EntryKind = EntryKind.OTHER, at: datetime = NOON, text: str = "", name: str = "e") -> Entry:
    return balanced(Entry(kind, f"test:{name}", at, legs, text=text))


def posting(made: Entry, **said: Any) -> Posting:
    return Posting(EntryId(an_id(made.source)), made, **said)


def exported(*entries: Entry, client: Client = CLIENT, **span: Any) -> tuple[Batch, ...]:
    wanted = [posting(each) for each in entries]
    return batches(wanted, client, DEBTORS, created=CREATED, **(YEAR | span))


def rows(*entries: Entry) -> list[tuple[int, str, str, str, str]]:
    """Amount, side, account, contra and key."""
    found = [row for batch in exported(*entries) for row in read(batch.content).rows]
    return [(row.amount, row.side, row.account, row.contra, row.key) for row in found]


def invoice(gross: int = 2470, **said: Any) -> Entry:
    tax = vat_within(gross, N19)
    return entry(
        leg(RECEIVABLES, SOLL, gross, debtor=ADA),
        leg(CHARGING, HABEN, gross - tax, vat_rate=N19),
        leg(VAT19, HABEN, tax),
        kind=EntryKind.INVOICE,
        **said,
    )


# -- the file


def test_the_head_is_that_of_datevs_own_example() -> None:
    (batch,) = exported(invoice(text="Carsharing B-7QK2"))
    head, titles, row = batch.content.decode("cp1252").split("\r\n")[:3]
    assert head == (
        '"EXTF";700;21;"Buchungsstapel";13;20261122030000000;;"RE";"";"";29098;55003;20260101;4;20261101;20261130;'
        '"MaaS 2026-11";"WD";1;0;0;"EUR";;"";;;"03";;;"";""'
    )
    assert titles.startswith("Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;")
    assert row.startswith('24,70;"S";"";;;"";10042;8400;"";1611;"";"";;"Carsharing B-7QK2";')
    assert batch.name == "EXTF_Buchungsstapel_202611.csv"
    assert (batch.first, batch.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (batch.rows, batch.debits) == (1, 2470)


def test_a_row_says_which_document_when_it_was_performed_and_that_it_is_not_locked() -> None:
    said = Posting(EntryId(an_id("x")), invoice(), "RE-2026-000017", performed_on=date(2026, 10, 31))
    (batch,) = batches([said], CLIENT, DEBTORS, created=CREATED, **YEAR)
    assert read(batch.content).rows == (
        ReadRow(
            2470, "S", "10042", "8400", "", date(2026, 11, 16), "RE-2026-000017", "test:e", "", date(2026, 10, 31), False
        ),
    )  # fmt: skip
    fields = batch.content.decode("cp1252").split("\r\n")[2].split(";")
    assert fields[113] == "0"


def test_locking_is_said_in_the_head_and_in_every_row() -> None:
    (batch,) = exported(invoice(), client=replace(CLIENT, locked=True))
    head, _, row = batch.content.decode("cp1252").split("\r\n")[:3]
    assert (head.split(";")[20], row.split(";")[113]) == ("1", "1")


def test_skr04_and_longer_accounts_are_numbered_accordingly() -> None:
    (batch,) = exported(invoice(), client=replace(CLIENT, chart=SKR04, account_length=6))
    (row,) = read(batch.content).rows
    assert (row.account, row.contra) == ("1000042", "440000")
    assert batch.content.decode("cp1252").split(";")[26] == '"04"'


def test_a_chart_of_the_citys_own_names_no_frame() -> None:
    chart = replace(SKR03, name="NKR Niedersachsen")
    (batch,) = exported(invoice(), client=replace(CLIENT, chart=chart))
    assert batch.content.decode("cp1252").split("\r\n")[0].split(";")[26] == '""'


def test_months_begin_in_the_citys_time() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # half past midnight of 1 November
    assert [batch.name for batch in exported(invoice(at=late))] == ["EXTF_Buchungsstapel_202611.csv"]
    assert exported(invoice(at=late), last=date(2026, 10, 31)) == ()


def test_each_month_has_a_file_and_none_spans_two_fiscal_years() -> None:
    client = replace(CLIENT, year_begins=12)
    made = exported(
        *(invoice(at=NOON + timedelta(days=30 * n), name=str(n)) for n in range(3)),
        client=client,
        last=date(2027, 6, 30),
    )
    assert [(batch.name, read(batch.content).head[12]) for batch in made] == [
        ("EXTF_Buchungsstapel_202611.csv", "20251201"),
        ("EXTF_Buchungsstapel_202612.csv", "20261201"),
        ("EXTF_Buchungsstapel_202701.csv", "20261201"),
    ]


def test_what_came_after_its_month_was_closed_is_booked_in_the_next() -> None:
    late = posting(invoice(), booked_on=date(2026, 12, 1), performed_on=date(2026, 11, 16))
    (batch,) = batches([late], CLIENT, DEBTORS, created=CREATED, **YEAR)
    (row,) = read(batch.content).rows
    assert (row.day, row.performed) == (date(2026, 12, 1), date(2026, 11, 16))


def test_a_batch_has_no_more_rows_than_datev_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_ROWS == 99_999
    monkeypatch.setattr("adapters.datev.extf.MOST_ROWS", 2)
    made = exported(*(invoice(name=str(number)) for number in range(5)))
    assert [(batch.name, batch.rows, batch.debits) for batch in made] == [
        ("EXTF_Buchungsstapel_202611_1.csv", 2, 4940),
        ("EXTF_Buchungsstapel_202611_2.csv", 2, 4940),
        ("EXTF_Buchungsstapel_202611_3.csv", 1, 2470),
    ]


# -- the rows


def test_an_automatic_account_has_the_gross_amount_and_the_tax_no_row() -> None:
    assert rows(invoice()) == [(2470, "S", "10042", "8400", "")]


def test_several_rates_on_one_invoice_have_a_row_each() -> None:
    mixed = entry(
        leg(RECEIVABLES, SOLL, 1190 + 1070, debtor=ADA),
        leg(CHARGING, HABEN, 1000),
        leg(VAT19, HABEN, 190),
        leg(BIKES, HABEN, 1000),
        leg(VAT07, HABEN, 70),
    )
    assert rows(mixed) == [(1190, "S", "10042", "8400", ""), (1070, "S", "10042", "8300", "")]


def test_where_datev_would_round_otherwise_the_automatic_is_switched_off() -> None:
    last = entry(  # the last of several partial credits has the tax that is left: 3.14 where 3.15 would be computed
        leg(CHARGING, SOLL, 1656), leg(VAT19, SOLL, 314), leg(RECEIVABLES, HABEN, 1970, debtor=ADA)
    )
    assert rows(last) == [(1656, "H", "10042", "8400", "40"), (314, "H", "10042", "1776", "")]


def test_a_lost_dispute_takes_the_tax_back_in_a_row_of_its_own() -> None:
    lost = entry(leg(BAD_DEBT, SOLL, 1656), leg(VAT19, SOLL, 314), leg(DISPUTES, HABEN, 1970))
    assert rows(lost) == [(1656, "H", "1362", "2400", ""), (314, "H", "1362", "1776", "")]


def test_one_income_of_two_debtors_is_split_only_where_the_tax_comes_out_the_same() -> None:
    even = entry(
        leg(RECEIVABLES, SOLL, 1190, debtor=ADA),
        leg(RECEIVABLES, SOLL, 1190, debtor=person_id("ben")),
        leg(CHARGING, HABEN, 2000),
        leg(VAT19, HABEN, 380),
    )
    assert rows(even) == [(1190, "H", "8400", "10042", ""), (1190, "H", "8400", "10043", "")]
    odd = entry(
        leg(RECEIVABLES, SOLL, 3, debtor=ADA),
        leg(RECEIVABLES, SOLL, 3, debtor=person_id("ben")),
        leg(CHARGING, HABEN, 5),
        leg(VAT19, HABEN, 1),
    )
    assert rows(odd) == [
        (3, "S", "10042", "8400", "40"),
        (2, "S", "10043", "8400", "40"),
        (1, "S", "10043", "1776", ""),
    ]


def test_what_is_turned_round_stands_on_the_side_of_what_it_undoes() -> None:
    credit = entry(
        leg(CHARGING, SOLL, 420),
        leg(VAT19, SOLL, 80),
        leg(RECEIVABLES, HABEN, 500, debtor=ADA),
        kind=EntryKind.CREDIT_NOTE,
    )
    (batch,) = exported(credit)
    (row,) = read(batch.content).rows
    assert (row.amount, row.side, row.account, row.contra, row.turned_round) == (500, "S", "10042", "8400", True)


def test_what_is_held_on_cards_is_nobodys_to_book() -> None:
    held = entry(leg(HELD, SOLL, 3000), leg(HELD_CONTRA, HABEN, 3000), kind=EntryKind.HOLD)
    assert exported(held) == ()


def test_cost_centres_stand_with_who_bears_it_first() -> None:
    internal = entry(leg(COST_CENTRES, SOLL, 900, cost_centre="4711"), leg(INTERNAL, HABEN, 900, cost_centre="0815"))
    (batch,) = exported(internal)
    fields = batch.content.decode("cp1252").split("\r\n")[2].split(";")
    assert fields[36:38] == ['"4711"', '"0815"']


def test_the_worked_example_of_a_trip_ends_where_the_ledger_ends() -> None:
    day = [
        invoice(name="2"),
        entry(leg(PROVIDER, SOLL, 2470), leg(RECEIVABLES, HABEN, 2470, debtor=ADA), name="3"),
        entry(leg(PROVIDER_FEES, SOLL, 62), leg(PROVIDER, HABEN, 62), name="3f"),
        entry(
            leg(CHARGING, SOLL, 420),
            leg(VAT19, SOLL, 80),
            leg(RECEIVABLES, HABEN, 500, debtor=ADA),
            name="5",
            kind=EntryKind.CREDIT_NOTE,
        ),
        entry(leg(RECEIVABLES, SOLL, 500, debtor=ADA), leg(PROVIDER, HABEN, 500), name="5r"),
        entry(leg(IN_TRANSIT, SOLL, 1908), leg(PROVIDER, HABEN, 1908), name="6"),
        entry(leg(BANK, SOLL, 1908), leg(IN_TRANSIT, HABEN, 1908), name="7"),
    ]
    (batch,) = exported(*day)
    assert posted(read(batch.content), AUTOMATIC) == {"1200": 1908, "4970": 62, "8400": -1656, "1776": -314}


# -- texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Größe Ü € ß", "Größe Ü € ß"),
        ('ein "Zitat"; mit Strich', 'ein "Zitat"; mit Strich'),
        ("zwei\r\nZeilen\tund\x00 mehr", "zwei Zeilen und mehr"),
        ("Łódź Šiauliai Ñandú", "Lódz Šiauliai Ñandú"),
        ("日本 und 🚲", "?? und ?"),
        ("ﬁx ① ½", "fix 1 ½"),
        ("x" * 70, "x" * 60),
    ],
)
def test_texts_are_those_of_windows(text: str, words: str) -> None:
    (batch,) = exported(invoice(text=text))
    assert [row.words for row in read(batch.content).rows] == [words]


@pytest.mark.parametrize(
    ("document", "field"),
    [("RE-2026/17_a", "RE-2026/17_A"), ("Größe 1", "GROESSE-1"), ("x" * 50, "X" * 36), ("", "")],
)
def test_documents_are_named_with_the_signs_that_settle_open_items(document: str, field: str) -> None:
    said = posting(invoice(), document=document)
    (batch,) = batches([said], CLIENT, DEBTORS, created=CREATED, **YEAR)
    assert [row.document for row in read(batch.content).rows] == [field]


# -- what cannot be exported


def test_what_was_paid_elsewhere_says_so_and_of_which_case() -> None:
    case = new_id()
    (batch,) = exported(paid_otherwise(Elsewhere(case, new_id(), ADA, Money(240, "EUR"), NOON)))
    assert [row.words for row in read(batch.content).rows] == [f"Anderweitig bezahlt {case}"]


def test_whatever_is_posted_without_words_is_called_by_its_kind() -> None:
    said = {EntryKind.INVOICE, EntryKind.CREDIT_NOTE, EntryKind.DISPUTE_LOST, EntryKind.COST_CENTRE}
    said |= {EntryKind.CLEARING, EntryKind.REVERSAL}
    outside = {EntryKind.HOLD, EntryKind.HOLD_END}
    assert set(WORDS) == set(EntryKind) - said - outside
    longest = f"match:{new_id()}:12"
    for kind, words in WORDS.items():
        made = replace(entry(leg(BANK, SOLL, 1), leg(UNEXPLAINED, HABEN, 1), kind=kind), source=longest)
        (batch,) = exported(made)
        assert [row.words for row in read(batch.content).rows] == [f"{words} {longest.removeprefix('match:')}"]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (entry(leg(AccountKey("vat.16"), SOLL, 1), leg(BANK, HABEN, 1)), "needs vat.16, which SKR03 has no number for"),
        (
            entry(leg(RECEIVABLES, SOLL, 1, debtor=person_id("eve")), leg(BANK, HABEN, 1)),
            "has a debtor without a number",
        ),
        (entry(leg(HELD, SOLL, 1), leg(BANK, HABEN, 1)), "what is held on cards balances with what is not"),
        (entry(leg(BANK, SOLL, 10**12), leg(PROVIDER, HABEN, 10**12)), "is larger than DATEV can read"),
    ],
)
def test_what_datev_would_not_understand_is_not_exported(made: Entry, words: str) -> None:
    with pytest.raises(NotExportable, match=words):
        exported(made)


def test_what_was_exchanged_is_exported_in_its_own_euros_and_the_rest_is_listed_apart() -> None:
    """A charge of 100.00 francs of which 95.00 euros came; the invoice is in francs alone."""
    francs = Money(10000, "CHF")
    exchanged = entry(
        leg(PROVIDER, SOLL, 9500),
        leg(CURRENCIES, HABEN, 9500),
        Leg(CURRENCIES, SOLL, francs),
        Leg(RECEIVABLES, HABEN, francs, ADA),
        name="charge",
    )
    invoiced = entry(Leg(RECEIVABLES, SOLL, francs, ADA), Leg(DAMAGES, HABEN, francs), name="invoice")
    assert rows(exchanged, invoiced, invoice()) == [(9500, "S", "1361", "1363", ""), (2470, "S", "10042", "8400", "")]
    left = strange(exchanged)
    assert left is not None
    assert (left.source, left.legs) == (exchanged.source, exchanged.legs[2:])
    assert strange(invoiced) == invoiced
    assert strange(invoice()) is None
    assert exported(invoiced) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"consultant": 1000},
        {"client": 0},
        {"account_length": 3},
        {"account_length": 9},
        {"year_begins": 13},
        {"initials": "abc"},
        {"chart": Chart("X", {BANK: "12345"})},
    ],
)
def test_a_client_that_datev_cannot_have_is_not_exported_for(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotExportable):
        exported(invoice(), client=replace(CLIENT, **wrong))


def test_debtors_have_one_digit_more_and_end_where_creditors_begin() -> None:
    assert [debtor_account(number, 4) for number in (0, 1, 59_999)] == ["10000", "10001", "69999"]
    for number in (-1, 60_000, 90_000):
        with pytest.raises(NotExportable):
            debtor_account(number, 4)
    assert debtor_account(60_000, 5) == "160000"


# -- whatever is booked

ACCOUNTS = st.sampled_from([BANK, PROVIDER, RECEIVABLES, PROVIDER_FEES, BAD_DEBT, COST_CENTRES, HELD_CONTRA])


@st.composite
def sales(draw: st.DrawFn) -> list[Leg]:
    """Incomes at one or two rates with their taxes, now and then rounded otherwise than DATEV does, on either side."""
    side = draw(st.sampled_from(Side))
    legs = []
    for account, tax, rate in ((CHARGING, VAT19, N19), (BIKES, VAT07, N07)):
        gross = draw(st.lists(st.integers(2, 100_000), max_size=3))
        taxes = sum(vat_within(each, rate) for each in gross)
        off = draw(st.sampled_from([0, 0, 0, 1, -1])) if taxes > 1 else 0
        legs += [leg(account, side, each - vat_within(each, rate)) for each in gross]
        legs += [leg(tax, side, taxes + off)] if taxes else []
    total = sum(each.amount.amount for each in legs)
    while total:
        part = draw(st.integers(1, total)) if total > 1 and len(legs) < 12 else total
        account = draw(ACCOUNTS.filter(lambda each: each != HELD_CONTRA))
        legs.append(leg(account, side.other, part, debtor=ADA if account == RECEIVABLES else None))
        total -= part
    return legs


@given(st.lists(st.tuples(sales().filter(bool), st.sampled_from(EntryKind)), max_size=5))
def test_datev_ends_with_the_same_on_every_account(history: list[tuple[list[Leg], EntryKind]]) -> None:
    entries = [entry(*legs, kind=kind, name=str(number)) for number, (legs, kind) in enumerate(history)]
    expected: Counter[str] = Counter()
    for made in entries:
        for each in made.legs:
            number = "10042" if each.debtor else SKR03.number(each.account)
            expected[str(number)] += each.amount.amount if each.side is SOLL else -each.amount.amount
    totals: Counter[str] = Counter()
    for batch in exported(*entries):
        totals.update(posted(read(batch.content), AUTOMATIC))
    assert {account: total for account, total in totals.items() if total} == {
        account: total for account, total in expected.items() if total
    }
