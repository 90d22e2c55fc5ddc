"""A lease over HTTP, from the dealer's offer to the handover: each step by whoever's turn it is, and by nobody else."""

import asyncio
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import Busy, sqlstate
from adapters.database.bike_leasing.leases import SqlLeaseBooks
from adapters.database.sheets import Sheet
from adapters.documents.qr import qr_svg
from adapters.http.bike_leasing.examples import APPROVAL, FRAMEWORK, OFFER
from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.api import a_token
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await opened(http, database)


async def test_a_lease_goes_from_the_dealers_offer_to_the_handover(office: Office) -> None:
    lease, pin = await office.ready()
    waiting = await office.seen("ada", lease)
    assert (waiting["state"], waiting["bike"]["serial_number"]) == ("ready_for_pickup", "SN-4711")
    assert (await office.seen("dealer", lease))["pin"] is None
    assert (await office.seen("hr", lease))["pin"] is None

    after = await office.done("dealer", "handovers", handed(lease, pin))

    assert (after["state"], after["rate"], after["instalments"]) == (
        "handed_over",
        {"amount": 11_129, "currency": "EUR"},
        [],
    )
    kept = await office.seen("ada", lease)
    assert (kept["pin"], len(kept["instalments"])) == (None, 36)
    assert {each["amount"]["amount"] for each in kept["instalments"]} == {12_193}
    assert set(kept["sheets"]) == {"rate", "month", "benefit"}
    assert set((await office.seen("dealer", lease))["sheets"]) == {"rate"}
    assert after["sheets"] == {}
    assert await office.refused("dealer", "handovers", handed(lease, pin)) == (409, "lease_state_forbids")
    async with office.database.app.transactions.city(office.city) as connection:
        owed = await connection.execute(
            text("SELECT account, side, amount, cost_centre FROM ledger_legs ORDER BY number")
        )
        assert [tuple(row) for row in owed] == [
            ("leased_bikes", "debit", 336_050, None),
            ("input_vat", "debit", 63_850, None),
            ("dealers", "credit", 399_900, "radhaus"),
        ], "the dealer is owed for it, once"
    assert [each["id"] for each in (await office.ask("lessor", "GET", "leases")).json()["items"]] == [lease]


async def test_an_employer_sees_what_is_left_of_its_credit_line_and_nobody_elses(office: Office) -> None:
    line = FRAMEWORK["credit_line"]["amount"]
    for who in ("hr", "lessor"):
        (budget,) = (await office.ask(who, "GET", "budgets")).json()["items"]
        assert (budget["leases"], budget["used"]["amount"], budget["left"]["amount"]) == (0, 0, line)
    await office.ready()

    (budget,) = (await office.ask("hr", "GET", "budgets")).json()["items"]
    assert (budget["leases"], budget["used"]["amount"], budget["left"]["amount"]) == (1, 399_900, line - 399_900)
    assert budget["framework"]["employer"] == "stadtwerke"
    assert (await office.ask("stranger", "GET", "budgets")).json() == {"items": [], "next_cursor": None}
    assert (await office.ask("dealer", "GET", "budgets")).status_code == 403


async def test_budgets_are_paged_and_each_side_sees_those_that_it_is_party_of(office: Office) -> None:
    office.tokens["rival"] = a_token(office.city, Role.LESSOR, parties=("rad-leasing",))
    for who, lessor, employer in (
        ("lessor", "leasing-ag", "wasserwerke"),
        ("rival", "rad-leasing", "stadtwerke"),
        ("rival", "rad-leasing", "abfallwerke"),
    ):
        await office.done(who, f"frameworks/{employer}", FRAMEWORK | {"lessor": lessor}, "PUT")
    await office.ready()

    async def seen(who: str) -> list[tuple[str, str, int]]:
        found, cursor = [], ""
        while True:
            page = (await office.ask(who, "GET", f"budgets?limit=1{cursor}")).json()
            assert len(page["items"]) == 1
            (budget,) = page["items"]
            found.append((budget["framework"]["employer"], budget["framework"]["lessor"], budget["used"]["amount"]))
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    assert await seen("lessor") == [("stadtwerke", "leasing-ag", 399_900), ("wasserwerke", "leasing-ag", 0)]
    assert await seen("rival") == [("abfallwerke", "rad-leasing", 0), ("stadtwerke", "rad-leasing", 0)]
    assert await seen("hr") == [("stadtwerke", "leasing-ag", 399_900), ("stadtwerke", "rad-leasing", 0)]
    assert await seen("stranger") == [("wasserwerke", "leasing-ag", 0)]
    assert (await office.ask("hr", "GET", "budgets?cursor=x")).status_code == 422


