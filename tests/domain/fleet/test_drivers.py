from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from domain.fleet.drivers import (
    BriefDriver,
    Briefing,
    CheckLicence,
    Driver,
    NotChecked,
    briefed,
    checked,
    lacking,
    looks_after,
)
from domain.identity import PoolId, Role
from domain.proofs import CheckResult, LicenceCheck, ProofKind
from domain.refusals import Refusal
from tests.examples import TOWN_HALL, an_actor, person_id

NOW, TODAY = datetime(2026, 8, 31, 9, tzinfo=UTC), date(2026, 8, 31)
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=(TOWN_HALL,))
KIM = Driver(person_id("kim"), "kim@example.org", None, (TOWN_HALL,), every_pool=False)
SEEN = CheckLicence(KIM.id, CheckResult.VALID, "at the counter", ("AM", "B"))


def test_a_look_at_a_licence_counts_for_half_a_year() -> None:
    found = checked(SEEN, KIM, MANAGER, NOW, TODAY)
    assert found == LicenceCheck(
        CheckResult.VALID, "at the counter", ("AM", "B"), None, MANAGER.id, NOW, date(2027, 2, 28)
    )


def test_it_does_not_outlive_the_licence() -> None:
    found = checked(replace(SEEN, licence_until=date(2026, 10, 1)), KIM, MANAGER, NOW, TODAY)
    assert isinstance(found, LicenceCheck)
    assert found.counts_until == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("command", "reason", "pointer"),
    [
        (replace(SEEN, classes=()), NotChecked.CLASSES_MISSING, "/classes"),
        (replace(SEEN, licence_until=date(2026, 8, 30)), NotChecked.NOT_VALID_ANY_MORE, "/licence_until"),
    ],
)
def test_what_does_not_count_is_refused(command: CheckLicence, reason: NotChecked, pointer: str) -> None:
    assert checked(command, KIM, MANAGER, NOW, TODAY) == Refusal(reason, pointer)


def test_nobody_looks_at_her_own_licence_or_at_one_of_another_pool() -> None:
    herself = replace(KIM, id=MANAGER.id)
    assert checked(SEEN, herself, MANAGER, NOW, TODAY) == Refusal(NotChecked.OWN_LICENCE)
    stranger = an_actor("ada", Role.FLEET_MANAGER, pools=("harbour",))
    unknown = Refusal(NotChecked.UNKNOWN_DRIVER)
    assert checked(SEEN, KIM, stranger, NOW, TODAY) == unknown
    assert checked(SEEN, None, MANAGER, NOW, TODAY) == unknown
    assert briefed(BriefDriver(KIM.id, TODAY, "Sicher fahren"), KIM, stranger, NOW, TODAY) == unknown


@pytest.mark.parametrize(
    ("driver", "pools", "roles", "hers"),
    [
        (KIM, (TOWN_HALL,), (Role.FLEET_MANAGER,), True),
        (KIM, (), (Role.FLEET_MANAGER,), True),
        (KIM, ("harbour",), (Role.FLEET_MANAGER,), False),
        (replace(KIM, pools=(PoolId("harbour"),)), (TOWN_HALL,), (Role.FLEET_MANAGER,), False),
        (replace(KIM, pools=(), every_pool=True), (TOWN_HALL,), (Role.FLEET_MANAGER,), True),
        (KIM, (), (Role.OPERATOR,), True),
        (KIM, (TOWN_HALL,), (Role.DRIVER,), False),
        (KIM, (), (Role.RESIDENT,), False),
    ],
)
def test_whoever_runs_her_pool_looks_after_a_driver(
    driver: Driver, pools: tuple[str, ...], roles: tuple[Role, ...], hers: bool
) -> None:
    assert looks_after(an_actor("grace", *roles, pools=pools), driver) is hers


def test_the_last_look_counts_whatever_was_seen_before() -> None:
    valid = checked(SEEN, KIM, MANAGER, NOW, TODAY)
    lost = checked(replace(SEEN, result=CheckResult.NOT_VALID, classes=()), KIM, MANAGER, NOW, TODAY)
    assert isinstance(valid, LicenceCheck)
    assert isinstance(lost, LicenceCheck)
    told = briefed(BriefDriver(KIM.id, date(2026, 1, 15), "Sicher fahren"), KIM, MANAGER, NOW, TODAY)
    assert told == Briefing(date(2026, 1, 15), "Sicher fahren", MANAGER.id, NOW, date(2027, 1, 15))
    fit = replace(KIM, checks=(lost, valid), briefings=(told,))
    assert lacking(KIM, TODAY) == (ProofKind.LICENCE, ProofKind.BRIEFING)
    assert lacking(fit, date(2027, 1, 15)) == ()
    assert lacking(fit, date(2027, 1, 16)) == (ProofKind.BRIEFING,)
    assert lacking(fit, date(2027, 3, 1)) == (ProofKind.LICENCE, ProofKind.BRIEFING)
    assert lacking(replace(fit, checks=(valid, lost)), TODAY) == (ProofKind.LICENCE,)


def test_a_briefing_to_come_was_not_given() -> None:
    refused = briefed(BriefDriver(KIM.id, date(2026, 9, 1), "Sicher fahren"), KIM, MANAGER, NOW, TODAY)
    assert refused == Refusal(NotChecked.DATE_IN_THE_FUTURE, "/given_on")
