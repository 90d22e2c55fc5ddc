"""Orders of transfers as banks take them: ISO 20022 `pain.001.001.09`, in the form of the German banks' rules (DK)."""

from datetime import UTC
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from domain.bike_leasing.money.paying import CreditTransfer, PaidFor
from domain.money import Money
from services.bike_leasing.money.paying import Filed

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_NAME = 70
WHAT_FOR = {PaidFor.BIKE: "Leasingrad", PaidFor.SERVICE: "Wartung Leasingrad", PaidFor.REFUND: "Widerruf Leasing"}
# What SEPA's banks have to take (EPC217-08): Latin letters without marks, digits, and these.
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ ")
SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "&": "+"})


def pain001(filed: Filed) -> bytes:
    """The same bytes whenever it is made: a bank that is sent it twice knows it by its message's id."""
    order, payer = filed.order, filed.payer
    document = Element("Document", xmlns=NAMESPACE)
    initiation = SubElement(document, "CstmrCdtTrfInitn")
    head = SubElement(initiation, "GrpHdr")
    _said(head, "MsgId", order.reference)
    _said(head, "CreDtTm", f"{order.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _said(head, "NbOfTxs", str(len(order.payments)))
    _said(head, "CtrlSum", _euros(order.total))
    _said(SubElement(head, "InitgPty"), "Nm", plain(payer.name))
    batch = SubElement(initiation, "PmtInf")
    _said(batch, "PmtInfId", order.reference)
    _said(batch, "PmtMtd", "TRF")
    _said(batch, "BtchBookg", "false")  # each is a line of the statement, by which it is found again
    _said(batch, "NbOfTxs", str(len(order.payments)))
    _said(batch, "CtrlSum", _euros(order.total))
    _said(SubElement(SubElement(batch, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _said(SubElement(batch, "ReqdExctnDt"), "Dt", order.execute_on.isoformat())
    _said(SubElement(batch, "Dbtr"), "Nm", plain(payer.name))
    _account(batch, "DbtrAcct", payer.iban)
    agent = SubElement(SubElement(SubElement(batch, "DbtrAgt"), "FinInstnId"), "Othr")
    _said(agent, "Id", "NOTPROVIDED")
    _said(batch, "ChrgBr", "SLEV")
    for payment in order.payments:
        _transfer(batch, payment)
    indent(document)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(tostring(document, encoding="utf-8")) + b"\n"


def plain(name: str) -> str:
    """As any bank can write it; what it cannot is a blank."""
    spelt = name.translate(SPELT)
    return "".join(each if each in PLAIN else " " for each in spelt).strip()[:LONGEST_NAME].strip() or "?"


def _transfer(batch: Element, payment: CreditTransfer) -> None:
    transfer = SubElement(batch, "CdtTrfTxInf")
    _said(SubElement(transfer, "PmtId"), "EndToEndId", payment.reference)
    amount = SubElement(SubElement(transfer, "Amt"), "InstdAmt", Ccy=payment.payable.amount.currency)
    amount.text = _euros(payment.payable.amount)
    _said(SubElement(transfer, "Cdtr"), "Nm", plain(payment.account.name))
    _account(transfer, "CdtrAcct", payment.account.iban)
    _said(SubElement(transfer, "RmtInf"), "Ustrd", f"{WHAT_FOR[payment.payable.paid_for]} {payment.reference}")


def _account(inside: Element, name: str, iban: str) -> None:
    _said(SubElement(SubElement(inside, name), "Id"), "IBAN", iban)


def _said(inside: Element, name: str, text: str) -> None:
    SubElement(inside, name).text = text


def _euros(money: Money) -> str:
    return f"{money.amount // 100}.{money.amount % 100:02}"
