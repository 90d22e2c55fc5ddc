"""The entries of a statement, each of them one line, or one for every part of a batch."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import msgspec

from adapters.banking.elements import Element
from adapters.banking.values import day, flag, money, required, sign
from domain.reconciliation.statements import BankLine, Heading
from services.reconciliation.reading import FileProblem, Unreadable

BOOKED = "BOOK"
NOT_SAID = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF"})


def is_booked(entry: Element) -> bool:
    """The status is an element of its own as of 001.08."""
    return required(entry, "Sts/Cd", "Sts") == BOOKED


def lines_of(entry: Element, heading: Heading, position: int, zone: ZoneInfo) -> tuple[BankLine, ...]:
    """The lines of a booked entry, the first of them at `position`. Raises Unreadable."""
    whole = _whole(entry, heading, zone)
    parts = [part for details in entry.all("NtryDtls") for part in details.all("TxDtls")]
    if not parts:
        return (msgspec.structs.replace(whole, id=heading.line_id(position)),)
    amounts = list(_amounts(parts, entry, heading.currency)) if len(parts) > 1 else [whole.amount]
    if sum(amounts) != whole.amount:
        raise Unreadable(FileProblem.BATCH_DIFFERS, f"its {len(parts)} parts do not sum to the entry", "Amt")
    return tuple(
        _part(part, msgspec.structs.replace(whole, id=heading.line_id(position + at), amount=amount), heading.iban)
        for at, (part, amount) in enumerate(zip(parts, amounts, strict=True))
    )


def _whole(entry: Element, heading: Heading, zone: ZoneInfo) -> BankLine:
    amount, currency = money(entry, "Amt")
    if currency != heading.currency:
        raise Unreadable(FileProblem.BAD_VALUE, f"an account in {heading.currency} has no entry in {currency}", "Amt")
    booked_on = day(entry, "BookgDt", zone) or heading.closed_on
    return BankLine(
        id=heading.line_id(0),
        booked_on=booked_on,
        value_on=day(entry, "ValDt", zone) or booked_on,
        amount=sign(entry) * amount,
        currency=currency,
        text=entry.said("AddtlNtryInf"),
        bank_reference=_reference(entry, "AcctSvcrRef") or _reference(entry, "NtryRef"),
        code=_code(entry),
        reversal=flag(entry, "RvslInd"),
    )


def _amounts(parts: Sequence[Element], entry: Element, currency: str) -> Iterator[int]:
    """Of each part, with the sign of the entry where it has none of its own (001.02 leaves it out)."""
    for number, part in enumerate(parts, 1):
        try:
            path = "Amt" if part.find("Amt") is not None else "AmtDtls/TxAmt/Amt"
            amount, its_currency = money(part, path)
            if its_currency != currency:
                raise Unreadable(FileProblem.BAD_VALUE, f"a part of an entry in {currency} is in {its_currency}", path)
            yield sign(part if part.said("CdtDbtInd") else entry) * amount
        except Unreadable as problem:
            raise problem.inside(f"TxDtls[{number}]") from problem


def _part(part: Element, line: BankLine, iban: str) -> BankLine:
    """The line with what one part says of itself."""
    texts = [chunk.text for said in part.all("RmtInf") for chunk in said.all("Ustrd")]
    returned = part.said("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
    name, its_iban = _counterparty(part, iban, incoming=(line.amount > 0) is not bool(returned or line.reversal))
    return msgspec.structs.replace(
        line,
        end_to_end_id=_reference(part, "Refs/EndToEndId"),
        references=_structured(part),
        text="".join(texts).strip() or part.said("AddtlTxInf") or line.text,
        counterparty=name,
        counterparty_iban=its_iban,
        bank_reference=_reference(part, "Refs/AcctSvcrRef") or line.bank_reference,
        mandate_id=_reference(part, "Refs/MndtId"),
        code=_code(part) or line.code,
        returned=returned,
        original=_original(part, line),
    )


def _reference(element: Element, path: str) -> str:
    """What stands there, unless it stands for nothing."""
    found = element.said(path)
    return "" if found.upper() in NOT_SAID else found


def _structured(part: Element) -> tuple[str, ...]:
    """Creditor references (RF…) and numbers of documents, in their order and each once."""
    found = [
        text
        for info in part.all("RmtInf")
        for structured in info.all("Strd")
        for text in (structured.said("CdtrRefInf/Ref"), structured.said("RfrdDocInf/Nb"))
        if text
    ]
    return tuple(dict.fromkeys(found))


def _counterparty(part: Element, iban: str, *, incoming: bool) -> tuple[str, str]:
    """Name and IBAN of who is not us. In a return the payer of old is still called the debtor."""
    for role in ("Dbtr", "Cdtr") if incoming else ("Cdtr", "Dbtr"):
        name = part.said(f"RltdPties/{role}/Pty/Nm", f"RltdPties/{role}/Nm")  # Pty as of 001.08
        account = part.said(f"RltdPties/{role}Acct/Id/IBAN").replace(" ", "")
        if (name or account) and account != iban:
            return name, account
    return "", ""


def _code(element: Element) -> str:
    """The banks' own code (Geschäftsvorfallcode) out of `NTRF+166+00931`; else the domain's, as `PMNT/RCDT/ESCT`."""
    parts = element.said("BkTxCd/Prtry/Cd").split("+")
    if len(parts) > 1 and parts[1].isascii() and parts[1].isdigit():
        return parts[1]
    domain = "BkTxCd/Domn"
    codes = [element.said(f"{domain}/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "/".join(filter(None, codes)) or parts[0]


def _original(part: Element, line: BankLine) -> int | None:
    """The amount that was asked for, in the account's currency, where the bank's differs by a fee."""
    asked = part.find("AmtDtls/InstdAmt/Amt")
    if asked is None or asked.attributes.get("Ccy") != line.currency:
        return None
    amount, _ = money(part, "AmtDtls/InstdAmt/Amt")
    signed = amount if line.amount >= 0 else -amount
    return signed if signed != line.amount else None
