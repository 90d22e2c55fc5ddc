"""Drivers: whether somebody looked at their licence, and told them how to drive safely, in time.

Whoever lets somebody drive without a licence is liable, also by negligence (§ 21 Abs. 1 Nr. 2, Abs. 2 Nr. 1 StVG). What is
kept is the result, by whom, when, how and for which classes: never an image of the licence.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.identity import Actor, PersonId, PoolId, Role
from domain.periods import Interval
from domain.proofs import CheckResult, LicenceCheck, ProofKind, looked_at
from domain.refusals import Refusal

BRIEFING = Interval(12, date(2014, 10, 1), "§ 4 Abs. 1 DGUV Vorschrift 1: at least once a year")


class Briefing(Struct, frozen=True):
    """The yearly one in safe driving (Unterweisung)."""

    given_on: date
    topic: str
    given_by: PersonId
    entered_at: datetime
    counts_until: date


class Driver(Struct, frozen=True):
    """A person who may drive a pool's vehicles. `pools` are those of her grants; in `every_pool` if one names none. Checks and
    briefings are in the order in which they were entered."""

    id: PersonId
    email: str
    name: str | None
    pools: tuple[PoolId, ...]
    every_pool: bool
    checks: tuple[LicenceCheck, ...] = ()
    briefings: tuple[Briefing, ...] = ()


class CheckLicence(Struct, frozen=True):
    """Somebody looked at a driver's licence. `method` is how: at the counter, by video, by a seal with a reader."""

    person_id: PersonId
    result: CheckResult
    method: str
    classes: tuple[str, ...] = ()
    licence_until: date | None = None


class BriefDriver(Struct, frozen=True):
    person_id: PersonId
    given_on: date
    topic: str


class NotChecked(StrEnum):
    UNKNOWN_DRIVER = "unknown_driver"
    OWN_LICENCE = "own_licence"
    CLASSES_MISSING = "classes_missing"
    NOT_VALID_ANY_MORE = "not_valid_any_more"
    DATE_IN_THE_FUTURE = "date_in_the_future"


def looks_after(actor: Actor, driver: Driver) -> bool:
    """Whoever runs a pool looks after its drivers, the operator after all."""
    if actor.has(Role.OPERATOR):
        return True
    runs_hers = driver.every_pool or not actor.pools or not actor.pools.isdisjoint(driver.pools)
    return actor.has(Role.FLEET_MANAGER) and runs_hers


def checked(
    command: CheckLicence, driver: Driver | None, actor: Actor, now: datetime, today: date
) -> LicenceCheck | Refusal[NotChecked]:
    """The check, and until when it counts: half a year, or as long as the licence. Nobody checks her own."""
    if driver is None or not looks_after(actor, driver):
        return Refusal(NotChecked.UNKNOWN_DRIVER)
    if driver.id == actor.id:
        return Refusal(NotChecked.OWN_LICENCE)
    if command.result is CheckResult.VALID:
        if not command.classes:
            return Refusal(NotChecked.CLASSES_MISSING, "/classes")
        if command.licence_until is not None and command.licence_until < today:
            return Refusal(NotChecked.NOT_VALID_ANY_MORE, "/licence_until")
    seen = command.result, command.method, command.classes, command.licence_until
    return looked_at(*seen, by=actor.id, now=now, today=today)


def briefed(
    command: BriefDriver, driver: Driver | None, actor: Actor, now: datetime, today: date
) -> Briefing | Refusal[NotChecked]:
    """The briefing, which counts for a year; one that is over is taken into the records all the same."""
    if driver is None or not looks_after(actor, driver):
        return Refusal(NotChecked.UNKNOWN_DRIVER)
    if command.given_on > today:
        return Refusal(NotChecked.DATE_IN_THE_FUTURE, "/given_on")
    return Briefing(command.given_on, command.topic, actor.id, now, BRIEFING.last_day(command.given_on))


def lacking(driver: Driver, today: date) -> tuple[ProofKind, ...]:
    """What has to be seen or told before she drives."""
    return tuple(kind for kind, until in counts_until(driver) if until is None or until < today)


def counts_until(driver: Driver) -> tuple[tuple[ProofKind, date | None], ...]:
    """The last day on which her licence counts as seen, and her briefing as given; None where they never did, or the last look
    at the licence found that it is not valid."""
    return (
        (ProofKind.LICENCE, _last(check.counts_until for check in driver.checks)),
        (ProofKind.BRIEFING, max((each.counts_until for each in driver.briefings), default=None)),
    )


def _last(ends: Iterable[date | None]) -> date | None:
    """What the last check says, whatever was said before."""
    return [None, *ends][-1]
