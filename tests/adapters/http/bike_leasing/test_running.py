"""A lease over HTTP from its first month to its end: what happens to it, what becomes of its plan, and who sees how much of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from adapters.database.bike_leasing.runs import SqlBikeBooks, SqlRunBooks
from adapters.database.sheets import Sheet, SqlSheets
from adapters.http.bike_leasing.examples import CONSUMER_TERMS, FRAMEWORK
from adapters.http.bike_leasing.running_examples import INCIDENT, OUTCOME
from adapters.http.bike_leasing.simulation_examples import CREDIT
from adapters.mail.files import FileMailer
from domain.booking.declarations import DeclarationId
from domain.identity import SYSTEM
from infra.bike_leasing.running import calendar_of_leases
from infra.bootstrap import Outside, Post, api, effects
from infra.ids import new_id
from services.bike_leasing.money.running import begin_run, charge_batch
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.api import KEY, KEY_ID, client
from tests.database import Databases
from tests.examples import an_id

pytestmark = pytest.mark.database
HANDED_OVER = datetime(2027, 1, 14, 9, tzinfo=UTC)


class Years:
    """The clock of an installation, moved on by whoever tells what happened when."""

    def __init__(self, database: Databases) -> None:
        self.now = HANDED_OVER
        self.database = database
        self.http: httpx.AsyncClient
        self.office: Office

    async def to(self, year: int, month: int, day: int) -> None:
        """It is that day, and what leases' calendars bring by then has happened."""
        await self.at(datetime(year, month, day, 9, tzinfo=UTC))

    async def at(self, now: datetime) -> None:
        self.now = now
        batch = calendar_of_leases(self.database.app, self.database.relay, lambda: self.now, new_id)
        while await batch():
            pass  # of other tests, too, whose leases are in the same database

    async def lease(self) -> str:
        """A bike handed over in January 2027; the lease runs from February on, for three years."""
        lease, pin = await self.office.ready()
        await self.office.done("dealer", "handovers", handed(lease, pin))
        return lease

    async def consumers(self, *, told: bool = True) -> str:
        """Ada's own, ordered on 11 December 2026: the fourteenth day after it is Christmas, the first working day after that a Monday."""
        self.now = datetime(2026, 12, 11, 9, tzinfo=UTC)
        office = self.office
        await office.done("lessor", "consumer-terms/leasing-ag", CONSUMER_TERMS, "PUT")
        lease = await office.offered(None)
        await office.done("ada", "applications", {"lease_id": lease})
        order = {"lease_id": lease, "accepted": True, "signed": True}
        assert await office.refused("lessor", "orders", order) == (409, "credit_not_granted")
        await office.done("lessor", "orders", order | {"credit_granted": True, "told_of_withdrawal": told})
        return lease

    async def withdraw(self, lease: str, mail: Path, email: str = "") -> list[str]:
        """In two steps and without signing in; the subjects of the letters that follow, on a worker that is told twice."""
        url = f"/v1/{self.office.city}/withdrawals"
        said = {"language": "de", "name": "Ada", "reference": lease, "email": email or f"{self.office.ada}@example.org"}
        declared = (await self.http.post(url, json=said)).json()
        assert (await self.http.post(declared["confirm"]["href"])).is_success
        outside = Outside(lambda: self.now, new_id, lambda secret: secret)
        work = effects(self.database.app, self.database.relay, outside, Post(FileMailer(mail)))
        for _ in range(2):
            await work.carry_out_withdrawal(
                self.office.city, DeclarationId(UUID(declared["id"])), an_id(declared["id"])
            )
        return await asyncio.to_thread(subjects, mail)

    async def run(self, month: date) -> None:
        """The month's instalments are charged."""
        desk = SqlSheets(self.database.app.transactions, lambda: self.now, new_id)

        async def charged(sheet: Sheet) -> None:
            runs, bikes = SqlRunBooks(sheet), SqlBikeBooks(sheet)
            await begin_run(month, books=runs)
            while await charge_batch(month, books=runs, bikes=bikes, new_id=new_id, now=self.now) is not None:
                pass

        await desk.work(self.office.city, SYSTEM, "", charged)

    async def posted(self) -> dict[str, int]:
        """What its holder was made to owe beside the rates: debits less credits, by account."""
        summed = """SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs g
          JOIN ledger_entries e ON e.city = g.city AND e.id = g.entry_id WHERE e.kind = 'lease_settled' GROUP BY 1"""
        async with self.database.app.transactions.city(self.office.city) as connection:
            return dict(map(tuple, await connection.execute(text(summed))))

    async def of(self, who: str, lease: str, *what: str) -> Any:
        seen = await self.office.seen(who, lease)
        return tuple(seen[each] for each in what) if len(what) > 1 else seen[what[0]]


