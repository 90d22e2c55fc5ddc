"""The letter that an invoice or a credit note comes with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapters.mail.composing import LANGUAGES, RESERVED_DOMAIN
from adapters.mail.texts_de import GERMAN
from adapters.mail.wrapping import wrapped_text
from domain.invoicing.invoices import InvoiceKind
from services.invoicing.ports import ComposeInvoice, Format, InvoiceLetter, Rendered
from services.notices.ports import Attachment, Message

MEDIA_TYPES = {Format.PDF: "application/pdf", Format.XML: "application/xml"}


class _Words(Struct, frozen=True):
    """Templates for `str.format`."""

    subjects: dict[InvoiceKind, str]
    enclosed: dict[InvoiceKind, str]
    booking: str
    lease: str
    employer: str
    collected: str
    debited: str
    transfer: str
    returned: str
    structured: str
    keep: str


WORDS = {
    "de": _Words(
        subjects={InvoiceKind.INVOICE: "Rechnung {number}", InvoiceKind.CREDIT_NOTE: "Rechnungskorrektur {number}"},
        enclosed={
            InvoiceKind.INVOICE: "im Anhang finden Sie die Rechnung {number} über {amount} für {about}.",
            InvoiceKind.CREDIT_NOTE: "im Anhang finden Sie die Rechnungskorrektur {number} über {amount} zur Rechnung {corrects}.",
        },
        booking="Ihre Buchung: {whereabouts}",
        employer="die Raten aller Leasingverträge Ihrer Beschäftigten: {whereabouts}",
        lease="Ihren Leasingvertrag {lease}: {whereabouts}",
        collected="Bitte überweisen Sie nichts. Wir ziehen den Betrag mit dem Zahlungsmittel ein, das Sie bei der Buchung "
        "angegeben haben.",
        debited="Bitte überweisen Sie nichts. Wir ziehen den Betrag per SEPA-Lastschrift von Ihrem Konto ein, am {day} oder kurz danach.",
        transfer="Bitte überweisen Sie den Betrag mit dem Kassenzeichen {reference} auf das Konto {iban}.",
        returned="Was Sie zu viel gezahlt haben, erstatten wir auf demselben Weg.",
        structured="Als XRechnung liegt die Rechnung bei; maßgeblich ist diese Datei.",
        keep="Sie finden alle Rechnungen auch in Ihrem Konto.",
    ),
    "en": _Words(
        subjects={InvoiceKind.INVOICE: "Invoice {number}", InvoiceKind.CREDIT_NOTE: "Credit note {number}"},
        enclosed={
            InvoiceKind.INVOICE: "attached you find invoice {number} of {amount} for {about}.",
            InvoiceKind.CREDIT_NOTE: "attached you find credit note {number} of {amount} for invoice {corrects}.",
        },
        booking="your booking: {whereabouts}",
        employer="the rates of all leases of your employees: {whereabouts}",
        lease="your lease {lease}: {whereabouts}",
        collected="Please transfer nothing. We collect the amount by the means of payment that you gave with the booking.",
        debited="Please transfer nothing. We debit the amount from your account by SEPA direct debit, on {day} or shortly after.",
        transfer="Please transfer the amount with the payment reference {reference} to the account {iban}.",
        returned="What you paid too much we return the way it was paid.",
        structured="The invoice is attached as XRechnung too; that file is the invoice.",
        keep="You find all invoices in your account too.",
    ),
}


def invoice_composer(domain: str = RESERVED_DOMAIN) -> ComposeInvoice:
    """Compose letters that come from the cities' mailboxes at this domain."""

    def compose(letter: InvoiceLetter, message_id: UUID, at: datetime) -> Message:
        return message(letter, message_id, at, domain)

    return compose


def message(letter: InvoiceLetter, message_id: UUID, at: datetime, domain: str) -> Message:
    """Pure: the same again gives the same message."""
    invoice, language = letter.invoice, LANGUAGES.get(letter.to.language, GERMAN)
    words, seller, subject = WORDS[language.code], invoice.seller, invoice.subject
    about = words.lease if subject.lease_id is not None else words.booking
    if invoice.debtor.employer is not None:
        about = words.employer
    said = {
        "number": invoice.number,
        "amount": language.money(invoice.gross),
        "about": about.format(whereabouts=subject.whereabouts, lease=subject.lease_id),
        "corrects": invoice.corrects.number if invoice.corrects else "",
        "reference": invoice.cash_reference,
        "iban": seller.iban,
        "day": language.day(invoice.debit.on) if invoice.debit else "",
    }
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        how = words.returned
    elif invoice.debit is not None:
        how = words.debited
    else:
        how = words.collected if invoice.collected else words.transfer
    parts = [words.enclosed[invoice.kind], how]
    parts += [words.structured] if any(each.format is Format.XML for each in letter.documents) else []
    parts.append(words.keep)
    address = f"{seller.address.street}, {seller.address.postcode} {seller.address.town}"
    signature = language.texts.sender.format(
        entity=seller.name, address=address, vat_id=seller.vat_id, imprint=seller.imprint
    )
    texts = language.texts
    body = "\n\n".join([texts.greeting, *(part.format(**said) for part in parts), f"{texts.closing}\n{seller.short}"])
    return Message(
        id=message_id,
        written_at=at,
        sender=seller.short,
        sent_from=f"{letter.city}@{domain}",
        to=letter.to.email,
        language=language.code,
        subject=words.subjects[invoice.kind].format(**said),
        text=wrapped_text(f"{body}\n\n-- \n{signature}\n"),
        attachments=tuple(_attached(invoice.number, document) for document in letter.documents),
    )


def _attached(number: str, document: Rendered) -> Attachment:
    name = "".join(c if c.isalnum() or c in "-." else "_" for c in number)
    return Attachment(f"{name}.{document.format}", MEDIA_TYPES[document.format], {}, document.content)
