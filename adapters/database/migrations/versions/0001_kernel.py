"""The kernel: cities, resources, claims, bookings, payments; answers, outbox, audit.

Every table leads with the city. What is personal, or moves money, stands behind forced row-level security; resources,
claims and what the city publishes carry no policy (infra/decisions/0002-statements-and-row-level-security.md).
"""

from typing import Any

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE cities (
  city text PRIMARY KEY CHECK (city ~ '^[a-z][a-z0-9-]{1,62}$'),
  name text NOT NULL, time_zone text NOT NULL, settings jsonb NOT NULL, stripe_account text UNIQUE,
  version int NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL);

CREATE TABLE stations (
  city text REFERENCES cities, id uuid, name text NOT NULL, address text NOT NULL,
  lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90), lon double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
  source_key text, source_fingerprint text, PRIMARY KEY (city, id), UNIQUE (city, source_key));

CREATE TABLE tariffs (
  city text REFERENCES cities, id text, version int, valid_from timestamptz NOT NULL, tariff json NOT NULL, policy json NOT NULL,
  PRIMARY KEY (city, id, version));
CREATE INDEX tariffs_in_force ON tariffs (city, id, valid_from DESC, version DESC);

CREATE TABLE pools (city text REFERENCES cities, id text, name text NOT NULL, PRIMARY KEY (city, id));

CREATE TABLE resources (
  city text REFERENCES cities, id uuid, service text NOT NULL, station_id uuid NOT NULL, name text NOT NULL, code text,
  pool_id text, shared bool NOT NULL DEFAULT true, in_service bool NOT NULL DEFAULT true, bookable bool NOT NULL DEFAULT false,
  tariff_id text, buffer_before_s int NOT NULL DEFAULT 0 CHECK (buffer_before_s >= 0),
  buffer_after_s int NOT NULL DEFAULT 0 CHECK (buffer_after_s >= 0),
  position point NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, code),
  FOREIGN KEY (city, station_id) REFERENCES stations, FOREIGN KEY (city, pool_id) REFERENCES pools,
  CONSTRAINT bookable_has_a_price CHECK (NOT bookable OR tariff_id IS NOT NULL));
CREATE INDEX resources_nearby ON resources USING gist (city, service, position);
CREATE INDEX resources_of_station ON resources (city, station_id);

CREATE TABLE charge_points (
  city text, id uuid, connectors text[] NOT NULL, power_kw numeric NOT NULL CHECK (power_kw > 0), operator text NOT NULL, public_key text,
  PRIMARY KEY (city, id), FOREIGN KEY (city, id) REFERENCES resources ON DELETE CASCADE);
CREATE TABLE vehicles (
  city text, id uuid, class text NOT NULL, seats int NOT NULL CHECK (seats > 0), drive text NOT NULL, range_km int NOT NULL,
  PRIMARY KEY (city, id), FOREIGN KEY (city, id) REFERENCES resources ON DELETE CASCADE);
CREATE TABLE bikes (
  city text, id uuid, bike_type text NOT NULL, plans text[] NOT NULL,
  PRIMARY KEY (city, id), FOREIGN KEY (city, id) REFERENCES resources ON DELETE CASCADE);

CREATE TABLE persons (
  city text REFERENCES cities, id uuid, email text NOT NULL CHECK (email = lower(email)), language text NOT NULL DEFAULT 'de',
  made_at timestamptz NOT NULL, PRIMARY KEY (city, id), UNIQUE (city, email));
CREATE TABLE role_grants (
  city text, person_id uuid, role text, pool_id text NOT NULL DEFAULT '', party_id text NOT NULL DEFAULT '', granted_at timestamptz NOT NULL,
  PRIMARY KEY (city, person_id, role, pool_id, party_id), FOREIGN KEY (city, person_id) REFERENCES persons);
CREATE TABLE acceptances (
  city text, person_id uuid, document text, version text, accepted_at timestamptz NOT NULL,
  PRIMARY KEY (city, person_id, document, version), FOREIGN KEY (city, person_id) REFERENCES persons);

