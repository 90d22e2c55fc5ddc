"""The tables, for statements that SQLAlchemy builds. The DDL itself, with constraints and policies, is in migrations/."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, MetaData, Numeric, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, TIMESTAMP, UUID

metadata = MetaData()
INSTANT = TIMESTAMP(timezone=True)


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, Column("city", Text, primary_key=True), *columns)


cities = _table(
    "cities",
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("stripe_account", Text),
    Column("version", Integer, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
)
stations = _table(
    "stations",
    Column("id", UUID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("source_key", Text),
    Column("source_fingerprint", Text),
)
tariffs = _table(
    "tariffs",
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("valid_from", INSTANT, nullable=False),
    Column("tariff", JSON, nullable=False),
    Column("policy", JSON, nullable=False),
)
pools = _table(
    "pools",
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("approval_s", Integer),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("sharing", JSON),
    Column("sharing_version", Integer, nullable=False, server_default="0"),
    Column("release_after_s", Integer),
    Column("offer_min", Integer),
)
resources = _table(
    "resources",
    Column("id", UUID, primary_key=True),
    Column("service", Text, nullable=False),
    Column("station_id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("code", Text),
    Column("pool_id", Text),
    Column("shared", Boolean, nullable=False),
    Column("in_service", Boolean, nullable=False),
    Column("bookable", Boolean, nullable=False),
    Column("tariff_id", Text),
    Column("buffer_before_s", Integer, nullable=False),
    Column("buffer_after_s", Integer, nullable=False),
    Column("usable_until", INSTANT),
)
charge_points = _table(
    "charge_points",
    Column("id", UUID, primary_key=True),
    Column("connectors", ARRAY(Text), nullable=False),
    Column("power_kw", Numeric, nullable=False),
    Column("operator", Text, nullable=False),
    Column("public_key", Text),
    Column("evse_id", Text),
    Column("connectors_kw", ARRAY(Numeric)),
)
vehicles = _table(
    "vehicles",
    Column("id", UUID, primary_key=True),
    Column("class", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("drive", Text, nullable=False),
    Column("range_km", Integer, nullable=False),
)
bikes = _table(
    "bikes",
    Column("id", UUID, primary_key=True),
    Column("bike_type", Text, nullable=False),
    Column("plans", ARRAY(Text), nullable=False),
)
persons = _table(
    "persons",
    Column("id", UUID, primary_key=True),
    Column("email", Text),
    Column("language", Text, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("name", Text),
    Column("version", Integer, nullable=False),
    Column("erased_at", INSTANT),
    Column("signed_in_at", INSTANT),
    Column("notices_off", ARRAY(Text), nullable=False),
)
role_grants = _table(
    "role_grants",
    Column("person_id", UUID, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("pool_id", Text, primary_key=True),
    Column("party_id", Text, primary_key=True),
    Column("granted_at", INSTANT, nullable=False),
)
acceptances = _table(
    "acceptances",
    Column("person_id", UUID, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("accepted_at", INSTANT, nullable=False),
    Column("language", Text),
)
sign_in_codes = _table(
    "sign_in_codes",
    Column("id", UUID, primary_key=True),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("session_id", UUID),
)
sessions = _table(
    "sessions",
    Column("id", UUID, primary_key=True),
    Column("person_id", UUID, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("rotated_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
)
identities = _table(
    "identities",
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person_id", UUID, nullable=False),
    Column("linked_at", INSTANT, nullable=False),
)
bookings = _table(
    "bookings",
    Column("id", UUID, primary_key=True),
    Column("service", Text, nullable=False),
    Column("resource_id", UUID, nullable=False),
    Column("holder_id", UUID, nullable=False),
    Column("booked_by", UUID, nullable=False),
    Column("starts", INSTANT, nullable=False),
    Column("ends", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("quote", JSON, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("tariff_id", Text, nullable=False),
    Column("tariff_version", Integer, nullable=False),
    Column("hold_expires_at", INSTANT),
    Column("hold_extended", Boolean, nullable=False),
    Column("no_show_from", INSTANT),
    Column("approval", JSON),
    Column("approval_due_at", INSTANT),
    Column("approval_step_at", INSTANT),
    Column("request", JSON),
    Column("final_at", INSTANT),
    Column("problem_open", Boolean, nullable=False),
    Column("reason_code", Text),
    Column("reason", Text),
    Column("fee", JSON),
    Column("started_at", INSTANT),
    Column("finished_at", INSTANT),
    Column("start_readings", JSON),
    Column("finish_readings", JSON),
    Column("extension", JSON),
    Column("assigned", JSON),
    Column("priority", SmallInteger, nullable=False),
    Column("priority_reason", Text),
    Column("extension_expires_at", INSTANT),
    Column("overdue_until", INSTANT),
    Column("delays", UUID),
    Column("version", Integer, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
)
claims = _table(
    "claims",
    Column("resource_id", UUID, primary_key=True),
    Column("claimed_from", INSTANT, primary_key=True),
    Column("claimed_until", INSTANT, nullable=False),
    Column("booking_id", UUID),
    Column("kind", Text, nullable=False),
)
quotes = _table(
    "quotes",
    Column("id", UUID, primary_key=True),
    Column("actor_id", UUID, nullable=False),
    Column("quoted", JSON, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
)
answers = _table(
    "answers",
    Column("actor_id", UUID, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("answered_at", INSTANT, nullable=False),
)
outbox = _table(
    "outbox",
    Column("id", UUID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", UUID, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    Column("due_at", INSTANT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failure", Text),
    Column("done_at", INSTANT),
    Column("dead_at", INSTANT),
)
audit = _table(
    "audit",
    Column("id", UUID, primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("actor_id", UUID, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_id", UUID, nullable=False),
    Column("request_id", Text, nullable=False),
    # Beside these `xid`, which only PostgreSQL writes and only `happenings` reads.
)
callers = _table(
    "callers",
    Column("audit_id", UUID, primary_key=True),
    Column("address", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
)
payments = _table(
    "payments",
    Column("id", UUID, primary_key=True),
    Column("booking_id", UUID, nullable=False),
    Column("holder_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("capture", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("recovery_point", Text, nullable=False),
    Column("intent_id", Text),
    Column("method_id", Text),
    Column("captured", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("refunds", Integer, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("came_back", BigInteger, nullable=False),
    Column("capture_before", INSTANT),
    Column("failure", Text),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("version", Integer, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("creditor_id", Text),
    Column("mandate", Text),
    Column("debit_on", Date),
    Column("share_account", Text),
    Column("share_basis_points", Integer),
)
payers = _table(
    "payers",
    Column("person_id", UUID, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
)
provider_events = _table(
    "provider_events",
    Column("account", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("id", UUID, nullable=False),
    Column("type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("applied_at", INSTANT),
)
