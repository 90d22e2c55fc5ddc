"""Whoever stands at a charger without an account, over HTTP: from the price to the receipt, with Stripe's sandbox and its page."""

import secrets
from collections.abc import AsyncIterator
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from adapters.database.charging.ad_hoc_leaving import SqlLeavingBooks
from domain.booking.bookings import BookingId
from domain.charging.reports import IdToken, TransactionEnded, TransactionRef, TransactionStarted, TransactionUpdated
from domain.identity import PersonId, Role
from domain.refusals import Refusal
from infra.clock import now
from infra.ids import new_id
from services.charging.ad_hoc.leaving import leave_ad_hoc
from services.charging.ad_hoc.links import NoLink, guest_of
from tests.adapters.http.books import DATEV
from tests.adapters.http.charging.test_sessions import Plugged
from tests.adapters.http.garage import problem
from tests.adapters.http.tills import Till, opened
from tests.api import a_token, bearer
from tests.database import Databases
from tests.domain.charging.sessions.central import read
from tests.examples import a_call, minutes
from tests.invoices import CITY

pytestmark = pytest.mark.database


class Stranger:
    """Somebody with a phone, before a station that is there."""

    def __init__(self, plugged: Plugged) -> None:
        self.plugged, self.city, self.key = plugged, plugged.city, new_id().hex
        self.path = f"/v1/{plugged.city}/charging/ad-hoc"
        self.wish: dict[str, Any] = {
            "resource_id": str(plugged.point.id),
            "tariff_id": "charging-standard",
            "tariff_version": 1,
            "return_url": "https://city.example/charging",
            "budget": {"amount": 1500, "currency": "EUR"},
            "email": "Eve@example.org",
        }

    async def begin(self, key: str | None = None, **changes: Any) -> httpx.Response:
        headers = {"idempotency-key": key or self.key}
        return await self.plugged.till.http.post(self.path, json=self.wish | changes, headers=headers)

    async def look(self, link: str, under: str = "") -> httpx.Response:
        return await self.plugged.till.http.get(f"{self.path}/{link}{under}")

    async def stop(self, link: str) -> httpx.Response:
        return await self.plugged.till.http.post(f"{self.path}/{link}/stop")

    async def pays(self, url: str) -> None:
        """And the provider says so."""
        (await self.plugged.till.sandbox.http.post(url, data={"payment_method": "pm_card_visa"})).raise_for_status()
        await self.plugged.offered.payments.refresh(self.city, await self.booking())
        await self.plugged.work()

    async def booking(self) -> UUID:
        ((found,),) = await self.plugged.rows(
            "SELECT id FROM bookings WHERE city = :city ORDER BY made_at DESC LIMIT 1"
        )
        return BookingId(found)

    async def money(self) -> list[tuple[Any, ...]]:
        return await self.plugged.rows(
            "SELECT purpose, state, amount, captured FROM payments WHERE city = :city AND booking_id = :id",
            id=await self.booking(),
        )


def letters(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.glob("*.eml")]


def told_that_it_has_not_begun(folder: Path) -> list[tuple[str, str]]:
    """To whom, and in which words."""
    mails = [message_from_string(each, _class=EmailMessage, policy=policy.SMTP) for each in letters(folder)]
    mails = [mail for mail in mails if str(mail["Subject"]).startswith("Charging has not begun: ")]
    return [(str(mail["To"]), " ".join(mail.get_content().split())) for mail in mails]


