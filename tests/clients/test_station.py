"""A charging station of somebody else's, on npm's `ocpp-rpc` in its strict mode, finds nothing wrong with what the central system says.

It needs npm and its packages, so only the full run has it.
"""

import asyncio
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.charging.orders import (
    Answered,
    CancelReservation,
    ChangeAvailability,
    Order,
    PowerStep,
    Profile,
    ProfilePurpose,
    ReserveNow,
    Reset,
    SetProfile,
    StartTransaction,
    StopTransaction,
    Unlock,
)
from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from infra.clock import now
from infra.embedded import DatabaseUrls
from tests.adapters.ocpp.central import KEY, V16, V201, Office, Told
from tests.database import Databases

HERE = Path(__file__).parent / "station"
MINUTES_5 = 300

pytestmark = [pytest.mark.full, pytest.mark.database]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("station")
    for name in ("package.json", "package-lock.json", "station.mjs"):
        shutil.copy(HERE / name, folder)
    install = ("npm", "ci", "--no-audit", "--no-fund")
    subprocess.run(install, cwd=folder, timeout=MINUTES_5, stdin=subprocess.DEVNULL, check=True)
    return folder


def orders() -> list[Order]:
    at = now()
    card, number = IdToken("A1B2"), ReservationNumber(5)
    whole = Profile(1, 0, ProfilePurpose.WHOLE, at, None, (PowerStep(0, 11_000), PowerStep(600, 4_140, 3)))
    return [
        ReserveNow(number, 1, card, at + timedelta(minutes=5), IdToken("FLEET")),
        CancelReservation(number),
        SetProfile(0, whole),
        StartTransaction(1, card, 9),
        StopTransaction(TransactionRef("7")),
        ChangeAvailability(operative=False, evse=1),
        Unlock(1),
        Reset(),
    ]


@pytest.mark.parametrize("version", [V16, V201])
async def test_a_strict_station_goes_through_its_day(
    workshop: Path, database: Databases, postgres: DatabaseUrls, version: str
) -> None:
    office = Office(database, await database.new_city(), Told(), postgres.app)
    at = await office.station()
    async with office.process() as process:
        station = await asyncio.create_subprocess_exec(
            *("node", "station.mjs", process.url, "CP-1", KEY, version),
            cwd=workshop,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert station.stdin is not None
        assert station.stdout is not None
        said: list[dict[str, Any]] = []

        async def until(what: str) -> None:
            assert station.stdout is not None
            async with asyncio.timeout(30):
                while not said or said[-1]["what"] != what:
                    line = await station.stdout.readline()
                    assert line, said
                    said.append(json.loads(line))

        await until("waiting")
        for order in orders():
            placed = await office.place(at, order)
            assert (await office.answer(at, placed)).answered is Answered.ACCEPTED, order
        station.stdin.close()
        await until("over")
        assert await station.wait() == 0
    assert [each for each in said if each["what"] in {"invalid", "bad"}] == []
    story = [each for each in said if each["what"] != "told"]
    assert [each["what"] for each in story] == [
        *("booted", "authorised", "started", "stopped", "transferred", "waiting", "over")
    ]
    assert story[0]["status"] == "Accepted"
    assert len(said) - len(story) == len(orders())
