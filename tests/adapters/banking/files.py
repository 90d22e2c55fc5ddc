"""Statement files, written as banks write them, in both versions; every name and account in them is made up."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Literal
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

IBAN = "DE89370400440532013000"
OTHERS_IBAN = "DE02120300000000202051"
Version = Literal["02", "08"]


def amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def side(cents: int) -> str:
    return "DBIT" if cents < 0 else "CRDT"


def tag(name: str, content: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else ""


def part(cents: int | None = None, *, version: Version = "08", **said: Any) -> str:
    """A TxDtls. `said`: end_to_end, mandate, name, iban, text (chunks), reference, returned, asked (cents)."""
    name = tag("Nm", escape(said.get("name", "")))
    role = said.get("role", "Dbtr")
    party = tag(role, tag("Pty", name) if version == "08" else name)
    account = tag(f"{role}Acct", tag("Id", tag("IBAN", said.get("iban", ""))))
    asked = said.get("asked")
    structured = tag("Strd", tag("CdtrRefInf", tag("Ref", said.get("reference", ""))))
    return tag(
        "TxDtls",
        tag("Refs", tag("EndToEndId", said.get("end_to_end", "")) + tag("MndtId", said.get("mandate", "")))
        + (tag("Amt", amount(abs(cents)), ' Ccy="EUR"') if cents is not None else "")
        + (tag("CdtDbtInd", side(cents)) if cents is not None and version == "08" else "")
        + (tag("AmtDtls", tag("InstdAmt", tag("Amt", amount(asked), ' Ccy="EUR"'))) if asked is not None else "")
        + tag("RltdPties", party + account)
        + tag("RmtInf", "".join(tag("Ustrd", escape(chunk)) for chunk in said.get("text", ())) + structured)
        + tag("RtrInf", tag("Rsn", tag("Cd", said.get("returned", "")))),
    )


def entry(cents: int, *parts: str, version: Version = "08", **said: Any) -> str:
    """An Ntry. `said`: on, value_on, reference, code, reversal, status, info, currency."""
    on = said.get("on", "2026-11-23")
    status = said.get("status", "BOOK")
    currency = said.get("currency", "EUR")
    return tag(
        "Ntry",
        tag("Amt", amount(abs(cents)), f' Ccy="{currency}"')
        + tag("CdtDbtInd", side(cents))
        + tag("RvslInd", said.get("reversal", ""))
        + tag("Sts", tag("Cd", status) if version == "08" else status)
        + tag("BookgDt", on if on.startswith("<") else tag("Dt", on))
        + tag("ValDt", tag("Dt", said.get("value_on", "")))
        + tag("AcctSvcrRef", said.get("reference", ""))
        + tag("BkTxCd", tag("Prtry", tag("Cd", said.get("code", "NTRF+166+00931")) + tag("Issr", "DK")))
        + tag("NtryDtls", "".join(parts))
        + tag("AddtlNtryInf", escape(said.get("info", ""))),
    )


def balance(kind: str, cents: int, on: str, currency: str = "EUR") -> str:
    return tag(
        "Bal",
        tag("Tp", tag("CdOrPrtry", tag("Cd", kind)))
        + tag("Amt", amount(abs(cents)), f' Ccy="{currency}"')
        + tag("CdtDbtInd", side(cents))
        + tag("Dt", tag("Dt", on)),
    )


def statement(
    *entries: str,
    opening: int = 100_000,
    closing: int,
    sequence: int | None = 17,
    on: str = "2026-11-23",
    before: str = "2026-11-20",
    iban: str = IBAN,
    kinds: tuple[str, str] = ("PRCD", "CLBD"),
    extra: str = "",
) -> str:
    return tag(
        "Stmt",
        tag("Id", f"STMT-{on}-{sequence}")
        + tag("StmtPgntn", extra)
        + (tag("ElctrncSeqNb", str(sequence)) if sequence is not None else "")
        + tag("CreDtTm", f"{on}T18:30:00")
        + tag("Acct", tag("Id", tag("IBAN", iban)) + tag("Ccy", "EUR"))
        + balance(kinds[0], opening, before)
        + balance(kinds[1], closing, on)
        + "".join(entries),
    )


def document(*statements: str, version: str = "08") -> bytes:
    head = tag("GrpHdr", tag("MsgId", "MSG-1") + tag("CreDtTm", "2026-11-23T18:30:00"))
    body = tag("Document", tag("BkToCstmrStmt", head + "".join(statements)), _space(version))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _space(version: str) -> str:
    return f' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"'


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, raw in files:
            archive.writestr(name, raw)
    return packed.getvalue()
