"""What parties of leases agreed on goes after all leases by it, as does by which number payroll knows somebody, and how a party is called."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.retention.holds import HoldOn
from domain.retention.rules import Record
from infra.ids import new_id
from tests.adapters.database.archives import BY, LATE, OLD, OLDER, Archive, refused

pytestmark = pytest.mark.database
SPAN = "jsonb_build_object('span', jsonb_build_object('since', '2005-01-01', 'until', CAST(:until AS text)))"
SAID = {
    "lease_frameworks": f"""INSERT INTO lease_frameworks (city, lessor, employer, framework, agreed_by, agreed_at)
      VALUES (:city, 'l', :party, {SPAN}, :by, :at)""",
    "lease_consumer_terms": f"""INSERT INTO lease_consumer_terms (city, lessor, terms, agreed_by, agreed_at)
      VALUES (:city, :party, {SPAN}, :by, :at)""",
    "lease_dealers": f"""INSERT INTO lease_dealers (city, lessor, dealer, accreditation, agreed_by, agreed_at)
      VALUES (:city, 'l', :party, {SPAN}, :by, :at)""",
    "lease_payrolls": "INSERT INTO lease_payrolls (city, employer, layout, said_by, said_at) VALUES (:city, :party, '{}', :by, :at)",
    "lease_personnel": """INSERT INTO lease_personnel (city, employer, person_id, number, said_by, said_at)
      VALUES (:city, :party, :person, '417', :by, :at)""",
    "lease_parties": """INSERT INTO lease_parties (city, party, name, street, town, named_by, named_at)
      VALUES (:city, :party, 'Stadtwerke', 'Werkstr. 1', '38100 Okerstadt', :by, :at)""",
}
OF = {
    "lease_frameworks": Record.FRAMEWORKS,
    "lease_consumer_terms": Record.CONSUMER_TERMS,
    "lease_dealers": Record.ACCREDITATIONS,
    "lease_payrolls": Record.PAYROLL_LAYOUTS,
    "lease_personnel": Record.PERSONNEL_NUMBERS,
    "lease_parties": Record.PARTY_NAMES,
}
LAST_YEAR = {"lease_frameworks": 2016, "lease_consumer_terms": 2016, "lease_dealers": 2018}
"""Of what is kept until the end of 2024."""
LEASED = (
    """INSERT INTO leases (city, id, holder_id, dealer, lessor, employer, state, version, financed_cents, lease, made_at, updated_at)
      VALUES (:city, :id, :holder, 'd', 'l', :employer, :state, 1, 1, '{}', :at, :at)""",
    """INSERT INTO lease_instalments (city, lease_id, month, number, due_on, amount, currency, rate_cents, state, employer)
      SELECT :city, :id, '2015-06-01', 1, '2015-06-01', 100, 'EUR', 100, 'collected', CAST(:converted_by AS text)
      WHERE CAST(:converted_by AS text) IS NOT NULL""",
)
BILLED = """INSERT INTO lease_service_invoices (city, id, lease_id, dealer, number, issued_on, serviced_on, lines, net, vat, gross, year, state,
    submitted_by, submitted_at, decided_at)
  VALUES (:city, :id, :lease, 'r', '1', '2015-06-01', '2015-06-01', '[]', 100, 19, 119, 1, 'accepted', :id, :at, :at)"""
GRANTED = """INSERT INTO role_grants (city, person_id, role, pool_id, party_id, granted_at) VALUES (:city, :id, 'hr', '', 'e', now())"""
YOUNG = datetime(2024, 6, 4, 12, tzinfo=UTC)
EARLY = datetime(2014, 6, 4, 12, tzinfo=UTC)
BEFORE, NOW = datetime(2025, 12, 31, 22, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
"""By the first all leases here are kept, by the second those that were over in 2017 are not."""


async def said(archive: Archive, table: str, party: str = "e", **more: Any) -> None:
    values = {"until": "2015-12-31", "by": BY, "at": EARLY, "person": new_id()} | more
    await archive.sql(SAID[table], party=party, **values)


async def leased(archive: Archive, employer: str | None = "e", *, at: datetime = OLD, **more: Any) -> UUID:
    """Of lessor `l` and dealer `d`; in its one month pay was converted by `converted_by`."""
    lease = new_id()
    values = {"holder": new_id(), "state": "closed", "converted_by": employer} | more
    for statement in LEASED:
        await archive.sql(statement, id=lease, employer=employer, at=at, **values)
    return lease


@pytest.mark.parametrize("table", LAST_YEAR)
async def test_what_was_agreed_goes_years_after_the_year_in_which_it_was_over(archive: Archive, table: str) -> None:
    year = LAST_YEAR[table]
    await said(archive, table, "over", until=f"{year}-12-31")
    await said(archive, table, "lately", until=f"{year + 1}-01-01")
    await said(archive, table, "still", until=None)
    await said(archive, table, "young", at=datetime(year, 12, 31, 23, tzinfo=UTC))  # in Berlin it is the next year
    assert await archive.gone(now=datetime(2024, 12, 31, 22, 59, tzinfo=UTC)) == {}
    assert await archive.gone(now=BEFORE) == {OF[table]: 1}
    assert await archive.gone(now=NOW) == {OF[table]: 2}
    assert await archive.count(table) == {table: 1}


@pytest.mark.parametrize(
    ("table", "party", "lease"),
    [
        ("lease_frameworks", "e", {}),
        ("lease_frameworks", "e", {"state": "cancelled", "converted_by": None}),
        ("lease_frameworks", "before", {"converted_by": "before"}),
        ("lease_consumer_terms", "l", {"employer": None}),
        ("lease_dealers", "d", {}),
        ("lease_payrolls", "e", {}),
        ("lease_payrolls", "e", {"state": "cancelled", "converted_by": None}),
        ("lease_payrolls", "before", {"converted_by": "before"}),
        *(("lease_parties", party, {"converted_by": "before"}) for party in ("d", "l", "e", "before")),
    ],
)
async def test_it_stays_as_long_as_a_lease_that_went_by_it_and_goes_with_the_last(
    archive: Archive, table: str, party: str, lease: dict[str, Any]
) -> None:
    """Also one that another employer has taken over, or that came to nothing."""
    await said(archive, table, party)
    await leased(archive, **lease)
    assert await archive.gone(now=BEFORE) == {}
    assert await archive.gone(now=NOW) == {OF[table]: 1, Record.LEASES: 1}


async def test_a_lease_by_other_parties_keeps_nothing(archive: Archive) -> None:
    for table in SAID:
        await said(archive, table, "other")
    await leased(archive, at=LATE)
    assert await archive.gone(now=NOW) == dict.fromkeys(OF.values(), 1)


async def test_an_accreditation_stays_as_long_as_a_bill_for_upkeep(archive: Archive) -> None:
    await said(archive, "lease_dealers", "r")
    await archive.sql(BILLED, id=new_id(), lease=await leased(archive), at=OLD)
    assert await archive.gone(now=BEFORE) == {}
    assert await archive.gone(now=NOW) == {Record.LEASES: 1, Record.ACCREDITATIONS: 1}


async def test_a_number_goes_with_the_last_month_that_her_employer_converted_pay_for(archive: Archive) -> None:
    ada, converted, alone, applied, gave_up = (new_id() for _ in range(5))
    for person in (ada, converted, alone, applied, gave_up):
        await said(archive, "lease_personnel", person=person)
    await said(archive, "lease_personnel", person=new_id(), at=datetime(2018, 12, 31, 23, tzinfo=UTC))
    await leased(archive, "other", holder=ada, converted_by="other")
    await leased(archive, holder=converted)
    await leased(archive, None, holder=alone, converted_by="e")
    await leased(archive, holder=applied, state="applied", converted_by=None)
    await leased(archive, holder=gave_up, state="cancelled", converted_by=None)
    assert await archive.gone(now=BEFORE) == {Record.PERSONNEL_NUMBERS: 2}
    assert await known(archive) > {converted, alone, applied}
    assert (await archive.gone(now=NOW))[Record.PERSONNEL_NUMBERS] == 3
    assert await known(archive) == {applied}


async def known(archive: Archive) -> set[UUID]:
    return {
        person for (person,) in await archive.world.rows("SELECT person_id FROM lease_personnel WHERE city = :city")
    }


async def test_a_layout_goes_ten_years_after_its_year_when_no_framework_and_no_number_of_its_employer_is_left(
    archive: Archive,
) -> None:
    for employer in ("nobody", "agreed", "known"):
        await said(archive, "lease_payrolls", employer, at=OLDER)
    await said(archive, "lease_frameworks", "agreed", until=None)
    await said(archive, "lease_personnel", "known", at=YOUNG)
    assert await archive.gone(now=BEFORE) == {}
    assert await archive.gone(now=NOW) == {Record.PAYROLL_LAYOUTS: 1}


async def test_a_name_stays_as_long_as_anything_else_of_the_party_or_somebody_acts_for_it(archive: Archive) -> None:
    kept = {table: f"p{number}" for number, table in enumerate(SAID) if table != "lease_parties"}
    for table, party in kept.items():
        await said(archive, table, party, at=YOUNG)
    for party in (*kept.values(), "e", "nobody"):
        await said(archive, "lease_parties", party)
    somebody = new_id()
    await archive.sql(
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'h@x.org', now())", id=somebody
    )
    await archive.sql(GRANTED, id=somebody)
    assert await archive.gone(now=NOW) == {Record.PARTY_NAMES: 1}
    left = await archive.world.rows("SELECT party FROM lease_parties WHERE city = :city")
    assert {party for (party,) in left} == {*kept.values(), "e"}


@pytest.mark.parametrize("table", SAID)
async def test_a_hold_on_whoever_said_it_keeps_it(archive: Archive, table: str) -> None:
    person = await archive.erased(LATE)
    await archive.hold(HoldOn.PERSON, person)
    await said(archive, table, by=person)
    standing = (await archive.review(now=NOW))[OF[table]]
    assert (standing.gone, standing.counted.held) == (0, 1)


async def test_a_hold_on_somebody_keeps_the_number_by_which_payroll_knows_her(archive: Archive) -> None:
    person = await archive.erased(LATE)
    await archive.hold(HoldOn.PERSON, person)
    await said(archive, "lease_personnel", person=person)
    standing = (await archive.review(now=NOW))[Record.PERSONNEL_NUMBERS]
    assert (standing.gone, standing.counted.held) == (0, 1)


async def test_what_went_is_proven(archive: Archive) -> None:
    for table in SAID:
        await said(archive, table)
    await archive.review(now=NOW)
    proofs = {proof.relation: (proof.record, proof.count) for proof in await archive.books.proofs(archive.city)}
    assert proofs == {table: (record, 1) for table, record in OF.items()}


@pytest.mark.parametrize("table", SAID)
async def test_nothing_goes_that_was_not_written_down(archive: Archive, table: str) -> None:
    await said(archive, table)
    await refused(archive, f"DELETE FROM {table}")
