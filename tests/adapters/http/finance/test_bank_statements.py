"""Bank statements over HTTP: taken in once, all of a file or nothing, and read down to each line."""

import httpx
import pytest

from adapters.http.finance.bank_statements import LARGEST
from domain.identity import Role
from infra.ids import new_id
from tests.adapters.banking.files import document, entry, statement, zipped
from tests.adapters.banking.test_hostile_files import LAUGHS, OUTSIDE, PARAMETER
from tests.adapters.http.bank import IBAN, XML, Office, an_office, paid, problem, statement_of
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await an_office(http, database)


async def test_a_file_is_taken_in_and_read_down_to_its_lines(office: Office) -> None:
    answer = await office.upload(paid((2470, "RE-2030-000017"), (-990, "Entgelt")))
    (receipt,) = answer.json()["statements"]
    assert (answer.status_code, receipt["line_count"], receipt["imported"]) == (201, 2, True)

    shown = await office.get(receipt["href"])
    amounts = {name: shown[name]["amount"] for name in ("opening", "came_in", "went_out", "closing")}
    assert amounts == {"opening": 100_000, "came_in": 2470, "went_out": 990, "closing": 101_480}
    assert (shown["iban"], shown["file"], shown["open_line_count"]) == (IBAN, "umsaetze.xml", 2)

    lines = (await office.get(shown["lines"]))["items"]
    assert [(line["position"], line["amount"]["amount"], line["text"]) for line in lines] == [
        (1, 2470, "RE-2030-000017"),
        (2, -990, "Entgelt"),
    ]
    one = await office.get(f"bank-lines/{lines[0]['id']}")
    assert one == lines[0]
    assert (one["left"], one["state"], one["matches"]) == ({"amount": 2470, "currency": "EUR"}, "timing", [])
    assert await office.get(one["statement"]) == shown


async def test_the_same_file_changes_nothing_and_the_same_key_answers_the_same(office: Office) -> None:
    raw = paid((2470, "x"))
    first = await office.upload(raw, key="k")
    again = await office.upload(raw, key="k")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    known = await office.upload(raw)
    assert (known.status_code, known.json()["statements"][0]["imported"]) == (200, False)
    assert problem(await office.upload(paid((1, "y")), key="k")) == (422, "key_reused")
    assert await office.count("bank_lines") == 1


async def test_an_archive_is_taken_in_whole(office: Office) -> None:
    second = document(statement_of((100, "b"), sequence=18, opening=100_100, on="2026-11-24", before="2026-11-23"))
    archive = zipped([("1.xml", paid((100, "a"))), ("2.xml", second)])
    answer = await office.upload(archive, "application/zip")
    assert (answer.status_code, len(answer.json()["statements"])) == (201, 2)
    found = await office.get("bank-statements", limit=1)
    assert [each["sequence"] for each in found["items"]] == [18]
    rest = await office.get("bank-statements", limit=1, cursor=found["next_cursor"])
    assert ([each["sequence"] for each in rest["items"]], rest["next_cursor"]) == ([17], None)


async def test_statements_and_lines_are_found_by_day_and_account(office: Office) -> None:
    await office.upload(paid((100, "a"), (200, "b")))
    assert len((await office.get("bank-statements", **{"from": "2026-11-23", "to": "2026-11-24"}))["items"]) == 1
    assert (await office.get("bank-statements", **{"from": "2026-11-24"}))["items"] == []
    assert (await office.get("bank-statements", iban="DE02120300000000202051"))["items"] == []
    assert len((await office.get("bank-lines", open=True, to="2026-11-24"))["items"]) == 2
    assert (await office.get("bank-lines", open=False))["items"] == []
    wrong = await office.ask("GET", "bank-lines", params={"from": "2026-11-24", "to": "2026-11-24"})
    assert problem(wrong) == (422, "invalid_input")


