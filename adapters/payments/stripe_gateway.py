"""Payments with Stripe, on its own asynchronous SDK: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, Literal, TypeVar

import stripe
from stripe.params import (
    PaymentIntentCaptureParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    RefundCreateParams,
    SetupIntentConfirmParams,
    SetupIntentCreateParams,
)

from adapters.payments import checkouts
from adapters.payments.accounts import StripeClients
from adapters.payments.intents import (
    MandateFacts,
    MethodFacts,
    OwnerFacts,
    PaymentFacts,
    RefundFacts,
    SetupFacts,
    facts_of,
    payment_intent,
    setup_intent,
)
from domain.identity import City, PersonId
from domain.payments.payments import Capture, Intent, Kind, Payment, PaymentState
from services.payments.ports import (
    Agreement,
    Declined,
    MandateRequired,
    NotDebitable,
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    UnknownMethod,
)

T = TypeVar("T")
CARD: Literal["card"] = "card"
DEBIT: Literal["sepa_debit"] = "sepa_debit"
EXPAND = ["latest_charge.balance_transaction"]
PAGE = 100
# How far Stripe's clock and ours may be apart when an intent is looked for by the time it was made.
SKEW = timedelta(hours=1)
# A key whose answer was an error inside Stripe repeats that error for a day; there are so many more per step.
SPARE_KEYS = 4
# What the holder's browser gave us was no card of hers: her mistake, not ours.
A_MOMENT_S, LONGEST_WAIT_S = 1.0, 3600.0
NOT_USABLE = frozenset({"payment_method_unexpected_state", "payment_method_invalid_parameter"})
# A bank account that nobody has allowed to be debited, or no longer.
NO_MANDATE = frozenset({"parameter_missing", "payment_intent_mandate_invalid"})


class StripeGateway:
    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def customer(self, city: City, person: PersonId) -> str:
        client = await self._clients.of(city)

        async def make(key: str) -> str:
            made = await client.v1.customers.create_async(
                {"metadata": {"city": city, "person_id": str(person)}}, {"idempotency_key": key}
            )
            return str(made.id)

        async def nothing() -> None:
            return None  # a second customer would hold no money and no card

        return await keyed(f"customer:{city}:{person}", make, nothing)

    async def open(self, city: City, payment: Payment, customer: str | None, return_url: str | None = None) -> Intent:
        client = await self._clients.of(city)

        async def make(key: str) -> Intent:
            if payment.is_ad_hoc:
                wanted = checkouts.new_checkout(payment, _metadata(city, payment), return_url)
                page = await client.v1.checkout.sessions.create_async(wanted, {"idempotency_key": key})
                return checkouts.open_page(facts_of(page, checkouts.PageFacts))
            if payment.kind is Kind.SETUP:
                setup = await client.v1.setup_intents.create_async(
                    _new_setup(city, payment, customer or ""), {"idempotency_key": key}
                )
                return setup_intent(facts_of(setup, SetupFacts))
            made = await client.v1.payment_intents.create_async(
                _new_payment(city, payment, customer or ""), {"idempotency_key": key}
            )
            return await self._complete(client, payment, made)

        return await keyed(str(payment.id), make, lambda: self._find(client, payment, customer), payment)

    async def confirm(
        self,
        city: City,
        payment: Payment,
        method_id: str,
        return_url: str | None,
        agreed: Agreement | None = None,
    ) -> Intent:
        client = await self._clients.of(city)

        async def ask(_key: str) -> Intent:
            # No key of ours: a card that was refused may be tried again, and a second success Stripe refuses itself.
            if payment.kind is Kind.SETUP:
                params: SetupIntentConfirmParams = {"payment_method": method_id}
                if return_url is not None:
                    params["return_url"] = return_url
                setup = await client.v1.setup_intents.confirm_async(payment.intent_id or "", params)
                return setup_intent(facts_of(setup, SetupFacts))
            wishes: PaymentIntentConfirmParams = {"payment_method": method_id, "expand": EXPAND}
            if return_url is not None:
                wishes["return_url"] = return_url
            if agreed is not None:
                wishes["mandate_data"] = {
                    "customer_acceptance": {
                        "type": "online",
                        "online": {"ip_address": agreed.address, "user_agent": agreed.user_agent},
                    }
                }
            made = await client.v1.payment_intents.confirm_async(payment.intent_id or "", wishes)
            return await self._complete(client, payment, made)

        try:
            return await answered(ask, "", payment)
        except ProviderRefused as no:
            if no.code == "resource_missing":
                raise UnknownMethod(no.code) from no
            if no.code in NO_MANDATE:
                raise MandateRequired(no.code) from no
            if no.code in NOT_USABLE:
                raise await self._unusable(client, payment, method_id, no.code) from no
            raise

    async def _unusable(self, client: stripe.StripeClient, payment: Payment, method_id: str, code: str) -> Declined:
        """Why it was no means to pay with: another person's is unknown to this one."""

        async def look(_key: str) -> tuple[MethodFacts, str | None]:
            method = await client.v1.payment_methods.retrieve_async(method_id)
            kept = client.v1.setup_intents if payment.kind is Kind.SETUP else client.v1.payment_intents
            intent = await kept.retrieve_async(payment.intent_id or "")
            return facts_of(method, MethodFacts), facts_of(intent, OwnerFacts).customer

        method, customer = await answered(look, "", payment)
        if method.customer not in {None, customer}:
            return UnknownMethod(code)
        return NotDebitable(code) if method.type == DEBIT and not payment.may_be_debited else Declined(code)

    async def fetch(self, city: City, payment: Payment, customer: str | None) -> Intent | None:
        client = await self._clients.of(city)

        async def look(_key: str) -> Intent | None:
            if payment.intent_id is None:
                return await self._find(client, payment, customer)
            return await self._retrieved(client, payment, payment.intent_id)

        return await answered(look, "", payment)

    async def capture(self, city: City, payment: Payment, amount: int) -> Intent:
        client = await self._clients.of(city)

        async def take(key: str) -> Intent:
            wanted: PaymentIntentCaptureParams = {"amount_to_capture": amount, "expand": EXPAND}
            if payment.share is not None:
                wanted["application_fee_amount"] = payment.share.fee(amount)
            made = await client.v1.payment_intents.capture_async(
                payment.intent_id or "", wanted, {"idempotency_key": key}
            )
            return await self._complete(client, payment, made)

        async def taken() -> Intent | None:
            now = await self._retrieved(client, payment, payment.intent_id or "")
            return now if now.captured else None

        return await keyed(f"{payment.id}:capture", take, taken, payment)

    async def give_back(self, city: City, payment: Payment, amount: int) -> Intent:
        client = await self._clients.of(city)
        if payment.captured:
            return await self._refund(client, payment, amount)
        intent_id = payment.intent_id or ""

        async def let_go(key: str) -> Intent:
            if checkouts.is_page(intent_id):
                shut = await client.v1.checkout.sessions.expire_async(intent_id, {}, {"idempotency_key": key})
                return checkouts.open_page(facts_of(shut, checkouts.PageFacts))
            if payment.kind is Kind.SETUP:
                setup = await client.v1.setup_intents.cancel_async(intent_id, {}, {"idempotency_key": key})
                return setup_intent(facts_of(setup, SetupFacts))
            made = await client.v1.payment_intents.cancel_async(intent_id, {"expand": EXPAND}, {"idempotency_key": key})
            return await self._complete(client, payment, made)

        async def gone() -> Intent | None:
            now = await self._retrieved(client, payment, intent_id)
            return now if now.state is PaymentState.RELEASED else None

        step = "shut" if checkouts.is_page(intent_id) else "release"
        return await keyed(f"{payment.id}:{step}", let_go, gone, payment)

    async def _refund(self, client: stripe.StripeClient, payment: Payment, amount: int) -> Intent:
        intent_id, number = payment.intent_id or "", str(payment.refunds)

        async def refund(key: str) -> Intent:
            wanted: RefundCreateParams = {
                "payment_intent": intent_id,
                "amount": amount,
                "metadata": {"payment_id": str(payment.id), "refund": number},
            }
            if payment.share is not None:
                # What another operator got comes back to give it, and so does the city's fee on it.
                wanted["reverse_transfer"] = True
                wanted["refund_application_fee"] = payment.share.fee(payment.captured) > 0
            await client.v1.refunds.create_async(wanted, {"idempotency_key": key})
            return await self._retrieved(client, payment, intent_id)

        async def refunded() -> Intent | None:
            ours = [r for r in await self._refunds(client, intent_id) if r.metadata.get("refund") == number]
            return await self._retrieved(client, payment, intent_id) if ours else None

        # A key protects for a day; whoever comes back to the step later than that must not give the money back twice.
        if (made := await answered(lambda _key: refunded(), "", payment)) is not None:
            return made
        return await keyed(f"{payment.id}:refund:{number}", refund, refunded, payment)

    async def _complete(self, client: stripe.StripeClient, payment: Payment, made: stripe.PaymentIntent) -> Intent:
        """The intent with its refunds, which are asked for only where there can be any."""
        facts = facts_of(made, PaymentFacts)
        refunds = await self._refunds(client, facts.id) if facts.may_be_refunded else []
        return payment_intent(payment, facts, refunds, await self._mandate(client, payment, facts))

    async def _mandate(self, client: stripe.StripeClient, payment: Payment, facts: PaymentFacts) -> str | None:
        """The reference of the mandate, asked for once per account."""
        if facts.debit is None or facts.debit.mandate is None:
            return None
        if payment.mandate is not None and facts.payment_method in {None, payment.method_id}:
            return payment.mandate
        found = await client.v1.mandates.retrieve_async(facts.debit.mandate)
        return facts_of(found, MandateFacts).payment_method_details.sepa_debit.reference

    async def _retrieved(self, client: stripe.StripeClient, payment: Payment, intent_id: str) -> Intent:
        if payment.kind is Kind.SETUP:
            setup = await client.v1.setup_intents.retrieve_async(intent_id)
            return setup_intent(facts_of(setup, SetupFacts))
        if checkouts.is_page(intent_id):
            page = facts_of(await client.v1.checkout.sessions.retrieve_async(intent_id), checkouts.PageFacts)
            if page.payment_intent is None or not page.is_done:
                return checkouts.open_page(page)
            intent_id = page.payment_intent
        made = await client.v1.payment_intents.retrieve_async(intent_id, {"expand": EXPAND})
        return await self._complete(client, payment, made)

    async def _refunds(self, client: stripe.StripeClient, intent_id: str) -> list[RefundFacts]:
        found = await client.v1.refunds.list_async({"payment_intent": intent_id, "limit": PAGE})
        return [facts_of(refund, RefundFacts) async for refund in found.auto_paging_iter()]

    async def _find(self, client: stripe.StripeClient, payment: Payment, customer: str | None) -> Intent | None:
        """The intent that carries the payment's id, among the customer's: a list is exact where a search lags behind. Of ad-hoc
        ones, which have no customer, the page among all that were opened since."""
        since = int((payment.made_at - SKEW).timestamp())
        if payment.is_ad_hoc:
            pages = await client.v1.checkout.sessions.list_async({"created": {"gte": since}, "limit": PAGE})
            async for page in pages.auto_paging_iter():
                if page.client_reference_id == str(payment.id):
                    return await self._retrieved(client, payment, page.id)
            return None
        if customer is None:
            return None
        async for intent_id, metadata in self._listed(client, payment.kind, customer, since):
            if metadata is not None and metadata.to_dict().get("payment_id") == str(payment.id):
                return await self._retrieved(client, payment, intent_id)
        return None

    async def _listed(
        self, client: stripe.StripeClient, kind: Kind, customer: str, since: int
    ) -> AsyncIterator[tuple[str, stripe.StripeObject | None]]:
        if kind is Kind.SETUP:
            setups = await client.v1.setup_intents.list_async(
                {"customer": customer, "created": {"gte": since}, "limit": PAGE}
            )
            async for setup in setups.auto_paging_iter():
                yield setup.id, setup.metadata
            return
        made = await client.v1.payment_intents.list_async(
            {"customer": customer, "created": {"gte": since}, "limit": PAGE}
        )
        async for intent in made.auto_paging_iter():
            yield intent.id, intent.metadata


