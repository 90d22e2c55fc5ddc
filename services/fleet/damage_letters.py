"""Writing to whoever runs the pool that a vehicle's damage was reported, so that somebody looks at it."""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from domain.fleet.damages import SETTLED, DamageId
from domain.identity import City
from services.fleet.damages import KnownDamage
from services.fleet.letters import Compose, DamageNotice
from services.fleet.reminding import Reminders
from services.notices.ports import Mailer
from services.notices.sending import send_each


class ReportedDamages(Protocol):
    async def reported(self, city: City, damage_id: DamageId) -> tuple[KnownDamage, str | None] | None:
        """With the address of whoever reported it, as long as there is one."""


async def tell_of_damage(
    city: City,
    damage_id: DamageId,
    message_id: UUID,
    at: datetime,
    *,
    damages: ReportedDamages,
    reminders: Reminders,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes: none once it was seen to, nor to whoever reported it herself."""
    found = await damages.reported(city, damage_id)
    if found is None or found[0].damage.state in SETTLED:
        return 0
    damage, reporter = found[0].damage, found[1]
    of = await reminders.of_vehicle(city, damage.vehicle_id)
    if of is None:
        return 0
    what = of.vehicle.description
    plate = str(what.plate) if what.plate else None
    told = (damage.place, damage.kind, damage.severity, damage.withdraws, damage.reported_at)
    notice = DamageNotice(city, of.settings, what.name, plate, *told)
    readers = [reader for reader in of.readers if reader.email != reporter]
    letters = [compose(notice, reader, uuid5(message_id, reader.email), at) for reader in readers]
    return await send_each(letters, mailer)
