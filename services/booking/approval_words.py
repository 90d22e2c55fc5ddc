"""Why a booking needs an approval, in words that its holder and whoever approves it read."""

from collections.abc import Sequence

from msgspec import Struct

from domain.booking.approval_rules import Condition, Ground

GERMAN = {
    Condition.PRICE_OVER: "Der Preis von {has} liegt über {limit}.",
    Condition.LONGER_THAN: "Die Dauer von {has} liegt über {limit}.",
    Condition.SHORT_NOTICE: "Zwischen Buchung und Beginn liegen {has}, weniger als {limit}.",
    Condition.FAR_AHEAD: "Zwischen Buchung und Beginn liegen {has}, mehr als {limit}.",
    Condition.WORD: "Die Angaben enthalten „{word}“.",
    Condition.ALWAYS: "Jede Buchung wird freigegeben.",
}
ENGLISH = {
    Condition.PRICE_OVER: "The price of {has} is above {limit}.",
    Condition.LONGER_THAN: "The length of {has} is above {limit}.",
    Condition.SHORT_NOTICE: "It starts {has} after it was booked, less than {limit}.",
    Condition.FAR_AHEAD: "It starts {has} after it was booked, more than {limit}.",
    Condition.WORD: "What was written about it says “{word}”.",
    Condition.ALWAYS: "Every booking is approved.",
}
UNITS = {
    "de": ((86400, "Tag", "Tage"), (3600, "Stunde", "Stunden"), (60, "Minute", "Minuten")),
    "en": ((86400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes")),
}


class Words(Struct, frozen=True):
    de: str
    en: str


def in_words(grounds: Sequence[Ground], currency: str) -> Words:
    return Words(_said(grounds, currency, "de"), _said(grounds, currency, "en"))


def _said(grounds: Sequence[Ground], currency: str, language: str) -> str:
    templates = GERMAN if language == "de" else ENGLISH
    return " ".join(
        templates[ground.condition].format(
            has=_amount(ground, ground.has, currency, language),
            limit=_amount(ground, ground.limit, currency, language),
            word=ground.word,
        )
        for ground in grounds
    )


def _amount(ground: Ground, amount: int | None, currency: str, language: str) -> str:
    if amount is None:
        return ""
    if ground.condition is not Condition.PRICE_OVER:
        return _length(amount, language)
    whole, cents = divmod(amount, 100)
    return f"{whole},{cents:02} {currency}" if language == "de" else f"{currency} {whole}.{cents:02}"


def _length(seconds: int, language: str) -> str:
    """In days, hours and minutes; what is left below a minute is not said."""
    said = []
    for unit, one, many in UNITS[language]:
        count, seconds = divmod(seconds, unit)
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    smallest = UNITS[language][-1][2]
    return " ".join(said) or f"0 {smallest}"
