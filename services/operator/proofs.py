"""What people have shown to the city's staff: entered, taken back, looked up."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.identity import Actor, PersonId, Role
from domain.proofs import Proof, ProofKind
from domain.refusals import Refusal
from services.operator.ports import PeopleBooks


class NoProof(StrEnum):
    UNKNOWN_PERSON = "unknown_person"
    FORBIDDEN = "forbidden"
    NOT_VALID_ANY_MORE = "not_valid_any_more"
    LICENCE_WITHOUT_END = "licence_without_end"
    OWN_LICENCE = "own_licence"


class Seen(Struct, frozen=True):
    """A proof as it was seen: how, and for a licence the classes of vehicles (Annex I of Directive 2006/126/EC)."""

    proof: Proof
    method: str
    classes: tuple[str, ...] = ()


class Checked(Struct, frozen=True):
    """What was seen, by whom and when."""

    seen: Seen
    checked_by: PersonId
    checked_at: datetime


class ProofBooks(Protocol):
    async def of(self, person_id: PersonId) -> Sequence[Checked]: ...
    async def keep(self, person_id: PersonId, seen: Seen) -> Checked:
        """In place of an earlier one of the kind."""

    async def drop(self, person_id: PersonId, kind: ProofKind) -> bool:
        """False where there was none."""


def may_check(actor: Actor, kind: ProofKind) -> bool:
    """Whoever runs vehicles looks at licences and briefs their drivers; who somebody is, the operator says."""
    return actor.has(Role.OPERATOR) or (kind is not ProofKind.VERIFICATION and actor.has(Role.FLEET_MANAGER))


async def keep_proof(
    whose: str | PersonId, seen: Seen, today: date, *, by: UUID, people: PeopleBooks, proofs: ProofBooks
) -> Checked | Refusal[NoProof]:
    """Enter what was seen, for the person of that address (lower case) or id. `today` is the day in the city. Nobody has seen
    her own licence."""
    if seen.proof.kind is ProofKind.LICENCE and seen.proof.valid_until is None:
        return Refusal(NoProof.LICENCE_WITHOUT_END, "/valid_until")
    if not seen.proof.counts_on(today):
        return Refusal(NoProof.NOT_VALID_ANY_MORE, "/valid_until")
    person = await _known(whose, people)
    if person is None:
        return Refusal(NoProof.UNKNOWN_PERSON)
    if person == by and seen.proof.kind is ProofKind.LICENCE:
        return Refusal(NoProof.OWN_LICENCE)
    return await proofs.keep(person, seen)


async def drop_proof(
    whose: str | PersonId, kind: ProofKind, *, people: PeopleBooks, proofs: ProofBooks
) -> bool | Refusal[NoProof]:
    """It counts no longer, for bookings from now on; false where there was none."""
    person = await _known(whose, people)
    return Refusal(NoProof.UNKNOWN_PERSON) if person is None else await proofs.drop(person, kind)


async def proofs_of(
    whose: str | PersonId, *, people: PeopleBooks, proofs: ProofBooks
) -> Sequence[Checked] | Refusal[NoProof]:
    person = await _known(whose, people)
    return Refusal(NoProof.UNKNOWN_PERSON) if person is None else await proofs.of(person)


async def _known(whose: str | PersonId, people: PeopleBooks) -> PersonId | None:
    if isinstance(whose, str):
        return await people.find(whose)
    return whose if await people.knows(whose) else None
