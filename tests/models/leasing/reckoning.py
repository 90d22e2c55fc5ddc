"""What a lease comes to, reckoned by counting: month after month, who owes it, until as many are owed as were agreed.

The product moves rows of a plan. Here nothing is moved, and no function of the product's is called.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from msgspec import Struct, field

INSURER = "the insurer"


class Agreed(Struct, frozen=True):
    """What an employer has agreed with the lessor, or without one what the lessor asks of consumers; amounts are cents. `covers` says by
    the pause how many months an insurer pays, and after how many of converted pay."""

    employer: str | None
    months: int
    percent: Decimal
    residual_percent: int
    insurance: int
    service: int
    protection: int
    due_day: int
    covers: dict[str, tuple[int, int]]
    discounts: bool = False


class Rest(Struct):
    """Without pay from a month on, which would have paid for the lease's next; an insurer pays for `insured` of those, and for none after
    the day on which notice was given. Whoever goes on by herself pays for each month in it."""

    since: date
    insured: int
    until: date | None = None
    insured_until: date | None = None
    ends_privately: bool = False

    def has(self, month: date) -> bool:
        return month_after(self.since) <= month and (self.until is None or month < self._paid_again)

    @property
    def _paid_again(self) -> date:
        assert self.until is not None
        return self.until if self.ends_privately else month_after(self.until)

    def is_insured(self, month: date) -> bool:
        return self.insured > 0 and (self.insured_until is None or month <= self.insured_until)


class Reckoned(Struct):
    """A lease that began with its first month, as was `agreed` with its first employer, or by a consumer; `terms` are those of the employer
    whom it is with now. `payer` is an employer, or None where the holder pays herself; `owed` says by the month who was charged for it.
    After `notice` nothing is owed until somebody goes on with the lease."""

    agreed: Agreed
    price: int
    rate: int
    first: date
    terms: Agreed | None
    owed: dict[date, str | None] = field(default_factory=dict)
    rests: list[Rest] = field(default_factory=list)
    notice: date | None = None

    @property
    def payer(self) -> str | None:
        return self.terms.employer if self.terms is not None else None

    @property
    def amount(self) -> int:
        """Of each month."""
        return self.rate + self.agreed.insurance + self.agreed.service + self.agreed.protection

    @property
    def passed_on(self) -> int:
        return self.agreed.insurance + self.agreed.protection

    @property
    def vat(self) -> int:
        return half_up(Fraction((self.amount - self.passed_on) * 19, 119))

    @property
    def left(self) -> int:
        return self.agreed.months - len(self.owed)

    def charge(self, until: date) -> list[tuple[date, str | None]]:
        """What a run for that month charges: each month until then that is owed, and was not before."""
        found = []
        for month, rest in self._owed(until):
            found.append((month, INSURER if rest is not None else self.payer))
            if rest is not None:
                rest.insured -= 1
        self.owed |= dict(found)
        return found

    def waiting(self) -> int:
        """How many months nobody owes before it is known what becomes of the lease."""
        assert self.notice is not None
        return self.left - sum(1 for _ in self._owed(self.notice))

    def to_come(self, today: date) -> bool:
        """Whether a month begins after the day for which notice counts not yet."""
        assert self.notice is not None
        return any(month > today for month, _ in self._owed(self.notice))

    def last_month(self) -> date:
        """The last one that anybody owes, as things stand."""
        far = date(self.first.year + 20, 1, 1)
        return max([*self.owed, *(month for month, _ in self._owed(far))])

    def _owed(self, until: date) -> Iterator[tuple[date, Rest | None]]:
        """With the rest that it is insured by."""
        left, insured = self.left, {id(rest): rest.insured for rest in self.rests}
        for month in months_between(self.first, until):
            if left == 0 or month in self.owed or (self.notice is not None and month > self.notice):
                continue
            rest = next((each for each in self.rests if each.has(month)), None)
            if rest is None:
                yield month, None
            elif insured[id(rest)] > 0 and rest.is_insured(month):
                insured[id(rest)] -= 1
                yield month, rest
            else:
                continue
            left -= 1

    def rest(self, pause: str, since: date) -> None:
        most, least = self.terms.covers.get(pause, (0, 0)) if self.terms is not None else (0, 0)
        converted = sum(not any(rest.has(month) for rest in self.rests) for month in months_between(self.first, since))
        self.rests.append(Rest(since, most if converted >= least else 0))

    def go_on(self, since: date) -> None:
        self.rests[-1].until = since

    def give_notice(self, on: date) -> None:
        self.notice = on
        for rest in self.rests:
            rest.insured_until = min(on, rest.insured_until or on)

    def undo(self) -> None:
        """As if nobody had ever agreed to anything: no month is owed that was not charged."""
        self.give_notice(date.min)

    def taken_over(self, terms: Agreed | None, today: date) -> None:
        """Another employer or the holder goes on: what waited is owed by them, and a rest is over with the next month."""
        self.terms, self.notice = terms, None
        if self.rests and self.rests[-1].until is None:
            self.rests[-1].until = month_after(max(today, self.rests[-1].since))
            self.rests[-1].ends_privately = terms is None

    def settlement(self, left: int, proceeds: int, *, service_used: bool) -> int:
        """What is owed where the bike goes back early, in cents."""
        i, residual = Fraction(self.agreed.percent) / 1200, self.residual
        remaining = Fraction(left * self.rate + residual)
        if self.terms is not None and self.terms.discounts:
            remaining = sum((self.rate / (1 + i) ** k for k in range(1, left + 1)), residual / (1 + i) ** left)
        paid = self.agreed.months - left
        lacking = max(12 - paid, 0) * self.agreed.service if service_used else 0
        return max(half_up(remaining) + lacking - proceeds, 0)

    @property
    def residual(self) -> int:
        return residual_of(self.price, self.agreed)


def residual_of(price: int, agreed: Agreed) -> int:
    return half_up(Fraction(price * agreed.residual_percent, 100))


def right_lasts_until(concluded: date, *, told: bool) -> date:
    """Fourteen days after the contract, or after a year of it where nobody told her; a weekend or holidays only make it longer."""
    return (concluded if told else concluded.replace(year=concluded.year + 1)) + timedelta(days=14)


def rate_of(price: int, agreed: Agreed) -> int:
    """The annuity in arrears, in cents: what the rates and the residual value are worth today is the price."""
    i, residual = Fraction(agreed.percent) / 1200, residual_of(price, agreed)
    worth_of_one = sum((1 / (1 + i) ** k for k in range(1, agreed.months + 1)), Fraction(0))
    return half_up((price - residual / (1 + i) ** agreed.months) / worth_of_one)


def effective_percent_of(price: int, agreed: Agreed) -> float:
    """By halving: at which rate by the year all that is paid, and the bike at the end, is worth the price on the day of the handover, the
    last one before the first month. Whoever gets no bike without insurance pays for the credit with it."""
    monthly, residual = rate_of(price, agreed) + agreed.insurance + agreed.protection, residual_of(price, agreed)
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        worth = sum(monthly / (1 + middle) ** (agreed.due_day / 365 + month / 12) for month in range(agreed.months))
        worth += residual / (1 + middle) ** (agreed.months / 12)
        low, high = (middle, high) if worth > price else (low, middle)
    return 100 * low


def effective_percent_since(price: int, agreed: Agreed, handed_over: date) -> float:
    """The same by the day of the handover: that is so many days more before all that is paid, and a month more where there are as many."""
    monthly, residual = rate_of(price, agreed) + agreed.insurance + agreed.protection, residual_of(price, agreed)
    last = month_after(handed_over) - timedelta(days=1)
    due = min(agreed.due_day, (month_after(month_after(handed_over)) - timedelta(days=1)).day)
    if agreed.due_day >= handed_over.day:
        day = min(agreed.due_day, last.day)
        first = 1 / 12 + (day - handed_over.day) / 365
    else:
        first = ((last - handed_over).days + due) / 365
    end = agreed.months / 12 + (last - handed_over).days / 365
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        worth = sum(monthly / (1 + middle) ** (first + month / 12) for month in range(agreed.months))
        worth += residual / (1 + middle) ** end
        low, high = (middle, high) if worth > price else (low, middle)
    return 100 * low


def benefit_of(list_price: int) -> int:
    """What is taxed of a month with the bike, in cents: a percent of a quarter of the price, whole hundreds of euros of it."""
    return list_price // 4 // 10_000 * 100


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


def month_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def months_between(first: date, until: date) -> Iterator[date]:
    """First days of months, the last one's too."""
    month = first
    while month <= until:
        yield month
        month = month_after(month)
