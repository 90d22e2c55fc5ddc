"""The stories of the first stone, told over HTTP to an installation as `kommobil up` starts it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from infra.clock import now
from infra.ids import new_id
from tests.infra.processes import ROOT
from tests.journeys.client import Connection, Reply
from tests.journeys.installation import Installation
from tests.journeys.letters import Mailbox
from tests.journeys.money import Charge, charges
from tests.journeys.towns import VISA

REGISTER = ROOT.parent / "shared" / "data" / "charging-register-2019-model-cities.csv"
UTILITY = "Braunschweiger Versorgungs-AG & Co. KG"
MARKET_SQUARE, POCKELSSTRASSE = "52.2638,10.5180", "52.274582,10.528785"
AUTHENTICATION_REQUIRED = {
    "payment_method_id": "pm_card_authenticationRequired",
    "return_url": "https://braunschweig.example/bookings",
}
BERLIN = ZoneInfo("Europe/Berlin")
WEBHOOK_S, WORKER_S = 15.0, 30.0

Report = Callable[[str], None]


class Caller:
    """Somebody with an access token, who talks to Braunschweig."""

    def __init__(self, installation: Installation, token: str) -> None:
        self.connection = Connection(installation.address, {"authorization": f"Bearer {token}"})

    async def get(self, path: str) -> Any:
        reply = await self.connection.get(f"/v1/braunschweig/{path}")
        assert reply.status == 200, reply.body
        return reply.json

    async def post(self, path: str, body: object, expected: int = 200) -> Any:
        """Under a key of its own."""
        reply = await self.ask(path, body, new_id().hex)
        assert reply.status == expected, reply.body
        return reply.json

    async def ask(self, path: str, body: object, key: str) -> Reply:
        return await self.connection.post(f"/v1/braunschweig/{path}", body, key)

    async def free_now(self, service: str, start: datetime, end: datetime, more: str = "") -> list[dict[str, Any]]:
        query = f"availability?service={service}&start={_written(start)}&end={_written(end)}{more}"
        found: list[dict[str, Any]] = (await self.get(query))["items"]
        return found

    async def until(self, booking_id: str, state: str, seconds: float) -> tuple[dict[str, Any], float]:
        """The booking once it has got there by itself, and how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while (booking := await self.get(f"bookings/{booking_id}"))["state"] != state:  # noqa: ASYNC110 - as any client
                await asyncio.sleep(0.05)
        return booking, time.monotonic() - began


@pytest.fixture(scope="module")
def tokens(installation: Installation) -> dict[str, str]:
    """From `kommobil token`: two residents, and one who works at the town hall and may drive its cars."""
    grants = {"resident": (), "neighbour": (), "driver": ("--role", "driver", "--pool", "rathaus")}
    words = ("token", "--city", "braunschweig", "--expires-in", "3600", "--role", "resident", "--email")
    return {name: installation.command(*words, f"{name}@example.org", *more) for name, more in grants.items()}


@pytest.fixture
def resident(installation: Installation, tokens: dict[str, str]) -> Iterator[Caller]:
    yield from a_caller(installation, tokens["resident"])


@pytest.fixture
def neighbour(installation: Installation, tokens: dict[str, str]) -> Iterator[Caller]:
    yield from a_caller(installation, tokens["neighbour"])


@pytest.fixture
def driver(installation: Installation, tokens: dict[str, str]) -> Iterator[Caller]:
    yield from a_caller(installation, tokens["driver"])


def a_caller(installation: Installation, token: str) -> Iterator[Caller]:
    caller = Caller(installation, token)
    with caller.connection:
        yield caller


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def tomorrow_evening() -> tuple[datetime, datetime]:
    """From six to eight in Braunschweig."""
    evening = (now().astimezone(BERLIN) + timedelta(days=1)).replace(hour=18, minute=0, second=0, microsecond=0)
    return evening, evening + timedelta(hours=2)


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


async def charge_of(installation: Installation, payment_id: str, settled: Callable[[Charge], bool]) -> Charge:
    """What the sandbox says of a payment, once the worker has done what the booking's end entails."""
    async with asyncio.timeout(WORKER_S):
        while True:
            found = await charges(installation.sandbox, "acct_braunschweig")
            charge = next(each for each in found if each.metadata["payment_id"] == payment_id)
            if settled(charge):
                return charge
            await asyncio.sleep(0.1)


async def invoices_of(resident: Caller, booking_id: str, count: int) -> list[dict[str, Any]]:
    """The booking's, the newest first, once the worker has issued so many."""
    async with asyncio.timeout(WORKER_S):
        while len(found := (await resident.get(f"invoices?booking_id={booking_id}"))["items"]) < count:  # noqa: ASYNC110 - as any client
            await asyncio.sleep(0.1)
    return list(found)


def amounts(charge: Charge) -> dict[str, int]:
    return {name: getattr(charge, name) for name in ("amount", "held", "captured", "released", "refunded")}


