"""The receipt of a withdrawal that was declared without signing in (§ 356a Abs. 4 BGB): its content, date and time."""

from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.mail.composing import LANGUAGES, RESERVED_DOMAIN
from adapters.mail.wrapping import wrapped_text
from services.notices.ports import Mailer, Message
from services.withdrawals.ports import Receipt, SendReceipt


class _Words(Struct, frozen=True):
    """Templates for `str.format`."""

    subject: str
    received: str
    content: str
    what_follows: str
    refused_subject: str
    refused: str
    ways: str


WORDS = {
    "de": _Words(
        subject="Eingangsbestätigung Ihres Widerrufs",
        received="Ihre Widerrufserklärung ist am {at} bei uns eingegangen. Sie lautet:",
        content="Hiermit widerrufe ich den Vertrag {reference}.\nName: {name}\nE-Mail: {email}",
        what_follows="Gehört der Vertrag zu dieser E-Mail-Adresse, erhalten Sie gleich eine zweite Nachricht mit dem "
        "Ergebnis. Bleibt sie aus, prüfen Sie bitte die Angaben oder wenden Sie sich an uns: {entity}, {address}.",
        refused_subject="Zu Ihrem Widerruf",
        refused="Sie haben am {at} den Widerruf des Vertrags {reference} erklärt. Nach unseren Unterlagen besteht für "
        "ihn kein Widerrufsrecht, es ist abgelaufen, oder der Vertrag ist bereits beendet.",
        ways="Eine Buchung, die noch nicht begonnen hat, können Sie zu den vereinbarten Bedingungen stornieren. Sind Sie "
        "anderer Ansicht, wenden Sie sich bitte an uns: {entity}, {address}.",
    ),
    "en": _Words(
        subject="Receipt of your withdrawal",
        received="Your declaration of withdrawal reached us on {at}. It says:",
        content="I hereby withdraw from the contract {reference}.\nName: {name}\nE-mail: {email}",
        what_follows="If the contract belongs to this e-mail address, a second message with the outcome follows at once. "
        "If it does not come, please check what you entered or contact us: {entity}, {address}.",
        refused_subject="About your withdrawal",
        refused="On {at} you declared your withdrawal from the contract {reference}. By our records there is no right to "
        "withdraw from it, the right has expired, or the contract has ended already.",
        ways="A booking that has not begun can be cancelled on the agreed terms. If you see this differently, please "
        "contact us: {entity}, {address}.",
    ),
}


def sender(mailer: Mailer, domain: str = RESERVED_DOMAIN) -> SendReceipt:
    """Sends receipts from the cities' mailboxes at this domain."""

    async def send(receipt: Receipt) -> None:
        await mailer.send(message(receipt, domain))

    return send


def message(receipt: Receipt, domain: str = RESERVED_DOMAIN) -> Message:
    """Pure: the same again gives the same message."""
    city, declaration = receipt.settings, receipt.declaration
    language = LANGUAGES[declaration.language]
    words = WORDS[language.code]
    said = {
        "at": language.instant(receipt.written_at.astimezone(ZoneInfo(city.time_zone))),
        "reference": declaration.reference,
        "name": declaration.name,
        "email": declaration.email,
        "entity": city.legal_entity,
        "address": ", ".join(city.address.splitlines()),
    }
    parts = (words.refused, words.ways) if receipt.refused else (words.received, words.content, words.what_follows)
    texts = language.texts
    signature = texts.sender.format(
        entity=city.legal_entity, address=city.address, vat_id=city.vat_id, imprint=city.imprint
    )
    body = "\n\n".join([texts.greeting, *(part.format(**said) for part in parts), f"{texts.closing}\n{city.name}"])
    return Message(
        id=receipt.id,
        written_at=receipt.written_at,
        sender=city.name,
        sent_from=f"{receipt.city}@{domain}",
        to=declaration.email,
        language=language.code,
        subject=words.refused_subject if receipt.refused else words.subject,
        text=wrapped_text(f"{body}\n\n-- \n{signature}\n"),
    )
