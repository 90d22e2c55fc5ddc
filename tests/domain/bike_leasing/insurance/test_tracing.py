"""Tracing a stolen bike: by whose yes, while what, and who knows of it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.insurance.tracing import (
    Consent,
    LastPlace,
    NotTraced,
    SayTracing,
    TellPlace,
    Tracing,
    consent,
    of_bike,
    say,
    sees,
    tell,
)
from domain.places import Location
from domain.refusals import Refusal
from tests.domain.bike_leasing.leases import BIKE, LEASE, NOW, QUOTE, STOLEN, somebody, tried

RIDDEN = replace(LEASE, state=LeaseState.ACTIVE, incident=None)
GONE = replace(LEASE, state=LeaseState.INCIDENT, incident=STOLEN)
SAID = SayTracing(LEASE.id, " BS-0815 ", "860000000000017", "Radfinder")
TRACED = Tracing(LEASE.id, "SN-1", "BS-0815", "860000000000017", "Radfinder", consented_at=NOW)
DEPOT = TellPlace(LEASE.id, Location(52.2524, 10.54), NOW)
FOUND = LastPlace(DEPOT.location, NOW, somebody(Side.LESSOR).id, NOW)


def told(command: TellPlace = DEPOT, kept: Tracing | None = TRACED, lease: Any = GONE, side: Side = Side.LESSOR) -> Any:
    return tell(command, lease, kept, tried(side))


def test_holder_or_lessor_say_what_the_bike_is_registered_and_traced_by() -> None:
    unasked = replace(TRACED, consented_at=None)

    for side in (Side.EMPLOYEE, Side.LESSOR):
        assert say(SAID, RIDDEN, None, tried(side)) == unasked
    assert say(replace(SAID, registration="BS-1"), RIDDEN, TRACED, tried(Side.LESSOR)) == replace(
        TRACED, registration="BS-1"
    )
    assert say(replace(SAID, device=" "), RIDDEN, None, tried(Side.LESSOR)) == Refusal(NotTraced.NO_TRACKER, "/device")


def test_another_tracker_is_another_question_to_the_holder() -> None:
    known = replace(TRACED, place=FOUND)
    other = say(replace(SAID, device="860000000000018"), GONE, known, tried(Side.LESSOR))

    assert other == replace(TRACED, device="860000000000018", consented_at=None)
    none = say(replace(SAID, device=None, provider=None), GONE, known, tried(Side.LESSOR))
    assert none == Tracing(LEASE.id, "SN-1", "BS-0815")


def test_the_holder_alone_says_yes_and_with_her_no_the_place_goes() -> None:
    unasked = replace(TRACED, consented_at=None)

    assert consent(Consent(LEASE.id, True), RIDDEN, unasked, tried(Side.EMPLOYEE)) == TRACED
    later = tried(Side.EMPLOYEE, NOW + timedelta(days=1))
    assert consent(Consent(LEASE.id, True), RIDDEN, TRACED, later) == TRACED
    assert consent(Consent(LEASE.id, True), RIDDEN, unasked, tried(Side.LESSOR)) == Refusal(NotDone.NOT_YOURS_TO_DO)
    assert consent(Consent(LEASE.id, True), RIDDEN, None, tried(Side.EMPLOYEE)) == Refusal(NotTraced.NO_TRACKER)
    assert consent(Consent(LEASE.id, False), GONE, replace(TRACED, place=FOUND), tried(Side.EMPLOYEE)) == unasked


def test_a_place_is_told_with_consent_while_a_theft_is_open() -> None:
    assert told() == replace(TRACED, place=FOUND)
    assert told(kept=None) == Refusal(NotTraced.NO_TRACKER)
    assert told(kept=replace(TRACED, consented_at=None)) == Refusal(NotTraced.NO_CONSENT)
    assert told(lease=RIDDEN) == Refusal(NotTraced.NOT_STOLEN)
    damaged = replace(LEASE, state=LeaseState.INCIDENT)
    assert told(lease=damaged) == Refusal(NotTraced.NOT_STOLEN)


def test_the_latest_place_counts_whichever_is_told_first() -> None:
    before = replace(DEPOT, location=Location(52.0, 10.0), seen_at=NOW - timedelta(hours=1))

    assert told(before, replace(TRACED, place=FOUND)).place == FOUND
    assert told(DEPOT, told(before)).place == FOUND


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"seen_at": NOW + timedelta(minutes=6)}, Refusal(NotTraced.NOT_THEN, "/seen_at")),
        ({"seen_at": NOW - timedelta(days=2)}, Refusal(NotTraced.NOT_THEN, "/seen_at")),
        ({"location": Location(90.1, 10.0)}, Refusal(NotTraced.BAD_PLACE, "/lat")),
        ({"location": Location(52.0, float("nan"))}, Refusal(NotTraced.BAD_PLACE, "/lat")),
    ],
)
def test_where_a_rider_was_before_the_theft_is_not_told(wrong: dict[str, Any], refusal: Refusal[NotTraced]) -> None:
    assert told(replace(DEPOT, **wrong)) == refusal


def test_another_bike_in_the_same_contract_begins_without() -> None:
    swapped = replace(GONE, quote=replace(QUOTE, bike=replace(BIKE, serial_number="SN-2")))

    assert of_bike(swapped, replace(TRACED, place=FOUND)) == Tracing(LEASE.id, "SN-2")
    assert of_bike(GONE, TRACED) == TRACED
    assert of_bike(replace(GONE, quote=replace(QUOTE, bike=replace(BIKE, serial_number=None))), TRACED) is None


@pytest.mark.parametrize("side", [Side.HR, Side.DEALER])
def test_employer_and_dealer_trace_nobody(side: Side) -> None:
    assert not sees(GONE, somebody(side))
    for found in (
        told(side=side),
        say(SAID, GONE, TRACED, tried(side)),
        consent(Consent(LEASE.id, True), GONE, TRACED, tried(side)),
    ):
        assert found == Refusal(NotDone.UNKNOWN_LEASE)


def test_an_ended_lease_is_traced_no_more() -> None:
    over = replace(GONE, state=LeaseState.EARLY_ENDED)
    assert say(SAID, over, TRACED, tried(Side.LESSOR)) == Refusal(NotDone.WRONG_STATE)
    assert told(lease=over) == Refusal(NotDone.WRONG_STATE)