def _new_payment(city: City, payment: Payment, customer: str) -> PaymentIntentCreateParams:
    params: PaymentIntentCreateParams = {
        "amount": payment.amount.amount,
        "currency": payment.amount.currency.lower(),
        "customer": customer,
        "capture_method": "manual" if payment.capture is Capture.MANUAL else "automatic",
        "allowed_payment_method_types": [CARD, DEBIT] if payment.may_be_debited else [CARD],
        "metadata": _metadata(city, payment),
        "expand": EXPAND,
    }
    if payment.share is not None:
        params["transfer_data"] = {"destination": payment.share.account}
        params["transfer_group"] = str(payment.id)
        params["application_fee_amount"] = payment.share.fee(payment.amount.amount)
    if payment.is_off_session:
        return {**params, "payment_method": payment.method_id or "", "off_session": True, "confirm": True}
    return {**params, "setup_future_usage": "off_session"}


def _new_setup(city: City, payment: Payment, customer: str) -> SetupIntentCreateParams:
    return {
        "customer": customer,
        "usage": "off_session",
        "allowed_payment_method_types": [CARD],
        "metadata": _metadata(city, payment),
    }


def _metadata(city: City, payment: Payment) -> dict[str, str]:
    return {"city": city, "payment_id": str(payment.id), "booking_id": str(payment.booking_id)}


