"""A charge point may have a least of its own, below which it is paused: direct current knows none otherwise."""

from typing import Any

from alembic import op

revision = "0128"
down_revision = "0127"

LEAST = """
ALTER TABLE charge_points ADD COLUMN least_w int;
ALTER TABLE charge_points ADD CONSTRAINT least_within_most CHECK (least_w > 0 AND least_w <= group_max_w) NOT VALID;
"""
TOLD = """
CREATE OR REPLACE FUNCTION power_of(of_city text, of_group text, since timestamptz, until timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT json_build_object('version', g.version, 'known_until', until,
    'group', json_build_object('id', g.id, 'nominal_w', g.nominal_w, 'policy', g.policy, 'default_need_wh', g.default_need_wh,
      'members', (SELECT coalesce(json_agg(json_build_object('evse_id', x.id, 'max_w', x.group_max_w, 'power_type', x.power_type,
          'safe_w', x.safe_w, 'least_w', x.least_w) ORDER BY x.id), '[]'::json)
        FROM charge_points x WHERE x.city = g.city AND x.power_group = g.id)),
    'limits', (SELECT coalesce(json_agg(json_build_object('limit_w', l.limit_w, 'kind', l.kind, 'period', json_build_object(
          'start', l.starts, 'end', least(l.ends, l.lifted_at))) ORDER BY l.starts, l.id), '[]'::json)
      FROM grid_limits l WHERE l.city = g.city AND l.group_id = g.id AND l.ends > since AND l.starts < until
        AND (l.lifted_at IS NULL OR (l.lifted_at > l.starts AND l.lifted_at > since))),
    'uses', (SELECT coalesce(json_agg(json_build_object('booking_id', u.id, 'evse_id', u.resource_id, 'start', u.starts, 'end', u.ends,
          'energy_kwh', u.options ->> 'energy_kwh', 'departure', u.options ->> 'departure', 'promised_wh', u.promised_wh, 'fleet', u.payer <> 'self',
          'lapses_at', CASE WHEN u.state = 'held' THEN u.hold_expires_at END) ORDER BY u.starts, u.id), '[]'::json)
      FROM (SELECT DISTINCT ON (b.id) b.id, b.resource_id, b.starts, b.ends, b.options, b.promised_wh, b.payer, b.state, b.hold_expires_at
        FROM charge_points x JOIN claims c ON c.city = x.city AND c.resource_id = x.id
        JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
        WHERE x.city = of_city AND x.power_group = of_group AND c.claimed_from < until AND c.claimed_until > since
          AND b.state IN ('held', 'confirmed', 'in_use')
        UNION ALL
        SELECT e.id, x.id, e.starts, e.ends, e.options, NULL, e.payer, e.state, NULL
        FROM waitlist_entries e JOIN charge_points x ON x.city = e.city AND x.id = CAST(e.offer ->> 'resource_id' AS uuid)
        WHERE e.city = of_city AND e.service = 'charging' AND e.settled_at IS NULL AND e.state = 'offered' AND e.starts < until
          AND e.ends > since AND x.power_group = of_group) u))
    FROM power_groups g WHERE g.city = of_city AND g.id = of_group);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (LEAST, TOLD):
        driver.run_async(lambda connection, script=script: connection.execute(script))
