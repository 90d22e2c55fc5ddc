"""A depot and its stations for a day: vehicles come and go as they like, links fail, and somebody plans again at each event.

Stations do what OCPP has them do: a profile counts as long as it lasts, then the safe default; without link nothing new comes.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.charging.orders import PowerStep
from domain.charging.power.charges import Charge, Standing, Standstill
from domain.charging.power.groups import GridLimit, Member, PowerGroup
from domain.charging.power.sharing import LASTS, share
from tests.domain.charging.power.groups import at_second, evse, group, point

MIDNIGHT = datetime(2026, 12, 2, tzinfo=UTC)
DAY_S = 24 * 60 * 60


@dataclass
class Visit:
    """A booking, and what became of it: seconds since midnight."""

    id: int
    number: int
    booked: tuple[int, int]
    really: tuple[int, int]
    energy_wh: int
    fleet: bool
    had_ws: int = 0

    @property
    def lacks_wh(self) -> int:
        return max(self.energy_wh - self.had_ws // 3600, 0)


@dataclass
class Station:
    member: Member
    sent_at: int = 0
    steps: Sequence[PowerStep] = ()

    def gives(self, second: int) -> int:
        if self.steps and second - self.sent_at < LASTS.total_seconds():
            return at_second(self.steps, second - self.sent_at)
        return self.member.safe_w


@dataclass
class Told:
    """A limit, and when it is told."""

    at: int
    limit: GridLimit


@dataclass
class Depot:
    group: PowerGroup
    visits: list[Visit]
    limits: list[Told]
    without_link: dict[int, tuple[int, int]]
    read: list[tuple[int, int, int]] = field(default_factory=list)
    plans: int = 0
    changes: int = 0

    def run(self) -> None:
        """Minute by minute: what happens, a new plan where something did, and a reading of what is drawn."""
        stations = {member.evse_id.int: Station(member) for member in self.group.members}
        for second in range(0, DAY_S, 60):
            if second % 900 == 0 or self._happens(second):
                self._plan(second, stations)
            sum_w = 0
            for visit in self.visits:
                station = stations[visit.number]
                if visit.really[0] == second:
                    station.steps = () if self._is_lost(visit.number, second) else station.steps
                if visit.really[0] <= second < visit.really[1]:
                    watts = station.gives(second)
                    sum_w += watts
                    visit.had_ws += watts * 60
                elif visit.really[1] == second:
                    station.steps = ()
            self.read.append((second, sum_w, self.limit_w(second)))

    def limit_w(self, second: int) -> int:
        at = MIDNIGHT + timedelta(seconds=second)
        allowed = [
            max(told.limit.limit_w, self.group.floor_w(at.date()))
            for told in self.limits
            if told.limit.period.start <= at < told.limit.period.end
        ]
        return min([self.group.nominal_w, *allowed])

    def _is_lost(self, number: int, second: int) -> bool:
        since, until = self.without_link.get(number, (0, 0))
        return since <= second < until

    def _happens(self, second: int) -> bool:
        return (
            any(second in visit.really for visit in self.visits)
            or any(told.at == second for told in self.limits)
            or any(second in each for each in self.without_link.values())
        )

    def _plan(self, second: int, stations: dict[int, Station]) -> None:
        now = MIDNIGHT + timedelta(seconds=second)
        known = [told.limit for told in self.limits if told.at <= second]
        still = [
            Standstill(evse(number), MIDNIGHT + timedelta(seconds=stations[number].sent_at), stations[number].steps, int(LASTS.total_seconds()))
            for number in stations
            if self._is_lost(number, second)
        ]  # fmt: skip
        here = {visit.number: visit for visit in self.visits if visit.really[0] <= second < visit.really[1]}
        charges = [
            Charge(
                UUID(int=visit.id),
                evse(visit.number),
                MIDNIGHT + timedelta(seconds=visit.booked[0]),
                MIDNIGHT + timedelta(seconds=visit.booked[1]),
                visit.lacks_wh,
                Standing.FLEET if visit.fleet else Standing.PUBLIC,
                present=visit is here.get(visit.number),
            )
            for visit in self.visits
            if second < visit.booked[1] and second < visit.really[1]
        ]
        plan = share(self.group, known, charges, now, still)
        self.plans += 1
        for each in plan.allocations:
            station = stations[each.evse_id.int]
            if each.evse_id.int in here:
                self.changes += station.gives(second) != at_second(each.steps, 0)
                station.sent_at, station.steps = second, each.steps


def a_day(seed: int) -> Depot:
    """40 points and 160 bookings, two of five by the fleet, most in the evening; one in five comes late and one in seven leaves early."""
    rng = random.Random(seed)
    site = group(*(point(n, 22_000 if n % 4 == 0 else 11_000) for n in range(1, 41)), nominal_w=250_000)
    visits: list[Visit] = []
    for number in range(1, 41):
        at = rng.randint(0, 90) * 60
        for turn in range(4):
            length = rng.randint(150, 290) * 60
            end = min(at + length, DAY_S - 60 * (3 - turn) * 200)
            start_late = rng.randint(5, 40) * 60 if rng.random() < 0.2 else 0
            end_early = rng.randint(5, 30) * 60 if rng.random() < 0.15 else 0
            kw = site.members[number - 1].max_w / 1000
            need = int(rng.uniform(0.27, 0.68) * kw * (end - at) / 3600 * 1000)
            visits.append(
                Visit(len(visits) + 1, number, (at, end), (at + start_late, end - end_early), need, rng.random() < 0.4)
            )
            at = end + rng.randint(0, 50) * 60
    return Depot(site, visits, [], {})
