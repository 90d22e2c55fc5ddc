"""The reservations' use cases in a city of their own, under a clock that the test sets, with terms of the test's making."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, text

from adapters.database.tables import vehicles
from domain.booking.resources import Resource, ResourceId, Service
from domain.places import Plane
from infra.bootstrap import Outside, application
from infra.ids import new_id
from services.application import Application
from tests.adapters.database.lives import World
from tests.database import INSERT_RESOURCE
from tests.examples import POLICIES, TARIFFS, a_resource


def open_for_business(world: World, now: datetime) -> Application:
    """Every use case, with the clock stopped at an instant."""
    return application(world.database.app, Outside(lambda: now, new_id, lambda secret: secret))


async def publish_terms(world: World, service: Service, **changed: Any) -> None:
    """Let the terms of a service's tariff say something else from now on."""
    policy = msgspec.structs.replace(POLICIES[service], **changed)
    async with world.database.owner.transactions.city(world.city.city) as connection:
        await connection.execute(
            text("UPDATE tariffs SET policy = CAST(:policy AS json) WHERE city = :city AND id = :id"),
            {"city": world.city.city, "id": TARIFFS[service].id, "policy": msgspec.json.encode(policy).decode()},
        )


async def expected_back_after(world: World, days: int) -> None:
    """So long the city expects what is out of service to be so, where nobody says."""
    await world.rows(
        "UPDATE cities SET settings = settings || CAST(:repairs AS jsonb) WHERE city = :city RETURNING 1",
        repairs=f'{{"repairs": {{"expected_days": {days}}}}}',
    )


async def add_car(
    world: World, name: str, *, seats: int = 5, vehicle_class: str = "compact", **changes: Any
) -> Resource:
    """Another car at the station, for everybody unless the changes say otherwise."""
    car = a_resource(Service.FLEET, id=ResourceId(new_id()), name=name, station=world.city.station, **changes)
    x, y = Plane(car.station.location.lat).metres(car.station.location)
    columns = msgspec.structs.asdict(car) | {"service": "fleet", "city": world.city.city, "station_id": car.station.id}
    facts = {"city": world.city.city, "id": car.id, "class": vehicle_class, "seats": seats}
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(INSERT_RESOURCE, columns | {"tariff_id": TARIFFS[Service.FLEET].id, "x": x, "y": y})
        await connection.execute(insert(vehicles).values(facts | {"drive": "electric", "range_km": 300}))
    return car
