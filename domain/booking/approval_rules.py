"""Which bookings of a pool somebody has to approve: its rules, of which the first that fits decides, and why it fits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from domain.money import Money
from domain.periods import Period

MOST_RULES = 20
MOST_WORDS = 20
LONGEST_NAME = 100
LONGEST_WORD = 60


class Condition(StrEnum):
    """What of a booking goes beyond a limit. `always` where a rule names no limit."""

    PRICE_OVER = "price_over"
    LONGER_THAN = "longer_than_s"
    SHORT_NOTICE = "notice_under_s"
    FAR_AHEAD = "ahead_over_s"
    WORD = "words"
    ALWAYS = "always"


class Ground(Struct, frozen=True, omit_defaults=True):
    """Why a rule fits: what the booking has and what the limit is, in minor units or seconds; or the word that it says."""

    condition: Condition
    has: int | None = None
    limit: int | None = None
    word: str | None = None

    @property
    def grows(self) -> bool:
        """Whether it measures what more time makes more of."""
        return self.condition in {Condition.PRICE_OVER, Condition.LONGER_THAN}

    def covers(self, other: "Ground") -> bool:
        """Whether the other one goes no further."""
        same = (self.condition, self.word) == (other.condition, other.word)
        return same and (other.has or 0) <= (self.has or 0)


class Facts(Struct, frozen=True):
    """What rules look at. `price` is what the use costs, also where nobody pays it here because a cost centre does; `said`
    are the words of whoever booked, without what is nobody else's affair."""

    price: Money
    period: Period
    made_at: datetime
    said: str
    by_cost_centre: bool


class Rule(Struct, frozen=True, omit_defaults=True):
    """It fits where all that it names holds, and any booking where it names nothing; `asks` says what follows: somebody has to
    approve the booking, or nobody has to.

    `price_over` is in minor units. `notice_under_s` is a start that comes sooner than so many seconds after the booking is
    made, `ahead_over_s` one that comes later. Of the `words` one is enough, in whatever case, as in "Ausland". With
    `cost_centre` it is about bookings for work alone, or about those of whoever pays herself.
    """

    name: str
    asks: bool = True
    price_over: int | None = None
    longer_than_s: int | None = None
    notice_under_s: int | None = None
    ahead_over_s: int | None = None
    words: tuple[str, ...] = ()
    cost_centre: bool | None = None

    def grounds(self, facts: Facts) -> tuple[Ground, ...]:
        """Why it fits; empty where it does not."""
        if self.cost_centre not in {None, facts.by_cost_centre}:
            return ()
        ahead = seconds(facts.period.start - facts.made_at)
        found = [
            _beyond(Condition.PRICE_OVER, facts.price.amount, self.price_over),
            _beyond(Condition.LONGER_THAN, seconds(facts.period.length), self.longer_than_s),
            _beyond(Condition.FAR_AHEAD, ahead, self.ahead_over_s),
        ]
        if self.notice_under_s is not None:
            short = ahead < self.notice_under_s
            found.append((Ground(Condition.SHORT_NOTICE, max(ahead, 0), self.notice_under_s),) if short else ())
        if self.words:
            said = facts.said.casefold()
            found.append(tuple(Ground(Condition.WORD, word=word) for word in self.words if word.casefold() in said)[:1])
        named = [each for each in found if each is not None]
        if not all(named):
            return ()
        return tuple(ground for each in named for ground in each) or (Ground(Condition.ALWAYS),)

    def faults(self) -> tuple[tuple[str, str], ...]:
        """What is wrong with it, each with the field that it is about."""
        found = []
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            found.append(("name", f"1 to {LONGEST_NAME} characters"))
        for field in ("price_over", "longer_than_s", "notice_under_s", "ahead_over_s"):
            limit = getattr(self, field)
            if limit is not None and limit < 0:
                found.append((field, "not less than 0"))
        if len(self.words) > MOST_WORDS or any(not word.strip() or len(word) > LONGEST_WORD for word in self.words):
            found.append(("words", f"at most {MOST_WORDS} words of 1 to {LONGEST_WORD} characters"))
        return tuple(found)


class Asked(Struct, frozen=True):
    """That somebody has to approve a booking, by which rule, and why it fits; no rule where the pool has none of its own and
    everything is asked for."""

    rule: str | None
    grounds: tuple[Ground, ...]


class Approving(Struct, frozen=True):
    """How the bookings of a pool are approved, where they are: within `answer_s` by whoever approves, and by the operators
    within another `escalated_s` where nobody has answered by then; None where it lapses instead.

    Without `rules` (None) every booking is asked for but those made by whoever runs the pool.
    """

    answer_s: int
    rules: tuple[Rule, ...] | None = None
    escalated_s: int | None = None

    def asks(self, facts: Facts) -> Asked | None:
        """The first rule that fits decides; what none fits nobody has to approve."""
        if self.rules is None:
            return Asked(None, (Ground(Condition.ALWAYS),))
        return first_that_fits(self.rules, facts)


def first_that_fits(rules: Sequence[Rule], facts: Facts) -> Asked | None:
    for rule in rules:
        if grounds := rule.grounds(facts):
            return Asked(rule.name, grounds) if rule.asks else None
    return None


def faults(rules: Sequence[Rule]) -> tuple[tuple[str, str], ...]:
    """What is wrong with the rules, each with the JSON pointer of what it is about inside of them."""
    found = [(f"/{n}/{field}", said) for n, rule in enumerate(rules) for field, said in rule.faults()]
    names = [rule.name.casefold() for rule in rules]
    found += [(f"/{n}/name", "another rule is called so") for n, name in enumerate(names) if name in names[:n]]
    if len(rules) > MOST_RULES:
        found.append(("", f"at most {MOST_RULES} rules"))
    return tuple(found)


def seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _beyond(condition: Condition, has: int, limit: int | None) -> tuple[Ground, ...] | None:
    """None where the rule names no such limit."""
    if limit is None:
        return None
    return (Ground(condition, has, limit),) if has > limit else ()
