"""What is said around a use: before it begins, before it ends, when it has not ended or never began."""

from adapters.mail.about import About
from adapters.mail.costs import cost_of, tax_of_fee
from domain.money import Money, minor_units


def start_near(about: About) -> tuple[str, ...]:
    return (about.texts.start_near_subject, about.texts.start_near, about.facts(), about.cancellation())


def end_near(about: About) -> tuple[str, ...]:
    texts = about.texts
    ends = texts.end_near.format(end=about.instant(about.booking.end))
    return (texts.end_near_subject, ends, about.facts(), *_extending(about))


def late(about: About) -> tuple[str, ...]:
    texts, what = about.texts, about.notice.place.resource
    said = texts.late.format(end=about.instant(about.booking.end), what=what)
    follows = (texts.late_waits.format(what=what),) if about.booking.delays is not None else _extending(about)
    return (texts.late_subject, said, about.facts(), *follows)


def charged(about: About) -> tuple[str, ...]:
    """With what it costs to go on standing there, where it costs anything."""
    texts, blocking = about.texts, about.booking.terms.blocking
    said = texts.charged.format(what=about.notice.place.resource)
    if blocking is None:
        return (texts.charged_subject, said, about.facts())
    per_minute = about.language.money(Money(minor_units(blocking.per_minute), blocking.cap.currency))
    minutes, most = blocking.grace_s // 60, about.language.money(blocking.cap)
    costs = texts.charged_costs.format(minutes=minutes, per_minute=per_minute, most=most)
    return (texts.charged_subject, said, costs, about.facts())


def not_begun(about: About) -> tuple[str, ...]:
    texts = about.texts
    return (texts.not_begun_subject, texts.not_begun.format(what=about.notice.place.resource), about.facts())


def _extending(about: About) -> tuple[str, ...]:
    """How to get more time, where the terms have any."""
    booking = about.booking
    if booking.waiting is not None or booking.end >= booking.terms.latest_end:
        return ()
    link = about.notice.settings.notices.link_to_extend(booking.id)
    return (about.texts.extend if link is None else about.texts.extend_here.format(link=link),)


def not_used(about: About) -> tuple[str, ...]:
    texts, booking = about.texts, about.booking
    until = min(booking.terms.no_show_from or booking.end, booking.end)
    return (
        texts.not_used_subject,
        texts.not_used.format(until=about.instant(until)),
        about.facts(),
        cost_of(about.notice, about.language, texts.not_used_is_free, texts.not_used_costs),
        *tax_of_fee(about.notice, about.language),
        about.terms(),
    )
