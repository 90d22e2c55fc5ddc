"""Photos of uses, wired."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet.use_photos import SqlUsePhotoBooks
from adapters.database.sheets import Sheet, SqlSheets
from domain.booking.bookings import BookingId
from domain.fleet.use_photos import NotPhotographed, UsePhoto, may_photograph
from domain.identity import Actor
from domain.photos import Developed, Digest
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.damages import PhotoStudio
from services.fleet.use_photos import Adding, AddUsePhoto, UsePhotos, add_use_photo, photos_of_use, show_use_photo


def photos_of_uses(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID], studio: PhotoStudio
) -> UsePhotos:
    desk = SqlSheets(transactions, clock, new_id)

    async def add(call: Call[Adding], command: AddUsePhoto) -> Answer:
        """The picture is made between two transactions, and for nobody whose photo would not be taken."""

        async def is_welcome(sheet: Sheet) -> bool:
            use = await SqlUsePhotoBooks(sheet).find(command.booking_id)
            return may_photograph(use, command.phase, call.actor, sheet.now) is None

        welcome = await desk.work(call.city, call.actor.id, call.request_id, is_welcome)
        photo = await studio.develop(command.raw) if welcome else None
        return await desk.answered(
            call,
            lambda sheet: add_use_photo(command, photo, books=SqlUsePhotoBooks(sheet), actor=call.actor, now=sheet.now),
        )

    async def of(actor: Actor, booking_id: BookingId) -> tuple[UsePhoto, ...] | Refusal[NotPhotographed]:
        return await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: photos_of_use(booking_id, books=SqlUsePhotoBooks(sheet), actor=actor),
        )

    async def show(actor: Actor, booking_id: BookingId, digest: Digest) -> Developed | Refusal[NotPhotographed]:
        return await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: show_use_photo(booking_id, digest, books=SqlUsePhotoBooks(sheet), actor=actor),
        )

    return UsePhotos(add, of, show)
