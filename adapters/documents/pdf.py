"""The invoice for people: PDF/A-3a by Typst, with the invoice for machines inside (ZUGFeRD 2, Factur-X 1).

Typst writes nothing of ours into the document's metadata, which must name the file inside (Factur-X 1.0, 6.2.2): it is
set in afterwards, in one place, and the places of what follows are moved in the table at the end.
"""

import re
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from adapters.documents.cii import is_xrechnung, terms_of
from adapters.documents.words import Words, words_for
from domain.invoicing.invoices import Invoice, InvoiceKind, TaxCategory

HERE = Path(__file__).parent
FACTUR_X, XRECHNUNG = "factur-x.xml", "xrechnung.xml"
METADATA = re.compile(rb"<</Length (\d+)/Type/Metadata/Subtype/XML>>\nstream\n")
XREF = re.compile(
    rb"\nxref\n0 \d+\n((?:\d{10} \d{5} [fn][ \r]\n)+)trailer\n(.*)startxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL
)

NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PROPERTIES = {
    "DocumentFileName": "The name of the file that holds the invoice for machines",
    "DocumentType": "What the file holds",
    "Version": "The version of its schema",
    "ConformanceLevel": "The profile that it conforms to",
}


def pdf(invoice: Invoice, xml: bytes) -> bytes:
    """The same invoice again gives the same bytes."""
    import typst  # noqa: PLC0415 - 60 MB that only whoever renders needs
    from font_source_sans_pro import font_directory  # noqa: PLC0415 - likewise

    attachment = XRECHNUNG if is_xrechnung(invoice) else FACTUR_X
    made = typst.compile(
        str(HERE / "invoice.typ"),
        root=str(HERE),
        font_paths=[font_directory],
        ignore_system_fonts=True,
        pdf_standards=["a-3a", "ua-1"],
        timestamp=invoice.issued_at.astimezone(UTC).replace(microsecond=0),
        sys_inputs={
            "data": msgspec.json.encode(_said(invoice, words_for(invoice))).decode(),
            "xml": xml.decode(),
            "attachment": attachment,
        },
    )
    level = "XRECHNUNG" if is_xrechnung(invoice) else "EN 16931"
    return with_metadata(
        bytes(made),
        {"DocumentFileName": attachment, "DocumentType": "INVOICE", "Version": "1.0", "ConformanceLevel": level},
    )


def with_metadata(document: bytes, properties: dict[str, str]) -> bytes:
    """The document with these properties of the Factur-X schema, and what PDF/A asks to know of that schema.

    Raises ValueError where the document is not as Typst writes it.
    """
    found, table = METADATA.search(document), XREF.search(document)
    if found is None or table is None:
        raise ValueError("this is no document of Typst's")
    before = document[found.end() : found.end() + int(found[1])]
    after = _extended(before.decode(), properties).encode()
    head = b"<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n" % len(after)
    moved = len(head) + len(after) - (found.end() - found.start()) - len(before)

    def place(entry: re.Match[bytes]) -> bytes:
        at = int(entry[1])
        return b"%010d%s" % (at + moved if at > found.start() else at, entry[2])

    entries = re.sub(rb"(\d{10})( \d{5} n)", place, table[1])
    return b"".join(
        (
            document[: found.start()],
            head,
            after,
            document[found.end() + len(before) : table.start(1)],
            entries,
            b"trailer\n",
            table[2],
            b"startxref\n%d\n%%%%EOF" % (int(table[3]) + moved),
        )
    )


def _extended(packet: str, properties: dict[str, str]) -> str:
    known = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
        for name, about in PROPERTIES.items()
    )
    schema = (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{known}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value in properties.items())
    said = f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}">{values}</rdf:Description>'
    schemas, end = "</rdf:Bag></pdfaExtension:schemas>", "</rdf:RDF>"
    if packet.count(schemas) != 1 or packet.count(end) != 1:
        raise ValueError("this is no metadata of Typst's")
    return packet.replace(schemas, schema + schemas).replace(end, said + end)


