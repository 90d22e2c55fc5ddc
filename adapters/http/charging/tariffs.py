"""`/v1/{city}/charging/tariffs`: OCPI tariffs that a city sells by, their versions, and which points are sold by which."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors, shapes
from adapters.http.administration import PageQuery
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer, nothing
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant
from domain.booking.price_list import PriceShown, price_list
from domain.booking.publishing import Published, TariffDraft
from domain.booking.terms import TermsPolicy
from domain.charging.selling import AssignTariff, KnownTariff, NotSold, Scope
from domain.cities.identifiers import is_slug
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from services.charging.tariffs import ChargingTariffs, TariffStands

LIST = "/v1/{city:str}/charging/tariffs"
ONE = f"{LIST}/{{tariff_id:str}}"
UNPRICED = frozenset({"country_code", "party_id", "tariff_alt_text", "tariff_alt_url", "energy_mix", "last_updated"})
"""Fields of OCPI's Tariff that say nothing of a price, nor of when or for whom it counts; parties send them along, and may leave them out."""


class ChargingTariffRequest(Struct, frozen=True):
    """`tariff` is an OCPI 2.3.0 Tariff object, as far as a price depends on it; its id is that of the tariff here. What says nothing of that
    (its party, texts, energy mix) is passed over; any other field that is not known is refused, here as in `terms`. `vat_rate` is that of fees
    and reservations; components name their own in percent. Without `valid_from` it counts from now on."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    vat_rate: Decimal
    tariff: ChargingTariff
    terms: TermsPolicy
    valid_from: Instant | None = None


class AssignmentRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`id` is the station's or the charge point's; the city has none. The narrower assignment counts."""

    scope: Scope
    id: UUID | None = None


class AssignedView(Struct, frozen=True):
    """`city`: it is the city's own; of so many `stations` and `points` it is the own; `sold` are the points that are sold by it now."""

    city: bool
    stations: int
    points: int
    sold: int


class ChargingTariffView(Struct, frozen=True):
    """The latest version. `prices` is how it is shown to whoever charges."""

    id: TariffId
    version: int
    name: str
    valid_from: datetime
    vat_rate: Decimal
    tariff: ChargingTariff
    terms: TermsPolicy
    prices: tuple[PriceShown, ...]
    retired: bool
    assigned: AssignedView


class ChargingTariffDetails(Struct, frozen=True):
    """`versions` are all that there were, the oldest first; bookings keep theirs."""

    latest: ChargingTariffView
    versions: tuple[Published, ...]


class ChargingTariffList(Struct, frozen=True):
    items: tuple[ChargingTariffView, ...]
    next_cursor: str | None


class TariffIdMark(Struct, array_like=True, frozen=True):
    id: TariffId


