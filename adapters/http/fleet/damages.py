"""`/v1/{city}/bookings/{id}/damages` and `/v1/{city}/fleet/damages`: what is wrong with a vehicle to be seen, for whoever has it
and for whoever runs it."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.booking.actions import ONE as BOOKING
from adapters.http.booking.actions import booking_id
from adapters.http.cursors import Place
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.damage_examples import DAMAGE, NOTE, REPORT, SEEN
from adapters.http.fleet.damage_views import (
    DamageList,
    DamageView,
    SeenDamageList,
    SeenDamageView,
    damage_view,
    seen_view,
)
from adapters.http.reading import Instant, in_utc
from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.damages import (
    DamageId,
    DamageKind,
    DamagePlace,
    DamageState,
    NoteDamage,
    PaidBy,
    ReportDamage,
    Severity,
)
from domain.identity import PoolId
from domain.refusals import Refusal
from services.calls import Answer
from services.fleet.damages import DamageMark, Damages, DamageSeen, DamagesWanted, KnownDamage

OF_BOOKING = f"{BOOKING}/damages"
LIST = "/v1/{city:str}/fleet/damages"
ONE = f"{LIST}/{{damage_id:uuid}}"
Words: TypeAlias = Annotated[str, Meta(max_length=1000)]


class DamageRequest(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`drivable` false takes the vehicle out of booking until somebody has looked."""

    place: DamagePlace
    kind: DamageKind
    severity: Severity
    drivable: bool
    words: Words | None = None


class DamageOfVehicleRequest(DamageRequest, forbid_unknown_fields=True, frozen=True, kw_only=True):
    vehicle_id: UUID


class DamageNoteRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays as it is. `known` stays on the vehicle for now, `dismissed` was no damage. `out_until` is when a vehicle
    that is kept out is expected back: what begins later stays as it was booked. Where nobody says, or it has passed, two weeks
    from now on are counted."""

    state: DamageState
    paid_by: PaidBy | None = None
    drivable: bool | None = None
    words: Words | None = None
    out_until: Instant | None = None


class DamagesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`state` may repeat; `withdraws` are those that keep a vehicle out of booking."""

    vehicle_id: UUID | None = None
    booking_id: UUID | None = None
    pool: Annotated[str, Meta(max_length=100)] | None = None
    severity: Annotated[Severity, Meta(examples=["severe"])] | None = None
    state: Annotated[tuple[DamageState, ...], Meta(examples=[["open", "known"]])] = ()
    withdraws: Annotated[bool, Meta(examples=[True])] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


