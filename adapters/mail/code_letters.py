"""The letter with a code to sign in. The code stands in the text and not in the subject, which locked screens show."""

from datetime import datetime
from functools import partial
from textwrap import fill
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.mail.composing import LANGUAGES, RESERVED_DOMAIN
from adapters.mail.texts_de import GERMAN
from services.notices.ports import CodeNotice, ComposeCode, Message

WIDTH = 78


class CodeTexts(Struct, frozen=True):
    subject: str
    code: str
    until: str
    care: str


TEXTS = {
    "de": CodeTexts(
        subject="Ihr Code für die Anmeldung bei {name}",
        code="mit diesem Code melden Sie sich bei {name} an:",
        until="Er gilt einmal, bis {until}. Wenn Sie inzwischen einen neuen angefordert haben, gilt nur der neue.",
        care="Geben Sie den Code nirgends sonst ein und sagen Sie ihn niemandem; wir fragen nie danach. Wenn Sie sich nicht "
        "anmelden wollten, brauchen Sie nichts zu tun.",
    ),
    "en": CodeTexts(
        subject="Your code to sign in to {name}",
        code="with this code you sign in to {name}:",
        until="It counts once, until {until}. If you have asked for a new one since, only the new one counts.",
        care="Enter the code nowhere else and tell it to nobody; we never ask for it. If you did not want to sign in, there "
        "is nothing you need to do.",
    ),
}


def code_composer(domain: str = RESERVED_DOMAIN) -> ComposeCode:
    """Compose letters that come from the cities' mailboxes at this domain."""
    return partial(compose_code, domain)


def compose_code(domain: str, notice: CodeNotice, code: str, message_id: UUID, at: datetime) -> Message:
    """In the language of the request, or in German where that is not spoken here."""
    language = LANGUAGES.get(notice.to.language, GERMAN)
    said, texts, city = TEXTS[language.code], language.texts, notice.settings
    until = language.instant(notice.expires_at.astimezone(ZoneInfo(city.time_zone)))
    sender = texts.sender.format(
        entity=city.legal_entity, address=city.address, vat_id=city.vat_id, imprint=city.imprint
    )
    paragraphs = (
        texts.greeting,
        fill(said.code.format(name=city.name), WIDTH),
        f"    {code}",
        fill(said.until.format(until=until), WIDTH),
        fill(said.care, WIDTH),
        f"{texts.closing}\n{city.name}",
        f"-- \n{sender}\n",
    )
    return Message(
        id=message_id,
        written_at=at,
        sender=city.name,
        sent_from=f"{notice.city}@{domain}",
        to=notice.to.email,
        language=language.code,
        subject=said.subject.format(name=city.name),
        text="\n\n".join(paragraphs),
    )
