"""camt.053, the account statement of ISO 20022, in the versions that German banks send: 001.08, and 001.02 until 2025.

The facts are those of the German banks' agreement (DFÜ-Abkommen, annex 3): a batch names its parts, which sum to it; the
sign of an entry is in CdtDbtInd alone, RvslInd only flags; remittance text comes in chunks.
"""

import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from adapters.banking.archives import parts
from adapters.banking.elements import Element, tree
from adapters.banking.entries import is_booked, lines_of
from adapters.banking.values import day, instant, money, required, sign
from domain.cities.identifiers import has_valid_iban_checksum
from domain.reconciliation.statements import BankLine, BankStatement, Heading
from services.reconciliation.reading import FileProblem, Unreadable

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
VERSIONS = ("02", "08")
# The bank says what it closed with before, or what it opens with; between the pages of a statement it says neither.
OPENING = ("PRCD", "OPBD")
CLOSING = ("CLBD",)
BETWEEN_PAGES = "ITBD"


def read_statements(raw: bytes, zone: ZoneInfo) -> tuple[BankStatement, ...]:
    """All statements of an XML file, or of a ZIP archive of them. Raises Unreadable: the file is refused whole."""
    if not raw:
        raise Unreadable(FileProblem.EMPTY, "the file is empty")
    return tuple(statement for name, part in parts(raw) for statement in _of_file(name, part, zone))


def _of_file(name: str, raw: bytes, zone: ZoneInfo) -> tuple[BankStatement, ...]:
    try:
        found = _message(tree(raw))
        return tuple(_numbered(f"Stmt[{number}]", each, zone) for number, each in enumerate(found.all("Stmt"), 1))
    except Unreadable as problem:
        raise problem.inside(name[:100]) from problem


def _message(root: Element) -> Element:
    message = root.find("BkToCstmrStmt")
    if root.name != "Document" or message is None:
        raise Unreadable(FileProblem.NOT_CAMT053, f"this is {root.name[:40]!r} and no camt.053 account statement")
    version = root.space.removeprefix(NAMESPACE)
    if version not in VERSIONS:
        words = f"this is {root.space[:60]!r}; camt.053.001.{' and .'.join(VERSIONS)} are read"
        raise Unreadable(FileProblem.UNKNOWN_VERSION, words)
    return message


def _numbered(where: str, element: Element, zone: ZoneInfo) -> BankStatement:
    try:
        return _statement(element, zone)
    except Unreadable as problem:
        raise problem.inside(where) from problem


def _statement(element: Element, zone: ZoneInfo) -> BankStatement:
    booked, skipped = [], 0
    for number, entry in enumerate(element.all("Ntry"), 1):
        try:
            if is_booked(entry):
                booked.append((number, entry))
            else:
                skipped += 1
        except Unreadable as problem:
            raise problem.inside(f"Ntry[{number}]") from problem
    heading = _heading(element, zone, skipped)
    lines: list[BankLine] = []
    for number, entry in booked:
        try:
            lines += lines_of(entry, heading, len(lines) + 1, zone)
        except Unreadable as problem:
            raise problem.inside(f"Ntry[{number}]") from problem
    return BankStatement(heading, tuple(lines))


def _heading(element: Element, zone: ZoneInfo, skipped: int) -> Heading:
    iban = required(element, "Acct/Id/IBAN").replace(" ", "").upper()
    if not has_valid_iban_checksum(iban):
        raise Unreadable(FileProblem.BAD_VALUE, f"{iban[:34]!r} is no IBAN", "Acct")
    balances = list(element.all("Bal"))
    opening, opened_on, currency = _balance(balances, (*OPENING, BETWEEN_PAGES), zone)
    closing, closed_on, its_currency = _balance(balances[::-1], (*CLOSING, BETWEEN_PAGES), zone)
    declared = element.said("Acct/Ccy") or currency
    if {currency, its_currency} != {declared}:
        raise Unreadable(FileProblem.BAD_VALUE, "the account and its balances are in several currencies", "Bal")
    return Heading(
        iban=iban,
        named=required(element, "Id"),
        sequence=_count(element, "ElctrncSeqNb"),
        page=_count(element, "StmtPgntn/PgNb") or 1,
        currency=declared,
        opening=opening,
        closing=closing,
        opened_on=opened_on,
        closed_on=closed_on,
        made_at=instant(element, "CreDtTm", zone),
        skipped=skipped,
    )


def _balance(balances: Sequence[Element], kinds: tuple[str, ...], zone: ZoneInfo) -> tuple[int, date, str]:
    """Signed minor units, their day and currency: of the first kind that there is, the first."""
    for kind in kinds:
        for balance in balances:
            if balance.said("Tp/CdOrPrtry/Cd") == kind:
                return _valued(balance, kind, zone)
    raise Unreadable(FileProblem.MISSING, f"there is no balance {' or '.join(kinds)}", "Bal")


def _valued(balance: Element, kind: str, zone: ZoneInfo) -> tuple[int, date, str]:
    try:
        amount, currency = money(balance, "Amt")
        on = day(balance, "Dt", zone)
        if on is None:
            raise Unreadable(FileProblem.MISSING, "there is no Dt")
        return sign(balance) * amount, on, currency
    except Unreadable as problem:
        raise problem.inside(f"Bal {kind}") from problem


def _count(element: Element, path: str) -> int | None:
    """A number that counts from 1, or 0 where a bank begins there; None where it is left out."""
    text = element.said(path)
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise Unreadable(FileProblem.BAD_VALUE, f"{text[:20]!r} is no count", path)
    return int(text) if text else None
