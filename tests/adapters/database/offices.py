"""The reservations' use cases in a city of their own, under a clock that the test sets, with terms of the test's making."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from domain.booking.resources import Service
from infra.bootstrap import Outside, application
from infra.ids import new_id
from services.application import Application
from tests.adapters.database.lives import World
from tests.examples import POLICIES, TARIFFS


def open_for_business(world: World, now: datetime) -> Application:
    """Every use case, with the clock stopped at an instant."""
    return application(world.database.app, Outside(lambda: now, new_id, lambda secret: secret))


async def publish_terms(world: World, service: Service, **changed: Any) -> None:
    """Let the terms of a service's tariff say something else from now on."""
    policy = msgspec.structs.replace(POLICIES[service], **changed)
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(
            text("UPDATE tariffs SET policy = CAST(:policy AS json) WHERE city = :city AND id = :id"),
            {"city": world.city.city, "id": TARIFFS[service].id, "policy": msgspec.json.encode(policy).decode()},
        )
