"""The part of the walk through the API that whoever runs a fleet takes."""

from datetime import timedelta
from io import BytesIO
from typing import Any, Protocol

from PIL import Image

from infra.clock import now
from tests.journeys.contract import DOCUMENT

VEHICLES = "/v1/{city}/fleet/vehicles"


class Walks(Protocol):
    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any: ...
    async def send(self, path: str, content: bytes, media_type: str) -> None: ...
    async def fetch(self, path: str, begins: bytes) -> None: ...


def example(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]
    return found


async def fleet(walk: Walks, station_id: str) -> None:
    """A vehicle comes, goes to the workshop and back, and is sold."""
    yesterday = (now() - timedelta(days=1)).date().isoformat()
    described = example(VEHICLES, "post") | {"station_id": station_id}
    papers = [paper | ({"done_on": yesterday} if paper["kind"] == "uvv" else {}) for paper in described["documents"]]
    made = await walk.ask("POST", "fleet/vehicles", described | {"documents": papers})
    one, path = f"fleet/vehicles/{made['id']}", f"{VEHICLES}/{{vehicle_id}}"
    await walk.ask("PUT", one, example(path, "put") | {"station_id": station_id})
    await walk.ask("POST", f"{one}/documents", example(f"{path}/documents", "post") | {"done_on": yesterday})
    until = (now() + timedelta(hours=3)).isoformat()
    await walk.ask("POST", f"{one}/state", example(f"{path}/state", "post") | {"until": until})
    await walk.ask("POST", f"{one}/state", {"state": "in_service"})
    await breakdown(walk, one)
    await walk.ask("GET", one)
    await damages(walk, made["id"])
    await walk.ask("GET", "fleet/vehicles", pool=described["pool_id"])
    due = await walk.ask("GET", "fleet/maintenance", pool=described["pool_id"], before="2099-01-01", limit=100)
    assert made["id"] in {each["vehicle"]["vehicle_id"] for each in due["items"] if each["vehicle"]}
    await walk.fetch(f"{one}/qr-code", b"<?xml")
    # What a token says for an hour is no right that lasts, and a feed asks for that.
    myself = (await walk.ask("GET", "me"))["email"]
    await walk.ask("POST", "admin/roles", {"email": myself, "role": "operator"})
    feed = await walk.ask("POST", f"{one}/calendar-feed")
    await walk.fetch(f"feeds/{feed['href'].rpartition('/')[2]}", b"BEGIN:VCALENDAR")
    await walk.ask("DELETE", f"{one}/calendar-feed")
    await walk.fetch("fleet/vehicles/export", b"\xef\xbb\xbfid;name")
    await walk.send(
        "fleet/vehicles/import", b"name;kind;seats;drive\r\nRad 7;pedelec;1;electric_assist\r\n", "text/csv"
    )
    await walk.ask("POST", f"{one}/state", {"state": "retired"})
    assert described["pool_id"] in [each["id"] for each in (await walk.ask("GET", "fleet/pools"))["items"]]
    await sharing(walk, described["pool_id"])
    await approving(walk, described["pool_id"])
    await series(walk, station_id)
    await assignment(walk, station_id)


async def breakdown(walk: Walks, one: str) -> None:
    """Whoever runs the pool looks at what a breakdown would mean, reports it, and has the vehicle back."""
    until = (now() + timedelta(hours=3)).isoformat()
    looked = await walk.ask("POST", f"{one}/breakdown", {"until": until}, dry_run="true")
    made = await walk.ask("POST", f"{one}/breakdown", {"until": until, "reason": "Kupplung"})
    assert (looked["block_id"], looked["bookings"], made["bookings"]) == (None, [], [])
    await walk.ask("POST", f"{one}/state", {"state": "in_service"})


