"""The letter that an invoice comes with."""

import email
from datetime import date
from email import policy
from email.message import EmailMessage

from msgspec.structs import replace

from adapters.mail.invoice_letters import invoice_composer
from adapters.mail.mime import as_mime
from domain.invoicing.invoices import Debit, Invoice
from services.invoicing.ports import Format, InvoiceLetter, Rendered, sealed
from services.notices.ports import Holder, Message
from tests.examples import HERE, an_id
from tests.invoices import AT_HOME, PRIVATE, SCHOOL, TODAY, a_credit_note, an_invoice

PDF, XML = sealed(Format.PDF, b"%PDF-1.7", TODAY), sealed(Format.XML, b"<xml/>", TODAY)


def letter(invoice: Invoice, *documents: Rendered, language: str = "de") -> Message:
    made = InvoiceLetter(HERE, invoice, Holder("ada@example.org", language), documents or (PDF,))
    return invoice_composer("kommobil.example")(made, an_id("message"), TODAY)


def text(message: Message) -> str:
    return " ".join(message.text.split())


def test_an_invoice_comes_with_its_pdf_and_says_what_to_do() -> None:
    message = letter(an_invoice())
    assert message.subject == "Rechnung RE-2030-000017"
    assert (message.to, message.sent_from, message.sender) == (
        "ada@example.org",
        "braunschweig@kommobil.example",
        "Okerstadt",
    )
    assert "die Rechnung RE-2030-000017 über 24,70 Euro für Ihre Buchung: ID.3 BS-KM 101, Altstadtmarkt." in text(
        message
    )
    assert "Bitte überweisen Sie nichts." in text(message)
    assert [(each.name, each.media_type, each.content) for each in message.attachments] == [
        ("RE-2030-000017.pdf", "application/pdf", b"%PDF-1.7")
    ]


def test_who_has_to_transfer_reads_where_to() -> None:
    said = text(letter(an_invoice(collected=False, debtor=AT_HOME)))
    assert "mit dem Kassenzeichen 2030000001791 auf das Konto DE70999999990000003810" in said


def test_who_is_debited_reads_from_which_day_on() -> None:
    debited = replace(an_invoice(), debit=Debit(date(2030, 6, 15)))
    assert "per SEPA-Lastschrift von Ihrem Konto ein, am Samstag, 15. Juni 2030 oder kurz danach." in text(
        letter(debited)
    )
    assert "bei der Buchung angegeben" not in text(letter(debited))


def test_a_public_body_gets_the_xrechnung_beside_it() -> None:
    message = letter(an_invoice(debtor=SCHOOL), PDF, XML)
    assert [each.name for each in message.attachments] == ["RE-2030-000017.pdf", "RE-2030-000017.xml"]
    assert "maßgeblich ist diese Datei" in text(message)


def test_a_credit_note_says_what_it_is_about_in_the_readers_language() -> None:
    message = letter(a_credit_note(an_invoice(debtor=PRIVATE), 500), language="en")
    assert message.subject == "Credit note RK-2030-000001"
    assert "credit note RK-2030-000001 of EUR 5.00 for invoice RE-2030-000017." in text(message)
    assert "return the way it was paid" in text(message)


def test_a_language_that_is_not_spoken_here_is_german() -> None:
    assert letter(an_invoice(), language="fr").language == "de"


def test_it_travels_as_any_other_letter() -> None:
    message = letter(replace(an_invoice(), number="RE/2030 17"))
    read = email.message_from_bytes(as_mime(message), policy=policy.default)
    assert isinstance(read, EmailMessage)
    (attached,) = read.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("RE_2030_17.pdf", b"%PDF-1.7")
    assert as_mime(message) == as_mime(letter(replace(an_invoice(), number="RE/2030 17")))
