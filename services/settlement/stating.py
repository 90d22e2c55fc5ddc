"""What the provider says of its own balance, so that our copy of its books can be compared with it."""

from datetime import datetime

from msgspec import Struct

from domain.identity import City
from services.payments.ports import ProviderRefused, ProviderUnavailable
from services.settlement.gathering import gather
from services.settlement.ports import Balance, Ports


class StatedBalance(Struct, frozen=True):
    balance: Balance
    at: datetime


async def stated(city: City, *, ports: Ports) -> StatedBalance | None:
    """What the city has with it now. Its movements are read before and after, so that our copy is as of that moment, as far as
    its lists are. None where it cannot say, or the city has no account."""
    if await ports.accounts.of(city) is None:
        return None
    try:
        await gather(city, ports=ports)
        at, balance = ports.clock(), await ports.provider.balance(city)
        await gather(city, ports=ports)
    except (ProviderUnavailable, ProviderRefused):
        return None
    return StatedBalance(balance, at)
