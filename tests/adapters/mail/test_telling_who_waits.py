"""Whoever waits is told what is offered to her: once, in her language, when she may be, and only while it is so."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.notices.books import SqlNoticeBooks
from adapters.database.notices.log import SqlNoticeLog
from adapters.database.notices.reading import SqlNotices
from adapters.mail.composing import composer
from domain.booking.bookings import Payer
from domain.booking.resources import ResourceId, Service
from domain.booking.waiting import EntryState, Term, TimedOffer, WaitlistEntry, WaitlistEntryId
from domain.notices.occasions import Occasion
from domain.periods import Period
from infra.ids import new_id
from services.notices.ports import Holder, Message, NoticeDesk, WaitlistNotice
from services.notices.reading import NoticesWanted
from services.notices.telling import deliver, tell_waiting
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.database import Databases
from tests.examples import BERLIN, HERE, NOON, an_id, hours, minutes, person_id

NOW = NOON - hours(6)
NIGHT = datetime(2030, 6, 2, 23, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
MORNING = datetime(2030, 6, 3, 7, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
OFFER = TimedOffer(ResourceId(an_id("car")), Period(NOON, NOON + hours(1)), NOW, Term(NOW, NOW + hours(1)))
ENTRY = WaitlistEntry(
    id=WaitlistEntryId(an_id("entry")),
    holder_id=person_id("ada"),
    service=Service.FLEET,
    resource_id=ResourceId(an_id("car")),
    request=None,
    start=NOON,
    end=NOON + hours(1),
    payer=Payer.SELF,
    options=msgspec.Raw(b"{}"),
    early_start=False,
    roles=frozenset(),
    pools=frozenset(),
    joined_at=NOW,
    state=EntryState.OFFERED,
    offer=OFFER,
)


@pytest.mark.parametrize(
    ("occasion", "language", "subject", "said"),
    [
        (
            Occasion.OFFERED,
            "de",
            "Frei geworden: ID.3, Rathaus, Montag, 3. Juni 2030, 14:00 bis 15:00 Uhr MESZ",
            "09:00",
        ),
        (Occasion.OFFERED, "en", "Free now: ID.3, Rathaus", "we ask whoever is next"),
        (Occasion.OFFER_LAPSED, "de", "Angebot abgelaufen: ID.3, Rathaus", "weitergegeben"),
        (Occasion.OFFER_LAPSED, "en", "Offer over: ID.3, Rathaus", "passed it on"),
        (Occasion.OFFER_TAKEN_BACK, "de", "Angebot zurückgenommen: Montag", "an Ihrer Stelle auf der Warteliste"),
        (Occasion.OFFER_TAKEN_BACK, "en", "Offer taken back: ", "keep your place"),
        (Occasion.WAITED_IN_VAIN, "de", "Leider nichts frei geworden: ID.3", "Warteliste"),
        (Occasion.WAITED_IN_VAIN, "en", "Nothing got free: ID.3", "waitlist"),
    ],
)
def test_what_is_written_to_those_who_wait(occasion: Occasion, language: str, subject: str, said: str) -> None:
    notice = WaitlistNotice(HERE, BRAUNSCHWEIG, Holder("ada@example.org", language), ENTRY, "ID.3", "Rathaus")
    message = composer()(occasion, notice, an_id("message"), NOW)
    assert message.subject.startswith(subject)
    assert said in " ".join(message.text.split())
    assert (message.language, message.attachments) == (language, ())


class Box:
    def __init__(self) -> None:
        self.letters: list[Message] = []

    async def send(self, message: Message) -> None:
        self.letters.append(message)


@pytest.mark.database
async def test_an_offer_is_told_once_when_it_may_be_and_not_after_its_end(database: Databases) -> None:
    seeded = await database.new_city()
    city, box, now = seeded.city, Box(), [NIGHT]
    entry = replace(ENTRY, id=WaitlistEntryId(new_id()), resource_id=seeded.cars[0].id)
    offer = replace(OFFER, resource_id=seeded.cars[0].id, made_at=NIGHT, term=Term(MORNING, MORNING + hours(1)))
    log = SqlNoticeLog(database.app.transactions, lambda: now[0])
    desk = NoticeDesk(SqlNotices(database.app.statements), log, composer(), box, lambda: now[0])
    await waits(database, city, entry, offer)

    written = new_id()
    for _ in range(2):
        assert not await tell_waiting(Occasion.OFFERED, city, entry.id, written, NIGHT, desk=desk)
    books = SqlNoticeBooks(database.app, lambda: now[0], new_id)
    (planned,) = await books.page(city, NoticesWanted(10, person_id=entry.holder_id))
    assert (planned.waitlist_entry_id, planned.booking_id) == (entry.id, None)
    assert (planned.state, planned.planned_for, box.letters) == ("planned", MORNING, [])
    now[0] = MORNING + minutes(1)
    assert await deliver(city, planned.id, desk=desk)
    assert not await deliver(city, planned.id, desk=desk)
    (letter,) = box.letters
    assert letter.subject.startswith("Frei geworden: ")
    # It was accepted before anybody could be told that it lapsed.
    assert not await tell_waiting(Occasion.OFFER_LAPSED, city, entry.id, new_id(), now[0], desk=desk)
    skipped = {(each.occasion, each.state, each.unsent) for each in await books.page(city, NoticesWanted(10))}
    assert (Occasion.OFFER_LAPSED, "skipped", "no_longer_true") in skipped
    # What was offered broke down, and something else is offered to her.
    another = """UPDATE waitlist_entries SET offer = CAST(jsonb_set(CAST(offer AS jsonb), '{made_at}', to_jsonb(CAST(:at AS text))) AS json)
      WHERE city = :city RETURNING 1"""
    await database.rows(city, another, at=now[0].isoformat())
    assert await tell_waiting(Occasion.OFFERED, city, entry.id, new_id(), now[0], desk=desk)
    assert not await tell_waiting(Occasion.OFFERED, city, entry.id, new_id(), now[0], desk=desk)
    # That breaks down as well: she is told so each time, and of nothing that is not so any more.
    now[0] += hours(3)
    assert not await tell_waiting(Occasion.OFFER_TAKEN_BACK, city, entry.id, new_id(), now[0], desk=desk)
    waits_again = "UPDATE waitlist_entries SET state = 'waiting', offer = NULL WHERE city = :city RETURNING 1"
    await database.rows(city, waits_again)
    for _ in range(2):
        now[0] += minutes(1)
        taken_back = new_id()
        assert await tell_waiting(Occasion.OFFER_TAKEN_BACK, city, entry.id, taken_back, now[0], desk=desk)
        assert not await tell_waiting(Occasion.OFFER_TAKEN_BACK, city, entry.id, taken_back, now[0], desk=desk)
    assert len(box.letters) == 4


@pytest.mark.database
async def test_whoever_has_left_by_the_morning_is_not_told_then(database: Databases) -> None:
    seeded = await database.new_city()
    city, box, now = seeded.city, Box(), [NIGHT]
    entry = replace(ENTRY, id=WaitlistEntryId(new_id()), resource_id=seeded.cars[0].id)
    log = SqlNoticeLog(database.app.transactions, lambda: now[0])
    desk = NoticeDesk(SqlNotices(database.app.statements), log, composer(), box, lambda: now[0])
    await waits(database, city, entry, replace(OFFER, term=Term(MORNING, MORNING + hours(1))))
    await tell_waiting(Occasion.OFFERED, city, entry.id, new_id(), NIGHT, desk=desk)
    left = "UPDATE waitlist_entries SET state = 'withdrawn', due_at = NULL, settled_at = :now WHERE city = :city RETURNING 1"
    await database.rows(city, left, now=NIGHT)
    now[0] = MORNING + minutes(1)
    books = SqlNoticeBooks(database.app, lambda: now[0], new_id)
    (planned,) = await books.page(city, NoticesWanted(10))
    assert not await deliver(city, planned.id, desk=desk)
    (skipped,) = await books.page(city, NoticesWanted(10))
    assert (skipped.state, skipped.unsent, box.letters) == ("skipped", "no_longer_true", [])


async def waits(database: Databases, city: Any, entry: WaitlistEntry, offer: TimedOffer) -> None:
    settings = msgspec.json.encode(BRAUNSCHWEIG).decode()
    values = {"city": city, "id": entry.id, "person": entry.holder_id, "car": entry.resource_id, "settings": settings}
    values |= {"starts": entry.start, "ends": entry.end, "until": offer.term.until, "now": NIGHT}
    async with database.app.transactions.city(city) as connection:
        for statement in (
            "UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city",
            """INSERT INTO persons (city, id, email, language, made_at)
              VALUES (:city, :person, 'ada@example.org', 'de', :now)""",
            """INSERT INTO waitlist_entries (city, id, holder_id, service, resource_id, starts, ends, payer, options, early_start,
                roles, pools, joined_at, state, due_at, offer)
              VALUES (:city, :id, :person, 'fleet', :car, :starts, :ends, 'self', '{}', false, '{}', '{}', :now, 'offered', :until,
                CAST(:offer AS json))""",
        ):
            await connection.execute(text(statement), values | {"offer": msgspec.json.encode(offer).decode()})
