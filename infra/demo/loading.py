"""Opening the demo cities."""

from collections.abc import Iterator
from pathlib import Path

from adapters.database.connections import Transactions
from domain.documents import Edition
from domain.identity import City
from domain.refusals import Refusal
from infra.demo.inventory import DemoInventory
from infra.documents import read_document, shaped
from infra.operating import open_desk
from infra.publications import city_in, tariffs_in
from services.documents.publishing import PublishDocument, publish_document
from services.operator.cities import open_city
from services.operator.inventory import take_in
from services.operator.tariffs import publish_tariffs

CITIES = ("braunschweig", "wolfsburg")
FILES = Path(__file__).parent


async def load_demo(transactions: Transactions) -> tuple[City, ...]:
    """The cities that were missing and are open now, each with everything or not at all."""
    return tuple([city for name in CITIES if (city := await _load(transactions, name)) is not None])


def texts() -> Iterator[tuple[Edition, str]]:
    """The demo's terms, privacy and withdrawal texts: `<document>.<version>.<language>.md`."""
    for file in sorted((FILES / "documents").glob("*.md")):
        document, version, language = file.stem.split(".")
        yield Edition(document, version, language), file.read_text(encoding="utf-8")


async def _load(transactions: Transactions, name: str) -> City | None:
    city, settings = city_in(read_document(FILES / f"{name}-city.toml"))
    async with open_desk(transactions, city) as desk:
        if isinstance(await open_city(settings, books=desk.cities), Refusal):
            return None
        drafts = tariffs_in(read_document(FILES / "tariffs.toml"), desk.now)
        await publish_tariffs(drafts, books=desk.tariffs, now=desk.now)
        for edition, content in texts():
            await publish_document(PublishDocument(edition, content), books=desk.documents, now=desk.now)
        stock = shaped(read_document(FILES / f"{name}-inventory.toml"), DemoInventory)
        if await take_in(stock.of(city), settings.center.lat, books=desk.inventory) is not None:
            raise RuntimeError("nobody has booked anything in a city that was just opened")
    return city