@pytest.fixture(scope="module")
async def clockwork(database: Databases) -> AsyncIterator[Years]:
    found = Years(database)
    app = api(database.app, Outside(lambda: found.now, new_id, lambda secret: secret), {KEY_ID: KEY.public_key()})
    async with client(app) as http:
        found.http = http
        yield found


@pytest.fixture
async def years(clockwork: Years) -> Years:
    clockwork.now = HANDED_OVER
    clockwork.office = await opened(clockwork.http, clockwork.database, exp=datetime(2031, 1, 1, tzinfo=UTC))
    settings = msgspec.json.encode(BRAUNSCHWEIG).decode()
    changed = "UPDATE cities SET settings = CAST(:s AS jsonb) WHERE city = :city RETURNING city"
    await clockwork.database.rows(clockwork.office.city, changed, s=settings)
    return clockwork


def subjects(mail: Path) -> list[str]:
    letters = [message_from_bytes(path.read_bytes(), policy=default) for path in mail.glob("*.eml")]
    return sorted(str(letter["subject"]) for letter in letters)


def eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


def states(lease: dict[str, Any]) -> dict[str, int]:
    return dict(Counter(each["state"] for each in lease["instalments"]))


async def test_hr_says_after_the_handover_that_a_lease_rests_from_its_first_month_on(years: Years) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2027, 1, 20)
    rest = {"lease_id": lease, "pause": "parental_leave", "since": "2027-02-01"}
    assert await office.refused("hr", "suspensions", rest | {"since": "2027-01-01"}) == (422, "before_first_month")
    assert await office.refused("hr", "suspensions", rest | {"since": "2027-03-01"}) == (409, "lease_not_begun")

    assert states(await office.done("hr", "suspensions", rest)) == {"on_hold": 35}, (
        "January's pay has paid for the first"
    )

    await years.at(datetime(2027, 1, 31, 23, 5, tzinfo=UTC))
    assert await years.of("ada", lease, "state") == "suspended"
    await years.run(date(2027, 2, 1))
    assert states(await office.seen("ada", lease)) == {"posted": 1, "on_hold": 35}
    after = await office.done("hr", "resumptions", {"lease_id": lease, "on": "2027-04-01"})
    assert (after["state"], after["last_day"], states(after)) == ("active", "2030-03-31", {"planned": 35})