def damages(offered: Damages) -> tuple[Endpoint, ...]:
    async def report_of_booked(ask: Ask) -> Reply:
        of, asked = booking_id(ask), await ask.body(DamageRequest)

        def told(known: KnownDamage) -> Answer:
            return answer(seen_view(DamageSeen(known, known.damage.photos), ask.actor))

        return await offered.report(ask.call((of, asked), told), _report(ask, of, asked, by_booking=True))

    async def list_of_booked(ask: Ask) -> Reply:
        found = await offered.on_booked(ask.actor, booking_id(ask))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(SeenDamageList(tuple(seen_view(each, ask.actor) for each in found)))

    async def report(ask: Ask) -> Reply:
        asked = await ask.body(DamageOfVehicleRequest)
        command = _report(ask, ResourceId(asked.vehicle_id), asked, by_booking=False)
        return await offered.report(ask.call(asked, lambda known: answer(damage_view(known, ask.city), 201)), command)

    async def list_damages(ask: Ask) -> Reply:
        asked = ask.query(DamagesQuery)
        found = await offered.page(ask.actor, _wanted(asked))
        items = tuple(damage_view(known, ask.city) for known in found[: asked.limit])
        following = Place(items[-1].reported_at, items[-1].id) if len(found) > asked.limit else None
        return answer(DamageList(items, cursors.written(following) if following else None))

    async def get_damage(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, damage_id(ask))
        return ask.problem("unknown_damage") if found is None else answer(damage_view(found, ask.city))

    async def note_damage(ask: Ask) -> Reply:
        of, asked = damage_id(ask), await ask.body(DamageNoteRequest)
        until = in_utc(asked.out_until, pointer="/out_until") if asked.out_until is not None else None
        command = NoteDamage(of, asked.state, asked.paid_by, asked.drivable, _stripped(asked.words), until)
        call = ask.call((of, asked), lambda known: answer(damage_view(known, ask.city), 201))
        return await offered.note(call, command)

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS_AND_OPERATOR,
            OF_BOOKING,
            "reportDamageOfBooked",
            "booking",
            "Say what is wrong with the vehicle that is booked, until a day after its use; photos are added afterwards",
            report_of_booked,
            {200: SeenDamageView},
            codes=(
                "unknown_booking",
                "no_vehicle",
                "wrong_state",
                "too_early",
                "too_late_to_report",
                "too_many_damages",
            ),
            body=DamageRequest,
            keyed=True,
            example=REPORT,
            examples={200: SEEN},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            OF_BOOKING,
            "listDamagesOfBooked",
            "booking",
            "What is on the vehicle that is booked and known already, and what was reported of this use",
            list_of_booked,
            {200: SeenDamageList},
            codes=("unknown_booking",),
            examples={200: {"items": [SEEN]}},
        ),
        Endpoint(
            HttpMethod.POST,
            STAFF,
            LIST,
            "reportDamage",
            "fleet",
            "Say what is wrong with a vehicle that one runs",
            report,
            {201: DamageView},
            codes=("unknown_vehicle",),
            body=DamageOfVehicleRequest,
            keyed=True,
            example=REPORT | {"vehicle_id": DAMAGE["vehicle"]["id"]},
            examples={201: DAMAGE | {"state": "open", "paid_by": None, "notes": [], "booking_id": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            LIST,
            "listDamages",
            "fleet",
            "The damages of the vehicles that one runs, the newest first",
            list_damages,
            {200: DamageList},
            query=DamagesQuery,
            examples={200: {"items": [DAMAGE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            ONE,
            "getDamage",
            "fleet",
            "A damage with its photos, and everything that was made of it",
            get_damage,
            {200: DamageView},
            codes=("unknown_damage",),
            examples={200: DAMAGE},
        ),
        Endpoint(
            HttpMethod.POST,
            STAFF,
            f"{ONE}/notes",
            "noteDamage",
            "fleet",
            "Note a damage as known, repaired or dismissed, and who pays; the vehicle comes back with the last that kept it out",
            note_damage,
            {201: DamageView},
            codes=("unknown_damage", "nothing_changes", "wrong_state", "period_in_the_past", "period_too_long"),
            body=DamageNoteRequest,
            keyed=True,
            example=NOTE,
            examples={201: DAMAGE},
        ),
    )


def damage_id(ask: Ask) -> DamageId:
    return DamageId(ask.path("damage_id"))


def _report(ask: Ask, of: BookingId | ResourceId, asked: DamageRequest, *, by_booking: bool) -> ReportDamage:
    return ReportDamage(
        DamageId(ask.edge.new_id()),
        of,
        by_booking,
        asked.place,
        asked.kind,
        asked.severity,
        asked.drivable,
        _stripped(asked.words),
    )


def _wanted(asked: DamagesQuery) -> DamagesWanted:
    """Raises Rejected for a cursor that is none."""
    place = cursors.read(asked.cursor) if asked.cursor is not None else None
    return DamagesWanted(
        asked.limit + 1,
        DamageMark(place.at, DamageId(place.id)) if place else None,
        ResourceId(asked.vehicle_id) if asked.vehicle_id is not None else None,
        PoolId(asked.pool) if asked.pool is not None else None,
        BookingId(asked.booking_id) if asked.booking_id is not None else None,
        asked.severity,
        frozenset(asked.state),
        asked.withdraws,
    )


def _stripped(words: str | None) -> str | None:
    return (words or "").strip() or None
