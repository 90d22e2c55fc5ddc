"""The copy of all that is held about a person (GDPR, articles 15 and 20), made by one statement."""

from sqlalchemy import text

HER_LEASES = "SELECT l.id FROM leases l WHERE l.city = :city AND l.holder_id = :person"
# What of a table is about a person; the table's alias is `t`. The times are UTC, amounts are minor units.
ABOUT = {
    "acceptances": "t.person_id = :person",
    "role_grants": "t.person_id = :person",
    "proofs": "t.person_id = :person OR t.checked_by = :person",
    "licence_checks": "t.person_id = :person OR t.checked_by = :person",
    "briefings": "t.person_id = :person OR t.given_by = :person",
    "calendar_feeds": "t.person_id = :person",
    "deputies": "t.person_id = :person OR t.deputy_id = :person OR t.named_by = :person",
    "identities": "t.person_id = :person",
    "sessions": "t.person_id = :person",
    "sign_in_codes": "t.email = p.email",
    "withdrawals": "t.email = p.email",
    "guest_addresses": "t.email = p.email",
    "bookings": "t.holder_id = :person OR t.booked_by = :person",
    "key_commands": "t.asked_by = :person",
    "charging_sessions": "t.holder_id = :person",
    "charging_readings": "t.session_id IN (SELECT s.id FROM charging_sessions s WHERE s.city = :city AND s.holder_id = :person)",
    "charging_signed_values": "t.session_id IN (SELECT s.id FROM charging_sessions s WHERE s.city = :city AND s.holder_id = :person)",
    "plug_reservations": "t.booking_id IN (SELECT b.id FROM bookings b WHERE b.city = :city AND b.holder_id = :person)",
    "charging_meter_proofs": "t.session_id IN (SELECT s.id FROM charging_sessions s WHERE s.city = :city AND s.holder_id = :person)",
    "charging_calculations": "t.booking_id IN (SELECT b.id FROM bookings b WHERE b.city = :city AND b.holder_id = :person)",
    "charging_tokens": "t.booking_id IN (SELECT b.id FROM bookings b WHERE b.city = :city AND b.holder_id = :person)",
    "person_tokens": "t.person_id = :person",
    "charging_tickets": "t.assignee = :person",
    "charging_ticket_notes": "t.noted_by = :person",
    "leases": "t.holder_id = :person",
    "lease_steps": f"t.taken_by = :person OR t.lease_id IN ({HER_LEASES})",
    "lease_sheets": f"t.lease_id IN ({HER_LEASES})",
    "lease_instalments": f"t.lease_id IN ({HER_LEASES})",
    "lease_charges": "t.holder_id = :person",
    "lease_debits": "t.holder_id = :person",
    "lease_collections": "t.holder_id = :person",
    "lease_runs": "t.asked_by = :person",
    "lease_accounts": "t.said_by = :person",
    "lease_reminders": "t.holder_id = :person",
    "lease_payment_orders": "t.ordered_by = :person",
    "lease_payments": f"t.holder_id = :person OR t.lease_id IN ({HER_LEASES}) OR t.returned_by = :person",
    "lease_looks": f"t.lease_id IN ({HER_LEASES})",
    "lease_letters": f"t.lease_id IN ({HER_LEASES})",
    "lease_papers": f"t.lease_id IN ({HER_LEASES})",
    "lease_acceptances": f"t.accepted_by = :person OR t.lease_id IN ({HER_LEASES})",
    "lease_parties": "t.named_by = :person",
    "lease_personnel": "t.person_id = :person OR t.said_by = :person",
    "lease_payrolls": "t.said_by = :person",
    "lease_service_invoices": f"t.submitted_by = :person OR t.decided_by = :person OR t.lease_id IN ({HER_LEASES})",
    "lease_claims": f"t.reported_by = :person OR t.lease_id IN ({HER_LEASES})",
    "lease_claim_photos": f"t.added_by = :person OR t.claim_id IN (SELECT k.id FROM lease_claims k WHERE k.city = :city AND k.lease_id IN ({HER_LEASES}))",
    "lease_tracings": f"t.lease_id IN ({HER_LEASES})",
    "lease_service_years": f"t.lease_id IN ({HER_LEASES})",
    "lease_frameworks": "t.agreed_by = :person",
    "lease_dealers": "t.agreed_by = :person",
    "lease_consumer_terms": "t.agreed_by = :person",
    "trips": "t.driver_id = :person",
    "trip_entries": "t.entered_by = :person"
    " OR t.trip_id IN (SELECT d.id FROM trips d WHERE d.city = :city AND d.driver_id = :person)",
    "notices": "t.person_id = :person",
    "waitlist_entries": "t.holder_id = :person",
    "series_bookings": "EXISTS (SELECT FROM bookings b WHERE b.city = t.city AND b.id = t.booking_id AND (b.holder_id = :person OR b.booked_by = :person))",
    "problems": "t.reporter_id = :person",
    "problem_resolutions": "t.resolver_id = :person",
    "damages": "t.reporter_id = :person",
    "damage_notes": "t.noted_by = :person",
    "damage_photos": "t.added_by = :person",
    "use_photos": "t.added_by = :person",
    "blocks": "t.made_by = :person",
    "vehicle_papers": "t.entered_by = :person",
    "quotes": "t.actor_id = :person",
    "payments": "t.holder_id = :person",
    "provider_transactions": "t.payment_id IN (SELECT y.id FROM payments y WHERE y.city = :city AND y.holder_id = :person)",
    "disputes": "t.payment_id IN (SELECT y.id FROM payments y WHERE y.city = :city AND y.holder_id = :person)",
    "refunds": "t.proposed_by = :person OR t.decided_by = :person"
    " OR t.payment_id IN (SELECT y.id FROM payments y WHERE y.city = :city AND y.holder_id = :person)",
    "dunning_cases": "t.debtor_id = :person OR t.closed_by = :person",
    "dispute_answers": "t.answered_by = :person",
    "payers": "t.person_id = :person",
    "debtors": "t.person_id = :person",
    "invoices": "t.debtor_id = :person",
    "erasures": "t.person_id = :person",
    "erasure_wishes": "t.person_id = :person",
    "bank_statements": "t.imported_by = :person",
    "matches": "t.made_by = :person",
    "match_undoings": "t.undone_by = :person",
    "exceptions": "t.owner = :person OR t.resolved_by = :person",
    "exception_steps": "t.by = :person OR t.owner = :person",
    "debtor_numbers": "t.person_id = :person",
    "legal_holds": "t.subject_id = :person OR t.placed_by = :person OR t.lifted_by = :person",
    "deletions": "t.made_by = :person",
    "ledger_legs": "t.debtor_id = :person",
    "ledger_periods": "t.closed_by = :person",
    "answers": "t.actor_id = :person",
    "audit": "t.actor_id = :person OR t.subject_id = :person"
    " OR t.action NOT LIKE 'booking.priority_set:%'"
    " AND t.subject_id IN (SELECT b.id FROM bookings b WHERE b.city = :city AND b.holder_id = :person)",
    "callers": "t.audit_id IN (SELECT a.id FROM audit a WHERE a.city = :city AND a.actor_id = :person)",
}
# The answers that are kept for repeated requests say what stands among the bookings; a transaction's number says nothing; why a
# vehicle was chosen, and what comes first, tells of others' trips, and what an operator gets of a payment is between it and the city.
LEFT_OUT = {
    "answers": "'body', 'fingerprint'",
    "audit": "'xid'",
    "bookings": "'assigned', 'priority', 'priority_reason'",
    "invoices": "'follows'",
    "charging_readings": "'digest'",
    "charging_sessions": "'start_key', 'version', 'strange_since'",
    "key_commands": "'key'",
    "lease_papers": "'content'",
    "lease_payments": "'name', 'iban'",
    "legal_holds": "'reason', 'lifted_because'",
    "payments": "'share_account', 'share_basis_points'",
}

MORE_TIME = text("SELECT set_config('statement_timeout', '60000', true)")


def _section(table: str, condition: str) -> str:
    left_out = ", ".join(filter(None, ("'city'", LEFT_OUT.get(table, ""))))
    return (
        f"jsonb_build_object('{table}', (SELECT coalesce(jsonb_agg(to_jsonb(t) - ARRAY[{left_out}]), '[]')"
        f" FROM {table} t WHERE t.city = :city AND ({condition})))"
    )


# One object by table, put together: a function takes a hundred arguments.
EXPORT = text(f"""
SELECT (jsonb_build_object('exported_at', CAST(:now AS timestamptz), 'city', p.city, 'person', to_jsonb(p) - ARRAY['city', 'erased_at'])
  || {" || ".join(_section(table, condition) for table, condition in ABOUT.items())})::text
FROM persons p WHERE p.city = :city AND p.id = :person AND p.erased_at IS NULL
""")
