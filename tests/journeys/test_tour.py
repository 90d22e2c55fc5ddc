"""One walk through the whole API: each operation of the document succeeds at least once, with its own example where it has
one."""

import asyncio
import email
import re
from datetime import datetime, timedelta
from email import policy
from heapq import nlargest
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.identity import City, Role
from infra.clock import now
from infra.demo.inventory import demo_id
from infra.ids import new_id
from tests.journeys.contract import DOCUMENT, Seen
from tests.journeys.installation import Installation
from tests.journeys.tour_of_charging import charged
from tests.journeys.tour_of_fleet import damaged, drivers, fleet, logbook, photographed
from tests.journeys.tour_of_instalments import instalments
from tests.journeys.tour_of_leasing import Sides, leased, parties
from tests.journeys.tour_of_money import money
from tests.journeys.towns import BRAUNSCHWEIG, Person, demo_charge_points, demo_station, people, town_without_prices

WOLFSBURG = City("wolfsburg")
TO_BE_APPROVED = str(demo_id(WOLFSBURG, "WOB-KM 301E"))  # its pool's manager has to say yes
PLACE = "52.2638,10.5180"
STREAMS = {"followEvents", "followFleetEvents", "followChargingSession"}  # never end, so they have tests of their own
FROM_STRIPE = {"receiveLocalStripeEvent", "receiveStripeEvent"}  # the sandbox tells, and the story sees what follows


class Walk:
    """A signed-in client in one city, every request under a key of its own."""

    def __init__(self, client: httpx.AsyncClient, person: Person, city: City) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {person.token}"}
        self._city = city

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's JSON; it has to be a success."""
        url = path if path.startswith("/") else f"/v1/{self._city}/{path}"
        headers = self._headers | {"idempotency-key": new_id().hex}
        answer = await self._client.request(method, url, json=body, params=query or None, headers=headers)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content and answer.status_code != 204 else None

    async def send(self, path: str, content: bytes, media_type: str) -> None:
        """A file; it has to be taken."""
        headers = self._headers | {"idempotency-key": new_id().hex, "content-type": media_type}
        answer = await self._client.post(f"/v1/{self._city}/{path}", content=content, headers=headers)
        assert answer.is_success, answer.text

    async def draw(self, path: str, body: Any, begins: bytes) -> None:
        """A picture of what is asked, that begins so."""
        answer = await self._client.post(f"/v1/{self._city}/{path}", json=body, headers=self._headers)
        assert answer.is_success, answer.text
        assert answer.content.startswith(begins)

    async def fetch(self, path: str, begins: bytes) -> None:
        """A document that begins so."""
        answer = await self._client.get(f"/v1/{self._city}/{path}", headers=self._headers)
        assert answer.is_success, answer.text
        assert answer.content.startswith(begins)

    async def insist(self, method: str, path: str, code: str) -> None:
        """Ask until what stands against it has been settled by the worker."""
        async with asyncio.timeout(30):
            while True:
                url = f"/v1/{self._city}/{path}"
                answer = await self._client.request(method, url, headers=self._headers)
                if answer.is_success:
                    return
                assert answer.json()["code"] == code, answer.text
                await asyncio.sleep(0.2)

    async def booked(self, body: dict[str, Any]) -> str:
        made: str = (await self.ask("POST", "bookings", body))["id"]
        return made

    async def paid(self, body: dict[str, Any]) -> str:
        """A booking that its payment has confirmed."""
        booking = await self.booked(body)
        payment = await self.ask("POST", f"bookings/{booking}/payment", {"payment_method_id": "pm_card_visa"})
        assert payment["state"] in {"authorised", "saved", "captured"}
        confirmed = await self.ask("POST", f"bookings/{booking}/confirm")
        assert confirmed["state"] == "confirmed"
        return booking


def at(days: int, hours: float) -> datetime:
    return now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days, hours=hours)


def charging(nth: int, start: datetime, hours: float = 1) -> dict[str, Any]:
    point = str(demo_charge_points(8)[nth])
    end = start + timedelta(hours=hours)
    return {"service": "charging", "resource_id": point, "start": start.isoformat(), "end": end.isoformat()}


def example_of(path: str, method: str) -> Any:
    """The body that the document shows."""
    return DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]


@pytest.fixture
async def everybody(installation: Installation) -> Person:
    (person,) = await people(installation, BRAUNSCHWEIG, 1, *Role)
    return person