async def series(walk: Walks, station_id: str) -> None:
    """A vehicle is wanted every week; first it is looked at, then it is booked, decided on, and given back."""
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=11)
    wish = {"request": {"station_id": station_id}, "options": {"cost_centre": "5100"}, "rrule": "FREQ=WEEKLY;COUNT=2"}
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    looked = await walk.ask("POST", "fleet/series", wish | times | {"preview": True})
    made = await walk.ask("POST", "fleet/series", wish | times)
    assert (looked["possible"], made["possible"]) == (2, 2)
    one = f"fleet/series/{made['id']}"
    await walk.ask("GET", one)
    assert made["id"] in [each["id"] for each in (await walk.ask("GET", "fleet/series"))["items"]]
    for decision in ("approve", "reject"):
        assert (await walk.ask("POST", f"{one}/{decision}", {}))["possible"] == 2, "nothing of it waits for a yes"
    await walk.ask("POST", f"{one}/cancel", {"from": 2})
    assert (await walk.ask("POST", f"{one}/cancel", {}))["possible"] == 0


async def sharing(walk: Walks, pool_id: str) -> None:
    """Whoever runs a pool looks at windows for residents, sets them, and opens it for good again."""
    pool, path = f"fleet/pools/{pool_id}/sharing", "/v1/{city}/fleet/pools/{pool_id}/sharing"
    looked = await walk.ask("PUT", pool, example(path, "put"), dry_run="true")
    assert looked == await walk.ask("PUT", pool, example(path, "put"))
    days = {"from": now().date().isoformat(), "to": (now() + timedelta(days=7)).date().isoformat()}
    assert (await walk.ask("GET", pool, **days))["openings"]
    await walk.ask("PUT", pool, {"windows": None})


async def approving(walk: Walks, pool_id: str) -> None:
    """Whoever runs a pool tries rules, sets them and takes them back, and somebody decides for her while she is away."""
    pool, path = f"fleet/pools/{pool_id}/approval", "/v1/{city}/fleet/pools/{pool_id}/approval"
    looked = await walk.ask("PUT", pool, example(path, "put"), dry_run="true")
    assert looked == await walk.ask("PUT", pool, example(path, "put"))
    assert (await walk.ask("GET", pool))["rules"]
    await walk.ask("PUT", pool, {"answer_s": None})
    await walk.ask("GET", "fleet/approvals")
    listed = (await walk.ask("GET", "fleet/drivers", limit=100))["items"]
    deputy = next(each["person_id"] for each in listed if each["email"] == "kim@example.org")
    times = {"start": now().isoformat(), "end": (now() + timedelta(days=7)).isoformat()}
    myself = (await walk.ask("GET", "me"))["email"]
    await walk.ask("POST", "admin/roles", {"email": myself, "role": "fleet_manager", "pool": pool_id})
    named = await walk.ask("POST", "fleet/deputies", {"deputy_id": deputy} | times)
    await walk.ask("GET", "fleet/deputies")
    await walk.ask("DELETE", f"fleet/deputies/{named['id']}")


async def damaged(walk: Walks, booking: str) -> None:
    """Whoever has the vehicle finds something, and sees that it is known."""
    made = await walk.ask(
        "POST", f"bookings/{booking}/damages", example("/v1/{city}/bookings/{booking_id}/damages", "post")
    )
    assert made["id"] in {each["id"] for each in (await walk.ask("GET", f"bookings/{booking}/damages"))["items"]}


async def photographed(walk: Walks, booking: str) -> None:
    """Whoever has the vehicle shows how she took it over."""
    await walk.send(f"bookings/{booking}/photos?phase=start", a_picture(), "image/png")
    (listed,) = (await walk.ask("GET", f"bookings/{booking}/photos"))["items"]
    await walk.fetch(f"bookings/{booking}/photos/{listed['digest']}", b"\xff\xd8\xff")


