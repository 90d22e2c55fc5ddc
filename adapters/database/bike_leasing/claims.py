"""What is claimed of the insurance for leased bikes, in PostgreSQL, with photos of which each content is kept once in a city."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.banking.expectations import SqlExpectations
from adapters.database.bike_leasing.leases import SqlLeaseBooks, page_of
from adapters.database.connections import Within
from adapters.database.ledger.writing import Posting, write
from adapters.database.photos import keep_photo
from adapters.database.sheets import Sheet
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.insurance.claims import ClaimId, InsuranceClaim
from domain.identity import Actor, Role
from domain.ledger.entries import Entry
from domain.money import Money
from domain.photos import Developed, Digest
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from services.bike_leasing.insurance.ports import ClaimFile
from services.bike_leasing.pages import Wanted

LOCK = "SELECT lease FROM leases WHERE city = :city AND id = :id FOR NO KEY UPDATE"
LOCK_OF_CLAIM = """SELECT 1 FROM leases l JOIN lease_claims k ON k.city = l.city AND k.lease_id = l.id
WHERE l.city = :city AND k.id = :id FOR NO KEY UPDATE OF l"""
CLAIM = """json_build_object('id', k.id, 'lease_id', k.lease_id, 'incident', k.incident, 'words', k.words, 'estimate',
  CASE WHEN k.estimate IS NOT NULL THEN json_build_object('amount', k.estimate, 'currency', 'EUR') END, 'state', k.state,
  'reported_by', k.reported_by, 'reported_at', k.reported_at, 'updated_at', k.updated_at, 'version', k.version, 'reference', k.reference,
  'amount', CASE WHEN k.amount IS NOT NULL THEN json_build_object('amount', k.amount, 'currency', 'EUR') END,
  'deductible', CASE WHEN k.deductible IS NOT NULL THEN json_build_object('amount', k.deductible, 'currency', 'EUR') END,
  'reason', k.reason, 'paid_to', k.paid_to, 'photos', (SELECT coalesce(json_agg(json_build_object('digest', f.digest, 'media_type', f.media_type,
    'width', f.width, 'height', f.height, 'size', f.size, 'added_by', p.added_by, 'added_at', p.added_at) ORDER BY p.added_at, p.digest),
    '[]'::json) FROM lease_claim_photos p JOIN photos f ON f.city = p.city AND f.digest = p.digest
    WHERE p.city = k.city AND p.claim_id = k.id))::text"""
OF_LEASE = f"SELECT {CLAIM} AS claim FROM lease_claims k WHERE k.city = :city AND k.lease_id = :id ORDER BY k.incident"
FILES = f"SELECT {CLAIM} AS claim, l.lease FROM lease_claims k JOIN leases l ON l.city = k.city AND l.id = k.lease_id"
ONE = f"{FILES} WHERE k.city = :city AND k.id = :id"
PAGE = f"""{FILES} WHERE k.city = :city AND (l.holder_id = :actor OR l.lessor = ANY (:lessors))
  AND (CAST(:at AS timestamptz) IS NULL OR k.reported_at < :at OR (k.reported_at = :at AND k.id > :after))