async def test_a_lease_begins_with_its_first_month_and_rests_while_an_insurer_pays(years: Years) -> None:
    office = years.office
    await office.done("lessor", "frameworks/stadtwerke", FRAMEWORK | {"protection": "public"}, "PUT")
    lease = await years.lease()
    await years.to(2027, 1, 31)
    assert await years.of("ada", lease, "state") == "handed_over"
    await years.at(datetime(2027, 1, 31, 23, 5, tzinfo=UTC))  # the first of February in the city
    assert await years.of("ada", lease, "state", "last_day") == ("active", "2030-01-31")

    rest = {"lease_id": lease, "pause": "parental_leave", "since": "2027-08-01"}
    assert await office.refused("ada", "suspensions", rest) == (403, "not_yours_to_do")
    assert await office.refused("hr", "suspensions", rest | {"since": "2027-08-02"}) == (422, "not_on_a_first")
    await years.to(2027, 8, 2)
    assert states(await office.done("hr", "suspensions", rest)) == {"insured": 18, "on_hold": 11}
    assert states(await office.seen("ada", lease)) == {"planned": 7, "insured": 18, "on_hold": 11}
    await years.to(2029, 4, 1)
    for far in ("2030-05-01", "9999-12-01"):
        too_far = {"lease_id": lease, "on": far}
        assert await office.refused("hr", "resumptions", too_far) == (422, "too_late_for_that")
    after = await office.done("hr", "resumptions", {"lease_id": lease, "on": "2029-05-01"})
    assert (after["state"], after["last_day"], states(after)) == ("active", "2030-04-30", {"planned": 11})
    months = ("2027-06", "2027-07", "2027-08", "2029-04", "2029-05")
    paid = [(await office.ask("hr", "GET", f"payrolls/stadtwerke/{month}")).json()["items"][0] for month in months]
    assert [line["conversion"]["amount"] > 0 for line in paid] == [True, True, False, False, True], (
        "whenever there is pay"
    )
    plan = await years.of("ada", lease, "instalments")
    assert [(each["number"], each["month"], each["due_on"]) for each in plan[24:26]] == [
        (25, "2029-02-01", "2029-02-01"),
        (26, "2029-06-01", "2029-06-01"),
    ]


async def test_what_happened_to_a_bike_is_for_its_holder_and_the_lessor(years: Years) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2027, 3, 1)
    theft = INCIDENT | {"lease_id": lease, "happened_on": "2027-02-27"}
    unknown = theft | {"police_reference": None}
    assert await office.refused("hr", "incidents", theft) == (403, "forbidden")
    assert await office.refused("ada", "incidents", unknown) == (422, "police_reference_missing")
    before = await office.seen("ada", lease)
    await office.done("ada", "incidents", theft)

    for_whom = {
        who: (await office.ask(who, "GET", f"leases/{lease}")).text for who in ("ada", "lessor", "hr", "dealer")
    }
    assert {who for who, said in for_whom.items() if "4711" in said.replace("SN-4711", "")} == {"ada", "lessor"}
    assert {who for who, said in for_whom.items() if "theft" in said} == {"ada", "lessor"}
    assert await years.of("hr", lease, "state", "incident", "incidents_before") == ("incident", None, [])
    assert await years.of("dealer", lease, "state", "acts", "instalments") == ("handed_over", [], [])
    listed = {who: (await office.ask(who, "GET", "leases")).json()["items"][0]["state"] for who in ("hr", "dealer")}
    assert listed == {"hr": "incident", "dealer": "handed_over"}

    swap = OUTCOME | {"lease_id": lease, "bike": OUTCOME["bike"] | {"list_price": eur(549_900)}}
    assert await office.refused("ada", "incident-outcomes", swap) == (403, "not_yours_to_do")
    assert await office.refused("lessor", "incident-outcomes", swap | {"outcome": "repaired"}) == (409, "not_a_damage")
    after = await office.done("lessor", "incident-outcomes", swap)
    assert (after["state"], after["bike"]["serial_number"]) == ("active", "SN-4712")
    kept = await office.seen("ada", lease)
    assert (kept["instalments"], kept["rate"]) == (before["instalments"], before["rate"])
    assert kept["incidents_before"][0]["outcome"] == "replaced"
    assert await years.of("hr", lease, "incidents_before") == []
    benefits = [sheet["results"]["benefit"] for name, sheet in kept["sheets"].items() if name.startswith("benefit")]
    assert benefits == [eur(900), eur(1_300)]
    months = [await office.ask("hr", "GET", f"payrolls/stadtwerke/2027-0{month}") for month in (2, 3)]
    assert [month.json()["benefit"] for month in months] == [eur(900), eur(1_300)], "each bike's own"


