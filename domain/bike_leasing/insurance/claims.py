"""What is claimed of the insurance for what happened to a leased bike: reported with photos, followed as the insurer decides.

A claim is of one incident of its lease. Holder and lessor see it; an employer sees that there was an incident, as the lease's
state, and nothing of this.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.sheets import EUR, is_amount
from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import Incident, Lease, LeaseId
from domain.bike_leasing.contracts.parties import Side, sides_of
from domain.identity import Actor, PersonId
from domain.money import Money
from domain.photos import MOST, Digest, Photo
from domain.refusals import Refusal

ClaimId = NewType("ClaimId", UUID)


class ClaimState(StrEnum):
    REPORTED = "reported"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PAID = "paid"


class Payee(StrEnum):
    """Whom the insurer pays: the lessor, whose bike it is; the dealer who repaired it; or the holder, who had paid him."""

    LESSOR = "lessor"
    DEALER = "dealer"
    HOLDER = "holder"


S = ClaimState
UNDECIDED = frozenset({S.REPORTED, S.IN_REVIEW})
FROM: Mapping[ClaimState, frozenset[ClaimState]] = {
    S.IN_REVIEW: frozenset({S.REPORTED}),
    S.ACCEPTED: UNDECIDED,
    S.REFUSED: UNDECIDED,
    S.PAID: frozenset({S.ACCEPTED}),
}
"""By state that it comes to, those that it comes from."""


class ReportClaim(Struct, frozen=True):
    """`incident` is the number of the lease's incident, from 1; None for the latest. `estimate` is what the damage may come to, where
    somebody has looked."""

    claim_id: ClaimId
    lease_id: LeaseId
    incident: int | None
    words: str
    estimate: Money | None


class FollowClaim(Struct, frozen=True):
    """What the insurer says, as the lessor has heard it: in review under a `reference` of the insurer's; accepted with what the damage
    is taken to be (`amount`) and how much of it the holder bears (`deductible`); refused for a `reason`; paid, and to whom."""

    claim_id: ClaimId
    state: ClaimState
    reference: str = ""
    amount: Money | None = None
    deductible: Money | None = None
    reason: str = ""
    paid_to: Payee | None = None


class InsuranceClaim(Struct, frozen=True):
    id: ClaimId
    lease_id: LeaseId
    incident: int
    words: str
    estimate: Money | None
    state: ClaimState
    reported_by: PersonId
    reported_at: datetime
    updated_at: datetime
    version: int = 1
    reference: str | None = None
    amount: Money | None = None
    deductible: Money | None = None
    reason: str | None = None
    photos: tuple[Photo, ...] = ()
    paid_to: Payee | None = None

    @property
    def payout(self) -> Money | None:
        """What the insurer pays; None before it has said so."""
        if self.amount is None or self.deductible is None:
            return None
        return self.amount - self.deductible


class NotClaimed(StrEnum):
    UNKNOWN_CLAIM = "unknown_claim"
    NO_INCIDENT = "no_such_incident"
    CLAIMED_ALREADY = "claimed_already"
    WRONG_STATE = "claim_state_forbids"
    PAYEE_MISSING = "payee_missing"
    UNKNOWN_PHOTO = "unknown_photo"
    TOO_MANY_PHOTOS = "too_many_photos"


NoClaim: TypeAlias = Refusal[NotClaimed] | Refusal[NotDone]
INSURED = frozenset({Side.EMPLOYEE, Side.LESSOR})


def sees(lease: Lease, actor: Actor) -> bool:
    return bool(sides_of(lease.parties, actor) & INSURED)


def incidents_of(lease: Lease) -> tuple[Incident, ...]:
    """In the order in which they were reported: the first has the number 1."""
    return (*lease.incidents_before, *((lease.incident,) if lease.incident is not None else ()))


def report(
    command: ReportClaim, lease: Lease, earlier: Sequence[InsuranceClaim], by: Attempt
) -> InsuranceClaim | NoClaim:
    """By holder or lessor, also when what happened is repaired already; an incident has one claim. `earlier` are the lease's."""
    if not sees(lease, by.actor):
        return Refusal(NotDone.UNKNOWN_LEASE)
    number = len(incidents_of(lease)) if command.incident is None else command.incident
    if not 1 <= number <= len(incidents_of(lease)):
        return Refusal(NotClaimed.NO_INCIDENT, "/incident")
    if any(claim.incident == number for claim in earlier):
        return Refusal(NotClaimed.CLAIMED_ALREADY, "/incident")
    if command.estimate is not None and not is_amount(command.estimate):
        return Refusal(NotDone.AMOUNT_MISSING, "/estimate")
    return InsuranceClaim(
        command.claim_id,
        lease.id,
        number,
        command.words.strip(),
        command.estimate,
        S.REPORTED,
        by.actor.id,
        by.now,
        by.now,
    )


def follow(command: FollowClaim, claim: InsuranceClaim, lease: Lease, by: Attempt) -> InsuranceClaim | NoClaim:
    """By the lessor, who has the insurance."""
    sides = sides_of(lease.parties, by.actor)
    if not sides & INSURED:
        return Refusal(NotClaimed.UNKNOWN_CLAIM)
    if Side.LESSOR not in sides:
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    if claim.state not in FROM.get(command.state, frozenset()):
        return Refusal(NotClaimed.WRONG_STATE, "/state")
    if command.state is S.REFUSED and not command.reason.strip():
        return Refusal(NotDone.REASON_MISSING, "/reason")
    if command.state is S.ACCEPTED and (field := _unclear(command)) is not None:
        return Refusal(NotDone.AMOUNT_MISSING, f"/{field}")
    if command.state is S.PAID and command.paid_to is None:
        return Refusal(NotClaimed.PAYEE_MISSING, "/paid_to")
    return _followed(command, claim, by)


def _unclear(command: FollowClaim) -> str | None:
    if command.amount is None or not is_amount(command.amount) or not command.amount.amount:
        return "amount"
    deductible = command.deductible or Money(0, EUR)
    return None if is_amount(deductible) and deductible.amount <= command.amount.amount else "deductible"


def _followed(command: FollowClaim, claim: InsuranceClaim, by: Attempt) -> InsuranceClaim:
    after = replace(claim, state=command.state, updated_at=by.now, version=claim.version + 1)
    if command.reference.strip():
        after = replace(after, reference=command.reference.strip())
    if command.state is S.ACCEPTED:
        return replace(after, amount=command.amount, deductible=command.deductible or Money(0, EUR))
    if command.state is S.PAID:
        return replace(after, paid_to=command.paid_to)
    return replace(after, reason=command.reason.strip()) if command.state is S.REFUSED else after


def may_photograph(claim: InsuranceClaim | None, lease: Lease | None, actor: Actor) -> NoClaim | None:
    """Why not: by holder or lessor, as long as the insurer has not decided."""
    if claim is None or lease is None or not sees(lease, actor):
        return Refusal(NotClaimed.UNKNOWN_CLAIM)
    return None if claim.state in UNDECIDED else Refusal(NotClaimed.WRONG_STATE)


def has_no_room(claim: InsuranceClaim, digest: Digest) -> Refusal[NotClaimed] | None:
    """The same photo again is no other one."""
    there = {photo.digest for photo in claim.photos}
    return None if len(there) < MOST or digest in there else Refusal(NotClaimed.TOO_MANY_PHOTOS)
