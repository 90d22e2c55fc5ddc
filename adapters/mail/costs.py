"""What a message says of the costs of a booking that was not used as booked."""

from adapters.mail.language import Language
from domain.booking.withdrawing import fee_kind, fee_lines
from domain.money import Money
from services.notices.money import How, secured
from services.notices.ports import BookingNotice


def cost_of(notice: BookingNotice, language: Language, free: str, costs: str) -> str:
    """The fee and how it is settled, after `costs`; or `free`, and what becomes of the money that was secured."""
    texts, found = language.texts, secured(notice)
    fee = _fee(notice)
    amount, back = _amount(notice, language, found.amount), _amount(notice, language, max(found.amount - fee, 0))
    if not fee:
        follows = {How.HELD: texts.hold_lifted, How.TAKEN: texts.paid_back}.get(found.how, "")
        return f"{free} {follows}".strip().format(amount=amount)
    settled = texts.fee_from_payment if found.amount > fee else texts.fee_is_payment
    held = texts.fee_from_hold if found.amount > fee else texts.fee_is_hold
    said = {How.HELD: held, How.TAKEN: settled}.get(found.how, texts.fee_from_card)
    return f"{costs} {said}".format(fee=_amount(notice, language, fee), amount=amount, back=back)


def cost_of_withdrawing(notice: BookingNotice, language: Language) -> str:
    texts, found = language.texts, secured(notice)
    fee = _fee(notice)
    back = _amount(notice, language, max(found.amount - fee, 0))
    follows = {How.HELD: texts.hold_lifted, How.TAKEN: texts.paid_back}.get(found.how, "") if found.amount > fee else ""
    owed = texts.withdrawn_owes.format(fee=_amount(notice, language, fee)) if fee else texts.withdrawn_is_free
    return f"{owed} {follows}".strip().format(amount=back)


def tax_of_fee(notice: BookingNotice, language: Language) -> tuple[str, ...]:
    """How the fee is taxed and by which law; nothing where there is no fee."""
    texts, lines = language.texts, fee_lines(notice.booking)
    if not lines:
        return ()
    (line,), kind = lines, fee_kind(notice.booking)
    source = next(tax.source for tax in notice.booking.terms.fee_tax if tax.kind is kind)
    if not line.vat_rate:
        return (texts.fee_is_damages.format(source=source),)
    vat, rate = language.money(line.vat), language.percent(line.vat_rate)
    return (texts.fee_is_taxed.format(vat=vat, rate=rate, source=source),)


def _fee(notice: BookingNotice) -> int:
    return notice.booking.fee.amount if notice.booking.fee else 0


def _amount(notice: BookingNotice, language: Language, minor_units: int) -> str:
    return language.money(Money(minor_units, notice.booking.quote.total.currency))