CREATE TABLE bookings (
  city text, id uuid, service text NOT NULL, resource_id uuid NOT NULL, holder_id uuid NOT NULL, booked_by uuid NOT NULL,
  starts timestamptz NOT NULL, ends timestamptz NOT NULL, state text NOT NULL, payer text NOT NULL,
  options json NOT NULL, quote json NOT NULL, terms json NOT NULL, tariff_id text NOT NULL, tariff_version int NOT NULL,
  hold_expires_at timestamptz, hold_extended bool NOT NULL DEFAULT false, reason_code text, reason text, fee json,
  started_at timestamptz, finished_at timestamptz, start_readings json, finish_readings json,
  version int NOT NULL DEFAULT 1, made_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), FOREIGN KEY (city, resource_id) REFERENCES resources,
  CHECK (starts < ends),
  CHECK (state IN ('held', 'confirmed', 'in_use', 'completed', 'expired', 'cancelled', 'no_show')),
  CONSTRAINT a_hold_expires CHECK ((state = 'held') <= (hold_expires_at IS NOT NULL)));
CREATE INDEX bookings_of_holder ON bookings (city, holder_id, starts DESC, id);
CREATE INDEX bookings_of_city ON bookings (city, starts DESC, id);
CREATE INDEX bookings_of_resource ON bookings (city, resource_id, starts DESC, id);
CREATE INDEX holds_by_expiry ON bookings (hold_expires_at) WHERE state = 'held';
CREATE INDEX bookings_by_end ON bookings (ends) WHERE state = 'confirmed';

CREATE TABLE claims (
  city text, resource_id uuid, booking_id uuid, claimed_from timestamptz NOT NULL, claimed_until timestamptz NOT NULL,
  claimed tstzrange GENERATED ALWAYS AS (tstzrange(claimed_from, claimed_until)) STORED, kind text NOT NULL,
  PRIMARY KEY (city, resource_id, claimed_from) INCLUDE (claimed_until),
  FOREIGN KEY (city, booking_id) REFERENCES bookings, FOREIGN KEY (city, resource_id) REFERENCES resources,
  CHECK (claimed_from < claimed_until), CHECK ((kind = 'booking') = (booking_id IS NOT NULL)),
  CONSTRAINT one_claim_at_a_time EXCLUDE USING gist (city WITH =, resource_id WITH =, claimed WITH &&));
CREATE INDEX claims_of_booking ON claims (city, booking_id);

CREATE TABLE quotes (
  city text REFERENCES cities, id uuid, actor_id uuid NOT NULL, quoted json NOT NULL, expires_at timestamptz NOT NULL, PRIMARY KEY (city, id));
CREATE INDEX quotes_by_expiry ON quotes (expires_at);

CREATE TABLE answers (
  city text, actor_id uuid, route text, key text, fingerprint text NOT NULL, status int NOT NULL, media_type text NOT NULL,
  body text NOT NULL, answered_at timestamptz NOT NULL, PRIMARY KEY (city, actor_id, route, key));
CREATE INDEX answers_by_age ON answers (answered_at);

CREATE TABLE outbox (
  city text, id uuid, kind text NOT NULL, subject_id uuid NOT NULL, written_at timestamptz NOT NULL, due_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0, failure text, done_at timestamptz, dead_at timestamptz, PRIMARY KEY (city, id));
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE audit (
  city text, id uuid, at timestamptz NOT NULL, actor_id uuid NOT NULL, action text NOT NULL, subject_id uuid NOT NULL,
  request_id text NOT NULL, PRIMARY KEY (city, id));
CREATE TABLE callers (city text, audit_id uuid, address text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (city, audit_id));
CREATE INDEX callers_by_age ON callers (at);

CREATE TABLE payments (
  city text, id uuid, booking_id uuid NOT NULL, holder_id uuid NOT NULL, kind text NOT NULL, purpose text NOT NULL, capture text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL, state text NOT NULL, recovery_point text NOT NULL,
  intent_id text, method_id text, captured bigint NOT NULL DEFAULT 0, refunded bigint NOT NULL DEFAULT 0, refunds int NOT NULL DEFAULT 0,
  pending bigint NOT NULL DEFAULT 0, capture_before timestamptz, failure text, attempts int NOT NULL DEFAULT 0, retry_at timestamptz,
  version int NOT NULL DEFAULT 1, made_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), FOREIGN KEY (city, booking_id) REFERENCES bookings,
  CHECK (captured BETWEEN 0 AND amount), CHECK (refunded BETWEEN 0 AND captured));
