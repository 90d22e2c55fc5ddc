"""A claim is reported, shown with photos, and followed as the insurer decides."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.insurance.claims import (
    ClaimId,
    FollowClaim,
    NoClaim,
    NotClaimed,
    ReportClaim,
    follow,
    has_no_room,
    may_photograph,
    report,
    sees,
)
from domain.bike_leasing.money.entries import insured
from domain.identity import Actor
from domain.photos import Developed, Digest, NotAPhoto
from domain.refusals import Refusal
from services.bike_leasing.insurance.ports import ClaimBooks, ClaimFile, ClaimPhotos
from services.bike_leasing.pages import Wanted


class AddClaimPhoto(Struct, frozen=True):
    claim_id: ClaimId
    raw: bytes


async def report_claim(command: ReportClaim, *, books: ClaimBooks, actor: Actor, now: datetime) -> ClaimFile | NoClaim:
    found = await books.lease(command.lease_id)
    if found is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    lease, earlier = found
    claim = report(command, lease, earlier, Attempt(actor, now, await books.today()))
    if isinstance(claim, Refusal):
        return claim
    await books.report(claim)
    return ClaimFile(claim, lease)


async def follow_claim(command: FollowClaim, *, books: ClaimBooks, actor: Actor, now: datetime) -> ClaimFile | NoClaim:
    """What the insurer pays the lessor is posted with the step."""
    file = await books.find(command.claim_id, locked=True)
    if file is None:
        return Refusal(NotClaimed.UNKNOWN_CLAIM)
    claim = follow(command, file.claim, file.lease, Attempt(actor, now, await books.today()))
    if isinstance(claim, Refusal):
        return claim
    await books.follow(claim, insured(claim, now))
    return ClaimFile(claim, file.lease)


async def find_claim(claim_id: ClaimId, *, books: ClaimBooks, actor: Actor) -> ClaimFile | NoClaim:
    file = await books.find(claim_id)
    return file if file is not None and sees(file.lease, actor) else Refusal(NotClaimed.UNKNOWN_CLAIM)


async def page_of_claims(wanted: Wanted, *, books: ClaimBooks, actor: Actor) -> Sequence[ClaimFile]:
    return [file for file in await books.page(actor, wanted) if sees(file.lease, actor)]


async def takes_photos(claim_id: ClaimId, *, books: ClaimBooks, actor: Actor) -> bool:
    """Whether a photo of the actor's would be taken."""
    file = await books.find(claim_id)
    return file is not None and may_photograph(file.claim, file.lease, actor) is None


async def add_claim_photo(
    claim_id: ClaimId,
    photo: Developed | Refusal[NotAPhoto] | None,
    *,
    books: ClaimBooks,
    photos: ClaimPhotos,
    actor: Actor,
) -> ClaimFile | NoClaim | Refusal[NotAPhoto]:
    """`photo` is None where nobody looked at what was sent, as it would not be taken."""
    file = await books.find(claim_id, locked=True)
    if file is None:
        return Refusal(NotClaimed.UNKNOWN_CLAIM)
    if (no := may_photograph(file.claim, file.lease, actor)) is not None:
        return no
    if not isinstance(photo, Developed):
        return photo if photo is not None else Refusal(NotClaimed.WRONG_STATE)
    if (full := has_no_room(file.claim, photo.digest)) is not None:
        return full
    await photos.keep(claim_id, photo)
    return await books.find(claim_id) or Refusal(NotClaimed.UNKNOWN_CLAIM)


async def show_claim_photo(
    claim_id: ClaimId, digest: Digest, *, books: ClaimBooks, photos: ClaimPhotos, actor: Actor
) -> Developed | NoClaim:
    found = await find_claim(claim_id, books=books, actor=actor)
    if isinstance(found, Refusal):
        return found
    return await photos.show(claim_id, digest) or Refusal(NotClaimed.UNKNOWN_PHOTO)
