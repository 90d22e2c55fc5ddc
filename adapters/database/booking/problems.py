"""Writing what holders report and what was done about it, inside the transaction that changes the booking."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.booking.events import Changed, ProblemReported, ProblemResolved
from domain.identity import City

REPORTED = text("""
INSERT INTO problems (city, id, booking_id, resource_id, reporter_id, kind, note, reported_at, withdraws)
VALUES (:city, :id, :booking_id, :resource_id, :reporter_id, :kind, :note, :reported_at, :withdraws)
""")
RESOLVED = text("""
INSERT INTO problem_resolutions (city, problem_id, resolver_id, note, resolved_at)
SELECT p.city, p.id, :resolver_id, :note, :resolved_at FROM problems p
WHERE p.city = :city AND p.booking_id = :booking_id
  AND NOT EXISTS (SELECT FROM problem_resolutions r WHERE r.city = p.city AND r.problem_id = p.id)
""")
# What keeps a resource out is looked at by one at a time, in a statement of its own.
LOCK_RESOURCE = text("SELECT 1 FROM resources WHERE city = :city AND id = :resource_id FOR NO KEY UPDATE")
LOCK_RESOURCES = text("""
SELECT 1 FROM resources r WHERE r.city = :city AND r.id IN (
  SELECT p.resource_id FROM problems p WHERE p.city = :city AND p.booking_id = :booking_id) ORDER BY r.id FOR NO KEY UPDATE
""")
# What somebody else took out of service is not ours to put back.
WITHDRAW = text("""
UPDATE resources SET in_service = false, withdrawn_by_problem = true WHERE city = :city AND id = :resource_id AND in_service
""")
# Of a damage `d`, its last note `n`, and whether it keeps its vehicle out, as `Damage.withdraws` has it.
LATEST_NOTE = """LEFT JOIN LATERAL (SELECT n.state, n.drivable, n.out_until FROM damage_notes n
  WHERE n.city = d.city AND n.damage_id = d.id ORDER BY n.number DESC LIMIT 1) n ON true"""
WITHDRAWS = "coalesce(n.state, 'open') IN ('open', 'known') AND NOT coalesce(n.drivable, d.drivable)"
# Of a booking `b`, until when its vehicle is expected to be out, where somebody has said so of each damage that keeps it out.
OUT_UNTIL = f"""(SELECT CASE WHEN bool_and(n.out_until IS NOT NULL) THEN max(n.out_until) END
    FROM damages d {LATEST_NOTE} WHERE d.city = b.city AND d.vehicle_id = b.resource_id AND {WITHDRAWS})"""
# Of a resource `r` that is out of service, after how many days it is expected back, where its city says so.
REPAIR_DAYS = "CASE WHEN NOT r.in_service THEN repair_days_of(r.city) END"
NOTHING_KEEPS_IT_OUT = f"""NOT EXISTS (
    SELECT FROM problems p WHERE p.city = v.city AND p.resource_id = v.id AND p.withdraws
      AND NOT EXISTS (SELECT FROM problem_resolutions r WHERE r.city = p.city AND r.problem_id = p.id))
  AND NOT EXISTS (SELECT FROM damages d {LATEST_NOTE} WHERE d.city = v.city AND d.vehicle_id = v.id AND {WITHDRAWS})
  AND NOT EXISTS (SELECT FROM charging_tickets t WHERE t.city = v.city AND t.out_since IS NOT NULL AND v.id = ANY (t.withdrawn))"""
BRING_BACK = text(f"""
UPDATE resources v SET in_service = true, withdrawn_by_problem = false
WHERE v.city = :city AND v.withdrawn_by_problem AND v.id IN (
    SELECT p.resource_id FROM problems p WHERE p.city = :city AND p.booking_id = :booking_id)
  AND {NOTHING_KEEPS_IT_OUT}
""")
BRING_BACK_RESOURCE = text(f"""
UPDATE resources v SET in_service = true, withdrawn_by_problem = false
WHERE v.city = :city AND v.id = :resource_id AND v.withdrawn_by_problem AND {NOTHING_KEEPS_IT_OUT}
""")


async def write_problem(connection: AsyncConnection, city: City, event: Changed) -> None:
    """Of an event that is about a problem; the booking's row has been written and keeps others waiting."""
    if isinstance(event, ProblemReported):
        booking = event.booking
        row = {
            "city": city,
            "id": event.problem_id,
            "booking_id": booking.id,
            "resource_id": booking.resource_id,
            "reporter_id": event.reporter_id,
            "kind": event.kind.value,
            "note": event.note,
            "reported_at": event.reported_at,
            "withdraws": event.withdraws,
        }
        await connection.execute(REPORTED, row)
        if event.withdraws:
            of = {"city": city, "resource_id": booking.resource_id}
            await connection.execute(LOCK_RESOURCE, of)
            await connection.execute(WITHDRAW, of)
    elif isinstance(event, ProblemResolved):
        scope = {"city": city, "booking_id": event.booking.id}
        said = {"resolver_id": event.resolver_id, "note": event.note, "resolved_at": event.resolved_at}
        await connection.execute(RESOLVED, scope | said)
        await connection.execute(LOCK_RESOURCES, scope)
        await connection.execute(BRING_BACK, scope)
