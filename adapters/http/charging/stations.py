"""Charging stations for whoever runs the city's: registered, admitted, told something; and what was said with them."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from adapters.http import cursors
from adapters.http.administration import PageQuery
from adapters.http.charging.station_examples import EQUIPMENT, EVSES, KEY, STATION
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer
from domain.booking.resources import ResourceId, StationId
from domain.charging.registering import EVSES_AT_MOST, NotRegistrable, Registered
from domain.charging.stations import Admission, ChargingStationId, Identity, SecurityProfile
from domain.refusals import Refusal
from services.charging.central.equipment import EquipmentView
from services.charging.central.keeping import (
    ChargingStations,
    ChargingStationView,
)

LIST = "/v1/{city:str}/charging/stations"
ONE = f"{LIST}/{{charging_station_id:uuid}}"
Seconds = Annotated[int, Meta(ge=10, le=86_400)]
Name = Annotated[str, Meta(max_length=100)]


class EvseSold(Struct, forbid_unknown_fields=True, frozen=True):
    number: Annotated[int, Meta(ge=1, le=999)]
    resource_id: UUID


Evses = Annotated[list[EvseSold], Meta(max_length=EVSES_AT_MOST)]


class StationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`certificate_name` is the common name of the station's certificate; where none is told it does not come in with one."""

    identity: Annotated[str, Meta(max_length=48)]
    station_id: UUID
    security_profile: SecurityProfile
    admission: Admission = Admission.ACCEPTED
    heartbeat_s: Seconds = 900
    certificate_name: Name | None = None
    evses: Evses = []


class StationChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is. A security profile is only ever raised; a station hears of its admission when it boots."""

    station_id: UUID | UnsetType = UNSET
    security_profile: SecurityProfile | UnsetType = UNSET
    admission: Admission | UnsetType = UNSET
    heartbeat_s: Seconds | UnsetType = UNSET
    certificate_name: Name | UnsetType | None = UNSET
    evses: Evses | UnsetType = UNSET


class StationWithKey(ChargingStationView, frozen=True, kw_only=True):
    """`key` is shown this once: the password of the station, whose user name is its identity."""

    key: str | None


class StationList(Struct, frozen=True):
    items: tuple[ChargingStationView, ...]
    next_cursor: str | None


def charging_stations(offered: ChargingStations) -> tuple[Endpoint, ...]:
    async def list_stations(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        found = await offered.page(ask.city, after(asked.cursor), asked.limit + 1)
        return answer(StationList(*page(found, asked.limit, lambda each: (each.made_at, each.id))))

    async def register_station(ask: Ask) -> Reply:
        asked = await ask.body(StationRequest)
        key = None if asked.security_profile is SecurityProfile.CERTIFICATE else offered.new_key()
        station = Registered(
            ChargingStationId(ask.edge.new_id()),
            Identity(asked.identity),
            StationId(asked.station_id),
            asked.security_profile,
            asked.admission,
            asked.heartbeat_s,
            asked.certificate_name,
            _digest(key),
            evses=_sold(asked.evses),
        )
        return await offered.register(ask.unkeyed(lambda view: answer(_with_key(view, key), 201)), station)

    async def show_station(ask: Ask) -> Reply:
        found = await offered.find(ask.city, station_id(ask))
        return ask.refuse(Refusal(NotRegistrable.UNKNOWN_CHARGING_STATION)) if found is None else answer(found)

    async def show_equipment(ask: Ask) -> Reply:
        found = await offered.equipment(ask.city, station_id(ask))
        return ask.refuse(Refusal(NotRegistrable.UNKNOWN_CHARGING_STATION)) if found is None else answer(found)

    async def change_station(ask: Ask) -> Reply:
        asked = await ask.body(StationChange)
        changes: dict[str, Any] = {
            name: value for name, value in msgspec.structs.asdict(asked).items() if value is not UNSET
        }
        if asked.evses is not UNSET:
            changes["evses"] = _sold(asked.evses)
        return await offered.change(ask.unkeyed(answer), station_id(ask), lambda before: replace(before, **changes))

    async def change_key(ask: Ask) -> Reply:
        key = offered.new_key()
        call = ask.unkeyed(lambda view: answer(_with_key(view, key)))
        return await offered.rekey(call, station_id(ask), sha256(key.encode()).hexdigest())

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "admin", summary, **more)

    unknown = NotRegistrable.UNKNOWN_CHARGING_STATION.value
    of_evses = ("unknown_station", "unknown_resource", "resource_of_another_evse")
    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listChargingStations",
            "Charging stations that may connect, and how they do",
            handler=list_stations,
            answers={200: StationList},
            query=PageQuery,
            examples={200: {"items": [STATION], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            LIST,
            "registerChargingStation",
            "Let a station connect by OCPP; its key is shown this once",
            handler=register_station,
            answers={201: StationWithKey},
            codes=("identity_taken", "certificate_name_taken", "identity_not_allowed", *of_evses),
            body=StationRequest,
            example={
                "identity": STATION["identity"],
                "station_id": STATION["station_id"],
                "security_profile": "basic",
                "evses": EVSES,
            },
            examples={201: STATION | {"key": KEY}},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "showChargingStation",
            "A station with its EVSEs",
            handler=show_station,
            answers={200: ChargingStationView},
            codes=(unknown,),
            examples={200: STATION},
        ),
        endpoint(
            HttpMethod.GET,
            f"{ONE}/equipment",
            "showChargingStationEquipment",
            "What a station of OCPP 2.0.1 said that it has, once it was told `read_settings` without names, and where that is not what is "
            "registered",
            handler=show_equipment,
            answers={200: EquipmentView},
            codes=(unknown,),
            examples={200: EQUIPMENT},
        ),
        endpoint(
            HttpMethod.PATCH,
            ONE,
            "changeChargingStation",
            "Admit it or turn it away, raise its security profile, say which EVSE is which resource",
            handler=change_station,
            answers={200: ChargingStationView},
            codes=(unknown, "certificate_name_taken", "profile_not_lowered", "no_key", *of_evses),
            body=StationChange,
            example={"admission": "pending"},
            examples={200: STATION | {"admission": "pending"}},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/key",
            "changeChargingStationKey",
            "Make a new key; the one before counts until the station shows the new one",
            handler=change_key,
            answers={200: StationWithKey},
            codes=(unknown, "no_key"),
            examples={200: STATION | {"key_pending": True, "key": KEY}},
        ),
    )


def _digest(key: str | None) -> str | None:
    return None if key is None else sha256(key.encode()).hexdigest()


def _sold(evses: list[EvseSold]) -> dict[int, ResourceId]:
    return {each.number: ResourceId(each.resource_id) for each in evses}


def _with_key(view: ChargingStationView, key: str | None) -> StationWithKey:
    return StationWithKey(**msgspec.structs.asdict(view), key=key)


def station_id(ask: Ask) -> ChargingStationId:
    return ChargingStationId(ask.path("charging_station_id"))


def after(cursor: str | None) -> tuple[datetime, Any] | None:
    place = None if cursor is None else cursors.read(cursor)
    return None if place is None else (place.at, place.id)


def page(found: Any, limit: int, place: Callable[[Any], tuple[datetime, UUID]]) -> tuple[tuple[Any, ...], str | None]:
    items = tuple(found[:limit])
    more = len(found) > limit
    return items, cursors.written(cursors.Place(*place(items[-1]))) if more else None
