"""What signed meter values prove of charging sessions, in PostgreSQL: examined once, and never changed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.charging.metering.proofs import MeterProof, Verdict, reason_of
from domain.charging.reports import SignedValue
from domain.charging.sessions.sessions import SessionId
from domain.identity import City
from services.charging.sessions.ports import Signed

VALUES = text("""
SELECT session_id, data, encoding, public_key FROM charging_signed_values
WHERE city = :city AND session_id = ANY (CAST(:ids AS uuid[])) ORDER BY session_id, at, context, digest
""")
SIGNED_DIGEST = (
    "encode(sha256(coalesce(string_agg(v.data, ''::bytea ORDER BY v.at, v.context, v.digest), ''::bytea)), 'hex')"
)
"""Of the signed values `v` of a session: all their bytes, one after the other."""
COLUMNS = MeterProof.__struct_fields__
OF_SESSIONS = text(f"""
SELECT s.id, coalesce(c.public_key, '') AS key, p.public_key AS key_then, p.examined_at, {", ".join(f"p.{column}" for column in COLUMNS)}
FROM charging_sessions s LEFT JOIN charge_points c ON c.city = s.city AND c.id = s.resource_id
  LEFT JOIN charging_meter_proofs p ON p.city = s.city AND p.session_id = s.id
WHERE s.city = :city AND s.id = ANY (CAST(:ids AS uuid[]))
""")
# The meter's pages go up for good, so that one that was counted is never another session's.
PROVE = text(f"""
INSERT INTO charging_meter_proofs (city, session_id, examined_at, public_key, {", ".join(COLUMNS)})
VALUES (:city, :session_id, :examined_at, :public_key, {", ".join(f":{column}" for column in COLUMNS)})
ON CONFLICT (city, meter, page) WHERE verdict = 'verified' DO NOTHING
""")


async def signed_of(connection: AsyncConnection, city: City, sessions: Sequence[SessionId]) -> tuple[Signed, ...]:
    """Of those of which anything was signed."""
    asked = {"city": city, "ids": list(sessions)}
    values: defaultdict[SessionId, list[SignedValue]] = defaultdict(list)
    for row in await connection.execute(VALUES, asked):
        values[row.session_id].append(SignedValue(bytes(row.data), row.encoding, row.public_key))
    if not values:
        return ()
    rows = await connection.execute(OF_SESSIONS, asked)
    return tuple(Signed(row.id, tuple(values[row.id]), row.key, proof_in(row)) for row in rows if row.id in values)


async def keep_proof(connection: AsyncConnection, city: City, signed: Signed, proof: MeterProof, now: datetime) -> bool:
    """False where another session has counted the same page."""
    values: dict[str, Any] = {name: getattr(proof, name) for name in COLUMNS}
    values |= {"verdict": proof.verdict.value, "reason": proof.reason.value if proof.reason else None}
    values |= {"city": city, "session_id": signed.session_id, "examined_at": now, "public_key": signed.key or None}
    return (await connection.execute(PROVE, values)).rowcount == 1


def proof_in(row: Row[Any]) -> MeterProof | None:
    """None where nothing was examined yet."""
    if row.verdict is None:
        return None
    values = {name: getattr(row, name) for name in COLUMNS}
    reason = reason_of(row.reason) if row.reason is not None else None
    return MeterProof(**values | {"verdict": Verdict(row.verdict), "reason": reason})
