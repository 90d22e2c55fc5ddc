"""Everybody's invoices over HTTP, for finance."""

from typing import Any

import httpx
import pytest

from domain.identity import Role
from infra.ids import new_id
from tests.adapters.http.test_invoices import Resident
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def ada(http: httpx.AsyncClient, database: Databases) -> Resident:
    found = Resident(http, database, await database.new_city(), new_id())
    await found.settings()
    return found


async def read(ada: Resident, path: str, **more: Any) -> httpx.Response:
    headers = bearer(a_token(ada.city.city, Role.FINANCE)) | more.pop("headers", {})
    return await ada.http.get(f"/v1/{ada.city.city}/finance/{path}", headers=headers, **more)


async def test_finance_sees_everybodys_invoices_page_by_page(ada: Resident) -> None:
    made = [await ada.invoiced(day, holder=new_id()) for day in range(3)]
    first = (await read(ada, "invoices", params={"limit": 2})).json()
    second = (await read(ada, "invoices", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["number"] for item in first["items"] + second["items"]] == [made[n].number for n in (2, 1, 0)]
    assert second["next_cursor"] is None


async def test_an_invoice_leads_to_documents_that_finance_may_read(ada: Resident) -> None:
    made = await ada.invoiced(holder=new_id())
    answer = await read(ada, f"invoices/{made.id}")
    at = f"/v1/{ada.city.city}/finance/invoices/{made.id}"
    assert answer.json()["documents"] == {"pdf": f"{at}/pdf", "xml": f"{at}/xml"}
    assert (await read(ada, f"invoices/{made.id}/pdf")).content.startswith(b"%PDF-1.7")
    assert (await read(ada, f"invoices/{made.id}/xml")).content.startswith(b"<?xml")
    again = await read(ada, f"invoices/{made.id}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_invoice_leads_to_what_was_used(ada: Resident) -> None:
    made = await ada.invoiced(holder=new_id())
    path = (await read(ada, f"invoices/{made.id}")).json()["booking"].removeprefix(f"/v1/{ada.city.city}/finance/")
    answer = await read(ada, path)
    shown = answer.json()
    assert (shown["id"], shown["thing"], shown["price"]) == (
        str(made.subject.booking_id),
        made.subject.thing,
        {"amount": 240, "currency": "EUR"},
    )
    assert [line["gross"] for line in shown["lines"]] == [shown["price"]]
    (invoice,) = (await ada.http.get(shown["invoices"], headers=bearer(a_token(ada.city.city, Role.FINANCE)))).json()[
        "items"
    ]
    assert invoice["id"] == str(made.id)
    again = await read(ada, path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    missing = await read(ada, f"bookings/{new_id()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_booking")


async def test_an_invoice_that_is_not_there_or_in_another_city_is_unknown(ada: Resident, database: Databases) -> None:
    abroad = Resident(ada.http, database, await database.new_city(), new_id())
    await abroad.settings()
    foreign = await abroad.invoiced()
    for path in (f"invoices/{foreign.id}", f"invoices/{foreign.id}/pdf", f"invoices/{new_id()}/xml"):
        found = await read(ada, path)
        assert (found.status_code, found.json()["code"]) == (404, "unknown_invoice")
