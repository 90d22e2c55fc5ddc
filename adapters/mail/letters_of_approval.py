"""What is said where somebody has to say yes first: to whoever decides, and to whoever asked."""

from adapters.mail.about import About
from domain.booking.approval import Approval, ApprovalState
from domain.notices.occasions import Occasion
from services.booking.approval_words import in_words
from services.notices.money import How, secured


def approved(about: About) -> tuple[str, ...]:
    texts, booking = about.texts, about.booking
    until = about.instant(booking.hold_expires_at or booking.start)
    amount = about.language.money(booking.quote.due_now)
    return (
        texts.approved_subject,
        texts.approved.format(amount=amount, until=until),
        about.facts(),
        about.cancellation(),
        *about.withdrawal(),
        about.terms(),
    )


def rejected(about: About) -> str:
    reason = about.booking.reason
    return about.texts.rejected_because.format(reason=reason) if reason else about.texts.rejected


def rejected_together(about: About) -> str:
    """A template for how many, and the reason."""
    return about.texts.rejected_series_because if about.booking.reason else about.texts.rejected_series


def not_approved(about: About) -> tuple[str, ...]:
    texts, found = about.texts, secured(about.notice)
    if about.is_of_series:
        said = texts.not_approved_series.format(count=len(about.together))
        return (texts.not_approved_series_subject, said, about.listed(), texts.too_late_is_free)
    back = {How.TAKEN: texts.paid_back, How.HELD: texts.hold_lifted}.get(found.how, "")
    free = f"{texts.too_late_is_free} {back.format(amount=about.amount(found.amount))}".strip()
    return (texts.not_approved_subject, texts.not_approved, about.facts(), free)


def asked_for(about: About, occasion: Occasion) -> tuple[str, ...]:
    """To whoever may say yes or no: who asks for what, why it is asked, and by when."""
    if about.is_of_series:
        return _asked_together(about, occasion)
    texts, booking, approval = about.texts, about.booking, about.booking.asked
    more, who = booking.waiting, about.notice.asks or "?"
    said = texts.approval_asked if more is None else texts.approval_more
    unanswered = (texts.approval_unanswered,) if occasion is Occasion.APPROVAL_ESCALATED else ()
    asks = said.format(who=who, end=about.instant(more.end if more is not None else booking.end))
    if approval is None:
        return (texts.approval_subjects[occasion], asks, *unanswered, about.facts())
    link, until = about.notice.settings.notices.link_to_approve(booking.id), about.instant(approval.due_at)
    decide = texts.approval_decide if link is None else texts.approval_here
    return (
        texts.approval_subjects[occasion],
        asks,
        *unanswered,
        about.facts(),
        _why(about, approval),
        decide.format(until=until, link=link),
    )


def _asked_together(about: About, occasion: Occasion) -> tuple[str, ...]:
    """About several bookings of a series, for which there is the same time to answer; each with its link, as each may be decided by
    itself."""
    texts, approval, together = about.texts, about.booking.approval, about.together
    notices = about.notice.settings.notices
    links = [link for each in together if (link := notices.link_to_approve(each.booking_id)) is not None]
    until = about.instant(approval.due_at if approval is not None else about.booking.start)
    return (
        texts.approval_series_subjects[occasion],
        texts.approval_series_asked.format(who=about.notice.asks or "?", count=len(together)),
        about.listed(),
        *((texts.approval_unanswered,) if occasion is Occasion.APPROVAL_ESCALATED else ()),
        about.facts_of_all(),
        *((_why(about, approval),) if approval is not None else ()),
        texts.approval_series_decide.format(until=until),
        *(("\n".join(links),) if links else ()),
    )


def _why(about: About, approval: Approval) -> str:
    words = in_words(approval.grounds, about.booking.quote.total.currency)
    why = words.de if about.language.code == "de" else words.en
    return about.texts.approval_why.format(why=f"{approval.rule}. {why}" if approval.rule is not None else why)


def more_approved(about: About) -> tuple[str, ...]:
    texts, more = about.texts, about.booking.waiting
    if more is None:
        return (texts.more_approved_subject, about.facts())
    amount, until = about.language.money(more.missing), about.instant(more.expires_at)
    said = texts.more_approved.format(end=about.instant(more.end), amount=amount, until=until)
    return (texts.more_approved_subject, said, about.facts())


def more_not_approved(about: About) -> tuple[str, ...]:
    texts, more = about.texts, about.booking.extension
    approval = more.approval if more is not None else None
    said = texts.more_missed
    if approval is not None and approval.state is ApprovalState.REJECTED:
        said = texts.more_rejected_because if approval.reason else texts.more_rejected
    end = about.instant(more.end if more is not None else about.booking.end)
    reason = approval.reason if approval is not None else None
    return (texts.more_not_approved_subject, said.format(end=end, reason=reason), about.facts())
