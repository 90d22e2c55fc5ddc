"""OCPI tariffs that a city sells by: published, assigned, retired."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from domain.booking.publishing import Published, TariffDraft, publish
from domain.charging.selling import AssignTariff, KnownTariff, NotSold, assign, may_publish, retire
from domain.identity import City
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from services.calls import Call


class TariffDesk(Struct, frozen=True):
    """A tariff, and the currency of the city's others, where it has any."""

    known: KnownTariff | None
    currency: str | None = None


class ChargingTariffBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def page(self, after: TariffId, limit: int) -> Sequence[KnownTariff]:
        """Those of OCPI, by id."""

    async def desk(self, tariff_id: TariffId) -> TariffDesk:
        """Nobody else publishes, assigns or retires in the city meanwhile."""

    async def knows(self, wanted: AssignTariff) -> bool:
        """Whether there is such a station, or such a charge point that the city sells."""

    async def publish(self, published: Published) -> None: ...
    async def assign(self, wanted: AssignTariff) -> None: ...
    async def retire(self, tariff_id: TariffId) -> None: ...


class TariffStands(Struct, frozen=True):
    known: KnownTariff
    new: bool = False


class ChargingTariffs(Struct, frozen=True):
    """The use cases, bound to their books."""

    page: Callable[[City, TariffId, int], Awaitable[Sequence[KnownTariff]]]
    find: Callable[[City, TariffId], Awaitable[KnownTariff | Refusal[NotSold]]]
    publish: Callable[[Call[Any], TariffDraft], Awaitable[TariffStands | Refusal[NotSold]]]
    assign: Callable[[Call[Any], AssignTariff], Awaitable[TariffStands | Refusal[NotSold]]]
    retire: Callable[[Call[Any], TariffId], Awaitable[TariffStands | Refusal[NotSold]]]


async def find_tariff(tariff_id: TariffId, *, books: ChargingTariffBooks) -> KnownTariff | Refusal[NotSold]:
    known = (await books.desk(tariff_id)).known
    if known is None or known.latest.tariff.charging is None:
        return Refusal(NotSold.UNKNOWN_TARIFF)
    return known


async def publish_tariff(
    draft: TariffDraft, *, books: ChargingTariffBooks, now: datetime
) -> TariffStands | Refusal[NotSold]:
    """Add a version where the draft, which has no `faults()`, says something else than the latest."""
    desk = await books.desk(draft.id)
    if refusal := may_publish(draft, desk.known, desk.currency):
        return refusal
    published = publish(draft, desk.known.latest if desk.known is not None else None, now)
    if published is not None:
        await books.publish(published)
    return TariffStands(await _known(books, draft.id), published is not None)


async def assign_tariff(
    wanted: AssignTariff, *, books: ChargingTariffBooks, now: datetime
) -> TariffStands | Refusal[NotSold]:
    desk = await books.desk(wanted.tariff_id)
    outcome = assign(wanted, desk.known, await books.knows(wanted), now)
    if isinstance(outcome, Refusal):
        return outcome
    await books.assign(outcome)
    return TariffStands(await _known(books, wanted.tariff_id))


async def retire_tariff(tariff_id: TariffId, *, books: ChargingTariffBooks) -> TariffStands | Refusal[NotSold]:
    outcome = retire(tariff_id, (await books.desk(tariff_id)).known)
    if isinstance(outcome, Refusal):
        return outcome
    await books.retire(outcome)
    return TariffStands(await _known(books, tariff_id))


async def _known(books: ChargingTariffBooks, tariff_id: TariffId) -> KnownTariff:
    known = (await books.desk(tariff_id)).known
    if known is None:
        raise RuntimeError("what was just written is not there")
    return known
