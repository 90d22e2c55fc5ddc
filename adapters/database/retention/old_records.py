"""By record: what of it is due, what a legal hold keeps of that, and what goes with it."""

from msgspec import Struct

from domain.retention.rules import Record


class Place(Struct, frozen=True):
    """Where a record is, as rows `r` of a table. `due` says what nothing touched since `:before`, `subjects` which holds `h`
    keep it. `gone` are what goes, in the order in which one thing points at another; `:ids` are the records' own, each by `key`."""

    table: str
    due: str
    oldest: str
    subjects: str
    gone: tuple[str, ...]
    key: str = "r.id"

    @property
    def held(self) -> str:
        return f"""EXISTS (SELECT FROM legal_holds h WHERE h.city = r.city AND h.lifted_at IS NULL
  AND (h.kind = 'city' OR {self.subjects}))"""


THESE = "= ANY (CAST(:ids AS uuid[]))"
OF_LEASE = f"city = :city AND lease_id {THESE}"
# What an employer was invoiced for goes with the last lease in it.
INVOICED = f"""i.city = :city AND (i.lease_id {THESE} OR (i.employer IS NOT NULL
  AND NOT EXISTS (SELECT FROM lease_charges x WHERE x.city = i.city AND x.invoice_id = i.id)))"""
OF_COLLECTIONS = (
    f"""lease_collection IN (SELECT k.id FROM lease_collections k WHERE k.city = :city AND k.lease_id {THESE})"""
)
# In which nobody has the bike any more, and nothing is to be settled or inspected.
LEASES_OVER = "('offered', 'rejected', 'cancelled', 'withdrawn', 'early_ended', 'closed')"
OF_BOOKING = f"city = :city AND booking_id {THESE}"
NAMED_SO = "= ANY (CAST(:ids AS text[]))"
BEFORE_IN_THE_CITY = (
    """(SELECT (CAST(:before AS timestamptz) AT TIME ZONE c.time_zone)::date FROM cities c WHERE c.city = r.city)"""
)
# What was agreed on without an end still holds.
AGREED_UNTIL = "coalesce(CAST(r.{} -> 'span' ->> 'until' AS date), 'infinity') < " + BEFORE_IN_THE_CITY
# Where a party stands in something that is kept, or somebody acts for it.
OF_PARTIES = (
    *(("leases", "dealer"), ("leases", "lessor"), ("leases", "employer"), ("lease_instalments", "employer")),
    *(("lease_frameworks", "lessor"), ("lease_frameworks", "employer"), ("lease_consumer_terms", "lessor")),
    *(("lease_dealers", "lessor"), ("lease_dealers", "dealer"), ("lease_service_invoices", "dealer")),
    *(("lease_accounts", "party"), ("lease_payrolls", "employer"), ("lease_personnel", "employer")),
    *(("lease_reminders", "employer"), ("role_grants", "party_id")),
)

