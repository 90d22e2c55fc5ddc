"""Which orders somebody waits for."""

from uuid import UUID

import pytest

from domain.charging.orders import (
    ChangeAvailability,
    ClearProfile,
    Order,
    OrderId,
    Profile,
    ProfilePurpose,
    ReserveNow,
    Reset,
    SetProfile,
    StartTransaction,
    StationOrder,
    StopTransaction,
    Unlock,
    WriteSetting,
)
from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from domain.charging.stations import ChargingStationId
from tests.examples import NOON, an_id, minutes

CARD, STOP, BOOKING = IdToken("A1B2"), StopTransaction(TransactionRef("7")), an_id("booking")


@pytest.mark.parametrize(
    ("order", "subject", "awaited"),
    [
        (ReserveNow(ReservationNumber(1), 1, CARD, NOON), BOOKING, True),
        (StartTransaction(1, CARD, 9), BOOKING, True),
        (STOP, BOOKING, True),
        (STOP, None, False),  # nobody's
        (Unlock(1), None, True),
        (SetProfile(1, Profile(1, 0, ProfilePurpose.DEFAULT, NOON, None, ())), None, False),
        (ClearProfile(), None, False),
        # An operator writes a setting, and then has the station start anew by it: neither goes before the other.
        (WriteSetting("HeartbeatInterval", "60"), None, True),
        (Reset(), None, True),
        (ChangeAvailability(operative=True), None, True),
    ],
)
def test_somebody_waits_for_whatever_no_plan_asked_for(order: Order, subject: UUID | None, awaited: bool) -> None:
    placed = StationOrder(OrderId(an_id("o")), ChargingStationId(an_id("s")), order, NOON, NOON + minutes(1), subject)
    assert placed.is_awaited is awaited
