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
from infra.serving.measuring import MeasuredOutbox, keep_measuring, measured_effects
from infra.serving.traces import job_spans, sweep_spans
from infra.serving.wiring import figures, nobody_to_wake, outside, post, sampler
from infra.settings import Settings, read_settings
from infra.supervision import die_with_parent


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what was begun. The settings name a database."""
    log_to_standard_error(settings.log)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    places = addresses(settings)
    app, relay = connect(places.app, hot=4, cold=6), connect(places.relay, hot=4, cold=2)
    measured = figures(settings)
    wanted = effects(app, relay, outside(settings, nobody_to_wake), post(settings))
    wanted = sweep_spans(settings)(measured_effects(wanted, measured))
    outbox = MeasuredOutbox(SqlOutbox(relay.statements), measured)
    pools = {
        "worker": lambda: app.statements.in_use + app.transactions.in_use,
        "relay": lambda: relay.statements.in_use,
    }
    measuring = asyncio.create_task(keep_measuring(relay, measured, sampler(measured, pools)))
    try:
        await run(wanted, outbox, settings.redis_url, now, stop, watched=job_spans(settings))
    finally:
        measuring.cancel()
        await app.close()
        await relay.close()


if __name__ == "__main__":
    die_with_parent()
    work(read_settings(os.environ))
