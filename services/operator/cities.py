"""Opening a city, and changing what it says of itself."""

from enum import StrEnum

from domain.cities import CitySettings, NotSettable, change
from domain.refusals import Refusal
from services.operator.ports import CityBooks


class NoCity(StrEnum):
    ALREADY_OPEN = "already_open"
    UNKNOWN_CITY = "unknown_city"
    ACCOUNT_OF_ANOTHER_CITY = "account_of_another_city"


async def open_city(settings: CitySettings, *, books: CityBooks) -> CitySettings | Refusal[NoCity]:
    """Open the city. The settings have no `faults()`."""
    if settings.stripe is not None and await books.shares(settings.stripe.account):
        return Refusal(NoCity.ACCOUNT_OF_ANOTHER_CITY)
    return settings if await books.open(settings) else Refusal(NoCity.ALREADY_OPEN)


async def set_city(
    settings: CitySettings, *, books: CityBooks
) -> CitySettings | Refusal[NoCity] | Refusal[NotSettable]:
    """Put these settings in place of the present ones; the same again changes nothing."""
    present = await books.settings()
    if present is None:
        return Refusal(NoCity.UNKNOWN_CITY)
    if settings.stripe is not None and await books.shares(settings.stripe.account):
        return Refusal(NoCity.ACCOUNT_OF_ANOTHER_CITY)
    decided = change(present, settings, await books.has_payments())
    if isinstance(decided, CitySettings) and decided != present:
        await books.change(decided)
    return decided