async def test_lines_come_page_by_page(office: Office) -> None:
    (receipt,) = (await office.upload(paid(*[(cents, "") for cents in range(1, 6)]))).json()["statements"]
    for path in (f"{receipt['href']}/lines", "bank-lines"):
        seen, cursor = [], None
        while True:
            page = await office.get(path, limit=2, **({"cursor": cursor} if cursor else {}))
            seen += [line["amount"]["amount"] for line in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert sorted(seen) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (LAUGHS, "hostile"),
        (OUTSIDE, "hostile"),
        (PARAMETER, "hostile"),
        (zipped([("a.xml", LAUGHS)]), "a.xml"),
        (zipped([("a.xml", b" " * 2**24)]), "hostile"),
        (b"PK\x03\x04" + b"\x00" * 40, "damaged_archive"),
        (b'{"no": "XML"}', "not_xml"),
        (b"<a/>", "not_camt053"),
        (paid((100, "a")).replace(b"053.001.08", b"053.001.11"), "unknown_version"),
    ],
)
async def test_what_no_bank_sends_is_refused_and_nothing_is_written(office: Office, raw: bytes, says: str) -> None:
    refused = await office.upload(raw)
    assert problem(refused) == (422, "bank_file_invalid")
    assert says in refused.json()["detail"]
    assert await office.count("bank_statements") + await office.count("outbox") == 0
    assert await office.count("answers") == 1  # the same file under the same key is refused in the same words


async def test_one_bad_statement_keeps_the_whole_archive_out(office: Office) -> None:
    torn = document(statement(entry(100), opening=0, closing=101, sequence=18, iban=IBAN))
    refused = await office.upload(zipped([("1.xml", paid((100, "a"))), ("2.xml", torn)]), "application/zip")
    assert problem(refused) == (422, "bank_file_invalid")
    assert refused.json()["errors"] == [
        {"detail": f"totals_differ: statement 18/2026 of {IBAN} opens with 0.00, moves 1.00 and closes with 1.01"}
    ]
    assert await office.count("bank_statements") == 0


async def test_what_the_books_contradict_is_not_taken(office: Office) -> None:
    foreign = paid((100, "a")).replace(IBAN.encode(), b"DE89370400440532013000")
    assert problem(await office.upload(foreign)) == (409, "bank_file_not_taken")
    await office.upload(paid((100, "a")))
    assert problem(await office.upload(paid((200, "another number 17")))) == (409, "bank_file_not_taken")
    assert await office.count("bank_statements") == 1


async def test_files_are_of_a_kind_and_a_size(office: Office) -> None:
    raw = paid((100, "a"))
    for media_type in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        assert problem(await office.upload(raw, media_type)) == (415, "unsupported_file_type")
    assert problem(await office.upload(b"")) == (400, "malformed")
    assert problem(await office.upload(raw + b" " * LARGEST)) == (413, "too_large")
    assert await office.count("bank_statements") == 0
    assert (await office.upload(raw, "text/xml; charset=utf-8")).status_code == 201


async def test_a_large_file_is_taken_in(office: Office) -> None:
    """Larger than any other body may be."""
    raw = paid(*[(100, f"line {number}") for number in range(2000)])
    assert len(raw) > 2 * 256 * 1024
    assert (await office.upload(raw)).status_code == 201
    assert await office.count("bank_lines") == 2000


async def test_a_key_is_needed(office: Office) -> None:
    headers = {"authorization": f"Bearer {office.token}", "content-type": XML}
    answer = await office.http.post(
        f"/v1/{office.city}/finance/bank-statements", content=paid((1, "")), headers=headers
    )
    assert problem(answer) == (400, "key_missing")


async def test_what_is_not_there_or_in_another_city_is_unknown(office: Office, database: Databases) -> None:
    (receipt,) = (await office.upload(paid((100, "a")))).json()["statements"]
    (line,) = (await office.get(f"{receipt['href']}/lines"))["items"]
    abroad = (await database.new_city()).city
    token = bearer(a_token(abroad, Role.FINANCE))
    for path, code in (
        (f"bank-statements/{receipt['id']}", "unknown_bank_statement"),
        (f"bank-statements/{receipt['id']}/lines", "unknown_bank_statement"),
        (f"bank-lines/{line['id']}", "unknown_line"),
        (f"bank-lines/{new_id()}/proposals", "unknown_line"),
    ):
        assert problem(await office.http.get(f"/v1/{abroad}/finance/{path}", headers=token)) == (404, code)


async def test_a_statement_has_an_etag(office: Office) -> None:
    (receipt,) = (await office.upload(paid((100, "a")))).json()["statements"]
    first = await office.ask("GET", receipt["href"])
    again = await office.ask("GET", receipt["href"], headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