@pytest.fixture(scope="module")
async def town(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    city = replace(CITY, accounting=DATEV)
    says = {name: value for name, value in msgspec.to_builtins(city).items() if name not in {"stripe", "city"}}
    async with opened(database, tmp_path_factory.mktemp("stripe"), **says) as till:
        yield till


@pytest.fixture
async def stranger(town: Till, tmp_path: Path) -> AsyncIterator[Stranger]:
    plugged = Plugged(town, tmp_path, 0, IdToken(new_id().hex[-20:].upper()))
    for table in ("evses", "claims"):
        await plugged.rows(f"DELETE FROM {table} WHERE city = :city RETURNING city")
    await plugged.stand()
    yield Stranger(plugged)
    await plugged.clients.close()


async def test_from_the_price_to_the_receipt_without_an_account(stranger: Stranger, tmp_path: Path) -> None:
    plugged, http = stranger.plugged, stranger.plugged.till.http
    offer = (await http.get(stranger.path, params={"resource_id": str(plugged.point.id)})).json()
    assert [each["per"] for each in offer["prices"]] == ["kwh", "minute", "other"]
    assert offer["held"] == {"amount": 6050, "currency": "EUR"}
    assert {"tariff_id": offer["tariff_id"], "tariff_version": offer["tariff_version"]}.items() <= stranger.wish.items()
    assert problem(await stranger.begin(key=new_id().hex, tariff_version=2)) == (409, "price_changed")

    begun = await stranger.begin()
    assert begun.status_code == 201, begun.text
    link, charge = begun.json()["link"], begun.json()["charge"]
    assert (charge["state"], charge["held"]["amount"], charge["payment"]) == (
        "awaiting_payment",
        1500,
        "requires_payment_method",
    )
    assert (await stranger.begin()).json()["payment_url"] == begun.json()["payment_url"]
    assert problem(await stranger.begin(energy_kwh="10")) == (422, "key_reused")
    assert problem(await stranger.begin(key=new_id().hex)) == (409, "resource_taken")
    assert problem(await stranger.begin(key="short")) == (400, "key_invalid")

    await stranger.pays(begun.json()["payment_url"])
    assert (await stranger.look(link)).json()["state"] == "starting"
    assert (await stranger.begin()).json()["payment_url"] is None
    ((kind, wanted),) = await plugged.told()
    assert (kind, wanted["evse"]) == ("start_transaction", 1)

    began, token = now().replace(microsecond=0), IdToken(wanted["id_token"])
    answer = await plugged.central.started(
        plugged.at, TransactionStarted(1, 1, token, began, readings=(read(began, 5000),))
    )
    ref = TransactionRef(str(answer.number))
    await plugged.central.updated(plugged.at, TransactionUpdated(ref, now(), readings=(read(now(), 9000),)))
    await plugged.work()
    charging = (await stranger.look(link)).json()
    assert (charging["state"], charging["limit"]["budget"]["amount"]) == ("charging", 1500)
    assert (await stranger.stop(link)).json()["stopping"] is True
    assert (await plugged.told())[1] == ("stop_transaction", {"type": "stop_transaction", "ref": ref})

    over = now()
    await plugged.central.ended(plugged.at, TransactionEnded(ref, over, "Remote", readings=(read(over, 15_000),)))
    await plugged.work()
    done = (await stranger.look(link)).json()
    # 10 kWh at 48.50 ct, and one hour of 2.40 of the six that were free.
    assert (done["state"], done["kwh"], done["cost"], done["cost_is_final"], done["payment"]) == (
        "completed", "10", {"amount": 725, "currency": "EUR"}, True, "captured",
    )  # fmt: skip
    assert await stranger.money() == [("ad_hoc", "captured", 1500, 725)]
    receipt = await stranger.look(link, "/receipt")
    assert (receipt.status_code, receipt.content[:5]) == (200, b"%PDF-")
    assert await plugged.rows(
        "SELECT sum(amount) FILTER (WHERE side = 'debit') = sum(amount) FILTER (WHERE side = 'credit'), count(*) > 0"
        " FROM ledger_legs WHERE city = :city"
    ) == [(True, True)]
    (letter,) = letters(tmp_path)
    assert ("eve@example.org" in letter, "application/pdf" in letter) == (True, True)
    month = over.date().replace(day=1)
    assert isinstance(await plugged.offered.accounting.datev(plugged.city, month, month, lock=False), tuple)
    assert await plugged.rows("SELECT count(*) FROM persons WHERE city = :city") == [(0,)]
    assert await plugged.rows("SELECT count(*) FROM payers WHERE city = :city") == [(0,)]
    kept = "SELECT count(*) FROM answers WHERE city = :city AND (body LIKE '%/pay/%' OR body LIKE :link)"
    assert await plugged.rows(kept, link=f"%{link}%") == [(0,)]

    for other in (link[:-1] + ("A" if link[-1] != "A" else "B"), "x", f"{stranger.key}\u00e4"):
        assert problem(await stranger.look(other)) == (404, "unknown_charge")


async def test_a_station_that_does_not_begin_is_given_up_and_the_money_goes_back(
    stranger: Stranger, tmp_path: Path
) -> None:
    begun = (await stranger.begin()).json()
    await stranger.plugged.rows("UPDATE evses SET resource_id = NULL WHERE city = :city RETURNING city")
    await stranger.pays(begun["payment_url"])
    told = (await stranger.look(begun["link"])).json()
    assert (told["state"], told["payment"], told["cost"]["amount"]) == ("not_started", "released", 0)
    assert await stranger.money() == [("ad_hoc", "released", 1500, 0)]
    assert problem(await stranger.look(begun["link"], "/receipt")) == (404, "unknown_invoice")
    ((to, text),) = told_that_it_has_not_begun(tmp_path)
    assert to == "eve@example.org"
    assert "charging 1 (Altstadtmarkt 1) has not begun to charge." in text
    assert "You pay nothing. The hold of EUR 15.00 on your card is being released." in text
    assert "Price" not in text
    await stranger.plugged.work()
    assert len(told_that_it_has_not_begun(tmp_path)) == 1


async def test_whoever_says_no_address_is_not_written_to(stranger: Stranger, tmp_path: Path) -> None:
    begun = (await stranger.begin(email=None)).json()
    await stranger.plugged.rows("UPDATE evses SET resource_id = NULL WHERE city = :city RETURNING city")
    await stranger.pays(begun["payment_url"])
    assert (await stranger.look(begun["link"])).json()["state"] == "not_started"
    assert told_that_it_has_not_begun(tmp_path) == []


async def test_whoever_leaves_before_it_begins_pays_nothing_and_cannot_pay_any_more(
    stranger: Stranger, tmp_path: Path
) -> None:
    begun = (await stranger.begin()).json()
    left = await stranger.stop(begun["link"])
    assert (left.status_code, left.json()["state"]) == (200, "cancelled")
    await stranger.plugged.work()
    assert await stranger.money() == [("ad_hoc", "released", 1500, 0)]
    assert told_that_it_has_not_begun(tmp_path) == [], "she did so herself"
    page = await stranger.plugged.till.sandbox.http.post(begun["payment_url"])
    assert page.status_code == 400
    assert (await stranger.stop(begun["link"])).json()["state"] == "cancelled"


async def test_what_nobody_pays_in_time_is_free_again_and_its_page_shut(stranger: Stranger) -> None:
    begun = (await stranger.begin()).json()
    booking = await stranger.booking()
    await stranger.plugged.rows(
        "UPDATE bookings SET hold_expires_at = :ago WHERE city = :city AND id = :id RETURNING id",
        id=booking,
        ago=now() - minutes(1),
    )
    await stranger.plugged.offered.bookings.expire(stranger.city, BookingId(booking))
    await stranger.plugged.work()
    assert (await stranger.look(begun["link"])).json()["state"] == "expired"
    assert await stranger.money() == [("ad_hoc", "released", 1500, 0)]
    assert (await stranger.begin(key=new_id().hex)).status_code == 201


async def charges(stranger: Stranger) -> tuple[str, TransactionRef]:
    """She has paid, and her station has begun."""
    link, token = await pays_and_waits(stranger)
    began = now().replace(microsecond=0)
    report = TransactionStarted(1, 1, token, began, readings=(read(began, 5000),))
    answer = await stranger.plugged.central.started(stranger.plugged.at, report)
    await stranger.plugged.work()
    return link, TransactionRef(str(answer.number))


async def pays_and_waits(stranger: Stranger) -> tuple[str, IdToken]:
    begun = (await stranger.begin(email=None)).json()
    await stranger.pays(begun["payment_url"])
    return begun["link"], IdToken((await stranger.plugged.told())[0][1]["id_token"])


async def test_after_a_power_cut_she_stops_and_is_billed_at_once(stranger: Stranger) -> None:
    link, ref = await charges(stranger)
    plugged, over = stranger.plugged, now()
    await plugged.central.ended(plugged.at, TransactionEnded(ref, over, "PowerLoss", readings=(read(over, 15_000),)))
    await plugged.work()
    assert [(await stranger.look(link)).json()[name] for name in ("state", "stopping")] == ["ending", False]
    assert await stranger.money() == [("ad_hoc", "authorised", 1500, 0)]
    assert (await stranger.stop(link)).status_code == 200
    await plugged.work()
    done = (await stranger.look(link)).json()
    assert (done["state"], done["cost"]["amount"], done["cost_is_final"]) == ("completed", 725, True)
    assert await stranger.money() == [("ad_hoc", "captured", 1500, 725)]


async def test_what_began_before_we_heard_of_it_is_stopped_and_paid_by_whoever_left_meanwhile(
    stranger: Stranger,
) -> None:
    link, token = await pays_and_waits(stranger)
    plugged, began = stranger.plugged, now().replace(microsecond=0)
    for _ in range(2):
        stopped = (await stranger.stop(link)).json()
        assert (stopped["state"], stopped["stopping"], stopped["payment"]) == ("starting", True, "authorised")
        await plugged.work()
    assert len(await plugged.told()) == 1
    report = TransactionStarted(1, 1, token, began, readings=(read(began, 5000),))
    answer = await plugged.central.started(plugged.at, report)
    ref = TransactionRef(str(answer.number))
    assert (await plugged.told())[1] == ("stop_transaction", {"type": "stop_transaction", "ref": ref})
    over = now()
    await plugged.central.ended(plugged.at, TransactionEnded(ref, over, "Remote", readings=(read(over, 15_000),)))
    await plugged.work()
    assert (await stranger.look(link)).json()["state"] == "completed"
    assert await stranger.money() == [("ad_hoc", "captured", 1500, 725)]


async def test_a_charge_that_is_gone_as_she_stops_it_is_unknown(stranger: Stranger, database: Databases) -> None:
    city, at = stranger.city, now()
    call = a_call(guest_of(city, PersonId(new_id())))
    async with database.app.transactions.city(city) as connection:
        books = SqlLeavingBooks(connection, call, new_id, secrets.token_bytes, at)
        assert await leave_ad_hoc(BookingId(new_id()), books=books, now=at) == Refusal(NoLink.UNKNOWN_CHARGE)


async def test_a_charge_of_which_only_the_middle_was_told_is_stopped_too(stranger: Stranger) -> None:
    link, token = await pays_and_waits(stranger)
    plugged, ref = stranger.plugged, TransactionRef("of-2.0.1")
    report = TransactionUpdated(ref, now(), 1, token, seq=3, readings=(read(now(), 9000),))
    await plugged.central.updated(plugged.at, report)
    assert (await stranger.look(link)).json()["state"] == "charging"
    assert (await stranger.stop(link)).json()["stopping"] is True
    assert (await plugged.told())[1] == ("stop_transaction", {"type": "stop_transaction", "ref": ref})


async def test_what_a_hold_that_lapsed_does_not_pay_is_owed_and_finance_sees_it(stranger: Stranger) -> None:
    link, ref = await charges(stranger)
    plugged, over = stranger.plugged, now()
    await plugged.rows(
        "UPDATE payments SET state = 'released', ended_at = now(), version = version + 1 WHERE city = :city AND booking_id = :id RETURNING 1",
        id=await stranger.booking(),
    )
    await plugged.central.ended(plugged.at, TransactionEnded(ref, over, "Local", readings=(read(over, 15_000),)))
    await plugged.work()
    done = (await stranger.look(link)).json()
    assert (done["state"], done["cost"]["amount"], done["payment"]) == ("completed", 725, "released")
    finance = bearer(a_token(plugged.city, Role.FINANCE))
    listed = await plugged.till.http.get(f"/v1/{plugged.city}/finance/dunning-cases", headers=finance)
    cases = [each for each in listed.json()["items"] if each["booking_id"] == str(await stranger.booking())]
    assert [(each["state"], each["owed"]["amount"]) for each in cases] == [("open", 725)]
