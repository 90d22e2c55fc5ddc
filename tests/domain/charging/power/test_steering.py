"""A site is steered through what happens to it: stations answer late, not at all, refuse, or lose their link."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain.charging.orders import Answered, Profile, ProfilePurpose, SetProfile
from domain.charging.power.facts import GoingOn, PowerFacts, PowerNow, Use
from domain.charging.power.giving import Point, Told, watts_at
from domain.charging.power.groups import GridLimit, PowerType, limit_at
from domain.charging.power.steering import steer
from domain.charging.reports import TransactionRef
from domain.charging.sessions.points import Point as Given
from domain.charging.sessions.withholding import is_given
from domain.charging.stations import ChargingStationId
from tests.domain.charging.power.groups import NOON, after, dimmed, evse, group, point

STATION = ChargingStationId(UUID(int=900))
TICK_S = 10


@dataclass
class Station:
    """One point with the profiles that it has taken, and how it answers."""

    number: int
    safe_w: int
    online: bool = True
    refuses: bool = False
    mute: bool = False
    slow_s: int = 0
    default_w: int = 11_000
    profile: Profile | None = None
    transaction: int | None = None
    began_at: datetime = NOON
    energy_wh: float = 0
    told: list[Told] = field(default_factory=list)
    under_way: list[tuple[datetime, SetProfile]] = field(default_factory=list)

    def draws(self, now: datetime) -> int:
        if self.transaction is None:
            return 0
        if self.profile is not None:
            since = int((now - self.profile.starts_at).total_seconds())
            assert self.profile.lasts_s is not None
            if 0 <= since < self.profile.lasts_s:
                return min(watts_at(self.profile.steps, since), 11_000)
        return self.default_w

    def plug_in(self, number: int, now: datetime) -> None:
        self.transaction, self.began_at, self.energy_wh, self.profile = number, now, 0, None

    def hear(self, now: datetime) -> bool:
        """Whether an order was answered."""
        if not self.under_way or not self.online or now < self.under_way[0][0] + timedelta(seconds=self.slow_s):
            return False
        _, order = self.under_way.pop(0)
        profile = order.profile
        knows = profile.transaction in {None, TransactionRef(str(self.transaction))}
        takes = knows and not self.refuses
        if takes and profile.purpose is ProfilePurpose.DEFAULT:
            self.default_w = profile.steps[0].limit_w
        elif takes:
            self.profile = profile
        answered = Answered.NO_ANSWER if self.mute else Answered.ACCEPTED if takes else Answered.REJECTED
        n = next(n for n, told in enumerate(self.told) if told.profile is profile)
        self.told[n] = Told(profile, self.told[n].made_at, answered, now)
        return True

    def known(self) -> Point:
        of = {None, TransactionRef(str(self.transaction))}
        told = [each for each in self.told if each.profile.transaction in of]
        for purpose in ProfilePurpose:
            sure = [
                n
                for n, each in enumerate(told)
                if each.answered is Answered.ACCEPTED and each.profile.purpose is purpose
            ]
            last = sure[-1] if sure else 0
            told = [
                e for n, e in enumerate(told) if e.profile.purpose is not purpose or n >= last or e.answered is None
            ]
        return Point(evse(self.number), STATION, self.number, self.online, None, tuple(told))


@dataclass
class Site:
    stations: list[Station]
    nominal_w: int = 22_000
    limits: list[GridLimit] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    orders: int = 0
    vehicles: int = 0
    noted: dict[UUID, list[Given]] = field(default_factory=dict)

    @property
    def facts(self) -> PowerFacts:
        members = (point(each.number, safe_w=each.safe_w) for each in self.stations)
        return PowerFacts(
            group(*members, nominal_w=self.nominal_w), tuple(self.limits), tuple(self.uses), 1, after(9999)
        )

    def there(self) -> PowerNow:
        sessions = tuple(
            GoingOn(
                UUID(int=each.transaction), evse(each.number), each.began_at, int(each.energy_wh),
                TransactionRef(str(each.transaction)), UUID(int=each.transaction),
                tuple(self.noted.get(UUID(int=each.transaction), ())),
            )
            for each in self.stations
            if each.transaction is not None
        )  # fmt: skip
        return PowerNow(sessions, tuple(each.known() for each in self.stations))

    def look(self, now: datetime) -> datetime:
        done = steer(self.facts, self.there(), now)
        for each in done.told:
            station = next(s for s in self.stations if evse(s.number) == each.point.evse_id)
            station.told.append(Told(each.order.profile, now))
            station.under_way.append((now, each.order))
            self.orders += 1
        for noted in done.noted:
            self.noted.setdefault(noted.session_id, []).extend(noted.points)
        return done.look_at

    def allowed_w(self, now: datetime) -> int:
        return limit_at(self.facts.group, self.limits, now)

    def arrive(self, number: int, now: datetime, until: datetime, kwh: int, *, fleet: bool = False) -> None:
        self.vehicles += 1
        booked = Use(UUID(int=self.vehicles), evse(number), now, until, fleet, Decimal(kwh))
        self.uses.append(booked)
        self.stations[number - 1].plug_in(self.vehicles, now)


@dataclass
class Reading:
    at: datetime
    watts: list[int]
    allowed: int


def run(site: Site, minutes: int, happens: Callable[[Site, datetime], bool]) -> list[Reading]:
    """Every ten seconds: what happens, what stations answer, a look if there is a reason, and a reading of what is drawn then."""
    readings: list[Reading] = []
    look_at = NOON
    for second in range(0, minutes * 60, TICK_S):
        now = NOON + timedelta(seconds=second)
        reason = happens(site, now)
        for each in site.stations:
            while each.hear(now):
                reason = True
        if reason or now >= look_at:
            look_at = site.look(now)
        watts = [each.draws(now) for each in site.stations]
        for each, flows in zip(site.stations, watts, strict=True):
            each.energy_wh += flows * TICK_S / 3600
        readings.append(Reading(now, watts, site.allowed_w(now)))
    return readings


def settled(site: Site) -> Site:
    """All of its stations have said yes to their defaults."""
    run(site, 1, lambda _site, _now: False)
    assert [each.default_w for each in site.stations] == [each.safe_w for each in site.stations]
    site.orders = 0
    return site


def a_site(points: int, nominal_w: int = 22_000, safe_w: int = 0) -> Site:
    return settled(Site([Station(n, safe_w) for n in range(1, points + 1)], nominal_w))


def test_a_profile_says_how_many_phases_it_limits_so_that_it_can_be_said_in_amperes() -> None:
    kinds = (PowerType.AC_1_PHASE, PowerType.AC_3_PHASE, PowerType.DC)
    members = [point(number, power_type=kind) for number, kind in enumerate(kinds, 1)]
    stations = [Station(number, 0, transaction=number) for number in (1, 2, 3)]
    sessions = tuple(GoingOn(UUID(int=n), evse(n), NOON, 0, TransactionRef(str(n)), UUID(int=n), ()) for n in (1, 2, 3))
    facts = PowerFacts(group(*members, nominal_w=50_000), (), (), 1, after(9999))
    told = list[SetProfile]()
    for now in (NOON, after(1)):
        for each in steer(facts, PowerNow(sessions, tuple(station.known() for station in stations)), now).told:
            station = stations[each.point.evse - 1]
            station.told.append(Told(each.order.profile, now, Answered.ACCEPTED, now))
            told.append(each.order)
    assert {(each.profile.purpose, each.evse, each.profile.phases) for each in told} == {
        (purpose, number, phases)
        for purpose in (ProfilePurpose.DEFAULT, ProfilePurpose.TRANSACTION)
        for number, phases in ((1, 1), (2, 3), (3, None))
    }


def test_an_hour_of_dimming_is_kept_to_and_what_was_given_before_is_given_again() -> None:
    site = a_site(4)
    site.limits.append(dimmed(60, 120, 0))

    def happens(site: Site, now: datetime) -> bool:
        if now == after(5):
            for number in (1, 2, 3, 4):
                site.arrive(number, now, after(480), 40)
            return True
        return False

    read = run(site, 180, happens)
    assert not [each for each in read if sum(each.watts) > each.allowed]
    at = {each.at: sum(each.watts) for each in read}
    assert [at[after(minute)] for minute in (30, 90, 150)] == [
        22_000,
        11_000,
        22_000,
    ]  # of 14,280 W for four while it is dimmed
    assert site.orders < 80


def test_nobody_gets_more_before_somebody_else_said_yes_to_less() -> None:
    site = a_site(2, nominal_w=11_000)
    site.arrive(1, NOON, after(240), 30)
    run(site, 10, lambda _site, _now: False)
    assert site.stations[0].draws(after(10)) == 11_000
    site.stations[0].slow_s = 60
    site.arrive(2, after(10), after(75), 11)  # who has to leave first
    told = steer(site.facts, site.there(), after(10)).told
    assert [(each.point.evse_id, each.order.profile.steps[0].limit_w) for each in told] == [(evse(1), 0)]


def test_whoever_refuses_less_keeps_it_and_the_others_share_the_rest() -> None:
    site = a_site(3)
    site.arrive(1, NOON, after(400), 50)
    run(site, 5, lambda _site, _now: False)
    site.stations[0].refuses = True
    site.limits.append(dimmed(20, 80, 0))

    def happens(site: Site, now: datetime) -> bool:
        if now == after(10):
            site.arrive(2, now, after(300), 30)
            return True
        return False

    for each in run(site, 90, happens):
        assert sum(each.watts) <= max(each.allowed, each.watts[0])


def test_a_station_that_did_not_say_yes_to_its_default_counts_with_all_that_it_can_give() -> None:
    site = Site([Station(1, 0, refuses=True), Station(2, 0)])
    site.nominal_w = 15_000
    run(site, 1, lambda _site, _now: False)
    site.arrive(2, NOON, after(240), 30)
    read = run(site, 20, lambda _site, _now: False)
    assert {each.watts[1] for each in read} == {0}  # 4 kW are left, less than 6 A a phase
    assert steer(site.facts, site.there(), after(20)).unsure == {evse(1)}


def test_a_profile_that_says_nothing_new_is_told_again_only_when_it_is_about_to_end() -> None:
    site = a_site(2)
    site.arrive(1, NOON, after(600), 100)
    orders = []
    for minutes in (19, 2):
        run(site, minutes, lambda _site, _now: False)
        orders.append(site.orders)
    assert orders[0] == 1


def test_whoever_gets_nothing_has_it_noted_once_and_ahead_for_when_a_profile_ends() -> None:
    site = a_site(2, nominal_w=11_000)
    for number, until in ((1, after(90)), (2, after(400))):
        site.arrive(number, NOON, until, 16)
    run(site, 20, lambda _site, _now: False)
    first, second = (site.noted[UUID(int=number)] for number in (1, 2))
    assert [is_given(first, after(minute)) for minute in (0, 10, 60)] == [False, True, False]
    assert [is_given(second, after(minute)) for minute in (0, 10, 60)] == [False, False, False]
    words = len(site.noted[UUID(int=2)])
    run(site, 1, lambda _site, _now: False)
    assert len(site.noted[UUID(int=2)]) == words


def test_asking_once_more_tells_nobody_anything() -> None:
    site = a_site(3)
    site.arrive(1, NOON, after(240), 30)
    first = steer(site.facts, site.there(), NOON).told
    site.look(NOON)
    assert (len(first), steer(site.facts, site.there(), NOON).told) == (1, ())


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_nobody_who_can_be_told_draws_more_than_the_others_leave(
    seed: int, report: Callable[[str], None]
) -> None:
    """Whoever refuses or cannot be reached draws what it draws, also where a limit is told too late for it."""
    world = World(random.Random(seed))
    site = a_site(8, nominal_w=44_000, safe_w=0)
    read = run(site, 300, world.happens)
    for each in read:
        if sum(each.watts) > each.allowed and not world.was_sudden(each.at):
            assert [n for n, flows in enumerate(each.watts, 1) if flows and world.can_be_told(n, each.at)] == [], each
    most = max(sum(each.watts) for each in read)
    report(f"seed {seed}: most {most} W, {site.orders} orders, {site.vehicles} vehicles, {len(site.limits)} limits")


@dataclass
class World:
    """What nobody can foresee."""

    rng: random.Random
    limits_at: list[datetime] = field(default_factory=list)
    odd_at: dict[int, datetime] = field(default_factory=dict)

    def was_sudden(self, at: datetime) -> bool:
        """Stations have a minute to do what they are told."""
        return any(told <= at < told + timedelta(minutes=1) for told in self.limits_at)

    def can_be_told(self, number: int, at: datetime) -> bool:
        """It was odd neither in the last quarter of an hour, after which it is told again at the latest, nor a little before."""
        return at > self.odd_at.get(number, NOON) + timedelta(minutes=17)

    def happens(self, site: Site, now: datetime) -> bool:
        chance, seen = self.rng.random, False
        for each in site.stations:
            if each.transaction is None and chance() < 0.01:
                stays, kwh = timedelta(minutes=self.rng.randint(30, 240)), self.rng.randint(5, 40)
                site.arrive(each.number, now, now + stays, kwh, fleet=chance() < 0.4)
                seen = True
            elif each.transaction is not None and chance() < 0.002:
                site.uses = [use for use in site.uses if use.booking_id.int != each.transaction]
                each.transaction, each.profile = None, None
                seen = True
            if chance() < 0.002:
                each.slow_s = self.rng.choice([0, 10, 30])
            if chance() < 0.001:
                each.mute = not each.mute
            if chance() < 0.002:
                each.online = not each.online
                each.refuses = each.online and chance() < 0.2
                seen = True
            if each.mute or each.refuses or not each.online:
                self.odd_at[each.number] = now
        if chance() < 0.003:
            begins = now + timedelta(minutes=self.rng.choice([0, 20]))
            since = (begins - NOON).total_seconds() / 60
            site.limits.append(dimmed(since, since + self.rng.randint(10, 60), self.rng.choice([0, 25_000, 35_000])))
            self.limits_at.append(now)
            seen = True
        return seen