PLACES = {
    Record.BOOKINGS: Place(
        "bookings",
        due="""r.starts < :before AND r.ends < :before AND r.updated_at < :before AND r.state NOT IN ('held', 'confirmed', 'in_use')
  AND NOT EXISTS (SELECT FROM payments p WHERE p.city = r.city AND p.booking_id = r.id
    AND (p.updated_at >= :before OR p.retry_at IS NOT NULL))
  AND NOT EXISTS (SELECT FROM invoices i WHERE i.city = r.city AND i.booking_id = r.id AND i.issued_at >= :before)
  AND NOT EXISTS (SELECT FROM payments p JOIN provider_transactions t ON t.city = p.city AND t.payment_id = p.id
    WHERE p.city = r.city AND p.booking_id = r.id AND t.created_at >= :before)
  AND NOT EXISTS (SELECT FROM payments p JOIN disputes d ON d.city = p.city AND d.payment_id = p.id
    WHERE p.city = r.city AND p.booking_id = r.id AND d.updated_at >= :before)
  AND NOT EXISTS (SELECT FROM refunds f WHERE f.city = r.city AND f.booking_id = r.id AND f.updated_at >= :before)
  AND NOT EXISTS (SELECT FROM dunning_cases k WHERE k.city = r.city AND k.booking_id = r.id
    AND (k.updated_at >= :before OR k.state = 'open'))
  AND NOT EXISTS (SELECT FROM key_commands k WHERE k.city = r.city AND k.booking_id = r.id AND k.asked_at >= :before)
  AND NOT EXISTS (SELECT FROM charging_sessions x WHERE x.city = r.city AND x.booking_id = r.id AND x.heard_at >= :before)
  AND NOT EXISTS (SELECT FROM use_photos l WHERE l.city = r.city AND l.booking_id = r.id)
  AND NOT EXISTS (SELECT FROM trip_entries e WHERE e.city = r.city AND e.trip_id = r.id AND e.entered_at >= :before)
  AND NOT EXISTS (SELECT FROM problems q LEFT JOIN problem_resolutions s ON s.city = q.city AND s.problem_id = q.id
    WHERE q.city = r.city AND q.booking_id = r.id AND greatest(q.reported_at, s.resolved_at) >= :before)""",
        oldest="r.starts",
        subjects="""h.subject_id IN (r.id, r.holder_id, r.booked_by)
  OR h.subject_id IN (SELECT i.id FROM invoices i WHERE i.city = r.city AND i.booking_id = r.id)""",
        gone=(
            f"""DELETE FROM invoice_documents WHERE city = :city
  AND invoice_id IN (SELECT i.id FROM invoices i WHERE i.city = :city AND i.booking_id {THESE})""",
            f"DELETE FROM invoices WHERE {OF_BOOKING}",
            f"""DELETE FROM problem_resolutions WHERE city = :city
  AND problem_id IN (SELECT q.id FROM problems q WHERE q.city = :city AND q.booking_id {THESE})""",
            f"DELETE FROM problems WHERE {OF_BOOKING}",
            f"DELETE FROM notices WHERE {OF_BOOKING}",
            f"DELETE FROM refunds WHERE {OF_BOOKING}",
            f"DELETE FROM dunning_cases WHERE {OF_BOOKING}",
            f"""DELETE FROM dispute_answers WHERE city = :city AND dispute_id IN (SELECT d.id FROM disputes d
  JOIN payments p ON p.city = d.city AND p.id = d.payment_id WHERE d.city = :city AND p.booking_id {THESE})""",
            *(
                f"""DELETE FROM {table} WHERE city = :city
  AND payment_id IN (SELECT p.id FROM payments p WHERE p.city = :city AND p.booking_id {THESE})"""
                for table in ("provider_transactions", "disputes")
            ),
            f"DELETE FROM payments WHERE {OF_BOOKING}",
            f"DELETE FROM key_commands WHERE {OF_BOOKING}",
            f"DELETE FROM charging_sessions WHERE {OF_BOOKING}",
            f"DELETE FROM charging_tokens WHERE {OF_BOOKING}",
            f"DELETE FROM plug_reservations WHERE {OF_BOOKING}",
            f"DELETE FROM trip_entries WHERE city = :city AND trip_id {THESE}",
            f"DELETE FROM trips WHERE city = :city AND id {THESE}",
            f"DELETE FROM series_bookings WHERE {OF_BOOKING}",
            f"DELETE FROM bookings WHERE city = :city AND id {THESE}",
        ),
    ),
    # A hold on whoever's invoice a line was matched with keeps the line.
    Record.STATEMENTS: Place(
        "bank_lines",
        due="""r.booked_on < (SELECT (CAST(:before AS timestamptz) AT TIME ZONE c.time_zone)::date FROM cities c WHERE c.city = r.city)
  AND concat(r.text, r.counterparty, r.counterparty_iban, r.mandate_id) <> ''""",
        oldest="r.booked_on",
        subjects="""h.subject_id IN (r.id, r.statement_id)
  OR h.subject_id IN (SELECT unnest(ARRAY[i.id, i.booking_id, i.debtor_id]) FROM match_parts m
    JOIN invoices i ON i.city = m.city AND 'invoice:' || i.id = m.expected_id WHERE m.city = r.city AND m.line_id = r.id)""",
        gone=(
            f"""UPDATE bank_lines SET text = '', counterparty = '', counterparty_iban = '', mandate_id = ''
WHERE city = :city AND id {THESE}""",
        ),
    ),
    # The damage stays with its vehicle, and forgets who said what of it, and what was to be seen.
    Record.DAMAGES: Place(
        "damages",
        due="""r.reported_at < :before
  AND NOT EXISTS (SELECT FROM damage_notes n WHERE n.city = r.city AND n.damage_id = r.id AND n.noted_at >= :before)
  AND NOT EXISTS (SELECT FROM damage_photos l WHERE l.city = r.city AND l.damage_id = r.id AND l.added_at >= :before)
  AND (r.reporter_id IS NOT NULL OR EXISTS (SELECT FROM damage_photos l WHERE l.city = r.city AND l.damage_id = r.id)
    OR EXISTS (SELECT FROM damage_notes n WHERE n.city = r.city AND n.damage_id = r.id AND n.noted_by IS NOT NULL))""",
        oldest="r.reported_at",
        subjects="h.subject_id IN (r.id, r.reporter_id, r.booking_id)",
        gone=(
            f"DELETE FROM damage_photos WHERE city = :city AND damage_id {THESE}",
            f"UPDATE damage_notes SET words = NULL, noted_by = NULL WHERE city = :city AND damage_id {THESE}",
            f"UPDATE damages SET words = NULL, reporter_id = NULL, booking_id = NULL WHERE city = :city AND id {THESE}",
        ),
    ),
    Record.USE_PHOTOS: Place(
        "use_photos",
        due="r.added_at < :before",
        oldest="r.added_at",
        subjects="h.subject_id IN (r.id, r.booking_id, r.added_by)",
        gone=(f"DELETE FROM use_photos WHERE city = :city AND id {THESE}",),
    ),
    # One that nobody confirmed is no declaration; it is forgotten after days.
    Record.DECLARATIONS: Place(
        "withdrawals",
        due="r.confirmed_at < :before AND r.declared_at < :before",
        oldest="r.declared_at",
        subjects="""h.subject_id = r.id
  OR h.subject_id IN (SELECT p.id FROM persons p WHERE p.city = r.city AND p.email = lower(r.email))""",
        gone=(f"DELETE FROM withdrawals WHERE city = :city AND id {THESE}",),
    ),
    # The youngest of it counts, as with a booking; what is only offered is over with its day.
    Record.LEASES: Place(
        "leases",
        due=f"""r.updated_at < :before AND r.state IN {LEASES_OVER}
  AND NOT EXISTS (SELECT FROM lease_instalments i WHERE i.city = r.city AND i.lease_id = r.id AND i.due_on >= CAST(:before AS timestamptz)
    AND i.state <> 'cut')
  AND NOT EXISTS (SELECT FROM lease_charges x WHERE x.city = r.city AND x.lease_id = r.id AND x.made_at >= :before)
  AND NOT EXISTS (SELECT FROM invoices i WHERE i.city = r.city AND i.lease_id = r.id AND i.issued_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_charges x JOIN invoices i ON i.city = x.city AND i.id = x.invoice_id
    WHERE x.city = r.city AND x.lease_id = r.id AND i.issued_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_service_invoices x WHERE x.city = r.city AND x.lease_id = r.id
    AND greatest(x.submitted_at, x.decided_at) >= :before)
  AND NOT EXISTS (SELECT FROM lease_claims x WHERE x.city = r.city AND x.lease_id = r.id AND x.updated_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_claims x JOIN lease_claim_photos p ON p.city = x.city AND p.claim_id = x.id
    WHERE x.city = r.city AND x.lease_id = r.id AND p.added_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_collections k WHERE k.city = r.city AND k.lease_id = r.id
    AND (k.updated_at >= :before OR k.state IN ('queued', 'asked', 'processing', 'owed_back')))
  AND NOT EXISTS (SELECT FROM lease_collections k JOIN provider_transactions t ON t.city = k.city AND t.lease_collection = k.id
    WHERE k.city = r.city AND k.lease_id = r.id AND t.created_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_collections k JOIN disputes d ON d.city = k.city AND d.lease_collection = k.id
    WHERE k.city = r.city AND k.lease_id = r.id AND d.updated_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_payments y JOIN lease_payment_orders o ON o.city = y.city AND o.id = y.order_id
    WHERE y.city = r.city AND y.lease_id = r.id AND o.ordered_at >= :before)
  AND NOT EXISTS (SELECT FROM lease_reminders m WHERE m.city = r.city AND m.lease_id = r.id AND m.written_at >= :before)""",
        oldest="r.made_at",
        subjects="""h.subject_id IN (r.id, r.holder_id)
  OR h.subject_id IN (SELECT i.id FROM invoices i WHERE i.city = r.city AND i.lease_id = r.id)
  OR h.subject_id IN (SELECT x.invoice_id FROM lease_charges x WHERE x.city = r.city AND x.lease_id = r.id)""",
        gone=(
            f"""DELETE FROM lease_claim_photos WHERE city = :city
  AND claim_id IN (SELECT k.id FROM lease_claims k WHERE k.city = :city AND k.lease_id {THESE})""",
            f"DELETE FROM lease_claims WHERE {OF_LEASE}",
            f"DELETE FROM lease_tracings WHERE {OF_LEASE}",
            f"DELETE FROM lease_service_invoices WHERE {OF_LEASE}",
            f"DELETE FROM lease_service_years WHERE {OF_LEASE}",
            f"DELETE FROM lease_acceptances WHERE {OF_LEASE}",
            f"DELETE FROM lease_papers WHERE {OF_LEASE}",
            f"DELETE FROM lease_letters WHERE {OF_LEASE}",
            f"DELETE FROM lease_looks WHERE {OF_LEASE}",
            f"""DELETE FROM dispute_answers WHERE city = :city
  AND dispute_id IN (SELECT d.id FROM disputes d WHERE d.city = :city AND d.{OF_COLLECTIONS})""",
            f"DELETE FROM provider_transactions WHERE city = :city AND {OF_COLLECTIONS}",
            f"DELETE FROM disputes WHERE city = :city AND {OF_COLLECTIONS}",
            f"DELETE FROM lease_collections WHERE {OF_LEASE}",
            f"DELETE FROM lease_charges WHERE {OF_LEASE}",
            f"DELETE FROM invoice_documents WHERE city = :city AND invoice_id IN (SELECT i.id FROM invoices i WHERE {INVOICED})",
            f"DELETE FROM invoices i WHERE {INVOICED}",
            f"DELETE FROM lease_debits WHERE {OF_LEASE}",
            f"DELETE FROM lease_payments WHERE {OF_LEASE}",
            f"DELETE FROM lease_reminders WHERE {OF_LEASE}",
            f"DELETE FROM lease_instalments WHERE {OF_LEASE}",
            f"DELETE FROM lease_sheets WHERE {OF_LEASE}",
            f"DELETE FROM lease_steps WHERE {OF_LEASE}",
            f"DELETE FROM leases WHERE city = :city AND id {THESE}",
        ),
    ),
    # A transfer goes with its lease, and the order with the last of them.
    Record.PAYMENT_ORDERS: Place(
        "lease_payment_orders",
        due="""r.ordered_at < :before
  AND NOT EXISTS (SELECT FROM lease_payments y WHERE y.city = r.city AND y.order_id = r.id)""",
        oldest="r.ordered_at",
        subjects="h.subject_id IN (r.id, r.ordered_by)",
        gone=(f"DELETE FROM lease_payment_orders WHERE city = :city AND id {THESE}",),
    ),
    # Its fee is part of what the employer owed for the month: without it, what was paid would be too much.
    Record.EMPLOYERS_REMINDERS: Place(
        "lease_reminders",
        due="""r.employer IS NOT NULL AND r.written_at < :before
  AND NOT EXISTS (SELECT FROM lease_charges x WHERE x.city = r.city AND x.payer = 'employer' AND x.employer = r.employer
    AND r.receivable = concat_ws(':', 'employer', to_char(x.month, 'YYYY-MM'), x.employer))""",
        oldest="r.written_at",
        subjects="h.subject_id = r.id",
        gone=(f"DELETE FROM lease_reminders WHERE city = :city AND id {THESE}",),
    ),
    # As long as a lessor takes his offers, or a lease, a bill or a transfer of his is there, a dealer may be paid or paid once more.
    Record.PARTY_ACCOUNTS: Place(
        "lease_accounts",
        due=f"""r.said_at < :before
  AND NOT EXISTS (SELECT FROM lease_dealers x WHERE x.city = r.city AND x.dealer = r.party
    AND coalesce(CAST(x.accreditation -> 'span' ->> 'until' AS date), 'infinity') >= {BEFORE_IN_THE_CITY})
  AND NOT EXISTS (SELECT FROM leases x WHERE x.city = r.city AND x.dealer = r.party)
  AND NOT EXISTS (SELECT FROM lease_service_invoices x WHERE x.city = r.city AND x.dealer = r.party)
  AND NOT EXISTS (SELECT FROM lease_payments x WHERE x.city = r.city AND x.dealer = r.party)""",
        oldest="r.said_at",
        subjects="h.subject_id = r.said_by",
        gone=(f"DELETE FROM lease_accounts WHERE city = :city AND party {NAMED_SO}",),
        key="r.party",
    ),
    # As long as a month is kept that her employer converted pay for, or one may come, payroll is drawn up with it.
    Record.PERSONNEL_NUMBERS: Place(
        "lease_personnel",
        due=f"""r.said_at < :before
  AND NOT EXISTS (SELECT FROM leases x WHERE x.city = r.city AND x.holder_id = r.person_id
    AND ((x.employer = r.employer AND x.state NOT IN {LEASES_OVER}) OR EXISTS (
      SELECT FROM lease_instalments i WHERE i.city = x.city AND i.lease_id = x.id AND i.employer = r.employer)))""",
        oldest="r.said_at",
        subjects="h.subject_id IN (r.person_id, r.said_by)",
        gone=(f"DELETE FROM lease_personnel WHERE city = :city AND employer || '/' || person_id {NAMED_SO}",),
        key="r.employer || '/' || r.person_id",
    ),
    # A lease that went to another employer was paid for by this one's terms before.
    Record.FRAMEWORKS: Place(
        "lease_frameworks",
        due=f"""r.agreed_at < :before AND {AGREED_UNTIL.format("framework")}
  AND NOT EXISTS (SELECT FROM leases x WHERE x.city = r.city AND x.lessor = r.lessor AND x.employer = r.employer)
  AND NOT EXISTS (SELECT FROM lease_instalments i JOIN leases x ON x.city = i.city AND x.id = i.lease_id
    WHERE i.city = r.city AND i.employer = r.employer AND x.lessor = r.lessor)""",
        oldest="r.agreed_at",
        subjects="h.subject_id = r.agreed_by",
        gone=(f"DELETE FROM lease_frameworks WHERE city = :city AND lessor || '/' || employer {NAMED_SO}",),
        key="r.lessor || '/' || r.employer",
    ),
    Record.CONSUMER_TERMS: Place(
        "lease_consumer_terms",
        due=f"""r.agreed_at < :before AND {AGREED_UNTIL.format("terms")}
  AND NOT EXISTS (SELECT FROM leases x WHERE x.city = r.city AND x.lessor = r.lessor AND x.employer IS NULL)""",
        oldest="r.agreed_at",
        subjects="h.subject_id = r.agreed_by",
        gone=(f"DELETE FROM lease_consumer_terms WHERE city = :city AND lessor {NAMED_SO}",),
        key="r.lessor",
    ),
    # A bill for upkeep may be a dealer's who has not sold the bike.
    Record.ACCREDITATIONS: Place(
        "lease_dealers",
        due=f"""r.agreed_at < :before AND {AGREED_UNTIL.format("accreditation")}
  AND NOT EXISTS (SELECT FROM leases x WHERE x.city = r.city AND x.lessor = r.lessor AND x.dealer = r.dealer)
  AND NOT EXISTS (SELECT FROM lease_service_invoices x WHERE x.city = r.city AND x.dealer = r.dealer)""",
        oldest="r.agreed_at",
        subjects="h.subject_id = r.agreed_by",
        gone=(f"DELETE FROM lease_dealers WHERE city = :city AND lessor || '/' || dealer {NAMED_SO}",),
        key="r.lessor || '/' || r.dealer",
    ),
    # By its wage types the payroll files of all those months are read.
    Record.PAYROLL_LAYOUTS: Place(
        "lease_payrolls",
        due="""r.said_at < :before
  AND NOT EXISTS (SELECT FROM leases x WHERE x.city = r.city AND x.employer = r.employer)
  AND NOT EXISTS (SELECT FROM lease_instalments x WHERE x.city = r.city AND x.employer = r.employer)
  AND NOT EXISTS (SELECT FROM lease_frameworks x WHERE x.city = r.city AND x.employer = r.employer)
  AND NOT EXISTS (SELECT FROM lease_personnel x WHERE x.city = r.city AND x.employer = r.employer)""",
        oldest="r.said_at",
        subjects="h.subject_id = r.said_by",
        gone=(f"DELETE FROM lease_payrolls WHERE city = :city AND employer {NAMED_SO}",),
        key="r.employer",
    ),
    Record.PARTY_NAMES: Place(
        "lease_parties",
        due="r.named_at < :before"
        + "".join(
            f"\n  AND NOT EXISTS (SELECT FROM {table} x WHERE x.city = r.city AND x.{column} = r.party)"
            for table, column in OF_PARTIES
        ),
        oldest="r.named_at",
        subjects="h.subject_id = r.named_by",
        gone=(f"DELETE FROM lease_parties WHERE city = :city AND party {NAMED_SO}",),
        key="r.party",
    ),
    Record.AUDIT: Place(
        "audit",
        due="r.at < :before",
        oldest="r.at",
        subjects="""h.subject_id IN (r.actor_id, r.subject_id)
  OR h.subject_id IN (SELECT b.holder_id FROM bookings b WHERE b.city = r.city AND b.id = r.subject_id)""",
        gone=(f"DELETE FROM audit WHERE city = :city AND id {THESE}",),
    ),
    # Last of all: as long as a booking or a lease of hers is there, so is she.
    Record.PERSONS: Place(
        "persons",
        due="""r.erased_at < :before
  AND NOT EXISTS (SELECT FROM bookings b WHERE b.city = r.city AND b.holder_id = r.id)
  AND NOT EXISTS (SELECT FROM leases l WHERE l.city = r.city AND l.holder_id = r.id)
  AND NOT EXISTS (SELECT FROM erasures e WHERE e.city = r.city AND e.person_id = r.id AND e.mailbox IS NOT NULL)
  AND NOT EXISTS (SELECT FROM payers y WHERE y.city = r.city AND y.person_id = r.id)""",
        oldest="r.erased_at",
        subjects="h.subject_id = r.id",
        gone=(
            *(
                f"DELETE FROM {table} WHERE city = :city AND person_id {THESE}"
                for table in ("acceptances", "debtor_numbers", "erasures")
            ),
            f"DELETE FROM persons WHERE city = :city AND id {THESE}",
        ),
    ),
}
