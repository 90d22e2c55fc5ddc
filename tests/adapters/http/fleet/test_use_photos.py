"""Photos at the start and at the end of a use, and one of a damage that is taken away, from the wire to the tables."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.booking.bookings import Booking, Payer, State
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.fleet.test_damages import Yard, a_photo, yard
from tests.adapters.http.garage import MANAGER, problem
from tests.api import bearer
from tests.examples import euros, hours

__all__ = ["yard"]
pytestmark = pytest.mark.database


async def sends(yard: Yard, of: Booking, phase: str, raw: bytes, person: UUID, key: str = "") -> httpx.Response:
    headers = bearer(yard.token(person), key or new_id().hex) | {"content-type": "image/jpeg"}
    path = f"/v1/{yard.garage.seeded.city}/bookings/{of.id}/photos"
    return await yard.garage.http.post(path, content=raw, headers=headers, params={"phase": phase})


async def listed(yard: Yard, of: Booking, token: str) -> Any:
    answer = await yard.garage.ask("GET", f"bookings/{of.id}/photos", token=token)
    return answer.json()["items"] if answer.is_success else problem(answer)


async def test_whoever_has_a_vehicle_shows_how_she_took_it_over_to_whoever_runs_it(yard: Yard) -> None:
    booking = await yard.has(yard.kim, State.IN_USE)
    first, again = [await sends(yard, booking, "start", a_photo(), yard.kim, "once") for _ in range(2)]
    assert (first.status_code, again.content) == (201, first.content)
    end = await sends(yard, booking, "end", a_photo(), yard.kim)
    assert (end.json()["digest"], end.json()["phase"]) == (first.json()["digest"], "end")
    assert await yard.rows("SELECT count(*) FROM photos WHERE city = :city") == [(1,)]
    for token in (yard.token(yard.kim), yard.garage.manager, yard.garage.operator):
        assert await listed(yard, booking, token) == [first.json(), end.json()]
        served = await yard.fetches(first.json()["href"], token)
        assert (served.status_code, served.headers["content-type"]) == (200, "image/jpeg")
    for token in (yard.token(yard.lou), yard.garage.stranger):
        assert await listed(yard, booking, token) == (404, "unknown_booking")
        assert problem(await yard.fetches(first.json()["href"], token)) == (404, "unknown_booking")
    wrong = first.json()["href"][:-1] + "g"
    assert problem(await yard.fetches(wrong, yard.garage.manager)) == (404, "unknown_photo")
    assert problem(await sends(yard, booking, "start", a_photo(), yard.lou)) == (404, "unknown_booking")
    assert problem(await sends(yard, booking, "middle", a_photo(), yard.kim)) == (422, "invalid_input")
    assert problem(await sends(yard, booking, "start", b"<svg/>", yard.kim)) == (422, "photo_invalid")


async def test_the_end_is_shown_shortly_after_and_goes_with_whoever_is_erased(yard: Yard) -> None:
    over = {"payer": Payer.COST_CENTRE, "fee": euros("0"), "finished_at": now() - hours(1)}
    booking = await yard.has(yard.kim, State.COMPLETED, -1, **over)
    assert problem(await sends(yard, booking, "start", a_photo(), yard.kim)) == (409, "wrong_state")
    damage = await yard.reported(booking)
    kept = await yard.sends(damage, a_photo("blue"), yard.kim)
    for colour in ("red", "blue"):
        assert (await sends(yard, booking, "end", a_photo(colour), yard.kim)).status_code == 201
    assert await yard.rows("SELECT count(*) FROM photos WHERE city = :city") == [(2,)]
    copy = await yard.garage.ask("POST", "me/export", token=yard.token(yard.kim))
    assert [each["phase"] for each in copy.json()["use_photos"]] == ["end", "end"]

    taken = await yard.garage.ask("DELETE", kept.json()["href"].split("/", 3)[3], token=yard.token(yard.kim))
    assert taken.status_code == 204, taken.text
    assert len(await listed(yard, booking, yard.garage.manager)) == 2, "the use shows it still"
    assert (await yard.garage.ask("DELETE", "me", token=yard.token(yard.kim))).status_code == 204
    assert await listed(yard, booking, yard.garage.manager) == []
    assert await yard.rows("SELECT count(*) FROM photos WHERE city = :city") == [(0,)]


async def test_a_photo_of_a_damage_is_taken_away_by_whoever_added_it_or_runs_the_vehicle(yard: Yard) -> None:
    damage = await yard.reported(await yard.has(yard.kim, State.IN_USE))
    hers, other = [(await yard.sends(damage, a_photo(each), yard.kim)).json()["href"] for each in ("red", "blue")]

    async def takes_away(photo: str, token: str) -> Any:
        answer = await yard.garage.ask("DELETE", photo.split("/", 3)[3], token=token)
        return answer.status_code if answer.is_success else problem(answer)

    for token in (yard.token(yard.lou), yard.garage.stranger):
        assert await takes_away(hers, token) == (404, "unknown_photo")
    assert await takes_away(hers, yard.token(yard.kim)) == 204
    assert await takes_away(hers, yard.token(yard.kim)) == (404, "unknown_photo")
    assert await takes_away(other, yard.garage.manager) == 204
    assert (await yard.garage.ask("GET", f"fleet/damages/{damage}")).json()["photos"] == []
    assert await yard.rows("SELECT count(*) FROM photos WHERE city = :city") == [(0,)]
    trail = "SELECT actor_id FROM audit WHERE city = :city AND action = 'fleet.photo_removed' ORDER BY id"
    assert [row[0] for row in await yard.rows(trail)] == [yard.kim, MANAGER]
