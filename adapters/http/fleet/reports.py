"""`/v1/{city}/fleet/reports`: how much the vehicles were used, what could be electric, and what was saved in CO2."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import STAFF, Ask, Endpoint, Handler, Reply, answer
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day, day
from domain.fleet.charge import Battery
from domain.fleet.electrification import Potential
from domain.fleet.emissions import Consumption, Energy, NotComparable, Saving
from domain.fleet.vehicles import OF_BICYCLES
from domain.identity import PoolId
from domain.refusals import Refusal
from services.fleet.reporting import (
    Days,
    ElectrificationReport,
    Reports,
    SavingReport,
    Used,
    UtilisationReport,
)

LIST = "/v1/{city:str}/fleet/reports"
EARLIEST = date(2020, 1, 1)
LONGEST = timedelta(days=366)
Quantity = Annotated[str, Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,2})?$", description="A decimal number")]


class DaysQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From a day on and before another, at most a year; of one `pool`, or of all that one runs."""

    from_: Annotated[Day, Meta(examples=["2026-11-01"])] = msgspec.field(name="from")
    to: Annotated[Day, Meta(examples=["2026-12-01"])]
    pool: str | None = None

    def days(self) -> Days:
        return days_of(self.from_, self.to, self.pool)


class ElectrificationQuery(DaysQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The electric vehicle to compare with: kWh that can be used, and kWh per 100 km."""

    battery_kwh: Annotated[Quantity, Meta(examples=["58"])] = "58"
    consumption: Annotated[Quantity, Meta(examples=["18"])] = "18"


class SavingQuery(DaysQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The vehicle to compare with: its fuel, and how much of it per 100 km. `green` says that the city's contract is for
    electricity from renewable sources only."""

    reference: Annotated[Energy, Meta(examples=["petrol"])] = Energy.PETROL
    reference_consumption: Annotated[Quantity, Meta(examples=["6.5"])] = "6.5"
    green: Annotated[bool, Meta(examples=[True])] = False


class UtilisationView(Struct, frozen=True):
    """Hours, days and kilometres; shares in percent, null where the vehicle could not be had at all. `trips_without_km` are
    those of which nobody read the odometer before and after; no report on kilometres knows of them."""

    vehicle_id: UUID
    name: str
    hours: str
    hours_used: str
    time_percent: str | None
    days: int
    days_used: int
    days_percent: str | None
    km: int
    trips_without_km: int


class UtilisationList(Struct, frozen=True):
    since: date
    until: date
    items: tuple[UtilisationView, ...]


class PotentialView(Struct, frozen=True):
    """Of the days on which it was driven and of the kilometres, those for which one charge each would have done."""

    vehicle_id: UUID | None
    name: str | None
    days: int
    days_possible: int
    days_percent: str | None
    km: str
    km_possible: str
    km_percent: str | None


class ElectrificationView(Struct, frozen=True):
    """`reach_km` is how far the battery is planned to go; `pool` are all cars and vans together, whatever drives them now. Of
    `trips_without_km` nothing is known, since nobody read the odometer before and after."""

    since: date
    until: date
    reach_km: str
    trips_without_km: int
    pool: PotentialView
    items: tuple[PotentialView, ...]


class SavingView(Struct, frozen=True):
    """Kilograms, or null, and `missing` is what has to be known for them: the vehicle's `consumption`, the one `energy` that it is
    of, or an `emission_factor` published for that time. `trips_without_km` are in no figure: nobody read the odometer before
    and after."""

    vehicle_id: UUID
    name: str
    km: int
    trips_without_km: int
    emitted_kg: str | None
    reference_kg: str | None
    saved_kg: str | None
    missing: NotComparable | None


class SavingList(Struct, frozen=True):
    """`saved_kg` is the sum over the vehicles of which it is known, `km_left_out` what the others drove; `sources` are those of the
    factors."""

    since: date
    until: date
    saved_kg: str
    km_left_out: int
    sources: tuple[str, ...]
    items: tuple[SavingView, ...]


def fleet_reports(offered: Reports) -> tuple[Endpoint, ...]:
    async def utilisation(ask: Ask) -> Reply:
        days = ask.query(DaysQuery).days()
        return answer(utilisation_view(days, await offered.utilisation(ask.actor, days)))

    async def electrification(ask: Ask) -> Reply:
        asked = ask.query(ElectrificationQuery)
        battery = Battery(
            above_zero("battery_kwh", asked.battery_kwh), above_zero("consumption", asked.consumption), ONE
        )
        days = asked.days()
        return answer(electrification_view(days, await offered.electrification(ask.actor, days, battery)))

    async def co2(ask: Ask) -> Reply:
        asked, days = ask.query(SavingQuery), ask.query(SavingQuery).days()
        consumption = above_zero("reference_consumption", asked.reference_consumption)
        reference = Consumption(asked.reference, consumption)
        return answer(saving_view(days, await offered.saving(ask.actor, days, reference, asked.green)))

    return (
        _report(
            "utilisation",
            "How much of the time, and on how many days, vehicles were used",
            utilisation,
            query=DaysQuery,
            shape=UtilisationList,
        ),
        _report(
            "electrification",
            "Which days and kilometres an electric vehicle could have driven",
            electrification,
            query=ElectrificationQuery,
            shape=ElectrificationView,
        ),
        _report(
            "co2",
            "What the kilometres saved in CO2 against a reference vehicle",
            co2,
            query=SavingQuery,
            shape=SavingList,
        ),
    )


ONE = Decimal(1)  # how fast it is charged does not matter overnight


def _report(name: str, summary: str, handler: Handler, *, query: type[Struct], shape: type[Struct]) -> Endpoint:
    return Endpoint(
        HttpMethod.GET,
        STAFF,
        f"{LIST}/{name}",
        f"report{name.capitalize()}",
        "fleet",
        summary,
        handler,
        {200: shape},
        query=query,
        examples={200: EXAMPLES[name]},
    )


def days_of(since: date, until: date, pool: str | None) -> Days:
    """Raises Rejected for days that are not in order, before there are rules for them or beyond all that anybody asks for, and for more
    than a year of them."""
    if since < EARLIEST:
        raise Rejected("invalid_input", errors=(Fault(f"not before {EARLIEST}", parameter="from"),))
    for parameter, asked in (("from", since), ("to", until)):
        day(asked, parameter=parameter)
    if not since < until:
        raise Rejected("invalid_input", errors=(Fault("the last day comes after the first", parameter="to"),))
    if until - since > LONGEST:
        raise Rejected("invalid_input", errors=(Fault("at most 366 days", parameter="to"),))
    return Days(since, until, PoolId(pool) if pool is not None else None)


def above_zero(parameter: str, said: str) -> Decimal:
    number = Decimal(said)
    if not number:
        raise Rejected("invalid_input", errors=(Fault("more than zero", parameter=parameter),))
    return number


def utilisation_view(days: Days, report: UtilisationReport) -> UtilisationList:
    def shown(vehicle: Used) -> UtilisationView:
        found = report.found[vehicle.id]
        return UtilisationView(
            vehicle_id=vehicle.id,
            name=vehicle.name,
            hours=_hours(found.there),
            hours_used=_hours(found.booked),
            time_percent=_said(found.time_percent),
            days=found.days,
            days_used=found.days_used,
            days_percent=_said(found.days_percent),
            km=found.km,
            trips_without_km=report.use.unread(vehicle),
        )

    return UtilisationList(days.since, days.until, tuple(map(shown, report.use.vehicles)))


def electrification_view(days: Days, report: ElectrificationReport) -> ElectrificationView:
    names = {vehicle.id: vehicle.name for vehicle in report.use.vehicles}
    motor = [vehicle for vehicle in report.use.vehicles if vehicle.drive not in OF_BICYCLES]
    found = report.found
    return ElectrificationView(
        since=days.since,
        until=days.until,
        reach_km=f"{float(found.reach_km):.1f}",
        trips_without_km=sum(map(report.use.unread, motor)),
        pool=_potential(None, None, found.pool),
        items=tuple(_potential(each, names[each], found.vehicles[each]) for each in names if each in found.vehicles),
    )


def _potential(vehicle_id: UUID | None, name: str | None, found: Potential) -> PotentialView:
    return PotentialView(
        vehicle_id=vehicle_id,
        name=name,
        days=found.days,
        days_possible=found.days_possible,
        days_percent=_said(found.days_percent),
        km=str(found.km),
        km_possible=str(found.km_possible),
        km_percent=_said(found.km_percent),
    )


def saving_view(days: Days, report: SavingReport) -> SavingList:
    found = report.found
    known = [saving for saving in found.values() if isinstance(saving, Saving)]
    left_out = (vehicle for vehicle in report.use.vehicles if isinstance(found[vehicle.id], Refusal))
    sources = dict.fromkeys(factor.source for saving in known for factor in saving.factors)
    return SavingList(
        since=days.since,
        until=days.until,
        saved_kg=str(sum((saving.saved_kg for saving in known), Decimal("0.000"))),
        km_left_out=sum(map(report.use.driven, left_out)),
        sources=tuple(sources),
        items=tuple(_saving(vehicle, report) for vehicle in report.use.vehicles),
    )


def _saving(vehicle: Used, report: SavingReport) -> SavingView:
    found = report.found[vehicle.id]
    saved = found if isinstance(found, Saving) else None
    return SavingView(
        vehicle_id=vehicle.id,
        name=vehicle.name,
        km=report.use.driven(vehicle),
        trips_without_km=report.use.unread(vehicle),
        emitted_kg=_said(saved.emitted_kg) if saved else None,
        reference_kg=_said(saved.reference_kg) if saved else None,
        saved_kg=_said(saved.saved_kg) if saved else None,
        missing=found.reason if isinstance(found, Refusal) else None,
    )


def _hours(length: timedelta) -> str:
    return f"{Decimal(length // timedelta(seconds=36)) / 100:.2f}"


def _said(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


_VEHICLE: dict[str, Any] = {"vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11", "name": "Volkswagen ID.3"}
_DAYS: dict[str, Any] = {"since": "2026-11-01", "until": "2026-12-01"}
_POTENTIAL: dict[str, Any] = {
    "days": 10,
    "days_possible": 8,
    "days_percent": "80.0",
    "km": "1045",
    "km_possible": "495",
    "km_percent": "47.4",
}
_USED: dict[str, Any] = {
    "hours": "720.00",
    "hours_used": "151.50",
    "time_percent": "21.0",
    "days": 30,
    "days_used": 18,
    "days_percent": "60.0",
    "km": 1045,
    "trips_without_km": 0,
}
_SAVED: dict[str, Any] = {"km": 1045, "trips_without_km": 0}
_SAVED |= {"emitted_kg": "68.280", "reference_kg": "157.994", "saved_kg": "89.713", "missing": None}
EXAMPLES: dict[str, Any] = {
    "utilisation": _DAYS | {"items": [_VEHICLE | _USED]},
    "electrification": _DAYS
    | {
        "reach_km": "214.8",
        "trips_without_km": 1,
        "pool": {"vehicle_id": None, "name": None} | _POTENTIAL,
        "items": [_VEHICLE | _POTENTIAL],
    },
    "co2": _DAYS
    | {
        "saved_kg": "89.713",
        "km_left_out": 0,
        "sources": ["UBA, tank to wheel, as in the worked example of DUH", "UBA, estimate for 2024"],
        "items": [_VEHICLE | _SAVED],
    },
}
