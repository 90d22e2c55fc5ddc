"""Saved cards and bank accounts. A test token such as `pm_card_visa` becomes a PaymentMethod of its own whenever it is used."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from stripe.params import (
    PaymentMethodAttachParams,
    PaymentMethodCreateParams,
    PaymentMethodCreateParamsCard,
    PaymentMethodDetachParams,
    PaymentMethodListParams,
    PaymentMethodRetrieveParams,
    PaymentMethodUpdateParams,
)

from adapters.payments.sandbox import cards, ibans
from adapters.payments.sandbox.call import Call, Declined, merged
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import (
    BillingDetails,
    Checks,
    Customer,
    Networks,
    PaymentError,
    PaymentMethod,
    SavedCard,
    SavedDebit,
)
from adapters.payments.sandbox.presentation import Page, page


def create(call: Call, params: PaymentMethodCreateParams) -> PaymentMethod:
    """A PaymentMethod of one of Stripe's test cards, by number or by token, or of one of its test bank accounts."""
    if params.get("type") == "sepa_debit" and "sepa_debit" in params:
        method = _debited(call, params)
    elif params.get("type") == "card" and "card" in params:
        method = _carded(call, params["card"])
    else:
        raise invalid("The sandbox knows cards and SEPA debits only: pass type, and card or sepa_debit.", param="type")
    method = replace(
        method,
        billing_details=_billing_details(params.get("billing_details")),
        metadata=merged({}, params.get("metadata")),
        allow_redisplay=params.get("allow_redisplay", "unspecified"),
    )
    call.store.save(method)
    return method


def _carded(call: Call, given: PaymentMethodCreateParamsCard) -> PaymentMethod:
    if "token" in given:
        card = cards.BY_NAME.get("pm_card_" + given["token"].removeprefix("tok_"))
        if card is None:
            raise refused(f"No such token: '{given['token']}'", code="resource_missing", param="card[token]")
    else:
        card = cards.BY_NUMBER.get(given.get("number", "").replace(" ", ""))
        if card is None:
            raise invalid(
                "Your card was refused: the sandbox takes Stripe's test card numbers only.",
                param="card[number]",
                code="incorrect_number",
            )
    method = issued(call, card)
    saved = replace(
        method.saved_card,
        exp_month=given.get("exp_month", method.saved_card.exp_month),
        exp_year=given.get("exp_year", method.saved_card.exp_year),
    )
    if not 1 <= saved.exp_month <= 12:
        raise invalid("Your card's expiration month is invalid.", param="card[exp_month]", code="invalid_expiry_month")
    if (saved.exp_year, saved.exp_month) < _month(call.now):
        raise invalid("Your card's expiration date is in the past.", param="card[exp_year]", code="invalid_expiry_year")
    return replace(method, card=saved)


def _debited(call: Call, params: PaymentMethodCreateParams) -> PaymentMethod:
    """Whoever is debited says her name and her address, as the scheme's rules want it."""
    account = ibans.BY_IBAN.get(params["sepa_debit"]["iban"].replace(" ", "").upper())
    if account is None:
        raise invalid(
            "The IBAN was refused: the sandbox takes Stripe's test IBANs only.",
            param="sepa_debit[iban]",
            code="invalid_bank_account_iban",
        )
    for name in ("name", "email"):
        if not (params.get("billing_details") or {}).get(name):
            wanted = f"billing_details[{name}]"
            raise invalid(f"Missing required param: {wanted}.", param=wanted, code="parameter_missing")
    return PaymentMethod(
        id=call.new_id("pm"),
        created=call.now,
        type="sepa_debit",
        sepa_debit=SavedDebit(
            bank_code=account.bank_code,
            country=account.country,
            fingerprint=_fingerprint(call, account.iban),
            last4=account.last4,
        ),
    )


def _fingerprint(call: Call, number: str) -> str:
    """The same card or account has the same one throughout an account, and another one in each other account."""
    return hashlib.sha256(f"{call.account.id}/{number}".encode()).hexdigest()[:16]


def _billing_details(given: object) -> BillingDetails:
    """The given parts; null for what was left out or emptied."""
    if not isinstance(given, dict):
        return BillingDetails()
    return BillingDetails(
        address=whole_address(given.get("address") or {}),
        email=given.get("email") or None,
        name=given.get("name") or None,
        phone=given.get("phone") or None,
        tax_id=given.get("tax_id") or None,
    )


def whole_address(given: Mapping[str, Any]) -> dict[str, str | None]:
    """All six parts, null where nothing is known."""
    return {name: given.get(name) or None for name in ("city", "country", "line1", "line2", "postal_code", "state")}


def _month(now: int) -> tuple[int, int]:
    date = datetime.fromtimestamp(now, UTC)
    return date.year, date.month


