"""What becomes of a series at once is one letter, and as many events as there are bookings."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from adapters.database.notices.log import SqlNoticeLog
from adapters.database.notices.reading import SqlNotices
from adapters.mail.composing import composer
from adapters.mail.files import FileMailer
from domain.booking.bookings import BookingId
from domain.identity import PersonId, Role
from domain.notices.occasions import QUESTIONS, Occasion
from infra.clock import now
from infra.ids import new_id
from services.notices.ports import NoticeDesk
from services.notices.telling import ask, tell
from tests.adapters.http.fleet.test_series import KIM, bookings, driver, make, wish
from tests.adapters.http.garage import Garage, problem
from tests.adapters.http.settled import settled
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
WRITTEN = "SELECT id, subject_id, written_at FROM outbox WHERE city = :city AND kind = :kind ORDER BY id DESC"
LOGGED = """SELECT n.state, n.unsent, count(*) FROM notices n WHERE n.city = :city AND n.occasion = :occasion
  GROUP BY n.state, n.unsent ORDER BY n.state, n.unsent"""
GRACE = PersonId(new_id())
TOLD = "SELECT count(DISTINCT subject_id) FROM audit WHERE city = :city AND action = 'booking.cancelled'"


@pytest.fixture
async def garage(http: httpx.AsyncClient, database: Databases) -> Garage:
    """Kim has a mailbox."""
    found = Garage(http, database, await database.new_city())
    await settled(database, found.seeded.city)
    await database.rows(
        found.seeded.city,
        "INSERT INTO persons (city, id, email, language, made_at) VALUES (:city, :id, 'kim@example.org', 'en', now()) RETURNING id",
        id=KIM,
    )
    return found


async def made(garage: Garage) -> dict[str, Any]:
    answer = await make(garage, wish(garage.seeded.cars[1].id))
    found: dict[str, Any] = answer.json()
    return found


async def letters(garage: Garage, folder: Path, occasion: Occasion = Occasion.CANCELLED) -> list[EmailMessage]:
    """Each event is told, the latest first, and each twice, as where a worker ended before it said so."""
    app, city = garage.database.app, garage.seeded.city
    desk = NoticeDesk(
        SqlNotices(app.statements), SqlNoticeLog(app.transactions, now), composer(), FileMailer(folder), now
    )
    one = ask if occasion in QUESTIONS else tell
    for entry, booking, at in await garage.database.rows(city, WRITTEN, kind=f"booking.{occasion}"):
        for _ in range(2):
            await one(occasion, city, BookingId(UUID(str(booking))), UUID(str(entry)), at, desk=desk)
    return letters_in(folder)


def body_of(letter: EmailMessage) -> str:
    found: str = letter.get_body().get_content()  # type: ignore[union-attr]  # it has a text
    return found


def attached(letter: EmailMessage) -> list[str]:
    """The files, unfolded."""
    return [each.get_payload(decode=True).decode().replace("\r\n ", "") for each in letter.iter_attachments()]  # type: ignore[union-attr]  # bytes


async def asked_for(garage: Garage) -> str:
    """From now on Grace approves what the pool's drivers book, and has a mailbox; she is who says so."""
    city = garage.seeded.city
    for sql in (
        "UPDATE pools SET approval_s = 7200 WHERE city = :city RETURNING id",
        "INSERT INTO persons (city, id, email, language, made_at) VALUES (:city, :id, 'grace@example.org', 'en', now()) RETURNING id",
        """INSERT INTO role_grants (city, person_id, role, pool_id, granted_at)
          VALUES (:city, :id, 'fleet_manager', 'town-hall', now()) RETURNING person_id""",
    ):
        await garage.database.rows(city, sql, **({"id": GRACE} if ":id" in sql else {}))
    return garage.token(Role.FLEET_MANAGER, person=GRACE, pools=(TOWN_HALL,))


def letters_in(folder: Path) -> list[EmailMessage]:
    found = [message_from_bytes(each.read_bytes(), policy=policy.default) for each in folder.glob("*.eml")]
    return sorted((each for each in found if isinstance(each, EmailMessage)), key=lambda each: str(each["Subject"]))


