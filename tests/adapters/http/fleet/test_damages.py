"""Damages, from the wire to the tables, and what becomes of a vehicle that may not be driven."""

import asyncio
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.resources import Resource
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.garage import MANAGER, Garage, problem
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import TOWN_HALL, a_booking, an_order, euros, hours

pytestmark = pytest.mark.database
SCRATCH = {"place": "left", "kind": "scratch", "severity": "minor", "drivable": True, "words": "an der Tür"}
FLAT = {"place": "wheels", "kind": "tyre", "severity": "severe", "drivable": False}


def a_photo(colour: str = "red", form: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, form)
    return out.getvalue()


class Yard(Struct, frozen=True):
    """The town hall's car; Kim has it booked, and Lou afterwards."""

    garage: Garage
    kim: PersonId
    lou: PersonId

    @property
    def car(self) -> Resource:
        return self.garage.seeded.cars[1]

    def token(self, person: UUID) -> str:
        return a_token(self.garage.seeded.city, Role.DRIVER, person=person, pools=(TOWN_HALL,))

    async def has(self, person: PersonId, state: State, ends_in: float = 1, **more: Any) -> Booking:
        """Two hours, that end in so many."""
        end: datetime = now().replace(microsecond=0) + hours(ends_in)
        order = replace(an_order(self.car, period=Period(end - hours(2), end)), booking_id=BookingId(new_id()))
        booking = replace(a_booking(state, self.car, order=order), holder_id=person, **more)
        await self.garage.database.place(self.garage.seeded.city, booking, self.car)
        return booking

    async def says(self, booking: Booking, said: dict[str, Any], **more: Any) -> httpx.Response:
        more = {"token": self.token(booking.holder_id)} | more
        return await self.garage.ask("POST", f"bookings/{booking.id}/damages", said, **more)

    async def reported(self, booking: Booking, said: dict[str, Any] = SCRATCH) -> str:
        answer = await self.says(booking, said)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def sees(self, booking: Booking) -> list[dict[str, Any]]:
        answer = await self.garage.ask("GET", f"bookings/{booking.id}/damages", token=self.token(booking.holder_id))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def notes(self, damage: str, **said: Any) -> dict[str, Any]:
        answer = await self.garage.ask("POST", f"fleet/damages/{damage}/notes", said)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def sends(self, damage: str, raw: bytes, person: UUID, key: str | None = None) -> httpx.Response:
        headers = bearer(self.token(person), key or new_id().hex) | {"content-type": "image/png"}
        path = f"/v1/{self.garage.seeded.city}/damages/{damage}/photos"
        return await self.garage.http.post(path, content=raw, headers=headers)

    async def fetches(self, photo: str, token: str, **headers: str) -> httpx.Response:
        return await self.garage.http.get(photo, headers=bearer(token) | headers)

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.garage.database.rows(self.garage.seeded.city, sql, **values)

    async def is_offered(self) -> bool:
        ((found,),) = await self.rows(
            "SELECT in_service FROM resources WHERE city = :city AND id = :id", id=self.car.id
        )
        return bool(found)

    async def told(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT kind FROM outbox WHERE city = :city ORDER BY id")]


@pytest.fixture
async def yard(http: httpx.AsyncClient, database: Databases) -> Yard:
    found = Yard(Garage(http, database, await database.new_city()), PersonId(new_id()), PersonId(new_id()))
    people = {"kim": found.kim, "lou": found.lou, "grace": PersonId(MANAGER)}
    for name, person in people.items():
        await found.rows(
            "INSERT INTO persons (city, id, email, name, made_at) VALUES (:city, :id, :email, :name, now()) RETURNING id",
            id=person,
            email=f"{name}@example.org",
            name=name.capitalize(),
        )
    return found


async def test_a_driver_reports_and_whoever_runs_the_pool_notes_what_becomes_of_it(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.IN_USE)
    damage = await yard.reported(booking)
    one = f"fleet/damages/{damage}"
    found = (await yard.garage.ask("GET", one)).json()
    assert (
        found["state"],
        found["words"],
        found["reporter"]["name"],
        found["booking_id"],
        found["vehicle"]["name"],
    ) == (*("open", "an der Tür", "Kim", str(booking.id), "fleet 2"),)
    noted = await yard.notes(damage, state="known", paid_by="insurer", words="Nr. 7")
    noted = await yard.notes(damage, state="repaired")
    assert [(each["state"], each["paid_by"], each["noted_by"]["name"]) for each in noted["notes"]] == [
        ("repaired", "insurer", "Grace"),
        ("known", "insurer", "Grace"),
    ]
    assert problem(await yard.garage.ask("POST", f"{one}/notes", {"state": "repaired"})) == (409, "nothing_changes")
    stranger = yard.garage.stranger
    assert problem(await yard.garage.ask("GET", one, token=stranger)) == (404, "unknown_damage")
    refused = await yard.garage.ask("POST", f"{one}/notes", {"state": "known"}, token=stranger)
    assert problem(refused) == (404, "unknown_damage")
    assert await yard.told() == ["fleet.damage_reported", "fleet.damage_noted", "fleet.damage_noted"]
    assert await yard.is_offered()


async def test_a_report_and_a_note_are_made_once_for_their_key(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.IN_USE)
    first, second = [await yard.says(booking, FLAT, key="once") for _ in range(2)]
    assert (first.content, second.headers["idempotency-replayed"]) == (second.content, "true")
    assert len((await yard.garage.ask("GET", "fleet/damages")).json()["items"]) == 1
    assert problem(await yard.says(booking, SCRATCH, key="once")) == (422, "key_reused")


async def test_the_next_driver_sees_what_is_known_and_neither_words_nor_who_said_so(yard: Yard) -> None:
    before, after = await yard.has(yard.kim, State.COMPLETED, -1), await yard.has(yard.lou, State.CONFIRMED, 3)
    damage, gone = await yard.reported(before), await yard.reported(before, SCRATCH | {"place": "roof"})
    photo = (await yard.sends(damage, a_photo(), yard.kim)).json()["href"]
    await yard.notes(gone, state="dismissed")
    (seen,) = await yard.sees(after)
    assert (seen["id"], seen["state"], seen["words"], seen["mine"], seen["photos"]) == (damage, "open", None, False, [])
    assert "reporter" not in seen
    assert problem(await yard.fetches(photo, yard.token(yard.lou))) == (404, "unknown_photo")
    await yard.notes(damage, state="known")
    ((shown,),) = [each["photos"] for each in await yard.sees(after)]
    assert (await yard.fetches(shown["href"], yard.token(yard.lou))).status_code == 200
    later = (await yard.sends(damage, a_photo("blue"), yard.kim)).json()["href"]
    assert [each["photos"] for each in await yard.sees(after)] == [[shown]]
    assert problem(await yard.fetches(later, yard.token(yard.lou))) == (404, "unknown_photo")
    assert {each["id"]: (each["mine"], each["words"], each["state"]) for each in await yard.sees(before)} == {
        damage: (True, "an der Tür", "known"),
        gone: (True, "an der Tür", "dismissed"),
    }


async def test_what_nobody_may_drive_leaves_the_search_until_the_last_such_damage_is_settled(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.CONFIRMED)
    tyre = await yard.reported(booking, FLAT)
    lamp = (await yard.garage.ask("POST", "fleet/damages", FLAT | {"vehicle_id": str(yard.car.id)})).json()["id"]
    assert not await yard.is_offered()
    assert await yard.told() == [
        *("booking.problem_reported", "fleet.vehicle_withdrawn", "fleet.damage_reported", "fleet.damage_reported"),
    ]
    shown = (await yard.garage.ask("GET", f"bookings/{booking.id}")).json()
    assert shown["version"] == booking.version + 1
    cancelled = await yard.garage.ask("POST", f"bookings/{booking.id}/cancel", {}, token=yard.token(yard.kim))
    assert (cancelled.status_code, cancelled.json()["fee"]["amount"]) == (200, 0)
    unaware = await yard.has(yard.lou, State.CONFIRMED)
    token = yard.token(yard.lou)
    started = await yard.garage.ask("POST", f"bookings/{unaware.id}/start", {}, token=token)
    assert problem(started) == (409, "out_of_service")
    cancelled = await yard.garage.ask("POST", f"bookings/{unaware.id}/cancel", {}, token=token)
    assert (cancelled.status_code, cancelled.json()["fee"]["amount"]) == (200, 0)
    await yard.notes(tyre, state="repaired")
    assert not await yard.is_offered()
    await yard.notes(lamp, state="known", drivable=True)
    assert await yard.is_offered()
    back = (now() + hours(24 * 20)).replace(microsecond=0)
    out = await yard.notes(lamp, state="known", drivable=False, out_until=back.isoformat())
    assert (out["withdraws"], out["out_until"]) == (True, back.isoformat().replace("+00:00", "Z"))
    assert not await yard.is_offered()
    found = (await yard.garage.ask("GET", "fleet/damages", withdraws="true")).json()["items"]
    assert [each["id"] for each in found] == [lamp]


async def test_a_problem_that_is_resolved_leaves_a_damage_where_it_is(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.CONFIRMED)
    damage = await yard.reported(booking, FLAT)
    resolved = await yard.garage.ask("POST", f"bookings/{booking.id}/problems/resolve", {"note": "Rad gewechselt"})
    assert resolved.status_code == 200, resolved.text
    assert not await yard.is_offered()
    await yard.notes(damage, state="repaired")
    assert await yard.is_offered()


async def test_what_somebody_else_took_out_of_service_does_not_come_back_with_a_damage(yard: Yard) -> None:
    of = {"id": yard.car.id}
    await yard.rows("UPDATE resources SET in_service = false WHERE city = :city AND id = :id RETURNING id", **of)
    damage = await yard.reported(await yard.has(yard.kim, State.IN_USE), FLAT)
    await yard.notes(damage, state="repaired")
    assert not await yard.is_offered()


async def test_one_that_is_settled_while_another_is_reported_does_not_bring_the_vehicle_back(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.IN_USE)
    for _ in range(4):
        first = await yard.reported(booking, FLAT)
        _, second = await asyncio.gather(yard.notes(first, state="repaired"), yard.reported(booking, FLAT))
        assert not await yard.is_offered()
        await yard.notes(second, state="repaired")
        assert await yard.is_offered()


async def test_damages_are_listed_by_what_is_asked_for_page_by_page(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.IN_USE)
    made = [await yard.reported(booking, said) for said in (SCRATCH, FLAT, SCRATCH | {"place": "roof"})]

    async def listed(**asked: str) -> list[str]:
        answer = await yard.garage.ask("GET", "fleet/damages", **asked)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    await yard.notes(made[0], state="dismissed")
    newest = list(reversed(made))
    page = (await yard.garage.ask("GET", "fleet/damages", limit="2")).json()
    assert [each["id"] for each in page["items"]] == newest[:2]
    assert await listed(limit="2", cursor=page["next_cursor"]) == newest[2:]
    assert await listed(severity="severe") == [made[1]]
    assert await listed(state="dismissed") == [made[0]]
    assert await listed(booking_id=str(booking.id), vehicle_id=str(yard.car.id), pool=TOWN_HALL) == newest
    assert await listed(vehicle_id=str(new_id())) == []
    assert (await yard.garage.ask("GET", "fleet/damages", token=yard.garage.stranger)).json()["items"] == []


async def test_a_photo_is_told_by_its_content_kept_once_and_served_to_those_who_may_see_it(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.IN_USE)
    damage, other = await yard.reported(booking), await yard.reported(booking)
    first = await yard.sends(damage, a_photo(), yard.kim)
    assert (first.status_code, first.json()["media_type"]) == (201, "image/jpeg"), first.text
    again, there = await yard.sends(damage, a_photo(), yard.kim), await yard.sends(other, a_photo(), yard.kim)
    assert again.json() == first.json()
    assert there.json()["digest"] == first.json()["digest"]
    assert await yard.rows("SELECT count(*) FROM photos WHERE city = :city") == [(1,)]

    href = first.json()["href"]
    for token in (yard.token(yard.kim), yard.garage.manager, yard.garage.operator):
        served = await yard.fetches(href, token)
        assert served.status_code == 200
        assert sha256(served.content).hexdigest() == first.json()["digest"]
    safe = ("content-type", "x-content-type-options", "cache-control", "content-security-policy")
    assert [served.headers[name] for name in safe] == [
        *("image/jpeg", "nosniff", "private, no-cache", "default-src 'none'; frame-ancestors 'none'"),
    ]
    unchanged = await yard.fetches(href, yard.garage.manager, **{"if-none-match": served.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for token in (yard.token(yard.lou), yard.garage.stranger):
        assert problem(await yard.fetches(href, token)) == (404, "unknown_photo")
    assert problem(await yard.fetches(href[:-1] + "g", yard.garage.manager)) == (404, "unknown_photo")


async def test_what_is_no_photo_too_many_or_nobodys_own_is_refused(yard: Yard) -> None:
    damage = await yard.reported(await yard.has(yard.kim, State.IN_USE))
    assert problem(await yard.sends(damage, b"<svg/>", yard.kim)) == (422, "photo_invalid")
    assert problem(await yard.sends(damage, b"x" * (12 * 2**20 + 1), yard.kim)) == (413, "too_large")
    assert problem(await yard.sends(damage, a_photo(), yard.lou)) == (404, "unknown_damage")
    for number in range(10):
        assert (await yard.sends(damage, a_photo(f"rgb({number * 20}, 0, 0)"), yard.kim)).status_code == 201
    assert problem(await yard.sends(damage, a_photo("white"), yard.kim)) == (409, "too_many_photos")
    assert (await yard.sends(damage, a_photo("rgb(0, 0, 0)", "PNG"), yard.kim)).status_code in {201, 409}


async def test_an_erasure_takes_words_and_photos_along_and_leaves_the_damage(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.COMPLETED, -1, payer=Payer.COST_CENTRE, fee=euros("0"))
    damage = await yard.reported(booking)
    await yard.sends(damage, a_photo(), yard.kim)
    both = a_photo("blue")
    await yard.sends(damage, both, yard.kim)
    mine = (await yard.garage.ask("POST", "fleet/damages", SCRATCH | {"vehicle_id": str(yard.car.id)})).json()["id"]
    headers = bearer(yard.garage.manager, new_id().hex) | {"content-type": "image/jpeg"}
    path = f"/v1/{yard.garage.seeded.city}/damages/{mine}/photos"
    assert (await yard.garage.http.post(path, content=both, headers=headers)).status_code == 201

    copy = await yard.garage.ask("POST", "me/export", token=yard.token(yard.kim))
    assert [len(copy.json()[table]) for table in ("damages", "damage_photos")] == [1, 2]
    gone = await yard.garage.ask("DELETE", "me", token=yard.token(yard.kim))
    assert gone.status_code == 204, gone.text
    found = (await yard.garage.ask("GET", f"fleet/damages/{damage}")).json()
    assert (found["words"], found["photos"], found["reporter"]["name"], found["place"]) == (None, [], None, "left")
    assert await yard.rows("SELECT count(*) FROM photos WHERE city = :city") == [(1,)]
    assert len((await yard.garage.ask("GET", f"fleet/damages/{mine}")).json()["photos"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE damages SET words = NULL",
        "UPDATE damages SET words = 'anders'",
        "UPDATE damages SET drivable = true",
        "UPDATE damage_notes SET words = NULL",
        "DELETE FROM damage_photos",
        "DELETE FROM damages",
        "UPDATE photos SET content = 'x'",
    ],
)
async def test_the_database_lets_nobody_unsay_a_damage(yard: Yard, change: str) -> None:
    damage = await yard.reported(await yard.has(yard.kim, State.IN_USE))
    await yard.sends(damage, a_photo(), yard.kim)
    await yard.notes(damage, state="known", words="gesehen")
    with pytest.raises(DBAPIError) as refused:
        async with yard.garage.database.app.transactions.city(yard.garage.seeded.city) as connection:
            await connection.execute(text(change))
    assert sqlstate(refused.value) == "42501"
