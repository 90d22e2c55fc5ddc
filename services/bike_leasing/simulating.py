"""Simulating a lease for whoever asks: the city says whose holidays move what is due, and nothing is kept."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.bike_leasing.calculation.consumers import ConsumersLease, consumers_sheets
from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet
from domain.bike_leasing.simulation.flows import Simulation, simulate
from domain.bike_leasing.simulation.scenarios import Scenario
from domain.identity import City
from domain.refusals import Refusal


class Place(Struct, frozen=True):
    """`state` is the part after `DE-` of ISO 3166-2; None where the city has not said it."""

    state: str | None


class Places(Protocol):
    async def place(self, city: City) -> Place | None:
        """None where there is no such city."""


ConsumersSheets: TypeAlias = dict[str, Sheet[Any]]


class LeaseSimulations(Struct, frozen=True):
    """The use cases, bound. `simulate` and `own` give None for a city that is not there; `draw` makes a picture (SVG) in a language."""

    simulate: Callable[[City, Scenario], Awaitable[Simulation | Refusal[NotCalculable] | None]]
    own: Callable[[City, ConsumersLease], Awaitable[ConsumersSheets | Refusal[NotCalculable] | None]]
    draw: Callable[[Simulation, str], bytes]


async def simulate_lease(
    city: City, scenario: Scenario, *, places: Places
) -> Simulation | Refusal[NotCalculable] | None:
    found = await places.place(city)
    return simulate(scenario, found.state) if found is not None else None


async def simulate_own_lease(
    city: City, asked: ConsumersLease, *, places: Places
) -> ConsumersSheets | Refusal[NotCalculable] | None:
    """What a consumer would be told; the city's state counts for nothing in it."""
    return consumers_sheets(asked) if await places.place(city) is not None else None
