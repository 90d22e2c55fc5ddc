"""Charging sessions in PostgreSQL: reports taken in once, whoever may charge, and the booking that begins, ends and is billed."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.charging.reading import SqlSessions
from adapters.database.charging.station_orders import place_order
from adapters.database.charging.transactions import sessions_to_bill, sessions_to_settle
from adapters.mail.files import FileMailer
from domain.booking.bookings import Readings
from domain.booking.life import FinishBooking
from domain.booking.resources import Service
from domain.charging.orders import OrderId, StationOrder, StopTransaction
from domain.charging.reports import (
    Context,
    IdToken,
    StatusReported,
    TokenAnswer,
    TokenVerdict,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.sessions.calculations import Calculation, made_again
from domain.charging.sessions.points import Point, PointKind
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import EvseStatus
from domain.identity import Actor, Role
from domain.money import Money
from domain.pricing.tariffs import TariffId
from infra.bootstrap import Outside, Post, effects
from infra.ids import new_id
from services.charging.sessions.billing import ASKED_EACH
from services.charging.sessions.following import EVERY_S
from services.charging.sessions.views import SessionView
from tests.adapters.database.charging.office import SIGNED, TOKEN, Charging, charging
from tests.domain.charging.sessions.central import read
from tests.domain.pricing.charging.sessions import a_tariff, element, per
from tests.examples import NOON, TARIFFS, a_call, euros, hours, minutes

pytestmark = pytest.mark.database
__all__ = ["charging"]

LONG_S = 30.0


async def test_from_plug_to_bill(charging: Charging) -> None:
    answer = await charging.started(NOON + minutes(2))
    assert answer.token == TokenAnswer(TokenVerdict.ACCEPTED, IdToken("TOWNHALL"))
    await charging.work(NOON + minutes(3))
    assert await charging.booked() == ("in_use", NOON + minutes(2), None, None)
    await charging.ended(answer.number, NOON + minutes(50), 15_000)
    await charging.work(NOON + minutes(51))
    assert await charging.sessions() == [("completed", 10_000, [], True)]
    assert await charging.booked() == ("completed", NOON + minutes(2), NOON + minutes(50), euros("7.25").amount)
    told, noted = await charging.world.happened(charging.booking)
    assert told == noted == ["booking.finished", "booking.started"]


async def test_a_station_of_2_0_1_is_told_what_it_costs_so_far_and_in_the_end(charging: Charging) -> None:
    """The booked time, and 10 kWh in the end; said again after it was billed, it costs the same."""
    ref, central = TransactionRef("t-1"), charging.central(NOON + minutes(50))
    start = TransactionStarted(1, 1, TOKEN, NOON, ref, readings=(read(NOON, 5000, Context.BEGIN),))
    await charging.central(NOON).started(charging.at, start)
    on_the_way = TransactionUpdated(ref, NOON + minutes(20), seq=1, readings=(read(NOON + minutes(20), 9000),))
    assert (await central.updated(charging.at, on_the_way)).total_cost == Decimal("4.34")
    end = TransactionEnded(ref, NOON + minutes(50), seq=2, readings=(read(NOON + minutes(50), 15_000, Context.END),))
    assert (await central.ended(charging.at, end)).total_cost == Decimal("7.25")
    await charging.work(NOON + minutes(51))
    assert (await charging.booked())[-1] == euros("7.25").amount
    assert (await central.ended(charging.at, end)).total_cost == Decimal("7.25")
    later = replace(on_the_way, seq=None, at=NOON + minutes(60))
    assert (await central.updated(charging.at, later)).total_cost is None


async def test_an_offline_queue_that_is_replayed_twice_is_billed_once(charging: Charging) -> None:
    """Also where the booking was given up for its holder meanwhile."""
    evening = NOON + hours(8)
    await charging.world.at(NOON + hours(1)).close_unused(charging.at.city, charging.booking.id)
    assert (await charging.booked())[0] == "no_show"
    answers = []
    for _ in range(2):
        answers.append(await charging.started(now=evening))
        await charging.ended(answers[-1].number, NOON + minutes(50), 15_000, now=evening)
        await charging.work(evening)
    assert answers[0] == answers[1]
    assert answers[0].token.verdict is TokenVerdict.ACCEPTED
    assert await charging.sessions() == [("completed", 10_000, [], True)]
    assert await charging.booked() == ("completed", None, NOON + minutes(50), euros("7.25").amount)
    told, _ = await charging.world.happened(charging.booking)
    assert told == ["booking.finished", "booking.not_used"]


@pytest.mark.parametrize(
    ("token", "verdict"),
    [
        ("ada", TokenVerdict.ACCEPTED),
        ("k7pq2m4xw3zb5tqa", TokenVerdict.ACCEPTED),
        ("COLLEAGUE", TokenVerdict.ACCEPTED),
        ("BOB", TokenVerdict.INVALID),
        ("NOBODY", TokenVerdict.INVALID),
    ],
)
async def test_who_has_booked_may_charge_and_nobody_else(charging: Charging, token: str, verdict: TokenVerdict) -> None:
    assert (await charging.central(NOON).authorise(charging.at, IdToken(token))).verdict is verdict
    assert (await charging.started(token=IdToken(token))).token.verdict is verdict
    orders = await charging.world.rows("SELECT kind, wanted ->> 'ref' FROM station_orders WHERE city = :city")
    ((number,),) = await charging.sessions("number")
    assert orders == ([] if verdict is TokenVerdict.ACCEPTED else [("stop_transaction", str(number))])


async def test_a_station_that_has_not_answered_yet_is_not_told_to_stop_again(charging: Charging) -> None:
    """Whether it says what its meter shows or how its plug is; what another transaction is to do is no matter."""
    world, at = charging.world, charging.at

    async def tells(minute: float) -> int:
        now = NOON + minutes(minute)
        report = TransactionUpdated(ref, now, 1, readings=(read(now, 5000 + int(minute * 100)),))
        await charging.central(now).updated(at, report)
        status = StatusReported(1, 1, EvseStatus.CHARGING, f"Charging {minute}", now)
        await charging.central(now + minutes(0.1)).status_reported(at, status)
        return len(await world.rows("SELECT id FROM station_orders WHERE city = :city"))

    async def answered() -> None:
        await world.rows(
            "UPDATE station_orders SET answered_at = now(), answered = 'accepted', answer = '{}'"
            " WHERE city = :city AND answered_at IS NULL AND wanted ->> 'ref' = :ref RETURNING 1",
            ref=ref,
        )

    another = StationOrder(OrderId(new_id()), at.id, StopTransaction(TransactionRef("tx")), NOON, NOON + hours(9))
    async with world.database.app.transactions.city(at.city) as connection:
        await place_order(connection, at.city, another)
    ref = TransactionRef(str((await charging.started(token=IdToken("NOBODY"))).number))
    assert [await tells(0.5), await tells(2), await tells(30)] == [2, 2, 2]
    await answered()
    assert [await tells(31), await tells(31.5), await tells(33)] == [3, 3, 3]
    assert [await tells(92), await tells(94)] == [4, 4], "what nobody told in time is told no more"


async def test_nobody_charges_with_a_token_where_it_is_not_for(charging: Charging) -> None:
    report = TransactionStarted(2, 1, TOKEN, NOON, TransactionRef("tx"))
    assert (await charging.central(NOON).started(charging.at, report)).token.verdict is TokenVerdict.INVALID
    await charging.world.rows(
        "UPDATE evses SET number = 3, resource_id = NULL WHERE city = :city AND number = 1 RETURNING 1"
    )
    assert (await charging.central(NOON).authorise(charging.at, TOKEN)).verdict is TokenVerdict.INVALID


async def test_after_a_power_cut_the_holder_goes_on_and_pays_for_both_at_the_end(charging: Charging) -> None:
    first = await charging.started()
    await charging.ended(first.number, NOON + minutes(10), 7000, "PowerLoss")
    await charging.work(NOON + minutes(11))
    assert (await charging.booked())[0] == "in_use"
    second = await charging.started(NOON + minutes(12))
    assert (second.token.verdict, second.number != first.number) == (TokenVerdict.ACCEPTED, True)
    await charging.ended(second.number, NOON + minutes(50), 13_000)
    await charging.work(NOON + minutes(51))
    assert await charging.sessions() == [("completed", 2000, [], True), ("completed", 8000, [], True)]
    assert await charging.booked() == ("completed", NOON, NOON + minutes(50), euros("7.25").amount)


async def test_what_waits_for_another_session_of_its_booking_is_not_billed_nor_found_again_each_time(
    charging: Charging, tmp_path: Path
) -> None:
    first = (await charging.started()).number
    await charging.ended(first, NOON + minutes(10), 7000, "PowerLoss")
    second = (await charging.started(NOON + minutes(12))).number
    ((waiting,), _) = await charging.sessions("id")
    relay, here, at = charging.world.database.relay, charging.at.city, NOON + minutes(20)
    outside = Outside(lambda: at, new_id, lambda secret: secret)
    worker = effects(charging.world.database.app, relay, outside, Post(FileMailer(tmp_path)))

    async def is_found(then: datetime) -> bool:
        return (here, waiting) in await sessions_to_bill(relay.statements, then, 1000)

    assert await is_found(at)
    assert await worker.bill_session(here, SessionId(waiting)) is False
    assert [await is_found(then) for then in (at, at + ASKED_EACH)] == [False, True]
    await charging.ended(second, NOON + minutes(50), 13_000)
    await charging.work(NOON + minutes(51))
    assert await charging.sessions() == [("completed", 2000, [], True), ("completed", 8000, [], True)]
    assert await worker.bill_session(here, SessionId(waiting)) is True
    assert not await is_found(at + ASKED_EACH)


async def test_whoever_finishes_what_still_charges_is_told_to_stop_it_first_and_after_a_cut_pays_what_was_measured(
    charging: Charging,
) -> None:
    number = (await charging.started()).number
    await charging.work(NOON + minutes(1))
    command = FinishBooking(charging.booking.id, Readings())
    call, life = a_call(charging.world.actor()), charging.world.at(NOON + minutes(20))
    assert (await life.finish(call, command)).body == "still_charging"
    await charging.ended(number, NOON + minutes(10), 15_000, "PowerLoss")
    assert (await life.finish(call, command)).status == 200
    await charging.work(NOON + minutes(21))
    assert (await charging.booked())[0::3] == ("completed", euros("7.25").amount)
    assert await charging.sessions() == [("completed", 10_000, [], True)]


async def test_what_is_told_after_its_booking_was_finished_is_not_said_to_be_billed(charging: Charging) -> None:
    first = (await charging.started()).number
    await charging.ended(first, NOON + minutes(10), 15_000, "PowerLoss")
    await charging.work(NOON + minutes(11))
    second = (await charging.started(NOON + minutes(12))).number
    await charging.world.rows(
        "UPDATE bookings SET state = 'completed', finished_at = :at, version = version + 1"
        " WHERE city = :city AND id = :id RETURNING 1",
        id=charging.booking.id,
        at=NOON + minutes(20),
    )
    await charging.ended(second, NOON + minutes(50), 13_000)
    await charging.work(NOON + minutes(51))
    assert await charging.sessions("flags, billed_at IS NOT NULL") == [([], True), (["not_billed"], True)]


async def test_what_a_station_gave_while_it_was_away_after_a_power_cut_is_waited_for_and_billed(
    charging: Charging,
) -> None:
    first = (await charging.started()).number
    await charging.ended(first, NOON + minutes(10), 7000, "PowerLoss")
    ((session,),) = await charging.sessions("id")
    end = NOON + hours(1)
    await charging.bills(end).bill(charging.at.city, SessionId(session))
    assert (await charging.booked())[0] == "confirmed"
    evening = NOON + hours(5)
    again = [(charging.at.city, session)]
    due = await sessions_to_bill(charging.world.database.relay.statements, end + minutes(15), 1000)
    assert set(again) <= set(due)
    second = (await charging.started(NOON + minutes(12), now=evening)).number
    await charging.ended(second, NOON + minutes(50), 13_000, now=evening)
    await charging.work(evening)
    assert await charging.sessions() == [("completed", 2000, [], True), ("completed", 8000, [], True)]
    assert (await charging.booked())[0::3] == ("completed", euros("7.25").amount)


async def test_a_power_cut_after_which_nobody_comes_back_is_billed_at_the_end(charging: Charging) -> None:
    await charging.reached()
    number = (await charging.started()).number
    await charging.ended(number, NOON + minutes(10), 15_000, "PowerLoss")
    await charging.work(NOON + minutes(11))
    relay, here = charging.world.database.relay.statements, charging.at.city
    ((session,),) = await charging.sessions("id")
    assert (here, session) not in await sessions_to_bill(relay, NOON + minutes(59), 100)
    assert (here, session) in await sessions_to_bill(relay, NOON + hours(1), 100)
    await charging.bills(NOON + hours(1)).bill(here, SessionId(session))
    assert (await charging.booked())[0::3] == ("completed", euros("7.25").amount)
    assert (here, session) not in await sessions_to_bill(relay, NOON + hours(2), 100)


async def test_who_follows_a_session_hears_at_once_of_what_becomes_of_it(charging: Charging) -> None:
    number = (await charging.started()).number
    ((session,),) = await charging.sessions("id")
    follow = SqlSessions(charging.world.database.app, lambda: NOON, new_id).bound().follow
    with follow(charging.at.city, SessionId(session)) as bell:
        assert await bell.rings(LONG_S), "it is looked at"
        assert not await bell.rings(3 * EVERY_S), "nothing is new"
        await charging.ended(number, NOON + minutes(10), 7000)
        assert await bell.rings(LONG_S)


async def test_of_a_session_that_is_told_of_each_second_a_few_hundred_readings_are_kept(charging: Charging) -> None:
    number = (await charging.started()).number
    told = [Point(NOON + timedelta(seconds=n), PointKind.READ, energy_wh=Decimal(5000 + n)) for n in range(1, 1601)]
    each_second = """INSERT INTO charging_readings (city, session_id, at, digest, point)
      SELECT s.city, s.id, CAST(p ->> 'at' AS timestamptz), p ->> 'digest', p -> 'point'
      FROM charging_sessions s, jsonb_array_elements(CAST(:points AS jsonb)) p WHERE s.city = :city RETURNING 1"""
    rows = [{"at": each.at, "digest": each.digest, "point": each} for each in told]
    await charging.world.rows(each_second, points=msgspec.json.encode(rows).decode())
    at = NOON + minutes(30)
    update = TransactionUpdated(TransactionRef(str(number)), at, readings=(read(at, 9000),))
    await charging.central(at).updated(charging.at, update)
    ((count,),) = await charging.world.rows("SELECT count(*) FROM charging_readings WHERE city = :city")
    assert count <= 520
    await charging.ended(number, NOON + minutes(50), 15_000)
    assert await charging.sessions("state, energy_wh, flags") == [("completed", 10_000, [])]


async def test_a_session_that_is_never_ended_is_settled_at_its_last_reading_a_day_later(charging: Charging) -> None:
    number = (await charging.started()).number
    at = NOON + minutes(30)
    update = TransactionUpdated(TransactionRef(str(number)), at, readings=(read(at, 9000),))
    await charging.central(at).updated(charging.at, update)
    relay, here, next_day = charging.world.database.relay.statements, charging.at.city, at + timedelta(days=1)
    ((session,),) = await charging.sessions("id")
    assert (here, session) in await sessions_to_settle(relay, next_day, 100)
    await charging.central(next_day).settle(here, SessionId(session))
    await charging.work(next_day)
    assert await charging.sessions() == [("completed", 4000, ["end_not_told"], True)]
    assert (await charging.booked())[::2] == ("completed", at)


async def test_what_a_connector_says_is_about_the_session_that_is_under_way_there(charging: Charging) -> None:
    number = (await charging.started()).number
    for _ in range(2):
        said = StatusReported(1, 1, EvseStatus.CHARGING, "SuspendedEV", NOON + minutes(5))
        await charging.central(NOON + minutes(5)).status_reported(charging.at, said)
    await charging.central(NOON).status_reported(charging.at, replace(said, evse=2))
    assert await charging.sessions("doing") == [("suspended_ev",)]
    for minute in (14, 16, 18):
        at = NOON + minutes(minute)
        update = TransactionUpdated(TransactionRef(str(number)), at, readings=(read(at, 9000),))
        await charging.central(at).updated(charging.at, update)
    told = "SELECT subject_id FROM outbox WHERE city = :city AND kind = 'charging.session_idle'"
    assert await charging.world.rows(told) == [(charging.booking.id,)]


async def test_what_is_told_at_the_same_moment_is_one_session_of_which_nothing_is_lost(charging: Charging) -> None:
    """What is read and what is recorded are two statements, and others write between them."""
    (number,) = {answer.number for answer in await asyncio.gather(*(charging.started() for _ in range(6)))}

    async def told(minute: int) -> None:
        at, ref = NOON + minutes(minute), TransactionRef(str(number))
        update = TransactionUpdated(ref, at, readings=(read(at, 5000 + 100 * minute),))
        await charging.central(NOON + minutes(20)).updated(charging.at, update)

    await asyncio.gather(*(told(minute) for minute in (1, 2, 3, 4, 5, 6, 6)))
    kept = "SELECT (point ->> 'energy_wh')::int FROM charging_readings WHERE city = :city AND point ->> 'kind' = 'read' ORDER BY 1"
    assert await charging.world.rows(kept) == [(5000 + 100 * minute,) for minute in range(7)]
    again = await asyncio.gather(*(charging.started(NOON + minutes(30)) for _ in range(3)))
    assert len({answer.number for answer in again} | {number}) == 2
    assert [row[0] for row in await charging.sessions("state = 'active'")] == [False, True]


async def test_signed_values_are_kept_to_the_byte_and_readings_once(charging: Charging) -> None:
    number = (await charging.started()).number
    for _ in range(2):
        await charging.ended(number, NOON + minutes(50), 15_000)
    signed = await charging.world.rows("SELECT data, encoding, context FROM charging_signed_values WHERE city = :city")
    assert [(bytes(data), *more) for data, *more in signed] == [(SIGNED.data, "OCMF", "end")]
    ((readings,),) = await charging.world.rows("SELECT count(*) FROM charging_readings WHERE city = :city")
    assert readings == 4


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE charging_sessions SET energy_wh = 1 WHERE city = :city",
        "DELETE FROM charging_sessions WHERE city = :city",
        "UPDATE charging_readings SET point = '{}' WHERE city = :city",
        "DELETE FROM charging_signed_values WHERE city = :city",
    ],
)
async def test_what_was_told_and_what_is_over_stays(charging: Charging, change: str) -> None:
    await charging.ended((await charging.started()).number, NOON + minutes(50), 15_000)
    with pytest.raises(DBAPIError):
        async with charging.world.database.app.transactions.city(charging.at.city) as connection:
            await connection.execute(text(change), {"city": charging.at.city})


BY_OCPI = replace(
    TARIFFS[Service.CHARGING],
    id=TariffId("ocpi"),
    time=None,
    energy=None,
    charging=a_tariff(
        element(per("FLAT", 2, 19), per("TIME", 6, 19), reservation="RESERVATION"),
        element(per("FLAT", 1, 7), per("ENERGY", "0.5", 19)),
    ),
)


async def sold_by_ocpi(charging: Charging) -> None:
    """The booking was made by that tariff."""
    owner, city = charging.world.database.owner.transactions, charging.at.city
    async with owner.city(city) as connection:
        sold = {"city": city, "tariff": msgspec.json.encode(BY_OCPI).decode()}
        await connection.execute(
            text("""INSERT INTO tariffs SELECT city, 'ocpi', 1, valid_from, CAST(:tariff AS json), policy FROM tariffs
          WHERE city = :city AND id = 'charging-standard' LIMIT 1"""),
            sold,
        )
    async with charging.world.database.app.transactions.city(city) as connection:
        booked = "UPDATE bookings SET tariff_id = 'ocpi', tariff_version = 1 WHERE city = :city AND id = :id"
        await connection.execute(text(booked), {"city": city, "id": charging.booking.id})


async def test_under_a_tariff_of_ocpi_what_it_costs_follows_what_the_session_did_and_how_is_kept(
    charging: Charging,
) -> None:
    city = charging.at.city
    await sold_by_ocpi(charging)
    answer = await charging.started(NOON + minutes(2))
    await charging.work(NOON + minutes(3))
    update = TransactionUpdated(
        TransactionRef(str(answer.number)), NOON + minutes(30), readings=(read(NOON + minutes(30), 10_000),)
    )
    await charging.central(NOON + minutes(30)).updated(charging.at, update)
    assert await charging.sessions("spent ->> 'amount'") == [("666",)]  # with two minutes of reservation
    await charging.ended(answer.number, NOON + minutes(40), 10_000, "PowerLoss")
    again = await charging.started(NOON + minutes(60), now=NOON + minutes(61))
    await charging.ended(again.number, NOON + minutes(90), 12_000)
    await charging.work(NOON + minutes(91))
    fee = 238 + 24 + 107 + 714  # one start for both, and 12 kWh
    assert await charging.sessions("energy_wh, spent ->> 'amount', billed_at IS NOT NULL") == [
        (5000, "666", True),
        (7000, str(fee), True),
    ]
    assert (await charging.booked())[3] == fee
    rows = await charging.world.rows("SELECT calculation::text FROM charging_calculations WHERE city = :city")
    (kept,) = (msgspec.json.decode(row[0], type=Calculation) for row in rows)
    assert made_again(kept) == kept
    assert (sum(item.gross for item in kept.items), kept.tariff_version) == (fee, 1)
    ((last,),) = await charging.world.rows(
        "SELECT id FROM charging_sessions WHERE city = :city ORDER BY number DESC LIMIT 1"
    )
    ada = Actor(charging.booking.holder_id, city, frozenset({Role.RESIDENT}))
    shown = await SqlSessions(charging.world.database.app, lambda: NOON, new_id).bound().find(ada, SessionId(last))
    assert isinstance(shown, SessionView)
    assert (shown.cost, shown.cost_is_final, shown.calculation) == (Money(fee, "EUR"), True, kept)
    for change in ("UPDATE charging_calculations SET made_at = now()", "UPDATE tariffs SET tariff = '{}'"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with charging.world.database.app.transactions.city(city) as connection:
                await connection.execute(text(change))


async def test_under_a_tariff_of_ocpi_whoever_finishes_by_hand_after_a_cut_pays_for_what_the_session_did(
    charging: Charging,
) -> None:
    await sold_by_ocpi(charging)
    number = (await charging.started(NOON + minutes(2))).number
    await charging.work(NOON + minutes(3))
    at = NOON + minutes(10)
    update = TransactionUpdated(TransactionRef(str(number)), at, readings=(read(at, 10_000),))
    await charging.central(at).updated(charging.at, update)
    await charging.ended(number, NOON + minutes(12), 15_000, "PowerLoss")
    command, call = FinishBooking(charging.booking.id, Readings()), a_call(charging.world.actor())
    assert (await charging.world.at(NOON + minutes(20)).finish(call, command)).status == 200
    assert (await charging.booked())[0::3] == (
        "completed",
        964,
    )  # with two minutes of reservation, and no time that was booked
