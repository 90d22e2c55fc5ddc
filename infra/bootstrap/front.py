"""The public API as it is served."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from asyncpg import PostgresError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.connections import Database
from adapters.database.migrating import Standing, standing
from adapters.database.payments.accounts import SqlAccounts
from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.callers import Callers
from adapters.http.endpoints import Edge, Endpoint
from adapters.http.gate import Gate, Policy, Seen
from adapters.http.limits import Limits
from adapters.payments.accounts import StripeClients
from infra.bootstrap.inside import application
from infra.bootstrap.operations import VERSION, endpoints
from infra.bootstrap.outside import Outside
from infra.signing_in import revocations
from services.calls import Unavailable


class Front(Struct, frozen=True):
    """What stands between the network and the operations: no limits, nobody trusted, nothing watched unless it says so.

    `without` names the parts that are missing just now but not needed; `undocumented` are operations for the operator.
    """

    limits: Limits | None = None
    callers: Callers = msgspec.field(default_factory=Callers)
    policy: Policy = Policy()
    watch: Callable[[Seen], None] | None = None
    docs: bool = True
    undocumented: tuple[Endpoint, ...] = ()
    without: Callable[[], Awaitable[Sequence[str]]] | None = None
    on_stop: tuple[Callable[[], Awaitable[None]], ...] = ()


def api(database: Database, outside: Outside, keys: Mapping[str, Ed25519PublicKey], front: Front | None = None) -> Gate:
    """The public API over one database; `keys` verify access tokens, by key id."""
    front = front or Front()
    accounts = SqlAccounts(database.transactions)
    clients = StripeClients(accounts, outside.secret, outside.stripe_url, watch=outside.asked)
    offered = application(database, outside, clients)
    edge = Edge(
        offered,
        Tokens(keys, revocations(database, outside.clock), offered.sign_in),
        outside.clock,
        outside.new_id,
        partial(readiness, database, front.without),
        VERSION,
        front.limits,
        front.callers,
    )
    app = create_app(
        edge,
        endpoints(offered),
        stopping=offered.live.close,
        docs_page=front.docs,
        undocumented=front.undocumented,
        on_shutdown=[clients.close, *front.on_stop, database.close],
    )
    return Gate(app, front.policy, front.watch)


async def readiness(
    database: Database, without: Callable[[], Awaitable[Sequence[str]]] | None = None
) -> dict[str, Any]:
    """`ready` when PostgreSQL answers and its schema is the one this code needs, or one that has only grown since.

    What is missing otherwise is said as `degraded`.
    """
    try:
        async with database.transactions.everywhere() as connection:
            found = await standing(connection)
    except (OSError, TimeoutError, SQLAlchemyError, PostgresError, Unavailable):
        return {"status": "the database does not answer"}
    if found in {Standing.CURRENT, Standing.NEWER}:
        degraded = await without() if without is not None else ()
        return {"status": "ready", "degraded": degraded} if degraded else {"status": "ready"}
    return {"status": "the schema is not current"}