def charging_tariffs(offered: ChargingTariffs) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_tariffs(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        after = cursors.read_as(TariffIdMark, asked.cursor).id if asked.cursor is not None else TariffId("")
        found = await offered.page(ask.city, after, asked.limit + 1)
        items = tuple(_view(each) for each in found[: asked.limit])
        mark = TariffIdMark(items[-1].id) if len(found) > asked.limit else None
        return answer(ChargingTariffList(items, cursors.written(mark) if mark else None))

    async def show_tariff(ask: Ask) -> Reply:
        found = await offered.find(ask.city, _tariff_id(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_details(found))

    async def publish_tariff(ask: Ask) -> Reply:
        asked = shapes.shaped(_priced(await ask.body(dict[str, Any])), ChargingTariffRequest)
        charging = msgspec.structs.replace(asked.tariff, id=_tariff_id(ask))
        draft = TariffDraft(
            TariffId(charging.id),
            *(asked.name, charging.currency, asked.vat_rate, asked.terms, asked.valid_from),
            charging=charging,
        )
        if faults := draft.faults(ask.now):
            raise Rejected("invalid_input", errors=tuple(Fault(fault, pointer=_pointer(fault)) for fault in faults))
        done = await offered.publish(ask.unkeyed(nothing), draft)
        return _shown(ask, done)

    async def assign_tariff(ask: Ask) -> Reply:
        tariff_id = _tariff_id(ask)
        asked = await ask.body(AssignmentRequest)
        if (asked.id is None) is not (asked.scope is Scope.CITY):
            raise Rejected(
                "invalid_input", errors=(Fault("a station or a point has one, the city none", pointer="/id"),)
            )
        return _shown(ask, await offered.assign(ask.unkeyed(nothing), AssignTariff(tariff_id, asked.scope, asked.id)))

    async def retire_tariff(ask: Ask) -> Reply:
        return _shown(ask, await offered.retire(ask.unkeyed(nothing), _tariff_id(ask)))

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "charging", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listChargingTariffs",
            "OCPI tariffs that the city sells charging by, by id, each in its latest version",
            handler=list_tariffs,
            answers={200: ChargingTariffList},
            query=PageQuery,
            examples={200: {"items": [SHOWN], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "showChargingTariff",
            "An OCPI tariff with all its versions",
            handler=show_tariff,
            answers={200: ChargingTariffDetails},
            codes=("unknown_tariff",),
            examples={200: _DETAILS},
        ),
        endpoint(
            HttpMethod.PUT,
            ONE,
            "publishChargingTariff",
            "Publish an OCPI tariff with its terms, 201: a new version where it says something else; 200 where it says the same",
            handler=publish_tariff,
            answers={200: ChargingTariffView, 201: ChargingTariffView},
            codes=("tariff_retired", "other_currency"),
            body=ChargingTariffRequest,
            example=ASKED,
            examples={200: SHOWN, 201: SHOWN},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/assignments",
            "assignChargingTariff",
            "Sell a charge point, all of a station, or all of the city by this tariff from now on; bookings keep theirs",
            handler=assign_tariff,
            answers={200: ChargingTariffView},
            codes=(
                *("unknown_tariff", "tariff_retired", "not_for_charging", "tariff_not_yet"),
                *("unknown_station", "unknown_charge_point"),
            ),
            body=AssignmentRequest,
            example={"scope": "city"},
            examples={200: SHOWN},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/retire",
            "retireChargingTariff",
            "Sell by it no more, once nothing is sold by it; its versions stay for the bookings that have them",
            handler=retire_tariff,
            answers={200: ChargingTariffView},
            codes=("unknown_tariff", "tariff_in_use"),
            examples={200: SHOWN | {"retired": True}},
        ),
    )


def _priced(said: dict[str, Any]) -> dict[str, Any]:
    tariff = said.get("tariff")
    if not isinstance(tariff, dict):
        return said
    return said | {"tariff": {name: value for name, value in tariff.items() if name not in UNPRICED}}


def _tariff_id(ask: Ask) -> TariffId:
    """Raises Rejected for what cannot be a tariff's name."""
    name = str(ask.path("tariff_id"))
    if not is_slug(name):
        fault = Fault("lower case letters, digits and dashes, a letter first", parameter="tariff_id")
        raise Rejected("invalid_input", errors=(fault,))
    return TariffId(name)


def _pointer(fault: str) -> str:
    return "/tariff" if fault.startswith("charging") else "/terms" if fault.startswith("terms") else ""


def _shown(ask: Ask, done: TariffStands | Refusal[NotSold]) -> Reply:
    if isinstance(done, Refusal):
        return ask.refuse(done)
    return answer(_view(done.known), 201 if done.new else 200)


def _view(known: KnownTariff) -> ChargingTariffView:
    """Of an own tariff of the city, which may be assigned as well, what an OCPI tariff has is empty."""
    tariff, policy = known.latest.tariff, known.latest.policy
    return ChargingTariffView(
        id=tariff.id,
        version=tariff.version,
        name=tariff.name,
        valid_from=tariff.valid_from,
        vat_rate=tariff.vat_rate,
        tariff=tariff.charging or ChargingTariff(tariff.id, tariff.currency, ()),
        terms=policy,
        prices=price_list(tariff, policy.blocking),
        retired=known.retired,
        assigned=AssignedView(known.city, known.stations, known.points, known.sold),
    )


def _details(known: KnownTariff) -> ChargingTariffDetails:
    return ChargingTariffDetails(_view(known), known.versions)


ASKED: dict[str, Any] = {
    "name": "Laden in der Stadt",
    "vat_rate": "0.19",
    "tariff": {
        "id": "charging-city",
        "currency": "EUR",
        "elements": [
            {
                "price_components": [{"type": "FLAT", "price": "1.00", "step_size": 1, "vat": "19"}],
                "restrictions": {"reservation": "RESERVATION"},
            },
            {
                "price_components": [{"type": "ENERGY", "price": "0.2941", "step_size": 1, "vat": "19"}],
                "restrictions": {"start_time": "22:00", "end_time": "06:00"},
            },
            {"price_components": [{"type": "ENERGY", "price": "0.4118", "step_size": 1, "vat": "19"}]},
        ],
    },
    "terms": {
        "version": "2026-12",
        "hold_s": 900,
        "free_cancel_before_s": 3600,
        "steps": [],
        "no_show_fee_percent": 0,
        "start_before_s": 900,
        "min_duration_s": 900,
        "max_duration_s": 86400,
        "max_ahead_s": 34560000,
        "no_show_after_s": 1800,
        "blocking": {"per_minute": "0.10", "cap": "12.00", "grace_s": 14400},
    },
}
_ASKED_FOR = msgspec.convert(ASKED, ChargingTariffRequest, strict=False)
_DRAFT = TariffDraft(
    TariffId("charging-city"),
    *(_ASKED_FOR.name, "EUR", _ASKED_FOR.vat_rate, _ASKED_FOR.terms),
    valid_from=datetime.fromisoformat("2026-12-01T00:00:00+00:00"),
    charging=_ASKED_FOR.tariff,
)
_PUBLISHED = Published(_DRAFT.tariff(1, datetime.fromisoformat("2026-12-01T00:00:00+00:00")), _DRAFT.terms)
_KNOWN = KnownTariff((_PUBLISHED,), sold=212, city=True, stations=0, points=3)
SHOWN: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_view(_KNOWN)))
_DETAILS: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_details(_KNOWN)))