async def test_every_operation_succeeds_on_one_walk_through_the_api(
    installation: Installation, everybody: Person
) -> None:
    seen = Seen()
    hooks = {"response": [seen.note]}
    async with httpx.AsyncClient(base_url=installation.address, timeout=20, event_hooks=hooks) as client:
        walk = Walk(client, everybody, BRAUNSCHWEIG)
        await about(walk)
        await finding(walk)
        used = await booking(walk)
        await invoices(walk)
        await finance(installation, walk, client, used)
        await webhooks(walk)
        await charging_stations(walk)
        await planning(walk)
        await power(walk)
        await tariffs(walk)
        driver, manager = await approvers(installation)
        await approvals(Walk(client, driver, WOLFSBURG), Walk(client, manager, WOLFSBURG))
        await charged(walk, installation, BRAUNSCHWEIG, charging(3, now() + timedelta(seconds=30)))
        await problems(walk)
        await maintenance(walk)
        await drivers(walk)
        await fleet(walk, (await walk.ask("GET", "stations", service="fleet"))["items"][0]["id"])
        (renter,) = await people(installation, BRAUNSCHWEIG, 1)
        await deposit(walk, Walk(client, renter, BRAUNSCHWEIG))
        await waiting(Walk(client, renter, BRAUNSCHWEIG), walk)
        await signing_in(client, installation.mail)
        await documents(walk)
        await leasing(walk)
        (lessee,) = await people(installation, BRAUNSCHWEIG, 1)
        await subscribed(Walk(client, lessee, BRAUNSCHWEIG))
        offices = [Walk(client, person, BRAUNSCHWEIG) for person in await parties(installation)]
        sides = Sides(lessee.id, Walk(client, lessee, BRAUNSCHWEIG), *offices)
        await leased(sides, installation)
        await instalments(installation, walk, sides, lessee.id)
        (leaver,) = await people(installation, BRAUNSCHWEIG, 1)
        await oneself(Walk(client, leaver, BRAUNSCHWEIG))
        town, _ = await town_without_prices(installation, 1)
        (operator,) = await people(installation, town, 1, Role.OPERATOR)
        await administration(Walk(client, operator, town))
    assert seen.never_succeeded - STREAMS - FROM_STRIPE == set()


async def waiting(walk: Walk, staff: Walk) -> None:
    """What is taken is waited for: it is offered once it is free, and accepted, or declined; or nobody waits any more."""
    accepted, declined, left = (charging(7, at(12, 8 + 2 * nth)) for nth in range(3))
    one = await offered(walk, accepted)
    booked = await walk.ask("POST", f"waitlist/{one}/accept")
    await walk.ask("POST", f"bookings/{booked['id']}/cancel", {})
    await walk.ask("POST", f"waitlist/{await offered(walk, declined)}/decline")
    await walk.booked(left)
    await walk.ask("DELETE", f"waitlist/{(await walk.ask('POST', 'waitlist', left))['id']}")
    states = [each["state"] for each in (await walk.ask("GET", "waitlist"))["items"]]
    assert states == ["withdrawn", "declined", "accepted"]
    await staff.ask("GET", "fleet/waitlist")


async def offered(walk: Walk, wish: dict[str, Any]) -> str:
    """Her own booking is in her way, until she cancels it."""
    booking = await walk.booked(wish)
    entry: str = (await walk.ask("POST", "waitlist", wish))["id"]
    await walk.ask("POST", f"bookings/{booking}/cancel", {})
    async with asyncio.timeout(30):
        while True:
            if (await walk.ask("GET", f"waitlist/{entry}"))["state"] == "offered":
                return entry
            await asyncio.sleep(0.2)


async def approvers(installation: Installation) -> tuple[Person, Person]:
    (driver,) = await people(installation, WOLFSBURG, 1, Role.DRIVER)
    (manager,) = await people(installation, WOLFSBURG, 1, Role.FLEET_MANAGER)
    return driver, manager


async def approvals(driver: Walk, manager: Walk) -> None:
    for day, word in ((2, "approve"), (3, "reject")):
        trip: dict[str, Any] = {"service": "fleet", "resource_id": TO_BE_APPROVED, "payer": "cost_centre"}
        trip |= {"start": at(day, 8).isoformat(), "end": at(day, 10).isoformat()}
        trip |= {"options": {"cost_centre": "4711", "purpose": "Baumkontrolle"}}
        booking = await driver.booked(trip)
        example = None if word == "approve" else example_of(f"/v1/{{city}}/bookings/{{booking_id}}/{word}", "post")
        await manager.ask("POST", f"bookings/{booking}/{word}", example)


