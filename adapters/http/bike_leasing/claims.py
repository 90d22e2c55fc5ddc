"""`/v1/{city}/leasing/claims`: what is claimed of the insurance for leased bikes, with photos, by holder and lessor."""

from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.bike_leasing.claim_examples import ACCEPTANCE, ACCEPTED, CLAIM, CLAIMED, CLAIMED_WITH_PHOTO
from adapters.http.bike_leasing.pages import PageQuery, wanted
from adapters.http.cursors import Place, following
from adapters.http.endpoints import LESSORS, RIDERS_AND_LESSORS, Ask, Endpoint, Reply, answer
from adapters.http.photo_files import JPEG, LARGEST, TAKES, photo_in
from domain.bike_leasing.contracts.leases import IncidentKind, LeaseId
from domain.bike_leasing.insurance.claims import ClaimId, ClaimState, FollowClaim, Payee, ReportClaim, incidents_of
from domain.identity import City
from domain.money import Money
from domain.photos import Digest, Photo
from domain.refusals import Refusal
from services.bike_leasing.insurance import LeaseInsurance
from services.bike_leasing.insurance.claiming import AddClaimPhoto
from services.bike_leasing.insurance.ports import ClaimFile
from services.calls import Answer

CLAIMS = "/v1/{city:str}/leasing/claims"
ONE = f"{CLAIMS}/{{claim_id:uuid}}"
PHOTOS = f"{ONE}/photos"


class Followed(StrEnum):
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PAID = "paid"


class ClaimRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`incident` counts the lease's from 1; without it the latest. `estimate` is what the damage may come to, if somebody has looked."""

    lease_id: UUID
    words: Annotated[str, Meta(max_length=1000)] = ""
    incident: Annotated[int, Meta(ge=1, le=1000)] | None = None
    estimate: Money | None = None


class ClaimStepRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What the insurer says: `reference` is the insurer's, `amount` what the damage is taken to be and `deductible` how much of it the
    holder bears, where it is accepted; a no says why, and what is paid says to whom. What the insurer pays the `lessor` is posted and expected at the
    bank by the insurer's `reference`."""

    state: Followed
    reference: Annotated[str, Meta(max_length=60)] = ""
    amount: Money | None = None
    deductible: Money | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""
    paid_to: Payee | None = None


class ClaimPhotoView(Struct, frozen=True):
    """`digest` is the SHA-256 of what `href` answers."""

    digest: Digest
    media_type: str
    width: int
    height: int
    size: int
    added_at: datetime
    href: str


class ClaimView(Struct, frozen=True):
    """`payout` is what the insurer pays: the amount without the deductible."""

    id: UUID
    lease_id: UUID
    incident: int
    kind: IncidentKind
    happened_on: date
    words: str
    estimate: Money | None
    state: ClaimState
    reported_at: datetime
    updated_at: datetime
    reference: str | None
    amount: Money | None
    deductible: Money | None
    payout: Money | None
    reason: str | None
    photos: tuple[ClaimPhotoView, ...]
    paid_to: Payee | None


class ClaimList(Struct, frozen=True):
    """The newest first."""

    items: tuple[ClaimView, ...]
    next_cursor: str | None


def lease_claims(offered: LeaseInsurance) -> tuple[Endpoint, ...]:
    return (*_claims(offered), *_photos(offered))


