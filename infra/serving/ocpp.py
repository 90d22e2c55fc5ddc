"""`python -m infra.serving.ocpp PROFILE=DESCRIPTOR ...`: one process of the central system, with a door for each security profile."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Mapping
from socket import socket
from typing import TYPE_CHECKING

import uvloop

from adapters.database.charging.station_bell import listen
from adapters.database.connections import Database, connect
from adapters.jobs.doorbell import RedisDoorbell
from adapters.ocpp.central.lines import CONNECTIONS
from adapters.ocpp.central.serving import Door, open_doors
from adapters.ocpp.central.switchboard import Switchboard, Watch
from domain.charging.stations import SecurityProfile
from infra.charging.central import central_system
from infra.clock import now
from infra.database import addresses
from infra.ids import new_id
from infra.secrets import SecretMissing
from infra.serving.asgi import inherited_listener
from infra.serving.logs import log_to_standard_error
from infra.serving.wiring import figures, nobody_to_wake, sampler
from infra.settings import Settings, read_settings
from infra.supervision import die_with_parent
from services.charging.central.ports import Message

if TYPE_CHECKING:
    from adapters.metrics.prometheus import Metrics

SAMPLED_S = 1.0


def speak(settings: Settings, listeners: Mapping[SecurityProfile, socket]) -> None:
    """Speak with stations until SIGTERM or SIGINT. The settings name a database. Raises SecretMissing for certificates that are
    wanted and not there."""
    log_to_standard_error(settings.log)
    doors = [Door(profile, listener, tls_of(settings, profile)) for profile, listener in listeners.items()]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_speak(settings, doors))


async def _speak(settings: Settings, doors: list[Door]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    address = addresses(settings).app
    app, measured = connect(address, hot=CONNECTIONS, cold=4), figures(settings)
    bell = RedisDoorbell(settings.redis_url) if settings.redis_url else None
    central = central_system(app, now, new_id, bell.ring if bell else nobody_to_wake)
    switchboard = Switchboard(central, new_id(), now, new_id, watching(measured))
    others = [
        asyncio.create_task(listen(address, switchboard.rung)),
        asyncio.create_task(_sample(app, measured)),
    ]
    try:
        async with open_doors(doors, central.stations, switchboard):
            await stop.wait()
    finally:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if bell is not None:
            await bell.close()
        await app.close()


def watching(measured: "Metrics") -> Watch:
    def said(message: Message) -> None:
        measured.station_said(message.direction.value, message.kind.value)

    return Watch(said, measured.order_answered, measured.stations)


async def _sample(app: Database, measured: "Metrics") -> None:
    sample = sampler(measured, {"stations": lambda: app.statements.in_use + app.transactions.in_use})
    while True:
        await asyncio.sleep(SAMPLED_S)
        sample()


def tls_of(settings: Settings, profile: SecurityProfile) -> ssl.SSLContext | None:
    """None for the profile that has none. Raises SecretMissing."""
    if profile is SecurityProfile.BASIC:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ocpp_certificate_file is None or settings.ocpp_key_file is None:
        raise SecretMissing("KOMMOBIL_OCPP_CERTIFICATE_FILE and KOMMOBIL_OCPP_KEY_FILE name what stations are shown")
    try:
        context.load_cert_chain(settings.ocpp_certificate_file, settings.ocpp_key_file)
        if profile is SecurityProfile.CERTIFICATE:
            if settings.ocpp_authority_file is None:
                raise SecretMissing("KOMMOBIL_OCPP_AUTHORITY_FILE names who signs the certificates of stations")
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(settings.ocpp_authority_file)
    except (OSError, ssl.SSLError) as problem:
        raise SecretMissing(f"the certificates of the central system cannot be used: {problem}") from problem
    return context


def main(*told: str) -> None:
    die_with_parent()
    named = [each.partition("=") for each in told]
    speak(read_settings(os.environ), {SecurityProfile(name): inherited_listener(number) for name, _, number in named})


if __name__ == "__main__":
    main(*sys.argv[1:])
