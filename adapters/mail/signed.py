"""Letters that a city signs: a greeting, what is said, and who says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from adapters.mail.composing import LANGUAGES
from adapters.mail.language import Language
from adapters.mail.texts_de import GERMAN
from adapters.mail.wrapping import wrapped_text
from domain.cities.settings import CitySettings
from domain.identity import City
from services.notices.ports import Holder, Message


class OfACity(Protocol):
    """What a letter is about, and the city that writes it."""

    @property
    def city(self) -> City: ...
    @property
    def settings(self) -> CitySettings: ...


def language_of(to: Holder) -> Language:
    """Hers, or German where that is not spoken here."""
    return LANGUAGES.get(to.language, GERMAN)


def signed(
    about: OfACity, to: Holder, message_id: UUID, at: datetime, domain: str, *, subject: str, parts: Sequence[str]
) -> Message:
    """From the city's mailbox at the domain. Pure: the same again gives the same message."""
    language, city = language_of(to), about.settings
    signature = language.texts.sender.format(
        entity=city.legal_entity, address=city.address, vat_id=city.vat_id, imprint=city.imprint
    )
    body = "\n\n".join([language.texts.greeting, *parts, f"{language.texts.closing}\n{city.name}"])
    return Message(
        id=message_id,
        written_at=at,
        sender=city.name,
        sent_from=f"{about.city}@{domain}",
        to=to.email,
        language=language.code,
        subject=subject,
        text=wrapped_text(f"{body}\n\n-- \n{signature}\n"),
    )