async def test_an_early_end_is_shown_before_it_is_confirmed_and_cuts_the_plan(years: Years) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2028, 11, 20)
    notice = {"lease_id": lease, "reason": "leaving", "on": "2028-11-30"}
    for far in ("2030-02-01", "9999-12-30"):
        assert await office.refused("hr", "terminations", notice | {"on": far}) == (422, "too_late_for_that")
    await office.done("hr", "terminations", notice)
    settle = {
        "lease_id": lease,
        "sheet": "settlement-9",
        "protocol": {"inspected_on": "2028-12-01", "findings": "", "charges": eur(0)},
    }
    assert await office.refused("lessor", "settlements", settle) == (409, "not_made_out")

    draft = {"lease_id": lease, "proceeds": eur(100_000), "buyout_price": eur(160_000)}
    await office.done("lessor", "settlement-drafts", draft)
    shown = await office.done("lessor", "settlement-drafts", draft | {"proceeds": eur(150_000)})
    assert shown["made_out"]["owed"] == eur(45_796)
    for who, price in (("ada", eur(160_000)), ("hr", None)):
        seen = await office.seen(who, lease)
        assert seen["sheets"][shown["made_out"]["sheet"]]["results"]["owed"] == eur(45_796)
        assert (seen["made_out"]["rates_left"], seen["made_out"]["buyout_price"]) == (14, price)
    assert states(seen) == {"planned": 22, "on_hold": 14}

    assert await office.refused("lessor", "settlements", settle | {"sheet": "settlement-8"}) == (409, "not_as_shown")
    settle |= {"sheet": shown["made_out"]["sheet"]}
    beside = settle | {"protocol": {"inspected_on": "2028-12-01", "findings": "Kratzer", "charges": eur(4_000)}}
    assert await office.refused("lessor", "settlements", beside) == (409, "not_as_shown")
    after = await office.done("lessor", "settlements", settle)
    assert (after["state"], after["settled"], states(after)) == ("early_ended", eur(45_796), {"cut": 14})
    assert states(await office.seen("ada", lease)) == {"planned": 22, "cut": 14}
    async with years.database.app.transactions.city(office.city) as connection:
        acts = (await connection.execute(text("SELECT act, side FROM lease_steps ORDER BY version DESC LIMIT 2"))).all()
        told = await connection.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'bike_leasing.lease_settle'"))
    assert ([tuple(row) for row in acts], told) == ([("settle", "lessor"), ("make_out", "lessor")], 1)
    assert await years.posted() == {"receivables": 45_796, "damages": -45_796}


async def test_a_bike_that_is_stolen_after_notice_is_settled_as_lost_and_not_by_what_was_made_out_before(
    years: Years,
) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2028, 11, 20)
    await office.done("hr", "terminations", {"lease_id": lease, "reason": "leaving", "on": "2028-12-31"})
    draft = {"lease_id": lease, "proceeds": eur(100_000)}
    before = await office.done("lessor", "settlement-drafts", draft)
    await office.done("ada", "incidents", INCIDENT | {"lease_id": lease, "happened_on": "2028-11-19"})
    assert await years.of("hr", lease, "state", "incident") == ("incident", None)
    settle = {"lease_id": lease, "sheet": before["made_out"]["sheet"]}
    for path, asked in (("settlements", settle), ("transfers", {"lease_id": lease, "employer": "wasserwerke"})):
        assert await office.refused("lessor", path, asked) == (409, "lease_state_forbids")

    lost = await office.done("lessor", "incident-outcomes", {"lease_id": lease, "outcome": "total_loss"})
    assert (lost["state"], lost["made_out"], states(lost)) == ("total_loss", None, {"on_hold": 1})
    assert await office.refused("lessor", "settlements", settle) == (409, "not_made_out")
    shown = (await office.done("lessor", "settlement-drafts", draft | {"proceeds": eur(150_000)}))["made_out"]
    assert (shown["owed"], shown["rates_left"]) == (eur(45_796), 14), "December is in it"
    after = await office.done("lessor", "settlements", settle | {"sheet": shown["sheet"]})
    assert (after["state"], states(after)) == ("early_ended", {"cut": 14})
    assert await years.posted() == {"receivables": 45_796, "damages": -45_796}


