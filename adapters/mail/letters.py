"""What a message says, in whatever language: which sentences, about which amounts and instants."""

import textwrap
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from adapters.mail.costs import cost_of, cost_of_withdrawing, tax_of_fee
from adapters.mail.language import Language
from domain.booking.approval import ApprovalState
from domain.booking.bookings import Payer, ReasonCode
from domain.booking.life import bill
from domain.booking.resources import Service
from domain.booking.terms import Step, Terms
from domain.money import Money, minor_units
from domain.notices.occasions import OPTIONAL, QUESTIONS, Occasion
from domain.payments.payments import PAY_BEFORE_START, Payment
from domain.payments.settlement import is_owed
from domain.pricing.quotes import fees_in
from services.booking.approval_words import in_words
from services.notices.money import How, debited, not_debited, outstanding, refused_deposit, secured
from services.notices.ports import BookingNotice

WIDTH = 78


class Letter(Struct, frozen=True):
    subject: str
    text: str


class _Writer:
    """Writes about one booking in one language; `at` is when the thing happened that it writes about."""

    def __init__(self, notice: BookingNotice, language: Language, at: datetime) -> None:
        self.notice = notice
        self.booking = notice.booking
        self.language = language
        self.texts = language.texts
        self.at = at
        self.zone = ZoneInfo(notice.settings.time_zone)

    def confirmed(self) -> tuple[str, ...]:
        return (
            self.texts.confirmed_subject,
            self.texts.confirmed,
            self.facts(),
            *((self.texts.provisional,) if self.booking.is_provisional else ()),
            *self.payment(),
            self.cancellation(),
            *self.withdrawal(),
            self.terms(),
            self.texts.calendar_added,
        )

    def cancelled(self) -> tuple[str, ...]:
        texts = self.texts
        why = {
            ReasonCode.BY_STAFF: texts.cancelled_by_us,
            ReasonCode.PAYMENT_FAILED: texts.cancelled_unpaid,
            ReasonCode.APPROVAL_REJECTED: self.rejected(),
            ReasonCode.NO_PLUG: self.no_plug(),
        }
        return (
            texts.cancelled_subject,
            why.get(self.booking.reason_code or ReasonCode.BY_HOLDER, texts.cancelled),
            self.facts(),
            cost_of(self.notice, self.language, texts.cancelling_is_free, texts.cancelling_costs),
            self.terms(),
            texts.calendar_removed,
        )

    def no_plug(self) -> str:
        names, texts = ", ".join(self.notice.instead), self.texts
        return (
            f"{texts.no_plug} {texts.no_plug_instead.format(names=names) if names else texts.no_plug_nothing_instead}"
        )

    def rejected(self) -> str:
        reason = self.booking.reason
        return self.texts.rejected_because.format(reason=reason) if reason else self.texts.rejected

    def approved(self) -> tuple[str, ...]:
        texts, booking = self.texts, self.booking
        until = self.instant(booking.hold_expires_at or booking.start)
        amount = self.language.money(booking.quote.due_now)
        return (
            texts.approved_subject,
            texts.approved.format(amount=amount, until=until),
            self.facts(),
            self.cancellation(),
            *self.withdrawal(),
            self.terms(),
        )

    def assigned(self) -> tuple[str, ...]:
        texts = self.texts
        return (texts.assigned_subject, texts.assigned, self.facts(), texts.calendar_added)

    def swapped(self) -> tuple[str, ...]:
        texts = self.texts
        if self.booking.service is Service.CHARGING:
            return (texts.other_plug_subject, texts.other_plug, self.facts(), texts.calendar_changed)
        return (texts.swapped_subject, texts.swapped, self.facts(), texts.calendar_changed)

    def start_near(self) -> tuple[str, ...]:
        return (self.texts.start_near_subject, self.texts.start_near, self.facts(), self.cancellation())

    def end_near(self) -> tuple[str, ...]:
        texts = self.texts
        ends = texts.end_near.format(end=self.instant(self.booking.end))
        return (texts.end_near_subject, ends, self.facts(), *self.extending())

    def late(self) -> tuple[str, ...]:
        texts, what = self.texts, self.notice.place.resource
        said = texts.late.format(end=self.instant(self.booking.end), what=what)
        follows = (texts.late_waits.format(what=what),) if self.booking.delays is not None else self.extending()
        return (texts.late_subject, said, self.facts(), *follows)

    def charged(self) -> tuple[str, ...]:
        """With what it costs to go on standing there, where it costs anything."""
        texts, blocking = self.texts, self.booking.terms.blocking
        said = texts.charged.format(what=self.notice.place.resource)
        if blocking is None:
            return (texts.charged_subject, said, self.facts())
        per_minute = self.language.money(Money(minor_units(blocking.per_minute), blocking.cap.currency))
        minutes, most = blocking.grace_s // 60, self.language.money(blocking.cap)
        costs = texts.charged_costs.format(minutes=minutes, per_minute=per_minute, most=most)
        return (texts.charged_subject, said, costs, self.facts())

    def extending(self) -> tuple[str, ...]:
        """How to get more time, where the terms have any."""
        booking = self.booking
        if booking.waiting is not None or booking.end >= booking.terms.latest_end:
            return ()
        link = self.notice.settings.notices.link_to_extend(booking.id)
        return (self.texts.extend if link is None else self.texts.extend_here.format(link=link),)

    def not_approved(self) -> tuple[str, ...]:
        texts, found = self.texts, secured(self.notice)
        back = {How.TAKEN: texts.paid_back, How.HELD: texts.hold_lifted}.get(found.how, "")
        free = f"{texts.too_late_is_free} {back.format(amount=self.amount(found.amount))}".strip()
        return (texts.not_approved_subject, texts.not_approved, self.facts(), free)

    def asked_for(self, occasion: Occasion) -> tuple[str, ...]:
        """To whoever may say yes or no: who asks for what, why it is asked, and by when."""
        texts, booking, approval = self.texts, self.booking, self.booking.asked
        more, who = booking.waiting, self.notice.asks or "?"
        said = texts.approval_asked if more is None else texts.approval_more
        unanswered = (texts.approval_unanswered,) if occasion is Occasion.APPROVAL_ESCALATED else ()
        asks = said.format(who=who, end=self.instant(more.end if more is not None else booking.end))
        if approval is None:
            return (texts.approval_subjects[occasion], asks, *unanswered, self.facts())
        words = in_words(approval.grounds, booking.quote.total.currency)
        why = words.de if self.language.code == "de" else words.en
        named = f"{approval.rule}. {why}" if approval.rule is not None else why
        link, until = self.notice.settings.notices.link_to_approve(booking.id), self.instant(approval.due_at)
        decide = texts.approval_decide if link is None else texts.approval_here
        return (
            texts.approval_subjects[occasion],
            asks,
            *unanswered,
            self.facts(),
            texts.approval_why.format(why=named),
            decide.format(until=until, link=link),
        )

    def more_approved(self) -> tuple[str, ...]:
        texts, more = self.texts, self.booking.waiting
        if more is None:
            return (texts.more_approved_subject, self.facts())
        amount, until = self.language.money(more.missing), self.instant(more.expires_at)
        said = texts.more_approved.format(end=self.instant(more.end), amount=amount, until=until)
        return (texts.more_approved_subject, said, self.facts())

    def more_not_approved(self) -> tuple[str, ...]:
        texts, more = self.texts, self.booking.extension
        approval = more.approval if more is not None else None
        said = texts.more_missed
        if approval is not None and approval.state is ApprovalState.REJECTED:
            said = texts.more_rejected_because if approval.reason else texts.more_rejected
        end = self.instant(more.end if more is not None else self.booking.end)
        reason = approval.reason if approval is not None else None
        return (texts.more_not_approved_subject, said.format(end=end, reason=reason), self.facts())

    def withdrawn(self) -> tuple[str, ...]:
        """The receipt that § 356a BGB asks for, with date and time, and what follows."""
        texts = self.texts
        return (
            texts.withdrawn_subject,
            texts.withdrawn.format(at=self.instant(self.at)),
            self.facts(),
            cost_of_withdrawing(self.notice, self.language),
            self.terms(),
            texts.calendar_removed,
        )

    def payment_failed(self) -> tuple[str, ...]:
        texts = self.texts
        if (debit := not_debited(self.notice)) is not None:
            return self.debit_failed(debit)
        if not self.booking.is_live:
            missing = self.amount(outstanding(self.notice))
            return (
                texts.not_taken_subject,
                texts.not_taken.format(amount=missing),
                self.facts(),
                texts.not_taken_contact,
            )
        if (deposit := refused_deposit(self.notice)) is not None:
            return (
                texts.no_deposit_subject,
                texts.no_deposit.format(amount=self.language.money(deposit.amount)),
                self.facts(),
                texts.no_deposit_pay,
            )
        until = self.instant(self.booking.start - PAY_BEFORE_START)
        return (
            texts.not_held_subject,
            texts.not_held.format(amount=self.language.money(self.booking.quote.due_now)),
            self.facts(),
            texts.not_held_pay_until.format(until=until),
        )

    def debit_failed(self, debit: Payment) -> tuple[str, ...]:
        texts, owed = self.texts, is_owed(bill(self.booking))
        until = self.instant(self.booking.start - PAY_BEFORE_START)
        return (
            texts.not_taken_subject if owed else texts.not_held_subject,
            texts.not_debited.format(amount=self.language.money(debit.amount), mandate=debit.mandate),
            self.facts(),
            texts.not_debited_pay if owed else texts.not_held_pay_until.format(until=until),
        )

    def paid_too_late(self) -> tuple[str, ...]:
        found = secured(self.notice)
        back = {How.TAKEN: self.texts.paid_back, How.HELD: self.texts.hold_lifted}.get(found.how, "")
        return (
            self.texts.too_late_subject,
            self.texts.too_late,
            self.facts(),
            f"{self.texts.too_late_is_free} {back.format(amount=self.amount(found.amount))}".strip(),
        )

    def changed(self) -> tuple[str, ...]:
        kept = fees_in(self.booking.quote)
        said = () if kept.is_zero else (self.texts.changed_kept.format(fee=self.language.money(kept)),)
        return (
            self.texts.changed_subject,
            self.texts.changed,
            self.facts(),
            *said,
            self.cancellation(),
            self.terms(),
            self.texts.calendar_changed,
        )

    def extension_too_late(self) -> tuple[str, ...]:
        return self.texts.more_too_late_subject, self.texts.more_too_late, self.facts()

    def delayed(self) -> tuple[str, ...]:
        texts, names = self.texts, ", ".join(self.notice.instead)
        return (
            texts.delayed_subject,
            texts.delayed.format(what=self.notice.place.resource),
            self.facts(),
            texts.delayed_instead.format(names=names) if names else texts.delayed_nothing_instead,
            texts.delayed_cancel,
        )

    def stranded(self) -> tuple[str, ...]:
        texts, names = self.texts, ", ".join(self.notice.instead)
        return (
            texts.stranded_subject,
            texts.stranded.format(what=self.notice.place.resource),
            self.facts(),
            texts.stranded_instead.format(names=names) if names else texts.stranded_nothing_instead,
            texts.stranded_cancel,
        )

    def not_used(self) -> tuple[str, ...]:
        texts, booking = self.texts, self.booking
        until = min(booking.terms.no_show_from or booking.end, booking.end)
        return (
            texts.not_used_subject,
            texts.not_used.format(until=self.instant(until)),
            self.facts(),
            cost_of(self.notice, self.language, texts.not_used_is_free, texts.not_used_costs),
            *tax_of_fee(self.notice, self.language),
            self.terms(),
        )

    def reminded(self) -> tuple[str, ...]:
        texts, case = self.texts, self.notice.dunning
        if case is None or case.policy is None:
            return (texts.reminded_subject, self.facts())
        is_last = case.steps_taken == len(case.policy.steps)
        owed = (texts.reminded.format(owed=self.language.money(case.owed)),) if case.owed.amount else ()
        fees = (texts.reminded_fees.format(fees=self.amount(case.fees)),) if case.fees else ()
        named = (
            texts.reminded_reference.format(reference=case.cash_reference)
            if case.cash_reference
            else texts.reminded_booking
        )
        pay = texts.reminded_pay.format(
            total=self.language.money(case.total), iban=self.notice.settings.iban, named=named
        )
        claims = [
            texts.reminded_invoice.format(
                number=claim.number, reference=claim.cash_reference, amount=self.amount(claim.open)
            )
            for claim in case.claims
            if claim.open and not claim.fee
        ]
        return (
            texts.reminded_subject,
            *owed,
            *(("\n".join(claims),) if claims else ()),
            *fees,
            pay,
            *((texts.reminded_last,) if is_last else ()),
            self.facts(),
        )

    def facts(self) -> str:
        texts, place, booking = self.texts, self.notice.place, self.booking
        lines = {
            texts.things[booking.service]: place.resource,
            texts.place: place.whereabouts,
            texts.time: self.language.period(self.local(booking.start), self.local(booking.end)),
            texts.price: self.price(),
            texts.booking: str(booking.id),
        }
        width = max(len(name) for name in lines) + 2
        return "\n".join(_wrapped(value, f"{name + ':':<{width}}", " " * width) for name, value in lines.items())

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

    def payment(self) -> tuple[str, ...]:
        texts, quote, how = self.texts, self.booking.quote, secured(self.notice).how
        if quote.due_now.is_zero:
            return (texts.nothing_to_pay,)
        if (debit := debited(self.notice)) is not None:
            return (self.pre_notification(debit),)
        if quote.due_now != quote.total:
            said = {How.TAKEN: texts.instalment_paid}.get(how, texts.instalment_due)
        else:
            ways = {How.HELD: texts.amount_held, How.CARD_SAVED: texts.card_saved, How.TAKEN: texts.amount_paid}
            said = ways.get(how, "")
        return (said.format(amount=self.language.money(quote.due_now)),) if said else ()

    def pre_notification(self, debit: Payment) -> str:
        """What the scheme wants the debtor to know before: how much, when, by which mandate and by whom."""
        texts = self.texts
        when = (
            texts.debit_soon if debit.debit_on is None else texts.debit_on.format(day=self.language.day(debit.debit_on))
        )
        return texts.debited.format(
            amount=self.language.money(debit.amount),
            when=when,
            mandate=debit.mandate,
            creditor=debit.creditor_id,
            entity=self.notice.settings.legal_entity,
        )

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


