"""How Redis is, for `kommobil doctor`."""

from typing import Any

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

PATIENCE_S = 2.0


class RedisState(Struct, frozen=True):
    """`eviction` is `noeviction` where nothing is thrown away for want of memory."""

    version: str
    eviction: str


async def redis_state(url: str) -> RedisState | None:
    """What it says of itself; None where it does not answer."""
    redis: Any = Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)
    try:
        said = await redis.info("server") | await redis.info("memory")
        return RedisState(str(said["redis_version"]), str(said.get("maxmemory_policy", "unknown")))
    except (RedisError, OSError, TimeoutError):
        return None
    finally:
        await redis.aclose()
