"""The books of leases in PostgreSQL: a lease is one document with columns for what is looked up and must never be."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from adapters.database.bike_leasing.plans import read_plan, write_plan
from adapters.database.connections import Transactions, Within
from adapters.database.ledger.writing import Posting, write
from adapters.database.sheets import Sheet as Desk
from adapters.database.sheets import as_json
from domain.bike_leasing.calculation.recomputing import restored, stored
from domain.bike_leasing.calculation.sheets import EUR, Sheet
from domain.bike_leasing.contracts.acts import LeaseStepped
from domain.bike_leasing.contracts.leases import HELD, ON_CREDIT, UNASKED, Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework, Parties, Side
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import Actor, City, PersonId, Role
from domain.money import Money
from services.bike_leasing.contracts.dating import next_date
from services.bike_leasing.contracts.ports import (
    BudgetsWanted,
    Following,
    LeaseBudget,
    LeaseDesk,
    LeaseFile,
    OfferDesk,
    Place,
    Written,
)
from services.bike_leasing.pages import Mark, Wanted

PLACE = """SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date) AS today, settings ->> 'state' AS state,
  time_zone FROM cities WHERE city = :city"""
LEASE = "SELECT lease FROM leases WHERE city = :city AND id = :id"
HOLDER = "SELECT id FROM persons WHERE city = :city AND id = :holder AND erased_at IS NULL"
FRAMEWORK = "SELECT framework FROM lease_frameworks WHERE city = :city AND lessor = :lessor AND employer = :employer"
TERMS = "SELECT terms FROM lease_consumer_terms WHERE city = :city AND lessor = :lessor"
DEALER = "SELECT accreditation FROM lease_dealers WHERE city = :city AND lessor = :lessor AND dealer = :dealer"
LOCKED = " FOR NO KEY UPDATE"
OTHERS = """SELECT
  (SELECT count(*) FROM leases WHERE city = :city AND holder_id = :holder AND id <> :id AND state = ANY (:held)) AS held,
  (SELECT coalesce(sum(financed_cents), 0) FROM leases WHERE city = :city AND lessor = :lessor AND employer = :employer
    AND id <> :id AND state = ANY (:on_credit)) AS used,
  (SELECT coalesce(json_agg(json_build_array(a.kind, a.side)) FILTER (WHERE a.side IS NOT NULL), '[]'::json) FROM lease_papers p
    LEFT JOIN lease_acceptances a ON a.city = p.city AND a.lease_id = p.lease_id AND a.kind = p.kind
    WHERE p.city = :city AND p.lease_id = :id HAVING count(*) > 0) AS accepted"""
BUDGETS = """SELECT f.framework, u.used, u.leases FROM lease_frameworks f, LATERAL (
  SELECT coalesce(sum(l.financed_cents), 0) AS used, count(*) AS leases FROM leases l
  WHERE l.city = f.city AND l.lessor = f.lessor AND l.employer = f.employer AND l.state = ANY (:on_credit)) u
WHERE f.city = :city AND (f.employer = ANY (:employers) OR f.lessor = ANY (:lessors))
  AND (f.employer, f.lessor) > (CAST(:after_employer AS text), CAST(:after_lessor AS text))
ORDER BY f.employer, f.lessor LIMIT :limit"""
MADE = """INSERT INTO leases (city, id, holder_id, dealer, lessor, employer, state, version, financed_cents, pin_tries, next_on, lease,
  made_at, updated_at)
VALUES (:city, :id, :holder, :dealer, :lessor, :employer, :state, :version, :financed, :tries, :next_on, CAST(:lease AS jsonb),
  :now, :now)"""
CHANGED = """UPDATE leases SET employer = :employer, state = :state, version = :version, pin_tries = :tries, next_on = :next_on,
  lease = CAST(:lease AS jsonb), updated_at = :now
