"""The invoice for machines: UN/CEFACT Cross Industry Invoice D16B in the limits of EN 16931, or of XRechnung 3.0.

Written with the standard library, element by element in the order of the schema; the numbers in comments (BT, BG) are the
terms of EN 16931-1.
"""

from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree as Tree
from zoneinfo import ZoneInfo

from adapters.documents.words import Words, words_for
from domain.invoicing.invoices import (
    Address,
    Debit,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Seller,
    TaxCategory,
    TaxTotal,
    Why,
)

UN = "urn:un:unece:uncefact:data:standard:"
SPACES = {
    "rsm": f"{UN}CrossIndustryInvoice:100",
    "ram": f"{UN}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{UN}UnqualifiedDataType:100",
    "qdt": f"{UN}QualifiedDataType:100",
}
EN_16931 = "urn:cen.eu:en16931:2017"
XRECHNUNG = f"{EN_16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
TYPES = {InvoiceKind.INVOICE: "380", InvoiceKind.CREDIT_NOTE: "381"}  # UNTDID 1001
UNITS = {
    "min": "MIN",
    "h": "HUR",
    "day": "DAY",
    "week": "WEE",
    "month": "MON",
    "kWh": "KWH",
    "km": "KMT",
}  # UN/ECE recommendation 20
ONE = "C62"
LEITWEG = "0204"  # EAS, and ISO 6523
TRANSFER, DEBIT, ONLINE = "58", "59", "68"  # UNTDID 4461

for prefix, uri in SPACES.items():
    Tree.register_namespace(prefix, uri)


def is_xrechnung(invoice: Invoice) -> bool:
    """Public bodies get it, by their Leitweg-ID."""
    return invoice.debtor.leitweg_id is not None