async def test_the_holder_has_a_code_scanned_and_nobody_else_is_shown_it(office: Office) -> None:
    lease, pin = await office.ready()
    drawn = await office.ask("ada", "GET", f"leases/{lease}/pin-code")
    assert (drawn.content, drawn.headers["content-type"]) == (qr_svg(f"{lease}:{pin}"), "image/svg+xml")
    assert drawn.headers["cache-control"] == "private, no-store"
    for who, code in (("dealer", "forbidden"), ("hr", "forbidden"), ("stranger", "unknown_lease")):
        assert (await office.ask(who, "GET", f"leases/{lease}/pin-code")).json()["code"] == code

    await office.done("dealer", "handovers", handed(lease, pin))
    after = await office.ask("ada", "GET", f"leases/{lease}/pin-code")
    assert (after.status_code, after.json()["code"]) == (409, "lease_state_forbids")


async def test_a_lessor_finds_all_its_leases_a_page_after_the_other(office: Office) -> None:
    made = [await office.offered() for _ in range(5)]
    async with office.database.app.transactions.city(office.city) as connection:
        at = "UPDATE leases SET made_at = '2026-01-01 09:00Z' WHERE city = :city AND id = ANY (:ids)"
        await connection.execute(text(at), {"city": office.city, "ids": [UUID(lease) for lease in made[:4]]})

    expected = [made[4], *sorted(made[:4])]
    assert await office.listed("lessor", "leases", 2) == expected, "the newest first, and of one moment none twice"
    assert (await office.ask("lessor", "GET", "leases?cursor=x")).status_code == 422


async def test_nobody_decides_on_her_own_application_and_strangers_hear_of_no_lease(office: Office) -> None:
    lease = await office.offered()
    approval = APPROVAL | {"lease_id": lease}
    assert await office.refused("hr", "approvals", approval) == (404, "unknown_lease"), "nobody has asked her employer"
    assert (await office.ask("hr", "GET", f"leases/{lease}")).status_code == 404
    assert (await office.ask("hr", "GET", "leases")).json()["items"] == []
    await office.done("ada", "applications", {"lease_id": lease})
    assert [each["id"] for each in (await office.ask("hr", "GET", "leases")).json()["items"]] == [lease]

    assert await office.refused("ada", "reviews", {"lease_id": lease}) == (403, "not_yours_to_do")
    assert (await office.done("hr", "reviews", {"lease_id": lease}))["state"] == "employer_review"
    assert await office.refused("ada", "approvals", approval) == (403, "not_yours_to_do")
    assert await office.refused("stranger", "approvals", approval) == (404, "unknown_lease")
    assert (await office.ask("stranger", "GET", f"leases/{lease}")).json()["code"] == "unknown_lease"
    assert (await office.ask("stranger", "GET", "leases")).json() == {"items": [], "next_cursor": None}
    no = APPROVAL | {"lease_id": lease, "approved": False, "reason": "befristet"}
    assert (await office.done("hr", "approvals", no))["reason"] == "befristet"


async def test_an_hours_pay_is_a_number(office: Office) -> None:
    lease = await office.offered()
    await office.done("ada", "applications", {"lease_id": lease})
    for pay in ("NaN", "sNaN", "Infinity", "-Infinity", "-1", "1e999999"):
        approval = APPROVAL | {"lease_id": lease, "hourly_after": pay}
        assert await office.refused("hr", "approvals", approval) == (422, "invalid_input"), pay
    assert (await office.seen("hr", lease))["state"] == "applied"


async def test_somebody_has_one_bike_at_a_time_also_when_two_offers_are_taken_up_at_once(office: Office) -> None:
    """By two employers of hers, whose frameworks have nothing to do with one another."""
    await office.done("lessor", "frameworks/wasserwerke", FRAMEWORK, "PUT")
    first, second = await office.offered(), await office.offered("wasserwerke")
    both = await asyncio.gather(
        *(office.ask("ada", "POST", "applications", {"lease_id": lease}) for lease in (first, second))
    )

    assert sorted(each.status_code for each in both) == [200, 409]
    assert {each.json().get("code") for each in both} == {None, "too_many_bikes"}


