"""Whose vehicles somebody sees, and of which pool they are wanted: the condition of every statement that lists them."""

from domain.identity import PoolId
from services.fleet.keeping import Reach

# Of a resource `r`; the values are those of `reach_values`.
IN_REACH = """(:everything OR (:every_pool AND r.pool_id IS NOT NULL) OR r.pool_id = ANY (CAST(:pools AS text[])))"""
OF_THE_POOL = "(CAST(:pool_id AS text) IS NULL OR r.pool_id = :pool_id)"


def reach_values(within: Reach, pool_id: PoolId | None) -> dict[str, object]:
    return {
        "everything": within.everything,
        "every_pool": within.every_pool,
        "pools": list(within.pools),
        "pool_id": pool_id,
    }