async def about(walk: Walk) -> None:
    for path in ("/healthz", "/readyz", "/version", "/v1/cities"):
        await walk.ask("GET", path)


async def finding(walk: Walk) -> None:
    start, end = at(20, 8).isoformat(), at(20, 9).isoformat()
    await walk.ask("GET", "stations", near=PLACE)
    found = await walk.ask("GET", "availability", service="charging", start=start, end=end, near=PLACE)
    resource = found["items"][0]["resource_id"]
    details = await walk.ask("GET", f"resources/{resource}")
    await walk.ask("GET", f"resources/{resource}/free", **{"from": start, "to": end})
    await walk.ask("GET", "resources", code=details["code"])


async def booking(walk: Walk) -> str:
    """Several, of which that is returned which is used and paid."""
    quote = await walk.ask("POST", "quotes", charging(4, at(21, 8)))
    first = await walk.booked({"quote_id": quote["id"]})
    await walk.ask("GET", "bookings", limit=5)
    await walk.ask("GET", f"bookings/{first}")
    await walk.ask("POST", f"bookings/{first}/cancel", example_of("/v1/{city}/bookings/{booking_id}/cancel", "post"))
    later = await walk.paid(charging(5, at(22, 8)))
    end = at(22, 8.75).isoformat()
    await walk.ask("POST", f"bookings/{later}/shorten", {"end": end})
    await walk.ask("POST", f"bookings/{later}/extend", {"end": at(22, 9).isoformat()}, dry_run="true")
    soon = await walk.paid(charging(6, now() + timedelta(seconds=20)))
    await walk.ask("POST", f"bookings/{soon}/start", {})
    await walk.ask("POST", f"bookings/{soon}/finish", {})
    return soon


async def invoices(walk: Walk) -> None:
    """Of the use that has just ended, once the worker has issued it."""
    address = example_of("/v1/{city}/me/billing-address", "put")
    await walk.ask("PUT", "me/billing-address", address)
    await walk.ask("GET", "me/billing-address")
    await walk.ask("DELETE", "me/billing-address")
    async with asyncio.timeout(30):
        while not (listed := await walk.ask("GET", "invoices"))["items"]:  # noqa: ASYNC110 - as any client that waits
            await asyncio.sleep(0.2)
    one = f"invoices/{listed['items'][0]['id']}"
    await walk.ask("GET", one)
    await walk.fetch(f"{one}/pdf", b"%PDF-")
    await walk.fetch(f"{one}/xml", b"<?xml")
    everybodys = f"finance/{one}"
    await walk.ask("GET", "finance/invoices")
    await walk.ask("GET", everybodys)
    await walk.fetch(f"{everybodys}/pdf", b"%PDF-")
    await walk.fetch(f"{everybodys}/xml", b"<?xml")
    await walk.ask("POST", f"{everybodys}/replacement")
    held = example_of("/v1/{city}/finance/legal-holds", "post") | {"subject_id": listed["items"][0]["id"]}
    hold = await walk.ask("POST", "finance/legal-holds", held)
    await walk.ask("GET", "finance/legal-holds")
    await walk.ask("POST", f"finance/legal-holds/{hold['id']}/lift", {"reason": "settled out of court"})


async def finance(installation: Installation, walk: Walk, client: httpx.AsyncClient, used: str) -> None:
    """With what a lease and a use took, and a second person where it takes two."""
    (lessee,) = await people(installation, BRAUNSCHWEIG, 1)
    (second,) = await people(installation, BRAUNSCHWEIG, 1, Role.FINANCE)
    (manager,) = await people(installation, BRAUNSCHWEIG, 1, Role.FLEET_MANAGER)
    await trip(walk, Walk(client, manager, BRAUNSCHWEIG))
    leased = await lease(Walk(client, lessee, BRAUNSCHWEIG))
    async with httpx.AsyncClient(base_url=installation.sandbox, timeout=20) as bank:
        await money(walk, Walk(client, second, BRAUNSCHWEIG), bank, leased, used)