async def test_a_lease_goes_on_with_another_employer_who_owes_what_is_due_from_then_on(years: Years) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2028, 11, 20)
    await office.done("hr", "terminations", {"lease_id": lease, "reason": "leaving", "on": "2028-11-30"})
    to = {"lease_id": lease, "employer": "wasserwerke"}
    assert await office.refused("lessor", "transfers", to) == (409, "framework_not_active")
    await office.done("lessor", "frameworks/wasserwerke", FRAMEWORK | {"credit_line": eur(100)}, "PUT")
    assert await office.refused("lessor", "transfers", to) == (409, "credit_line_used_up")
    await office.done("lessor", "frameworks/wasserwerke", FRAMEWORK, "PUT")

    after = await office.done("lessor", "transfers", to)

    assert (after["state"], after["employer"]) == ("active", "wasserwerke")
    async with years.database.app.transactions.city(office.city) as connection:
        owed = await connection.execute(text("SELECT employer, count(*) FROM lease_instalments GROUP BY 1 ORDER BY 1"))
        assert [tuple(row) for row in owed] == [("stadtwerke", 22), ("wasserwerke", 14)]
    assert await years.of("stranger", lease, "sides") == ["hr"]
    assert states(await office.seen("stranger", lease)) == {"planned": 14}, "what she owes, and nothing of before"
    assert len(await years.of("ada", lease, "instalments")) == 36
    number = {"lease_id": lease, "personnel_number": "417"}
    await office.done("hr", "payrolls/stadtwerke/numbers", number)
    old = (await office.ask("hr", "GET", "payrolls/stadtwerke/2028-11")).json()["items"]
    assert [line["personnel_number"] for line in old] == ["417"], "her last months are still to be paid"
    foreign = await office.refused("dealer", "payrolls/stadtwerke/numbers", number)
    assert foreign == (403, "forbidden")
    assert (await office.ask("hr", "GET", f"leases/{lease}")).status_code == 404
    payrolls = [
        ("hr", "stadtwerke", "2028-11"),
        ("hr", "stadtwerke", "2028-12"),
        ("stranger", "wasserwerke", "2028-11"),
    ]
    found = [(await office.ask(who, "GET", f"payrolls/{at}/{month}")).json()["items"] for who, at, month in payrolls]
    assert [len(each) for each in found] == [1, 0, 1], "each employer's months stay its own"
    assert found[2][0]["benefit"]["amount"] == 0, (
        "her pay there brings its first month, and the bike is taxed where she was"
    )
    assert len((await office.ask("stranger", "GET", "payrolls/wasserwerke/2028-12")).json()["items"]) == 1


async def test_whoever_pays_herself_or_buys_at_once_needs_what_the_lessor_has_made_out(years: Years) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2028, 11, 20)
    wanted = {"lease_id": lease}
    await office.done("hr", "terminations", wanted | {"reason": "leaving", "on": "2028-11-30"})
    assert await office.refused("ada", "buyouts", wanted) == (409, "not_made_out")
    assert await office.refused("ada", "private-continuations", wanted) == (409, "credit_not_granted")
    await office.done("lessor", "settlement-drafts", wanted | {"proceeds": eur(0), "credit_granted": True})
    alone = await office.done("ada", "private-continuations", wanted)
    assert (alone["employer"], {each["conversion"]["amount"] for each in alone["instalments"]}) == (None, {0})

    await office.done("lessor", "terminations", wanted | {"reason": "retirement", "on": "2028-11-30"})
    await office.done("lessor", "settlement-drafts", wanted | {"proceeds": eur(0), "buyout_price": eur(160_000)})
    bought = await office.done("ada", "buyouts", wanted)
    assert (bought["state"], bought["settled"]) == ("early_ended", eur(160_000))
    assert await office.refused("ada", "buyouts", wanted) == (409, "lease_state_forbids")
    assert await years.posted() == {"receivables": 160_000, "revenue.bike_leasing.19": -134_454, "vat.19": -25_546}