WRITE: dict[Occasion, Callable[[_Writer], tuple[str, ...]]] = {
    Occasion.CONFIRMED: _Writer.confirmed,
    Occasion.CANCELLED: _Writer.cancelled,
    Occasion.APPROVED: _Writer.approved,
    Occasion.ASSIGNED: _Writer.assigned,
    Occasion.SWAPPED: _Writer.swapped,
    Occasion.NOT_APPROVED: _Writer.not_approved,
    **{each: partial(_Writer.asked_for, occasion=each) for each in QUESTIONS},
    Occasion.EXTENSION_APPROVED: _Writer.more_approved,
    Occasion.EXTENSION_NOT_APPROVED: _Writer.more_not_approved,
    Occasion.WITHDRAWN: _Writer.withdrawn,
    Occasion.PAYMENT_FAILED: _Writer.payment_failed,
    Occasion.PAID_TOO_LATE: _Writer.paid_too_late,
    Occasion.CHANGED: _Writer.changed,
    Occasion.EXTENSION_TOO_LATE: _Writer.extension_too_late,
    Occasion.START_NEAR: _Writer.start_near,
    Occasion.END_NEAR: _Writer.end_near,
    Occasion.LATE: _Writer.late,
    Occasion.CHARGED: _Writer.charged,
    Occasion.DELAYED: _Writer.delayed,
    Occasion.STRANDED: _Writer.stranded,
    Occasion.NOT_USED: _Writer.not_used,
    Occasion.REMINDED: _Writer.reminded,
}


def letter(occasion: Occasion, notice: BookingNotice, language: Language, at: datetime) -> Letter:
    """Write it, in lines short enough for any reader."""
    writer = _Writer(notice, language, at)
    subject, *paragraphs = WRITE[occasion](writer)
    city, texts = notice.settings, language.texts
    sender = texts.sender.format(
        entity=city.legal_entity, address=city.address, vat_id=city.vat_id, imprint=city.imprint
    )
    optional = (texts.optional,) if occasion in OPTIONAL else ()
    body = "\n\n".join([texts.greeting, *paragraphs, *optional, f"{texts.closing}\n{city.name}"])
    start, end = writer.instant(notice.booking.start), writer.instant(notice.booking.end)
    return Letter(
        subject=subject.format(what=notice.place.resource, start=start, end=end),
        text=wrapped_text(f"{body}\n\n-- \n{sender}\n"),
    )


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


def wrapped_text(text: str) -> str:
    """In lines short enough for any reader."""
    return "\n".join(_wrapped_line(line) for line in text.split("\n"))


def _wrapped_line(line: str) -> str:
    return line if len(line) <= WIDTH else _wrapped(line, "", "  " if line.startswith("- ") else "")


def _wrapped(text: str, first: str, following: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )
