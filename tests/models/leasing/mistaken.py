"""What nobody may: what is not possible in a state, or anything by a stranger. Both leave a lease as it is."""

from typing import Any

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import ImportantReason, Incident, IncidentKind, Termination
from domain.identity import Actor, Role
from domain.money import Money
from services.bike_leasing.contracts.finishing import (
    LookAt,
    PickUp,
    buy_bike,
    close_lease,
    inspect_bike,
    schedule_pickup,
    take_bike_back,
)
from services.bike_leasing.contracts.leaving import GiveNotice, buy_lease_out, give_notice
from services.bike_leasing.contracts.mishaps import Report, report
from services.bike_leasing.contracts.undoing import GiveUp, cancel_lease
from tests.models.leasing.life import STILL_OUT, Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.town import refused


async def mistaken(lives: Lives, life: Life) -> None:
    town = lives.town
    stranger = town.acting(Role.LESSOR, "somebody-else")
    for possible, use_case, command, by in _acts(lives, life):
        assert refused(await town.act(use_case, command, stranger)) == "unknown_lease"
        if life.state not in possible:
            found = refused(await town.act(use_case, command, by))
            assert found == "lease_state_forbids", (life.state, use_case)
    lives.seen["mistaken"] += 1


def _acts(lives: Lives, life: Life) -> list[tuple[set[str], Any, object, Actor]]:
    """In which states each is possible, and by whom."""
    lessor, one, today = lives.town.lessor, life.id, lives.town.now.date()
    notice = GiveNotice(one, Termination(ImportantReason.LEAVING, today))
    return [
        ({"returned"}, inspect_bike, LookAt(one, "", Money(0, EUR)), lessor),
        ({"return_scheduled"}, take_bike_back, one, lessor),
        ({"purchase_offered"}, buy_bike, one, life.holder),
        ({"inspected", "purchased"}, close_lease, one, lessor),
        ({"terminating"}, buy_lease_out, one, life.holder),
        ({"active", "suspended"}, give_notice, notice, lessor),
        ({"active", "suspended", *STILL_OUT}, report, Report(one, Incident(IncidentKind.DAMAGE, today)), life.holder),
        ({"ready_for_pickup"}, cancel_lease, GiveUp(one, ""), life.holder),
        ({"ending", "purchase_offered"}, schedule_pickup, PickUp(one, today), lessor),
    ]
