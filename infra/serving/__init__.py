"""The processes of an installation, and how their supervisor starts them.

    API       as many as asked for, on one listening socket that the supervisor holds
    worker    the relay of the outbox, the sweeps, and an ear at Redis
    ocpp      the central system of charging stations; any number may run
    sandbox   one, where no real Stripe is told of

Each is a module here, run as `python -m infra.serving.NAME`: it loads its own part of the house only, its settings come
by environment, and it dies with its supervisor.
"""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from domain.charging.stations import SecurityProfile
from infra.settings import Settings
from infra.supervision import Program

ROOT = Path(__file__).resolve().parents[2]


def api_programs(settings: Settings, listener: socket.socket, count: int) -> list[Program]:
    """The API's processes share the listening socket: the kernel gives a connection to whoever is free."""
    return [_program(f"API {number}", settings, "api", listener) for number in range(1, count + 1)]


def worker_program(settings: Settings) -> Program:
    """One is enough on one machine; any number may run."""
    return _program("worker", settings, "worker")


def ocpp_program(settings: Settings, listeners: Mapping[SecurityProfile, socket.socket]) -> Program:
    """A door for each security profile."""
    doors = [f"{profile}={listener.fileno()}" for profile, listener in listeners.items()]
    program = _program("central system", settings, "ocpp", None, *doors)
    return replace(program, descriptors=tuple(listener.fileno() for listener in listeners.values()))


def sandbox_program(settings: Settings, listener: socket.socket, webhooks: str) -> Program:
    """API and worker call it while they finish what they do, so it stops after them.

    `webhooks` is where the API takes its events: an address of this machine, whatever the public one is.
    """
    return _program("Stripe sandbox", settings, "sandbox", listener, webhooks, outlives_others=True)


def _program(
    title: str,
    settings: Settings,
    module: str,
    listener: socket.socket | None = None,
    *arguments: str,
    outlives_others: bool = False,
) -> Program:
    descriptors = () if listener is None else (listener.fileno(),)
    return Program(
        name=title,
        command=[sys.executable, "-m", f"infra.serving.{module}", *map(str, descriptors), *arguments],
        environment={**settings.environment(), "PYTHONPATH": str(ROOT)},
        descriptors=descriptors,
        outlives_others=outlives_others,
    )
