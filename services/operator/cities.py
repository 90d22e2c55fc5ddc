"""Opening a city, and changing what it says of itself."""

from enum import StrEnum

from domain.cities.settings import CitySettings, NotSettable, change
from domain.refusals import Refusal
from services.operator.ports import CityBooks, Stated


class NoCity(StrEnum):
    ALREADY_OPEN = "already_open"
    UNKNOWN_CITY = "unknown_city"
    ACCOUNT_OF_ANOTHER_CITY = "account_of_another_city"
    VERSION_MISMATCH = "version_mismatch"


async def open_city(settings: CitySettings, *, books: CityBooks) -> CitySettings | Refusal[NoCity]:
    """Open the city. The settings have no `faults()`."""
    if settings.stripe is not None and await books.shares(settings.stripe.account):
        return Refusal(NoCity.ACCOUNT_OF_ANOTHER_CITY)
    return settings if await books.open(settings) else Refusal(NoCity.ALREADY_OPEN)


async def set_city(
    settings: CitySettings, *, books: CityBooks, seen: int | None = None
) -> Stated | Refusal[NoCity] | Refusal[NotSettable]:
    """Put these settings in place of the present ones; the same again changes nothing.

    `seen` is the version that the caller has in mind; None where any will do.
    """
    stated = await books.stated(locked=True)
    if stated is None:
        return Refusal(NoCity.UNKNOWN_CITY)
    if seen not in {None, stated.version}:
        return Refusal(NoCity.VERSION_MISMATCH)
    if settings.stripe is not None and await books.shares(settings.stripe.account):
        return Refusal(NoCity.ACCOUNT_OF_ANOTHER_CITY)
    decided = change(stated.settings, settings, await books.has_payments())
    if isinstance(decided, Refusal):
        return decided
    if decided == stated.settings:
        return stated
    await books.change(decided)
    return Stated(decided, stated.version + 1)
