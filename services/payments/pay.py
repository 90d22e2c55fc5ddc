"""The holder pays: write down, ask the provider, write down what it says and what the holder is told."""

from typing import TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.life import bill
from domain.booking.paying import NotPayable, PaymentDue
from domain.booking.paying import pay as decide
from domain.payments.payments import Capture, Intent, Payment, PaymentId, PaymentState, declined_for_good
from domain.payments.schedule import is_put_off, scheduled
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable, Unavailable
from services.payments.asking import fetched, learn, opened
from services.payments.ports import (
    Account,
    Agreement,
    Declined,
    MandateRequired,
    NotDebitable,
    OpenBooks,
    Ports,
    ProviderRefused,
    ProviderUnavailable,
    UnknownMethod,
)
from services.payments.views import PaymentDetails, payment_details

# Stands in the kept answer where the secret stood in the given one: a secret is shown, never stored.
SECRET = "{client_secret}"  # noqa: S105 - the opposite of one
ASKS_FOR_A_CARD = frozenset({PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION})


class PayBooking(Struct, frozen=True):
    """`payment_method_id` is a card to ask at once, or a bank account to debit; without it the holder's browser goes on
    with the client secret. `mandate_from` is the browser in which the holder agreed to the mandate just now. `seen` is the
    version of the booking that the holder looked at, where she says so."""

    booking_id: BookingId
    payment_method_id: str | None = None
    return_url: str | None = None
    mandate_from: str | None = None
    seen: int | None = None


Outcome: TypeAlias = PaymentDetails | Refusal[NotPayable] | Refusal[NotAnswerable]


class _Shown(Struct):
    id: PaymentId


async def pay_booking(call: Call[Outcome], command: PayBooking, *, ports: Ports) -> Answer:
    """Begin the payment, or go on with the one that was begun. Raises Unavailable; the same key may come again."""
    account = await ports.accounts.of(call.city)
    due = await ports.books.work(
        call.city, command.booking_id, lambda books: _begun(books, call, command, account, ports), call
    )
    if isinstance(due, Answer):
        return await _refilled(ports, call, due)
    try:
        told = await _asked(ports, call, command, due.payment)
    except ProviderUnavailable as error:
        raise Unavailable("the payment provider does not answer") from error
    answer = await ports.books.work(
        call.city, command.booking_id, lambda books: _ended(books, call, due.payment.id, told, ports), call
    )
    return await _refilled(ports, call, answer)


async def _begun(
    books: OpenBooks, call: Call[Outcome], command: PayBooking, account: Account | None, ports: Ports
) -> PaymentDue | Answer:
    """The payment to go on with, written down; or the answer, where there is nothing to ask the provider."""
    if (earlier := await _earlier(books, call)) is not None:
        return earlier
    now = ports.clock()
    creditor_id = account.creditor_id if account is not None else None
    share = account.share_of(books.booking.tariff_id, now.date()) if account is not None and books.booking else None
    due = decide(
        books.booking,
        books.payments,
        call.actor,
        PaymentId(ports.new_id()),
        now,
        creditor_id=creditor_id,
        asked=await books.asked(),
        share=share,
    )
    if account is None and isinstance(due, PaymentDue):
        due = Refusal(NotPayable.PAYMENTS_NOT_AVAILABLE)
    if isinstance(due, PaymentDue) and books.booking is not None and command.seen not in {None, books.booking.version}:
        return call.answer(Refusal(NotPayable.VERSION_MISMATCH))
    if isinstance(due, Refusal):
        answer = call.answer(due)
        await books.answer(call, answer, f"refused:{due.reason}")
        return answer
    if due.booking is not books.booking:
        await books.change(due.booking)
    if due.payment not in books.payments:
        await books.keep(scheduled(due.payment, bill(due.booking), now))
    for deposit in [p for p in books.payments if is_put_off(p, now)]:
        await books.keep(replace(deposit, retry_at=now))
    return due


class _Told(Struct, frozen=True):
    """What the provider said. `intent` None: it will not even open the payment. `refused` is what it did not take."""

    intent: Intent | None
    declined: str | None = None
    refused: Refusal[NotPayable] | None = None


