"""Who is told by mail of a damage that was reported, and what."""

import pytest

from adapters.database.fleet.reminders import SqlReminders
from adapters.mail.fleet_letters import fleet_composer
from domain.booking.bookings import State
from domain.fleet.damages import DamageId
from infra.clock import now
from infra.ids import new_id
from services.fleet.damage_letters import tell_of_damage
from services.notices.ports import Message, NoMailbox
from tests.adapters.http.fleet.test_damages import FLAT, SCRATCH, Yard, yard
from tests.adapters.http.garage import MANAGER
from tests.adapters.http.settled import settled
from tests.examples import TOWN_HALL

__all__ = ["yard"]
pytestmark = pytest.mark.database
RUNS = """INSERT INTO role_grants (city, person_id, role, pool_id, granted_at)
VALUES (:city, :id, 'fleet_manager', :pool, now()) RETURNING role"""


async def letters(yard: Yard, damage: str, gone: str = "") -> list[Message]:
    sent: list[Message] = []

    class Box:
        async def send(self, message: Message) -> None:
            if message.to == gone:
                raise NoMailbox
            sent.append(message)

    books = SqlReminders(yard.garage.database.app.transactions, now, new_id, lambda: None)
    of = (yard.garage.seeded.city, DamageId(damage), new_id(), now())  # type: ignore[arg-type]  # as the path has it
    await tell_of_damage(*of, damages=books, reminders=books, compose=fleet_composer(), mailer=Box())
    return sent


async def test_whoever_runs_the_pool_is_told_of_what_others_report_until_it_is_settled(yard: Yard) -> None:
    await settled(yard.garage.database, yard.garage.seeded.city)
    for person in (MANAGER, yard.lou):
        await yard.rows(RUNS, id=person, pool=TOWN_HALL)
    booking = await yard.has(yard.kim, State.IN_USE)
    flat, scratch = await yard.reported(booking, FLAT), await yard.reported(booking)
    first, second = await letters(yard, flat)
    assert (first.to, second.to) == ("grace@example.org", "lou@example.org")
    assert (first.subject, first.id != second.id) == ("fleet 2: Schaden gemeldet (Reifenschaden)", True)
    assert [each.to for each in await letters(yard, flat, gone="grace@example.org")] == ["lou@example.org"]
    assert "Reifenschaden, an den Rädern, schwer" in " ".join(first.text.split())
    assert "gilt als nicht fahrbereit" in " ".join(first.text.split())
    (light, _) = await letters(yard, scratch)
    assert "nicht fahrbereit" not in light.text
    assert not any(word in light.text for word in ("Kim", "kim@", "an der Tür")), "nobody's words, nor whose"
    await yard.notes(scratch, state="dismissed")
    assert await letters(yard, scratch) == []


async def test_whoever_reported_it_herself_is_not_told(yard: Yard) -> None:
    await settled(yard.garage.database, yard.garage.seeded.city)
    await yard.rows(RUNS, id=MANAGER, pool=TOWN_HALL)
    mine = await yard.garage.ask("POST", "fleet/damages", SCRATCH | {"vehicle_id": str(yard.car.id)})
    assert await letters(yard, mine.json()["id"]) == []
