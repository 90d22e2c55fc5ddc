"""Whether the provider answers to a city's key; a question that changes nothing."""

import stripe

from adapters.payments.accounts import StripeClients
from domain.identity import City
from services.payments.ports import ProviderUnavailable


async def account_answers(clients: StripeClients, city: City) -> str | None:
    """What is wrong with the city's account, in a word; None if its key is taken."""
    try:
        client = await clients.of(city)
        await client.v1.balance.retrieve_async()
    except ProviderUnavailable as problem:
        return str(problem)
    except stripe.StripeError as problem:
        return problem.code or type(problem).__name__
    return None
