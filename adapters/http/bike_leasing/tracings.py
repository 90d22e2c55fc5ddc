"""`/v1/{city}/leasing/tracings/{lease}`: what helps to find a leased bike that was stolen, between its holder and the lessor."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.bike_leasing.examples import ID
from adapters.http.endpoints import BOOKERS, RIDERS_AND_LESSORS, Ask, Endpoint, Reply, answer
from adapters.http.reading import Instant, in_utc
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.insurance.tracing import Consent, SayTracing, TellPlace
from domain.places import Location
from domain.refusals import Refusal
from services.bike_leasing.insurance.tracing import LeaseTracing

ONE = "/v1/{city:str}/leasing/tracings/{lease_id:uuid}"
COMMON = ("unknown_lease", "lease_state_forbids")
Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class TracingRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`registration` is the code under which the insurer or the police has the bike, `device` the tracker's number at its `provider`. What is
    left out is not there, or no more."""

    registration: Line | None = None
    device: Line | None = None
    provider: Line | None = None


class ConsentRequest(Struct, forbid_unknown_fields=True, frozen=True):
    given: bool


class PlaceRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the tracker says that the bike was, in degrees of WGS 84, and when."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    seen_at: Instant


class PlaceView(Struct, frozen=True):
    lat: float
    lon: float
    seen_at: datetime
    told_at: datetime


class TracingView(Struct, frozen=True):
    """`serial_number` is on the frame. `consented_at` is when the holder said yes to being told where the tracker is."""

    lease_id: UUID
    serial_number: str
    registration: str | None
    device: str | None
    provider: str | None
    consented_at: datetime | None
    place: PlaceView | None


def lease_tracings(offered: LeaseTracing) -> tuple[Endpoint, ...]:
    async def get_tracing(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, _lease(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_view(found))

    async def say_tracing(ask: Ask) -> Reply:
        asked, of = await ask.body(TracingRequest), _lease(ask)
        command = SayTracing(of, asked.registration, asked.device, asked.provider)
        return await offered.keep(ask.call((of, asked), lambda kept: answer(_view(kept))), command)

    async def consent(ask: Ask) -> Reply:
        asked, of = await ask.body(ConsentRequest), _lease(ask)
        return await offered.keep(ask.call((of, asked), lambda kept: answer(_view(kept))), Consent(of, asked.given))

    async def tell_place(ask: Ask) -> Reply:
        asked, of = await ask.body(PlaceRequest), _lease(ask)
        seen_at = in_utc(asked.seen_at, pointer="/seen_at")
        command = TellPlace(of, Location(asked.lat, asked.lon), seen_at)
        return await offered.keep(ask.call((of, asked), lambda kept: answer(_view(kept))), command)

    return (
        Endpoint(
            HttpMethod.GET,
            RIDERS_AND_LESSORS,
            ONE,
            "getLeaseTracing",
            "leasing",
            "Frame number, registration, tracker and last known place of a leased bike: for its holder and the lessor",
            get_tracing,
            {200: TracingView},
            codes=COMMON,
            examples={200: TRACED},
        ),
        Endpoint(
            HttpMethod.PUT,
            RIDERS_AND_LESSORS,
            ONE,
            "setLeaseTracing",
            "leasing",
            "Say under which code the bike is registered, and by which tracker it is found; another tracker asks for consent again",
            say_tracing,
            {200: TracingView},
            codes=(*COMMON, "no_tracker"),
            body=TracingRequest,
            keyed=True,
            example=SAID,
            examples={200: TRACED | {"consented_at": None, "place": None}},
        ),
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            f"{ONE}/consents",
            "consentToLeaseTracing",
            "leasing",
            "The holder's yes or no to being told where the tracker is; with a no the place that is known goes",
            consent,
            {200: TracingView},
            codes=(*COMMON, "not_yours_to_do", "no_tracker"),
            body=ConsentRequest,
            keyed=True,
            example={"given": True},
            examples={200: TRACED | {"place": None}},
        ),
        Endpoint(
            HttpMethod.POST,
            RIDERS_AND_LESSORS,
            f"{ONE}/places",
            "tellLeaseBikePlace",
            "leasing",
            "Where the tracker says that the stolen bike is: with the holder's consent, while the theft is open, and gone with it",
            tell_place,
            {200: TracingView},
            codes=(*COMMON, "no_tracker", "no_consent_to_tracing", "not_stolen", "bad_place", "not_seen_then"),
            body=PlaceRequest,
            keyed=True,
            example=PLACE,
            examples={200: TRACED},
        ),
    )


def _lease(ask: Ask) -> LeaseId:
    return LeaseId(ask.path("lease_id"))


def _view(kept: Any) -> TracingView:
    place = kept.place
    return TracingView(
        kept.lease_id,
        kept.serial_number,
        kept.registration,
        kept.device,
        kept.provider,
        kept.consented_at,
        PlaceView(place.location.lat, place.location.lon, place.seen_at, place.told_at) if place is not None else None,
    )


SAID = {"registration": "BS-0815-4711", "device": "860000000000017", "provider": "Radfinder"}
PLACE: dict[str, Any] = {"lat": 52.2524, "lon": 10.54, "seen_at": "2027-05-02T21:40:00Z"}
TRACED: dict[str, Any] = SAID | {
    "lease_id": ID,
    "serial_number": "SN-4711",
    "consented_at": "2027-01-10T08:00:00Z",
    "place": PLACE | {"told_at": "2027-05-02T21:44:00Z"},
}
