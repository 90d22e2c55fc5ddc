"""Whoever may say yes is written to, and her deputy; never about her own, at night only where it cannot wait."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text, update

from adapters.database import tables
from adapters.database.notices.log import SqlNoticeLog
from adapters.database.notices.reading import SqlNotices
from adapters.mail.composing import composer
from adapters.mail.letters import letter
from adapters.mail.texts_de import GERMAN
from domain.booking.approval import Approval, ApprovalState
from domain.booking.approval_rules import Condition, Ground
from domain.booking.bookings import Booking, BookingId, Extension, Payer, State
from domain.identity import PersonId
from domain.notices.log import NoticeId, Planned
from domain.notices.occasions import Occasion
from infra.clock import now
from infra.ids import new_id
from services.notices.ports import NoticeDesk
from services.notices.telling import ask, deliver
from tests.adapters.jobs.desk import Clock
from tests.adapters.mail.notices import BRAUNSCHWEIG, a_notice
from tests.adapters.mail.test_notice_log import NIGHT, Box
from tests.database import Databases, SeededCity
from tests.examples import NOON, TOWN_HALL, a_booking, an_order, euros, hours, person_id

ADA, GRACE, DORA, OLGA = (person_id(name) for name in ("ada", "grace", "dora", "olga"))
EVENING = NOON - hours(20)
PENDING = Approval(
    ApprovalState.PENDING, NOON - hours(3), rule="Lang", grounds=(Ground(Condition.LONGER_THAN, 7200, 3600),)
)
LINKED = replace(BRAUNSCHWEIG.notices, approval_link="https://app.example/approvals/{booking}")


class Office:
    """A city with a driver, the manager of her pool, somebody who decides for that one, and an operator."""

    def __init__(self, database: Databases, seeded: SeededCity, clock: Clock, box: Box) -> None:
        self.database, self.seeded, self.clock, self.box = database, seeded, clock, box
        log = SqlNoticeLog(database.app.transactions, clock)
        self.desk = NoticeDesk(SqlNotices(database.app.statements), log, composer(), box, clock)

    async def run(self, sql: str, **values: Any) -> None:
        async with self.database.app.transactions.city(self.seeded.city) as connection:
            await connection.execute(text(sql), {"city": self.seeded.city} | values)

    async def waiting(self, **changes: Any) -> Booking:
        car = self.seeded.cars[1]
        facts: dict[str, Any] = {"approval": PENDING, "hold_expires_at": PENDING.due_at} | changes
        booking = a_booking(State.HELD, car, order=an_order(car, payer=Payer.COST_CENTRE), **facts)
        booking = replace(booking, id=BookingId(new_id()))
        await self.database.place(self.seeded.city, booking, car)
        return booking

    async def ask(self, booking: Booking, occasion: Occasion = Occasion.APPROVAL_ASKED) -> list[str]:
        """Whom letters went to by then."""
        entry = uuid5(booking.id, occasion)
        await ask(occasion, self.seeded.city, booking.id, entry, self.clock(), desk=self.desk)
        return self.reached

    @property
    def reached(self) -> list[str]:
        return sorted(each.to.partition("@")[0] for each in self.box.letters)


@pytest.fixture
async def office(database: Databases) -> Office:
    found = Office(database, await database.new_city(), Clock(EVENING), Box())
    settings = msgspec.to_builtins(replace(BRAUNSCHWEIG, notices=LINKED))
    async with database.app.transactions.city(found.seeded.city) as connection:
        await connection.execute(update(tables.cities).values(settings=settings).filter_by(city=found.seeded.city))
    for name, role in (("ada", "driver"), ("grace", "fleet_manager"), ("dora", "driver"), ("olga", "operator")):
        person = "INSERT INTO persons (city, id, email, name, language, made_at) VALUES (:city, :id, :email, :name, 'en', now())"
        await found.run(person, id=person_id(name), email=f"{name}@example.org", name=name.title())
        pool = TOWN_HALL if role == "fleet_manager" else ""
        grant = "INSERT INTO role_grants (city, person_id, role, pool_id, granted_at) VALUES (:city, :id, :role, :pool, now())"
        await found.run(grant, id=person_id(name), role=role, pool=pool)
    return found


async def away(office: Office, person: PersonId, deputy: PersonId) -> None:
    sql = """INSERT INTO deputies (city, id, person_id, deputy_id, starts, ends, named_by, named_at)
      VALUES (:city, :id, :person, :deputy, :start, :end, :person, now())"""
    at = now()
    times = {"start": at - timedelta(hours=1), "end": at + timedelta(days=1)}
    await office.run(sql, id=new_id(), person=person, deputy=deputy, **times)


@pytest.mark.database
async def test_whoever_approves_is_asked_once_and_her_deputy_too(office: Office) -> None:
    await away(office, GRACE, DORA)
    booking = await office.waiting()
    assert await office.ask(booking) == ["dora", "grace"]
    assert await office.ask(booking) == ["dora", "grace"], "asked twice, it is told once"
    said = office.box.letters[0].text.replace("\n", " ")
    assert "Ada asks for a booking that has to be approved." in said
    assert "The reason: Lang. The length of 2 hours is above 1 hour." in said
    assert f"https://app.example/approvals/{booking.id}" in said
    log = "SELECT person_id, occasion, state FROM notices WHERE city = :city ORDER BY person_id"
    rows = await office.database.rows(office.seeded.city, log)
    assert sorted(rows) == sorted((each, "approval_asked", "sent") for each in (GRACE, DORA))
    heard = "SELECT count(*) FROM audit WHERE city = :city AND action = 'booking.approval_asked' AND subject_id = :id"
    assert await office.database.rows(office.seeded.city, heard, id=booking.id) == [(1,)]


@pytest.mark.database
async def test_who_is_named_is_asked_in_place_of_who_runs_the_pool_and_nobody_about_her_own(office: Office) -> None:
    await away(office, GRACE, DORA)
    assert await office.ask(await office.waiting(booked_by=GRACE)) == ["olga"], "operators, where nobody else may"
    office.box.letters.clear()
    kept = msgspec.json.encode({"approvers": [DORA]}).decode()
    await office.run("UPDATE pools SET approval = CAST(:kept AS jsonb) WHERE city = :city", kept=kept)
    start = NOON + hours(48)
    assert await office.ask(await office.waiting(start=start, end=start + hours(1))) == ["dora"]


@pytest.mark.database
async def test_whoever_works_for_the_city_no_more_is_not_asked_and_nobody_but_operators_in_her_place(
    office: Office,
) -> None:
    await away(office, GRACE, DORA)
    await office.run("DELETE FROM role_grants WHERE city = :city AND person_id = :id", id=DORA)
    assert await office.ask(await office.waiting()) == ["grace"]
    office.box.letters.clear()
    kept = msgspec.json.encode({"approvers": [DORA]}).decode()
    await office.run("UPDATE pools SET approval = CAST(:kept AS jsonb) WHERE city = :city", kept=kept)
    start = NOON + hours(48)
    assert await office.ask(await office.waiting(start=start, end=start + hours(1))) == ["olga"]


@pytest.mark.database
async def test_whoever_wants_more_time_for_somebody_is_not_asked_herself_nor_is_her_deputy(office: Office) -> None:
    await away(office, GRACE, DORA)
    wanted = more(ApprovalState.PENDING).extension
    assert wanted is not None
    assert await office.ask(await office.waiting(extension=replace(wanted, asked_by=GRACE))) == ["olga"]


@pytest.mark.database
async def test_operators_are_asked_where_nobody_answers_and_what_is_decided_is_not_told(office: Office) -> None:
    booking = await office.waiting()
    assert await office.ask(booking, Occasion.APPROVAL_ESCALATED) == ["olga"]
    assert "has not answered" in office.box.letters[0].text
    await office.run("UPDATE bookings SET state = 'confirmed', approval = NULL WHERE city = :city")
    assert await office.ask(booking, Occasion.APPROVAL_REMINDED) == ["olga"]


@pytest.mark.database
@pytest.mark.parametrize(("due", "told_at_night"), [(NOON - hours(3), False), (NIGHT + timedelta(hours=5), True)])
async def test_at_night_it_waits_unless_the_answer_is_due_soon(
    office: Office, due: datetime, told_at_night: bool
) -> None:
    office.clock.now = NIGHT
    booking = await office.waiting(approval=replace(PENDING, due_at=due), hold_expires_at=due)
    assert await office.ask(booking) == (["grace"] if told_at_night else [])
    if not told_at_night:
        ids = await office.database.rows(office.seeded.city, "SELECT id FROM notices WHERE city = :city")
        office.clock.now = NIGHT + timedelta(hours=8)
        await deliver(office.seeded.city, ids[0][0], desk=office.desk)
        assert office.reached == ["grace"]


@pytest.mark.database
async def test_what_somebody_else_is_asked_later_takes_no_letter_from_whoever_was_asked_before(office: Office) -> None:
    """Of a series that is reminded about by and by, one may be entered for the first by one event, and another by the next."""
    booking = await office.waiting()
    for number, person in enumerate((GRACE, DORA)):
        asked = Planned(
            id=NoticeId(new_id()),
            booking_id=booking.id,
            person_id=person,
            occasion=Occasion.APPROVAL_REMINDED,
            about=f"series {person}",
            happened_at=EVENING + timedelta(seconds=number),
            dated=EVENING,
            planned_for=EVENING,
        )
        await office.desk.log.enter(office.seeded.city, asked)
    for (notice,) in await office.database.rows(office.seeded.city, "SELECT id FROM notices WHERE city = :city"):
        await deliver(office.seeded.city, notice, desk=office.desk)
    assert office.reached == ["dora", "grace"]


def more(state: ApprovalState, **said: Any) -> Booking:
    booking = a_booking(State.CONFIRMED)
    approval = replace(PENDING, state=state, **said)
    extension = Extension(
        end=booking.end + hours(1),
        quote=booking.quote,
        terms=booking.terms,
        delta=euros("2.40"),
        missing=euros("2.40"),
        asked_at=NOON - hours(5),
        expires_at=NOON - hours(3),
        claimed_from=booking.end,
        claimed_until=booking.end + hours(1),
        lapsed=state in {ApprovalState.REJECTED, ApprovalState.MISSED},
        approval=approval,
    )
    return replace(booking, extension=extension)


@pytest.mark.parametrize(
    ("occasion", "booking", "words"),
    [
        (Occasion.APPROVAL_ASKED, more(ApprovalState.PENDING), "Kim möchte eine Buchung bis"),
        (Occasion.EXTENSION_APPROVED, more(ApprovalState.APPROVED), "Bitte bezahlen Sie 2,40 Euro bis"),
        (Occasion.EXTENSION_NOT_APPROVED, more(ApprovalState.MISSED), "nicht rechtzeitig entschieden"),
        (Occasion.EXTENSION_NOT_APPROVED, more(ApprovalState.REJECTED), "leider nicht freigegeben."),
        (Occasion.EXTENSION_NOT_APPROVED, more(ApprovalState.REJECTED, reason="Winter"), "Begründung: Winter"),
    ],
)
def test_more_time_is_asked_for_and_answered_in_words(occasion: Occasion, booking: Booking, words: str) -> None:
    written = letter(occasion, a_notice(booking, asks="Kim"), GERMAN, NOON)
    assert words in written.text.replace("\n", " ")