CREATE INDEX payments_of_booking ON payments (city, booking_id);
CREATE UNIQUE INDEX one_intent_once ON payments (city, intent_id) WHERE intent_id IS NOT NULL;
CREATE UNIQUE INDEX one_remainder_per_booking ON payments (city, booking_id) WHERE purpose = 'remainder';
CREATE INDEX payments_due ON payments (retry_at) WHERE retry_at IS NOT NULL;
CREATE UNIQUE INDEX one_open_payment_per_booking ON payments (city, booking_id, purpose, kind)
  WHERE state IN ('requires_payment_method', 'requires_action', 'processing', 'authorised', 'saved');
CREATE TABLE payers (
  city text, person_id uuid, account text, customer_id text NOT NULL, PRIMARY KEY (city, person_id, account),
  FOREIGN KEY (city, person_id) REFERENCES persons);
CREATE TABLE provider_events (
  city text, account text, event_id text, id uuid NOT NULL, type text NOT NULL, object_id text NOT NULL, payload text NOT NULL,
  received_at timestamptz NOT NULL, applied_at timestamptz, PRIMARY KEY (city, account, event_id));
CREATE UNIQUE INDEX provider_events_by_id ON provider_events (city, id);
"""

# `=` on text is leakproof, so the policy does not keep a statement from its index.
WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['persons', 'role_grants', 'acceptances', 'bookings', 'quotes', 'answers', 'outbox', 'audit', 'callers',
                           'payments', 'payers', 'provider_events'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
  END LOOP;
END $$;
"""

RIGHTS = """
GRANT USAGE ON SCHEMA public TO kommobil_app, kommobil_relay;
GRANT SELECT, INSERT, UPDATE, DELETE ON cities, stations, tariffs, pools, resources, charge_points, vehicles, bikes, persons, role_grants,
  acceptances, quotes, claims, payments, payers, provider_events TO kommobil_app;
GRANT SELECT, INSERT, UPDATE ON bookings, outbox TO kommobil_app;
GRANT SELECT, INSERT ON answers, audit, callers TO kommobil_app;
GRANT SELECT ON alembic_version TO kommobil_app, kommobil_relay;  -- to know whether the schema is current

-- The relay works across cities: it sees what is due, never who it is about, and forgets what has grown old.
GRANT SELECT ON cities TO kommobil_relay;
GRANT SELECT, UPDATE, DELETE ON outbox TO kommobil_relay;
GRANT SELECT (city, id, state, hold_expires_at, starts, ends) ON bookings TO kommobil_relay;
GRANT SELECT (city, id, booking_id, kind, purpose, state, recovery_point, retry_at, updated_at, capture_before, made_at) ON payments TO kommobil_relay;
GRANT SELECT (city, answered_at), DELETE ON answers TO kommobil_relay;
GRANT SELECT (city, at), DELETE ON callers TO kommobil_relay;
GRANT SELECT (city, expires_at), DELETE ON quotes TO kommobil_relay;
GRANT SELECT (city, claimed_until, kind), DELETE ON claims TO kommobil_relay;
CREATE POLICY every_city ON outbox TO kommobil_relay USING (true);
CREATE POLICY every_city_seen ON bookings FOR SELECT TO kommobil_relay USING (true);
CREATE POLICY every_city_seen ON payments FOR SELECT TO kommobil_relay USING (true);
CREATE POLICY every_city ON answers TO kommobil_relay USING (true);
CREATE POLICY every_city ON callers TO kommobil_relay USING (true);
CREATE POLICY every_city ON quotes TO kommobil_relay USING (true);
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    # Scripts go to the driver itself, in the same transaction: a prepared statement holds one command only.
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, RIGHTS, APPEND_ONLY):
        driver.run_async(lambda connection, script=script: connection.execute(script))