def cii(invoice: Invoice) -> bytes:
    """The same invoice again gives the same bytes."""
    words = words_for(invoice)
    root = Tree.Element(_name("rsm:CrossIndustryInvoice"))
    context = _under(root, "rsm:ExchangedDocumentContext")
    if is_xrechnung(invoice):
        _text(_under(context, "ram:BusinessProcessSpecifiedDocumentContextParameter"), "ram:ID", BILLING)  # BT-23
    guideline = _under(context, "ram:GuidelineSpecifiedDocumentContextParameter")
    _text(guideline, "ram:ID", XRECHNUNG if is_xrechnung(invoice) else EN_16931)  # BT-24
    _document(root, invoice, words)
    trade = _under(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(invoice.lines, 1):
        _line(trade, invoice, line, number, words)
    _agreement(trade, invoice)
    delivered = _under(_under(trade, "ram:ApplicableHeaderTradeDelivery"), "ram:ActualDeliverySupplyChainEvent")
    _day(_under(delivered, "ram:OccurrenceDateTime"), performed_days(invoice)[1])  # BT-72
    _settlement(trade, invoice, words)
    Tree.indent(root)
    return bytes(Tree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _document(root: Tree.Element, invoice: Invoice, words: Words) -> None:
    document = _under(root, "rsm:ExchangedDocument")
    _text(document, "ram:ID", invoice.number)  # BT-1
    _text(document, "ram:TypeCode", TYPES[invoice.kind])  # BT-3
    _day(_under(document, "ram:IssueDateTime"), invoice.issued_on)  # BT-2
    subject = invoice.subject
    said = f"{words.whys[invoice.why]}: {subject.whereabouts}. {' '.join(words.about(invoice))}"
    for note in (said, *(words.measured(each) for each in invoice.evidence)):
        _text(_under(document, "ram:IncludedNote"), "ram:Content", note)  # BT-22


def _line(trade: Tree.Element, invoice: Invoice, line: InvoiceLine, number: int, words: Words) -> None:
    """The price is that of the whole quantity (BT-149), so that nothing is lost in a rounded price of one unit."""
    item = _under(trade, "ram:IncludedSupplyChainTradeLineItem")
    _text(_under(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))  # BT-126
    product = _under(item, "ram:SpecifiedTradeProduct")
    _text(product, "ram:Name", words.name(line, invoice))  # BT-153
    if line.description:
        _text(product, "ram:Description", line.description)  # BT-154
    quantity = _decimal(line.quantity) if line.quantity > 0 else "1"
    unit = UNITS.get(line.unit, ONE) if line.quantity > 0 else ONE
    price = _under(_under(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _text(price, "ram:ChargeAmount", _amount(line.net.amount))  # BT-146
    _text(price, "ram:BasisQuantity", quantity, unitCode=unit)  # BT-149, BT-150
    delivery = _under(item, "ram:SpecifiedLineTradeDelivery")
    _text(delivery, "ram:BilledQuantity", quantity, unitCode=unit)  # BT-129, BT-130
    settlement = _under(item, "ram:SpecifiedLineTradeSettlement")
    tax = _under(settlement, "ram:ApplicableTradeTax")
    _text(tax, "ram:TypeCode", "VAT")
    _text(tax, "ram:CategoryCode", line.category)  # BT-151
    if line.category is not TaxCategory.OUTSIDE:  # BR-O-5
        _text(tax, "ram:RateApplicablePercent", _percent(line.rate))  # BT-152
    total = _under(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _text(total, "ram:LineTotalAmount", _amount(line.net.amount))  # BT-131


def _agreement(trade: Tree.Element, invoice: Invoice) -> None:
    agreement = _under(trade, "ram:ApplicableHeaderTradeAgreement")
    if invoice.debtor.leitweg_id is not None:
        _text(agreement, "ram:BuyerReference", invoice.debtor.leitweg_id)  # BT-10
    _seller(_under(agreement, "ram:SellerTradeParty"), invoice)
    _buyer(_under(agreement, "ram:BuyerTradeParty"), invoice)


def _seller(party: Tree.Element, invoice: Invoice) -> None:
    seller = invoice.seller
    _text(party, "ram:GlobalID", seller.leitweg_id, schemeID=LEITWEG)  # BT-29
    _text(party, "ram:Name", seller.name)  # BT-27
    if (contact := seller.contact) is not None:
        person = _under(party, "ram:DefinedTradeContact")
        _text(person, "ram:PersonName", contact.name)  # BT-41
        _text(_under(person, "ram:TelephoneUniversalCommunication"), "ram:CompleteNumber", contact.phone)  # BT-42
        _text(_under(person, "ram:EmailURIUniversalCommunication"), "ram:URIID", contact.email)  # BT-43
    _address(party, invoice.seller.address)
    _endpoint(party, seller)
    if any(line.category is not TaxCategory.OUTSIDE for line in invoice.lines):  # BR-O-2 forbids it there
        _text(_under(party, "ram:SpecifiedTaxRegistration"), "ram:ID", seller.vat_id, schemeID="VA")  # BT-31


def _endpoint(party: Tree.Element, seller: Seller) -> None:
    """Where the city takes electronic invoices itself, its answers go too."""
    _text(_under(party, "ram:URIUniversalCommunication"), "ram:URIID", seller.leitweg_id, schemeID=LEITWEG)  # BT-34


def _buyer(party: Tree.Element, invoice: Invoice) -> None:
    debtor = invoice.debtor
    _text(party, "ram:ID", debtor.customer)  # BT-46
    _text(party, "ram:Name", debtor.name or f"{words_for(invoice).customer} {debtor.customer}")  # BT-44
    if debtor.address is not None:
        _address(party, debtor.address)
    else:
        _text(_under(party, "ram:PostalTradeAddress"), "ram:CountryID", "DE")  # BT-55
    if debtor.leitweg_id is not None:
        endpoint = _under(party, "ram:URIUniversalCommunication")
        _text(endpoint, "ram:URIID", debtor.leitweg_id, schemeID=LEITWEG)  # BT-49


def _address(party: Tree.Element, address: Address) -> None:
    """BG-5 and BG-8."""
    where = _under(party, "ram:PostalTradeAddress")
    if address.postcode:
        _text(where, "ram:PostcodeCode", address.postcode)  # BT-38, BT-53
    if address.street:
        _text(where, "ram:LineOne", address.street)  # BT-35, BT-50
    _text(where, "ram:CityName", address.town)  # BT-37, BT-52
    _text(where, "ram:CountryID", address.country)  # BT-40, BT-55


def _settlement(trade: Tree.Element, invoice: Invoice, words: Words) -> None:
    settlement = _under(trade, "ram:ApplicableHeaderTradeSettlement")
    debit = _debit(invoice)
    if debit is not None and debit.creditor_id is not None:
        _text(settlement, "ram:CreditorReferenceID", debit.creditor_id)  # BT-90
    _text(settlement, "ram:PaymentReference", invoice.cash_reference)  # BT-83
    _text(settlement, "ram:InvoiceCurrencyCode", invoice.gross.currency)  # BT-5
    _means(settlement, invoice)
    for total in invoice.totals:
        _tax(settlement, invoice, total, words)
    period = _under(settlement, "ram:BillingSpecifiedPeriod")
    first, last = performed_days(invoice)
    _day(_under(period, "ram:StartDateTime"), first)  # BT-73
    _day(_under(period, "ram:EndDateTime"), last)  # BT-74
    terms = _under(settlement, "ram:SpecifiedTradePaymentTerms")
    _text(terms, "ram:Description", terms_of(invoice, words))  # BT-20
    if invoice.payable_by is not None:
        _day(_under(terms, "ram:DueDateDateTime"), invoice.payable_by)  # BT-9
    if debit is not None and debit.mandate is not None:
        _text(terms, "ram:DirectDebitMandateID", debit.mandate)  # BT-89
    _summation(settlement, invoice)
    if invoice.corrects is not None:
        corrected = _under(settlement, "ram:InvoiceReferencedDocument")
        _text(corrected, "ram:IssuerAssignedID", invoice.corrects.number)  # BT-25
        _day(_under(corrected, "ram:FormattedIssueDateTime"), invoice.corrects.issued_on, space="qdt")  # BT-26


def _means(settlement: Tree.Element, invoice: Invoice) -> None:
    """BG-16. Only who has to transfer is told where to: a machine that reads an account pays."""
    means = _under(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    transfer = not invoice.collected and invoice.kind is InvoiceKind.INVOICE
    collected = DEBIT if _debit(invoice) is not None else ONLINE
    _text(means, "ram:TypeCode", TRANSFER if transfer else collected)  # BT-81
    if transfer:
        account = _under(means, "ram:PayeePartyCreditorFinancialAccount")
        _text(account, "ram:IBANID", invoice.seller.iban)  # BT-84
        _text(account, "ram:AccountName", invoice.seller.name)  # BT-85


def _debit(invoice: Invoice) -> Debit | None:
    """XRechnung asks for the account that is debited (BR-DE-31), which the provider knows and we do not: a public body is told in words."""
    return None if is_xrechnung(invoice) else invoice.debit


def _tax(settlement: Tree.Element, invoice: Invoice, total: TaxTotal, words: Words) -> None:
    """BG-23."""
    tax = _under(settlement, "ram:ApplicableTradeTax")
    _text(tax, "ram:CalculatedAmount", _amount(total.vat.amount))  # BT-117
    _text(tax, "ram:TypeCode", "VAT")
    if total.category is not TaxCategory.STANDARD:
        _text(tax, "ram:ExemptionReason", words.untaxed(invoice, total))  # BT-120
    _text(tax, "ram:BasisAmount", _amount(total.net.amount))  # BT-116
    _text(tax, "ram:CategoryCode", total.category)  # BT-118
    _text(tax, "ram:RateApplicablePercent", _percent(total.rate))  # BT-119


def _summation(settlement: Tree.Element, invoice: Invoice) -> None:
    """BG-22."""
    sums = _under(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _text(sums, "ram:LineTotalAmount", _amount(invoice.net.amount))  # BT-106
    _text(sums, "ram:TaxBasisTotalAmount", _amount(invoice.net.amount))  # BT-109
    _text(sums, "ram:TaxTotalAmount", _amount(invoice.vat.amount), currencyID=invoice.gross.currency)  # BT-110
    _text(sums, "ram:GrandTotalAmount", _amount(invoice.gross.amount))  # BT-112
    _text(sums, "ram:DuePayableAmount", _amount(invoice.gross.amount))  # BT-115


def terms_of(invoice: Invoice, words: Words) -> str:
    """How the money comes, or goes."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return words.replaced if invoice.why is Why.REPLACED else words.returned
    if invoice.debit is not None:
        return words.debit(invoice.debit, invoice.cash_reference)
    if invoice.collected or invoice.payable_by is None:
        return words.collected.format(reference=invoice.cash_reference)
    amount = words.amount(invoice.gross.amount, invoice.gross.currency)
    return f"{words.transfer.format(amount=amount, day=words.day(invoice.payable_by))} {invoice.cash_reference}"


def performed_days(invoice: Invoice) -> tuple[date, date]:
    """The first and the last day of the performance, both inside it."""
    zone = ZoneInfo(invoice.time_zone)
    last = invoice.performed.end - datetime.resolution
    return invoice.performed.start.astimezone(zone).date(), last.astimezone(zone).date()


def _name(qualified: str) -> str:
    prefix, _, name = qualified.partition(":")
    return f"{{{SPACES[prefix]}}}{name}"


def _under(parent: Tree.Element, name: str) -> Tree.Element:
    return Tree.SubElement(parent, _name(name))


def _text(parent: Tree.Element, name: str, text: str, **attributes: str) -> None:
    child = Tree.SubElement(parent, _name(name), attributes)
    child.text = _writable(text)


def _writable(text: str) -> str:
    """Without what XML 1.0 cannot say: names come from people."""
    return "".join(c if c.isprintable() else " " for c in text)


def _day(parent: Tree.Element, day: date, space: str = "udt") -> None:
    _text(parent, f"{space}:DateTimeString", f"{day:%Y%m%d}", format="102")


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _decimal(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _percent(rate: Decimal) -> str:
    return f"{rate * 100:.2f}"
