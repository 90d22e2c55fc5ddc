"""Opening the demo cities."""

from pathlib import Path

from adapters.database.connections import Transactions
from domain.identity import City
from domain.refusals import Refusal
from infra.demo.inventory import DemoInventory
from infra.documents import read_document, shaped
from infra.operating import open_desk
from infra.publications import city_in, tariffs_in
from services.operator.cities import open_city
from services.operator.tariffs import publish_tariffs

CITIES = ("braunschweig", "wolfsburg")
FILES = Path(__file__).parent


async def load_demo(transactions: Transactions) -> tuple[City, ...]:
    """The cities that were missing and are open now, each with everything or not at all."""
    return tuple([city for name in CITIES if (city := await _load(transactions, name)) is not None])


async def _load(transactions: Transactions, name: str) -> City | None:
    city, settings = city_in(read_document(FILES / f"{name}-city.toml"))
    async with open_desk(transactions, city) as desk:
        if isinstance(await open_city(settings, books=desk.cities), Refusal):
            return None
        drafts = tariffs_in(read_document(FILES / "tariffs.toml"), desk.now)
        await publish_tariffs(drafts, books=desk.tariffs, now=desk.now)
        stock = shaped(read_document(FILES / f"{name}-inventory.toml"), DemoInventory)
        await desk.inventory.write(stock.of(city), settings.center.lat)
    return city
