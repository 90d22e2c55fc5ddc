"""Retention by itself: once a day, or as soon after as a worker runs, each city's records are looked through, and whoever
waited to be erased is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from adapters.database.connections import Database
from adapters.database.people import SqlPeople
from adapters.database.retention.deleting import SqlRetention, due_reviews
from adapters.jobs.sweeps import Batch, each
from domain.identity import SYSTEM, City
from services.people.files import erase_waiting
from services.retention.ports import Letters
from services.retention.running import Standing, review

EVERY = timedelta(days=1)


def reviewing(
    app: Database, relay: Database, letters: Letters, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Batch:
    books = SqlRetention(app.transactions, clock, new_id, "retention")

    files = SqlPeople(app.transactions, clock, new_id)

    async def look(city: City) -> tuple[Standing, ...] | None:
        await erase_waiting(city, new_id, files=files, clock=clock)
        return await review(city, SYSTEM, books=books, letters=letters, clock=clock, new_id=new_id)

    return each(lambda n: due_reviews(relay.transactions, clock() - EVERY, n), look, "review records")