async def damages(walk: Walks, vehicle_id: str) -> None:
    """A dent is reported with a photo of it, and noted as known; the next one is repaired."""
    path = "/v1/{city}/fleet/damages"
    made = await walk.ask("POST", "fleet/damages", example(path, "post") | {"vehicle_id": vehicle_id})
    await walk.send(f"damages/{made['id']}/photos", a_picture(), "image/png")
    await walk.ask("POST", f"fleet/damages/{made['id']}/notes", example(f"{path}/{{damage_id}}/notes", "post"))
    found = await walk.ask("GET", f"fleet/damages/{made['id']}")
    await walk.fetch(f"damages/{made['id']}/photos/{found['photos'][0]['digest']}", b"\xff\xd8\xff")
    await walk.ask("DELETE", f"damages/{made['id']}/photos/{found['photos'][0]['digest']}")
    assert made["id"] in {each["id"] for each in (await walk.ask("GET", "fleet/damages", state="known"))["items"]}


def a_picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


async def drivers(walk: Walks) -> None:
    """Somebody else's licence is looked at, and she is briefed."""
    await walk.ask("POST", "admin/roles", {"email": "kim@example.org", "role": "driver", "pool": "rathaus"})
    listed = (await walk.ask("GET", "fleet/drivers", limit=100))["items"]
    one = f"fleet/drivers/{next(each['person_id'] for each in listed if each['email'] == 'kim@example.org')}"
    path = "/v1/{city}/fleet/drivers/{person_id}"
    await walk.ask("POST", f"{one}/licence-checks", example(f"{path}/licence-checks", "post"))
    await walk.ask("POST", f"{one}/briefings", example(f"{path}/briefings", "post"))
    await walk.ask("GET", one)


async def logbook(walk: Walks, booking: str) -> None:
    """What the trip was for, as its driver says it and as the manager reads it."""
    entry = example("/v1/{city}/trips/{trip_id}/entries", "post")
    done = await walk.ask("POST", f"trips/{booking}/entries", entry | {"odometer_start": 18234, "odometer_end": 18279})
    assert (done["state"], done["km"]) == ("complete", 45)
    assert booking in {each["id"] for each in (await walk.ask("GET", "trips"))["items"]}
    assert (await walk.ask("GET", f"trips/{booking}"))["version"] == 2
    assert booking in {each["id"] for each in (await walk.ask("GET", "fleet/trips", state="complete"))["items"]}
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    days = f"from={now().date().isoformat()}&to={tomorrow}"
    await walk.fetch(f"fleet/trips/export?{days}", b"\xef\xbb\xbfdate;start")


async def assignment(walk: Walks, station_id: str) -> None:
    """Somebody wants any car at the station, and whoever runs it reads why it is this one."""
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=9)
    wish = {"service": "fleet", "request": {"station_id": station_id}, "options": {"cost_centre": "5100"}}
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    booking = (await walk.ask("POST", "bookings", wish | times))["id"]
    told = await walk.ask("GET", f"fleet/bookings/{booking}/assignment")
    assert (bool(told["reasons"]), told["priority"]) == (True, 0)
    await walk.ask("PUT", f"fleet/bookings/{booking}/priority", {"priority": 5, "reason": "Einsatz"})
    told = await walk.ask("GET", f"fleet/bookings/{booking}/assignment")
    assert (told["priority"], told["priority_reason"]) == (5, "Einsatz")
    await walk.ask("POST", f"fleet/bookings/{booking}/reassign", {"note": "Der andere hat eine Delle"})
    await walk.ask("POST", f"bookings/{booking}/cancel", {})
    assert "items" in await walk.ask("GET", "fleet/reports/clean-vehicles")
    for report in ("utilisation", "electrification", "co2"):
        days = {"from": (now() - timedelta(days=7)).date().isoformat(), "to": now().date().isoformat()}
        assert "items" in await walk.ask("GET", f"fleet/reports/{report}", **days)
    period = {"from": now().isoformat(), "to": (now() + timedelta(days=28)).isoformat()}
    lanes = (await walk.ask("GET", "fleet/calendar", **period))["items"]
    assert any(each["station_id"] == station_id for each in lanes)
