"""From a line at the bank to the minute of a use in three calls, along links alone."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.identity import Role
from infra.bootstrap import Outside, application
from infra.ids import new_id
from tests.adapters.http.bank import IBAN, XML, paid
from tests.adapters.payments.sandbox.running import running
from tests.api import a_token, bearer
from tests.database import Databases
from tests.services.settlement.treasury import Treasury, treasury

pytestmark = pytest.mark.database
READINGS = {"odometer_km": 12_345}


@pytest.fixture
async def town(database: Databases, tmp_path: Path) -> AsyncIterator[Treasury]:
    async with running(tmp_path / "stripe") as sandbox, treasury(database, sandbox) as found:
        await found.rows(
            "UPDATE cities SET settings = settings || jsonb_build_object('iban', CAST(:iban AS text))"
            " WHERE city = :city RETURNING city",
            iban=IBAN,
        )
        yield found


async def test_a_line_at_the_bank_leads_to_the_minute_in_three_calls(http: httpx.AsyncClient, town: Treasury) -> None:
    used = await town.paid()
    await town.rows(
        "UPDATE bookings SET finish_readings = CAST(:readings AS json), started_at = made_at, finished_at = made_at"
        " WHERE city = :city RETURNING id",
        readings=json.dumps(READINGS),
    )
    payout_id = await town.paid_out("paid", "reconciled", "traced")
    await town.gather()
    headers = bearer(a_token(town.city, Role.FINANCE), str(new_id()))
    upload = await http.post(
        f"/v1/{town.city}/finance/bank-statements",
        params={"name": "umsaetze.xml"},
        content=paid((448, payout_id)),
        headers=headers | {"content-type": XML},
    )
    assert upload.status_code == 201, upload.text
    outside = Outside(town.world.clock, new_id, lambda secret: secret)
    await application(town.databases.app, outside).reconciliation.run(town.city)

    async def follow(link: str) -> Any:
        answer = await http.get(link, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    (line,) = (await follow(f"/v1/{town.city}/finance/bank-lines"))["items"]
    payout = await follow(line["expected"][0])
    (item,) = (await follow(payout["items"]))["items"]
    booking = await follow(item["booking"])
    assert (line["amount"]["amount"], payout["amount"]["amount"], item["net"]["amount"]) == (448, 448, 448)
    assert (booking["id"], booking["finish_readings"]["odometer_km"]) == (str(used.id), 12_345)
    assert booking["finished_at"] is not None