async def test_at_the_end_the_bike_is_offered_and_bought_or_given_back_with_a_protocol(years: Years) -> None:
    office, lease = years.office, await years.lease()
    wanted = {"lease_id": lease}
    await years.to(2027, 2, 1)
    await years.to(2029, 11, 1)
    assert await years.of("ada", lease, "state") == "active"
    offer = wanted | {"expires_at": "2030-01-15T12:00:00Z"}
    assert await office.refused("lessor", "purchase-offers", offer) == (409, "lease_state_forbids")
    await years.to(2029, 11, 2)
    assert await years.of("ada", lease, "state") == "ending"
    for percent in ("101", "NaN"):
        assert await office.refused("lessor", "purchase-offers", offer | {"percent": percent}) == (
            422,
            "rate_out_of_range",
        )
    offered = await office.done("lessor", "purchase-offers", offer)
    assert offered["purchase_offer"]["price"] == eur(71_982)
    assert next(iter(offered["sheets"].values()))["results"]["flat_tax"] == eur(25_205)
    assert await years.of("hr", lease, "state", "purchase_offer") == ("ending", None)
    assert not any(name.startswith("purchase") for name in await years.of("hr", lease, "sheets"))
    await office.done("lessor", "purchase-offers/revocations", wanted)
    assert await office.refused("ada", "purchases", wanted) == (409, "lease_state_forbids")
    await office.done("lessor", "purchase-offers", offer)
    assert await years.posted() == {}, "an offer is owed by nobody"
    assert (await office.done("ada", "purchases", wanted))["state"] == "purchased"
    assert (await office.done("lessor", "closings", wanted))["state"] == "closed"
    assert await years.posted() == {"receivables": 71_982, "revenue.bike_leasing.19": -60_489, "vat.19": -11_493}


async def test_a_bike_that_goes_back_is_looked_at(years: Years) -> None:
    office, lease = years.office, await years.lease()
    wanted = {"lease_id": lease}
    await years.to(2027, 2, 1)
    await years.to(2029, 12, 1)
    assert await office.refused("ada", "returns", wanted | {"on": "2029-11-30"}) == (422, "too_early_for_that")
    await office.done("ada", "returns", wanted | {"on": "2030-01-31"})
    await office.done("lessor", "returns/receipts", wanted)
    charged = wanted | {"findings": " ", "charges": eur(4_000)}
    assert await office.refused("lessor", "inspections", charged) == (409, "reason_missing")
    await office.done("lessor", "inspections", charged | {"findings": "Kratzer am Rahmen"})
    assert (await years.of("ada", lease, "protocol"))["charges"] == eur(4_000)
    assert await years.of("hr", lease, "protocol", "pickup_on") == (None, None)
    assert (await office.done("lessor", "closings", wanted))["state"] == "closed"
    assert await years.posted() == {"receivables": 4_000, "damages": -4_000}


