"""What a message says, in whatever language: which sentences, about which amounts and instants."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from msgspec import Struct

from adapters.mail import letters_of_approval, letters_of_booking, letters_of_money, letters_of_use
from adapters.mail.about import About
from adapters.mail.language import Language
from adapters.mail.wrapping import wrapped_text
from domain.notices.occasions import OPTIONAL, QUESTIONS, Occasion
from services.notices.ports import BookingNotice
from services.notices.series import standing


class Letter(Struct, frozen=True):
    subject: str
    text: str


WRITE: dict[Occasion, Callable[[About], tuple[str, ...]]] = {
    Occasion.CONFIRMED: letters_of_booking.confirmed,
    Occasion.CANCELLED: letters_of_booking.cancelled,
    Occasion.APPROVED: letters_of_approval.approved,
    Occasion.ASSIGNED: letters_of_booking.assigned,
    Occasion.SWAPPED: letters_of_booking.swapped,
    Occasion.NOT_APPROVED: letters_of_approval.not_approved,
    **{each: partial(letters_of_approval.asked_for, occasion=each) for each in QUESTIONS},
    Occasion.EXTENSION_APPROVED: letters_of_approval.more_approved,
    Occasion.EXTENSION_NOT_APPROVED: letters_of_approval.more_not_approved,
    Occasion.WITHDRAWN: letters_of_booking.withdrawn,
    Occasion.PAYMENT_FAILED: letters_of_money.payment_failed,
    Occasion.PAID_TOO_LATE: letters_of_money.paid_too_late,
    Occasion.CHANGED: letters_of_booking.changed,
    Occasion.EXTENSION_TOO_LATE: letters_of_booking.extension_too_late,
    Occasion.START_NEAR: letters_of_use.start_near,
    Occasion.END_NEAR: letters_of_use.end_near,
    Occasion.LATE: letters_of_use.late,
    Occasion.CHARGED: letters_of_use.charged,
    Occasion.NOT_BEGUN: letters_of_use.not_begun,
    Occasion.DELAYED: letters_of_booking.delayed,
    Occasion.STRANDED: letters_of_booking.stranded,
    Occasion.NOT_USED: letters_of_use.not_used,
    Occasion.REMINDED: letters_of_money.reminded,
}


def letter(occasion: Occasion, notice: BookingNotice, language: Language, at: datetime) -> Letter:
    """Write it, in lines short enough for any reader."""
    about = About(notice, language, at, standing(occasion, notice))
    subject, *paragraphs = WRITE[occasion](about)
    city, texts = notice.settings, language.texts
    sender = texts.sender.format(
        entity=city.legal_entity, address=city.address, vat_id=city.vat_id, imprint=city.imprint
    )
    optional = (texts.optional,) if occasion in OPTIONAL else ()
    body = "\n\n".join([texts.greeting, *paragraphs, *optional, f"{texts.closing}\n{city.name}"])
    start, end = about.instant(notice.booking.start), about.instant(notice.booking.end)
    return Letter(
        subject=subject.format(what=notice.place.resource, start=start, end=end),
        text=wrapped_text(f"{body}\n\n-- \n{sender}\n"),
    )
