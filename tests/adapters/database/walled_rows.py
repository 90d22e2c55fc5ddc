"""A row for every table behind the walls between cities."""

WRITTEN_BY_A_TRIGGER = ""  # as a row of another table is written, and by nobody else
# One row for every table behind the wall; :id and :word are new each time.
ROWS = {
    "persons": "(city, id, email, made_at) VALUES (:city, :id, :word, now())",
    "role_grants": "(city, person_id, role, granted_at) VALUES (:city, :person, :word, now())",
    "proofs": """(city, person_id, kind, method, classes, checked_by, checked_at)
      VALUES (:city, :person, 'verification', :word, '{}', :person, now())""",
    "acceptances": "(city, person_id, document, version, accepted_at) VALUES (:city, :person, 'terms', :word, now())",
    "bookings": """(city, id, service, resource_id, holder_id, booked_by, starts, ends, state, payer, options, quote, terms,
        tariff_id, tariff_version, made_at, updated_at)
      VALUES (:city, :id, 'charging', :resource, :person, :person, now(), now() + interval '1 hour', 'confirmed', 'self', '{}', '{}',
        '{}', 'charging-standard', 1, now(), now())""",
    "quotes": "(city, id, actor_id, quoted, expires_at) VALUES (:city, :id, :person, '{}', now())",
    "answers": """(city, actor_id, route, key, fingerprint, status, media_type, body, answered_at)
      VALUES (:city, :person, 'r', :word, 'f', 200, 'm', 'b', now())""",
    "outbox": "(city, id, kind, subject_id, written_at, due_at) VALUES (:city, :id, 'k', :id, now(), now())",
    "audit": "(city, id, at, actor_id, action, subject_id, request_id) VALUES (:city, :id, now(), :person, 'a', :id, 'r')",
    "callers": "(city, audit_id, address, at) VALUES (:city, :id, '192.0.2.7', now())",
    "payments": """(city, id, booking_id, holder_id, kind, purpose, capture, amount, currency, state, recovery_point, made_at, updated_at)
      VALUES (:city, :id, :booking, :person, 'payment', 'booking', 'manual', 1, 'EUR', 'released', 'settled', now(), now())""",
    "leases": """(city, id, holder_id, dealer, lessor, state, version, financed_cents, lease, made_at, updated_at)
      VALUES (:city, :id, :person, 'd', 'l', 'offered', 1, 1, '{}', now(), now())""",
    "lease_frameworks": """(city, lessor, employer, framework, agreed_by, agreed_at)
      VALUES (:city, 'l', :word, '{}', :person, now())""",
    "lease_consumer_terms": "(city, lessor, terms, agreed_by, agreed_at) VALUES (:city, :word, '{}', :person, now())",
    "lease_dealers": """(city, lessor, dealer, accreditation, agreed_by, agreed_at)
      VALUES (:city, 'l', :word, '{}', :person, now())""",
    "lease_parties": """(city, party, name, street, town, named_by, named_at)
      VALUES (:city, 'p' || replace(:word, '_', '-'), 'n', 's', 't', :person, now())""",
    "lease_papers": """(city, lease_id, kind, digest, content, texts, drawn_at)
      SELECT :city, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1),
        CASE (SELECT count(*) FROM lease_papers p WHERE p.city = :city) WHEN 0 THEN 'conversion' ELSE 'single_lease' END,
        encode(sha256('p'), 'hex'), 'p', '[]', now()""",
    "lease_acceptances": """(city, lease_id, kind, side, digest, method, accepted_by, accepted_at, request_id)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), 'conversion',
        CASE (SELECT count(*) FROM lease_acceptances a WHERE a.city = :city) WHEN 0 THEN 'employee' ELSE 'hr' END, encode(sha256('p'), 'hex'),
        'simple', :person, now(), 'r')""",
    "lease_looks": """(city, lease_id, look_on)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city AND NOT EXISTS (SELECT FROM lease_looks x WHERE x.city = :city AND x.lease_id = l.id) LIMIT 1), now())""",
    "lease_letters": """(city, id, lease_id, occasion, about, written_at)
      VALUES (:city, :id, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), 'inspection',
        date '2027-01-01' + (SELECT count(*)::int FROM lease_letters x WHERE x.city = :city), now())""",
    "lease_steps": """(city, lease_id, version, act, side, taken_by, taken_at)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), (SELECT count(*) + 1 FROM lease_steps s WHERE s.city = :city), 'offer', 'dealer', :person, now())""",
    "lease_sheets": """(city, lease_id, name, sheet, made_at)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), :word, '{}', now())""",
    "lease_instalments": """(city, lease_id, month, number, due_on, amount, currency)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), date '2027-01-01' + (SELECT count(*)::int FROM lease_instalments i WHERE i.city = :city) * interval '1 month',
        (SELECT count(*) + 1 FROM lease_instalments i WHERE i.city = :city), '2027-01-04', 1, 'EUR')""",
    "lease_runs": "(city, month, asked_by, asked_at, charges, amount, collections) VALUES (:city, date '1999-01-01' + (SELECT count(*)::int FROM lease_runs r WHERE r.city = :city) * interval '1 month', :person, now(), 0, 0, 0)",
    "lease_charges": """(city, id, lease_id, number, month, due_on, payer, holder_id, amount, vat_rate, vat, passed_on, currency, made_at)
      VALUES (:city, :id, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1),
        (SELECT coalesce(max(i.number), 1) FROM lease_instalments i WHERE i.city = :city), date '1999-01-01' + (SELECT count(*)::int FROM lease_charges c WHERE c.city = :city) * interval '1 month',
        '2027-01-04', 'holder', :person, 1, 0.19, 0, 0, 'EUR', now())""",
    "lease_debits": """(city, lease_id, holder_id, method_id, agreed_at)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city AND NOT EXISTS (SELECT FROM lease_debits d WHERE d.city = :city
        AND d.lease_id = l.id) LIMIT 1), :person, :word, now())""",
    "lease_collections": """(city, id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at, made_at, state,
        updated_at)
      VALUES (:city, :id, (SELECT c.id FROM lease_charges c WHERE c.city = :city LIMIT 1), :id, 1, :person,
        1 + (SELECT count(*) FROM lease_collections k WHERE k.city = :city), 1, 'EUR', 'pm', now(), now(), 'failed', now())""",
    "lease_accounts": "(city, party, name, iban, said_by, said_at) VALUES (:city, :word, 'n', 'DE02120300000000202051', :person, now())",
    "lease_reminders": """(city, id, receivable, step, employer, fee, currency, reminded_on, written_at)
      VALUES (:city, :id, :word, 1, 'e', 0, 'EUR', now(), now())""",
    "lease_dunnings": "(city, looked_on) VALUES (:city, now())",
    "lease_payment_orders": "(city, id, execute_on, ordered_by, ordered_at) VALUES (:city, :id, now(), :person, now())",
    "lease_payments": """(city, subject, paid_for, lease_id, since, order_id, dealer, name, iban, amount, currency, reference)
      VALUES (:city, :id, 'bike', (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), now(), (SELECT o.id FROM lease_payment_orders o WHERE o.city = :city LIMIT 1), 'd', 'n', 'DE02', 1, 'EUR', :word)""",
    "lease_payrolls": "(city, employer, layout, said_by, said_at) VALUES (:city, :word, '{}', :person, now())",
    "lease_personnel": "(city, employer, person_id, number, said_by, said_at) VALUES (:city, :word, :person, '1', :person, now())",
    "lease_service_invoices": """(city, id, lease_id, dealer, number, issued_on, serviced_on, lines, net, vat, gross, year, state, submitted_by,
        submitted_at)
      VALUES (:city, :id, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1), 'd', :word, now(), now(), '[]', 1, 0, 1, 1, 'submitted',
        :person, now())""",
    "lease_service_years": """(city, lease_id, year, granted, used)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1),
        (SELECT count(*) + 1 FROM lease_service_years y WHERE y.city = :city), 1, 1)""",
    "lease_claims": """(city, id, lease_id, incident, words, state, reported_by, reported_at, updated_at, version)
      VALUES (:city, :id, (SELECT l.id FROM leases l WHERE l.city = :city LIMIT 1),
        (SELECT count(*) + 1 FROM lease_claims k WHERE k.city = :city), 'w', 'reported', :person, now(), now(), 1)""",
    "lease_tracings": """(city, lease_id, serial_number, said_by, said_at)
      VALUES (:city, (SELECT l.id FROM leases l WHERE l.city = :city AND NOT EXISTS (SELECT FROM lease_tracings t WHERE t.city = :city
        AND t.lease_id = l.id) LIMIT 1), :word, :person, now())""",
    "lease_paces": "(city, next_at) VALUES (:city, now())",
    "notices": """(city, id, booking_id, person_id, occasion, about, happened_at, dated, planned_for, state, due_at)
      VALUES (:city, :id, :booking, :person, 'late', :word, now(), now(), now(), 'planned', now())""",
    "licence_checks": """(city, person_id, number, result, method, classes, checked_by, checked_at)
      VALUES (:city, :person, 1, 'not_valid', :word, '{}', :person, now())""",
    "briefings": """(city, person_id, number, given_on, topic, given_by, entered_at, counts_until)
      VALUES (:city, :person, 1, '2026-11-10', :word, :person, now(), '2027-11-10')""",
    "calendar_feeds": "(city, id, person_id, vehicle_id, made_at) VALUES (:city, :id, :person, NULL, now())",
    "vehicle_files": "(city, id, plate, vin) VALUES (:city, :car, :word, :word)",
    "vehicle_papers": """(city, vehicle_id, number, kind, rental, entered_by, entered_at)
      VALUES (:city, :car, 1, 'hu', false, :person, now())""",
    "key_commands": """(city, id, booking_id, resource_id, action, asked_by, key, asked_at, state, tries)
      VALUES (:city, :id, :booking, :resource, 'unlock', :person, :word, now(), 'asked', 1)""",
    "trips": """(city, id, vehicle_id, driver_id, started_at, ended_at)
      VALUES (:city, (SELECT b.id FROM bookings b WHERE b.city = :city AND NOT EXISTS (SELECT FROM trips t WHERE t.city = :city AND t.id = b.id)
        LIMIT 1), :car, :person, now(), now())""",
    "trip_entries": """(city, trip_id, version, entered_by, entered_at)
      VALUES (:city, (SELECT t.id FROM trips t WHERE t.city = :city LIMIT 1), 1, :person, now())""",
    "trips_to_complete": """(city, trip_id, remind_on)
      VALUES (:city, (SELECT t.id FROM trips t WHERE t.city = :city LIMIT 1), now())""",
    "deputies": """(city, id, person_id, deputy_id, starts, ends, named_by, named_at)
      VALUES (:city, :id, :person, :id, now(), now() + interval '1 day', :person, now())""",
    "series_bookings": """(city, series_id, number, booking_id, rule, made_at)
      VALUES (:city, :id, 1, :booking, :word, now())""",
    "waitlist_entries": """(city, id, holder_id, service, resource_id, starts, ends, payer, options, early_start, roles, pools,
        joined_at, state, due_at)
      VALUES (:city, :id, :person, 'charging', :resource, now(), now() + interval '1 hour', 'self', '{}', false, '{}', '{}', now(),
        'waiting', now())""",
    "blocks": """(city, id, resource_id, starts, ends, made_by, made_at)
      VALUES (:city, :id, :resource, now(), now() + interval '1 hour', :person, now())""",
    "problems": """(city, id, booking_id, resource_id, reporter_id, kind, reported_at, withdraws)
      VALUES (:city, :id, :booking, :resource, :person, 'other', now(), false)""",
    "damages": """(city, id, vehicle_id, place, kind, severity, drivable, reporter_id, reported_at)
      VALUES (:city, :id, :car, 'left', 'dent', 'minor', true, :person, now())""",
    "damage_notes": """(city, damage_id, number, state, drivable, noted_by, noted_at)
      VALUES (:city, (SELECT d.id FROM damages d WHERE d.city = :city LIMIT 1), 1, 'known', true, :person, now())""",
    "photos": """(city, digest, media_type, width, height, size, content, kept_at)
      VALUES (:city, encode(sha256(convert_to(:word, 'UTF8')), 'hex'), 'image/jpeg', 1, 1, length(convert_to(:word, 'UTF8')),
        convert_to(:word, 'UTF8'), now())""",
    "damage_photos": """(city, damage_id, digest, added_by, added_at)
      VALUES (:city, (SELECT d.id FROM damages d WHERE d.city = :city LIMIT 1), (SELECT f.digest FROM photos f WHERE f.city = :city LIMIT 1),
        :person, now())""",
    "lease_claim_photos": """(city, claim_id, digest, added_by, added_at)
      VALUES (:city, (SELECT k.id FROM lease_claims k WHERE k.city = :city ORDER BY k.incident DESC LIMIT 1),
        (SELECT f.digest FROM photos f WHERE f.city = :city LIMIT 1), :person, now())""",
    "use_photos": """(city, id, booking_id, phase, digest, added_by, added_at)
      VALUES (:city, :id, :booking, 'start', (SELECT f.digest FROM photos f WHERE f.city = :city LIMIT 1), :person, now())""",
    "problem_resolutions": """(city, problem_id, resolver_id, resolved_at)
      VALUES (:city, (SELECT p.id FROM problems p WHERE p.city = :city LIMIT 1), :person, now())""",
    "payers": "(city, person_id, account, customer_id) VALUES (:city, :person, :word, 'c')",
    "sign_in_codes": "(city, id, email, language, made_at, expires_at) VALUES (:city, :id, :word, 'de', now(), now())",
    "sessions": """(city, id, person_id, generation, made_at, rotated_at, expires_at)
      VALUES (:city, :id, :person, 1, now(), now(), now())""",
    "identities": "(city, issuer, subject, person_id, linked_at) VALUES (:city, 'i', :word, :person, now())",
    "subscriptions": """(city, id, url, types, enabled, generation, retry_at, failures, made_at, version, told_transaction, told_entry)
      VALUES (:city, :id, 'https://hooks.example', '{}', true, 1, now(), 0, now(), 1, '3', :id)""",
    "erasures": "(city, person_id, erased_at, mailbox) VALUES (:city, :person, now(), :word)",
    "withdrawals": """(city, id, name, reference, email, language, declared_at)
      VALUES (:city, :id, 'Ada', :word, 'ada@example.org', 'de', now())""",
    "debtors": """(city, person_id, name, street, postcode, town, country, version, changed_at)
      VALUES (:city, :person, 'Ada', 'Weg 1', '38100', 'Okerstadt', 'DE', 1, now())""",
    "invoice_series": "(city, series, last, last_on) VALUES (:city, 'RE', 1, now())",
    "invoices": """(city, id, kind, series, position, number, source, booking_id, debtor_id, service, issued_on, issued_at, gross,
        currency, cash_reference, content, digest)
      VALUES (:city, :id, 'invoice', 'RE', 1, 'RE1', :word, :booking, :person, 'fleet', now(), now(), 1, 'EUR', :word, '{}',
        encode(sha256('{}'), 'hex'))""",
    "invoice_numbers": "(city, series, position) VALUES (:city, 'RE', 2)",
    "invoice_documents": """(city, invoice_id, format, content, digest, rendered_at)
      VALUES (:city, (SELECT i.id FROM invoices i WHERE i.city = :city LIMIT 1), 'pdf', 'x', encode(sha256('x'), 'hex'), now())""",
    "bank_statements": """(city, id, iban, named, page, currency, opening, closing, opened_on, closed_on, line_count, digest, file,
        imported_at, imported_by)
      VALUES (:city, :id, :word, 'S', 1, 'EUR', 0, 1, '2026-11-20', '2026-11-23', 1, 'd', 'f', now(), :person)""",
    "bank_lines": """(city, id, statement_id, position, booked_on, value_on, amount, currency, end_to_end_id, "references", text,
        counterparty, counterparty_iban, bank_reference, mandate_id, code, returned, reversal)
      VALUES (:city, :id, (SELECT s.id FROM bank_statements s WHERE s.city = :city LIMIT 1), 1, '2026-11-23', '2026-11-23', 1,
        'EUR', '', '{}', '', '', '', '', '', '', '', false)""",
    "matches": "(city, id, rule, score, reason, made_by, made_at) VALUES (:city, :id, 'by_hand', 100, 'r', :person, now())",
    "match_parts": """(city, match_id, line_id, expected_id, amount, expected_amount)
      VALUES (:city, (SELECT m.id FROM matches m WHERE m.city = :city LIMIT 1),
        (SELECT l.id FROM bank_lines l WHERE l.city = :city LIMIT 1), :word, 1, 1)""",
    "match_undoings": """(city, match_id, undone_by, undone_at, reason)
      VALUES (:city, (SELECT m.id FROM matches m WHERE m.city = :city LIMIT 1), :person, now(), 'r')""",
    "exceptions": """(city, id, kind, source, words, since, amount, currency, raised_at, due_on)
      VALUES (:city, :id, 'dispute', :word, 'w', '2026-11-23', 1, 'EUR', now(), '2026-11-28')""",
    "exception_steps": """(city, id, exception_id, kind, by, at, words)
      VALUES (:city, :id, (SELECT e.id FROM exceptions e WHERE e.city = :city LIMIT 1), 'noted', :person, now(), 'w')""",
    "reconciliations": """(city, id, ran_at, matched, raised, resolved, waiting_lines, waiting_expected)
      VALUES (:city, :id, now(), 0, 0, 0, 0, 0)""",
    "provider_transactions": """(city, id, transaction_id, kind, type, category, amount, fee, net, currency, created_at,
        available_at, fees, seen_at)
      VALUES (:city, :id, :word, 'fee', 't', 'c', 0, 1, -1, 'EUR', now(), now(), '[]', now())""",
    "payouts": """(city, id, payout_id, amount, currency, state, is_automatic, is_reconciled, created_at, arrives_on, version,
        updated_at)
      VALUES (:city, :id, :word, 1, 'EUR', 'pending', true, false, now(), '2026-11-23', 1, now())""",
    "disputes": """(city, id, dispute_id, charge_id, amount, currency, reason, state, opened_at, is_refundable, has_evidence,
        submissions, transactions, withdrawn, fee, version, updated_at)
      VALUES (:city, :id, :word, 'ch', 1, 'EUR', 'r', 'lost', now(), false, false, 0, '{}', 1, 0, 1, now())""",
    "refunds": """(city, id, booking_id, payment_id, amount, currency, reason, state, needs_second, proposed_by, proposed_at,
        decision_reason, version, updated_at)
      VALUES (:city, :id, :booking, :id, 1, 'EUR', 'r', 'proposed', true, :person, now(), '', 1, now())""",
    "dunning_cases": """(city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, version, updated_at)
      VALUES (:city, :id, :person, 1, 'EUR', now(), 0, 0, 'open', '', 1, now())""",
    "dispute_answers": """(city, dispute_id, kind, evidence, answered_by, answered_at)
      VALUES (:city, (SELECT d.id FROM disputes d WHERE d.city = :city AND NOT EXISTS (
        SELECT FROM dispute_answers a WHERE a.city = d.city AND a.dispute_id = d.id) LIMIT 1), 'acceptance', '{}', :person, now())""",
    "provider_sums": "(city, currency, moved, paid_out) VALUES (:city, :word, 0, 0)",
    "provider_looks": "(city, account, read_until, looked_at) VALUES (:city, :word, now(), now())",
    "debtor_numbers": "(city, person_id, number) VALUES (:city, :person, 1)",
    "erasure_wishes": "(city, person_id, asked_at) VALUES (:city, :person, now())",
    "legal_holds": "(city, id, kind, reason, placed_by, placed_at) VALUES (:city, :id, 'city', :word, :person, now())",
    "deletions": """(city, id, record, rule, before, made_by, at)
      VALUES (:city, :id, 'audit', 'r', '2001-01-01', :person, now())""",
    "deletion_proofs": """(city, deletion_id, relation, count, digest)
      VALUES (:city, (SELECT d.id FROM deletions d WHERE d.city = :city LIMIT 1), :word, 1, 'd')""",
    "retention_reviews": "(city, id, at, applied, due) VALUES (:city, :id, now(), false, '{}')",
    "ledger_accounts": "(city, key, kind, name) VALUES (:city, :word, 'asset', 'a')",
    "ledger_periods": "(city, month, closed_at, closed_by) VALUES (:city, '2026-10-01', now(), :person)",
    "ledger_entries": """(city, id, kind, source, effective_at, period, created_at, leg_count, text)
      VALUES (:city, :id, 'other', :word, '2026-11-21T09:00Z', '2026-11-01', now(), 2, '')""",
    "ledger_legs": """(city, entry_id, number, account, side, amount, currency, effective_at, period)
      SELECT :city, (SELECT e.id FROM ledger_entries e WHERE e.city = :city LIMIT 1), n.number,
        (SELECT a.key FROM ledger_accounts a WHERE a.city = :city LIMIT 1), n.side, 1, 'EUR', '2026-11-21T09:00Z', '2026-11-01'
      FROM (VALUES (1, 'debit'), (2, 'credit')) n(number, side)""",
    "ledger_seals": """(city, position, entry_id, digest, sealed_at)
      VALUES (:city, 1, (SELECT e.id FROM ledger_entries e WHERE e.city = :city LIMIT 1), sha256('s'), now())""",
    "ledger_unsealed": WRITTEN_BY_A_TRIGGER,
    "ledger_balances": """(city, account, currency, period, debit, credit)
      VALUES (:city, (SELECT a.key FROM ledger_accounts a WHERE a.city = :city LIMIT 1), 'EUR', '2026-11-01', 1, 1)""",
    "charging_stations": """(city, id, station_id, identity, security_profile, key_digest)
      VALUES (:city, :id, (SELECT r.station_id FROM resources r WHERE r.city = :city AND r.id = :resource), :word, 'basic', :word)""",
    "station_orders": """(city, id, charging_station_id, kind, wanted, made_at, expires_at)
      VALUES (:city, :id, (SELECT s.id FROM charging_stations s WHERE s.city = :city LIMIT 1), 'reset', '{}', now(), now())""",
    "station_messages": """(city, id, charging_station_id, at, direction, kind)
      VALUES (:city, :id, :id, now(), 'in', 'malformed')""",
    "charging_sessions": """(city, id, charging_station_id, evse, ref, number, state, heard_at, energy_wh, parked_s, flags, stops_at, due_at,
        version)
      VALUES (:city, :id, (SELECT s.id FROM charging_stations s WHERE s.city = :city LIMIT 1), 1, :word, nextval('charging_numbers'),
        'pending', now(), 0, 0, '{}', '{}', now(), 1)""",
    "charging_readings": """(city, session_id, at, digest, point)
      VALUES (:city, (SELECT s.id FROM charging_sessions s WHERE s.city = :city LIMIT 1), now(), :word, '{}')""",
    "charging_signed_values": """(city, session_id, digest, at, context, data)
      VALUES (:city, (SELECT s.id FROM charging_sessions s WHERE s.city = :city LIMIT 1), encode(sha256('x'), 'hex'), now(), 'end', 'x')""",
    "plug_reservations": """(city, id, booking_id, charging_station_id, evse, resource_id, number, token, until, state, order_id, orders,
        first_at, ordered_at, honoured, stands)
      VALUES (:city, :id, :booking, (SELECT s.id FROM charging_stations s WHERE s.city = :city LIMIT 1), 1, :resource,
        (SELECT coalesce(max(p.number), 0) + 1 FROM plug_reservations p), 'T', now(), 'ended', :id, 1, now(), now(), false, false)""",
    "charging_meter_proofs": """(city, session_id, examined_at, verdict, reason, time_usable)
      VALUES (:city, (SELECT s.id FROM charging_sessions s WHERE s.city = :city LIMIT 1), now(), 'not_checked', 'no_key', false)""",
    "charging_calculations": """(city, booking_id, session_id, made_at, calculation)
      VALUES (:city, :id, (SELECT s.id FROM charging_sessions s WHERE s.city = :city LIMIT 1), now(), '{}')""",
    "charging_tickets": """(city, id, charging_station_id, evse, kind, why, state, opened_at, changed_at, closed_at, reason, version)
      VALUES (:city, :id, (SELECT s.id FROM charging_stations s WHERE s.city = :city LIMIT 1), 0, 'silent', 'lasted', 'closed', now(), now(),
        now(), 'r', 1)""",
    "charging_ticket_notes": """(city, ticket_id, number, at, words)
      VALUES (:city, (SELECT t.id FROM charging_tickets t WHERE t.city = :city LIMIT 1),
        (SELECT count(*) + 1 FROM charging_ticket_notes n WHERE n.city = :city), now(), :word)""",
    "charging_faults": """(city, id, charging_station_id, evse, kind, what, says, began_at, ended_at)
      VALUES (:city, :id, (SELECT s.id FROM charging_stations s WHERE s.city = :city LIMIT 1), 0, 'silent', '', '', now(), now())""",
    "charging_tokens": """(city, token, booking_id, valid_from, valid_until)
      VALUES (:city, upper(left(:word, 20)), :booking, now(), now())""",
    "guest_addresses": "(city, holder_id, email, language, made_at) VALUES (:city, :id, :word, 'de', now())",
    "person_tokens": "(city, token, person_id) VALUES (:city, upper(left(:word, 20)), :person)",
    "provider_events": """(city, account, event_id, id, type, object_id, payload, received_at)
      VALUES (:city, 'a', :word, :id, 't', 'o', '{}', now())""",
}
