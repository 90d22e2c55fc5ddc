"""What the meter signed is checked before a charging session is billed, and decides by which energy."""

from decimal import Decimal
from hashlib import sha256

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.invoicing.invoices import desk_of
from domain.charging.reports import Context, Reading, SignedValue, TransactionEnded, TransactionRef, TransactionStarted
from domain.invoicing.invoices import Evidence
from tests.adapters.database.charging.office import TOKEN, Charging, charging
from tests.adapters.metering.meters import Meter
from tests.domain.charging.metering.containers import BEGIN, END
from tests.examples import NOON, euros, minutes
from tests.invoices import CITY

pytestmark = pytest.mark.database
__all__ = ["charging"]

METER = Meter()
KEY = METER.public.hex(" ")


def pair(clock: str) -> tuple[bytes, bytes]:
    """Of the session that begins at noon: 9.98 kWh, where the station counts 10."""
    begin, end = BEGIN | {"TM": f"2030-06-03T12:00:00,000+0000 {clock}"}, END | {"RV": 130.48}
    return METER.writes(begin), METER.writes(end | {"TM": f"2030-06-03T12:20:00,000+0000 {clock}"}, PG="T42")


FIRST, LAST = pair("S")
FORGED = LAST.replace(b"130.48", b"230.48")
SIGNED, TOLD, NO_ENERGY = euros("7.24").amount, euros("7.25").amount, euros("2.40").amount
PROOFS = """SELECT p.verdict, p.reason, p.kwh, s.flags FROM charging_meter_proofs p
  JOIN charging_sessions s ON s.city = p.city AND s.id = p.session_id WHERE p.city = :city ORDER BY s.number"""


async def charged(town: Charging, *values: bytes, begin: int = 0, reason: str = "Local") -> None:
    """Ten kilowatt-hours by the station's count, and whatever follows from it."""
    at, over = NOON + minutes(begin), NOON + minutes(begin + 20)
    first, last = (SignedValue(value, "OCMF") for value in values)
    start = TransactionStarted(1, 1, TOKEN, at, readings=(Reading(at, Context.BEGIN, Decimal(5000), signed=first),))
    number = (await town.central(at).started(town.at, start)).number
    end = Reading(over, Context.END, Decimal(15_000), signed=last)
    await town.central(over).ended(
        town.at, TransactionEnded(TransactionRef(str(number)), over, reason, readings=(end,))
    )
    await town.work(over + minutes(1))


async def with_key(town: Charging, key: str) -> None:
    statement = "UPDATE charge_points SET public_key = :key WHERE city = :city AND id = :id RETURNING 1"
    await town.world.rows(statement, key=key, id=town.booking.resource_id)


@pytest.mark.parametrize(
    ("key", "last", "proof", "fee"),
    [
        (KEY, LAST, ("verified", None, Decimal("9.98"), []), SIGNED),
        (KEY, FORGED, ("not_verified", "wrong_signature", None, ["meter_not_verified"]), NO_ENERGY),
        ("Wird nachgereicht", LAST, ("not_checked", "key_not_readable", Decimal("9.98"), []), TOLD),
        ("", FORGED, ("not_verified", "unlike_the_transaction", Decimal("109.98"), ["meter_not_verified"]), NO_ENERGY),
        ("", b"EDL", ("not_checked", "not_ocmf", None, []), TOLD),
    ],
)
async def test_energy_is_billed_as_signed_where_that_is_verified_and_not_at_all_where_it_is_refuted(
    charging: Charging, key: str, last: bytes, proof: tuple[object, ...], fee: int
) -> None:
    await with_key(charging, key)
    await charged(charging, FIRST, last)
    assert await charging.world.rows(PROOFS) == [proof]
    assert (await charging.booked())[0::3] == ("completed", fee)


async def test_the_invoice_is_told_by_what_its_energy_was_measured(charging: Charging) -> None:
    await with_key(charging, KEY)
    await charged(charging, FIRST, LAST)
    ((session,),) = await charging.sessions("id")
    settings = msgspec.json.encode(CITY).decode()
    await charging.world.rows(
        "UPDATE cities SET settings = CAST(:s AS json) WHERE city = :city RETURNING 1", s=settings
    )
    async with charging.world.database.app.transactions.city(charging.at.city) as connection:
        desk = await desk_of(connection, charging.at.city, charging.booking.id)
    assert desk is not None
    digest = sha256(FIRST + LAST).hexdigest()
    assert desk.evidence == (Evidence(session, Decimal("9.98"), "Z-2026-0815", verified=True, digest=digest),)


@pytest.mark.parametrize(("clock", "reason"), [("S", "of_another_time"), ("I", "counted_before")])
async def test_a_container_that_comes_again_for_another_session_is_counted_once(
    charging: Charging, clock: str, reason: str
) -> None:
    await with_key(charging, KEY)
    await charged(charging, *pair(clock), reason="PowerLoss")
    await charged(charging, *pair(clock), begin=26)
    assert await charging.world.rows(PROOFS) == [
        ("verified", None, Decimal("9.98"), []),
        ("not_verified", reason, Decimal("9.98"), ["meter_not_verified"]),
    ]
    assert (await charging.booked())[0::3] == ("completed", SIGNED)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE charging_meter_proofs SET verdict = 'not_checked' WHERE city = :city",
        "DELETE FROM charging_meter_proofs WHERE city = :city",
    ],
)
async def test_what_was_found_stays_found(charging: Charging, change: str) -> None:
    await charged(charging, FIRST, LAST)
    with pytest.raises(DBAPIError):
        async with charging.world.database.app.transactions.city(charging.at.city) as connection:
            await connection.execute(text(change), {"city": charging.at.city})
