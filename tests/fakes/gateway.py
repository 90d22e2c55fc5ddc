"""A payment provider in memory. It knows four cards: one says yes, one no, one asks, one says yes once and then no; and bank
accounts, of which it is told in the end whether their banks pay. At its own page pays who has no account.
"""

import itertools
from datetime import timedelta

from msgspec.structs import replace

from domain.identity import City, PersonId
from domain.payments.payments import Capture, Intent, Kind, Payment, PaymentId, PaymentState
from infra.clock import now
from services.payments.ports import (
    Agreement,
    Declined,
    MandateRequired,
    NotDebitable,
    ProviderRefused,
    UnknownMethod,
)

SAYS_YES, SAYS_NO, ASKS, FAILS_LATER = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_chargeCustomerFail",
)
ACCOUNT = "pm_account"
DEBITED_AFTER = timedelta(days=2)
HOLD_LASTS = timedelta(days=7)
LEAST = 50
PAGES = "https://pay.example/"
PENDING = {PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION}


class FakeGateway:
    """`intents` is what the provider has, by our payment, and `made` each that it ever made; `authenticated` and
    `expired` are what happens out there."""

    def __init__(self) -> None:
        self.intents: dict[PaymentId, Intent] = {}
        self.made: list[PaymentId] = []
        self.orders: dict[PaymentId, Payment] = {}
        self.customers: dict[tuple[City, PersonId], str] = {}
        self.cards: dict[str, str] = {}
        self.accounts: dict[str, tuple[PersonId, str]] = {}
        self._refunds: dict[tuple[PaymentId, int], int] = {}
        self._forgotten: set[PaymentId] = set()
        self._numbers = itertools.count(1)

    async def customer(self, city: City, person: PersonId) -> str:
        return self.customers.setdefault((city, person), f"cus_{len(self.customers) + 1}")

    async def open(
        self,
        city: City,  # noqa: ARG002 - one account is enough
        payment: Payment,
        customer: str | None,  # noqa: ARG002 - likewise
        return_url: str | None = None,
    ) -> Intent:
        known = self.orders.get(payment.id)
        if known is not None and payment.id not in self._forgotten:
            if known.amount != payment.amount:
                raise ProviderRefused("idempotency_error")
            return self._answered(payment)
        if payment.amount.amount < LEAST and payment.kind is Kind.PAYMENT:
            raise ProviderRefused("amount_too_small")
        if payment.is_ad_hoc and not return_url:
            raise ProviderRefused("parameter_missing")
        identifier = f"{'seti' if payment.kind is Kind.SETUP else 'pi'}_{next(self._numbers)}"
        self.orders[payment.id] = payment
        self.made.append(payment.id)
        if payment.is_ad_hoc:
            page = f"cs_{identifier}"
            return self._now(payment, Intent(page, PaymentState.REQUIRES_PAYMENT_METHOD, action_url=f"{PAGES}{page}"))
        self.intents[payment.id] = Intent(
            identifier, PaymentState.REQUIRES_PAYMENT_METHOD, client_secret=f"{identifier}_secret_x"
        )
        if payment.is_off_session:
            self._asked(payment, payment.method_id or "")
        return self._answered(payment)

    async def confirm(
        self,
        city: City,  # noqa: ARG002 - likewise
        payment: Payment,
        method_id: str,
        return_url: str | None,  # noqa: ARG002 - likewise
        agreed: Agreement | None = None,
    ) -> Intent:
        intent = self.intents[payment.id]
        if intent.state not in PENDING:
            raise ProviderRefused("payment_intent_unexpected_state")
        if method_id.startswith(ACCOUNT):
            self._debited(payment, method_id, agreed)
            return self._answered(payment)
        if method_id not in {SAYS_YES, SAYS_NO, ASKS, FAILS_LATER, *self.cards}:
            raise UnknownMethod("resource_missing")
        self._asked(payment, method_id)
        return self._answered(payment)

    async def fetch(self, city: City, payment: Payment, customer: str | None) -> Intent | None:  # noqa: ARG002 - likewise
        if payment.intent_id is None and customer is None and not payment.is_ad_hoc:
            return None
        return self.intents.get(payment.id)

    async def capture(self, city: City, payment: Payment, amount: int) -> Intent:  # noqa: ARG002 - likewise
        intent = self.intents[payment.id]
        if intent.state is PaymentState.CAPTURED and intent.captured == amount:
            return intent
        if intent.state is not PaymentState.AUTHORISED or amount > payment.amount.amount:
            raise ProviderRefused("payment_intent_unexpected_state")
        if amount < LEAST:
            raise ProviderRefused("amount_too_small")
        return self._now(payment, replace(intent, state=PaymentState.CAPTURED, captured=amount, capture_before=None))

    async def give_back(self, city: City, payment: Payment, amount: int) -> Intent:  # noqa: ARG002 - likewise
        intent = self.intents[payment.id]
        if payment.captured:
            return self._refunded(payment, intent, amount)
        if intent.state is PaymentState.RELEASED:
            return intent
        if payment.is_ad_hoc and payment.intent_id != intent.intent_id:
            raise ProviderRefused("checkout_session_complete")
        if intent.state not in PENDING | {PaymentState.AUTHORISED}:
            raise ProviderRefused("payment_intent_unexpected_state")
        return self._now(payment, replace(intent, state=PaymentState.RELEASED, action_url=None))

    def visited(self, url: str, card: str = SAYS_YES) -> None:
        """Somebody pays at the page; a card that says no, or asks, leaves it open."""
        of = next(each for each, intent in self.intents.items() if intent.action_url == url)
        if card == SAYS_YES:
            paid = replace(self.intents[of], intent_id=url.removeprefix(f"{PAGES}cs_"))
            self._approved(self.orders[of], paid, self._new_card(card))

    def authenticated(self, payment: Payment) -> None:
        """The holder came through her bank's page."""
        intent = self.intents[payment.id]
        assert intent.state is PaymentState.REQUIRES_ACTION
        self._approved(payment, intent, intent.method_id or "")

    def debit_ended(self, payment: Payment, *, paid: bool) -> None:
        """The bank has spoken."""
        intent = self.intents[payment.id]
        assert intent.state is PaymentState.PROCESSING
        taken = payment.amount.amount if paid else 0
        state = PaymentState.CAPTURED if paid else PaymentState.FAILED
        failure = None if paid else "payment_method_provider_decline"
        method = intent.method_id if paid else None
        self._now(payment, replace(intent, state=state, captured=taken, failure=failure, method_id=method))

    def expired(self, payment: Payment) -> None:
        """The hold came to its end; the provider let go of it."""
        self._now(payment, replace(self.intents[payment.id], state=PaymentState.RELEASED))

    def forget_keys(self) -> None:
        """A day has passed: what is asked again is taken for new."""
        self._forgotten = set(self.orders)

    def _refunded(self, payment: Payment, intent: Intent, amount: int) -> Intent:
        asked = (payment.id, payment.refunds)
        if asked in self._refunds:
            return intent
        if amount > intent.captured - intent.refunded:
            raise ProviderRefused("amount_too_large")
        self._refunds[asked] = amount
        refunded = intent.refunded + amount
        state = PaymentState.REFUNDED if refunded == intent.captured else intent.state
        return self._now(payment, replace(intent, state=state, refunded=refunded))

    def _debited(self, payment: Payment, account: str, agreed: Agreement | None) -> None:
        if not self.orders[payment.id].may_be_debited:
            raise NotDebitable("payment_method_unexpected_state")
        if account not in self.accounts and agreed is None:
            raise MandateRequired("parameter_missing")
        owner, mandate = self.accounts.setdefault(account, (payment.holder_id, f"MANDATE-{len(self.accounts) + 1}"))
        if owner != payment.holder_id:
            raise UnknownMethod("payment_method_unexpected_state")
        intent = replace(self.intents[payment.id], state=PaymentState.PROCESSING, failure=None)
        due = now().date() + DEBITED_AFTER
        self._now(payment, replace(intent, method_id=account, mandate=mandate, debit_on=due))

    def _asked(self, payment: Payment, method_id: str) -> None:
        if method_id.startswith(ACCOUNT):
            self._debited(payment, method_id, None)
            return
        card = self.cards.get(method_id, method_id)
        intent = self.intents[payment.id]
        saved = method_id in self.cards
        if card == SAYS_NO or (card == FAILS_LATER and payment.kind is Kind.PAYMENT):
            self._failed(payment, intent, "generic_decline")
        elif card == ASKS and payment.is_off_session:
            self._failed(payment, intent, "authentication_required")
        elif card == ASKS:
            method = method_id if saved else self._new_card(card)
            url = f"https://bank.example/{intent.intent_id}"
            self._now(payment, replace(intent, state=PaymentState.REQUIRES_ACTION, method_id=method, action_url=url))
        else:
            self._approved(payment, intent, method_id if saved else self._new_card(card))

    def _failed(self, payment: Payment, intent: Intent, code: str) -> None:
        state = PaymentState.FAILED if payment.is_off_session else PaymentState.REQUIRES_PAYMENT_METHOD
        raised = self._now(payment, replace(intent, state=state, failure=code, method_id=None, action_url=None))
        raise Declined(code, raised)

    def _approved(self, payment: Payment, intent: Intent, method_id: str) -> None:
        done = replace(intent, method_id=method_id, failure=None, action_url=None)
        if payment.kind is Kind.SETUP:
            self._now(payment, replace(done, state=PaymentState.SAVED))
        elif payment.capture is Capture.MANUAL:
            until = now().replace(microsecond=0) + HOLD_LASTS
            self._now(payment, replace(done, state=PaymentState.AUTHORISED, capture_before=until))
        else:
            self._now(payment, replace(done, state=PaymentState.CAPTURED, captured=payment.amount.amount))

    def _answered(self, payment: Payment) -> Intent:
        intent = self.intents[payment.id]
        if intent.state is PaymentState.FAILED:
            raise Declined(intent.failure or "", intent)
        return intent

    def _new_card(self, card: str) -> str:
        identifier = f"pm_{len(self.cards) + 1}"
        self.cards[identifier] = card
        return identifier

    def _now(self, payment: Payment, intent: Intent) -> Intent:
        self.intents[payment.id] = intent
        return intent
