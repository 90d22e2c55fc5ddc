"""`python -m infra.serving.worker`: brings about what bookings and payments entail."""

import asyncio
import os
import signal

from adapters.database.connections import connect
from adapters.database.outbox import SqlOutbox
from adapters.jobs.worker import run
from infra.bootstrap import effects
from infra.clock import now
from infra.database import addresses
from infra.serving.logs import log_to_standard_error
from infra.serving.wiring import nobody_to_wake, outside
from infra.settings import Settings, read_settings
from infra.supervision import die_with_parent


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what was begun. The settings name a database."""
    log_to_standard_error()
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    places = addresses(settings)
    app, relay = connect(places.app, hot=4, cold=6), connect(places.relay, hot=4, cold=2)
    wanted = effects(app, relay, outside(settings, nobody_to_wake), settings.mail)
    try:
        await run(wanted, SqlOutbox(relay.statements), settings.redis_url, now, stop)
    finally:
        await app.close()
        await relay.close()


if __name__ == "__main__":
    die_with_parent()
    work(read_settings(os.environ))
