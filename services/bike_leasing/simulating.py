"""Simulating a lease for whoever asks: the city says whose holidays move what is due, and nothing is kept."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import NotCalculable
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


class LeaseSimulations(Struct, frozen=True):
    """The use cases, bound. `simulate` gives None for a city that is not there; `draw` makes a picture (SVG) in a language."""

    simulate: Callable[[City, Scenario], Awaitable[Simulation | Refusal[NotCalculable] | None]]
    draw: Callable[[Simulation, str], bytes]


async def simulate_lease(
    city: City, scenario: Scenario, *, places: Places
) -> Simulation | Refusal[NotCalculable] | None:
    found = await places.place(city)
    return simulate(scenario, found.state) if found is not None else None
