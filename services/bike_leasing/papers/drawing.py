"""Drawing the papers up, and reading them: rendered once, and kept as they were."""

from datetime import datetime
from hashlib import sha256

from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.papers.papers import Digest, NotDrawn, Paper, drawn, drawn_for_consumer, readable
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.papers.ports import DrawingDesk, PaperBooks, PaperFile, Refused, Render


async def draw_papers(
    actor: Actor, lease_id: LeaseId, *, books: PaperBooks, render: Render, now: datetime
) -> PaperFile | Refused:
    """By anybody who reads one of them. What was drawn before is given as it is."""
    desk = await books.desk(actor.city, lease_id)
    if desk is None or not readable(desk.file.lease, actor):
        return Refusal(NotDone.UNKNOWN_LEASE)
    if desk.file.papers:
        return shown(desk.file, actor)
    papers = _drawn(desk, now)
    if isinstance(papers, Refusal):
        return papers
    made = [(paper, await render(paper)) for paper in papers]
    sealed = [(paper, Digest(sha256(content).hexdigest()), content) for paper, content in made]
    await books.seal(actor.city, sealed)
    found = await find_papers(actor, lease_id, books=books)
    if found is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    return found if found.papers else Refusal(NotDone.WRONG_STATE)


def _drawn(desk: DrawingDesk, now: datetime) -> tuple[Paper, ...] | Refusal[NotDone] | Refusal[NotDrawn]:
    lease, names = desk.file.lease, desk.names
    if lease.is_private:
        return drawn_for_consumer(lease, names, desk.sheets, desk.stored, now=now, today=desk.today)
    if desk.framework is None:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE)
    return drawn(lease, desk.framework, names, desk.sheets, desk.stored, now=now, today=desk.today)


async def find_papers(actor: Actor, lease_id: LeaseId, *, books: PaperBooks) -> PaperFile | None:
    """Those that the actor may read; None where there is none such on any side of hers."""
    file = await books.file(actor.city, lease_id)
    return shown(file, actor) if file is not None and readable(file.lease, actor) else None


async def content_of(
    actor: Actor, lease_id: LeaseId, kind: PaperKind, *, books: PaperBooks
) -> tuple[Digest, bytes] | None:
    """A paper's hash and its bytes; None where there is none, or it is nothing for the actor to read."""
    file = await find_papers(actor, lease_id, books=books)
    digest = file.digests.get(kind) if file is not None else None
    content = await books.content(actor.city, lease_id, kind) if digest is not None else None
    return (digest, content) if digest is not None and content is not None else None


def shown(file: PaperFile, actor: Actor) -> PaperFile:
    kinds = readable(file.lease, actor)
    return replace(
        file,
        papers=[paper for paper in file.papers if paper.kind in kinds],
        accepted=[each for each in file.accepted if each.kind in kinds],
    )