async def test_a_series_given_back_is_one_letter_of_all_that_was_and_each_booking_an_event(
    garage: Garage, tmp_path: Path
) -> None:
    series = await made(garage)
    first, *others = series["occurrences"]
    alone = await garage.ask("POST", f"bookings/{first['booking_id']}/cancel", {}, token=driver(garage))
    assert alone.json()["state"] == "cancelled"
    gone = await garage.ask("POST", f"fleet/series/{series['id']}/cancel", {}, token=driver(garage), key="all")
    assert gone.status_code == 200, gone.text

    single, of_series = await letters(garage, tmp_path)

    assert str(single["Subject"]).startswith("Booking cancelled: ")
    assert str(of_series["Subject"]).startswith("Series cancelled: ")
    text = body_of(of_series)
    assert "These 3 bookings of your series are cancelled as you asked:" in text
    assert text.count("\n- ") == 3
    taken_out = "".join(attached(of_series))
    assert [f"UID:{each['booking_id']}@" in taken_out for each in others] == [True] * 3
    assert f"UID:{first['booking_id']}@" not in taken_out
    city = garage.seeded.city
    assert await garage.database.rows(city, LOGGED, occasion="cancelled") == [
        ("sent", None, 2),
        ("skipped", "told_together", 2),
    ]
    assert await garage.database.rows(city, TOLD) == [(4,)]


async def test_a_series_is_confirmed_by_one_letter_with_all_of_it_in_one_file(garage: Garage, tmp_path: Path) -> None:
    series = await made(garage)

    (letter,) = await letters(garage, tmp_path, Occasion.CONFIRMED)

    assert str(letter["Subject"]).startswith("Series confirmed: ")
    assert "These 4 bookings of your series are confirmed:" in body_of(letter)
    assert body_of(letter).count("\n- ") >= 4
    (file,) = attached(letter)
    assert file.count("BEGIN:VEVENT") == 4
    assert [f"UID:{each['booking_id']}@" in file for each in series["occurrences"]] == [True] * 4
    logged = await garage.database.rows(garage.seeded.city, LOGGED, occasion="confirmed")
    assert logged == [("sent", None, 1), ("skipped", "told_together", 3)]


async def test_the_rest_is_confirmed_where_the_first_was_given_back_before_it_was_told(
    garage: Garage, tmp_path: Path
) -> None:
    first, *others = (await made(garage))["occurrences"]
    gone = await garage.ask("POST", f"bookings/{first['booking_id']}/cancel", {}, token=driver(garage))
    assert gone.json()["state"] == "cancelled"

    (letter,) = await letters(garage, tmp_path, Occasion.CONFIRMED)

    assert "These 3 bookings of your series are confirmed:" in body_of(letter)
    (file,) = attached(letter)
    assert f"UID:{first['booking_id']}@" not in file
    assert [f"UID:{each['booking_id']}@" in file for each in others] == [True] * 3


async def test_somebody_is_asked_about_a_series_once_says_yes_once_and_is_told_of_once(
    garage: Garage, tmp_path: Path
) -> None:
    grace, city = await asked_for(garage), garage.seeded.city
    series = await made(garage)
    assert {each["state"] for each in series["occurrences"]} == {"held"}
    waiting = (await garage.ask("GET", "fleet/approvals", token=grace)).json()["items"]
    assert {each["series_id"] for each in waiting} == {series["id"]}

    (question,) = await letters(garage, tmp_path / "asked", Occasion.APPROVAL_ASKED)
    path = f"fleet/series/{series['id']}/approve"
    yes = await garage.ask("POST", path, {}, token=grace, key="yes")
    again = await garage.ask("POST", path, {}, token=grace, key="yes")
    (answer,) = await letters(garage, tmp_path / "told", Occasion.CONFIRMED)

    assert str(question["To"]) == "grace@example.org"
    assert "asks for 4 bookings of a series that have to be approved:" in body_of(question)
    assert [each["state"] for each in yes.json()["occurrences"]] == ["confirmed"] * 4
    assert (again.content, again.headers["idempotency-replayed"]) == (yes.content, "true")
    assert "These 4 bookings of your series are confirmed:" in body_of(answer)
    logged = await garage.database.rows(city, LOGGED, occasion="approval_asked")
    assert logged == [("sent", None, 1), ("skipped", "told_together", 3)]


