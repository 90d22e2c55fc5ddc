"""`python -m infra.serving.api DESCRIPTOR`: one process of the public API."""

import os
import sys

from adapters.database.connections import connect
from adapters.jobs.doorbell import RedisDoorbell
from infra.bootstrap import api
from infra.database import addresses
from infra.serving.asgi import inherited_listener, serve
from infra.serving.wiring import front, nobody_to_wake, outside
from infra.settings import read_settings
from infra.supervision import die_with_parent
from infra.tokens import signing_key


def main(descriptor: str) -> None:
    die_with_parent()
    settings = read_settings(os.environ)
    key = signing_key(settings)
    written = RedisDoorbell(settings.redis_url).ring if settings.redis_url else nobody_to_wake
    application = api(
        connect(addresses(settings).app), outside(settings, written), {key.id: key.public}, front(settings)
    )
    serve(application, inherited_listener(descriptor))


if __name__ == "__main__":
    main(*sys.argv[1:])