async def reserved_and_paid(
    installation: Installation, resident: Caller, neighbour: Caller, found: dict[str, Any], times: tuple[datetime, ...]
) -> tuple[dict[str, Any], float]:
    """Quote, book, pay with a card whose bank wants to see its holder; the booking that confirms itself, and when."""
    start, end = times
    wish = {"service": "charging", "resource_id": found["resource_id"], "start": _written(start), "end": _written(end)}
    quote = await resident.post("quotes", wish, 201)
    assert (quote["total"], quote["due_now"]) == (money(240), money(240)) == (found["price"], found["price"])
    key = new_id().hex
    first = await resident.ask("bookings", {"quote_id": quote["id"]}, key)
    again = await resident.ask("bookings", {"quote_id": quote["id"]}, key)
    assert (first.status, first.json["state"], again.status, again.body) == (201, "held", 201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    taken = await neighbour.post("bookings", wish, 409)
    assert (taken["code"], taken["conflicts"]) == (
        "resource_taken",
        [{"start": _written(start), "end": _written(end)}],
    )
    booking_id = first.json["id"]
    payment = await resident.post(f"bookings/{booking_id}/payment", AUTHENTICATION_REQUIRED)
    assert (payment["state"], payment["amount"]) == ("requires_action", money(240))
    bank = payment["next_action"]["url"]
    assert bank.startswith(installation.sandbox)
    with Connection(installation.sandbox) as browser:
        approved = await browser.post(bank.removeprefix(installation.sandbox))
    assert (approved.status, approved.json["status"]) == (200, "requires_capture")
    booking, seconds = await resident.until(booking_id, "confirmed", WEBHOOK_S)
    assert booking["payment"] == {"id": payment["id"], "kind": "payment", "state": "authorised"}
    return booking, seconds


async def test_a_resident_pays_for_tomorrow_evening_with_a_card_that_asks_her_and_changes_her_mind_in_time(
    installation: Installation, resident: Caller, neighbour: Caller, report: Report
) -> None:
    evening = tomorrow_evening()
    found = await resident.free_now("charging", *evening, f"&near={MARKET_SQUARE}&radius_m=2000")
    assert [each["distance_m"] for each in found] == sorted(each["distance_m"] for each in found)
    booking, seconds = await reserved_and_paid(installation, resident, neighbour, found[0], evening)
    preview = await resident.connection.post(f"/v1/braunschweig/bookings/{booking['id']}/cancel?dry_run=true")
    assert (preview.json["allowed"], preview.json["fee"]) == (True, money(0))
    cancelled = await resident.post(f"bookings/{booking['id']}/cancel", {"reason": "doch mit dem Rad"})
    assert (cancelled["state"], cancelled["reason_code"], cancelled["fee"]) == ("cancelled", "by_holder", money(0))
    charge = await charge_of(installation, booking["payment"]["id"], lambda charge: not charge.held)
    report(f"confirmed by itself {seconds:.2f} s after the bank's approval; {amounts(charge)}")
    assert amounts(charge) == {"amount": 240, "held": 0, "captured": 0, "released": 240, "refunded": 0}
    free = await neighbour.free_now("charging", *evening, f"&near={MARKET_SQUARE}&radius_m=2000")
    assert found[0]["resource_id"] in {each["resource_id"] for each in free}


async def test_who_cancels_half_an_hour_before_the_start_pays_half_and_the_rest_of_the_hold_is_released(
    installation: Installation, resident: Caller, neighbour: Caller, report: Report
) -> None:
    start = now() + timedelta(minutes=30)
    soon = start, start + timedelta(hours=2)
    found = await resident.free_now("charging", *soon, f"&near={MARKET_SQUARE}&radius_m=5000")
    booking, _ = await reserved_and_paid(installation, resident, neighbour, found[-1], soon)
    cancelled = await resident.post(f"bookings/{booking['id']}/cancel", {})
    assert (cancelled["state"], cancelled["fee"]) == ("cancelled", money(120))
    charge = await charge_of(installation, booking["payment"]["id"], lambda charge: not charge.held)
    report(str(amounts(charge)))
    assert amounts(charge) == {"amount": 240, "held": 0, "captured": 120, "released": 120, "refunded": 0}


async def test_an_employee_books_a_pool_car_on_a_cost_centre_and_is_confirmed_at_once(
    installation: Installation, resident: Caller, driver: Caller, report: Report
) -> None:
    mailbox = Mailbox(installation.mail)
    start = tomorrow_evening()[0].replace(hour=9)
    trip = start, start + timedelta(hours=3)
    mine = {each["resource_id"] for each in await driver.free_now("fleet", *trip)}
    everybodys = {each["resource_id"] for each in await resident.free_now("fleet", *trip)}
    car = min(mine - everybodys)
    wish = {
        "service": "fleet",
        "resource_id": car,
        "start": _written(trip[0]),
        "end": _written(trip[1]),
        "options": {"cost_centre": "66-1200", "purpose": "Ortstermin"},
    }
    refused = await resident.post("bookings", wish, 404)
    booking = await driver.post("bookings", wish, 201)
    assert refused["code"] == "unknown_resource"
    assert (booking["state"], booking["price"], booking["payment"]) == ("confirmed", money(0), None)
    async with asyncio.timeout(WORKER_S):
        while not (mails := mailbox.told({booking["id"]})):  # noqa: ASYNC110 - a file, without an event
            await asyncio.sleep(0.1)
    report(f"booked as {booking['state']}, {booking['price']['amount']} to pay, {mails.total()} mail")
    assert mails == {(booking["id"], "CONFIRMED"): 1}


async def test_a_resident_leases_a_bike_for_three_months_pays_the_first_and_withdraws(
    installation: Installation, resident: Caller, report: Report
) -> None:
    first_of_month = (now().astimezone(BERLIN).replace(day=1) + timedelta(days=40)).replace(day=1)
    start = first_of_month.replace(hour=10, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=100)).replace(day=1)
    found = await resident.free_now("bike_leasing", start, end)
    assert {(each["price_basis"], each["price"]["amount"]) for each in found} == {("monthly", 3900)}
    wish = {
        "service": "bike_leasing",
        "resource_id": found[0]["resource_id"],
        "start": _written(start),
        "end": _written(end),
    }
    quote = await resident.post("quotes", wish, 201)
    assert (quote["total"], quote["due_now"]) == (money(3 * 3900), money(3900))
    held = await resident.post("bookings", {"quote_id": quote["id"]}, 201)
    payment = await resident.post(f"bookings/{held['id']}/payment", VISA)
    assert (payment["state"], payment["amount"]) == ("captured", money(3900))
    booking = await resident.get(f"bookings/{held['id']}")
    assert (booking["state"], booking["terms"]["withdrawal"]["applies"]) == ("confirmed", True)
    (invoice,) = await invoices_of(resident, held["id"], 1)
    assert (invoice["kind"], invoice["why"], invoice["gross"]) == ("invoice", "instalment", money(3900))
    cancelled = await resident.post(f"bookings/{held['id']}/cancel", {})
    assert (cancelled["state"], cancelled["fee"]) == ("cancelled", money(0))
    charge = await charge_of(installation, payment["id"], lambda charge: charge.refunded > 0)
    (note, corrected) = await invoices_of(resident, held["id"], 2)
    assert (note["kind"], note["gross"], note["corrects"]["number"]) == ("credit_note", money(3900), invoice["number"])
    assert corrected["open"] == money(0)
    report(str(amounts(charge)))
    assert amounts(charge) == {"amount": 3900, "held": 0, "captured": 3900, "released": 0, "refunded": 3900}


