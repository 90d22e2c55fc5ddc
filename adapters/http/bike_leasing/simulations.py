"""`/v1/{city}/leasing/simulations`: what a bike lease would cost both sides, with what may come in between. No token, nothing is
kept."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.bike_leasing.simulation_examples import EXAMPLE, OWN, OWN_EXAMPLE, SCENARIO
from adapters.http.endpoints import PUBLIC, Ask, Endpoint, Reply, answer
from adapters.http.problems import Rejected, language
from domain.bike_leasing.calculation.consumers import ConsumersLease, Credit, credit_of, example_in
from domain.bike_leasing.calculation.representative import RepresentativeExample
from domain.bike_leasing.calculation.sheets import NotCalculable, Note, Sheet, Step
from domain.bike_leasing.simulation.flows import Flow, MonthOfBoth, Phase, Simulation
from domain.bike_leasing.simulation.scenarios import Scenario
from domain.cities.identifiers import is_slug
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.simulating import LeaseSimulations

LIST = "/v1/{city:str}/leasing/simulations"
SVG = "image/svg+xml"
CONSUMERS_CODES = ("amount_out_of_range", "term_out_of_range", "rate_out_of_range", "residual_too_high", "no_rule_then")
NOTES: dict[Note, tuple[str, str]] = {
    Note.ESTIMATE: (
        "An estimate: taxes and insurance are simplified, and nobody is owed this.",
        "Eine Schätzung: Steuern und Abgaben sind vereinfacht; ein Anspruch folgt daraus nicht.",
    ),
    Note.LESS_PENSION: (
        "Converted pay earns no statutory pension.",
        "Umgewandeltes Entgelt bringt keine gesetzliche Rente.",
    ),
    Note.LESS_SUPPLEMENTARY_PENSION: (
        "A supplementary pension of the public service (ZVK, VBL) may become less as well.",
        "Auch eine Zusatzversorgung im öffentlichen Dienst (ZVK, VBL) kann geringer werden.",
    ),
    Note.LESS_BENEFITS: (
        "Sick pay, parental and unemployment benefit are measured by the lower wage.",
        "Krankengeld, Elterngeld und Arbeitslosengeld bemessen sich nach dem geringeren Entgelt.",
    ),
    Note.NOT_PROMISED: (
        "A purchase at the end is not part of the contract; its price is an assumption.",
        "Ein Kauf am Ende gehört nicht zum Vertrag; der Preis ist eine Annahme.",
    ),
    Note.BIKE_FOR_RESIDUAL: (
        "The bike that goes back counts as if its residual value were paid; nobody owes that.",
        "Das Rad, das zurückgeht, zählt wie eine Zahlung in Höhe seines Restwerts; geschuldet ist sie nicht.",
    ),
    Note.EXPECTED: (
        "The example is of what is expected of all contracts, and no part of this one.",
        "Das Beispiel zeigt, was von allen Verträgen zu erwarten ist; es ist kein Teil dieses Vertrags.",
    ),
    Note.OWN_PROCEEDS: (
        "What the bike brings when it is sold early is an assumption.",
        "Was das Rad bei vorzeitigem Verkauf bringt, ist eine Annahme.",
    ),
}


class SideOfMonth(Struct, frozen=True):
    """`total` is the sum of the flows: what is paid is below zero, what is got above."""

    total: Money
    flows: tuple[Flow, ...]


class SimulatedMonth(Struct, frozen=True):
    """`month` is its first day. `rate_due_on` is when its rate is due to the lessor, by the holidays of the city's state."""

    month: date
    phase: Phase
    rate_due_on: date | None
    employee: SideOfMonth
    employer: SideOfMonth


class NoteView(Struct, frozen=True):
    code: Note
    text: str


class CalculationSheet(Struct, frozen=True):
    """How amounts came about. `asked` has all inputs, and the rules with their day and source; from it alone the sheet can be
    made anew. `exact` is what a formula gives, with twelve decimals, `value` the same as `rounding` has it, in euros."""

    asked: dict[str, Any]
    steps: tuple[Step, ...]
    results: dict[str, Money]
    notes: tuple[Note, ...]


