"""Charge points behind one grid connection, what it may draw and when, and bookings that know of each other's energy."""

from typing import Any

from alembic import op

revision = "0084"
down_revision = "0083"

# `version` counts whatever a booking's energy was weighed against: the group as it is set, its limits, and each booking that was let
# in. What the grid operator told is evidence (BK6-22-300, Anlage 1, 7): it is lifted, and never taken out.
TABLES = """
CREATE TABLE power_groups (
  city text REFERENCES cities, id text CHECK (id ~ '^[a-z][a-z0-9-]{0,62}$'), name text NOT NULL, nominal_w int NOT NULL CHECK (nominal_w > 0),
  policy text NOT NULL CHECK (policy IN ('fleet_first', 'by_deadline', 'equal')), default_need_wh int NOT NULL CHECK (default_need_wh > 0),
  version bigint NOT NULL DEFAULT 1, set_at timestamptz NOT NULL, PRIMARY KEY (city, id)) WITH (fillfactor = 50);
ALTER TABLE charge_points ADD COLUMN power_group text, ADD COLUMN group_max_w int CHECK (group_max_w > 0),
  ADD COLUMN power_type text CHECK (power_type IN ('AC_1_PHASE', 'AC_2_PHASE', 'AC_3_PHASE', 'DC')), ADD COLUMN safe_w int CHECK (safe_w >= 0),
  ADD FOREIGN KEY (city, power_group) REFERENCES power_groups,
  ADD CONSTRAINT known_powers_in_a_group CHECK (power_group IS NULL OR (group_max_w IS NOT NULL AND power_type IS NOT NULL AND safe_w <= group_max_w));
CREATE INDEX charge_points_of_group ON charge_points (city, power_group) WHERE power_group IS NOT NULL;
CREATE TABLE grid_limits (
  city text, id uuid, group_id text NOT NULL, starts timestamptz NOT NULL, ends timestamptz NOT NULL, limit_w int NOT NULL CHECK (limit_w >= 0),
  kind text NOT NULL CHECK (kind IN ('dimming', 'technical')), told_by text NOT NULL, told_at timestamptz NOT NULL, lifted_at timestamptz,
  PRIMARY KEY (city, id), FOREIGN KEY (city, group_id) REFERENCES power_groups, CHECK (starts < ends));
CREATE INDEX grid_limits_of_group ON grid_limits (city, group_id, ends);
GRANT SELECT, INSERT, UPDATE ON power_groups TO kommobil_app;
GRANT SELECT, INSERT, UPDATE (lifted_at) ON grid_limits TO kommobil_app;

-- What a group's energy is promised to around a time, read for a booking and for a plan. A lapsed hold comes along with its end.
CREATE FUNCTION power_of(of_city text, of_group text, since timestamptz, until timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT json_build_object('version', g.version, 'known_until', until,
    'group', json_build_object('id', g.id, 'nominal_w', g.nominal_w, 'policy', g.policy, 'default_need_wh', g.default_need_wh,
      'members', (SELECT coalesce(json_agg(json_build_object('evse_id', x.id, 'max_w', x.group_max_w, 'power_type', x.power_type,
          'safe_w', x.safe_w) ORDER BY x.id), '[]'::json)
        FROM charge_points x WHERE x.city = g.city AND x.power_group = g.id)),
    'limits', (SELECT coalesce(json_agg(json_build_object('limit_w', l.limit_w, 'kind', l.kind, 'period', json_build_object(
          'start', l.starts, 'end', least(l.ends, l.lifted_at))) ORDER BY l.starts, l.id), '[]'::json)
      FROM grid_limits l WHERE l.city = g.city AND l.group_id = g.id AND l.ends > since AND l.starts < until
        AND (l.lifted_at IS NULL OR (l.lifted_at > l.starts AND l.lifted_at > since))),
    'uses', (SELECT coalesce(json_agg(json_build_object('booking_id', u.id, 'evse_id', u.resource_id, 'start', u.starts, 'end', u.ends,
          'energy_kwh', u.options ->> 'energy_kwh', 'departure', u.options ->> 'departure', 'fleet', u.payer <> 'self',
          'lapses_at', CASE WHEN u.state = 'held' THEN u.hold_expires_at END) ORDER BY u.starts, u.id), '[]'::json)
      FROM (SELECT DISTINCT ON (b.id) b.id, b.resource_id, b.starts, b.ends, b.options, b.payer, b.state, b.hold_expires_at
        FROM charge_points x JOIN claims c ON c.city = x.city AND c.resource_id = x.id
        JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
        WHERE x.city = of_city AND x.power_group = of_group AND c.claimed_from < until AND c.claimed_until > since
          AND b.state IN ('held', 'confirmed', 'in_use')) u))
    FROM power_groups g WHERE g.city = of_city AND g.id = of_group);
END $$;

-- What is going on at a group's points: sessions, and points whose station nobody holds, with the profile that it was sent last.
CREATE FUNCTION power_now(of_city text, of_group text, at timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT json_build_object(
    'sessions', coalesce(json_agg(json_build_object('id', t.id, 'booking_id', t.booking_id, 'evse_id', e.resource_id,
      'began_at', t.began_at, 'energy_wh', t.energy_wh) ORDER BY t.id) FILTER (WHERE t.id IS NOT NULL), '[]'::json),
    'silent', coalesce(json_agg(json_build_object('evse_id', e.resource_id, 'profile', (SELECT o.wanted -> 'profile' FROM station_orders o
        WHERE o.city = s.city AND o.charging_station_id = s.id AND o.kind = 'set_profile' AND o.sent_at IS NOT NULL
          AND o.wanted ->> 'evse' = e.number::text ORDER BY o.made_at DESC LIMIT 1)) ORDER BY e.resource_id)
      FILTER (WHERE s.held_until IS NULL OR s.held_until < at), '[]'::json))
    FROM charge_points x JOIN evses e ON e.city = x.city AND e.resource_id = x.id
    JOIN charging_stations s ON s.city = e.city AND s.id = e.charging_station_id
    LEFT JOIN charging_sessions t ON t.city = e.city AND t.charging_station_id = e.charging_station_id AND t.evse = e.number
      AND t.state = 'active' AND t.began_at IS NOT NULL
    WHERE x.city = of_city AND x.power_group = of_group);
END $$;

-- Whoever is let in is the next version; who read an older one decides again. Its row is held until the booking is committed, so of
-- two that would both have the last of it one sees the other.
CREATE FUNCTION still_powered(of_city text, of_group text, of_version bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE power_groups SET version = version + 1 WHERE city = of_city AND id = of_group AND version = of_version;
  RETURN FOUND;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(TABLES))