async def trip(walk: Walk, manager: Walk) -> None:
    """An office's, over as soon as it has begun."""
    start = now() + timedelta(seconds=20)
    period = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    found = await walk.ask("GET", "availability", service="fleet", **period)
    options = {"cost_centre": "5100", "purpose": "Baumkontrolle"}
    wish = {"service": "fleet", "resource_id": found["items"][0]["resource_id"], "payer": "cost_centre"}
    booking = await walk.booked(wish | {"options": options} | period)
    seen = {
        "kind": "licence",
        "valid_until": at(30, 0).date().isoformat(),
        "method": "at the counter",
        "classes": ["B"],
    }
    await manager.ask("POST", "proofs", seen | {"person_id": (await walk.ask("GET", "me"))["id"]})
    assert (await walk.ask("POST", f"bookings/{booking}/unlock", {}))["state"] == "in_use"
    await walk.ask("POST", f"bookings/{booking}/start", {})
    await walk.ask("POST", f"bookings/{booking}/lock", {})
    assert len((await walk.ask("GET", f"bookings/{booking}/keys"))["items"]) == 2
    await damaged(walk, booking)
    await photographed(walk, booking)
    await walk.ask("POST", f"bookings/{booking}/finish", {})
    await logbook(walk, booking)


async def deposit(walk: Walk, renter: Walk) -> None:
    """Of a pedelec that is rented with one, of which a part is claimed for damage."""
    station = (await walk.ask("GET", "stations", service="fleet"))["items"][0]["id"]
    pedelec = {"name": "Pedelec 9", "kind": "pedelec", "drive": "electric_assist", "seats": 1, "range_km": 60}
    shared = {"station_id": station, "tariff_id": "fleet-sharing", "shared": True}
    vehicle = (await walk.ask("POST", "fleet/vehicles", pedelec | shared))["id"]
    start = now() + timedelta(seconds=20)
    period = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    booking = await renter.paid({"service": "fleet", "resource_id": vehicle} | period)
    async with asyncio.timeout(30):
        while (await renter.ask("GET", f"bookings/{booking}"))["deposit"]["state"] != "authorised":  # noqa: ASYNC110 - as any client that waits
            await asyncio.sleep(0.2)
    await renter.ask("POST", f"bookings/{booking}/start", {})
    await renter.ask("POST", f"bookings/{booking}/finish", {})
    example = example_of("/v1/{city}/bookings/{booking_id}/deposit/claim", "post")
    await walk.ask("POST", f"bookings/{booking}/deposit/claim", example)


async def lease(walk: Walk) -> str:
    """Of a bike for three months, the first of which is taken at once."""
    start = at(3, 8)
    period = {"start": start.isoformat(), "end": (start + timedelta(days=92)).isoformat()}
    found = await walk.ask("GET", "availability", service="bike_leasing", **period)
    return await walk.paid({"service": "bike_leasing", "resource_id": found["items"][0]["resource_id"], **period})


async def problems(walk: Walk) -> None:
    booking = await walk.paid(charging(7, at(4, 8)))
    path = "/v1/{city}/bookings/{booking_id}/problems"
    await walk.ask("POST", f"bookings/{booking}/problems", example_of(path, "post") | {"kind": "dirty"})
    await walk.ask("POST", f"bookings/{booking}/problems/resolve", example_of(f"{path}/resolve", "post"))


async def maintenance(walk: Walk) -> None:
    point = str(demo_charge_points(8)[7])
    path = "/v1/{city}/resources/{resource_id}/blocks"
    body = example_of(path, "post") | {"start": at(40, 8).isoformat(), "end": at(40, 16).isoformat()}
    block = await walk.ask("POST", f"resources/{point}/blocks", body)
    await walk.ask("DELETE", f"resources/{point}/blocks/{block['id']}")


async def signing_in(client: httpx.AsyncClient, mail: Path) -> None:
    """Somebody new asks for a code, reads it in the mail, comes in, comes in again by refreshing, and goes."""
    address, url = f"{new_id().hex}@example.org", f"/v1/{BRAUNSCHWEIG}/auth"
    assert (await client.post(f"{url}/codes", json={"email": address})).status_code == 202
    body = {"email": address, "code": await code_in(mail, address), "accepted_terms": "2026-01"}
    tokens = (await client.post(f"{url}/tokens", json=body)).json()
    tokens = (await client.post(f"{url}/tokens", json={"refresh_token": tokens["refresh_token"]})).json()
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"/v1/{BRAUNSCHWEIG}/me", headers=headers)).json()["email"] == address
    assert (await client.post(f"{url}/logout", headers=headers)).status_code == 204


