"""What is cancelled of a series at once is one letter, and as many events as there were bookings."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.database.notice_log import SqlNoticeLog
from adapters.database.notices import SqlNotices
from adapters.mail.composing import composer
from adapters.mail.files import FileMailer
from domain.booking.bookings import BookingId
from domain.notices.occasions import Occasion
from infra.clock import now
from services.notices.ports import NoticeDesk
from services.notices.telling import tell
from tests.adapters.http.garage import Garage
from tests.adapters.http.settled import settled
from tests.adapters.http.test_fleet_series import KIM, driver, make, wish
from tests.database import Databases

pytestmark = pytest.mark.database
WRITTEN = (
    "SELECT id, subject_id, written_at FROM outbox WHERE city = :city AND kind = 'booking.cancelled' ORDER BY id DESC"
)
LOGGED = """SELECT n.state, n.unsent, count(*) FROM notices n WHERE n.city = :city AND n.occasion = 'cancelled'
  GROUP BY n.state, n.unsent ORDER BY n.state, n.unsent"""
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


async def letters(garage: Garage, folder: Path) -> list[EmailMessage]:
    """Each cancellation is told, the latest first, and each twice, as where a worker ended before it said so."""
    app, city = garage.database.app, garage.seeded.city
    desk = NoticeDesk(
        SqlNotices(app.statements), SqlNoticeLog(app.transactions, now), composer(), FileMailer(folder), now
    )
    for entry, booking, at in await garage.database.rows(city, WRITTEN):
        for _ in range(2):
            await tell(Occasion.CANCELLED, city, BookingId(UUID(str(booking))), UUID(str(entry)), at, desk=desk)
    return letters_in(folder)


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
    text = of_series.get_body().get_content()  # type: ignore[union-attr]  # it has a text
    assert "These 3 bookings of your series are cancelled as you asked:" in text
    assert text.count("\n- ") == 3
    taken_out = "".join(each.get_payload(decode=True).decode() for each in of_series.iter_attachments())  # type: ignore[union-attr]  # bytes
    assert [f"UID:{each['booking_id']}@" in taken_out.replace("\r\n ", "") for each in others] == [True] * 3
    assert f"UID:{first['booking_id']}@" not in taken_out
    city = garage.seeded.city
    assert await garage.database.rows(city, LOGGED) == [("sent", None, 2), ("skipped", "told_together", 2)]
    assert await garage.database.rows(city, TOLD) == [(4,)]


async def test_what_is_given_back_of_a_series_by_and_by_is_a_letter_each_time(garage: Garage, tmp_path: Path) -> None:
    series = await made(garage)
    path = f"fleet/series/{series['id']}/cancel"
    end = await garage.ask("POST", path, {"from": 3}, token=driver(garage), key="end")
    rest = await garage.ask("POST", path, {}, token=garage.manager, key="rest")
    assert (end.status_code, rest.status_code) == (200, 200), (end.text, rest.text)

    by_kim, by_staff = sorted(
        (each.get_body().get_content() for each in await letters(garage, tmp_path)),  # type: ignore[union-attr]  # it has a text
        key=lambda text: "sorry" in text,
    )

    assert "These 2 bookings of your series are cancelled as you asked:" in by_kim
    assert "We are sorry that we had to cancel these 2 bookings of your series:" in by_staff
