"""OCPI tariffs that a city sells by, wired."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.charging.tariffs import SqlChargingTariffBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet
from adapters.database.transacting import in_city
from domain.booking.publishing import TariffDraft
from domain.charging.selling import AssignTariff, KnownTariff, NotSold
from domain.identity import SYSTEM, City
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from services.calls import Call
from services.charging.tariffs import (
    ChargingTariffs,
    TariffStands,
    assign_tariff,
    find_tariff,
    publish_tariff,
    retire_tariff,
)

T = TypeVar("T")
LOOKING = "tariffs"  # the request of what leaves no trace


def charging_tariffs(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> ChargingTariffs:
    async def looking(city: City, work: Callable[[SqlChargingTariffBooks], Awaitable[T]]) -> T:
        def books(connection: AsyncConnection) -> SqlChargingTariffBooks:
            return SqlChargingTariffBooks(Sheet(connection, city, SYSTEM, LOOKING, clock(), new_id))

        return await in_city(transactions, city, lambda c: work(books(c)))

    async def acting(call: Call[Any], work: Callable[[SqlChargingTariffBooks], Awaitable[T]]) -> T:
        def books(connection: AsyncConnection) -> SqlChargingTariffBooks:
            sheet = Sheet(connection, call.city, call.actor.id, call.request_id, clock(), new_id)
            return SqlChargingTariffBooks(sheet)

        return await in_city(transactions, call.city, lambda c: work(books(c)))

    async def page(city: City, after: TariffId, limit: int) -> Sequence[KnownTariff]:
        return await looking(city, lambda books: books.page(after, limit))

    async def find(city: City, tariff_id: TariffId) -> KnownTariff | Refusal[NotSold]:
        return await looking(city, lambda books: find_tariff(tariff_id, books=books))

    async def publish(call: Call[Any], draft: TariffDraft) -> TariffStands | Refusal[NotSold]:
        return await acting(call, lambda books: publish_tariff(draft, books=books, now=clock()))

    async def assign(call: Call[Any], wanted: AssignTariff) -> TariffStands | Refusal[NotSold]:
        return await acting(call, lambda books: assign_tariff(wanted, books=books, now=clock()))

    async def retire(call: Call[Any], tariff_id: TariffId) -> TariffStands | Refusal[NotSold]:
        return await acting(call, lambda books: retire_tariff(tariff_id, books=books))

    return ChargingTariffs(page, find, publish, assign, retire)
