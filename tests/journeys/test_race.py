"""64 clients want 4 charge points, over HTTP: two processes of the API, PostgreSQL as the product runs it."""

from collections import Counter
from collections.abc import Callable

from tests.journeys.installation import Installation
from tests.journeys.observer import Observer, nothing_keeps_claims_apart, superuser
from tests.journeys.race import Arena, Race
from tests.journeys.towns import people, town_without_prices

CLIENTS, CHARGERS = 64, 4
SEED = 20261
MOST_DEADLOCKS = 0.001  # of all attempts
P99_MS = 500

Report = Callable[[str], None]


async def test_sixty_four_clients_never_get_a_charge_point_twice(
    installation: Installation, report: Report, full: bool
) -> None:
    town, chargers = await town_without_prices(installation, CHARGERS)
    clients = await people(installation, town, CLIENTS)
    race = Race(Arena(chargers, days_ahead=1), seed=SEED)
    log = installation.postgres_log_size()
    async with superuser(installation.urls().superuser) as connection:
        settings = [await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")]
        observer = Observer(connection, town)
        async with observer.watching():
            await race.run(clients, 60 if full else 6)
    tally, errors = race.tally, Counter(installation.postgres_errors(log))
    deadlocks = errors["deadlock detected"]
    report(f"seed {SEED}, {tally}, {deadlocks} deadlocks, {len(observer.overlaps)} overlaps in {observer.looks} looks")
    assert settings == ["on", "on"]
    assert not tally.unexpected
    assert tally.created > 100
    assert tally.cancelled > 0.8 * tally.created
    assert tally.refused > tally.created
    assert observer.overlaps == set()
    assert deadlocks <= MOST_DEADLOCKS * tally.attempts
    if full:
        assert tally.within(0.99) < P99_MS


async def test_without_the_constraints_the_same_race_gives_a_charge_point_twice(
    installation: Installation, report: Report
) -> None:
    """What the observer would see: it is not blind, and the constraints are what keeps bookings apart."""
    town, chargers = await town_without_prices(installation, CHARGERS)
    clients = await people(installation, town, CLIENTS)
    race = Race(Arena(chargers, days_ahead=1), seed=SEED)
    async with superuser(installation.urls().superuser) as connection:
        observer = Observer(connection, town)
        async with nothing_keeps_claims_apart(connection, town), observer.watching():
            await race.run(clients, 3)
    report(f"seed {SEED}, {race.tally}, {len(observer.overlaps)} overlaps in {observer.looks} looks")
    assert observer.overlaps