ORDER BY k.reported_at DESC, k.id LIMIT :limit"""
REPORTED = """INSERT INTO lease_claims (city, id, lease_id, incident, words, estimate, state, reported_by, reported_at, updated_at, version)
VALUES (:city, :id, :lease_id, :incident, :words, :estimate, :state, :reported_by, :reported_at, :updated_at, :version)"""
FOLLOWED = """UPDATE lease_claims SET state = :state, reference = :reference, amount = :amount, deductible = :deductible, reason = :reason, paid_to = :paid_to,
  updated_at = :updated_at, version = :version WHERE city = :city AND id = :id AND version = :version - 1"""
SHOWN = """INSERT INTO lease_claim_photos (city, claim_id, digest, added_by, added_at) VALUES (:city, :claim_id, :digest, :added_by, :now)
ON CONFLICT DO NOTHING"""
PHOTO = """SELECT f.content, f.media_type, f.width, f.height FROM lease_claim_photos p
JOIN photos f ON f.city = p.city AND f.digest = p.digest WHERE p.city = :city AND p.claim_id = :claim_id AND p.digest = :digest"""
_claim = msgspec.json.Decoder(InsuranceClaim)


# What insurers pay the lessor: expected since it was said, by the insurer's own number.
EXPECTED = r"""SELECT k.id, k.amount - k.deductible AS amount, k.reference, CAST(k.updated_at AT TIME ZONE y.time_zone AS date) AS on
FROM lease_claims k JOIN cities y ON y.city = k.city WHERE k.city = :city AND k.paid_to = 'lessor' AND k.amount > k.deductible
  AND (CAST(k.updated_at AT TIME ZONE y.time_zone AS date) >= :since OR k.amount - k.deductible <> coalesce((SELECT sum(m.amount)
    FROM match_parts m WHERE m.city = k.city AND m.expected_id = 'insurer\:' || k.id AND NOT EXISTS (
      SELECT FROM match_undoings u WHERE u.city = m.city AND u.match_id = m.match_id)), 0))"""


class SqlInsurerExpectations(SqlExpectations):
    async def _found(self, connection: AsyncConnection, scope: Mapping[str, object]) -> tuple[Expected, ...]:
        rows = await connection.execute(text(EXPECTED), scope)
        return tuple(_expected(row) for row in rows)


def _expected(row: Any) -> Expected:
    named = (row.reference,) if row.reference else ()
    return Expected(ExpectedId(f"insurer:{row.id}"), ExpectedKind.TRANSFER, row.amount, EUR, row.on, named)


class SqlClaimBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> date:
        return (await SqlLeaseBooks(self._sheet).place()).today

    async def lease(self, lease_id: LeaseId) -> tuple[Lease, Sequence[InsuranceClaim]] | None:
        rows = await self._sheet.rows(LOCK, id=lease_id)
        if not rows:
            return None
        claims = [_claim.decode(row.claim) for row in await self._sheet.rows(OF_LEASE, id=lease_id)]
        return msgspec.convert(rows[0].lease, Lease), claims

    async def find(self, claim_id: ClaimId, *, locked: bool = False) -> ClaimFile | None:
        """Locked in a statement of its own: what comes after sees what somebody else did meanwhile."""
        if locked:
            await self._sheet.rows(LOCK_OF_CLAIM, id=claim_id)
        rows = await self._sheet.rows(ONE, id=claim_id)
        return _file(rows[0]) if rows else None

    async def report(self, claim: InsuranceClaim) -> None:
        names = ("id", "lease_id", "incident", "words", "reported_by", "reported_at", "updated_at", "version")
        values = {name: getattr(claim, name) for name in names}
        await self._sheet.write(REPORTED, estimate=_cents(claim.estimate), state=claim.state.value, **values)
        await self._sheet.note("bike_leasing.claim_reported", claim.id)

    async def follow(self, claim: InsuranceClaim, entries: Sequence[Entry]) -> None:
        values = {name: getattr(claim, name) for name in ("id", "reference", "reason", "updated_at", "version")}
        sums = {"amount": _cents(claim.amount), "deductible": _cents(claim.deductible)}
        paid_to = claim.paid_to.value if claim.paid_to is not None else None
        await self._sheet.write(FOLLOWED, state=claim.state.value, paid_to=paid_to, **(values | sums))
        if entries:
            posting = Posting({self._sheet.new_id(): each for each in entries}, self._sheet.now)
            await write(Within(self._sheet.connection), self._sheet.city, posting)
        await self._sheet.note(f"bike_leasing.claim_{claim.state}", claim.id)

    async def page(self, actor: Actor, wanted: Wanted) -> Sequence[ClaimFile]:
        lessors = list(actor.parties_as(Role.LESSOR))
        rows = await self._sheet.rows(PAGE, actor=actor.id, lessors=lessors, **page_of(wanted))
        return [_file(row) for row in rows]

    async def keep(self, claim_id: ClaimId, photo: Developed) -> None:
        await keep_photo(self._sheet, photo)
        of = {"claim_id": claim_id, "digest": photo.digest, "added_by": self._sheet.actor_id}
        if await self._sheet.write(SHOWN, **of):
            await self._sheet.note("bike_leasing.claim_photo_added", claim_id)

    async def show(self, claim_id: ClaimId, digest: Digest) -> Developed | None:
        rows = await self._sheet.rows(PHOTO, claim_id=claim_id, digest=digest)
        return Developed(*rows[0]) if rows else None


def _cents(money: Money | None) -> int | None:
    return money.amount if money is not None else None


def _file(row: Any) -> ClaimFile:
    return ClaimFile(_claim.decode(row.claim), msgspec.convert(row.lease, Lease))
