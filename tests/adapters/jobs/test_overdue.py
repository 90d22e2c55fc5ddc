"""What the worker does about a use that went past its end, from the sweep to the letter."""

from email import message_from_bytes, policy
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert, update

from adapters.database import tables
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import PersonId
from domain.periods import Period
from infra.bootstrap import Outside, Post, effects
from infra.clock import now
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, minutes

pytestmark = pytest.mark.database


async def placed(databases: Databases, city: SeededCity, resource: Resource, state: State, period: Period) -> Booking:
    """By somebody of her own, whom the city knows."""
    holder = PersonId(new_id())
    async with databases.app.transactions.city(city.city) as connection:
        person = {"city": city.city, "id": holder, "email": f"{holder}@example.org", "language": "en"}
        await connection.execute(insert(tables.persons).values(made_at=now(), **person))
    booking = a_booking(state, resource, order=an_order(resource, period=period))
    booking = replace(booking, id=BookingId(new_id()), holder_id=holder)
    await databases.place(city.city, booking, resource)
    return booking


async def test_an_overdue_use_is_kept_and_the_next_holder_hears_of_it_with_what_else_is_free(
    database: Databases, tmp_path: Path
) -> None:
    city = await database.new_city()
    async with database.app.transactions.city(city.city) as connection:
        settings = msgspec.to_builtins(BRAUNSCHWEIG)
        await connection.execute(update(tables.cities).values(settings=settings).filter_by(city=city.city))
    point, other = city.charge_points
    over = now().replace(microsecond=0) - minutes(1)
    use = await placed(database, city, point, State.IN_USE, Period(over - minutes(60), over))
    following = await placed(database, city, point, State.CONFIRMED, Period(over + minutes(10), over + minutes(70)))
    work = effects(
        database.app, database.relay, Outside(now, new_id, lambda secret: secret), Post(FileMailer(tmp_path))
    )

    assert await work.keep_overdue() >= 1
    await work.keep_overdue()

    claims = await database.rows(
        city.city,
        "SELECT booking_id, claimed_from, claimed_until FROM claims WHERE city = :city AND resource_id = :id ORDER BY 2",
        id=point.id,
    )
    assert claims == [
        (use.id, use.start, use.end),
        (use.id, use.end, following.start),
        (following.id, following.start, following.end),
    ]
    told = await database.rows(
        city.city, "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city AND kind = 'booking.delayed'"
    )
    assert [(kind, subject) for _, kind, subject, _ in told] == [("booking.delayed", following.id)]
    for entry_id, kind, subject, at in told:
        for job in routes(work)[kind]:
            await job.run(Entry(city.city, entry_id, kind, subject, at, attempts=1))
    (letter,) = [message_from_bytes(file.read_bytes(), policy=policy.SMTP) for file in sorted(tmp_path.glob("*.eml"))]  # noqa: ASYNC240 - a test's own folder
    assert letter["to"] == f"{following.holder_id}@example.org"
    assert str(letter["subject"]).strip().startswith("Delay possible: charging 1")
    text = letter.get_body()
    assert text is not None
    assert other.name in text.get_content()