async def _asked(ports: Ports, call: Call[Outcome], command: PayBooking, payment: Payment) -> _Told:
    try:
        intent = await _known(ports, call, payment, command.return_url)
    except ProviderRefused as no:
        return _Told(None, no.code)
    if command.payment_method_id is None or intent.state not in ASKS_FOR_A_CARD:
        return _Told(intent)
    payment = replace(payment, intent_id=intent.intent_id)
    agreed = Agreement(call.address, command.mandate_from) if command.mandate_from is not None else None
    try:
        intent = await ports.gateway.confirm(call.city, payment, command.payment_method_id, command.return_url, agreed)
        return _Told(intent)
    except Declined as no:
        return _Told(no.intent or intent, no.code, _refusal(no, payment))
    except ProviderRefused:
        # Somebody was quicker, the holder's own browser or the same request twice: it is as it is now.
        return _Told(await fetched(ports, call.city, payment) or intent)


def _refusal(no: Declined, payment: Payment) -> Refusal[NotPayable]:
    match no:
        case UnknownMethod():
            return Refusal(NotPayable.UNKNOWN_PAYMENT_METHOD, "/payment_method_id")
        case MandateRequired():
            return Refusal(NotPayable.MANDATE_REQUIRED, "/mandate_accepted")
        case NotDebitable():
            holds = payment.capture is Capture.MANUAL
            why = NotPayable.DEBIT_CANNOT_HOLD if holds else NotPayable.DEBIT_NOT_OFFERED
            return Refusal(why, "/payment_method_id")
    return Refusal(NotPayable.PAYMENT_DECLINED)


async def _ended(books: OpenBooks, call: Call[Outcome], payment_id: PaymentId, told: _Told, ports: Ports) -> Answer:
    """What was said, written down together with what the holder is told."""
    if (earlier := await _earlier(books, call)) is not None:
        return earlier
    now, intent = ports.clock(), told.intent
    payment = next(p for p in books.payments if p.id == payment_id)
    if intent is None:
        await books.keep(declined_for_good(payment, told.declined or "", now))
    else:
        payment = await learn(books, payment_id, intent, now)
    if told.declined is not None or intent is None or books.booking is None:
        refused = told.refused or Refusal(NotPayable.PAYMENT_DECLINED)
        answer, action = call.answer(refused), f"refused:{refused.reason}"
    else:
        answer, action = call.answer(payment_details(PaymentDue(payment, books.booking), intent)), "payment.begun"
    await books.answer(call, _masked(answer, _secret(payment, intent) if intent else None), action)
    return answer


async def _known(ports: Ports, call: Call[Outcome], payment: Payment, return_url: str | None) -> Intent:
    """The payment at the provider; that it is there is written down before any card is asked."""
    if payment.intent_id is not None:
        intent = await fetched(ports, call.city, payment)
        if intent is None:
            raise ProviderUnavailable("the provider does not know what it made")
        return intent
    intent = await opened(ports, call.city, payment, return_url)

    async def open_now(books: OpenBooks) -> None:
        await learn(books, payment.id, intent, ports.clock())

    await ports.books.work(call.city, payment.booking_id, open_now, call)
    return intent


async def _earlier(books: OpenBooks, call: Call[Outcome]) -> Answer | None:
    earlier = await books.earlier(call)
    return call.answer(earlier) if isinstance(earlier, Refusal) else earlier


def _masked(answer: Answer, secret: str | None) -> Answer:
    """The answer without the secret, wherever in it that stands: the bank's address may hold it as well."""
    return replace(answer, body=answer.body.replace(secret, SECRET)) if secret else answer


async def _refilled(ports: Ports, call: Call[Outcome], answer: Answer) -> Answer:
    """The answer as it was given, the secret asked of the provider again."""
    if SECRET not in answer.body:
        return answer
    payment = await ports.books.find(call.city, msgspec.json.decode(answer.body, type=_Shown).id)
    try:
        intent = await fetched(ports, call.city, payment) if payment is not None else None
    except (ProviderUnavailable, ProviderRefused) as error:
        raise Unavailable("the payment provider does not answer") from error
    secret = _secret(payment, intent) if intent is not None and payment is not None else None
    if secret is None:
        raise Unavailable("the payment provider does not know the secret")
    return replace(answer, body=answer.body.replace(SECRET, secret))


def _secret(payment: Payment, intent: Intent) -> str | None:
    """By what the payment can be gone on with: of an ad-hoc payment, the address of its page."""
    return intent.action_url if payment.is_ad_hoc else intent.client_secret
