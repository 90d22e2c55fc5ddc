"""Stripe's test cards and what each of them does: https://docs.stripe.com/testing."""

from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct


class Challenge(StrEnum):
    """When the issuer asks the cardholder to authenticate."""

    NEVER = "never"
    UNLESS_SET_UP = "unless_set_up"  # on-session always; off-session not, once the card was set up for that
    ALWAYS = "always"


class Decline(Struct, frozen=True):
    """An issuer's no. `code` and `decline_code` as in Stripe's error object."""

    code: str
    decline_code: str
    message: str


class Authenticate(Struct, frozen=True):
    """The cardholder has to authenticate first."""


class Approved(Struct, frozen=True):
    """The issuer says yes."""


Verdict: TypeAlias = Approved | Authenticate | Decline

DECLINED = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("card_declined", "lost_card", "Your card was declined.")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
WRONG_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING_ERROR = Decline(
    "processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


class TestCard(Struct, frozen=True, kw_only=True):
    """`name` is the PaymentMethod id that stands for the card; `saves` is False where saving it declines as well.

    `disputes` is for what reason its holder disputes each charge; `refunds` is what becomes of money given back.
    """

    __test__ = False  # not a test class, whatever its name suggests to pytest

    number: str
    name: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    challenge: Challenge = Challenge.NEVER
    decline: Decline | None = None
    saves: bool = True
    disputes: Literal["fraudulent", "product_not_received", "inquiry"] | None = None
    refunds: Literal["fail later", "succeed later"] | None = None

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = (
    TestCard(number="4242424242424242", name="pm_card_visa"),
    TestCard(number="4000056655665556", name="pm_card_visa_debit", funding="debit"),
    TestCard(number="4000002760000016", name="pm_card_de", country="DE"),
    TestCard(number="5555555555554444", name="pm_card_mastercard", brand="mastercard"),
    TestCard(number="378282246310005", name="pm_card_amex", brand="amex"),
    TestCard(
        number="4000002760003184",
        name="pm_card_authenticationRequired",
        country="DE",
        challenge=Challenge.ALWAYS,
    ),
    TestCard(
        number="4000002500003155",
        name="pm_card_authenticationRequiredOnSetup",
        country="FR",
        challenge=Challenge.UNLESS_SET_UP,
    ),
    TestCard(
        number="4000000000003220",
        name="pm_card_threeDSecure2Required",
        challenge=Challenge.UNLESS_SET_UP,
    ),
    TestCard(
        number="4000008260003178",
        name="pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        country="GB",
        challenge=Challenge.UNLESS_SET_UP,
        decline=INSUFFICIENT_FUNDS,
    ),
    TestCard(number="4000000000000341", name="pm_card_chargeCustomerFail", decline=DECLINED),
    TestCard(number="4000000000000002", name="pm_card_chargeDeclined", decline=DECLINED, saves=False),
    TestCard(
        number="4000000000009995",
        name="pm_card_chargeDeclinedInsufficientFunds",
        decline=INSUFFICIENT_FUNDS,
        saves=False,
    ),
    TestCard(number="4000000000009987", name="pm_card_chargeDeclinedLostCard", decline=LOST, saves=False),
    TestCard(number="4000000000009979", name="pm_card_chargeDeclinedStolenCard", decline=STOLEN, saves=False),
    TestCard(number="4000000000000069", name="pm_card_chargeDeclinedExpiredCard", decline=EXPIRED, saves=False),
    TestCard(number="4000000000000127", name="pm_card_chargeDeclinedIncorrectCvc", decline=WRONG_CVC, saves=False),
    TestCard(
        number="4000000000000119",
        name="pm_card_chargeDeclinedProcessingError",
        decline=PROCESSING_ERROR,
        saves=False,
    ),
    TestCard(number="4000000000000259", name="pm_card_createDispute", disputes="fraudulent"),
    TestCard(
        number="4000000000002685", name="pm_card_createDisputeProductNotReceived", disputes="product_not_received"
    ),
    TestCard(number="4000000000001976", name="pm_card_createDisputeInquiry", disputes="inquiry"),
    TestCard(number="4000000000005126", name="pm_card_refundFail", refunds="fail later"),
    TestCard(number="4000000000007726", name="pm_card_pendingRefund", refunds="succeed later"),
)
BY_NAME = {card.name: card for card in CARDS}
BY_NUMBER = {card.number: card for card in CARDS}
BY_LAST4 = {card.last4: card for card in CARDS}


def pay(
    card: TestCard, *, off_session: bool, set_up: bool, authenticated: bool, three_d_secure: Literal["asked", "left"]
) -> Verdict:
    """What the issuer answers to a payment.

    `set_up`: the cardholder once authenticated for payments in her absence. `authenticated`: she just did for this one.
    `three_d_secure` "asked": the merchant wants authentication even where the issuer would not.
    """
    if off_session:
        spared = card.challenge is Challenge.NEVER or (card.challenge is Challenge.UNLESS_SET_UP and set_up)
        if not spared:
            return AUTHENTICATION_REQUIRED
    elif not authenticated and (card.challenge is not Challenge.NEVER or three_d_secure == "asked"):
        return Authenticate()
    return card.decline or Approved()


def save(card: TestCard, *, authenticated: bool, three_d_secure: Literal["asked", "left"]) -> Verdict:
    """What the issuer answers when the card is set up for later."""
    if not authenticated and (card.challenge is not Challenge.NEVER or three_d_secure == "asked"):
        return Authenticate()
    if card.decline is not None and not card.saves:
        return card.decline
    return Approved()
