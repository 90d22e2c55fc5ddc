"""Whose vehicles somebody sees, and of which pool they are wanted: the condition of every statement that lists them."""

import re

from domain.identity import PoolId
from services.fleet.keeping import Reach

# Of a resource `r`; the values are those of `reach_values`.
IN_REACH = """(:everything OR (:every_pool AND r.pool_id IS NOT NULL) OR r.pool_id = ANY (CAST(:pools AS text[])))"""
OF_THE_POOL = "(CAST(:pool_id AS text) IS NULL OR r.pool_id = :pool_id)"


def numbered(first: int) -> str:
    """Both for a statement whose values have numbers: from the first on everything, every pool, these pools, and the one that
    was asked for."""
    condition = f"{IN_REACH} AND {OF_THE_POOL}"
    typed = (("everything", "bool"), ("every_pool", "bool"), ("pools", "text[]"), ("pool_id", "text"))
    for place, (name, of_type) in enumerate(typed, first):
        condition = re.sub(rf":{name}\b", f"${place}::{of_type}", condition)
    return condition


def reach_values(within: Reach, pool_id: PoolId | None) -> dict[str, object]:
    return {
        "everything": within.everything,
        "every_pool": within.every_pool,
        "pools": list(within.pools),
        "pool_id": pool_id,
    }
