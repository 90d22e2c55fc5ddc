"""64 clients want 4 charge points, over HTTP: two processes of the API, PostgreSQL as the product runs it."""

from collections import Counter
from collections.abc import Callable

from tests.journeys.installation import Installation
from tests.journeys.money import at_rest, charges, compared
from tests.journeys.observer import DEADLOCKS, Observer, nothing_keeps_claims_apart, superuser
from tests.journeys.race import Arena, Race
from tests.journeys.towns import BRAUNSCHWEIG, demo_charge_points, people, town_without_prices

CLIENTS, CHARGERS = 64, 4
SEED = 20261
MOST_DEADLOCKS = 0.001  # of all attempts
P99_MS = 500
REST_WITHIN_S = 180.0  # for the mails and releases that follow from a minute of bookings
STATES = """
SELECT b.state, p.state, count(*) FROM bookings b JOIN payments p ON p.city = b.city AND p.booking_id = b.id
WHERE b.city = $1 AND b.holder_id = ANY ($2) GROUP BY 1, 2
"""

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
        before = await connection.fetchval(DEADLOCKS)
        observer = Observer(connection, town)
        async with observer.watching():
            await race.run(clients, 60 if full else 6)
        rest = await at_rest(connection, town, REST_WITHIN_S)
        counted = await connection.fetchval(DEADLOCKS) - before
    tally, errors = race.tally, Counter(installation.postgres_errors(log))
    deadlocks = max(counted, errors["deadlock detected"])
    report(
        f"seed {SEED}, {tally}, {deadlocks} deadlocks (errors: {dict(errors)}), {len(observer.overlaps)} overlaps in "
        f"{observer.looks} looks, at rest after {rest:.1f} s"
    )
    assert settings == ["on", "on"]
    assert not tally.unexpected
    assert tally.created > 50
    assert tally.cancelled > 0.8 * tally.created
    assert tally.refused > 0.5 * tally.created
    assert observer.overlaps == set()
    assert deadlocks <= MOST_DEADLOCKS * tally.attempts
    if full:
        assert tally.within(0.99) < P99_MS


async def test_sixty_four_clients_who_pay_never_get_a_charge_point_twice_and_pay_for_nothing_else(
    installation: Installation, report: Report, full: bool
) -> None:
    clients = await people(installation, BRAUNSCHWEIG, CLIENTS)
    race = Race(Arena(demo_charge_points(CHARGERS), days_ahead=2), seed=SEED, pays=True)
    async with superuser(installation.urls().superuser) as connection:
        observer = Observer(connection, BRAUNSCHWEIG)
        async with observer.watching():
            await race.run(clients, 60 if full else 4)
        rest = await at_rest(connection, BRAUNSCHWEIG, REST_WITHIN_S)
        books = await compared(connection, BRAUNSCHWEIG, await charges(installation.sandbox, "acct_braunschweig"))
        kept = await connection.fetch(STATES, BRAUNSCHWEIG, [client.id for client in clients])
    tally = race.tally
    report(
        f"seed {SEED}, {tally}, {len(observer.overlaps)} overlaps in {observer.looks} looks, "
        f"{books.agreeing} payments agree, at rest after {rest:.1f} s"
    )
    assert not tally.unexpected
    assert tally.paid == tally.created > 10
    assert observer.overlaps == set()
    assert books.faults == []
    assert {tuple(row) for row in kept} == {
        ("cancelled", "released", tally.cancelled),
        ("confirmed", "authorised", tally.created - tally.cancelled),
    }


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
