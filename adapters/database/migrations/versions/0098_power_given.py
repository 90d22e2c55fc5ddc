"""What is given to whoever charges is noted with her session, and read when her power is planned anew."""

from typing import Any

from alembic import op

revision = "0098"
down_revision = "0097"

NOTED = """
-- What is going on at a group's points, and what their stations were told: of each purpose what was accepted last, and all that came
-- after it. What was said of another transaction does not matter, nor what was told before a profile was cleared.
CREATE OR REPLACE FUNCTION power_there(of_city text, of_group text, at timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT json_build_object(
    'sessions', coalesce(json_agg(json_build_object('id', t.id, 'booking_id', t.booking_id, 'evse_id', e.resource_id, 'ref', t.ref,
      'began_at', t.began_at, 'energy_wh', t.energy_wh,
      'noted', (SELECT coalesce(json_agg(d.point), '[]'::json) FROM charging_readings d
        WHERE d.city = e.city AND d.session_id = t.id AND d.point ->> 'kind' = 'given')) ORDER BY t.id) FILTER (WHERE t.id IS NOT NULL), '[]'::json),
    'points', coalesce(json_agg(json_build_object('evse_id', e.resource_id, 'station_id', s.id, 'evse', e.number,
      'online', coalesce(s.held_until > at, false) AND s.admission = 'accepted', 'booted_at', s.booted_at,
      'told', (SELECT coalesce(json_agg(json_build_object('profile', q.wanted -> 'profile', 'made_at', q.made_at,
            'answered', q.answered, 'answered_at', q.answered_at,
            'booted_since', coalesce(q.answered_at <= s.booted_at, false)) ORDER BY q.made_at, q.id), '[]'::json)
        FROM (SELECT o.id, o.wanted, o.made_at, o.answered, o.answered_at,
            max(o.made_at) FILTER (WHERE o.answered = 'accepted') OVER (PARTITION BY o.wanted #>> '{profile,purpose}') AS sure_at
          FROM station_orders o
          WHERE o.city = s.city AND o.charging_station_id = s.id AND o.made_at > at - interval '1 day' AND o.kind = 'set_profile'
            AND o.wanted ->> 'evse' = e.number::text
            AND (o.wanted #>> '{profile,purpose}' = 'default' OR o.wanted #>> '{profile,transaction}' = t.ref)
            AND NOT EXISTS (SELECT FROM station_orders c WHERE c.city = s.city AND c.charging_station_id = s.id
              AND c.made_at > o.made_at AND c.kind = 'clear_profile' AND coalesce(c.wanted ->> 'evse', e.number::text) = e.number::text)) q
        WHERE q.answered IS NULL OR q.made_at >= coalesce(q.sure_at, '-infinity'))) ORDER BY e.resource_id), '[]'::json))
    FROM charge_points x JOIN evses e ON e.city = x.city AND e.resource_id = x.id
    JOIN charging_stations s ON s.city = e.city AND s.id = e.charging_station_id
    LEFT JOIN LATERAL (SELECT t.id, t.booking_id, t.ref, t.began_at, t.energy_wh FROM charging_sessions t
      WHERE t.city = e.city AND t.charging_station_id = e.charging_station_id AND t.evse = e.number AND t.state = 'active'
        AND t.began_at IS NOT NULL ORDER BY t.began_at DESC, t.id DESC LIMIT 1) t ON true
    WHERE x.city = of_city AND x.power_group = of_group);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(NOTED))
