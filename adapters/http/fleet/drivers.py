"""`/v1/{city}/fleet/drivers`: who drives a pool's vehicles, for whoever runs it; licences are looked at, drivers briefed."""

from datetime import date
from typing import Annotated, Any

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.shapes import EARLIEST, LATEST, Name
from adapters.http.problems import Fault, Rejected
from adapters.http.proofs import VehicleClass
from adapters.http.reading import Day
from domain.fleet.drivers import BriefDriver, Briefing, CheckLicence, lacking
from domain.identity import PersonId, PoolId
from domain.proofs import CheckResult, LicenceCheck, ProofKind
from services.calls import Answer
from services.fleet.driving import DriverMark, Drivers, DriversWanted, KnownDriver

LIST = "/v1/{city:str}/fleet/drivers"
ONE = f"{LIST}/{{person_id:uuid}}"


class DriversQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`due_before` finds those whose licence has to be looked at before that day, or never was."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None
    pool: str | None = None
    due_before: Day | None = None


class CheckRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What was seen, and how: a `valid` licence names its classes, and when it ends if it does. No number and no copy."""

    result: CheckResult
    method: Name
    classes: Annotated[tuple[VehicleClass, ...], Meta(max_length=20)] = ()
    licence_until: Day | None = None


class BriefingRequest(Struct, forbid_unknown_fields=True, frozen=True):
    given_on: Day
    topic: Name


class DriverView(Struct, frozen=True):
    """`pools` are those of her grants, all of them where `every_pool`; `missing` is what she lacks to drive today. Checks and
    briefings are all that were entered, the newest first."""

    person_id: PersonId
    email: str
    name: str | None
    pools: tuple[PoolId, ...]
    every_pool: bool
    missing: tuple[ProofKind, ...]
    licence_checks: tuple[LicenceCheck, ...]
    briefings: tuple[Briefing, ...]


class DriverList(Struct, frozen=True):
    items: tuple[DriverView, ...]
    next_cursor: str | None


def fleet_drivers(offered: Drivers) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_drivers(ask: Ask) -> Reply:
        asked = ask.query(DriversQuery)
        due = _sound(asked.due_before, parameter="due_before") if asked.due_before is not None else None
        after = cursors.read_as(DriverMark, asked.cursor) if asked.cursor is not None else None
        pool = PoolId(asked.pool) if asked.pool is not None else None
        found = await offered.page(ask.city, ask.actor, DriversWanted(asked.limit + 1, after, pool, due))
        items = tuple(map(_view, found[: asked.limit]))
        mark = DriverMark(items[-1].email) if len(found) > asked.limit else None
        return answer(DriverList(items, cursors.written(mark) if mark else None))

    async def get_driver(ask: Ask) -> Reply:
        found = await offered.find(ask.city, ask.actor, _id(ask))
        return ask.problem("unknown_driver") if found is None else answer(_view(found))

    async def check_licence(ask: Ask) -> Reply:
        person_id, asked = _id(ask), await ask.body(CheckRequest)
        until = _sound(asked.licence_until, pointer="/licence_until") if asked.licence_until is not None else None
        command = CheckLicence(person_id, asked.result, asked.method.strip(), asked.classes, until)
        return await offered.check(ask.call((person_id, asked), _told), command)

    async def brief_driver(ask: Ask) -> Reply:
        person_id, asked = _id(ask), await ask.body(BriefingRequest)
        command = BriefDriver(person_id, _sound(asked.given_on, pointer="/given_on"), asked.topic.strip())
        return await offered.brief(ask.call((person_id, asked), _told), command)

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, STAFF, path, operation_id, "fleet", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listDrivers",
            "The drivers of the pools that one runs, by address",
            handler=list_drivers,
            answers={200: DriverList},
            query=DriversQuery,
            examples={200: {"items": [DRIVER], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "getDriver",
            "A driver, with every look at her licence",
            handler=get_driver,
            answers={200: DriverView},
            codes=("unknown_driver",),
            examples={200: DRIVER},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/licence-checks",
            "checkLicence",
            "Enter that one has looked at a driver's licence: valid, it counts for half a year; not valid, there is no key",
            handler=check_licence,
            answers={201: DriverView},
            codes=("unknown_driver", "own_licence", "classes_missing", "not_valid_any_more"),
            body=CheckRequest,
            keyed=True,
            example=CHECK,
            examples={201: DRIVER},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/briefings",
            "briefDriver",
            "Enter the yearly briefing of a driver (Unterweisung)",
            handler=brief_driver,
            answers={201: DriverView},
            codes=("unknown_driver", "date_in_the_future"),
            body=BriefingRequest,
            keyed=True,
            example=BRIEFING,
            examples={201: DRIVER},
        ),
    )


CHECK: dict[str, Any] = {
    "result": "valid",
    "method": "seen at the counter",
    "classes": ["AM", "B", "L"],
    "licence_until": "2033-01-18",
}
BRIEFING: dict[str, Any] = {"given_on": "2026-11-10", "topic": "Fahren mit E-Fahrzeugen"}
_BY = "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52"
DRIVER: dict[str, Any] = {
    "person_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "email": "kim@example.org",
    "name": "Kim Beispiel",
    "pools": ["rathaus"],
    "every_pool": False,
    "missing": [],
    "licence_checks": [CHECK | {"checked_by": _BY, "checked_at": "2026-11-23T09:00:00Z", "counts_until": "2027-05-23"}],
    "briefings": [BRIEFING | {"given_by": _BY, "entered_at": "2026-11-10T09:00:00Z", "counts_until": "2027-11-10"}],
}


def _view(known: KnownDriver) -> DriverView:
    driver = known.driver
    return DriverView(
        driver.id,
        driver.email,
        driver.name,
        driver.pools,
        driver.every_pool,
        lacking(driver, known.today.day),
        driver.checks[::-1],
        driver.briefings[::-1],
    )


def _told(known: KnownDriver) -> Answer:
    return answer(_view(known), 201)


def _id(ask: Ask) -> PersonId:
    return PersonId(ask.path("person_id"))


def _sound(day: date, *, pointer: str | None = None, parameter: str | None = None) -> date:
    """Raises Rejected for days that no calendar of ours has."""
    if not EARLIEST <= day <= LATEST:
        fault = Fault(f"outside the years {EARLIEST.year} to {LATEST.year}", pointer=pointer, parameter=parameter)
        raise Rejected("invalid_input", errors=(fault,))
    return day
