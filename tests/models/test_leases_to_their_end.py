"""Years of leases in PostgreSQL: whatever happens to them, each ends as it may, every month of it is owed once, and the books balance."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from domain.bike_leasing.calculation.effective_rate import percent_of
from domain.bike_leasing.calculation.recomputing import recomputed, restored, stored
from domain.bike_leasing.calculation.sheets import Sheet
from domain.bike_leasing.contracts.acts import TABLE
from domain.bike_leasing.money.collecting import LEASE_UNDONE
from domain.identity import City
from tests.database import Databases
from tests.models.leasing.beginning import begin
from tests.models.leasing.life import OVER, STILL_OUT, Life, follow_calendar, last_day
from tests.models.leasing.lives import Lives, Often
from tests.models.leasing.memory import MemoryShelf
from tests.models.leasing.months import go_on
from tests.models.leasing.postgres import PostgresShelf
from tests.models.leasing.reckoning import INSURER, effective_percent_of, effective_percent_since, month_after
from tests.models.leasing.town import Charged, Shelf, Town, agreed_with

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
SEEDS = (20261129, 1, 2) if FULL else (20261129,)


class Size(Struct, frozen=True):
    """So many leases, of which the last begins so many `months` after the first, of `terms` months, one employer's of fewer."""

    leases: int
    months: int
    terms: tuple[int, int]
    often: Often
    whole: int


OFTEN, SELDOM = Often(rests=0.12, mishaps=0.08, leaves=0.12), Often(rests=0.02, mishaps=0.015, leaves=0.012)
MANY = Size(2000 if FULL else 200, 17, (36, 24), SELDOM, whole=60)
SOME = Size(200, 17, (36, 24), SELDOM, whole=60) if FULL else Size(24, 3, (12, 9), OFTEN, whole=18)


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_lease_ends_as_it_may_and_each_month_of_it_is_owed_once(
    seed: int, report: Callable[[str], None]
) -> None:
    lives = await lived(MemoryShelf(City("lessorville")), MANY, seed, report)
    if seed == SEEDS[0]:
        everything = EVERYTHING | (SELDOM_SEEN if FULL else set())
        assert set(lives.seen) >= everything, everything - set(lives.seen)
        tries = lives.town.tries
        assert min(tries.paid, tries.failed, tries.returned, tries.given_back) > 0


@pytest.mark.database
async def test_in_postgresql_as_well(database: Databases, report: Callable[[str], None]) -> None:
    shelf = PostgresShelf(database, (await database.new_city()).city)
    lives = await lived(shelf, SOME, SEEDS[0], report)
    told = "SELECT count(*) FROM outbox WHERE city = :city AND kind LIKE 'bike_leasing.lease\\_%'"
    assert await database.rows(shelf.city, told) == [(sum(len(life.acts) for life in lives.all),)]


async def lived(shelf: Shelf, size: Size, seed: int, report: Callable[[str], None]) -> Lives:
    """All leases to their end, compared each month with what we reckon, and as a whole at the end."""
    town = Town(shelf, Random(seed + 1))
    lives = Lives(town, agreed_with(*size.terms), size.often, Random(seed))
    await town.accredit_dealer()
    for agreed in lives.agreed:
        await town.agree(agreed)
    years = Years(town, lives, size)
    await years.live()
    await check_ends(town, lives)
    await check_plans(town, lives)
    await check_collections(town, lives)
    sheets = await check_sheets(town, lives)
    report(f"seed {seed}: {size.leases} leases, {years.months} months, {years.charges} instalments, {sheets} sheets")
    report(f"acts {dict(lives.seen)}, debits {town.tries}")
    return lives


EVERYTHING = {
    *("suspend", "resume", "report_incident", "resolve", "replace", "declare_total_loss", "terminate", "make_out", "transfer"),
    *("continue_privately", "buy_out", "settle", "offer_purchase", "revoke_purchase", "purchase", "schedule_return", "close"),
    *("withdrawn when ordered", "withdrawn when ready_for_pickup", "withdrawn when handed_over", "withdrawn when active", "withdrawn in time, read late"),
    *("credit refused", "withdrawn in vain", "mishaps when ending"),
    *("reject", "cancel", "mistaken", "rests insured for some months", "rests insured for no months"),
}  # fmt: skip
SELDOM_SEEN = {
    *("withdrawn when incident", "withdrawn when terminating", "rests before it began"),
    *(f"mishaps when {state}" for state in STILL_OUT),
}