async def code_in(mail: Path, address: str) -> str:
    """The six digits of the letter to that address, once the worker has written it."""
    async with asyncio.timeout(30):
        while (code := await asyncio.to_thread(code_among, mail, address)) is None:  # noqa: ASYNC110 - as any reader of mail
            await asyncio.sleep(0.1)
        return code


def code_among(mail: Path, address: str) -> str | None:
    """Among the latest letters: after a race there are thousands."""
    for file in nlargest(100, mail.glob("*.eml"), key=lambda file: file.stat().st_mtime):
        letter = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        if letter["to"] == address and (body := letter.get_body(("plain",))):
            found = re.search(r"\b\d{6}\b", body.get_content())
            return found[0] if found else None
    return None


async def documents(walk: Walk) -> None:
    listed = await walk.ask("GET", "documents")
    first = listed["items"][0]
    await walk.ask("GET", f"documents/{first['document']}/{first['version']}", language=first["language"])
    declared = await walk.ask("POST", "withdrawals", example_of("/v1/{city}/withdrawals", "post"))
    await walk.ask("POST", f"withdrawals/{declared['id']}/confirm")


async def leasing(walk: Walk) -> None:
    scenario = example_of("/v1/{city}/leasing/simulations", "post")
    await walk.ask("POST", "leasing/simulations", scenario)
    await walk.draw("leasing/simulations/chart", scenario, b"<svg")
    own = example_of("/v1/{city}/leasing/simulations/consumers", "post")
    await walk.ask("POST", "leasing/simulations/consumers", own)


async def subscribed(walk: Walk) -> None:
    """A bike without a set end, of which notice is given before it begins."""
    start = at(5, 8)
    period = {"start": start.isoformat(), "end": (start + timedelta(days=220)).isoformat()}
    bike = (await walk.ask("GET", "availability", service="bike_leasing", **period))["items"][-1]["resource_id"]
    wanted = example_of("/v1/{city}/leasing/subscriptions", "post")
    made = await walk.ask("POST", "leasing/subscriptions", wanted | {"resource_id": bike, "start": start.isoformat()})
    await walk.ask("POST", f"bookings/{made['id']}/payment", {"payment_method_id": "pm_card_visa"})
    await walk.ask("POST", f"bookings/{made['id']}/confirm")
    assert (await walk.ask("GET", "leasing/subscriptions"))["items"][0]["state"] == "running"
    assert (await walk.ask("POST", f"leasing/subscriptions/{made['id']}/cancel", {}))["state"] == "ending"
    assert (await walk.ask("GET", f"leasing/subscriptions/{made['id']}"))["ends_at"] == made["minimum_until"]


async def oneself(walk: Walk) -> None:
    await walk.ask("GET", "me")
    await walk.ask("PATCH", "me", example_of("/v1/{city}/me", "patch"))
    await walk.ask("GET", "me/eligibility", service="fleet")
    feed = await walk.ask("POST", "me/calendar-feed")
    await walk.fetch(f"feeds/{feed['href'].rpartition('/')[2]}", b"BEGIN:VCALENDAR")
    await walk.ask("DELETE", "me/calendar-feed")
    await walk.ask("GET", "me/notices")
    booking = await walk.booked(charging(7, at(12, 8)))
    paid = await walk.ask("POST", f"bookings/{booking}/payment", {"payment_method_id": "pm_card_visa"})
    assert paid["state"] == "saved"
    await walk.ask("POST", f"bookings/{booking}/cancel")
    for method in (await walk.ask("GET", "me/payment-methods"))["items"]:
        await walk.insist("DELETE", f"me/payment-methods/{method['id']}", "payment_method_in_use")
    await walk.ask("POST", "me/export")
    await walk.ask("DELETE", "me")


