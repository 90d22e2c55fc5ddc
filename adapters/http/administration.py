"""`/v1/{city}/admin/`: what the city says of itself, and its tariffs; the same calls as on the command line."""

from collections import Counter
from typing import Annotated, Any

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.administration_examples import CITY, PUBLISHED, TARIFF
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer, nothing
from adapters.http.problems import Fault, Rejected
from adapters.http.tags import seen, tagged
from domain.booking.publishing import Published, TariffDraft
from domain.cities.settings import CitySettings
from domain.identity import City
from domain.refusals import Refusal
from services.operator import Operator
from services.operator.ports import Stated, TariffMark
from services.operator.tariffs import TariffOutcome

ADMIN = "/v1/{city:str}/admin"


class CityDocument(CitySettings, frozen=True, kw_only=True):
    """The city's settings, as `kommobil city show --json` prints them. Secrets are named here, never held."""

    city: City


class PageQuery(Struct, forbid_unknown_fields=True, frozen=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class TariffImport(Struct, frozen=True):
    """Tariffs as their author writes them; what is the same as the version in force is left alone."""

    tariffs: tuple[TariffDraft, ...]


class TariffVersions(Struct, frozen=True):
    items: tuple[Published, ...]
    next_cursor: str | None


class ImportedTariffs(Struct, frozen=True):
    items: tuple[TariffOutcome, ...]


def administration(operator: Operator) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def get_city(ask: Ask) -> Reply:
        found = await operator.settings(ask.city)
        return ask.problem("unknown_city") if found is None else _shown(ask, found)

    async def set_city(ask: Ask) -> Reply:
        asked = await ask.document(CityDocument)
        if asked.city != ask.city:
            raise Rejected("invalid_input", errors=(Fault("another city than the address says", pointer="/city"),))
        fields = {field: getattr(asked, field) for field in CitySettings.__struct_fields__}
        settings = CitySettings(**fields)
        _refuse_faults(settings.faults())
        done = await operator.set_city(ask.unkeyed(nothing), settings, seen(ask))
        return ask.refuse(done) if isinstance(done, Refusal) else _shown(ask, done)

    async def list_tariffs(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        after = cursors.read_as(TariffMark, asked.cursor) if asked.cursor is not None else None
        found = await operator.tariffs(ask.city, after, asked.limit + 1)
        items = tuple(found[: asked.limit])
        mark = TariffMark(items[-1].tariff.id, items[-1].tariff.version) if len(found) > asked.limit else None
        return answer(TariffVersions(items, cursors.written(mark) if mark else None))

    async def import_tariffs(ask: Ask) -> Reply:
        drafts = (await ask.document(TariffImport)).tariffs
        twice = [name for name, times in Counter(draft.id for draft in drafts).items() if times > 1]
        said = [f"{draft.id}: {fault}" for draft in drafts for fault in draft.faults(ask.now)]
        _refuse_faults((*said, *(f"{name}: stands here more than once" for name in twice)), "/tariffs")
        return answer(ImportedTariffs(await operator.publish(ask.unkeyed(nothing), drafts)))

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, ADMIN + path, operation_id, "admin", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            "/city",
            "getCitySettings",
            "What the city says of itself, with an ETag",
            handler=get_city,
            answers={200: CityDocument, 304: None},
            codes=("unknown_city",),
            examples={200: CITY},
        ),
        endpoint(
            HttpMethod.PUT,
            "/city",
            "setCitySettings",
            "Put this in place of what the city says of itself; accounts and identity providers stay as they are",
            handler=set_city,
            answers={200: CityDocument},
            codes=(
                "unknown_city",
                "account_of_another_city",
                "account_has_payments",
                "set_on_the_machine",
                "version_mismatch",
            ),
            tagged=True,
            body=CityDocument,
            example=CITY,
            examples={200: CITY},
        ),
        endpoint(
            HttpMethod.GET,
            "/tariffs",
            "listTariffVersions",
            "Every version of every tariff, by id, the oldest first",
            handler=list_tariffs,
            answers={200: TariffVersions},
            query=PageQuery,
            examples={200: {"items": [PUBLISHED], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            "/tariffs",
            "importTariffs",
            "Publish tariffs with their terms: what changed becomes a new version",
            handler=import_tariffs,
            answers={200: ImportedTariffs},
            body=TariffImport,
            example={"tariffs": [TARIFF]},
            examples={200: {"items": [{"id": TARIFF["id"], "version": 2, "published": True}]}},
        ),
    )


def _shown(ask: Ask, found: Stated) -> Reply:
    return tagged(ask, CityDocument(**msgspec.structs.asdict(found.settings), city=ask.city), found.version)


def _refuse_faults(faults: tuple[str, ...], pointer: str = "") -> None:
    if faults:
        raise Rejected("invalid_input", errors=tuple(Fault(fault, pointer=pointer) for fault in faults))
