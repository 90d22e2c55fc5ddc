"""Charging cards over HTTP, and what a station is told of them."""

import asyncio
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from adapters.database.charging.cards import SqlCardBooks, SqlChargingCards
from adapters.database.charging.transactions import SqlTransactions
from adapters.database.sheets import Sheet
from domain.booking.bookings import BookingId, State
from domain.charging.cards import MOST_CARDS, AddCard, Card, NotACard
from domain.charging.reports import IdToken, TokenVerdict
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import Actor, PersonId, Role
from domain.periods import Period
from domain.refusals import Refusal
from infra.clock import now
from infra.ids import new_id
from services.calls import Answer, Call
from services.charging.cards import add_card
from tests.adapters.http.garage import problem
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database
TOKEN = "04a1b2c3d4e5f6"


async def somebody(database: Databases, city: SeededCity) -> PersonId:
    person = PersonId(new_id())
    await database.rows(
        city.city,
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) RETURNING id",
        id=person,
        email=f"{person}@example.org",
    )
    return person


async def a_station(database: Databases, city: SeededCity) -> StationAt:
    at = StationAt(city.city, ChargingStationId(new_id()))
    await database.rows(
        city.city,
        """WITH station AS (INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)
             VALUES (:city, :id, :place, 'one', 'basic', 'd') RETURNING city, id)
           INSERT INTO evses (city, charging_station_id, number, resource_id) SELECT city, id, 1, :point FROM station RETURNING city""",
        id=at.id,
        place=city.station.id,
        point=city.charge_points[0].id,
    )
    return at


async def test_a_card_charges_what_its_holder_booked_until_it_is_blocked_or_taken_away(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    ada, ben = await somebody(database, city), await somebody(database, city)
    at, central = await a_station(database, city), SqlTransactions(database.app, now, new_id)
    start = now() - minutes(5)
    order = an_order(city.charge_points[0], period=Period(start, start + hours(1)))
    booking = a_booking(State.CONFIRMED, city.charge_points[0], order=order)
    booking = replace(booking, id=BookingId(new_id()), holder_id=ada)
    await database.place(city.city, booking, city.charge_points[0])

    async def ask(method: str, path: str, person: PersonId, role: Role = Role.RESIDENT, **body: Any) -> httpx.Response:
        headers = bearer(a_token(city.city, role, person=person))
        return await http.request(method, f"/v1/{city.city}/{path}", json=body or None, headers=headers)

    async def told() -> TokenVerdict:
        return (await central.authorise(at, IdToken(TOKEN.upper()))).verdict

    assert await told() is not TokenVerdict.ACCEPTED
    added = await ask("POST", "me/charging-cards", ada, token=TOKEN, label="keys")
    assert (added.status_code, added.json()["token"], added.json()["label"]) == (200, TOKEN.upper(), "keys")
    assert await told() is TokenVerdict.ACCEPTED
    assert problem(await ask("POST", "me/charging-cards", ben, token=TOKEN.upper())) == (409, "card_of_another")
    assert problem(await ask("DELETE", f"me/charging-cards/{TOKEN}", ben)) == (404, "unknown_card")
    assert problem(await ask("POST", "me/charging-cards", PersonId(new_id()), token="0001")) == (404, "unknown_person")

    found = (await ask("GET", f"admin/charging-cards?token={TOKEN}", ben, Role.OPERATOR)).json()["items"]
    assert [(each["person_id"], "label" in each) for each in found] == [(str(ada), False)]
    blocked = await ask("PATCH", f"admin/charging-cards/{TOKEN}", ben, Role.OPERATOR, blocked=True)
    assert blocked.json()["blocked"] is True
    assert await told() is TokenVerdict.BLOCKED
    assert problem(await ask("DELETE", f"me/charging-cards/{TOKEN}", ada)) == (409, "card_blocked")
    assert problem(await ask("POST", "me/charging-cards", ada, token=TOKEN)) == (409, "card_blocked")

    await ask("PATCH", f"admin/charging-cards/{TOKEN}", ben, Role.OPERATOR, blocked=False)
    assert (await ask("DELETE", f"me/charging-cards/{TOKEN}", ada)).status_code == 204
    assert (await ask("GET", "me/charging-cards", ada)).json()["items"] == []
    assert await told() is not TokenVerdict.ACCEPTED
    assert [
        action
        for (action,) in await database.rows(
            city.city, "SELECT action FROM audit WHERE city = :city AND subject_id = :id ORDER BY id", id=ada
        )
    ] == ["charging.card_added", "charging.card_blocked", "charging.card_unblocked", "charging.card_removed"]


async def test_nobody_gets_more_cards_than_the_most_by_adding_two_at_once(database: Databases) -> None:
    city = await database.new_city()
    ada, transactions = await somebody(database, city), database.app.transactions
    offered = SqlChargingCards(transactions, now, new_id).bound()
    actor = Actor(ada, city.city, frozenset({Role.RESIDENT}))
    call: Call[Any] = Call(city.city, actor, "addCard", "", "", "r", "", lambda _: Answer(200, "", ""))
    for nth in range(MOST_CARDS - 1):
        assert isinstance(await offered.add(call, AddCard(IdToken(f"04A1B2C3{nth:04}"))), Card)
    async with transactions.city(city.city) as connection:
        books = SqlCardBooks(Sheet(connection, city.city, ada, "r", now(), new_id))
        assert isinstance(await add_card(AddCard(IdToken("FIRST")), books=books, actor=actor, now=now()), Card)
        second = asyncio.ensure_future(offered.add(call, AddCard(IdToken("SECOND"))))
        await asyncio.wait({second}, timeout=0.5)
    assert await second == Refusal(NotACard.TOO_MANY_CARDS)
    assert len(await offered.own(actor)) == MOST_CARDS
