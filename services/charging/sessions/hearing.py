"""Read, decide, record: what stations tell of transactions, each in one transaction of ours."""

from datetime import datetime, timedelta

from domain.charging.orders import OrderId, StationOrder, StopTransaction
from domain.charging.reports import IdToken, StatusReported, TokenAnswer
from domain.charging.sessions.hearing import Heard, give_up, hear, hear_status
from domain.charging.sessions.points import Told
from domain.charging.sessions.rights import authorise
from domain.charging.sessions.sessions import Session, SessionId
from domain.charging.stations import ChargingStationId
from services.charging.sessions.ports import HearingBooks

STOP_WITHIN = timedelta(hours=1)
"""A station that comes back later than that is told again when it tells of the session."""


async def take_in(
    told: Told,
    station: ChargingStationId,
    *,
    books: HearingBooks,
    session_id: SessionId,
    order_id: OrderId,
    now: datetime,
) -> Heard:
    """A start, an update or an end."""
    known = await books.known(station, told, now)
    heard = hear(told, known, session_id, now)
    await books.record(heard, told, _orders(heard, order_id, now))
    return heard


async def take_in_status(
    report: StatusReported, station: ChargingStationId, *, books: HearingBooks, order_id: OrderId, now: datetime
) -> None:
    """What a connector's status says of the session that is under way there."""
    heard = hear_status(report, await books.running(station, report.evse), now)
    if heard is not None:
        await books.record(heard, None, _orders(heard, order_id, now))


async def answer_token(
    token: IdToken, station: ChargingStationId, *, books: HearingBooks, now: datetime
) -> TokenAnswer:
    """Whether the token would start anything at the station."""
    return authorise(await books.token(station, token, now), now)


async def settle(session_id: SessionId, *, books: HearingBooks, now: datetime) -> None:
    """Settle a session that waited long enough."""
    found = await books.points(session_id)
    settled = give_up(*found, now) if found is not None and found[1] else None
    if settled is not None:
        await books.record(settled, None, ())


def stop_order(session: Session, stop: StopTransaction, order_id: OrderId, now: datetime) -> StationOrder:
    return StationOrder(order_id, session.station_id, stop, now, now + STOP_WITHIN, session.booking_id)


def _orders(heard: Heard, order_id: OrderId, now: datetime) -> tuple[StationOrder, ...]:
    return (stop_order(heard.session, heard.stop, order_id, now),) if heard.stop is not None else ()