async def administration(walk: Walk) -> None:
    settings = await walk.ask("GET", "admin/city")
    await walk.ask("PUT", "admin/city", settings)
    await walk.ask("POST", "admin/tariffs", example_of("/v1/{city}/admin/tariffs", "post"))
    await walk.ask("GET", "admin/tariffs")
    await walk.ask("GET", "admin/plugs")
    await walk.ask("POST", "admin/documents", example_of("/v1/{city}/admin/documents", "post"))
    pool = f"admin/pools/{example_of('/v1/{city}/admin/roles', 'post')['pool']}"
    await walk.ask("PUT", pool, example_of("/v1/{city}/admin/pools/{pool_id}", "put"))
    await walk.ask("GET", pool)
    await walk.ask("GET", "admin/pools")
    granted = await walk.ask("POST", "admin/roles", {"email": "ada@example.org", "role": "driver"})
    assert granted["role"] == "driver"
    await walk.ask("GET", "admin/roles")
    await walk.ask("GET", "admin/notices", state="sent")
    await walk.ask("POST", "admin/notices/retry", example_of("/v1/{city}/admin/notices/retry", "post"))
    await walk.ask("DELETE", "admin/roles", email="ada@example.org", role="driver")
    await walk.ask("POST", "proofs", example_of("/v1/{city}/proofs", "post"))
    await walk.ask("GET", "proofs", email="ada@example.org")
    await walk.ask("DELETE", "proofs", email="ada@example.org", kind="licence")


async def charging_stations(walk: Walk) -> None:
    path = "/v1/{city}/charging/stations"
    place = (await walk.ask("GET", "stations", service="charging"))["items"][0]["id"]
    body = example_of(path, "post") | {"station_id": place, "evses": []}
    made = await walk.ask("POST", "charging/stations", body)
    one = f"charging/stations/{made['id']}"
    await walk.ask("PATCH", one, example_of(f"{path}/{{charging_station_id}}", "patch"))
    assert (await walk.ask("POST", f"{one}/key"))["key_pending"]
    await walk.ask("POST", f"{one}/orders", example_of(f"{path}/{{charging_station_id}}/orders", "post"))
    assert len((await walk.ask("GET", f"{one}/orders"))["items"]) == 1
    await walk.ask("GET", f"{one}/messages")
    assert (await walk.ask("GET", f"{one}/equipment"))["reported_at"] is None
    await walk.ask("GET", "charging/faults", charging_station_id=made["id"])
    assert (await walk.ask("GET", "charging/tickets", charging_station_id=made["id"]))["items"] == []
    await walk.ask("GET", one)
    await walk.ask("GET", "charging/stations")


async def planning(walk: Walk) -> None:
    asked = example_of("/v1/{city}/charging/plans", "post")
    assert (await walk.ask("POST", "charging/plans", asked))["total"]["needed"]["ac"] > 0


async def tariffs(walk: Walk) -> None:
    """Nothing is sold by it in the end: the rest of the walk pays what it always did."""
    one = "charging/tariffs/charging-city"
    await walk.ask("PUT", one, example_of("/v1/{city}/charging/tariffs/{tariff_id}", "put"))
    point = {"scope": "point", "id": str(demo_station()[0])}
    await walk.ask("POST", f"{one}/assignments", point)
    await walk.ask("POST", "charging/tariffs/charging-standard/assignments", point)
    await walk.ask("POST", f"{one}/retire")
    await walk.ask("GET", one)
    await walk.ask("GET", "charging/tariffs")


async def power(walk: Walk) -> None:
    path = "/v1/{city}/charging/power-groups"
    body = example_of(f"{path}/{{group_id}}", "put")
    members = [body["members"][0] | {"evse_id": str(point)} for point in demo_station()]
    group = "charging/power-groups/depot-north"
    await walk.ask("PUT", group, body | {"members": members})
    await walk.ask("GET", "charging/power-groups")
    limit = example_of(f"{path}/{{group_id}}/limits", "post") | {
        "from": at(1, 16).isoformat(),
        "until": at(1, 17).isoformat(),
    }
    told = await walk.ask("POST", f"{group}/limits", limit)
    await walk.ask("GET", f"{group}/plan")
    await walk.ask("DELETE", f"{group}/limits/{told['id']}")


async def webhooks(walk: Walk) -> None:
    path = "/v1/{city}/admin/webhooks"
    made = await walk.ask("POST", "admin/webhooks", example_of(path, "post"))
    one = f"admin/webhooks/{made['id']}"
    await walk.ask("PATCH", one, example_of(f"{path}/{{subscription_id}}", "patch"))
    await walk.ask("POST", f"{one}/rotate")
    await walk.ask("GET", "admin/webhooks")
    await walk.ask("DELETE", one)
