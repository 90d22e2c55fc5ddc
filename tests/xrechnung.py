"""The German rules of XRechnung 3.0 (BR-DE, without those about direct debit and discounts, which we never say), each written
here from its text: what it asks of a document. KoSIT publishes them as Schematron without a compiled form, so they are ours."""

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
}
AGREEMENT, SETTLEMENT = "//ram:ApplicableHeaderTradeAgreement", "//ram:ApplicableHeaderTradeSettlement"
SELLER, BUYER = f"{AGREEMENT}/ram:SellerTradeParty", f"{AGREEMENT}/ram:BuyerTradeParty"
CONTACT = f"{SELLER}/ram:DefinedTradeContact"
MEANS = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans"
ACCOUNT = f"{MEANS}/ram:PayeePartyCreditorFinancialAccount/ram:IBANID"
XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
TYPES = {"326", "380", "384", "389", "381", "875", "876", "877"}


class Document:
    def __init__(self, xml: bytes) -> None:
        self._root = etree.fromstring(xml)

    def all(self, path: str) -> list[Any]:
        found = self._root.xpath(path, namespaces=NAMES)
        return list(found)

    def says(self, path: str) -> str:
        return "".join("".join(element.itertext()) for element in self.all(path)).strip()

    @property
    def transfers(self) -> bool:
        return self.says(f"{MEANS}/ram:TypeCode") in {"30", "58"}


def _iban_is_right(iban: str) -> bool:
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", iban):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


RULES: dict[str, Callable[[Document], bool]] = {
    "BR-DE-1": lambda d: bool(d.all(MEANS)),
    "BR-DE-2": lambda d: bool(d.all(CONTACT)),
    "BR-DE-3": lambda d: bool(d.says(f"{SELLER}/ram:PostalTradeAddress/ram:CityName")),
    "BR-DE-4": lambda d: bool(d.says(f"{SELLER}/ram:PostalTradeAddress/ram:PostcodeCode")),
    "BR-DE-5": lambda d: bool(d.says(f"{CONTACT}/ram:PersonName") or d.says(f"{CONTACT}/ram:DepartmentName")),
    "BR-DE-6": lambda d: bool(d.says(f"{CONTACT}/ram:TelephoneUniversalCommunication/ram:CompleteNumber")),
    "BR-DE-7": lambda d: bool(d.says(f"{CONTACT}/ram:EmailURIUniversalCommunication/ram:URIID")),
    "BR-DE-8": lambda d: bool(d.says(f"{BUYER}/ram:PostalTradeAddress/ram:CityName")),
    "BR-DE-9": lambda d: bool(d.says(f"{BUYER}/ram:PostalTradeAddress/ram:PostcodeCode")),
    "BR-DE-14": lambda d: all(
        tax.findtext("ram:RateApplicablePercent", namespaces=NAMES) for tax in d.all(f"{SETTLEMENT}/ram:ApplicableTradeTax")
    ),
    "BR-DE-15": lambda d: bool(d.says(f"{AGREEMENT}/ram:BuyerReference")),
    "BR-DE-16": lambda d: (
        not d.all("//ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax[ram:CategoryCode != 'O']")
        or bool(d.says(f"{SELLER}/ram:SpecifiedTaxRegistration/ram:ID"))
    ),
    "BR-DE-17": lambda d: d.says("//rsm:ExchangedDocument/ram:TypeCode") in TYPES,
    "BR-DE-19": lambda d: not d.transfers or _iban_is_right(d.says(ACCOUNT).replace(" ", "")),
    "BR-DE-21": lambda d: d.says("//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID") == XRECHNUNG,
    "BR-DE-23-a": lambda d: not d.transfers or bool(d.all(f"{MEANS}/ram:PayeePartyCreditorFinancialAccount")),
    "BR-DE-23-b": lambda d: not d.transfers or not d.all(
        f"{MEANS}/ram:ApplicableTradeSettlementFinancialCard | {SETTLEMENT}/ram:CreditorReferenceID"
        f" | {SETTLEMENT}//ram:DirectDebitMandateID"
    ),
    "BR-DE-24-a": lambda d: d.says(f"{MEANS}/ram:TypeCode") not in {"48", "54", "55"}
    or bool(d.all(f"{MEANS}/ram:ApplicableTradeSettlementFinancialCard")),
    "BR-DE-26": lambda d: d.says("//rsm:ExchangedDocument/ram:TypeCode") != "384"
    or bool(d.all(f"{SETTLEMENT}/ram:InvoiceReferencedDocument")),
    "BR-DE-27": lambda d: sum(c.isdigit() for c in d.says(f"{CONTACT}//ram:CompleteNumber")) >= 3,
    "BR-DE-28": lambda d: re.fullmatch(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+", d.says(f"{CONTACT}//ram:URIID")) is not None,
    # Peppol's, which XRechnung 3.0 took over: where electronic documents go, and which process this is.
    "PEPPOL-EN16931-R001": lambda d: bool(d.says("//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID")),
    "PEPPOL-EN16931-R010": lambda d: bool(d.says(f"{BUYER}/ram:URIUniversalCommunication/ram:URIID[@schemeID]")),
    "PEPPOL-EN16931-R020": lambda d: bool(d.says(f"{SELLER}/ram:URIUniversalCommunication/ram:URIID[@schemeID]")),
}  # fmt: skip


def broken_rules(xml: bytes) -> list[str]:
    """The numbers of the rules that the document breaks."""
    document = Document(xml)
    return [number for number, rule in RULES.items() if not rule(document)]
