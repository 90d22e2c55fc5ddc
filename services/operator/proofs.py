"""What people have shown to the city's staff: entered, taken back, looked up."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import Actor, PersonId, Role
from domain.proofs import CheckResult, LicenceCheck, Proof, ProofKind, looked_at
from domain.refusals import Refusal
from services.operator.ports import PeopleBooks


class NoProof(StrEnum):
    UNKNOWN_PERSON = "unknown_person"
    FORBIDDEN = "forbidden"
    NOT_VALID_ANY_MORE = "not_valid_any_more"
    LICENCE_WITHOUT_END = "licence_without_end"
    YEARS_OF_AGE_ONLY = "years_of_age_only"
    OWN_LICENCE = "own_licence"
    CHECKED_AS_DRIVER = "checked_as_driver"


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
    async def now(self) -> datetime: ...
    async def today(self) -> date:
        """The day in the city."""

    async def drives(self, person_id: PersonId) -> bool:
        """Whether she holds a grant to drive a pool's vehicles. Her file stays locked against whoever enters something too."""

    async def of(self, person_id: PersonId) -> Sequence[Checked]: ...
    async def keep(self, person_id: PersonId, seen: Seen, look: LicenceCheck | None) -> Checked:
        """In place of an earlier one of the kind; the look at a licence goes beside those before."""

    async def drop(self, person_id: PersonId, kind: ProofKind, look: LicenceCheck | None) -> bool:
        """False where there was none. That a licence counts no longer goes beside the looks at it before."""


WHO_SHE_IS = frozenset((ProofKind.VERIFICATION, ProofKind.AGE))
"""What the operator says of anybody, drivers too."""
TAKEN_BACK = "taken back"
"""How a licence was looked at that counts no longer."""


def may_check(actor: Actor, kind: ProofKind) -> bool:
    """Whoever runs vehicles looks at licences and briefs their drivers; who somebody is and how old, the operator says."""
    return actor.has(Role.OPERATOR) or (kind not in WHO_SHE_IS and actor.has(Role.FLEET_MANAGER))


async def keep_proof(
    whose: str | PersonId, seen: Seen, *, by: UUID, people: PeopleBooks, proofs: ProofBooks
) -> Checked | Refusal[NoProof]:
    """Enter what was seen, for the person of that address (lower case) or id. Nobody has seen her own licence. A licence
    counts for half a year at most, whenever it ends itself. Of drivers only who they are and how old is entered here:
    whoever runs their pool looks at their licences and briefs them."""
    today = await proofs.today()
    if seen.proof.kind is ProofKind.LICENCE and seen.proof.valid_until is None:
        return Refusal(NoProof.LICENCE_WITHOUT_END, "/valid_until")
    if not seen.proof.says_its_years:
        return Refusal(NoProof.YEARS_OF_AGE_ONLY, "/years")
    if not seen.proof.counts_on(today):
        return Refusal(NoProof.NOT_VALID_ANY_MORE, "/valid_until")
    person = await _known(whose, people)
    if person is None:
        return Refusal(NoProof.UNKNOWN_PERSON)
    if person == by and seen.proof.kind is ProofKind.LICENCE:
        return Refusal(NoProof.OWN_LICENCE)
    if seen.proof.kind not in WHO_SHE_IS and await proofs.drives(person):
        return Refusal(NoProof.CHECKED_AS_DRIVER)
    if seen.proof.kind is not ProofKind.LICENCE:
        return await proofs.keep(person, seen, None)
    facts = CheckResult.VALID, seen.method, seen.classes, seen.proof.valid_until
    look = looked_at(*facts, by=PersonId(by), now=await proofs.now(), today=today)
    return await proofs.keep(person, replace(seen, proof=Proof(ProofKind.LICENCE, look.counts_until)), look)


async def drop_proof(
    whose: str | PersonId, kind: ProofKind, *, by: UUID, people: PeopleBooks, proofs: ProofBooks
) -> bool | Refusal[NoProof]:
    """It counts no longer, for bookings from now on; false where there was none. Of drivers as above."""
    person = await _known(whose, people)
    if person is None:
        return Refusal(NoProof.UNKNOWN_PERSON)
    if kind not in WHO_SHE_IS and await proofs.drives(person):
        return Refusal(NoProof.CHECKED_AS_DRIVER)
    facts = CheckResult.NOT_VALID, TAKEN_BACK, (), None
    look = looked_at(*facts, by=PersonId(by), now=await proofs.now(), today=await proofs.today())
    return await proofs.drop(person, kind, look if kind is ProofKind.LICENCE else None)


async def proofs_of(
    whose: str | PersonId, *, everybody: bool, people: PeopleBooks, proofs: ProofBooks
) -> Sequence[Checked] | Refusal[NoProof]:
    """All that she has shown; where it is not `everybody` whose proofs the caller may see, no driver's: whoever runs her pool
    finds them with her."""
    person = await _known(whose, people)
    if person is None:
        return Refusal(NoProof.UNKNOWN_PERSON)
    if not everybody and await proofs.drives(person):
        return Refusal(NoProof.CHECKED_AS_DRIVER)
    return await proofs.of(person)


async def _known(whose: str | PersonId, people: PeopleBooks) -> PersonId | None:
    if isinstance(whose, str):
        return await people.find(whose)
    return whose if await people.knows(whose) else None
