"""The QR code of a vehicle, over HTTP."""

import httpx
import pytest
from sqlalchemy import text

from adapters.documents.qr import qr_png, qr_svg
from tests.adapters.http.garage import Garage, problem
from tests.adapters.http.settled import settled
from tests.database import Databases

pytest.importorskip("segno")
pytestmark = pytest.mark.database


async def test_a_code_leads_where_the_city_says(http: httpx.AsyncClient, database: Databases) -> None:
    garage = Garage(http, database, await database.new_city())
    await settled(database, garage.seeded.city)
    car = await garage.added(code="BS*7")
    path = f"fleet/vehicles/{car}/qr-code"
    linked = await garage.ask("GET", path)
    assert (linked.headers["content-type"], linked.content) == (
        "image/svg+xml",
        qr_svg("https://app.city.example/b/BS%2A7"),
    )
    async with database.app.transactions.city(garage.seeded.city) as connection:
        unlinked = "UPDATE cities SET settings = settings - 'booking_link' WHERE city = :city"
        await connection.execute(text(unlinked), {"city": garage.seeded.city})
    bare = await garage.ask("GET", path, format="png")
    assert (bare.headers["content-type"], bare.content) == ("image/png", qr_png("BS*7"))
    assert problem(await garage.ask("GET", path, token=garage.stranger)) == (404, "unknown_vehicle")
    assert problem(await garage.ask("GET", path, format="gif")) == (422, "invalid_input")
