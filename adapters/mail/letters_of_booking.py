"""What is said of a booking itself: that it is made, changed, moved, given up or lost."""

from msgspec.structs import replace

from adapters.mail.about import About
from adapters.mail.costs import cost_of, cost_of_withdrawing
from adapters.mail.letters_of_approval import rejected, rejected_together
from adapters.mail.letters_of_money import payment
from domain.booking.bookings import ReasonCode
from domain.booking.resources import Service
from domain.money import Money
from domain.pricing.quotes import fees_in


def confirmed(about: About) -> tuple[str, ...]:
    if about.is_of_series:
        return _confirmed_together(about)
    return (
        about.texts.confirmed_subject,
        about.texts.confirmed,
        about.facts(),
        *((about.texts.provisional,) if about.booking.is_provisional else ()),
        *payment(about),
        about.cancellation(),
        *about.withdrawal(),
        about.terms(),
        about.texts.calendar_added,
    )


def _confirmed_together(about: About) -> tuple[str, ...]:
    """Of bookings of a series that were confirmed at once, in order. Work is what is booked in series: there is nothing to withdraw from."""
    texts = about.texts
    return (
        texts.confirmed_series_subject,
        texts.confirmed_series.format(count=len(about.together)),
        about.listed(),
        about.facts_of_all(),
        *((texts.provisional_series,) if any(each.is_provisional for each in about.together) else ()),
        *payment(about),
        f"{texts.cancel_series} {about.cancellation()}",
        about.terms(),
        texts.calendar_series_added,
    )


def cancelled(about: About) -> tuple[str, ...]:
    texts = about.texts
    if about.notice.is_guest:
        return _given_up(about)
    if about.is_of_series:
        return _cancelled_together(about)
    why = {
        ReasonCode.BY_STAFF: texts.cancelled_by_us,
        ReasonCode.PAYMENT_FAILED: texts.cancelled_unpaid,
        ReasonCode.APPROVAL_REJECTED: rejected(about),
        ReasonCode.NO_PLUG: _no_plug(about),
    }
    return (
        texts.cancelled_subject,
        why.get(about.booking.reason_code or ReasonCode.BY_HOLDER, texts.cancelled),
        about.facts(),
        cost_of(about.notice, about.language, texts.cancelling_is_free, texts.cancelling_costs),
        about.terms(),
        texts.calendar_removed,
    )


def _cancelled_together(about: About) -> tuple[str, ...]:
    """Of bookings of a series that were cancelled at once, in order; what they cost is one sum."""
    texts, notice, together = about.texts, about.notice, about.together
    why = {
        ReasonCode.BY_STAFF: texts.cancelled_series_by_us,
        ReasonCode.APPROVAL_REJECTED: rejected_together(about),
    }
    said = why.get(about.booking.reason_code or ReasonCode.BY_HOLDER, texts.cancelled_series)
    currency = about.booking.quote.total.currency
    fee = Money(sum(each.fee.amount for each in together if each.fee is not None), currency)
    whole = replace(notice, booking=replace(about.booking, fee=fee))
    return (
        texts.cancelled_series_subject,
        said.format(count=len(together), reason=about.booking.reason),
        about.listed(),
        cost_of(whole, about.language, texts.cancelling_is_free, texts.cancelling_costs),
        about.terms(),
        texts.calendar_series_removed,
    )


def _given_up(about: About) -> tuple[str, ...]:
    """To whoever charges without an account: there is no calendar to look at, and the price of what was held would only mislead her."""
    texts, place = about.texts, about.notice.place
    return (
        texts.not_begun_subject,
        texts.given_up.format(what=place.resource, where=place.whereabouts),
        cost_of(about.notice, about.language, texts.given_up_is_free, texts.cancelling_costs),
        _instead(about),
    )


def _no_plug(about: About) -> str:
    return f"{about.texts.no_plug} {_instead(about)}"


def _instead(about: About) -> str:
    names, texts = ", ".join(about.notice.instead), about.texts
    return texts.no_plug_instead.format(names=names) if names else texts.no_plug_nothing_instead


def assigned(about: About) -> tuple[str, ...]:
    texts = about.texts
    return (texts.assigned_subject, texts.assigned, about.facts(), texts.calendar_added)


def swapped(about: About) -> tuple[str, ...]:
    texts = about.texts
    if about.booking.service is Service.CHARGING:
        return (texts.other_plug_subject, texts.other_plug, about.facts(), texts.calendar_changed)
    return (texts.swapped_subject, texts.swapped, about.facts(), texts.calendar_changed)


def changed(about: About) -> tuple[str, ...]:
    kept = fees_in(about.booking.quote)
    said = () if kept.is_zero else (about.texts.changed_kept.format(fee=about.language.money(kept)),)
    return (
        about.texts.changed_subject,
        about.texts.changed,
        about.facts(),
        *said,
        about.cancellation(),
        about.terms(),
        about.texts.calendar_changed,
    )


def extension_too_late(about: About) -> tuple[str, ...]:
    return about.texts.more_too_late_subject, about.texts.more_too_late, about.facts()


def delayed(about: About) -> tuple[str, ...]:
    texts, names = about.texts, ", ".join(about.notice.instead)
    return (
        texts.delayed_subject,
        texts.delayed.format(what=about.notice.place.resource),
        about.facts(),
        texts.delayed_instead.format(names=names) if names else texts.delayed_nothing_instead,
        texts.delayed_cancel,
    )


def stranded(about: About) -> tuple[str, ...]:
    texts, names = about.texts, ", ".join(about.notice.instead)
    return (
        texts.stranded_subject,
        texts.stranded.format(what=about.notice.place.resource),
        about.facts(),
        texts.stranded_instead.format(names=names) if names else texts.stranded_nothing_instead,
        texts.stranded_cancel,
    )


def withdrawn(about: About) -> tuple[str, ...]:
    """The receipt that § 356a BGB asks for, with date and time, and what follows."""
    texts = about.texts
    return (
        texts.withdrawn_subject,
        texts.withdrawn.format(at=about.instant(about.at)),
        about.facts(),
        cost_of_withdrawing(about.notice, about.language),
        about.terms(),
        texts.calendar_removed,
    )
