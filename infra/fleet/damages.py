"""The damages of a fleet and their photos, wired."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet.damages import SqlDamageBooks, SqlPhotoBooks
from adapters.database.sheets import Sheet, SqlSheets
from domain.booking.bookings import BookingId
from domain.fleet.damages import DamageId, NotDamaged, NoteDamage, ReportDamage
from domain.identity import Actor
from domain.photos import Developed, Digest
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.damages import (
    Adding,
    AddPhoto,
    Damages,
    DamagesWanted,
    KnownDamage,
    PhotoStudio,
    Reporting,
    Seeing,
    add_photo,
    damages_of_booked,
    find_damage,
    list_damages,
    may_add,
    note_damage,
    remove_photo,
    report_damage,
    show_photo,
)


def vehicle_damages(
    transactions: Transactions,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
    studio: PhotoStudio,
) -> Damages:
    desk = SqlSheets(transactions, clock, new_id)

    async def report(call: Call[Reporting], command: ReportDamage) -> Answer:
        answer = await desk.answered(
            call,
            lambda sheet: report_damage(command, books=SqlDamageBooks(sheet), actor=call.actor, now=sheet.now),
        )
        written()
        return answer

    async def note(call: Call[Reporting], command: NoteDamage) -> Answer:
        answer = await desk.answered(
            call, lambda sheet: note_damage(command, books=SqlDamageBooks(sheet), actor=call.actor, now=sheet.now)
        )
        written()
        return answer

    async def add(call: Call[Adding], command: AddPhoto) -> Answer:
        """The picture is made between two transactions, and for nobody whose photo would not be taken."""

        async def is_welcome(sheet: Sheet) -> bool:
            return await may_add(command.damage_id, books=SqlDamageBooks(sheet), actor=call.actor, now=sheet.now)

        welcome = await desk.work(call.city, call.actor.id, call.request_id, is_welcome)
        photo = await studio.develop(command.raw) if welcome else None
        return await desk.answered(
            call,
            lambda sheet: add_photo(
                command.damage_id,
                photo,
                books=SqlDamageBooks(sheet),
                photos=SqlPhotoBooks(sheet),
                actor=call.actor,
                now=sheet.now,
            ),
        )

    async def show(actor: Actor, damage_id: DamageId, digest: Digest) -> Developed | Refusal[NotDamaged]:
        return await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: show_photo(
                damage_id, digest, books=SqlDamageBooks(sheet), photos=SqlPhotoBooks(sheet), actor=actor
            ),
        )

    async def take_away(
        actor: Actor, request_id: str, damage_id: DamageId, digest: Digest
    ) -> Refusal[NotDamaged] | None:
        return await desk.work(
            actor.city,
            actor.id,
            request_id,
            lambda sheet: remove_photo(
                damage_id, digest, books=SqlDamageBooks(sheet), photos=SqlPhotoBooks(sheet), actor=actor, now=sheet.now
            ),
        )

    async def on_booked(actor: Actor, booking_id: BookingId) -> Seeing:
        return await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: damages_of_booked(booking_id, books=SqlDamageBooks(sheet), actor=actor),
        )

    async def find(actor: Actor, damage_id: DamageId) -> KnownDamage | None:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: find_damage(damage_id, books=SqlDamageBooks(sheet), actor=actor)
        )

    async def page(actor: Actor, wanted: DamagesWanted) -> Sequence[KnownDamage]:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: list_damages(wanted, books=SqlDamageBooks(sheet), actor=actor)
        )

    return Damages(report, note, add, show, take_away, on_booked, find, page)
