"""Terms: who may do what until when, and at what price. A policy is published; terms are frozen into a booking."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.money import Money, percentage
from domain.periods import Period
from domain.pricing.quotes import Quote


class PolicyStep(Struct, frozen=True):
    """Cancelled at the latest so many seconds before the start, the fee is so many percent of the price."""

    before_start_s: int
    fee_percent: int


class TermsPolicy(Struct, frozen=True, omit_defaults=True):
    """What a city publishes for a tariff, in seconds and percent. `steps` run from early to late.

    A booking starts at least `min_ahead_s` and at most `max_ahead_s` after it is made. `no_show_after_s` is how long
    after the start a confirmed booking waits for its holder before its time is free for others; where it is None, until
    its end. `max_open` is how many bookings of the service that they pay for themselves a person may have open at once,
    holds among them; None where that is not limited.

    `withdrawal_days` is the consumer's right of withdrawal (Widerrufsrecht, § 355 BGB); 0 where it does not exist, as
    for the rental of vehicles for a set day (§ 312g Abs. 2 Nr. 9 BGB).
    """

    version: str
    hold_s: int
    free_cancel_before_s: int
    steps: tuple[PolicyStep, ...]
    no_show_fee_percent: int
    start_before_s: int
    min_duration_s: int
    max_duration_s: int
    max_ahead_s: int
    withdrawal_days: int = 0
    min_ahead_s: int = 0
    no_show_after_s: int | None = None
    max_open: int | None = None


class Step(Struct, frozen=True):
    until: datetime
    fee: Money


class Withdrawal(Struct, frozen=True):
    applies: bool
    until: datetime | None


class Terms(Struct, frozen=True):
    """The policy, made out for one booking: instants and amounts.

    From `no_show_from` on a booking that was not started may be given up for its holder: its end, or earlier.
    """

    free_cancel_until: datetime
    steps: tuple[Step, ...]
    no_show_fee: Money
    earliest_start: datetime
    latest_end: datetime
    max_duration_s: int
    withdrawal: Withdrawal
    version: str
    no_show_from: datetime | None = None

    def cancellation(self, now: datetime) -> Step:
        """What it costs to cancel at this instant, and until when that counts."""
        nothing = Money(0, self.no_show_fee.currency)
        if self.withdrawal.until is not None and now <= self.withdrawal.until and now < self.earliest_start:
            return Step(min(self.withdrawal.until, self.earliest_start), nothing)
        if now <= self.free_cancel_until:
            return Step(self.free_cancel_until, nothing)
        return next((step for step in self.steps if now <= step.until), Step(self.latest_end, self.no_show_fee))


def frozen_terms(policy: TermsPolicy, period: Period, quote: Quote, now: datetime) -> Terms:
    """Make the policy out for a period at a price. Fees are percentages of what the booking itself takes."""
    base = quote.due_now

    def fee(percent: int) -> Money:
        return Money(percentage(base.amount, percent), base.currency)

    grace = policy.no_show_after_s
    withdrawal_until = now + timedelta(days=policy.withdrawal_days) if policy.withdrawal_days else None
    return Terms(
        free_cancel_until=period.start - timedelta(seconds=policy.free_cancel_before_s),
        steps=tuple(
            Step(period.start - timedelta(seconds=step.before_start_s), fee(step.fee_percent)) for step in policy.steps
        ),
        no_show_fee=fee(policy.no_show_fee_percent),
        earliest_start=period.start - timedelta(seconds=policy.start_before_s),
        latest_end=period.start + timedelta(seconds=policy.max_duration_s),
        max_duration_s=policy.max_duration_s,
        withdrawal=Withdrawal(policy.withdrawal_days > 0, withdrawal_until),
        version=policy.version,
        no_show_from=None if grace is None else min(period.start + timedelta(seconds=grace), period.end),
    )
