"""What the provider says that it has is compared each night with what the ledger has there."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from msgspec import Struct

from adapters.jobs.posting import POSTED
from domain.identity import City
from infra.finance.banking import reconciliation
from infra.finance.settling import at_provider
from infra.ids import new_id
from services.ledger.posting import post
from services.settlement.ports import Movement, Settlements
from tests.adapters.database.ledgers import Books
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database


class Hiding(Struct, frozen=True):
    """A provider whose list lacks what gives money back; all else it says as ever."""

    whole: Settlements

    async def movements(
        self, city: City, since: datetime, until: datetime | None = None
    ) -> AsyncIterator[tuple[Movement, ...]]:
        async for page in self.whole.movements(city, since, until):
            yield tuple(each for each in page if each.type != "refund")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


async def night(town: Treasury) -> list[tuple[str, int, str]]:
    """The ledger is told of all that is known; then the three books are compared. The differences that are open."""
    for _ in range(2):
        for kind, subject_id in await town.rows("SELECT kind, subject_id FROM outbox WHERE city = :city"):
            if kind in POSTED:
                await post(POSTED[kind], town.city, subject_id, ledgers=Books(town.databases, town.city).ledgers)
        desk = reconciliation(
            town.databases.app.transactions,
            town.world.clock,
            new_id,
            lambda: None,
            at_provider=at_provider(town.settlement),
        )
        await desk.nightly(town.city)
        town.world.clock.pass_by(seconds=1)
    return [
        (source, amount, about)
        for source, amount, about in await town.rows(
            "SELECT source, amount, about FROM exceptions WHERE city = :city AND kind = 'books_differ' AND resolution IS NULL"
        )
    ]


async def told(town: Treasury) -> list[tuple[Any, ...]]:
    return await town.rows(
        "SELECT stated_differs FROM reconciliations WHERE city = :city ORDER BY ran_at DESC, id DESC LIMIT 1"
    )


async def test_what_was_taken_and_paid_out_is_what_the_provider_says_that_it_has(town: Treasury) -> None:
    await town.paid()
    await town.paid()
    await town.pass_by(hours=2)
    assert await night(town) == []
    assert await told(town) == [(False,)]
    await town.paid_out("paid", "reconciled")
    assert await night(town) == []
    assert await told(town) == [(False,)]


async def test_what_its_lists_do_not_show_is_a_matter_of_time_for_one_night(town: Treasury) -> None:
    booking = await town.paid()
    await town.pass_by(hours=2)
    payment = await town.world.payment(booking)
    town.provider = Hiding(town.provider)
    await town.paid()
    await town.sandbox.city.v1.refunds.create_async({"payment_intent": str(payment.intent_id), "amount": 100})
    desk = reconciliation(
        town.databases.app.transactions,
        town.world.clock,
        new_id,
        lambda: None,
        at_provider=at_provider(town.settlement),
    )
    await desk.nightly(town.city)
    assert await told(town) == [(True,)]
    assert await town.rows("SELECT source FROM exceptions WHERE city = :city AND source LIKE '%stated%'") == []
    await town.pass_by(days=1)
    assert await night(town) == [("books_differ:balance:stated:EUR", -100, "account:provider")]
    town.provider = town.provider.whole
    await town.rows(
        "UPDATE provider_looks SET read_until = read_until - interval '2 days' WHERE city = :city RETURNING 1"
    )
    assert await night(town) == []


async def test_a_provider_that_is_away_is_asked_another_night(town: Treasury) -> None:
    await town.paid()
    await town.sandbox.fault("GET", "/v1/balance", "error_503", times=9)
    assert await night(town) == []
    assert await told(town) == [(None,)]
