"""The papers of leases in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import msgspec

from adapters.database.bike_leasing.leases import SHEETS, SqlLeaseBooks
from adapters.database.sheets import Sheet as Desk
from adapters.database.sheets import as_json
from domain.bike_leasing.calculation.recomputing import restored
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Framework, PartyId, Side
from domain.bike_leasing.papers.accepting import Acceptance, Method, Signature
from domain.bike_leasing.papers.papers import Digest, Names, Paper, PartyNamed, may_be_drawn
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import PersonId
from services.bike_leasing.papers.ports import DrawingDesk, Kept, PaperFile

LEASE = "SELECT lease FROM leases WHERE city = :city AND id = :id"
LOCKED = " FOR NO KEY UPDATE"
PAPERS = (
    """SELECT kind, digest, drawn_at, texts FROM lease_papers WHERE city = :city AND lease_id = :id ORDER BY kind"""
)
ACCEPTED = """SELECT kind, side, digest, method, signature, accepted_by, accepted_at FROM lease_acceptances
WHERE city = :city AND lease_id = :id ORDER BY accepted_at, kind, side"""
NAMES = (
    "SELECT party, name, street, town FROM lease_parties WHERE city = :city AND party = ANY (:parties) ORDER BY party"
)
HOLDER = "SELECT name FROM persons WHERE city = :city AND id = :holder AND erased_at IS NULL"
FRAMEWORK = "SELECT framework FROM lease_frameworks WHERE city = :city AND lessor = :lessor AND employer = :employer"
CONTENT = "SELECT content FROM lease_papers WHERE city = :city AND lease_id = :id AND kind = :kind"
SEALED = """INSERT INTO lease_papers (city, lease_id, kind, digest, content, texts, drawn_at)
VALUES (:city, :id, :kind, :digest, :content, CAST(:texts AS jsonb), :now) ON CONFLICT (city, lease_id, kind) DO NOTHING"""
SAID = """INSERT INTO lease_acceptances (city, lease_id, kind, side, digest, method, signature, accepted_by, accepted_at, request_id)
VALUES (:city, :id, :kind, :side, :digest, :method, CAST(:signature AS jsonb), :by, :at, :request_id)"""
NAMED = """INSERT INTO lease_parties (city, party, name, street, town, named_by, named_at)
VALUES (:city, :party, :name, :street, :town, :by, :now) ON CONFLICT (city, party) DO UPDATE SET name = excluded.name,
  street = excluded.street, town = excluded.town, named_by = excluded.named_by, named_at = excluded.named_at"""


class SqlPaperBooks:
    """Open for one call, in one transaction."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def file(self, lease_id: LeaseId, lock: str = LOCKED) -> PaperFile | None:
        rows = await self._desk.rows(LEASE + lock, id=lease_id)
        if not rows:
            return None
        papers = [
            Kept(PaperKind(row.kind), Digest(row.digest), row.drawn_at, tuple(row.texts))
            for row in await self._desk.rows(PAPERS, id=lease_id)
        ]
        said = [_acceptance(lease_id, row) for row in await self._desk.rows(ACCEPTED, id=lease_id)]
        return PaperFile(msgspec.convert(rows[0].lease, Lease), papers, said)

    async def desk(self, lease_id: LeaseId) -> DrawingDesk | None:
        file = await self.file(lease_id, "")
        if file is None:
            return None
        parties = file.lease.parties
        rows = await self._desk.rows(FRAMEWORK, lessor=parties.lessor, employer=parties.employer)
        stored = {row.name: row.sheet for row in await self._desk.rows(SHEETS, id=lease_id)}
        sheets = {name: restored(sheet.encode()) for name, sheet in stored.items()}
        framework = msgspec.convert(rows[0].framework, Framework) if rows else None
        return DrawingDesk(file, framework, await self._names(file.lease), sheets, stored, await self.today())

    async def _names(self, lease: Lease) -> Names:
        parties = lease.parties
        employer = PartyId(parties.employer or "")
        named = {each.party: each for each in await self.named([employer, parties.lessor])}
        holders = await self._desk.rows(HOLDER, holder=parties.holder)
        return Names(named.get(employer), named.get(parties.lessor), holders[0].name if holders else None)

    async def today(self) -> date:
        return (await SqlLeaseBooks(self._desk).place()).today

    async def seal(self, papers: Sequence[tuple[Paper, Digest, bytes]]) -> None:
        """All or none: whoever came second finds the first one's, whole; and none where somebody took the lease further meanwhile."""
        locked = [await self._desk.rows(LEASE + LOCKED, id=each) for each in {paper.lease_id for paper, _, _ in papers}]
        if not all(may_be_drawn(msgspec.convert(row.lease, Lease)) for rows in locked for row in rows):
            return
        for paper, digest, content in papers:
            texts: Any = [{name: getattr(each, name) for name in ("name", "since", "digest")} for each in paper.texts]
            written = await self._desk.write(
                SEALED, id=paper.lease_id, kind=paper.kind.value, digest=digest, content=content, texts=as_json(texts)
            )
            if written:
                await self._desk.note(f"bike_leasing.paper_drawn:{paper.kind}", paper.lease_id)

    async def content(self, lease_id: LeaseId, kind: PaperKind) -> bytes | None:
        rows = await self._desk.rows(CONTENT, id=lease_id, kind=kind.value)
        return bytes(rows[0].content) if rows else None

    async def keep(self, acceptance: Acceptance) -> None:
        await self._desk.write(
            SAID,
            id=acceptance.lease_id,
            kind=acceptance.kind.value,
            side=acceptance.side.value,
            digest=acceptance.digest,
            method=acceptance.method.value,
            signature=as_json(acceptance.signature) if acceptance.signature is not None else None,
            by=acceptance.by,
            at=acceptance.at,
            request_id=self._desk.request_id,
        )
        await self._desk.note(f"bike_leasing.paper_accepted:{acceptance.kind}", acceptance.lease_id)

    async def name(self, party: PartyNamed) -> None:
        await self._desk.write(NAMED, by=self._desk.actor_id, **msgspec.structs.asdict(party))
        await self._desk.note("bike_leasing.party_named", self._desk.named("lease_parties", party.party))

    async def named(self, parties: Collection[PartyId]) -> Sequence[PartyNamed]:
        rows = await self._desk.rows(NAMES, parties=list(parties))
        return [PartyNamed(PartyId(row.party), row.name, row.street, row.town) for row in rows]


def _acceptance(lease_id: LeaseId, row: Any) -> Acceptance:
    signature = msgspec.convert(row.signature, Signature) if row.signature is not None else None
    return Acceptance(
        lease_id,
        PaperKind(row.kind),
        Side(row.side),
        Digest(row.digest),
        Method(row.method),
        signature,
        PersonId(row.accepted_by),
        row.accepted_at,
    )