class ConsumersLeaseView(Struct, frozen=True):
    """`month` is all that is paid in one; `example` is of what is expected of at least two thirds of all such contracts, and shown beside
    them; `notes` have to be shown with the numbers."""

    month: Money
    credit: Credit
    example: RepresentativeExample | None
    notes: tuple[NoteView, ...]
    sheets: dict[str, CalculationSheet]


class SimulationView(Struct, frozen=True):
    """`employee` and `employer` are the sums over all months. `against_buying` is what the employee pays less than the dealer's
    price, where she buys the bike at the end. `notes` have to be shown with the numbers."""

    employee: Money
    employer: Money
    against_buying: Money | None
    notes: tuple[NoteView, ...]
    months: tuple[SimulatedMonth, ...]
    sheets: dict[str, CalculationSheet]


def lease_simulations(offered: LeaseSimulations) -> tuple[Endpoint, ...]:
    async def simulated(ask: Ask) -> Simulation | Refusal[NotCalculable]:
        scenario = await ask.document(Scenario)
        found = await offered.simulate(ask.city, scenario) if is_slug(ask.city) else None
        if found is None:
            raise Rejected("unknown_city")
        return found

    async def simulate_lease(ask: Ask) -> Reply:
        found = await simulated(ask)
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_view(found, language(ask.accept_language)))

    async def draw_lease(ask: Ask) -> Reply:
        found = await simulated(ask)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        spoken = language(ask.accept_language)
        headers = {"content-language": spoken}
        return Response(offered.draw(found, spoken), status_code=200, media_type=SVG, headers=headers)

    async def simulate_own_lease(ask: Ask) -> Reply:
        asked = await ask.document(ConsumersLease)
        found = await offered.own(ask.city, asked) if is_slug(ask.city) else None
        if found is None:
            raise Rejected("unknown_city")
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_own(found, language(ask.accept_language)))

    codes = ("unknown_city", *(reason.value for reason in NotCalculable))
    return (
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            LIST,
            "simulateLease",
            "leasing",
            "What a bike lease by converted pay would cost employee and employer, month by month, with parental leave, leaving"
            " or buying at the end",
            simulate_lease,
            {200: SimulationView},
            codes=codes,
            body=Scenario,
            example=SCENARIO,
            examples={200: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            f"{LIST}/consumers",
            "simulateConsumersLease",
            "leasing",
            "What a bike leased for oneself would cost in a month and as a credit, with its effective annual rate",
            simulate_own_lease,
            {200: ConsumersLeaseView},
            codes=("unknown_city", *CONSUMERS_CODES),
            body=ConsumersLease,
            example=OWN,
            examples={200: OWN_EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            f"{LIST}/chart",
            "drawLeaseSimulation",
            "leasing",
            "The same as a picture (SVG): what either side has paid or got so far",
            draw_lease,
            {200: None},
            codes=codes,
            body=Scenario,
            example=SCENARIO,
            media=SVG,
        ),
    )


def _own(sheets: dict[str, Sheet[Any]], spoken: str) -> ConsumersLeaseView:
    credit, notes = credit_of(sheets), dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes)
    assert credit is not None  # noqa: S101 - a consumer's has its effective rate
    return ConsumersLeaseView(
        sheets["month"].results["total"],
        credit,
        example_in(sheets),
        tuple(NoteView(note, NOTES[note][spoken == "de"]) for note in notes),
        {name: sheet_view(sheet) for name, sheet in sheets.items()},
    )


def _view(found: Simulation, spoken: str) -> SimulationView:
    return SimulationView(
        employee=found.employee,
        employer=found.employer,
        against_buying=found.against_buying,
        notes=tuple(NoteView(note, NOTES[note][spoken == "de"]) for note in found.notes),
        months=tuple(map(_month, found.months)),
        sheets={name: sheet_view(sheet) for name, sheet in found.sheets.by_name.items()},
    )


def _month(month: MonthOfBoth) -> SimulatedMonth:
    employee, employer = (
        SideOfMonth(Money(total, "EUR"), flows)
        for total, flows in zip(month.sums, (month.employee, month.employer), strict=True)
    )
    return SimulatedMonth(month.month, month.phase, month.rate_due_on, employee, employer)


def sheet_view(sheet: Sheet[Any]) -> CalculationSheet:
    asked: dict[str, Any] = msgspec.to_builtins(sheet.asked)
    return CalculationSheet(asked, sheet.steps, sheet.results, sheet.notes)
