"""From what happened to a booking to the message about it."""

from datetime import datetime
from functools import partial
from uuid import UUID

from adapters.mail.ics import calendar_entries
from adapters.mail.letters import letter
from adapters.mail.texts_de import GERMAN
from adapters.mail.texts_en import ENGLISH
from adapters.mail.waitlist_letters import waitlist_letter
from domain.notices.occasions import Occasion
from services.notices.ports import Attachment, BookingNotice, Compose, Message, WaitlistNotice
from services.notices.series import standing

LANGUAGES = {language.code: language for language in (GERMAN, ENGLISH)}
RESERVED_DOMAIN = "kommobil.invalid"  # RFC 2606: no answer can ever be sent to it
WITH_CALENDAR = frozenset(
    {
        *(Occasion.CONFIRMED, Occasion.ASSIGNED, Occasion.SWAPPED, Occasion.CHANGED),
        *(Occasion.CANCELLED, Occasion.WITHDRAWN),
    }
)


def composer(domain: str = RESERVED_DOMAIN) -> Compose:
    """Compose messages that come from the cities' mailboxes at this domain."""
    return partial(compose, domain)


def compose(
    domain: str, occasion: Occasion, notice: BookingNotice | WaitlistNotice, message_id: UUID, at: datetime
) -> Message:
    """In the holder's language, or in German where that is not spoken here. The same again gives the same message."""
    language = LANGUAGES.get(notice.holder.language, GERMAN)
    entries: tuple[Attachment, ...]
    sent_from = f"{notice.city}@{domain}"
    if isinstance(notice, WaitlistNotice):
        written, entries = waitlist_letter(occasion, notice, language), ()
    else:
        written = letter(occasion, notice, language, at)
        entries = () if notice.is_guest else calendar_entries(notice, sent_from, standing(occasion, notice))
    return Message(
        id=message_id,
        written_at=at,
        sender=notice.settings.name,
        sent_from=sent_from,
        to=notice.holder.email,
        language=language.code,
        subject=written.subject,
        text=written.text,
        attachments=entries if occasion in WITH_CALENDAR else (),
    )
