"""The run of a month: what its instalments come to is charged, posted and queued, a batch in each transaction.

A batch that was cut off left nothing behind; what was charged is not charged again, however often a month is run.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.money.bikes import worth_as_financed
from domain.bike_leasing.money.charging import Payer, charge
from domain.bike_leasing.money.collecting import ChargeId, Collection, CollectionId
from domain.bike_leasing.money.entries import charged, depreciated
from domain.bike_leasing.money.month_end import begins, month_end
from domain.refusals import Refusal
from services.bike_leasing.money.ports import BikeBooks, Owed, Posted, Run, RunBooks

BATCH = 500


class NotRun(StrEnum):
    MONTH_NOT_BEGUN = "month_not_begun"


async def begin_run(month: date, *, books: RunBooks) -> Run | Refusal[NotRun]:
    """Of the month whose first day it is."""
    today, _ = await books.place()
    return await books.begin(month) if month <= today else Refusal(NotRun.MONTH_NOT_BEGUN, "/month")


async def runs_of_city(*, books: RunBooks) -> Sequence[Run]:
    return await books.runs()


async def charge_batch(
    month: date, *, books: RunBooks, bikes: BikeBooks, new_id: Callable[[], UUID], now: datetime
) -> int | None:
    """How many were charged; None where there is nothing to do here any more, or somebody else does it. As the run ends, what bikes
    lost of their worth in the month before is posted."""
    found = await books.owed(month, BATCH)
    if found is None:
        return None
    if not found:
        if await books.end(month):
            _, zone = await books.place()
            await _depreciate(months_on(month, -1), zone, bikes)
        return None
    _, zone = await books.place()
    posted = [each for owed in found if (each := _posted(owed, zone, new_id, now)) is not None]
    await books.record(month, posted)
    return len(posted)


def _posted(owed: Owed, zone: ZoneInfo, new_id: Callable[[], UUID], now: datetime) -> Posted | None:
    found = charge(owed.lease_id, owed.holder, owed.instalment)
    if found is None:
        return None
    charge_id = ChargeId(new_id())
    collection = None
    if found.payer is Payer.HOLDER and owed.method_id is not None:
        collection = Collection(
            CollectionId(new_id()),
            charge_id,
            owed.lease_id,
            found.number,
            owed.holder,
            1,
            found.amount,
            owed.method_id,
            begins(found.due_on, zone),
            now,
        )
    return Posted(charge_id, found, charged(found, begins(found.month, zone)), collection)


async def _depreciate(month: date, zone: ZoneInfo, bikes: BikeBooks) -> None:
    over = begins(months_on(month, 1), zone)
    worths = [worth_as_financed(*each) for each in await bikes.owned(over)]
    found = month_end(month, [worth for worth in worths if worth is not None], ())
    await bikes.post(depreciated(month, found.depreciation, over - timedelta(seconds=1)))