def _claims(offered: LeaseInsurance) -> tuple[Endpoint, ...]:
    async def report_claim(ask: Ask) -> Reply:
        asked = await ask.body(ClaimRequest, longest=1000)
        of = ClaimId(ask.edge.new_id()), LeaseId(asked.lease_id)
        command = ReportClaim(*of, asked.incident, asked.words, asked.estimate)
        return await offered.report(ask.call(asked, lambda made: answer(_view(made, ask.city), 201)), command)

    async def list_claims(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        found = await offered.page(ask.actor, wanted(asked))
        more = following(found, asked.limit, lambda each: Place(each.claim.reported_at, each.claim.id))
        return answer(ClaimList(tuple(_view(each, ask.city) for each in found[: asked.limit]), more))

    async def get_claim(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, _claim(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_view(found, ask.city))

    async def follow_claim(ask: Ask) -> Reply:
        asked, of = await ask.body(ClaimStepRequest), _claim(ask)
        said = (asked.reference, asked.amount, asked.deductible, asked.reason, asked.paid_to)
        command = FollowClaim(of, ClaimState(asked.state), *said)
        return await offered.follow(ask.call((of, asked), lambda made: answer(_view(made, ask.city))), command)

    return (
        Endpoint(
            HttpMethod.POST,
            RIDERS_AND_LESSORS,
            CLAIMS,
            "reportLeaseClaim",
            "leasing",
            "Claim of the insurance what happened to a leased bike; an incident has one claim",
            report_claim,
            {201: ClaimView},
            codes=("unknown_lease", "no_such_incident", "claimed_already", "amount_missing"),
            body=ClaimRequest,
            keyed=True,
            example=CLAIM,
            examples={201: CLAIMED},
        ),
        Endpoint(
            HttpMethod.GET,
            RIDERS_AND_LESSORS,
            CLAIMS,
            "listLeaseClaims",
            "leasing",
            "Claims for one's own leased bike, or the lessor's",
            list_claims,
            {200: ClaimList},
            query=PageQuery,
            examples={200: {"items": [CLAIMED], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            RIDERS_AND_LESSORS,
            ONE,
            "getLeaseClaim",
            "leasing",
            "A claim with its photos: for holder and lessor",
            get_claim,
            {200: ClaimView},
            codes=("unknown_claim",),
            examples={200: CLAIMED},
        ),
        Endpoint(
            HttpMethod.POST,
            LESSORS,
            f"{ONE}/steps",
            "followLeaseClaim",
            "leasing",
            "What the insurer says of a claim: in review, accepted with which amount and deductible, refused, paid to whom",
            follow_claim,
            {200: ClaimView},
            codes=(
                "unknown_claim",
                "not_yours_to_do",
                "claim_state_forbids",
                "amount_missing",
                "reason_missing",
                "payee_missing",
            ),
            body=ClaimStepRequest,
            keyed=True,
            example=ACCEPTANCE,
            examples={200: ACCEPTED},
        ),
    )


def _photos(offered: LeaseInsurance) -> tuple[Endpoint, ...]:
    async def add_photo(ask: Ask) -> Reply:
        of, raw = _claim(ask), await ask.file()

        def told(file: ClaimFile) -> Answer:
            return answer(_view(file, ask.city), 201)

        return await offered.add_photo(ask.call((of, sha256(raw).hexdigest()), told), AddClaimPhoto(of, raw))

    async def get_photo(ask: Ask) -> Reply:
        return await photo_in(ask, lambda digest: offered.photo(ask.actor, _claim(ask), digest))

    return (
        Endpoint(
            HttpMethod.POST,
            RIDERS_AND_LESSORS,
            PHOTOS,
            "addLeaseClaimPhoto",
            "leasing",
            "Add a photo to a claim that the insurer has not decided, ten at most: JPEG, PNG or WebP by its content. The picture alone is"
            " kept; where, when and by what it was taken is not",
            add_photo,
            {201: ClaimView},
            codes=("unknown_claim", "claim_state_forbids", "too_many_photos", "photo_invalid", "photo_too_large"),
            keyed=True,
            takes=TAKES,
            largest=LARGEST,
            examples={201: CLAIMED_WITH_PHOTO},
        ),
        Endpoint(
            HttpMethod.GET,
            RIDERS_AND_LESSORS,
            f"{PHOTOS}/{{digest:str}}",
            "getLeaseClaimPhoto",
            "leasing",
            "A photo of a claim: for holder and lessor",
            get_photo,
            {200: None, 304: None},
            codes=("unknown_claim", "unknown_photo"),
            media=JPEG,
        ),
    )


def _claim(ask: Ask) -> ClaimId:
    return ClaimId(ask.path("claim_id"))


def _view(file: Any, city: City) -> ClaimView:
    claim = file.claim
    incident = incidents_of(file.lease)[claim.incident - 1]
    said = {name: getattr(claim, name) for name in ClaimView.__struct_fields__ if hasattr(claim, name)}
    photos = tuple(_photo(each, claim.id, city) for each in claim.photos)
    return ClaimView(**(said | {"kind": incident.kind, "happened_on": incident.happened_on, "photos": photos}))


def _photo(each: Photo, of: ClaimId, city: City) -> ClaimPhotoView:
    return ClaimPhotoView(
        each.digest,
        each.media_type,
        each.width,
        each.height,
        each.size,
        each.added_at,
        f"/v1/{city}/leasing/claims/{of}/photos/{each.digest}",
    )
