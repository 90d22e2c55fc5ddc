"""Letters about leases. No PIN stands in them, nor what somebody earns: both are shown to whoever is signed in."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.mail.composing import RESERVED_DOMAIN
from adapters.mail.signed import language_of, signed
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.reminding import Occasion
from services.bike_leasing.letters import LeaseNotice
from services.notices.ports import Holder, Message

# Subject and text, by occasion; where a side is told otherwise than the holder, by both.
DE: dict[Occasion | tuple[Occasion, Side], tuple[str, str]] = {
    Occasion.OFFERED: (
        "Angebot zum Fahrradleasing: {bike}",
        (
            "ein Händler hat Ihnen ein Angebot gemacht: {bike}. Es gilt bis {until}. In Ihrem Konto sehen Sie Rate und Bedingungen und können den "
            "Antrag stellen."
        ),
    ),
    (Occasion.APPLIED, Side.HR): (
        "Ein Antrag auf Fahrradleasing wartet",
        "bei Ihnen liegt ein neuer Antrag auf Fahrradleasing ({bike}). Bitte entscheiden Sie darüber, solange das Angebot gilt: bis {until}.",
    ),
    Occasion.APPROVED: (
        "Ihr Antrag auf Fahrradleasing ist genehmigt",
        (
            "Ihr Arbeitgeber hat Ihren Antrag genehmigt ({bike}). Bitte lesen Sie in Ihrem Konto die Vereinbarung über die Entgeltumwandlung "
            "und stimmen Sie ihr zu; danach kann der Leasinggeber bestellen."
        ),
    ),
    (Occasion.APPROVED, Side.LESSOR): (
        "Ein Leasing ist vom Arbeitgeber genehmigt",
        "ein Leasing wurde vom Arbeitgeber genehmigt und wartet auf Ihre Entscheidung ({bike}).",
    ),
    Occasion.REJECTED: (
        "Ihr Antrag auf Fahrradleasing wurde abgelehnt",
        "Ihr Antrag ({bike}) wurde abgelehnt. Den Grund finden Sie in Ihrem Konto.",
    ),
    Occasion.ORDERED: (
        "Ihr Fahrrad ist bestellt: {bike}",
        "der Leasinggeber hat zugestimmt und das Fahrrad bestellt ({bike}). Wir schreiben Ihnen, sobald es zur Abholung bereitsteht.",
    ),
    (Occasion.ORDERED, Side.DEALER): (
        "Bestellung: {bike}",
        "ein Leasinggeber hat ein Fahrrad Ihres Angebots bestellt ({bike}). Bitte tragen Sie die Rahmennummer ein, sobald es bereitsteht.",
    ),
    Occasion.READY: (
        "Ihr Fahrrad steht bereit: {bike}",
        (
            "Ihr Fahrrad steht bereit ({bike}). Die PIN für die Übergabe zeigt Ihnen Ihr Konto; sie gilt bis {until}. Wir schicken sie nie per "
            "E-Mail und fragen nie danach. Bitte bringen Sie einen Ausweis mit."
        ),
    ),
    Occasion.HANDED_OVER: (
        "Ihr Leasing beginnt: {bike}",
        (
            "Ihr Fahrrad wurde übergeben ({bike}). Das Leasing läuft vom {first} bis {last}. Schäden und Diebstahl melden Sie bitte sofort in "
            "Ihrem Konto."
        ),
    ),
    (Occasion.HANDED_OVER, Side.HR): (
        "Ein Leasing beginnt",
        (
            "ein geleastes Fahrrad wurde übergeben ({bike}). Das Leasing läuft vom {first} bis {last}; die Beträge für die Abrechnung stehen "
            "im Leasing."
        ),
    ),
    Occasion.CANCELLED: ("Ein Leasing wurde storniert", "das Leasing wurde vor der Übergabe storniert ({bike})."),
    Occasion.OFFER_ENDS: (
        "Ihr Angebot gilt nur noch bis {about}",
        "das Angebot ({bike}) gilt nur noch bis {about}. Danach müsste der Händler ein neues machen.",
    ),
    Occasion.PIN_ENDS: (
        "Bitte holen Sie Ihr Fahrrad bis {about} ab",
        "Ihr Fahrrad steht noch bereit ({bike}). Die PIN für die Übergabe gilt nur bis {about}; danach muss der Händler eine neue ausstellen.",
    ),
    Occasion.INSPECTION: (
        "Jährliche Inspektion: {bike}",
        (
            "seit der Übergabe oder der letzten Erinnerung ist ein Jahr vergangen. Bitte lassen Sie Ihr Fahrrad ({bike}) im {month} prüfen. "
            "{budget}"
        ),
    ),
    Occasion.LEASE_ENDS: (
        "Ihr Leasing endet am {about}",
        (
            "Ihr Leasing ({bike}) endet am {about}. Wie das Fahrrad zurückgeht, erfahren Sie in Ihrem Konto. Ein Kauf ist nicht zugesagt; wird er "
            "angeboten, ist das ein eigenes Angebot, das Sie nicht annehmen müssen."
        ),
    ),
}
EN: dict[Occasion | tuple[Occasion, Side], tuple[str, str]] = {
    Occasion.OFFERED: (
        "An offer for a bike lease: {bike}",
        "a dealer has made you an offer: {bike}. It counts until {until}. Your account shows rate and conditions, and there you can apply.",
    ),
    (Occasion.APPLIED, Side.HR): (
        "An application for a bike lease is waiting",
        "there is a new application for a bike lease ({bike}). Please decide while the offer counts: until {until}.",
    ),
    Occasion.APPROVED: (
        "Your application for a bike lease is approved",
        (
            "your employer has approved your application ({bike}). Please read the agreement about the conversion of pay in your account and say "
            "yes to it; then the lessor can order the bike."
        ),
    ),
    (Occasion.APPROVED, Side.LESSOR): (
        "A lease was approved by the employer",
        "a lease was approved by the employer and waits for your decision ({bike}).",
    ),
    Occasion.REJECTED: (
        "Your application for a bike lease was refused",
        "your application ({bike}) was refused. Your account says why.",
    ),
    Occasion.ORDERED: (
        "Your bike is ordered: {bike}",
        "the lessor has agreed and ordered the bike ({bike}). We write to you as soon as it can be picked up.",
    ),
    (Occasion.ORDERED, Side.DEALER): (
        "An order: {bike}",
        "a lessor has ordered a bike that you offered ({bike}). Please enter its serial number as soon as it stands there.",
    ),
    Occasion.READY: (
        "Your bike is ready: {bike}",
        (
            "your bike is ready ({bike}). Your account shows the PIN for the handover; it counts until {until}. We never send it by mail and never "
            "ask for it. Please bring an identity card."
        ),
    ),
    Occasion.HANDED_OVER: (
        "Your lease begins: {bike}",
        "your bike was handed over ({bike}). The lease runs from {first} to {last}. Please report damage and theft in your account at once.",
    ),
    (Occasion.HANDED_OVER, Side.HR): (
        "A lease begins",
        "a leased bike was handed over ({bike}). The lease runs from {first} to {last}; what payroll needs stands in the lease.",
    ),
    Occasion.CANCELLED: ("A lease was cancelled", "the lease was cancelled before the handover ({bike})."),
    Occasion.OFFER_ENDS: (
        "Your offer counts until {about} only",
        "the offer ({bike}) counts until {about} only. Afterwards the dealer would have to make another one.",
    ),
    Occasion.PIN_ENDS: (
        "Please pick your bike up by {about}",
        "your bike is still waiting ({bike}). The PIN for the handover counts until {about} only; afterwards the dealer has to issue another.",
    ),
    Occasion.INSPECTION: (
        "Yearly inspection: {bike}",
        (
            "a year has passed since the handover, or since we last wrote. Please have your bike ({bike}) inspected in {month}. {budget}"
        ),
    ),
    Occasion.LEASE_ENDS: (
        "Your lease ends on {about}",
        (
            "your lease ({bike}) ends on {about}. Your account says how the bike goes back. A purchase is not promised; if one is offered, that "
            "is an offer of its own, which you need not accept."
        ),
    ),
}
WORDS = {"de": DE, "en": EN}
BUDGETS = {
    "de": "Von Ihrem Servicebudget dieses Vertragsjahres sind noch {left} übrig; die Werkstatt braucht für ihre Rechnung die Nummer des Leasings.",
    "en": "Your service budget for this contract year has {left} left; for its invoice the workshop needs the number of the lease.",
}


def lease_composer(domain: str = RESERVED_DOMAIN) -> Callable[[LeaseNotice, Holder, UUID, datetime], Message]:
    """Compose letters that come from the cities' mailboxes at this domain."""
    return partial(message, domain=domain)


def message(notice: LeaseNotice, to: Holder, message_id: UUID, at: datetime, domain: str) -> Message:
    """Pure: the same again gives the same message."""
    language, city, lease = language_of(to), notice.settings, notice.lease
    words, zone = WORDS[language.code], ZoneInfo(city.time_zone)
    subject, said = words.get((notice.occasion, notice.side)) or words[notice.occasion]
    until = lease.pin.expires_at if lease.pin is not None else (lease.quote.valid_until if lease.quote else None)
    day = language.day
    filled = {
        "bike": lease.quote.bike.model if lease.quote is not None else "",
        "until": language.instant(until.astimezone(zone)) if until is not None else "",
        "first": day(lease.first_month) if lease.first_month is not None else "",
        "last": day(lease.last_day) if lease.last_day is not None else "",
        "about": day(notice.about) if notice.about is not None else "",
        "budget": BUDGETS[language.code].format(left=language.money(notice.left)) if notice.left is not None else "",
        "month": f"{notice.about:%m/%Y}" if notice.about is not None else "",
    }
    return signed(
        notice,
        to,
        message_id,
        at,
        domain,
        subject=subject.format(**filled),
        parts=[said.format(**filled).strip(), f"Leasing {lease.id}"],
    )
