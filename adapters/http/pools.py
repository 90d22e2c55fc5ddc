"""`/v1/{city}/admin/pools`: which pools a city has, and whose bookings in them somebody approves; as `kommobil pool`."""

from typing import Annotated, Any

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.administration import ADMIN, PageQuery
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer, nothing
from adapters.http.problems import Fault, Rejected
from adapters.http.tags import seen, tagged
from domain.cities.booking import LONGEST_OFFER_MIN, SHORTEST_OFFER_MIN
from domain.cities.identifiers import is_slug
from domain.identity import PoolId
from domain.refusals import Refusal
from services.operator import Operator
from services.operator.inventory import Pool
from services.operator.pools import LONGEST_APPROVAL_S, LONGEST_NAME, SHORTEST_APPROVAL_S, KnownPool

LIST = f"{ADMIN}/pools"
ONE = f"{LIST}/{{pool_id:str}}"


class PoolRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`approval_s` is how many seconds a manager has to approve a booking of others; without it nobody is asked. `offer_min` is how
    many minutes at most what gets free is offered to whoever waits for it; without it as many as the city's settings say."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
    approval_s: Annotated[int, Meta(ge=SHORTEST_APPROVAL_S, le=LONGEST_APPROVAL_S)] | None = None
    offer_min: Annotated[int, Meta(ge=SHORTEST_OFFER_MIN, le=LONGEST_OFFER_MIN)] | None = None


class PoolView(Struct, frozen=True):
    """`approvers` is how many people are granted to run the pool, or all pools: they approve."""

    id: PoolId
    name: str
    approval_s: int | None
    offer_min: int | None
    approvers: int
    version: int


class PoolList(Struct, frozen=True):
    items: tuple[PoolView, ...]
    next_cursor: str | None


class PoolMark(Struct, array_like=True, frozen=True):
    id: PoolId


def pools(operator: Operator) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_pools(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        after = cursors.read_as(PoolMark, asked.cursor).id if asked.cursor is not None else PoolId("")
        found = await operator.pools(ask.city, after, asked.limit + 1)
        items = tuple(map(_view, found[: asked.limit]))
        mark = PoolMark(items[-1].id) if len(found) > asked.limit else None
        return answer(PoolList(items, cursors.written(mark) if mark else None))

    async def get_pool(ask: Ask) -> Reply:
        found = await operator.pool(ask.city, pool_id_of(ask))
        return ask.problem("unknown_pool") if found is None else tagged(ask, _view(found))

    async def set_pool(ask: Ask) -> Reply:
        pool_id = pool_id_of(ask)
        asked = await ask.body(PoolRequest)
        pool = Pool(pool_id, asked.name, asked.approval_s, asked.offer_min)
        done = await operator.set_pool(ask.unkeyed(nothing), pool, seen(ask))
        if isinstance(done, Refusal):
            return ask.refuse(done)
        return tagged(ask, _view(done.known), status=201 if done.new else 200)

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "admin", summary, **more)

    asked = {"name": "Fahrdienst Rathaus", "approval_s": 7200, "offer_min": 30}
    shown = asked | {"id": "town-hall", "approvers": 2, "version": 1}
    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listPools",
            "The city's pools, by id",
            handler=list_pools,
            answers={200: PoolList},
            query=PageQuery,
            examples={200: {"items": [shown], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "getPool",
            "A pool, with an ETag",
            handler=get_pool,
            answers={200: PoolView, 304: None},
            codes=("unknown_pool",),
            examples={200: shown},
        ),
        endpoint(
            HttpMethod.PUT,
            ONE,
            "setPool",
            "Make a pool, 201, or change its name, whether its bookings are approved, by its fleet managers, and how long it offers "
            "what gets free",
            handler=set_pool,
            answers={200: PoolView, 201: PoolView},
            codes=("version_mismatch",),
            body=PoolRequest,
            tagged=True,
            example=asked,
            examples={200: shown | {"version": 2}, 201: shown},
        ),
    )


def pool_id_of(ask: Ask) -> PoolId:
    """Raises Rejected for what cannot be a pool's name."""
    name = str(ask.path("pool_id"))
    if not is_slug(name):
        fault = Fault("lower case letters, digits and dashes, a letter first", parameter="pool_id")
        raise Rejected("invalid_input", errors=(fault,))
    return PoolId(name)


def _view(known: KnownPool) -> PoolView:
    pool = known.pool
    return PoolView(pool.id, pool.name, pool.approval_s, pool.offer_min, known.approvers, known.version)
