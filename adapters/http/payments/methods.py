"""The cards and bank accounts that the caller has saved with the city's payment provider."""

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import SIGNED_IN, Ask, Endpoint, Reply, answer, nothing
from adapters.http.me import ME
from adapters.http.me_examples import METHODS
from services.calls import Answer
from services.payments.wallet import SavedMethod, Wallet


class PaymentMethodList(Struct, frozen=True):
    """All of them; the number of a card or an account is the provider's alone."""

    items: tuple[SavedMethod, ...]
    next_cursor: None = None


def payment_methods(wallet: Wallet) -> tuple[Endpoint, ...]:
    async def list_methods(ask: Ask) -> Reply:
        return answer(PaymentMethodList(await wallet.cards(ask.actor)))

    async def remove_method(ask: Ask) -> Reply:
        refusal = await wallet.detach(ask.unkeyed(nothing), str(ask.path("payment_method_id")))
        return ask.refuse(refusal) if refusal is not None else Answer(204, "", "")

    return (
        Endpoint(
            HttpMethod.GET,
            SIGNED_IN,
            f"{ME}/payment-methods",
            "listPaymentMethods",
            "me",
            "The caller's saved cards, and the bank accounts that may be debited",
            list_methods,
            {200: PaymentMethodList},
            examples={200: METHODS},
        ),
        Endpoint(
            HttpMethod.DELETE,
            SIGNED_IN,
            f"{ME}/payment-methods/{{payment_method_id:str}}",
            "removePaymentMethod",
            "me",
            "Take a saved card or bank account away",
            remove_method,
            {204: None},
            codes=("unknown_payment_method", "payment_method_in_use"),
        ),
    )
