"""A life of a lease: what we know of it, and what the calendar alone brings."""

from datetime import date, datetime, timedelta
from fractions import Fraction

from msgspec import Struct, field

from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import Actor
from tests.models.leasing.reckoning import Agreed, Reckoned, half_up, month_after

OVER = {"closed", "early_ended", "rejected", "cancelled", "withdrawn"}
STILL_OUT = {"terminating", "ending", "purchase_offered", "return_scheduled"}
"""In which the end is known and something may still happen to the bike."""


class Life(Struct):
    """A lease as we know it: its state, its acts in order, the sheets that it should have, and what it comes to once it has begun.

    A consumer's was concluded on a day; `told` says whether she knows that she may withdraw. `interrupted` is the known end that a
    mishap has taken it from."""

    id: LeaseId
    holder: Actor
    agreed: Agreed
    price: int
    state: str = "draft"
    acts: list[str] = field(default_factory=list)
    sheets: dict[str, dict[str, int]] = field(default_factory=dict)
    money: Reckoned | None = None
    concluded_on: date | None = None
    told: bool = True
    handed_over_on: date | None = None
    is_debited: bool = False
    made_out: str | None = None
    buyout: int | None = None
    credit: bool = False
    theft: bool = False
    interrupted: str | None = None
    offer_until: datetime | None = None
    had_on: date | None = None
    gone_on: date | None = None

    @property
    def is_consumers(self) -> bool:
        """Hers from the beginning; who goes on by herself is none."""
        return self.agreed.employer is None

    @property
    def cost(self) -> int:
        """Of the bike in the lessor's books, without tax."""
        return self.price - half_up(Fraction(self.price * 19, 119))

    def lost_before(self, month: date) -> int:
        """Of the bike's worth, in all months before that one, by equal parts."""
        money = self.reckoned
        past = (month.year - money.first.year) * 12 + month.month - money.first.month
        kept = half_up(Fraction(money.residual * self.cost, self.price))
        return half_up(Fraction((self.cost - kept) * min(max(past, 0), self.agreed.months), self.agreed.months))

    @property
    def reckoned(self) -> Reckoned:
        assert self.money is not None
        return self.money


def follow_calendar(life: Life, today: date) -> None:
    """It begins with its first month, and begins to end ninety days before its last day."""
    if life.state == "handed_over" and today >= life.reckoned.first:
        life.state = "active"
        life.acts.append("activate")
    if life.state == "active" and today >= last_day(life.reckoned) - timedelta(days=90):
        life.state = "ending"
        life.acts.append("near_end")


def last_day(money: Reckoned) -> date:
    return month_after(money.last_month()) - timedelta(days=1)
