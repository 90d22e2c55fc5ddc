"""All invariants of finance over one history: whatever is lost, comes twice or in another order, and wherever it crashes,
the ledger ends the same. Not marked `database`: it tries our code at length, which a second version of PostgreSQL would
only repeat."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.ledger.entries import EntryKind
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from tests.adapters.payments.sandbox.running import Shop, high_street
from tests.database import Databases
from tests.services.ledger.whole.doings import live
from tests.services.ledger.whole.histories import (
    REFUND_FAILS,
    Bank,
    Cancel,
    Close,
    Day,
    Decide,
    Dispute,
    Leave,
    Match,
    Office,
    PayOut,
    Refund,
    Replace,
    TakeBack,
    Undo,
    Use,
    WriteOff,
    histories,
)
from tests.services.ledger.whole.invariants import faults, written
from tests.services.ledger.whole.town import Weather, town
from tests.services.payments.world import FAILS_LATER, VISA

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
EXAMPLES = 12 if FULL else 2
EVERY = 7 if FULL else 97
"""Between two crashes; where they begin is drawn."""
BEGAN = date(2026, 11, 10)
# What is paid at the counter, and what becomes of a loss when its invoice is replaced, have tests of their own.
# Leases have a history of their own, as long as they are.
LEASES = {
    *(EntryKind.LEASE_CHARGED, EntryKind.LEASE_BIKE, EntryKind.LEASE_SERVICE, EntryKind.LEASE_SETTLED),
    *(EntryKind.LEASE_MONTH_END, EntryKind.LEASE_REMINDED, EntryKind.LEASE_REFUNDED),
    EntryKind.LEASE_INSURED,
}
KINDS = (
    set(EntryKind) - LEASES - {EntryKind.OTHER, EntryKind.PAID_OTHERWISE, EntryKind.LOSS_CHANGED, EntryKind.CLEARING}
)
# Something of everything, so that none of the invariants holds of nothing.
ALL_OF_IT: Sequence[Day] = (
    (Use(480, VISA), Use(700, REFUND_FAILS), Use(900, FAILS_LATER), Use(300, None), Leave(), Cancel(240), Office(2)),
    (Refund(0, 190), Refund(1, 400), PayOut(fails=False), Bank(100, twice=True)),
    (Dispute(2), Decide(won=False), Dispute(0), Decide(won=True), Replace(0), Refund(0, 290)),
    (Office(1), PayOut(fails=True), Undo(0)),
    (Close(), Bank(70, twice=False)),
    (Bank(50, twice=False), Match(0), Undo(1), TakeBack(), WriteOff(0), WriteOff(0), PayOut(fails=False)),
    (Bank(0, twice=False),),
)


@pytest.fixture(scope="module")
def street() -> Iterator[Callable[[], Shop]]:
    with high_street() as opened:
        yield opened


async def lived(
    database: Databases, folder: Path, shop: Shop, history: Sequence[Day], weather: Weather, url: str
) -> list[tuple[Any, ...]]:
    """The ledger in the end, of which all that must hold does."""
    async with town(database, folder, shop, BEGAN, weather) as found:
        await live(found, history)
        ledger = await written(found)
        assert await faults(found, url) == {}, history
        assert await written(found) == ledger
        return ledger


async def test_a_history_with_all_that_may_happen_ends_the_same_in_any_weather(
    database: Databases, tmp_path: Path, street: Callable[[], Shop], postgres: DatabaseUrls
) -> None:
    calm = await lived(database, tmp_path / "calm", street(), ALL_OF_IT, Weather(), postgres.superuser)
    assert {row[0] for row in calm} == KINDS
    assert any(day < month for *_, day, month, _words, _legs in calm)  # something came late
    storm = Weather(Random(7), 1 if FULL else EVERY)
    assert await lived(database, tmp_path / "storm", street(), ALL_OF_IT, storm, postgres.superuser) == calm
    assert storm.crashes is not None
    assert min(storm.crashes.count, storm.lost, storm.twice) > 0


@given(history=histories(most_days=4 if FULL else 2), seed=st.integers(0, 2**32))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_any_history_ends_the_same_in_any_weather(
    database: Databases,
    tmp_path: Path,
    street: Callable[[], Shop],
    postgres: DatabaseUrls,
    history: Sequence[Day],
    seed: int,
) -> None:
    folder, chance = tmp_path / new_id().hex, Random(seed)
    calm = await lived(database, folder / "calm", street(), history, Weather(), postgres.superuser)
    storm = Weather(chance, EVERY)
    assert await lived(database, folder / "storm", street(), history, storm, postgres.superuser) == calm