def _said(invoice: Invoice, words: Words) -> dict[str, Any]:
    """All that stands on the paper, as words."""
    seller, debtor, currency = invoice.seller, invoice.debtor, invoice.gross.currency
    corrects = invoice.corrects
    transfer = not invoice.collected and invoice.kind is InvoiceKind.INVOICE
    return {
        "language": words.code,
        "title": f"{words.titles[invoice.kind]} {invoice.number}",
        "year": invoice.issued_on.year,
        "month": invoice.issued_on.month,
        "day": invoice.issued_on.day,
        "seller": seller.name,
        "short": seller.short,
        "sender": f"{seller.name} · {seller.address.street} · {seller.address.postcode} {seller.address.town}",
        "recipient": _recipient(invoice),
        "facts": _facts(invoice, words),
        "subject": f"{words.whys[invoice.why]}: {invoice.subject.thing}",
        "whereabouts": invoice.subject.place,
        "corrects": words.corrects.format(number=corrects.number, day=words.day(corrects.issued_on))
        if corrects
        else "",
        "columns": (words.item, words.quantity, words.tax, words.net, words.gross),
        "lines": [
            {
                "name": words.name(line, invoice),
                "description": line.description,
                "quantity": words.measure(line),
                "rate": "–" if line.category is not TaxCategory.STANDARD else words.percent(line.rate),
                "net": words.amount(line.net.amount, currency),
                "gross": words.amount(line.gross.amount, currency),
            }
            for line in invoice.lines
        ],
        "sums": _sums(invoice, words),
        "total": (
            words.sum_gross if invoice.kind is InvoiceKind.INVOICE else words.sum_back,
            words.amount(invoice.gross.amount, currency),
        ),
        "terms": _terms(invoice, words),
        "transfer": [
            (words.recipient, seller.name),
            ("IBAN", _grouped(seller.iban)),
            (words.reference, invoice.cash_reference),
        ]
        if transfer
        else [],
        "notes": [
            *([words.leitweg + " " + debtor.leitweg_id] if debtor.leitweg_id else []),
            *(words.measured(each) for each in invoice.evidence),
        ],
        "footer": _footer(invoice, words),
        "page": words.page,
    }


def _terms(invoice: Invoice, words: Words) -> str:
    if invoice.collected or invoice.kind is InvoiceKind.CREDIT_NOTE or invoice.payable_by is None:
        return terms_of(invoice, words)
    amount = words.amount(invoice.gross.amount, invoice.gross.currency)
    return words.transfer.format(amount=amount, day=words.day(invoice.payable_by))


def _recipient(invoice: Invoice) -> list[str]:
    debtor = invoice.debtor
    lines = [debtor.name] if debtor.name else []
    if (address := debtor.address) is not None:
        lines += [address.street, f"{address.postcode} {address.town}"]
        lines += [address.country] if address.country != "DE" else []
    return lines


def _facts(invoice: Invoice, words: Words) -> list[tuple[str, str]]:
    zone = ZoneInfo(invoice.time_zone)
    start, end = (at.astimezone(zone) for at in (invoice.performed.start, invoice.performed.end))
    same = start.date() == end.date()
    until = f"{end:%H:%M}" if same else f"{words.day(end.date())}, {end:%H:%M}"
    return [
        (words.number, invoice.number),
        (words.issued, words.day(invoice.issued_on)),
        (words.performed, f"{words.day(start.date())}, {start:%H:%M}"),
        ("", f"{words.to} {until} {words.zone(end.tzname() or '')}"),
        (words.customer, invoice.debtor.customer),
        (words.reference, invoice.cash_reference),
        words.about(invoice, short=True),
    ]


def _sums(invoice: Invoice, words: Words) -> list[tuple[str, str]]:
    currency = invoice.gross.currency
    sums = [(words.sum_net, words.amount(invoice.net.amount, currency))]
    for total in invoice.totals:
        if total.category is not TaxCategory.STANDARD:
            sums.append((words.untaxed(invoice, total), words.amount(0, currency)))
        else:
            net = words.amount(total.net.amount, currency)
            vat = words.sum_vat.format(rate=words.percent(total.rate), net=net)
            sums.append((vat, words.amount(total.vat.amount, currency)))
    return sums


def _footer(invoice: Invoice, words: Words) -> list[list[str]]:
    seller = invoice.seller
    address = seller.address
    asks = [seller.contact.name, seller.contact.phone, seller.contact.email] if seller.contact else []
    return [
        [seller.name, address.street, f"{address.postcode} {address.town}"],
        asks or [words.imprint.format(imprint=seller.imprint)],
        [
            words.account.format(iban=_grouped(seller.iban)),
            words.vat_id.format(vat_id=seller.vat_id),
            words.creditor_id.format(creditor_id=seller.creditor_id),
        ],
    ]


def _grouped(iban: str) -> str:
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