@pytest.mark.skipif(not REGISTER.exists(), reason="the published register does not lie beside this checkout")
async def test_on_the_register_of_2019_the_citys_utility_sells_sixteen_sites_and_a_resident_books_one(
    installation: Installation, resident: Caller, neighbour: Caller, report: Report, tmp_path: Path
) -> None:
    everywhere = f"near={MARKET_SQUARE}&radius_m=20000&limit=100"
    before = (await resident.get(f"stations?service=charging&{everywhere}"))["items"]
    file = shutil.copy(REGISTER, tmp_path)  # rejected rows are written beside the file
    words = ("import", "charging-register", str(file), "--city", "braunschweig", "--json")
    said = await asyncio.to_thread(
        installation.command, *words, "--bookable-operator", UTILITY, "--tariff", "charging-standard"
    )
    counts = msgspec.json.decode(said)
    after = (await resident.get(f"stations?service=charging&{everywhere}"))["items"]
    assert counts == {"read": 501, "imported": 18, "updated": 0, "unchanged": 0, "outside": 483, "rejected": 0}
    assert len(after) == len(before) + 18

    evening = tomorrow_evening()
    sold = await resident.free_now("charging", *evening, f"&{everywhere}")
    sites = {each["station"]["id"] for each in sold if each["attributes"]["operator"] == UTILITY}
    near = await resident.free_now("charging", *evening, f"&near={POCKELSSTRASSE}&radius_m=500")
    assert len(sites) == 16
    assert (near[0]["distance_m"], near[0]["station"]["name"]) == (0, "Pockelsstraße 11")
    booking, _ = await reserved_and_paid(installation, resident, neighbour, near[0], evening)
    cancelled = await resident.post(f"bookings/{booking['id']}/cancel", {})
    assert (cancelled["state"], cancelled["fee"]) == ("cancelled", money(0))
    charge = await charge_of(installation, booking["payment"]["id"], lambda charge: not charge.held)
    report(f"{counts}, {len(sites)} sites sold; {near[0]['station']['name']}: {amounts(charge)}")
    assert amounts(charge) == {"amount": 240, "held": 0, "captured": 0, "released": 240, "refunded": 0}
