"""What a station reports of itself, and where that is not what is registered."""

from decimal import Decimal

from domain.booking.resources import ResourceId
from domain.charging.equipment import Difference, EvseFound, Point, Variable, What, differences, merged
from tests.examples import an_id

POINT = Point(1, ResourceId(an_id("point")), Decimal(22), ("IEC_62196_T2",))
LIKE_IT = EvseFound(22_080, 3, {1: "sType2"})


def test_pages_of_a_report_add_up_and_what_is_none_of_ours_changes_nothing() -> None:
    first = merged(
        {}, [Variable("EVSE", "Power", 1, most=Decimal(22), unit="kW"), Variable("Clock", "Time", 1, value="x")]
    )
    second = merged(
        first, [Variable("Connector", "ConnectorType", 1, 1, "sType2"), Variable("EVSE", "SupplyPhases", 1, value="3")]
    )
    assert second == {1: EvseFound(22_000, 3, {1: "sType2"})}
    odd = [
        Variable("EVSE", "Power", 0, most=Decimal(5)),
        Variable("EVSE", "Power", 1, most=Decimal("1E+30")),
        Variable("EVSE", "SupplyPhases", 1, value="NaN"),
        Variable("EVSE", "SupplyPhases", 1, value="many"),
        Variable("Connector", "ConnectorType", 1, 100, "sType2"),
    ]
    assert merged(second, odd) == second


def test_a_station_that_is_as_registered_differs_in_nothing() -> None:
    assert differences({1: LIKE_IT}, [POINT]) == ()
    assert differences({1: EvseFound()}, [POINT]) == ()


def test_other_power_other_plugs_and_other_evses_are_named() -> None:
    assert differences({1: EvseFound(11_000, 3, {1: "cCCS2"}), 2: LIKE_IT}, [POINT]) == (
        Difference(2, What.NOT_REGISTERED, "there", None),
        Difference(1, What.POWER, "11000 W", "22 kW"),
        Difference(1, What.CONNECTORS, "IEC_62196_T2_COMBO", "IEC_62196_T2"),
    )
    assert differences({}, [POINT]) == (Difference(1, What.NOT_REPORTED, None, str(POINT.resource_id)),)
