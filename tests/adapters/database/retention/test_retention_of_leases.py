"""A lease goes as a whole when nothing of it is to be kept any more, and with it whoever held it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.retention.holds import HoldOn
from domain.retention.rules import Record
from infra.ids import new_id
from tests.adapters.database.archives import LATE, OLD, OLDER, Archive, refused

pytestmark = pytest.mark.database
OF_A_LEASE = (
    *(
        "leases",
        "lease_steps",
        "lease_sheets",
        "lease_instalments",
        "lease_charges",
        "lease_debits",
        "lease_collections",
    ),
    *("lease_papers", "lease_acceptances", "lease_letters", "lease_service_invoices", "lease_service_years"),
    *("lease_claims", "lease_claim_photos"),
    *("lease_payments", "lease_reminders"),
    *("invoices", "invoice_documents"),
)
FILE = (
    """INSERT INTO leases (city, id, holder_id, dealer, lessor, employer, state, version, financed_cents, lease, made_at, updated_at)
      VALUES (:city, :id, :holder, 'd', 'l', 'e', :state, 1, 1, '{}', :old, :at)""",
    """INSERT INTO lease_steps (city, lease_id, version, act, side, taken_by, taken_at)
      VALUES (:city, :id, 1, 'offer', 'dealer', :holder, :old)""",
    "INSERT INTO lease_sheets (city, lease_id, name, sheet, made_at) VALUES (:city, :id, 'rate', '{}', :old)",
    """INSERT INTO lease_instalments (city, lease_id, month, number, due_on, amount, currency, rate_cents, state)
      VALUES (:city, :id, '2015-06-01', 1, '2015-06-01', 100, 'EUR', 100, 'collected')""",
    """INSERT INTO lease_charges (city, id, lease_id, number, month, due_on, payer, holder_id, amount, vat_rate, vat, passed_on, currency, made_at)
      VALUES (:city, :id, :id, 1, '2015-06-01', '2015-06-01', 'holder', :holder, 100, 0, 0, 0, 'EUR', :old)""",
    """INSERT INTO lease_debits (city, lease_id, holder_id, method_id, agreed_at) VALUES (:city, :id, :holder, 'pm', :old)""",
    """INSERT INTO lease_collections (city, id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at, made_at,
        state, intent_id, updated_at)
      VALUES (:city, :id, :id, :id, 1, :holder, 1, 100, 'EUR', 'pm', :old, :old, 'paid', 'pi_' || CAST(:id AS text), :paid)""",
    """INSERT INTO lease_papers (city, lease_id, kind, digest, content, texts, drawn_at)
      VALUES (:city, :id, 'conversion', encode(sha256('p'), 'hex'), 'p', '[]', :old)""",
    """INSERT INTO lease_acceptances (city, lease_id, kind, side, digest, method, accepted_by, accepted_at, request_id)
      VALUES (:city, :id, 'conversion', 'employee', encode(sha256('p'), 'hex'), 'simple', :holder, :old, 'r')""",
    """INSERT INTO lease_letters (city, id, lease_id, occasion, about, written_at)
      VALUES (:city, :id, :id, 'inspection', '2015-06-01', :old)""",
    """INSERT INTO lease_service_invoices (city, id, lease_id, dealer, number, issued_on, serviced_on, lines, net, vat, gross, year, state,
        submitted_by, submitted_at, decided_at)
      VALUES (:city, :id, :id, 'd', CAST(:id AS text), '2015-06-01', '2015-06-01', '[]', 100, 19, 119, 1, 'accepted', :holder, :old, :billed)""",
    "INSERT INTO lease_service_years (city, lease_id, year, granted, used) VALUES (:city, :id, 1, 119, 119)",
    """INSERT INTO lease_claims (city, id, lease_id, incident, words, state, reported_by, reported_at, updated_at, version)
      VALUES (:city, :id, :id, 1, 'w', 'reported', :holder, :old, :claimed, 1)""",
    """INSERT INTO photos (city, digest, media_type, width, height, size, content, kept_at)
      VALUES (:city, encode(sha256('p'), 'hex'), 'image/jpeg', 1, 1, 1, 'p', :old) ON CONFLICT DO NOTHING""",
    """INSERT INTO lease_claim_photos (city, claim_id, digest, added_by, added_at)
      VALUES (:city, :id, encode(sha256('p'), 'hex'), :holder, :old)""",
    "INSERT INTO lease_tracings (city, lease_id, serial_number, said_by, said_at) VALUES (:city, :id, 'SN-1', :holder, :old)",
    """INSERT INTO lease_payment_orders (city, id, execute_on, ordered_by, ordered_at) VALUES (:city, :id, '2015-06-01', :holder, :old)""",
    """INSERT INTO lease_payments (city, subject, paid_for, lease_id, since, order_id, dealer, name, iban, amount, currency, reference)
      VALUES (:city, :id, 'bike', :id, :old, :id, 'd', 'n', 'i', 1, 'EUR', CAST(:id AS text))""",
    """INSERT INTO lease_reminders (city, id, receivable, step, lease_id, holder_id, fee, currency, reminded_on, written_at)
      VALUES (:city, :id, CAST(:id AS text), 1, :id, :holder, 0, 'EUR', '2015-06-01', :old)""",
    "INSERT INTO invoice_series (city, series, last, last_on) VALUES (:city, CAST(:id AS text), 1, '2015-06-01')",
    """INSERT INTO invoices (city, id, kind, series, position, number, source, lease_id, debtor_id, service, issued_on, issued_at, gross,
        currency, cash_reference, content, digest)
      VALUES (:city, :id, 'invoice', CAST(:id AS text), 1, CAST(:id AS text), CAST(:id AS text), :id, :holder, 'bike_leasing', '2015-06-01',
        :invoiced, 1, 'EUR', 'r', '{}', encode(sha256('{}'), 'hex'))""",
    """INSERT INTO invoice_documents (city, invoice_id, format, content, digest, rendered_at)
      VALUES (:city, :id, 'pdf', 'p', encode(sha256('p'), 'hex'), :old)""",
    "INSERT INTO lease_looks (city, lease_id, look_on) VALUES (:city, :id, '2015-06-01')",
)


# An employer's invoice about several leases.
THEIRS = (
    "INSERT INTO invoice_series (city, series, last, last_on) VALUES (:city, CAST(:id AS text), 1, '2015-06-01')",
    """INSERT INTO invoices (city, id, kind, series, position, number, source, employer, service, issued_on, issued_at, gross, currency,
        cash_reference, content, digest)
      VALUES (:city, :id, 'invoice', CAST(:id AS text), 1, CAST(:id AS text), CAST(:id AS text), 'e', 'bike_leasing', '2015-06-01',
        :issued, 1, 'EUR', 'r', '{}', encode(sha256('{}'), 'hex'))""",
    """INSERT INTO invoice_documents (city, invoice_id, format, content, digest, rendered_at)
      VALUES (:city, :id, 'pdf', 'p', encode(sha256('p'), 'hex'), :issued)""",
    "UPDATE lease_charges SET invoice_id = :id WHERE city = :city AND lease_id = ANY (CAST(:leases AS uuid[]))",
)


async def invoiced_together(archive: Archive, *leases: UUID, at: datetime = OLD) -> UUID:
    theirs = new_id()
    for sql in THEIRS:
        await archive.sql(sql.replace("CAST(:id AS text)", f"'{theirs}'"), id=theirs, leases=list(leases), issued=at)
    return theirs


async def leased(
    archive: Archive,
    state: str = "closed",
    at: datetime = OLD,
    paid: datetime = OLD,
    holder: UUID | None = None,
    billed: datetime = OLD,
    claimed: datetime = OLD,
    invoiced: datetime = OLD,
) -> UUID:
    lease = new_id()
    of: dict[str, Any] = {
        "holder": holder or new_id(),
        "state": state,
        "old": OLDER,
        "at": at,
        "paid": paid,
        "billed": billed,
        "claimed": claimed,
        "invoiced": invoiced,
    }
    for statement in FILE:
        sql = statement.replace("CAST(:id AS text)", f"'{lease}'")
        await archive.sql(sql, id=lease, **of)
    return lease


async def test_eight_years_after_its_year_a_lease_goes_with_all_that_is_of_it_and_is_proven(archive: Archive) -> None:
    await leased(archive)
    assert "leases" not in await archive.gone(now=datetime(2025, 12, 31, 22, 59, tzinfo=UTC))
    assert (await archive.gone())["leases"] == 1
    all_of_it = (*OF_A_LEASE, "lease_looks", "lease_tracings")
    assert await archive.count(*all_of_it) == dict.fromkeys(all_of_it, 0)
    proofs = {proof.relation: (proof.record, proof.count) for proof in await archive.books.proofs(archive.city)}
    the_order = {"lease_payment_orders": (Record.PAYMENT_ORDERS, 1)}
    assert proofs == dict.fromkeys(OF_A_LEASE, (Record.LEASES, 1)) | the_order


async def test_what_is_not_over_or_was_paid_late_or_is_held_stays(archive: Archive) -> None:
    for state in ("active", "purchased", "total_loss", "inspected"):
        await leased(archive, state)
    await leased(archive, at=LATE)
    await leased(archive, paid=LATE)
    await leased(archive, billed=LATE)
    await leased(archive, claimed=LATE)
    await leased(archive, invoiced=LATE)
    person = await archive.erased(LATE)
    await archive.hold(HoldOn.DOCUMENT, await leased(archive))
    await archive.hold(HoldOn.PERSON, person)
    await leased(archive, holder=person)
    standing = (await archive.review())[Record.LEASES]
    assert (standing.gone, standing.counted.held) == (0, 2)
    assert (await archive.count("leases"))["leases"] == 11


async def test_what_an_employer_was_invoiced_for_goes_with_the_last_lease_in_it(archive: Archive) -> None:
    await invoiced_together(archive, await leased(archive), await leased(archive, paid=LATE))
    await archive.gone()
    assert await archive.count("leases", "invoices", "invoice_documents") == {
        "leases": 1,
        "invoices": 2,
        "invoice_documents": 2,
    }, "the other lease, with an invoice of its own, and theirs"
    await archive.sql("UPDATE lease_collections SET updated_at = :old WHERE city = :city", old=OLD)
    await archive.gone()
    assert await archive.count("leases", "invoices", "invoice_documents") == {
        "leases": 0,
        "invoices": 0,
        "invoice_documents": 0,
    }


async def test_a_lease_stays_as_long_as_what_its_employer_was_invoiced_for_lately_or_is_held(archive: Archive) -> None:
    await invoiced_together(archive, await leased(archive), at=LATE)
    await archive.hold(HoldOn.DOCUMENT, await invoiced_together(archive, await leased(archive)))
    assert "leases" not in await archive.gone()


async def test_whoever_was_erased_goes_after_her_lease(archive: Archive) -> None:
    person = await archive.erased(OLDER)
    await leased(archive, at=LATE, holder=person)
    assert "persons" not in await archive.gone(now=datetime(2026, 12, 1, tzinfo=UTC))
    assert await archive.gone(now=datetime(2027, 1, 2, tzinfo=UTC)) == {
        "leases": 1,
        "payment_orders": 1,
        "persons": 1,
    }


@pytest.mark.parametrize("table", OF_A_LEASE)
async def test_nothing_of_a_lease_goes_that_was_not_written_down(archive: Archive, table: str) -> None:
    await leased(archive)
    await refused(archive, f"DELETE FROM {table}")