async def test_a_consumer_withdraws_without_signing_in_until_the_working_day_after_the_holidays(
    years: Years, tmp_path: Path
) -> None:
    office, lease = years.office, await years.consumers()
    assert await years.of("ada", lease, "withdrawal_until", "employer") == ("2026-12-28", None)
    told = CREDIT | {"effective_percent": "12.44"}  # due on the first, and not on the fifteenth
    assert [(await office.seen(who, lease))["credit"] for who in ("ada", "dealer", "lessor")] == [told] * 3
    await office.done("dealer", "pickups", {"lease_id": lease, "serial_number": "SN-4711"})
    pin = await years.of("ada", lease, "pin")
    assert (await office.done("dealer", "handovers", handed(lease, pin)))["state"] == "handed_over"
    since = told | {"effective_percent_from_handover": "11.97"}  # twenty-one days before the first payment
    assert [(await office.seen(who, lease))["credit"] for who in ("ada", "dealer", "lessor")] == [since, told, since]

    years.now = datetime(2026, 12, 28, 23, 5, tzinfo=UTC)  # the 29th in the city
    assert await years.withdraw(lease, tmp_path) == ["Eingangsbestätigung Ihres Widerrufs", "Zu Ihrem Widerruf"]
    assert await years.of("ada", lease, "state") == "handed_over"
    years.now = datetime(2026, 12, 28, 22, 55, tzinfo=UTC)
    await years.withdraw(lease, tmp_path, "somebody@example.org")
    assert await years.of("ada", lease, "state") == "handed_over"
    assert (await years.withdraw(lease, tmp_path)).count("Zu Ihrem Widerruf") == 1
    after = await office.seen("ada", lease)
    assert (after["state"], states(after), after["acts"]) == ("withdrawn", {"cut": 36}, [])
    assert await years.of("dealer", lease, "state") == "withdrawn"
    assert await years.of("lessor", lease, "acts") == ["take_back"]
    back = await office.done("lessor", "returns/receipts", {"lease_id": lease})
    assert (back["state"], back["returned_on"], back["acts"]) == ("withdrawn", "2026-12-28", [])
    assert await office.refused("lessor", "returns/receipts", {"lease_id": lease}) == (409, "lease_state_forbids")


async def test_months_that_were_charged_are_taken_back_where_a_consumer_withdraws(years: Years, tmp_path: Path) -> None:
    """Who was not told of her right has it for a year longer."""
    office, lease = years.office, await years.consumers(told=False)
    await office.done("dealer", "pickups", {"lease_id": lease, "serial_number": "SN-4711"})
    await office.done("dealer", "handovers", handed(lease, await years.of("ada", lease, "pin")))
    for month in (1, 2):
        await years.to(2027, month, 1)
        await years.run(date(2027, month, 1))
    owed = """SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs g
      JOIN ledger_entries e ON e.city = g.city AND e.id = g.entry_id WHERE g.city = :city AND e.kind IN ('lease_charged', 'reversal')
      GROUP BY 1 HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0"""
    assert "receivables" in dict(await years.database.rows(office.city, owed))

    await years.withdraw(lease, tmp_path)

    assert await years.of("ada", lease, "state") == "withdrawn"
    assert await years.database.rows(office.city, owed) == []
    kinds = "SELECT kind, count(*) FROM ledger_entries WHERE city = :city GROUP BY 1"
    found = dict(await years.database.rows(office.city, kinds))
    assert (found["lease_charged"], found["reversal"]) == (2, 2), "though the worker was told twice"


async def test_nobody_withdraws_from_an_employers_lease(years: Years, tmp_path: Path) -> None:
    lease = await years.lease()
    assert "Zu Ihrem Widerruf" in await years.withdraw(lease, tmp_path)
    assert await years.of("ada", lease, "state") == "handed_over"


async def test_a_rest_waits_for_a_run_and_leaves_what_that_has_posted(years: Years) -> None:
    office, lease = years.office, await years.lease()
    await years.to(2027, 2, 1)
    rest = {"lease_id": lease, "pause": "unpaid_leave", "since": "2027-02-01"}
    async with years.database.app.transactions.city(office.city) as run:
        await run.execute(text("UPDATE lease_instalments SET state = 'posted' WHERE number = 1"))
        resting = asyncio.create_task(office.done("hr", "suspensions", rest))
        assert await asyncio.wait({resting}, timeout=0.3) == (set(), {resting})

    assert states(await resting) == {"on_hold": 35}
    assert states(await office.seen("ada", lease)) == {"posted": 1, "on_hold": 35}
