"""What is claimed of the insurance for leased bikes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from domain.bike_leasing.insurance.claims import ClaimId, FollowClaim, NoClaim, ReportClaim
from domain.identity import Actor
from domain.photos import Developed, Digest, NotAPhoto
from domain.refusals import Refusal
from services.bike_leasing.insurance.claiming import AddClaimPhoto
from services.bike_leasing.insurance.ports import ClaimFile
from services.bike_leasing.pages import Wanted
from services.calls import Answer, Call

Claimed: TypeAlias = ClaimFile | NoClaim
Adding: TypeAlias = ClaimFile | NoClaim | Refusal[NotAPhoto]


class LeaseInsurance(Struct, frozen=True):
    """The use cases, bound to their books. `add_photo` and `photo` raise Unavailable."""

    report: Callable[[Call[Claimed], ReportClaim], Awaitable[Answer]]
    follow: Callable[[Call[Claimed], FollowClaim], Awaitable[Answer]]
    find: Callable[[Actor, ClaimId], Awaitable[Claimed]]
    page: Callable[[Actor, Wanted], Awaitable[Sequence[ClaimFile]]]
    add_photo: Callable[[Call[Adding], AddClaimPhoto], Awaitable[Answer]]
    photo: Callable[[Actor, ClaimId, Digest], Awaitable[Developed | NoClaim]]
