"""Writing to whoever runs the pool that a vehicle's lock says nothing, and that somebody has to look whether it is open."""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from domain.booking.keys import CommandId, KeyAction, KeyState
from domain.booking.resources import ResourceId
from domain.identity import City
from services.fleet.letters import Compose, LockNotice
from services.fleet.reminding import Reminders
from services.notices.ports import Mailer
from services.notices.sending import send_each


class SilentLock(Struct, frozen=True):
    vehicle_id: ResourceId
    action: KeyAction
    asked_at: datetime
    state: KeyState


class SilentLocks(Protocol):
    async def of_command(self, city: City, command_id: CommandId) -> SilentLock | None: ...


async def tell_of_lock(
    city: City,
    command_id: CommandId,
    message_id: UUID,
    at: datetime,
    *,
    locks: SilentLocks,
    reminders: Reminders,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes: none where the lock has answered since."""
    silent = await locks.of_command(city, command_id)
    if silent is None or silent.state is not KeyState.UNANSWERED:
        return 0
    found = await reminders.of_vehicle(city, silent.vehicle_id)
    if found is None:
        return 0
    what = found.vehicle.description
    plate = str(what.plate) if what.plate else None
    notice = LockNotice(city, found.settings, what.name, plate, silent.action, silent.asked_at)
    letters = [compose(notice, reader, uuid5(message_id, reader.email), at) for reader in found.readers]
    return await send_each(letters, mailer)
