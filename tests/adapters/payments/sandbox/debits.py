"""Bank accounts that are debited, by Stripe's test IBANs."""

from typing import Any

import stripe

from tests.adapters.payments.sandbox.running import Running

PAYS, PAYS_LATER = "DE89370400440532013000", "DE08370400440532013003"
FAILS, FAILS_LATER = "DE62370400440532013001", "DE78370400440532013004"
RETURNED = "DE35370400440532013002"
ACCEPTED: Any = {"customer_acceptance": {"type": "online", "online": {"ip_address": "192.0.2.7", "user_agent": "app"}}}


async def bank_account(sandbox: Running, iban: str = PAYS_LATER) -> str:
    """Ada's account, as a PaymentMethod."""
    made = await sandbox.city.v1.payment_methods.create_async(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": iban},
            "billing_details": {"name": "Ada", "email": "ada@example.org"},
        }
    )
    return made.id


async def debited(sandbox: Running, iban: str = PAYS_LATER, amount: int = 1970, **more: Any) -> stripe.PaymentIntent:
    """A payment by debit, confirmed with a mandate."""
    return await sandbox.city.v1.payment_intents.create_async(
        {
            "amount": amount,
            "currency": "eur",
            "payment_method": more.pop("method", None) or await bank_account(sandbox, iban),
            "allowed_payment_method_types": ["sepa_debit"],
            "confirm": True,
            "mandate_data": ACCEPTED,
            **more,  # type: ignore[typeddict-item]  # whatever a test says of it
        }
    )