WHERE city = :city AND id = :id AND version = :version - 1"""
STEP = """INSERT INTO lease_steps (city, lease_id, version, act, side, taken_by, taken_at)
VALUES (:city, :id, :version, :act, :side, :by, :now)"""
SHEET = "INSERT INTO lease_sheets (city, lease_id, name, sheet, made_at) VALUES (:city, :id, :name, :sheet, :now)"
SHEETS = "SELECT name, sheet FROM lease_sheets WHERE city = :city AND lease_id = :id ORDER BY made_at, name"
HELD_BY = """SELECT l.holder_id FROM leases l JOIN persons p ON p.city = l.city AND p.id = l.holder_id
WHERE l.city = :city AND l.id = :id AND p.email = :email"""
# Nowhere is it a later day than fourteen hours ahead of UTC: by that the index finds those that may be due.
DUE = text("""SELECT l.city, l.id FROM leases l JOIN cities c ON c.city = l.city
WHERE l.next_on <= CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' + interval '14 hours' AS date)
  AND l.next_on <= CAST(CAST(:now AS timestamptz) AT TIME ZONE c.time_zone AS date) ORDER BY random() LIMIT :limit""")
PAGE = """SELECT lease, made_at, id FROM leases WHERE city = :city
  AND (holder_id = :actor OR dealer = ANY (:dealers) OR lessor = ANY (:lessors) OR (employer = ANY (:employers) AND state <> ALL (:unasked)))
  AND (CAST(:at AS timestamptz) IS NULL OR made_at < :at OR (made_at = :at AND id > :after)) ORDER BY made_at DESC, id LIMIT :limit"""


class SqlLeaseBooks:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def place(self) -> Place:
        (row,) = await self._desk.rows(PLACE)
        return Place(row.today, row.state, row.time_zone)

    async def offer_desk(self, parties: Parties) -> OfferDesk:
        known = await self._desk.rows(HOLDER, holder=parties.holder)
        dealers = await self._desk.rows(DEALER, lessor=parties.lessor, dealer=parties.dealer)
        accreditation = msgspec.convert(dealers[0].accreditation, Accreditation) if dealers else None
        terms = await self._desk.rows(TERMS, lessor=parties.lessor) if parties.employer is None else ()
        return OfferDesk(
            bool(known),
            await self._framework(parties),
            accreditation,
            msgspec.convert(terms[0].terms, ConsumerTerms) if terms else None,
        )

    async def _framework(self, parties: Parties, lock: str = "") -> Framework | None:
        rows = await self._desk.rows(FRAMEWORK + lock, lessor=parties.lessor, employer=parties.employer)
        return msgspec.convert(rows[0].framework, Framework) if rows else None

    async def desk(self, lease_id: LeaseId) -> LeaseDesk | None:
        """In this order, so that no two wait for one another: lease, holder, framework, plan."""
        rows = await self._desk.rows(LEASE + LOCKED, id=lease_id)
        if not rows:
            return None
        lease = msgspec.convert(rows[0].lease, Lease)
        parties = lease.parties
        await self._desk.rows(HOLDER + LOCKED, holder=parties.holder)
        framework = await self._framework(parties, LOCKED)
        (others,) = await self._others(lease_id, parties)
        plan = await read_plan(self._desk, lease_id, LOCKED)
        said = others.accepted
        accepted = frozenset((PaperKind(kind), Side(side)) for kind, side in said) if said is not None else None
        return LeaseDesk(lease, framework, others.held, Money(int(others.used), EUR), plan, accepted)

    async def _others(self, lease_id: LeaseId, parties: Parties) -> Sequence[Any]:
        return await self._desk.rows(
            OTHERS,
            id=lease_id,
            holder=parties.holder,
            lessor=parties.lessor,
            employer=parties.employer,
            held=[state.value for state in HELD],
            on_credit=[state.value for state in ON_CREDIT],
        )

    async def record(self, written: Written) -> None:
        lease = written.event.lease
        values = _columns(lease)
        if lease.version == 1:
            financed = lease.quote.bike.sale_price.amount if lease.quote is not None else 0
            parties = {name: getattr(lease.parties, name) for name in ("holder", "dealer", "lessor")}
            await self._desk.write(MADE, financed=financed, **parties, **values)
        else:
            await self._desk.write(CHANGED, **values)
        if isinstance(written.event, LeaseStepped):
            step = written.event
            await self._desk.write(
                STEP, id=lease.id, version=lease.version, act=step.act.value, side=step.side.value, by=step.by
            )
            await self._desk.tell(f"bike_leasing.lease_{step.act}", lease.id)
            await write_plan(self._desk, lease.id, step.plan)
        else:
            await self._desk.note("bike_leasing.pin_mistyped", lease.id)
        for name, sheet in written.sheets.items():
            await self._desk.write(SHEET, id=lease.id, name=name, sheet=stored(sheet).decode())
        if written.entries:
            entries = {self._desk.new_id(): entry for entry in written.entries}
            await write(Within(self._desk.connection), self._desk.city, Posting(entries, self._desk.now))

    async def file(self, lease_id: LeaseId) -> LeaseFile | None:
        rows = await self._desk.rows(LEASE, id=lease_id)
        if not rows:
            return None
        sheets: Mapping[str, Sheet[Any]] = {
            row.name: restored(row.sheet.encode()) for row in await self._desk.rows(SHEETS, id=lease_id)
        }
        plan = await read_plan(self._desk, lease_id)
        return LeaseFile(msgspec.convert(rows[0].lease, Lease), frozenset(), sheets, plan)

    async def following(self, lease_id: LeaseId, parties: Parties) -> Following:
        framework = await self._framework(parties, LOCKED)
        (others,) = await self._others(lease_id, parties)
        return Following(framework, Money(int(others.used), EUR))

    async def page(self, actor: Actor, wanted: Wanted) -> Sequence[tuple[Lease, Mark]]:
        of = {
            name: list(actor.parties_as(role))
            for name, role in (("dealers", Role.DEALER), ("lessors", Role.LESSOR), ("employers", Role.HR))
        }
        unasked = [state.value for state in UNASKED]
        rows = await self._desk.rows(PAGE, actor=actor.id, unasked=unasked, **page_of(wanted), **of)
        return [(msgspec.convert(row.lease, Lease), Mark(row.made_at, LeaseId(row.id))) for row in rows]


class SqlAgreementBooks:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def budgets(self, actor: Actor, wanted: BudgetsWanted) -> Sequence[LeaseBudget]:
        """Of the employers for which the actor is HR, and of the lessors for which she acts, by their names."""
        of = {"lessors": list(actor.parties_as(Role.LESSOR)), "employers": list(actor.parties_as(Role.HR))}
        rows = await self._desk.rows(
            BUDGETS,
            on_credit=[state.value for state in ON_CREDIT],
            after_employer=wanted.after.employer,
            after_lessor=wanted.after.lessor,
            limit=wanted.limit,
            **of,
        )
        return [
            LeaseBudget(msgspec.convert(row.framework, Framework), Money(int(row.used), EUR), row.leases)
            for row in rows
        ]

    async def keep_framework(self, framework: Framework) -> None:
        await self._desk.write(
            """INSERT INTO lease_frameworks (city, lessor, employer, framework, agreed_by, agreed_at)
            VALUES (:city, :lessor, :employer, CAST(:framework AS jsonb), :by, :now) ON CONFLICT (city, lessor, employer)
            DO UPDATE SET framework = excluded.framework, agreed_by = excluded.agreed_by, agreed_at = excluded.agreed_at""",
            lessor=framework.lessor,
            employer=framework.employer,
            framework=as_json(framework),
            by=self._desk.actor_id,
        )
        subject = self._desk.named("lease_frameworks", framework.lessor, framework.employer)
        await self._desk.note("bike_leasing.framework_agreed", subject)

    async def keep_terms(self, terms: ConsumerTerms) -> None:
        await self._desk.write(
            """INSERT INTO lease_consumer_terms (city, lessor, terms, agreed_by, agreed_at)
            VALUES (:city, :lessor, CAST(:terms AS jsonb), :by, :now) ON CONFLICT (city, lessor)
            DO UPDATE SET terms = excluded.terms, agreed_by = excluded.agreed_by, agreed_at = excluded.agreed_at""",
            lessor=terms.lessor,
            terms=as_json(terms),
            by=self._desk.actor_id,
        )
        await self._desk.note(
            "bike_leasing.consumer_terms_agreed", self._desk.named("lease_consumer_terms", terms.lessor)
        )

    async def keep_accreditation(self, accreditation: Accreditation) -> None:
        await self._desk.write(
            """INSERT INTO lease_dealers (city, lessor, dealer, accreditation, agreed_by, agreed_at)
            VALUES (:city, :lessor, :dealer, CAST(:accreditation AS jsonb), :by, :now) ON CONFLICT (city, lessor, dealer)
            DO UPDATE SET accreditation = excluded.accreditation, agreed_by = excluded.agreed_by, agreed_at = excluded.agreed_at""",
            lessor=accreditation.lessor,
            dealer=accreditation.dealer,
            accreditation=as_json(accreditation),
            by=self._desk.actor_id,
        )
        subject = self._desk.named("lease_dealers", accreditation.lessor, accreditation.dealer)
        await self._desk.note("bike_leasing.dealer_accredited", subject)


def page_of(wanted: Wanted) -> dict[str, Any]:
    """What the statement of a list goes by."""
    mark = wanted.after
    after = {"at": mark.at, "after": mark.id} if mark is not None else {"at": None, "after": None}
    return {"limit": wanted.limit, **after}


async def holder_of(desk: Desk, lease_id: LeaseId, email: str) -> PersonId | None:
    """The lease's holder, if she has that address."""
    rows = await desk.rows(HELD_BY, id=lease_id, email=email)
    return PersonId(rows[0].holder_id) if rows else None


async def due_leases(relay: Transactions, now: datetime, limit: int) -> Sequence[tuple[City, LeaseId]]:
    """Across cities, in no order: which have come to a day of their calendar, by the day in their city."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"now": now, "limit": limit})
        return [(City(row.city), LeaseId(row.id)) for row in rows]


def _columns(lease: Lease) -> dict[str, Any]:
    return {
        "id": lease.id,
        "employer": lease.parties.employer,
        "state": lease.state.value,
        "version": lease.version,
        "tries": lease.pin.tries_left if lease.pin is not None else None,
        "next_on": next_date(lease),
        "lease": as_json(lease),
    }