async def keyed(
    key: str,
    send: Callable[[str], Awaitable[T]],
    effect: Callable[[], Awaitable[T | None]],
    payment: Payment | None = None,
) -> T:
    """Send under the key, and walk past keys that Stripe burnt.

    Where Stripe fails inside, its 500 is kept and repeated under the key for a day. Then the request is over, so its
    effect is there or never comes: `effect` looks. If there is none, the next key of the step is as good as the first,
    and whoever resumes the step after a crash walks the same way.
    """
    for spare in range(SPARE_KEYS):
        try:
            return await answered(send, f"{key}:again:{spare}" if spare else key, payment)
        except _Burnt:
            if (found := await answered(lambda _key: effect(), "", payment)) is not None:
                return found
    raise ProviderUnavailable("every key of this step met an error inside Stripe")


class _Burnt(Exception):
    """The key repeats an error inside Stripe."""


async def answered(send: Callable[[str], Awaitable[T]], key: str, payment: Payment | None) -> T:
    """What Stripe said, its errors in our terms."""
    try:
        return await send(key)
    except stripe.CardError as error:
        raise _declined(error, payment) from error
    except stripe.IdempotencyError as error:
        raise ProviderRefused("idempotency_error") from error
    except stripe.InvalidRequestError as error:
        raise ProviderRefused(error.code or "invalid_request_error") from error
    except stripe.RateLimitError as error:
        raise ProviderBusy(_seconds(error)) from error
    except stripe.StripeError as error:
        replayed = (error.headers or {}).get("idempotent-replayed") == "true"
        if replayed and (error.http_status or 0) >= 500:
            raise _Burnt from error
        raise ProviderUnavailable(type(error).__name__) from error


def _seconds(error: stripe.RateLimitError) -> float:
    """How long to wait, as Stripe says it, or a moment; a date instead of seconds (RFC 9110) is one as well."""
    told = (error.headers or {}).get("retry-after", "")
    return min(float(told), LONGEST_WAIT_S) if told.isdigit() else A_MOMENT_S


def _declined(error: stripe.CardError, payment: Payment | None) -> Declined:
    body: Any = error.json_body
    told = body.get("error", {}) if isinstance(body, dict) else {}
    code = str(told.get("decline_code") or error.code or "card_declined")
    intent = None
    if payment is not None and "payment_intent" in told:
        intent = payment_intent(payment, facts_of(told["payment_intent"], PaymentFacts), [])
    elif "setup_intent" in told:
        intent = setup_intent(facts_of(told["setup_intent"], SetupFacts))
    return Declined(code, intent)
