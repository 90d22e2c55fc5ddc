"""`up`: everything that an installation on one machine needs, started in order, kept alive, and stopped in order."""

import http.client
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket

import msgspec
from msgspec import Struct

from adapters.metrics.folder import prepare
from domain.charging.stations import SecurityProfile
from infra.database import addresses, migrated, with_database, with_transactions
from infra.demo.loading import load_demo
from infra.embedded import DataFolder, PostgresServer, RedisServer
from infra.finance.merchants import sandbox_merchants
from infra.serving import api_programs, ocpp_program, sandbox_program, worker_program
from infra.serving.traces import MISSING, installed
from infra.settings import DATA, Settings
from infra.supervision import PortTakenError, Supervisor, bind_listener

PATIENCE = 120.0  # seconds from the start of the processes until the API is ready
LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = ("0.0.0.0", "::")

Say = Callable[[str], None]


class NotReady(Exception):
    """The processes run, but the API has not become ready; the message says what it says of itself."""


class Plan(Struct, frozen=True):
    """What was asked for on the command line."""

    host: str
    port: int
    workers: int
    demo: bool


def start(settings: Settings, plan: Plan, say: Say) -> None:
    """Start everything, say so when the API is ready, and return when a signal has stopped it.

    Raises EmbeddedError, PortTakenError, NotPrepared, Unusable or NotReady, with everything stopped again.
    """
    folder = DataFolder(settings.data)
    with Supervisor(say) as supervisor, folder.owned(), ExitStack() as parts:
        listener = parts.enter_context(bind_listener(plan.host, plan.port))
        port, address, local = _addresses(listener, plan)
        installation = _Installation(folder, supervisor, parts, say)
        settings = installation.with_servers(settings)
        settings = _for_processes(settings, plan, address, docs="on", locks="simulated")
        migrated(settings, say)
        if plan.demo:
            for city in with_transactions(addresses(settings).app, load_demo):
                say(f"the demo city {city} is loaded")
        parts.callback(supervisor.stop)  # the processes end before the servers that they use
        settings = installation.with_sandbox(settings, port + 1 if plan.port else 0, local)
        doors = _station_doors(settings, plan, port, parts)
        programs = [worker_program(settings), ocpp_program(settings, doors)]
        for program in (*api_programs(settings, listener, plan.workers), *programs):
            supervisor.start(program)
        stations = f"ws://{_for_url(plan.host)}:{doors[SecurityProfile.BASIC].getsockname()[1]}/ocpp"
        supervisor.run(_Announcement(local, lambda: _announce(settings, address, stations, plan, say)).beat)


def serve_only(settings: Settings, plan: Plan, say: Say) -> None:
    """The API's processes alone, on the database of the settings. Raises PortTakenError or NotReady."""
    with Supervisor(say) as supervisor, bind_listener(plan.host, plan.port) as listener:
        _, address, local = _addresses(listener, plan)
        settings = _for_processes(settings, plan, address, docs="off", locks="none")
        for program in api_programs(settings, listener, plan.workers):
            supervisor.start(program)
        supervisor.run(_Announcement(local, lambda: say(f"kommobil is ready on {address}")).beat)


class _Installation:
    """Starts what the settings do not name, and adds its address to them."""

    def __init__(self, folder: DataFolder, supervisor: Supervisor, parts: ExitStack, say: Say) -> None:
        self._folder = folder
        self._supervisor = supervisor
        self._parts = parts
        self._say = say

    def with_servers(self, settings: Settings) -> Settings:
        """PostgreSQL, and Redis where there is one."""
        if settings.database_url is None:
            postgres = PostgresServer(self._folder, say=self._say)
            self._parts.callback(postgres.stop)
            settings = with_database(settings, postgres.start())
            self._supervisor.watch("PostgreSQL", postgres.alive, postgres.start)
        if settings.redis_url is None:
            redis = RedisServer(self._folder, say=self._say)
            self._parts.callback(redis.stop)
            url = redis.start()
            if url is None:
                self._say("there is no Redis on this machine: pending work is looked up in PostgreSQL")
            else:
                settings = msgspec.structs.replace(settings, redis_url=url)
                self._supervisor.watch("Redis", redis.alive, redis.start)
        return settings

    def with_sandbox(self, settings: Settings, port: int, webhooks: str) -> Settings:
        """The Stripe sandbox, where no Stripe is named: on loopback only, at that port if it is free."""
        if settings.stripe_url is not None:
            return settings
        sandbox_merchants(settings, self._say)  # their keys are there before anybody reads them
        try:
            listener = bind_listener(LOOPBACK, port)
        except PortTakenError:
            listener = bind_listener(LOOPBACK, 0)
        self._parts.enter_context(listener)
        self._supervisor.start(sandbox_program(settings, listener, webhooks))
        return msgspec.structs.replace(settings, stripe_url=f"http://{LOOPBACK}:{listener.getsockname()[1]}")


