"""Saying yes to a paper, and how parties are called in them."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.agreeing import NotAgreed
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.papers.accepting import AcceptPaper, accept
from domain.bike_leasing.papers.papers import PartyNamed
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.papers.drawing import shown
from services.bike_leasing.papers.ports import AcceptanceBooks, PaperFile, Refused


async def accept_paper(
    command: AcceptPaper, *, books: AcceptanceBooks, actor: Actor, now: datetime
) -> PaperFile | Refused:
    """The papers as they stand since, or the refusal."""
    file = await books.file(command.lease_id)
    if file is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    by = Attempt(actor, now, await books.today())
    said = accept(file.lease, file.digests, file.accepted, command, by)
    if isinstance(said, Refusal):
        return said
    if said not in file.accepted:
        await books.keep(said)
        file = replace(file, accepted=[*file.accepted, said])
    return shown(file, actor)


async def name_party(party: PartyNamed, *, books: AcceptanceBooks, actor: Actor) -> PartyNamed | Refusal[NotAgreed]:
    """By whoever acts for it, on whichever side."""
    if party.party not in {name for _, name in actor.parties}:
        return Refusal(NotAgreed.UNKNOWN_PARTY, "/party")
    await books.name(party)
    return party


async def named_parties(actor: Actor, *, books: AcceptanceBooks) -> Sequence[PartyNamed]:
    """Those that the actor acts for, as far as somebody has named them."""
    return await books.named({PartyId(name) for _, name in actor.parties})
