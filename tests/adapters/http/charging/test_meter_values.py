"""Whoever charged finds what the meter signed, byte for byte, and the invoice names it."""

from base64 import b64decode
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.metering.transparency import Values, values_in
from domain.charging.reports import (
    Context,
    IdToken,
    Reading,
    SignedValue,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
)
from domain.identity import Role
from tests.adapters.http.charging.test_sessions import Plugged, town
from tests.adapters.http.tills import Till
from tests.adapters.metering.meters import Meter
from tests.api import a_token, bearer
from tests.domain.charging.metering.containers import BEGIN, END
from tests.examples import minutes

pytestmark = pytest.mark.database
__all__ = ["town"]

METER = Meter()
# By a clock that nobody set: the time of the session is another one.
FIRST = METER.writes(BEGIN | {"TM": BEGIN["TM"].replace("S", "I")})
LAST = METER.writes(END | {"TM": END["TM"].replace("S", "I"), "RV": 130.5}, PG="T42")


async def test_signed_values_are_shown_to_the_byte_with_what_was_found_and_the_invoice_names_them(
    town: Till, tmp_path: Path
) -> None:
    plugged = Plugged(town, tmp_path, 0, IdToken("SIGNED"))
    try:
        await shown_to_the_byte(plugged)
    finally:
        await plugged.clients.close()


async def shown_to_the_byte(plugged: Plugged) -> None:
    await plugged.arrive()
    public = METER.public.hex()
    await plugged.rows(
        "UPDATE charge_points SET public_key = :key WHERE city = :city AND id = :id RETURNING 1",
        key=public,
        id=plugged.point.id,
    )
    began, over = plugged.start + minutes(1), plugged.start + minutes(4)
    start, end = (SignedValue(value, "OCMF") for value in (FIRST, LAST))
    readings = (Reading(began, Context.BEGIN, Decimal(0), signed=start),)
    told = TransactionStarted(1, 1, plugged.token, began, readings=readings)
    ref = TransactionRef(str((await plugged.central.started(plugged.at, told)).number))
    readings = (Reading(over, Context.END, Decimal(10_000), signed=end),)
    await plugged.central.ended(plugged.at, TransactionEnded(ref, over, "Local", readings=readings))
    ((session,),) = await plugged.rows("SELECT id FROM charging_sessions WHERE city = :city AND ref = :ref", ref=ref)
    before = (await plugged.get(f"/{session}/meter-values")).json()
    assert (before["verdict"], before["public_key"], len(before["values"])) == (None, public, 2)
    await plugged.work()

    found = (await plugged.get(f"/{session}/meter-values")).json()
    assert [(each["context"], b64decode(each["data"])) for each in found["values"]] == [("begin", FIRST), ("end", LAST)]
    assert (found["verdict"], found["kwh"], found["meter"], found["public_key"]) == (
        "verified",
        "10.0",
        "Z-2026-0815",
        public,
    )
    file = await plugged.get(f"/{session}/meter-values/file")
    assert file.headers["content-type"] == "application/xml"
    assert values_in(file.content) == Values((start, end), public)
    ((evidence,),) = await plugged.rows(
        "SELECT content::json -> 'evidence' FROM invoices WHERE city = :city AND content::text LIKE :it",
        it=f"%{session}%",
    )
    assert [(each["session_id"], each["digest"], each["verified"]) for each in evidence] == [
        (str(session), found["digest"], True)
    ]

    path = f"/v1/{plugged.city}/charging/sessions/{session}/meter-values"
    for who, status in ((a_token(plugged.city), 404), (a_token(plugged.city, Role.OPERATOR), 200)):
        headers: dict[str, Any] = bearer(who)
        for each in (path, f"{path}/file"):
            assert (await plugged.till.http.get(each, headers=headers)).status_code == status
