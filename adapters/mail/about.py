"""The sentences that letters about a booking share: what, where and when, its price, and what it costs to give it up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from adapters.mail.language import Language
from adapters.mail.wrapping import wrapped
from domain.booking.bookings import Payer
from domain.booking.terms import Step, Terms
from domain.money import Money
from services.notices.ports import BookingNotice, OfSeries


class About:
    """What every letter about one booking draws on, in one language; `at` is when the thing happened that it writes about. `together`
    are the bookings of its series that it writes about as well, itself among them; fewer than two where it is about one."""

    def __init__(
        self, notice: BookingNotice, language: Language, at: datetime, together: Sequence[OfSeries] = ()
    ) -> None:
        self.notice = notice
        self.booking = notice.booking
        self.language = language
        self.texts = language.texts
        self.at = at
        self.together = together
        self.zone = ZoneInfo(notice.settings.time_zone)

    def facts(self) -> str:
        texts, place, booking = self.texts, self.notice.place, self.booking
        lines = {
            texts.things[booking.service]: place.resource,
            texts.place: place.whereabouts,
            texts.time: self.language.period(self.local(booking.start), self.local(booking.end)),
            texts.price: self.price(),
            texts.booking: str(booking.id),
        }
        return _aligned(lines)

    @property
    def is_of_series(self) -> bool:
        return len(self.together) > 1

    def listed(self) -> str:
        """When and what, of all that are told together."""
        return "\n".join(
            f"- {self.language.period(self.local(each.start), self.local(each.end))}: {each.place.title}"
            for each in self.together
        )

    def facts_of_all(self) -> str:
        """What all of them have in common: the place, where it is one, and who pays, which in a series is one as well."""
        where = {each.place.whereabouts for each in self.together}
        place = {self.texts.place: where.pop()} if len(where) == 1 else {}
        return _aligned(place | {self.texts.price: self.price()})

    def price(self) -> str:
        texts, quote = self.texts, self.booking.quote
        if self.booking.payer is Payer.COST_CENTRE:
            centre = msgspec.json.decode(self.booking.options).get("cost_centre", "")
            return texts.price_cost_centre.format(centre=centre)
        if quote.total.is_zero:
            return texts.price_nothing
        rates = ", ".join(self.language.percent(rate) for rate in sorted({line.vat_rate for line in quote.lines}))
        total, vat = self.language.money(quote.total), self.language.money(quote.vat_total)
        return texts.price_with_vat.format(total=total, vat=vat, rates=rates)

    def cancellation(self) -> str:
        texts, steps = self.texts, _price_of_cancelling(self.booking.terms, self.at)
        if all(step.fee.is_zero for step in steps):
            return texts.cancel_always_free
        *ahead, last = steps
        if not ahead:
            return texts.cancel_only_for_fee.format(fee=self.language.money(last.fee))
        ways = [texts.cancel_afterwards.format(fee=self.language.money(last.fee))]
        for step in reversed(ahead):
            said = texts.cancel_free_until if step.fee.is_zero else texts.cancel_for_fee_until
            ways.insert(0, said.format(fee=self.language.money(step.fee), until=self.instant(step.until)))
        return "\n".join([texts.cancel_ways, *(f"- {way}" for way in ways)])

    def withdrawal(self) -> tuple[str, ...]:
        until, city = self.booking.terms.withdrawal.until, self.notice.settings
        if until is None or self.booking.payer is not Payer.SELF:
            return ()
        address = ", ".join(city.address.splitlines())
        said = self.texts.withdrawal.format(until=self.instant(until), entity=city.legal_entity, address=address)
        return (said,)

    def terms(self) -> str:
        terms = self.booking.terms
        said = self.texts.terms.format(version=terms.version)
        if not terms.documents:
            return said
        named = ", ".join(f"{name} {version}" for name, version in sorted(terms.documents.items()))
        return f"{said} {self.texts.documents.format(documents=named)}"

    def amount(self, minor_units: int) -> str:
        return self.language.money(Money(minor_units, self.booking.quote.total.currency))

    def instant(self, at: datetime) -> str:
        return self.language.instant(self.local(at))

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)


def _aligned(lines: dict[str, str]) -> str:
    width = max(len(name) for name in lines) + 2
    return "\n".join(wrapped(value, f"{name + ':':<{width}}", " " * width) for name, value in lines.items())


def _price_of_cancelling(terms: Terms, at: datetime) -> list[Step]:
    """What it costs from now on, each fee until it changes: asked of the terms themselves, so that it is what they take."""
    steps: list[Step] = []
    now = at
    while not steps or steps[-1].until < terms.latest_end:
        step = terms.cancellation(now)
        if steps and steps[-1].fee == step.fee:
            steps.pop()
        steps.append(step)
        now = step.until + timedelta(seconds=1)  # a right of withdrawal runs through its last second
    return steps