async def test_whoever_decides_on_a_lease_keeps_the_holders_others_waiting(office: Office) -> None:
    lease, held = (
        await office.offered(),
        "SELECT id FROM persons WHERE city = :city AND id = :id FOR NO KEY UPDATE NOWAIT",
    )
    transactions = office.database.app.transactions
    async with transactions.city(office.city) as connection:
        sheet = Sheet(connection, office.city, office.ada, "", now(), new_id)
        assert await SqlLeaseBooks(sheet).desk(LeaseId(UUID(lease))) is not None
        with pytest.raises(Busy) as busy:
            async with transactions.city(office.city) as other:
                await other.execute(text(held), {"city": office.city, "id": office.ada})
    assert sqlstate(busy.value.said) == "55P03"


async def test_a_pin_counts_for_five_tries(office: Office) -> None:
    lease, pin = await office.ready()
    wrong = handed(lease, f"{(int(pin) + 1) % 1_000_000:06}")

    tries = [await office.refused("dealer", "handovers", wrong) for _ in range(6)]
    assert tries == [(409, "pin_does_not_fit")] * 5 + [(409, "pin_used_up")]
    assert await office.refused("dealer", "handovers", handed(lease, pin)) == (409, "pin_used_up")

    wanted, pins = {"lease_id": lease}, [pin]
    assert await office.refused("lessor", "pins", wanted) == (403, "forbidden")
    for _ in range(3):
        assert (await office.done("dealer", "pins", wanted))["pin"] is None
        pins.append((await office.seen("ada", lease))["pin"])
    assert await office.refused("dealer", "pins", wanted) == (409, "no_more_pins")
    assert await office.refused("dealer", "handovers", handed(lease, pin)) == (409, "pin_does_not_fit")
    assert (await office.done("dealer", "handovers", handed(lease, pins[-1])))["state"] == "handed_over"


async def test_whoever_agreed_to_a_lease_gives_it_up_before_the_handover(office: Office) -> None:
    lease, pin = await office.ready()
    given_up = {"lease_id": lease}

    assert await office.refused("dealer", "cancellations", given_up) == (403, "forbidden")
    assert await office.refused("hr", "cancellations", given_up) == (409, "reason_missing")
    after = await office.done("hr", "cancellations", given_up | {"reason": "Die Stelle fällt weg"})
    assert (after["state"], after["reason"], (await office.seen("ada", lease))["pin"]) == (
        "cancelled",
        "Die Stelle fällt weg",
        None,
    )
    assert await office.refused("dealer", "handovers", handed(lease, pin)) == (409, "lease_state_forbids")
    assert await office.refused("dealer", "pins", given_up) == (409, "lease_state_forbids")
    async with office.database.app.transactions.city(office.city) as connection:
        told = await connection.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'bike_leasing.lease_cancel'"))
    assert told == 1


async def test_who_is_not_there_or_not_agreed_with_is_offered_nothing(office: Office) -> None:
    unknown = OFFER | {"holder_id": str(new_id())}
    assert await office.refused("dealer", "offers", unknown) == (422, "unknown_holder")
    known = OFFER | {"holder_id": str(office.ada)}
    assert await office.refused("dealer", "offers", known | {"employer": "wasserwerke"}) == (
        409,
        "framework_not_active",
    )
    assert await office.refused("stranger", "offers", known) == (404, "unknown_lease")
    framework = await office.ask("lessor", "PUT", "frameworks/stadtwerke", FRAMEWORK | {"lessor": "other"})
    assert (framework.status_code, framework.json()["code"]) == (404, "unknown_party")


async def test_what_was_calculated_and_planned_is_never_written_otherwise(office: Office) -> None:
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    for sql in (
        "UPDATE lease_sheets SET sheet = '{}'",
        "UPDATE lease_steps SET act = 'apply'",
        "DELETE FROM lease_instalments",
    ):
        with pytest.raises(DBAPIError) as error:
            await written(office, sql)
        assert sqlstate(error.value) == "42501"
    columns = "city, lease_id, month, due_on, amount, currency"
    again = f"INSERT INTO lease_instalments (number, {columns}) SELECT number + 100, {columns} FROM lease_instalments"
    async with office.database.app.transactions.city(office.city) as connection:
        await connection.execute(text("UPDATE lease_instalments SET state = 'posted' WHERE number = 1"))
    for sql, code in (
        (again, "23505"),
        ("UPDATE lease_instalments SET amount = 1", "42501"),
        ("UPDATE lease_instalments SET month = month + interval '9 months'", "23001"),
        ("UPDATE lease_instalments SET state = 'planned'", "23001"),
    ):
        with pytest.raises(DBAPIError) as error:
            await written(office, sql)
        assert sqlstate(error.value) == code


async def written(office: Office, sql: str) -> None:
    async with office.database.app.transactions.city(office.city) as connection:
        await connection.execute(text(sql))