def issued(call: Call, card: cards.TestCard) -> PaymentMethod:
    """A new PaymentMethod of the test card, valid until the end of next year."""
    year, month = _month(call.now)
    method = PaymentMethod(
        id=call.new_id("pm"),
        created=call.now,
        card=SavedCard(
            brand=card.brand,
            country=card.country,
            display_brand=card.brand,
            exp_month=month,
            exp_year=year + 1,
            fingerprint=_fingerprint(call, card.number),
            funding=card.funding,
            last4=card.last4,
            networks=Networks(available=[card.brand]),
            checks=Checks(),
        ),
    )
    call.store.save(method)
    return method


def used(call: Call, identifier: str) -> PaymentMethod:
    """The PaymentMethod that a parameter names; ApiError 400 if there is none."""
    card = cards.BY_NAME.get(identifier)
    if card is not None:
        return issued(call, card)
    return call.get(PaymentMethod, identifier, param="payment_method")


def card_of(method: PaymentMethod) -> cards.TestCard | None:
    """The test card behind it; None for a bank account."""
    return cards.BY_LAST4[method.saved_card.last4] if method.type == "card" else None


def retrieve(call: Call, identifier: str, params: PaymentMethodRetrieveParams) -> PaymentMethod:  # noqa: ARG001 - one shape
    card = cards.BY_NAME.get(identifier)
    return call.get(PaymentMethod, identifier) if card is None else issued(call, card)


def update(call: Call, identifier: str, params: PaymentMethodUpdateParams) -> PaymentMethod:
    method = call.get(PaymentMethod, identifier)
    if method.customer is None:
        raise refused("You must save this PaymentMethod to a customer before you can update it.")
    changed = replace(
        method,
        metadata=merged(method.metadata, params.get("metadata")),
        billing_details=(
            _billing_details(params["billing_details"]) if "billing_details" in params else method.billing_details
        ),
        allow_redisplay=params.get("allow_redisplay", method.allow_redisplay),
    )
    call.store.save(changed)
    call.emit("payment_method.updated", changed)
    return changed


def attach(call: Call, identifier: str, params: PaymentMethodAttachParams) -> PaymentMethod | Declined:
    """Save the card with a customer; Stripe asks the issuer first, and some test cards decline."""
    customer = params.get("customer")
    if customer is None:
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    call.get(Customer, customer, param="customer")
    token = cards.BY_NAME.get(identifier)
    method = call.get(PaymentMethod, identifier) if token is None else issued(call, token)
    if method.customer is not None and method.customer != customer:
        raise refused("The payment method you provided has already been attached to a customer.")
    must_be_reusable(call, method)
    card = card_of(method)
    if card is not None and card.decline is not None and not card.saves:
        return Declined(error=declined(card.decline))
    return attached(call, method, customer)


def declined(
    decline: cards.Decline, *, charge: str | None = None, method: PaymentMethod | None = None
) -> dict[str, object]:
    """The `error` of a 402."""
    error = PaymentError(
        type="card_error", code=decline.code, message=decline.message, decline_code=decline.decline_code
    )
    if charge is not None:
        error = replace(error, charge=charge)
    if method is not None:
        error = replace(error, payment_method=method)
    return dict(msgspec.to_builtins(error))


def must_be_reusable(call: Call, method: PaymentMethod) -> None:
    """A card that paid without belonging to a customer, or was taken from one, is spent."""
    if method.customer is None and (call.store.marked(method.id, "used") or call.store.marked(method.id, "detached")):
        raise refused(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was"
            " detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach"
            " it to a Customer first."
        )


def attached(call: Call, method: PaymentMethod, customer: str) -> PaymentMethod:
    """The method in the customer's keeping; nothing happens where it already is."""
    if method.customer == customer:
        return method
    kept = replace(method, customer=customer)
    call.store.save(kept)
    call.emit("payment_method.attached", kept)
    return kept


def detach(call: Call, identifier: str, params: PaymentMethodDetachParams) -> PaymentMethod:  # noqa: ARG001 - one shape
    method = call.get(PaymentMethod, identifier)
    if method.customer is None:
        raise refused("The payment method you provided is not attached to a customer so detachment is impossible.")
    return detached(call, method)


def detached(call: Call, method: PaymentMethod) -> PaymentMethod:
    free = replace(method, customer=None)
    call.store.save(free)
    call.store.mark(method.id, "detached")
    call.emit("payment_method.detached", free, {"customer": method.customer})
    return free


def listed(call: Call, params: PaymentMethodListParams) -> Page:
    """A customer's cards; without a customer there is nothing to list."""
    customer = params.get("customer")
    if customer is None:
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    call.get(Customer, customer, param="customer")
    return page(call, PaymentMethod, "/v1/payment_methods", params, named=("customer", "type"))