class _Announcement:
    """Asks the API, between two looks of the supervisor, until it is ready; then says so, once."""

    def __init__(self, address: str, announce: Callable[[], None]) -> None:
        self._host = address.removeprefix("http://")
        self._announce = announce
        self._deadline = time.monotonic() + PATIENCE
        self._made = False

    def beat(self) -> None:
        if self._made:
            return
        said = self._readiness()
        if said is None:
            self._made = True
            self._announce()
        elif time.monotonic() > self._deadline:
            raise NotReady(f"the API is not ready after {PATIENCE:.0f} s: {said}")

    def _readiness(self) -> str | None:
        """What the API says instead of being ready; None if it is."""
        connection = http.client.HTTPConnection(self._host, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return None if answer.status == 200 else answer.read(500).decode(errors="replace")
        except (OSError, http.client.HTTPException) as problem:
            return str(problem) or type(problem).__name__
        finally:
            connection.close()


def _station_doors(settings: Settings, plan: Plan, port: int, parts: ExitStack) -> dict[SecurityProfile, socket]:
    """Where charging stations come in: without TLS at the port plus 2 or, if that is taken, a free one; with TLS at the next ones,
    where certificates are named. Raises PortTakenError."""
    first = port + 2 if plan.port else 0
    try:
        doors = {SecurityProfile.BASIC: parts.enter_context(bind_listener(plan.host, first))}
    except PortTakenError:
        doors = {SecurityProfile.BASIC: parts.enter_context(bind_listener(plan.host, 0))}
    secured = {
        SecurityProfile.TLS: settings.ocpp_certificate_file,
        SecurityProfile.CERTIFICATE: settings.ocpp_authority_file,
    }
    for number, (profile, file) in enumerate(secured.items(), 1):
        if file is not None:
            doors[profile] = parts.enter_context(bind_listener(plan.host, first and first + number))
    return doors


def _for_processes(settings: Settings, plan: Plan, address: str, docs: str, locks: str) -> Settings:
    """What the processes are told besides what we were told. Figures of processes that are no more are forgotten. Raises
    NotReady."""
    if settings.traces == "otlp" and not installed():
        raise NotReady(MISSING)
    prepare(settings.metrics, anew=True)
    return msgspec.structs.replace(
        settings,
        public_url=settings.public_url or address,
        api_processes=max(settings.api_processes, plan.workers),
        docs=settings.docs or docs,
        locks=settings.locks or locks,
    )


def _announce(settings: Settings, address: str, stations: str, plan: Plan, say: Say) -> None:
    say(f"kommobil is ready on {address}")
    if settings.docs == "on":
        say(f"  documentation   {address}/docs")
    if settings.stripe_url is not None:
        say(f"  Stripe          {settings.stripe_url}")
    say(f"  stations        {stations}")
    say(f"  mail            {settings.mail}")
    if plan.demo:
        launcher = Path(sys.executable).with_name("kommobil")
        place = "" if settings.data == DATA.absolute() else f" --data {settings.data}"
        say(f"  a token         {launcher} token --city braunschweig --email you@example.org --role resident{place}")


def _addresses(listener: socket, plan: Plan) -> tuple[int, str, str]:
    """The port that it became, the API's address as asked for, and one of this machine that leads there."""
    port = listener.getsockname()[1]
    local = LOOPBACK if plan.host in EVERY_ADDRESS else _for_url(plan.host)
    return port, f"http://{_for_url(plan.host)}:{port}", f"http://{local}:{port}"


def _for_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
