"""What a bank's statement says, read from both versions of camt.053."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.banking.camt053 import read_statements
from domain.reconciliation.statements import BankLine, BankStatement, Heading
from services.reconciliation.reading import FileProblem, Unreadable
from tests.adapters.banking.files import (
    IBAN,
    OTHERS_IBAN,
    Version,
    balance,
    document,
    entry,
    part,
    statement,
    tag,
    zipped,
)

BERLIN = ZoneInfo("Europe/Berlin")
HEADING = Heading(
    iban=IBAN,
    named="STMT-2026-11-23-17",
    sequence=17,
    page=1,
    currency="EUR",
    opening=100_000,
    closing=101_908,
    opened_on=date(2026, 11, 20),
    closed_on=date(2026, 11, 23),
    made_at=datetime(2026, 11, 23, 17, 30, tzinfo=UTC),
)


def read(*statements: str, version: str = "08") -> tuple[BankStatement, ...]:
    return read_statements(document(*statements, version=version), BERLIN)


def lines(*entries: str, opening: int = 100_000, closing: int, version: str = "08") -> tuple[BankLine, ...]:
    (found,) = read(statement(*entries, opening=opening, closing=closing), version=version)
    return found.lines


def problem(raw: bytes) -> tuple[FileProblem, str]:
    with pytest.raises(Unreadable) as refused:
        read_statements(raw, BERLIN)
    return refused.value.problem, refused.value.where


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_payout_of_stripe_is_read_whole_in_both_versions(version: Version) -> None:
    payout = part(
        version=version,
        end_to_end="PO-1NXYZ",
        name="STRIPE TECHNOLOGY EUROPE LTD",
        iban=OTHERS_IBAN,
        text=("STRIPE STADT BRAUN", "SCHWEIG 4F2K7Q"),
    )
    booked = entry(1908, payout, version=version, reference="2026112300017", value_on="2026-11-24")
    assert read(statement(booked, closing=101_908), version=version) == (
        BankStatement(
            HEADING,
            (
                BankLine(
                    id=HEADING.line_id(1),
                    booked_on=date(2026, 11, 23),
                    value_on=date(2026, 11, 24),
                    amount=1908,
                    currency="EUR",
                    end_to_end_id="PO-1NXYZ",
                    text="STRIPE STADT BRAUNSCHWEIG 4F2K7Q",
                    counterparty="STRIPE TECHNOLOGY EUROPE LTD",
                    counterparty_iban=OTHERS_IBAN,
                    bank_reference="2026112300017",
                    code="166",
                ),
            ),
        ),
    )


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_batch_is_split_into_its_parts(version: Version) -> None:
    batch = entry(
        5170,
        part(2470, version=version, text=("RE-2026-000017",), name="Ada Lang"),
        part(2700, version=version, text=("RE-2026-000018",), name="Ben Kurz"),
        version=version,
        reference="B1",
    )
    found = lines(batch, closing=105_170, version=version)
    assert [(line.id, line.amount, line.text, line.counterparty, line.bank_reference) for line in found] == [
        (HEADING.line_id(1), 2470, "RE-2026-000017", "Ada Lang", "B1"),
        (HEADING.line_id(2), 2700, "RE-2026-000018", "Ben Kurz", "B1"),
    ]


def test_parts_of_a_batch_may_go_both_ways() -> None:
    found = lines(entry(2000, part(2470), part(-470)), closing=102_000)
    assert [line.amount for line in found] == [2470, -470]


def test_parts_may_lie_in_several_details() -> None:
    raw = entry(5170, part(2470)).replace("</Ntry>", tag("NtryDtls", part(2700)) + "</Ntry>")
    assert [line.amount for line in lines(raw, closing=105_170)] == [2470, 2700]


def test_parts_that_do_not_sum_to_their_entry_are_refused() -> None:
    raw = document(statement(entry(100), entry(5170, part(2470), part(2701)), closing=105_270))
    assert problem(raw) == (FileProblem.BATCH_DIFFERS, "Stmt[1]/Ntry[2]/Amt")


def test_a_part_without_an_amount_is_refused_among_others() -> None:
    raw = document(statement(entry(5170, part(2470), part(name="Ben Kurz")), closing=105_170))
    assert problem(raw) == (FileProblem.MISSING, "Stmt[1]/Ntry[1]/TxDtls[2]")


@pytest.mark.parametrize("version", ["02", "08"])
def test_what_is_taken_is_below_zero_and_a_reversal_only_flags(version: Version) -> None:
    taken = entry(-3970, part(version=version), version=version, reversal="true")
    given = entry(50, part(version=version), version=version, reversal="true")
    found = lines(taken, given, closing=96_080, version=version)
    assert [(line.amount, line.reversal) for line in found] == [(-3970, True), (50, True)]


def test_a_returned_debit_names_its_reason_its_mandate_and_what_was_asked_for() -> None:
    returned = part(
        returned="AC04", mandate="MANDAT-7", asked=2470, end_to_end="RE-2026-000017", name="Ada Lang", iban=OTHERS_IBAN
    )
    (line,) = lines(entry(-2770, returned, code="NRTI+109+00931"), closing=97_230)
    assert (line.returned, line.mandate_id, line.original, line.code) == ("AC04", "MANDAT-7", -2470, "109")
    assert (line.counterparty, line.counterparty_iban) == ("Ada Lang", OTHERS_IBAN)


def test_the_other_party_is_never_ourselves() -> None:
    both = part(role="Cdtr", name="Stadt Braunschweig", iban=IBAN).replace(
        "</RltdPties>", tag("Dbtr", tag("Pty", tag("Nm", "Ada Lang"))) + "</RltdPties>"
    )
    assert [line.counterparty for line in lines(entry(-100, both), closing=99_900)] == ["Ada Lang"]


def test_structured_references_are_read_each_once() -> None:
    said = part(reference="RF18539007547034", end_to_end="NOTPROVIDED")
    twice = said.replace("</RmtInf>", tag("Strd", tag("RfrdDocInf", tag("Nb", "RE-17"))) + "</RmtInf>")
    again = twice.replace("</RmtInf>", tag("Strd", tag("CdtrRefInf", tag("Ref", "RF18539007547034"))) + "</RmtInf>")
    (line,) = lines(entry(100, again), closing=100_100)
    assert (line.references, line.end_to_end_id) == (("RF18539007547034", "RE-17"), "")


def test_white_space_at_the_end_of_a_chunk_counts() -> None:
    assert [line.text for line in lines(entry(1, part(text=("Danke fuer ", "alles"))), closing=100_001)] == [
        "Danke fuer alles"
    ]


def test_an_entry_without_details_tells_what_the_bank_says_of_it() -> None:
    (line,) = lines(entry(-990, info="ENTGELT KONTOFÜHRUNG", code="NCHG+808+00931"), closing=99_010)
    assert (line.text, line.code, line.amount, line.counterparty) == ("ENTGELT KONTOFÜHRUNG", "808", -990, "")


def test_the_code_of_the_domain_stands_in_for_the_german_one() -> None:
    domain = tag("BkTxCd", tag("Domn", tag("Cd", "PMNT") + tag("Fmly", tag("Cd", "RCDT") + tag("SubFmlyCd", "ESCT"))))
    raw = entry(1, code="X").replace(tag("BkTxCd", tag("Prtry", tag("Cd", "X") + tag("Issr", "DK"))), domain)
    assert [line.code for line in lines(raw, closing=100_001)] == ["PMNT/RCDT/ESCT"]


def test_a_quiet_day_has_no_lines() -> None:
    assert read(statement(closing=100_000)) == (BankStatement(Heading(**{**_fields(HEADING), "closing": 100_000}), ()),)


def test_what_is_not_booked_is_counted_and_left_out() -> None:
    (found,) = read(statement(entry(100), entry(999, status="PDNG"), closing=100_100))
    assert (len(found.lines), found.heading.skipped) == (1, 1)


@pytest.mark.parametrize(
    ("on", "day"),
    [
        ("2026-11-23", date(2026, 11, 23)),
        ("2026-11-23+01:00", date(2026, 11, 23)),
        ("<DtTm>2026-11-23T23:30:00</DtTm>", date(2026, 11, 23)),
        ("<DtTm>2026-11-23T23:30:00Z</DtTm>", date(2026, 11, 24)),
        ("<DtTm>2026-11-23T23:30:00.123+01:00</DtTm>", date(2026, 11, 23)),
    ],
)
def test_a_day_is_that_of_the_city(on: str, day: date) -> None:
    (line,) = lines(entry(1, on=on), closing=100_001)
    assert (line.booked_on, line.value_on) == (day, day)


@pytest.mark.parametrize(("opening", "closing"), [("OPBD", "CLBD"), ("ITBD", "ITBD"), ("PRCD", "ITBD")])
def test_pages_of_a_statement_open_and_close_in_between(opening: str, closing: str) -> None:
    (found,) = read(
        statement(
            entry(1), closing=100_001, kinds=(opening, closing), extra=tag("PgNb", "2") + tag("LastPgInd", "true")
        )
    )
    assert (found.heading.opening, found.heading.closing, found.heading.page) == (100_000, 100_001, 2)


def test_an_overdrawn_account_opens_below_zero() -> None:
    (found,) = read(statement(entry(300), opening=-200, closing=100))
    assert (found.heading.opening, found.heading.closing) == (-200, 100)


def test_several_statements_come_in_one_file() -> None:
    found = read(statement(closing=100_000, sequence=17), statement(closing=100_000, sequence=18))
    assert [each.heading.sequence for each in found] == [17, 18]


def test_an_archive_holds_several_files() -> None:
    files = [(f"{number}.xml", document(statement(closing=100_000, sequence=number))) for number in (18, 17)]
    assert [each.heading.sequence for each in read_statements(zipped(files), BERLIN)] == [17, 18]


def test_a_statement_without_a_number_is_known_by_its_name() -> None:
    (found,) = read(statement(closing=100_000, sequence=None))
    assert found.heading.key == "named STMT-2026-11-23-None page 1"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "iso-8859-15", "utf-16", "cp1252"])
def test_a_file_may_be_in_the_encoding_that_it_names(encoding: str) -> None:
    raw = document(statement(entry(1, part(name="Jürgen Müller")), closing=100_001)).decode()
    named = raw.replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    (found,) = read_statements(named.encode(encoding), BERLIN)
    assert found.lines[0].counterparty == "Jürgen Müller"


# -- what is refused

WRONG: dict[str, tuple[str, FileProblem, str]] = {
    "no account": (statement(closing=1).replace(IBAN, ""), FileProblem.MISSING, "Stmt[1]"),
    "a mistyped account": (statement(closing=1, iban="DE89370400440532013001"), FileProblem.BAD_VALUE, "Stmt[1]/Acct"),
    "no balances": (statement(closing=1, kinds=("XXXX", "CLBD")), FileProblem.MISSING, "Stmt[1]/Bal"),
    "no closing balance": (statement(closing=1, kinds=("PRCD", "XXXX")), FileProblem.MISSING, "Stmt[1]/Bal"),
    "yen": (statement(entry(100, currency="JPY"), closing=1), FileProblem.UNSUPPORTED_CURRENCY, "Stmt[1]/Ntry[1]/Amt"),
    "dollars": (statement(entry(100, currency="USD"), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/Amt"),
    "no currency": (statement(entry(100, currency=""), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/Amt"),
    "a fraction of a cent": (
        statement(entry(100).replace(">1.00<", ">1.001<"), closing=1),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Ntry[1]/Amt",
    ),
    "a sign in the amount": (
        statement(entry(100).replace(">1.00<", ">-1.00<"), closing=1),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Ntry[1]/Amt",
    ),
    "an exponent": (
        statement(entry(100).replace(">1.00<", ">1e2<"), closing=1),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Ntry[1]/Amt",
    ),
    "neither side": (statement(entry(1).replace("CRDT", "XXXX"), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/CdtDbtInd"),
    "no side": (statement(entry(1).replace("CRDT", ""), closing=1), FileProblem.MISSING, "Stmt[1]/Ntry[1]"),
    "no status": (statement(entry(1).replace("BOOK", ""), closing=1), FileProblem.MISSING, "Stmt[1]/Ntry[1]"),
    "no such day": (statement(entry(1, on="2026-02-30"), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/BookgDt"),
    "a day in words": (statement(entry(1, on="heute"), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/BookgDt"),
    "the last day of all": (statement(entry(1, on="9999-12-31"), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/BookgDt"),
    "the first day of all": (
        statement(entry(1), entry(1, on="0001-01-01"), closing=2),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Ntry[2]/BookgDt",
    ),
    "money that counts on the last day of all": (
        statement(entry(1, value_on="9999-12-31"), closing=1),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Ntry[1]/ValDt",
    ),
    "the last instant of all": (
        statement(entry(1, on="<DtTm>9999-12-31T23:59:59-12:00</DtTm>"), closing=1),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Ntry[1]/BookgDt/DtTm",
    ),
    "a balance of another age": (statement(closing=1, on="1926-11-23"), FileProblem.BAD_VALUE, "Stmt[1]/Bal CLBD/Dt"),
    "a number in words": (
        statement(closing=1).replace(">17</ElctrncSeqNb", ">XVII</ElctrncSeqNb"),
        FileProblem.BAD_VALUE,
        "Stmt[1]/ElctrncSeqNb",
    ),
    "a reversal in words": (statement(entry(1, reversal="ja"), closing=1), FileProblem.BAD_VALUE, "Stmt[1]/Ntry[1]/RvslInd"),
    "a balance in another currency": (
        statement(closing=100_000).replace(balance("CLBD", 100_000, "2026-11-23"), balance("CLBD", 1, "2026-11-23", "USD")),
        FileProblem.BAD_VALUE,
        "Stmt[1]/Bal",
    ),
    "a balance without a day": (statement(closing=1, on=""), FileProblem.MISSING, "Stmt[1]/Bal CLBD"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_its_place(name: str) -> None:
    wrong, kind, where = WRONG[name]
    assert problem(document(wrong)) == (kind, where)


def test_in_an_archive_the_place_begins_with_the_file() -> None:
    good, bad = document(statement(closing=100_000)), document(statement(entry(1, on="heute"), closing=1))
    raw = zipped([("a.xml", good), ("b.xml", bad)])
    assert problem(raw) == (FileProblem.BAD_VALUE, "b.xml/Stmt[1]/Ntry[1]/BookgDt")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", FileProblem.EMPTY),
        (b"no statement", FileProblem.NOT_XML),
        (document(statement(closing=100_000))[:-20], FileProblem.NOT_XML),
        (b"<Document/>", FileProblem.NOT_CAMT053),
        (document(version="08").replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"), FileProblem.NOT_CAMT053),
        (document(version="13"), FileProblem.UNKNOWN_VERSION),
        (b"<Document><BkToCstmrStmt/></Document>", FileProblem.UNKNOWN_VERSION),
        (zipped([]), FileProblem.EMPTY),
        (zipped([("a.xml", b"x" * 1000)])[:-30], FileProblem.DAMAGED_ARCHIVE),
        (zipped([("a.zip", zipped([("a.xml", document())]))]), FileProblem.NOT_XML),
    ],
)
def test_what_is_no_statement_is_refused(raw: bytes, kind: FileProblem) -> None:
    assert problem(raw)[0] is kind


def _fields(heading: Heading) -> dict[str, Any]:
    return {name: getattr(heading, name) for name in heading.__struct_fields__}
