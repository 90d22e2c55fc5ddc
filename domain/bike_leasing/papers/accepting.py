"""Saying yes to a paper: who, on which side, when, to exactly which bytes, and how (§§ 126a, 126b BGB)."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId, sides_on
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.papers.papers import SIGNERS, Digest, kinds_of, may_be_drawn
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import PersonId
from domain.refusals import Refusal


class Method(StrEnum):
    """`simple` is text form, by whoever is signed in; `qualified` a qualified electronic signature that was made elsewhere."""

    SIMPLE = "simple"
    QUALIFIED = "qualified"


class Signature(Struct, frozen=True):
    """A qualified signature: the trust service that vouches for it, its own reference, and the signature (CMS, base64). It is kept as it
    came; nobody here has verified it."""

    provider: str
    reference: str
    content: str


class AcceptPaper(Struct, frozen=True):
    """`digest` is that of the bytes which whoever accepts has before her."""

    lease_id: LeaseId
    kind: PaperKind
    digest: Digest
    method: Method
    signature: Signature | None = None


class Acceptance(Struct, frozen=True):
    lease_id: LeaseId
    kind: PaperKind
    side: Side
    digest: Digest
    method: Method
    signature: Signature | None
    by: PersonId
    at: datetime


class NotAccepted(StrEnum):
    UNKNOWN_PAPER = "unknown_paper"
    PAPER_DIFFERS = "paper_differs"
    SIGNATURE_MISSING = "signature_missing"


def accept(
    lease: Lease, papers: Mapping[PaperKind, Digest], earlier: Sequence[Acceptance], command: AcceptPaper, by: Attempt
) -> Acceptance | Refusal[NotDone] | Refusal[NotAccepted]:
    """Each side once: whoever says yes again is given what she said first."""
    sides = sides_on(lease, by.actor)
    if not sides:
        return Refusal(NotDone.UNKNOWN_LEASE)
    mine = sorted(sides & SIGNERS[command.kind])
    if not mine:
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    digest = papers.get(command.kind)
    if digest is None:
        return Refusal(NotAccepted.UNKNOWN_PAPER)
    if digest != command.digest:
        return Refusal(NotAccepted.PAPER_DIFFERS, "/digest")
    if (command.method is Method.QUALIFIED) != (command.signature is not None):
        return Refusal(NotAccepted.SIGNATURE_MISSING, "/signature")
    said = {each.side: each for each in earlier if each.kind is command.kind}
    side = next((side for side in mine if side not in said), None)
    if side is None:
        return said[mine[0]]
    if not may_be_drawn(lease):
        return Refusal(NotDone.WRONG_STATE)
    return Acceptance(lease.id, command.kind, side, digest, command.method, command.signature, by.actor.id, by.now)


def are_signed(lease: Lease, accepted: Set[tuple[PaperKind, Side]]) -> bool:
    """Whether everybody has said yes but the lessor, who does so by ordering."""
    return all((kind, side) in accepted for kind in kinds_of(lease) for side in SIGNERS[kind] - {Side.LESSOR})
