"""`kommobil simulate`."""

import asyncio
import contextlib
import os
import sys

import click

from adapters.ocpp.simulated.line import Wiring
from adapters.ocpp.simulated.station import Make
from infra.cli.options import EXIT_CODES
from infra.simulating import DIALECTS, simulate_station

KEY = "KOMMOBIL_STATION_KEY"


@click.group("simulate", epilog=EXIT_CODES)
def simulate() -> None:
    """Play the part of a device that the city would have outside."""


@simulate.command("station", epilog=EXIT_CODES)
@click.argument("url")
@click.argument("identity")
@click.option("--version", type=click.Choice(list(DIALECTS)), default="1.6", show_default=True, help="Of OCPP.")
@click.option("--evses", type=click.IntRange(1, 100), default=1, show_default=True, help="How many.")
@click.option("--every", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Seconds between readings.")
@click.option("--hurry", type=click.FloatRange(0.1), default=1.0, show_default=True, help="How fast meters run.")
def station(  # noqa: PLR0917 - click hands every option over by name
    url: str, identity: str, version: str, evses: int, every: float, hurry: float
) -> None:
    """Be the charging station IDENTITY that calls URL, such as ws://localhost:8002/ocpp/braunschweig.

    Its key is read from KOMMOBIL_STATION_KEY. It does what it is told from there, and what it is told in lines of its standard
    input: `swipe EVSE TOKEN`, `leave EVSE`, `fault EVSE`, `mend EVSE`, `show`. It ends with Ctrl-C, or with its input.
    """
    wiring = Wiring(url.rstrip("/"), identity, os.environ.get(KEY))
    make = Make(evses, every, hurry)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(simulate_station(wiring, make, version, sys.stdin, click.echo))
