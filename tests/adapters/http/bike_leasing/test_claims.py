"""Claims of leased bikes' insurance over HTTP: with photos, between holder and lessor alone."""

from datetime import timedelta
from io import BytesIO

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from adapters.http.bike_leasing.claim_examples import ACCEPTANCE, CLAIM
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.bike_leasing.test_payments import Treasury, treasury
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.api import bearer
from tests.database import Databases

__all__ = ("treasury",)
pytestmark = pytest.mark.database
GPS, MAKER = 0x8825, 0x010F


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await opened(http, database)


async def hurt(office: Office) -> str:
    """A lease whose bike has been damaged, as if its first month had come."""
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    active = "UPDATE leases SET state = 'active', next_on = NULL, lease = lease || '{\"state\": \"active\"}' WHERE id = :id RETURNING id"
    await office.database.rows(office.city, active, id=lease)
    happened = (now() - timedelta(days=1)).date().isoformat()
    incident = {"lease_id": lease, "kind": "damage", "happened_on": happened, "words": "Schutzblech"}
    await office.done("ada", "incidents", incident)
    return lease


def a_photo(colour: str = "red") -> bytes:
    """As a telephone takes one, with where it was and by what."""
    picture, exif, out = Image.new("RGB", (64, 48), colour), Image.Exif(), BytesIO()
    exif[MAKER] = "Telephone"
    exif.get_ifd(GPS)[2] = (52.0, 15.0, 51.1)
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def sends(office: Office, who: str, claim: str, photo: bytes) -> httpx.Response:
    headers = bearer(office.tokens[who], new_id().hex) | {"content-type": "image/jpeg"}
    url = f"/v1/{office.city}/leasing/claims/{claim}/photos"
    return await office.http.post(url, content=photo, headers=headers)


async def fetches(office: Office, who: str, href: str) -> httpx.Response:
    return await office.http.get(href, headers=bearer(office.tokens[who]))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_claim_goes_from_the_holders_report_to_what_the_insurer_pays(office: Office) -> None:
    lease = await hurt(office)
    claim = await office.done("ada", "claims", CLAIM | {"lease_id": lease})
    assert (claim["incident"], claim["kind"], claim["state"], claim["payout"]) == (1, "damage", "reported", None)
    assert await office.refused("lessor", "claims", {"lease_id": lease}) == (409, "claimed_already")

    steps = f"claims/{claim['id']}/steps"
    assert await office.refused("ada", steps, {"state": "in_review"}) == (403, "forbidden")
    assert await office.refused("lessor", steps, {"state": "paid", "paid_to": "lessor"}) == (409, "claim_state_forbids")
    assert await office.refused("lessor", steps, {"state": "reported"}) == (422, "invalid_input")
    await office.done("lessor", steps, {"state": "in_review", "reference": "SV-77"})
    accepted = await office.done("lessor", steps, ACCEPTANCE)
    assert (accepted["payout"], accepted["reference"]) == ({"amount": 6_000, "currency": "EUR"}, "SV-77")
    assert await office.refused("lessor", steps, {"state": "paid"}) == (422, "payee_missing")
    assert (await office.done("lessor", steps, {"state": "paid", "paid_to": "dealer"}))["state"] == "paid"
    posted = "SELECT count(*) FROM ledger_entries WHERE kind = 'lease_insured'"
    assert await office.database.rows(office.city, posted) == [(0,)], "none of the lessor's money"
    seen = (await office.ask("ada", "GET", f"claims/{claim['id']}")).json()
    assert (seen["state"], seen["deductible"], seen["paid_to"]) == ("paid", ACCEPTANCE["deductible"], "dealer")


async def test_what_the_insurer_pays_the_lessor_is_posted_once_and_settled_by_the_banks_line(
    treasury: Treasury,
) -> None:
    office = treasury.office
    claim = await office.done("ada", "claims", CLAIM | {"lease_id": await hurt(office)})
    before = await treasury.balances()
    steps, paid = f"claims/{claim['id']}/steps", {"state": "paid", "paid_to": "lessor"}
    await office.done("lessor", steps, ACCEPTANCE | {"reference": "SV-2027-4711"})
    assert (await office.done("lessor", steps, paid))["payout"]["amount"] == 6_000
    assert await office.refused("lessor", steps, paid) == (409, "claim_state_forbids")
    assert await treasury.balances() == before | {"treasury": 6_000, "damages": -6_000}

    await treasury.booked((6_000, "Schaden SV-2027-4711"))

    (line,) = (await treasury.get("bank-lines"))["items"]
    assert (line["state"], line["left"]["amount"]) == ("matched", 0)
    assert await treasury.balances() == before | {"bank": 6_000, "damages": -6_000}


