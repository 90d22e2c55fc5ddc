"""`python -m infra.serving.api DESCRIPTOR`: one process of the public API."""

import os
import sys

from adapters.database.connections import connect
from adapters.jobs.doorbell import RedisDoorbell
from infra.bootstrap import api
from infra.database import addresses
from infra.serving.asgi import DRAIN, inherited_listener, serve
from infra.serving.connections import Patience
from infra.serving.wiring import figures, front, nobody_to_wake, outside, sampler
from infra.settings import read_settings
from infra.supervision import die_with_parent
from infra.tokens import signing_key


def main(descriptor: str) -> None:
    die_with_parent()
    settings = read_settings(os.environ)
    key = signing_key(settings)
    written = RedisDoorbell(settings.redis_url).ring if settings.redis_url else nobody_to_wake
    database = connect(addresses(settings).app)
    measured = figures(settings)
    gate = api(database, outside(settings, written), {key.id: key.public}, front(settings, measured))
    pools = {"statements": lambda: database.statements.in_use, "transactions": lambda: database.transactions.in_use}
    serve(
        gate,
        inherited_listener(descriptor),
        patience=Patience(connections=settings.connections),
        drain=DRAIN if settings.drain_s is None else settings.drain_s,
        log=settings.log,
        on_stop=gate.leave,
        each_second=sampler(measured, pools),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