class Years:
    """Month by month; `charges` counts instalments, `owed` what they come to by the account."""

    def __init__(self, town: Town, lives: Lives, size: Size) -> None:
        self.town, self.lives, self.size = town, lives, size
        self.charges, self.months = 0, 0
        self.owed: Counter[str] = Counter()

    async def live(self) -> None:
        size, month = self.size, date(2027, 1, 1)
        begins = Counter(self.lives.dice.randrange(size.months) for _ in range(size.leases))
        while self.months < size.months or self.lives.running or self._is_left:
            await self._first_of(month)
            self._day(month, 10)
            for _ in range(begins[self.months]):
                await begin(self.lives)
            self._day(month, 12)
            await go_on(self.lives)
            self._day(month, 26)
            await self.town.collect()
            month = month_after(month)
            self.months += 1
            assert self.months < 2 * size.whole, [(life.state, life.acts) for life in self.lives.running][:5]

    def _day(self, month: date, day: int) -> None:
        self.town.now = datetime(month.year, month.month, day, 8, tzinfo=UTC)

    @property
    def _is_left(self) -> bool:
        """Whether anybody owes months to come, though her lease is over: who buys her bike before its last month pays until then."""
        return any(life.money is not None and life.state == "closed" and life.money.left for life in self.lives.all)

    async def _first_of(self, month: date) -> None:
        """What the calendar brings, and the month's run, asked for twice."""
        self._day(month, 1)
        await self.town.shelf.keep_dates()
        for life in self.lives.running:
            follow_calendar(life, month)
        shelf = self.town.shelf
        assert await shelf.states() == {life.id: life.state for life in self.lives.all}, month
        await self.town.run(month)
        await self.town.run(month)
        charged = await shelf.charged()
        assert Counter(charged) == Counter(self._owed(month)), month
        assert await shelf.unbalanced() == [], month
        self.lives.lose_worth(month)
        reckoned = {key: self.owed[key] + self.lives.posted[key] for key in {*self.owed, *self.lives.posted}}
        assert await shelf.balances() == {key: cents for key, cents in reckoned.items() if cents}, month
        await self.town.collect()

    def _owed(self, month: date) -> list[Charged]:
        """What the month's run should charge by our own reckoning."""
        found: list[Charged] = []
        for life in self.lives.all:
            if (money := life.money) is None:
                continue
            for owed_for, payer in money.charge(month):
                way = "insurer" if payer == INSURER else "holder" if payer is None else "employer"
                found.append((life.id, owed_for, way, money.payer, money.amount, money.vat, money.passed_on))
                account = {"insurer": "rate_insurers", "holder": "receivables", "employer": "leasing_employers"}[way]
                self.owed[account] += money.amount
                self.owed["insurers"] -= money.passed_on
                self.owed["vat.19"] -= money.vat
                self.owed["revenue.bike_leasing.19"] -= money.amount - money.passed_on - money.vat
        self.charges += len(found)
        return found


async def check_ends(town: Town, lives: Lives) -> None:
    """Every lease is where nothing leads on from, or is lost to nobody; by the acts that were done, each of them once."""
    goes_on = {source.value for row in TABLE for source in row.sources if source is not row.target}
    assert not OVER & goes_on
    by_lease: dict[UUID, list[str]] = {}
    for lease, version, act in await town.shelf.steps():
        acts = by_lease.setdefault(lease, [])
        acts.append(act)
        assert version == len(acts), (lease, version)
    assert by_lease == {life.id: life.acts for life in lives.all}
    for life in lives.all:
        found = (await town.file(life.id)).lease
        assert (found.state, found.first_month) == (life.state, life.money and life.money.first)
        if life.state == "closed":
            assert found.last_day == last_day(life.reckoned), life


async def check_plans(town: Town, lives: Lives) -> None:
    """As many months are owed as were agreed, or the others are cut; no month twice."""
    begun = {life.id: life.money for life in lives.all if life.money is not None}
    assert await town.shelf.plans() == {
        lease: (len(money.owed), money.left, money.agreed.months, money.agreed.months) for lease, money in begun.items()
    }
    assert not any(life.reckoned.left for life in lives.all if life.state == "closed")


async def check_collections(town: Town, lives: Lives) -> None:
    """Who pays by debit is debited for what she was charged, twice at the most, and never again once that is paid, or once she has
    withdrawn: what she paid before is given back then."""
    debited = await town.shelf.collected()
    withdrawn = {life.id for life in lives.all if life.state == "withdrawn"}
    for lease, states, is_same, instalment in debited:
        assert is_same
        if states[-1] == LEASE_UNDONE:
            assert (lease in withdrawn, instalment) == (True, "failed"), states
            states.pop()
            continue
        assert set(states[:-1]) <= {"failed", "returned"}, states
        assert instalment == ("collected" if states[-1] == "paid" else "failed"), (states, instalment)
        assert states[-1] == "paid" or len(states) == 2 or lease in withdrawn, states
        assert states[-1] != "paid" or lease not in withdrawn, states
    ended, tries = Counter(state for _, states, *_ in debited for state in states), town.tries
    back = tries.returned + tries.given_back
    assert ended == Counter(paid=tries.paid - back, failed=tries.failed, returned=back)
    hers = {
        life.id: sum(payer is None for payer in life.reckoned.owed.values()) for life in lives.all if life.is_debited
    }
    counted = Counter(lease for lease, *_ in debited)
    assert {lease: count for lease, count in hers.items() if count} == counted
    assert len(town.bank.debited) == sum(len(states) for _, states, *_ in debited)


async def check_sheets(town: Town, lives: Lives) -> int:
    """Every sheet comes to the same cents again, and those to the same as ours."""
    by_lease: dict[UUID, dict[str, Sheet[Any]]] = {life.id: {} for life in lives.all}
    for lease, name, kept in await town.shelf.sheets():
        again = recomputed(kept.encode())
        assert isinstance(again, Sheet)
        assert stored(again).decode() == kept
        by_lease[lease][name] = restored(kept.encode())
    for life in lives.all:
        assert shown(by_lease[life.id], life) == life.sheets
        if life.is_consumers:
            found = percent_of(by_lease[life.id]["effective_rate"])
            assert abs(float(found) - effective_percent_of(life.price, life.agreed)) < 0.005_001, life
        if life.handed_over_on is not None:
            since = percent_of(by_lease[life.id]["effective_rate_from_handover"])
            ours = effective_percent_since(life.price, life.agreed, life.handed_over_on)
            assert abs(float(since) - ours) < 0.005_001, (life, since, ours)
    return sum(map(len, by_lease.values()))


def shown(sheets: dict[str, Sheet[Any]], life: Life) -> dict[str, dict[str, int]]:
    """Of each sheet those results that we know."""
    return {
        name: {of: cents.amount for of, cents in sheet.results.items() if of in life.sheets.get(name, {})}
        for name, sheet in sheets.items()
    }
