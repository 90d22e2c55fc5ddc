"""All lives of leases in a town, with what their acts have put on accounts.

What follows from an act is written here by hand, and compared with what the product says. Which act it is, dice say: see the modules
`beginning`, `running`, `leaving`, `finishing`, `withdrawing`.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.identity import Actor, Role
from services.bike_leasing.contracts.ports import LeaseFile
from tests.models.leasing.life import OVER, Life
from tests.models.leasing.reckoning import Agreed, Reckoned, half_up
from tests.models.leasing.town import Town, done


class Often(Struct, frozen=True):
    """How often what happens, by the month; `gives_up` and `withdraws` each time that somebody may."""

    rests: float
    mishaps: float
    leaves: float
    gives_up: float = 0.06
    withdraws: float = 0.1


class Lives:
    """`posted` is what acts should have put on accounts, debits less credits in cents."""

    def __init__(self, town: Town, agreed: tuple[Agreed, ...], often: Often, dice: Random) -> None:
        self.town, self.agreed, self.often, self.dice = town, agreed, often, dice
        self.all: list[Life] = []
        self.seen: Counter[str] = Counter()
        self.posted: Counter[str] = Counter()
        self.employers = [each for each in agreed if each.employer is not None]
        self.hr = {each.employer: town.acting(Role.HR, str(each.employer)) for each in self.employers}

    @property
    def running(self) -> list[Life]:
        return [life for life in self.all if life.state not in OVER]

    async def do(
        self,
        life: Life,
        act: str,
        becomes: str,
        use_case: Callable[..., Awaitable[Any]],
        command: object,
        by: Actor,
        **more: Any,
    ) -> LeaseFile:
        """The act is done, and the lease is in that state then."""
        after = done(await self.town.act(use_case, command, by, **more))
        assert after.lease.state == becomes, (life.acts, act, after.lease.state)
        self.did(life, act, becomes)
        return after

    def did(self, life: Life, act: str, becomes: str) -> None:
        life.state = becomes
        life.acts.append(act)
        self.seen[act] += 1

    def new_id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    # -- what acts put on accounts

    def bought(self, life: Life) -> None:
        """The lessor has the bike, deducts the tax within its price, and owes all of that to the dealer."""
        life.had_on = self.town.now.date()
        self._post(leased_bikes=life.cost, input_vat=life.price - life.cost, dealers=-life.price)

    def gone(self, life: Life) -> None:
        """The lessor has the bike no more."""
        life.gone_on = self.town.now.date()
        self._lost(life.cost - life.lost_before(life.gone_on))

    def sold(self, cents: int) -> None:
        """The holder owes for the bike, tax included."""
        tax = half_up(Fraction(cents * 19, 119))
        self._post(receivables=cents, **{"vat.19": -tax, "revenue.bike_leasing.19": tax - cents})

    def made_good(self, cents: int) -> None:
        """The holder owes for a loss, untaxed."""
        self._post(receivables=cents, damages=-cents)

    def took_back(self, money: Reckoned) -> None:
        """Her months were charged, and are no more."""
        months = len(money.owed)
        earned = money.amount - money.passed_on - money.vat
        self._post(receivables=-months * money.amount, insurers=months * money.passed_on)
        self._post(**{"vat.19": months * money.vat, "revenue.bike_leasing.19": months * earned})

    def lose_worth(self, month: date) -> None:
        """What bikes lost in the month before, of those that the lessor had at its end."""
        before = (month - timedelta(days=1)).replace(day=1)
        for life in self.all:
            if life.had_on is not None and life.had_on < month and (life.gone_on is None or life.gone_on >= month):
                self._lost(life.lost_before(month) - life.lost_before(before))

    def _lost(self, cents: int) -> None:
        self._post(leased_bikes=-cents, depreciation=cents)

    def _post(self, **accounts: int) -> None:
        for account, cents in accounts.items():
            self.posted[account] += cents
