"""Claims of leased bikes' insurance, bound to their books and to the studio that develops their photos."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from adapters.database.bike_leasing.claims import SqlClaimBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet, SqlSheets
from adapters.pictures.studio import PillowStudio
from domain.bike_leasing.insurance.claims import ClaimId, FollowClaim, NoClaim, ReportClaim
from domain.identity import Actor
from domain.photos import Developed, Digest
from services.bike_leasing.insurance import Adding, Claimed, LeaseInsurance
from services.bike_leasing.insurance.claiming import (
    AddClaimPhoto,
    add_claim_photo,
    find_claim,
    follow_claim,
    page_of_claims,
    report_claim,
    show_claim_photo,
    takes_photos,
)
from services.bike_leasing.insurance.ports import ClaimFile
from services.bike_leasing.pages import Wanted
from services.calls import Answer, Call


def lease_insurance(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID], studio: PillowStudio
) -> LeaseInsurance:
    desk = SqlSheets(transactions, clock, new_id)

    async def report(call: Call[Claimed], command: ReportClaim) -> Answer:
        return await desk.answered(
            call, lambda sheet: report_claim(command, books=SqlClaimBooks(sheet), actor=call.actor, now=sheet.now)
        )

    async def follow(call: Call[Claimed], command: FollowClaim) -> Answer:
        return await desk.answered(
            call, lambda sheet: follow_claim(command, books=SqlClaimBooks(sheet), actor=call.actor, now=sheet.now)
        )

    async def find(actor: Actor, claim_id: ClaimId) -> Claimed:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: find_claim(claim_id, books=SqlClaimBooks(sheet), actor=actor)
        )

    async def page(actor: Actor, wanted: Wanted) -> Sequence[ClaimFile]:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: page_of_claims(wanted, books=SqlClaimBooks(sheet), actor=actor)
        )

    async def add_photo(call: Call[Adding], command: AddClaimPhoto) -> Answer:
        """The picture is made between two transactions, and for nobody whose photo would not be taken."""

        async def is_welcome(sheet: Sheet) -> bool:
            return await takes_photos(command.claim_id, books=SqlClaimBooks(sheet), actor=call.actor)

        async def add(sheet: Sheet) -> Adding:
            books = SqlClaimBooks(sheet)
            return await add_claim_photo(command.claim_id, photo, books=books, photos=books, actor=call.actor)

        welcome = await desk.work(call.city, call.actor.id, call.request_id, is_welcome)
        photo = await studio.develop(command.raw) if welcome else None
        return await desk.answered(call, add)

    async def photo_of(actor: Actor, claim_id: ClaimId, digest: Digest) -> Developed | NoClaim:
        async def show(sheet: Sheet) -> Developed | NoClaim:
            books = SqlClaimBooks(sheet)
            return await show_claim_photo(claim_id, digest, books=books, photos=books, actor=actor)

        return await desk.work(actor.city, actor.id, "", show)

    return LeaseInsurance(report, follow, find, page, add_photo, photo_of)
