"""One's own invoices over HTTP: the list, single ones, the documents, and whom they are addressed to."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.invoicing.invoices import SqlInvoiceBooks
from domain.booking.bookings import BookingId, State
from domain.identity import PersonId, Role
from domain.invoicing.invoices import Invoice
from domain.payments.payments import PaymentState, RecoveryPoint
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from tests.adapters.http.settled import settled
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, a_payment, hours
from tests.invoices import CITY, TODAY

pytestmark = pytest.mark.database
ADDRESS = {"name": "Ada Beispiel", "street": "Wendenring 7", "postcode": "38114", "town": "Braunschweig"}
LEITWEG = "04011000-1234512345-06"


class Resident(Struct, frozen=True):
    """Somebody with an account in a city that writes invoices."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    id: UUID

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = bearer(a_token(self.city.city, Role.RESIDENT, person=self.id)) | more.pop("headers", {})
        return await self.http.request(method, f"/v1/{self.city.city}/{path}", headers=headers, **more)

    async def invoiced(self, day: int = 0, holder: UUID | None = None, *, paid: bool = False) -> Invoice:
        point = self.city.charge_points[0]
        booking = replace(
            a_booking(State.COMPLETED, point), id=BookingId(new_id()), holder_id=PersonId(holder or self.id)
        )
        taken = a_payment(
            booking, PaymentState.CAPTURED, recovery_point=RecoveryPoint.SETTLED, captured=240, id=new_id()
        )
        await self.database.place(self.city.city, booking, point, *([taken] if paid else []))
        books = SqlInvoiceBooks(self.database.app.transactions, new_id, lambda: None)
        at = TODAY + hours(24 * day)
        (made,) = await issue_for_booking(self.city.city, booking.id, books=books, clock=lambda: at, new_id=new_id)
        return made

    async def settings(self, **changed: Any) -> None:
        content = msgspec.json.encode(msgspec.structs.replace(CITY, **changed)).decode()
        await self.database.rows(
            self.city.city,
            "UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city RETURNING city",
            settings=content,
        )


