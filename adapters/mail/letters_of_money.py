"""What is said of money: how a booking is paid, what was refused, what comes back and what is owed."""

from adapters.mail.about import About
from domain.booking.life import bill
from domain.payments.payments import PAY_BEFORE_START, Payment
from domain.payments.settlement import is_owed
from services.notices.money import How, debited, not_debited, outstanding, refused_deposit, secured


def payment(about: About) -> tuple[str, ...]:
    texts, quote, how = about.texts, about.booking.quote, secured(about.notice).how
    if quote.due_now.is_zero:
        return (texts.nothing_to_pay,)
    if (debit := debited(about.notice)) is not None:
        return (_pre_notification(about, debit),)
    if quote.due_now != quote.total:
        said = {How.TAKEN: texts.instalment_paid}.get(how, texts.instalment_due)
    else:
        ways = {How.HELD: texts.amount_held, How.CARD_SAVED: texts.card_saved, How.TAKEN: texts.amount_paid}
        said = ways.get(how, "")
    return (said.format(amount=about.language.money(quote.due_now)),) if said else ()


def _pre_notification(about: About, debit: Payment) -> str:
    """What the scheme wants the debtor to know before: how much, when, by which mandate and by whom."""
    texts = about.texts
    when = texts.debit_soon if debit.debit_on is None else texts.debit_on.format(day=about.language.day(debit.debit_on))
    return texts.debited.format(
        amount=about.language.money(debit.amount),
        when=when,
        mandate=debit.mandate,
        creditor=debit.creditor_id,
        entity=about.notice.settings.legal_entity,
    )


def payment_failed(about: About) -> tuple[str, ...]:
    texts = about.texts
    if (debit := not_debited(about.notice)) is not None:
        return _debit_failed(about, debit)
    if not about.booking.is_live:
        missing = about.amount(outstanding(about.notice))
        return (
            texts.not_taken_subject,
            texts.not_taken.format(amount=missing),
            about.facts(),
            texts.not_taken_contact,
        )
    if (deposit := refused_deposit(about.notice)) is not None:
        return (
            texts.no_deposit_subject,
            texts.no_deposit.format(amount=about.language.money(deposit.amount)),
            about.facts(),
            texts.no_deposit_pay,
        )
    until = about.instant(about.booking.start - PAY_BEFORE_START)
    return (
        texts.not_held_subject,
        texts.not_held.format(amount=about.language.money(about.booking.quote.due_now)),
        about.facts(),
        texts.not_held_pay_until.format(until=until),
    )


def _debit_failed(about: About, debit: Payment) -> tuple[str, ...]:
    texts, owed = about.texts, is_owed(bill(about.booking))
    until = about.instant(about.booking.start - PAY_BEFORE_START)
    return (
        texts.not_taken_subject if owed else texts.not_held_subject,
        texts.not_debited.format(amount=about.language.money(debit.amount), mandate=debit.mandate),
        about.facts(),
        texts.not_debited_pay if owed else texts.not_held_pay_until.format(until=until),
    )


def paid_too_late(about: About) -> tuple[str, ...]:
    found = secured(about.notice)
    back = {How.TAKEN: about.texts.paid_back, How.HELD: about.texts.hold_lifted}.get(found.how, "")
    return (
        about.texts.too_late_subject,
        about.texts.too_late,
        about.facts(),
        f"{about.texts.too_late_is_free} {back.format(amount=about.amount(found.amount))}".strip(),
    )


def reminded(about: About) -> tuple[str, ...]:
    texts, case = about.texts, about.notice.dunning
    if case is None or case.policy is None:
        return (texts.reminded_subject, about.facts())
    is_last = case.steps_taken == len(case.policy.steps)
    owed = (texts.reminded.format(owed=about.language.money(case.owed)),) if case.owed.amount else ()
    fees = (texts.reminded_fees.format(fees=about.amount(case.fees)),) if case.fees else ()
    named = (
        texts.reminded_reference.format(reference=case.cash_reference)
        if case.cash_reference
        else texts.reminded_booking
    )
    pay = texts.reminded_pay.format(
        total=about.language.money(case.total), iban=about.notice.settings.iban, named=named
    )
    claims = [
        texts.reminded_invoice.format(
            number=claim.number, reference=claim.cash_reference, amount=about.amount(claim.open)
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
        about.facts(),
    )
