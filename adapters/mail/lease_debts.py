"""Letters about what is owed for leases: what for, how much, since when, and where it goes to. Whose bike it is stands in none of an employer's."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from adapters.mail.composing import RESERVED_DOMAIN
from adapters.mail.signed import language_of, signed
from services.bike_leasing.money.reminding import DebtLetter
from services.notices.ports import Holder, Message

# Subject, text and what is owed beside the rates, by language.
WORDS = {
    "de": (
        "{step}. Erinnerung: Leasing {about}, {amount}",
        (
            "für das Fahrradleasing ({about}) ist seit dem {since} ein Betrag von {amount} offen; Kosten dieser und früherer Erinnerungen sind "
            "darin enthalten. Bitte überweisen Sie ihn auf das Konto {iban} mit dem Verwendungszweck {reference}. Haben Sie inzwischen gezahlt, "
            "ist nichts weiter zu tun."
        ),
        {"settlement": "Abrechnung", "buyout": "Ablöse", "purchase": "Kauf", "damage": "Schäden"},
    ),
    "en": (
        "Reminder {step}: bike lease {about}, {amount}",
        (
            "for the bike lease ({about}) an amount of {amount} has been open since {since}; the costs of this and of earlier reminders are in it. "
            "Please transfer it to the account {iban}, with the reference {reference}. If you have paid meanwhile, there is nothing more to do."
        ),
        {"settlement": "settlement", "buyout": "buyout", "purchase": "purchase", "damage": "damages"},
    ),
}


def debt_composer(domain: str = RESERVED_DOMAIN) -> Callable[[DebtLetter, Holder, UUID, datetime], Message]:
    """Compose letters that come from the cities' mailboxes at this domain."""
    return partial(message, domain=domain)


def message(letter: DebtLetter, to: Holder, message_id: UUID, at: datetime, domain: str) -> Message:
    """Pure: the same again gives the same message."""
    language, city, owed = language_of(to), letter.settings, letter.owed
    subject, said, claims = WORDS[language.code]
    filled = {
        "step": letter.step,
        "about": claims.get(owed.about, owed.about),
        "amount": language.money(owed.open),
        "since": language.day(owed.due_on),
        "iban": city.iban,
        "reference": owed.reference,
    }
    return signed(letter, to, message_id, at, domain, subject=subject.format(**filled), parts=[said.format(**filled)])