async def test_a_lessors_claims_are_listed_a_page_after_the_other(office: Office) -> None:
    lease = await hurt(office)
    again = {"lease_id": lease, "kind": "damage", "happened_on": now().date().isoformat(), "words": "Speiche"}
    claims = [(await office.done("ada", "claims", {"lease_id": lease}))["id"]]
    for _ in range(2):
        await office.done("ada", "incident-outcomes", {"lease_id": lease, "outcome": "repaired"})
        await office.done("ada", "incidents", again)
        claims.append((await office.done("ada", "claims", {"lease_id": lease}))["id"])

    assert await office.listed("lessor", "claims", 1) == [*reversed(claims)]


async def test_photos_lose_where_they_were_taken_and_are_kept_once(office: Office) -> None:
    claim = (await office.done("ada", "claims", {"lease_id": await hurt(office)}))["id"]
    first, again = [await sends(office, "ada", claim, a_photo()) for _ in range(2)]
    other = await sends(office, "lessor", claim, a_photo("blue"))
    assert [each.status_code for each in (first, again, other)] == [201, 201, 201]
    photos = other.json()["photos"]
    assert (len(again.json()["photos"]), len(photos)) == (1, 2)

    fetched = await fetches(office, "ada", photos[0]["href"])
    with Image.open(BytesIO(fetched.content)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (64, 48), {})
    assert code(await sends(office, "ada", claim, b"<svg/>")) == (422, "photo_invalid")
    assert code(await fetches(office, "ada", f"{photos[0]['href'][:-1]}x")) == (404, "unknown_photo")
    await office.done("lessor", f"claims/{claim}/steps", {"state": "refused", "reason": "Verschleiß"})
    assert code(await sends(office, "ada", claim, a_photo("green"))) == (409, "claim_state_forbids")


async def test_an_employer_and_strangers_learn_of_no_claim(office: Office) -> None:
    lease = await hurt(office)
    made = await office.done("ada", "claims", CLAIM | {"lease_id": lease})
    href = (await sends(office, "ada", made["id"], a_photo())).json()["photos"][0]["href"]

    for who in ("hr", "dealer"):
        assert (await office.ask(who, "GET", "claims")).status_code == 403
        assert (await fetches(office, who, href)).status_code == 403
    assert (await office.ask("stranger", "GET", "claims")).json() == {"items": [], "next_cursor": None}
    assert code(await office.ask("stranger", "GET", f"claims/{made['id']}")) == (404, "unknown_claim")
    assert code(await fetches(office, "stranger", href)) == (404, "unknown_claim")
    assert code(await sends(office, "stranger", made["id"], a_photo("blue"))) == (404, "unknown_claim")
    assert await office.refused("stranger", "claims", {"lease_id": lease}) == (404, "unknown_lease")
    said = (await office.ask("hr", "GET", f"leases/{lease}")).text
    assert "Schutzblech" not in said
    assert '"state":"incident"' in said


async def test_whoever_is_erased_takes_her_words_and_photos_along_and_the_claim_stays(office: Office) -> None:
    lease = await hurt(office)
    claim = await office.done("ada", "claims", CLAIM | {"lease_id": lease})
    await sends(office, "ada", claim["id"], a_photo())
    over = """UPDATE leases SET state = 'closed', lease = lease || '{"state": "closed"}' WHERE id = :id RETURNING id"""
    await office.database.rows(office.city, over, id=lease)
    gone = await office.http.delete(f"/v1/{office.city}/me", headers=bearer(office.tokens["ada"], new_id().hex))
    assert gone.status_code == 204, gone.text

    kept = "SELECT words, estimate, state FROM lease_claims WHERE lease_id = :id"
    assert await office.database.rows(office.city, kept, id=lease) == [("", CLAIM["estimate"]["amount"], "reported")]
    for table in ("lease_claim_photos", "photos"):
        assert await office.database.rows(office.city, f"SELECT count(*) FROM {table}") == [(0,)]


async def test_nothing_is_claimed_where_nothing_happened(office: Office) -> None:
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    assert await office.refused("ada", "claims", {"lease_id": lease}) == (409, "no_such_incident")
    assert await office.refused("ada", "claims", {"lease_id": str(new_id())}) == (404, "unknown_lease")
    async with office.database.app.transactions.city(office.city) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM lease_claims")) == 0