async def test_who_is_reminded_of_what_is_left_of_a_series_is_reminded_once(garage: Garage, tmp_path: Path) -> None:
    """The first was decided before, so that nobody is reminded about that one; the others are, one after the other."""
    grace, city = await asked_for(garage), garage.seeded.city
    first, *others = (await made(garage))["occurrences"]
    assert (await garage.ask("POST", f"bookings/{first['booking_id']}/approve", {}, token=grace)).status_code == 200
    await garage.database.rows(
        city,
        """INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
          SELECT city, gen_random_uuid(), 'booking.approval_reminded', id, now() + make_interval(secs => row_number() OVER ()), now()
          FROM bookings WHERE city = :city AND id = ANY (CAST(:ids AS uuid[])) RETURNING id""",
        ids=[each["booking_id"] for each in others],
    )

    (letter,) = await letters(garage, tmp_path, Occasion.APPROVAL_REMINDED)

    assert "asks for 3 bookings of a series that have to be approved:" in body_of(letter)


async def test_a_no_to_a_series_is_one_letter_with_its_reason(garage: Garage, tmp_path: Path) -> None:
    grace = await asked_for(garage)
    series = await made(garage)
    path = f"fleet/series/{series['id']}"
    no = await garage.ask("POST", f"{path}/reject", {"from": 2, "reason": "Winter"}, token=grace, key="no")
    yes = await garage.ask("POST", f"{path}/approve", {}, token=grace, key="yes")

    (letter,) = await letters(garage, tmp_path)

    states = ["held", "cancelled", "cancelled", "cancelled"]
    assert [each["state"] for each in no.json()["occurrences"]] == states
    assert [each["state"] for each in yes.json()["occurrences"]] == ["confirmed", *states[1:]]
    text = " ".join(body_of(letter).split())
    assert "these 3 bookings of your series were not approved. The reason: Winter" in text


async def test_whoever_is_named_to_approve_sees_what_she_decided_though_she_runs_no_pool(garage: Garage) -> None:
    await asked_for(garage)
    kept = msgspec.json.encode({"approvers": [GRACE]}).decode()
    named = "UPDATE pools SET approval = CAST(:kept AS jsonb) WHERE city = :city RETURNING id"
    await garage.database.rows(garage.seeded.city, named, kept=kept)
    path, token = f"fleet/series/{(await made(garage))['id']}", driver(garage, GRACE)
    before = await garage.ask("GET", path, token=token)
    part = await garage.ask("POST", f"{path}/approve", {"to": 2}, token=token, key="part")
    assert problem(before) == (404, "unknown_series")
    assert [each["state"] for each in part.json()["occurrences"]] == ["confirmed", "confirmed"]


async def test_nobody_decides_on_a_series_of_her_own_nor_who_has_no_say_in_it(garage: Garage) -> None:
    await asked_for(garage)
    path = f"fleet/series/{(await made(garage))['id']}/approve"
    own = await garage.ask("POST", path, {}, token=driver(garage), key="own")
    elsewhere = await garage.ask("POST", path, {}, token=garage.stranger, key="elsewhere")
    unknown = await garage.ask("POST", f"fleet/series/{new_id()}/approve", {}, key="unknown")
    assert [problem(each) for each in (own, elsewhere, unknown)] == [
        (403, "forbidden"),
        (404, "unknown_series"),
        (404, "unknown_series"),
    ]
    assert {state for _, state in await bookings(garage)} == {"held"}


async def test_what_is_given_back_of_a_series_by_and_by_is_a_letter_each_time(garage: Garage, tmp_path: Path) -> None:
    series = await made(garage)
    path = f"fleet/series/{series['id']}/cancel"
    end = await garage.ask("POST", path, {"from": 3}, token=driver(garage), key="end")
    rest = await garage.ask("POST", path, {}, token=garage.manager, key="rest")
    assert (end.status_code, rest.status_code) == (200, 200), (end.text, rest.text)

    by_kim, by_staff = sorted(
        map(body_of, await letters(garage, tmp_path)),
        key=lambda text: "sorry" in text,
    )

    assert "These 2 bookings of your series are cancelled as you asked:" in by_kim
    assert "We are sorry that we had to cancel these 2 bookings of your series:" in by_staff
