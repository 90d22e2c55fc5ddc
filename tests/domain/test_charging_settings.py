"""What a city may say of how it runs its charging stations."""

import pytest

from domain.charging.plugs.reservations import POLICY, policy_of
from domain.charging_settings import ChargingSettings, PlugSettings, TicketSettings


def test_a_city_that_says_nothing_has_what_is_usual() -> None:
    assert ChargingSettings().faults() == []
    assert policy_of(PlugSettings()) == POLICY


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (ChargingSettings(plugs=PlugSettings(lead_min=61)), "charging.plugs.lead_min is 2 to 60"),
        (ChargingSettings(plugs=PlugSettings(lead_min=5)), "charging.plugs.tell_before_min is 1 to 4"),
        (ChargingSettings(tickets=TicketSettings(times=0)), "charging.tickets.times is 1 to 100"),
        (ChargingSettings(tickets=TicketSettings(again_after_h=0)), "charging.tickets.again_after_h is 1 to 720"),
    ],
)
def test_what_cannot_be_is_named(said: ChargingSettings, fault: str) -> None:
    assert said.faults() == [fault]