@pytest.fixture
async def ada(http: httpx.AsyncClient, database: Databases) -> Resident:
    found = Resident(http, database, await database.new_city(), new_id())
    await found.settings()
    await database.rows(
        found.city.city,
        "INSERT INTO persons (city, id, email, name, made_at) VALUES (:city, :id, 'ada@example.org', 'Ada', now()) RETURNING id",
        id=found.id,
    )
    return found


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_resident_sees_her_invoices_the_newest_first_page_by_page(ada: Resident) -> None:
    made = [await ada.invoiced(day) for day in range(3)]
    await ada.invoiced(1, holder=new_id())
    first = (await ada.ask("GET", "invoices", params={"limit": 2})).json()
    second = (await ada.ask("GET", "invoices", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["number"] for item in first["items"] + second["items"]] == [made[n].number for n in (2, 1, 0)]
    assert second["next_cursor"] is None


async def test_a_list_is_narrowed_to_a_time_or_a_booking(ada: Resident) -> None:
    made = [await ada.invoiced(day) for day in range(3)]
    by_time = await ada.ask("GET", "invoices", params={"from": "2030-06-05T00:00:00Z", "to": "2030-06-06T00:00:00Z"})
    by_booking = await ada.ask("GET", "invoices", params={"booking_id": str(made[0].subject.booking_id)})
    assert [item["number"] for item in by_time.json()["items"]] == [made[1].number]
    assert [item["number"] for item in by_booking.json()["items"]] == [made[0].number]
    wrong = await ada.ask("GET", "invoices", params={"from": "2030-06-06T00:00:00Z", "to": "2030-06-05T00:00:00Z"})
    assert problem(wrong) == (422, "invalid_input")


async def test_an_invoice_leads_to_its_documents_and_its_booking(ada: Resident) -> None:
    made = await ada.invoiced()
    answer = await ada.ask("GET", f"invoices/{made.id}")
    shown, at = answer.json(), f"/v1/{ada.city.city}"
    assert (shown["number"], shown["gross"]) == (made.number, {"amount": 240, "currency": "EUR"})
    assert (shown["open"], shown["credit_notes"]) == (shown["gross"], [])
    assert shown["documents"] == {"pdf": f"{at}/invoices/{made.id}/pdf", "xml": f"{at}/invoices/{made.id}/xml"}
    assert shown["booking"] == f"{at}/bookings/{made.subject.booking_id}"
    again = await ada.ask("GET", f"invoices/{made.id}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("kind", "media", "begins"), [("pdf", "application/pdf", b"%PDF-1.7"), ("xml", "application/xml", b"<?xml")]
)
async def test_a_document_is_rendered_once_and_then_kept(ada: Resident, kind: str, media: str, begins: bytes) -> None:
    made = await ada.invoiced()
    first = await ada.ask("GET", f"invoices/{made.id}/{kind}")
    assert (first.status_code, first.headers["content-type"].partition(";")[0]) == (200, media)
    assert first.content.startswith(begins)
    assert first.headers["content-disposition"] == f'inline; filename="{made.number}.{kind}"'
    kept = await ada.database.rows(
        ada.city.city, "SELECT content, digest FROM invoice_documents WHERE city = :city AND format = :kind", kind=kind
    )
    assert kept == [(first.content, sha256(first.content).hexdigest())]
    assert first.headers["etag"] == f'"{kept[0][1]}"'
    assert (await ada.ask("GET", f"invoices/{made.id}/{kind}")).content == first.content
    known = await ada.ask("GET", f"invoices/{made.id}/{kind}", headers={"if-none-match": first.headers["etag"]})
    assert known.status_code == 304


async def test_other_peoples_invoices_are_as_if_they_were_not_there(ada: Resident) -> None:
    foreign = await ada.invoiced(holder=new_id())
    for path in (
        f"invoices/{foreign.id}",
        f"invoices/{foreign.id}/pdf",
        f"invoices/{foreign.id}/xml",
        f"invoices/{new_id()}",
    ):
        assert problem(await ada.ask("GET", path)) == (404, "unknown_invoice")
    assert (await ada.ask("GET", "invoices")).json() == {"items": [], "next_cursor": None}


async def test_an_invoice_is_addressed_as_its_holder_wants_from_then_on(ada: Resident) -> None:
    before = await ada.invoiced()
    assert problem(await ada.ask("GET", "me/billing-address")) == (404, "unknown_billing_address")
    put = await ada.ask("PUT", "me/billing-address", json=ADDRESS)
    assert (put.status_code, put.json()["version"], put.json()["country"]) == (200, 1, "DE")
    assert (await ada.ask("PUT", "me/billing-address", json=ADDRESS | {"town": "Okerstadt"})).json()["version"] == 2
    after = await ada.invoiced(1)
    assert (before.debtor.name, before.debtor.address) == (None, None)
    assert (after.debtor.name, after.debtor.address and after.debtor.address.town) == ("Ada Beispiel", "Okerstadt")
    assert (await ada.ask("DELETE", "me/billing-address")).status_code == 204
    assert problem(await ada.ask("DELETE", "me/billing-address")) == (404, "unknown_billing_address")
    assert (await ada.invoiced(2)).debtor.address is None


async def test_a_public_body_gets_an_xrechnung_where_the_city_says_whom_to_ask(ada: Resident) -> None:
    wrong = await ada.ask("PUT", "me/billing-address", json=ADDRESS | {"leitweg_id": "04011000-1234512345-07"})
    assert problem(wrong) == (422, "leitweg_id_invalid")
    assert (await ada.ask("PUT", "me/billing-address", json=ADDRESS | {"leitweg_id": LEITWEG})).status_code == 200
    made = await ada.invoiced()
    xml = (await ada.ask("GET", f"invoices/{made.id}/xml")).text
    assert "xrechnung_3.0" in xml
    assert f"<ram:BuyerReference>{LEITWEG}</ram:BuyerReference>" in xml
    await ada.settings(invoicing=msgspec.structs.replace(CITY.invoicing, contact=None))
    refused = await ada.ask("PUT", "me/billing-address", json=ADDRESS | {"leitweg_id": LEITWEG})
    assert problem(refused) == (409, "public_bodies_not_invoiced")


@pytest.mark.parametrize("field", ["name", "street", "postcode", "town", "country"])
async def test_an_address_that_cannot_stand_on_a_letter_is_refused(ada: Resident, field: str) -> None:
    answer = await ada.ask("PUT", "me/billing-address", json=ADDRESS | {field: "\n"})
    assert problem(answer) == (422, "invalid_input")
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_nobody_who_is_not_there_has_an_address(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    await settled(database, city.city)
    token = bearer(a_token(city.city, Role.RESIDENT))
    answer = await http.put(f"/v1/{city.city}/me/billing-address", json=ADDRESS, headers=token)
    assert problem(answer) == (404, "unknown_person")


async def test_an_erased_person_leaves_invoices_and_no_address(ada: Resident) -> None:
    made = await ada.invoiced(paid=True)
    await ada.ask("PUT", "me/billing-address", json=ADDRESS)
    assert (await ada.ask("DELETE", "me")).status_code == 204
    assert await ada.database.rows(ada.city.city, "SELECT 1 FROM debtors WHERE city = :city") == []
    assert await ada.database.rows(ada.city.city, "SELECT number FROM invoices WHERE city = :city") == [(made.number,)]
