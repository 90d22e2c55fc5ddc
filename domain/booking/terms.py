"""Terms: who may do what until when, and at what price. A policy is published; terms are frozen into a booking."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.fees import FeeKind, FeeRule, FeeTax, FrozenTax, frozen_taxes
from domain.booking.open_ended import Subscription, SubscriptionPolicy
from domain.holidays import on_or_after
from domain.money import Money, minor_units
from domain.periods import Period
from domain.pricing.charging.selling import expiry_price
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.quotes import LineKind, Quote
from domain.pricing.windows import local


class ProblemKind(StrEnum):
    """What may be wrong with a resource."""

    BLOCKED = "blocked"
    DEFECTIVE = "defective"
    NOT_FOUND = "not_found"
    DIRTY = "dirty"
    OTHER = "other"


class FeeBase(StrEnum):
    """Of what fees in percent are percent: of all that the booking takes, or of that without energy and kilometres."""

    PRICE = "price"
    TIME = "time"


class PolicyStep(Struct, frozen=True, omit_defaults=True):
    """Cancelled at the latest so many seconds before the start, the fee is this: see `FeeRule`."""

    before_start_s: int
    fee_percent: int = 0
    fee_flat: Decimal | None = None
    fee_min: Decimal | None = None
    fee_max: Decimal | None = None

    @property
    def rule(self) -> FeeRule:
        return FeeRule(self.fee_percent, self.fee_flat, self.fee_min, self.fee_max)


class LatePolicy(Struct, frozen=True, omit_defaults=True):
    """What coming back late costs besides the time itself, from `grace_s` after the end on: `fee`, or `fee_if_awaited` where
    whoever comes next was told that she may have to wait; then the late time costs `time_percent` of its price on top.

    Who extends in time is not late. Gross, in major units.
    """

    fee: Decimal
    fee_if_awaited: Decimal | None = None
    time_percent: int = 0
    grace_s: int = 0


class BlockingPolicy(Struct, frozen=True, omit_defaults=True):
    """What it costs to stand at a charger (Blockiergebühr) while the vehicle takes nothing though it could: each minute begun beyond
    `grace_s` in all, `cap` at most. Gross, in major units."""

    per_minute: Decimal
    cap: Decimal
    grace_s: int = 0


class DepositPolicy(Struct, frozen=True, omit_defaults=True):
    """`amount` (Kaution), in major units, is held on the holder's card from a day before the start, and let go
    `release_after_s` after the end of the use, unless whoever looks after the vehicle claims of it."""

    amount: Decimal
    release_after_s: int = 0


class AdHocPolicy(Struct, frozen=True, omit_defaults=True):
    """How anybody may use what is there without an account, at once and for what was used: `most` is what one use may cost at most
    unless less is wished for, gross and in major units; it is held on a card.

    Whoever asks has `hold_s` to pay and `start_within_s` to begin. So long as `min_s` nobody else may have it booked, and no use is
    longer than `max_s`.
    """

    most: Decimal = Decimal("80.00")
    hold_s: int = 300
    start_within_s: int = 1200
    min_s: int = 1800
    max_s: int = 6 * 3600


class DebitPolicy(Struct, frozen=True, omit_defaults=True):
    """What is taken at once may be debited from a bank account (SEPA), which takes days to succeed or fail.

    `confirm_on_processing` says that the booking counts as paid while the bank is asked, as long as it has not begun; else
    its time waits for the money.
    """

    confirm_on_processing: bool = True


class TermsPolicy(Struct, frozen=True, omit_defaults=True):
    """What a city publishes for a tariff, in seconds and percent. `steps` run from early to late.

    A booking starts at least `min_ahead_s` and at most `max_ahead_s` after it is made. `no_show_after_s` is how long
    after the start a confirmed booking waits for its holder before its time is free for others; where it is None, until
    its end. `max_open` is how many bookings of the service that they pay for themselves a person may have open at once,
    holds among them; None where that is not limited. `max_week_s` is how long they may have it
    for themselves within a week, Monday to Sunday by the clock of the place, whether it is over or not. `withdrawn_when` are the problems that take a resource out of the
    search as soon as the holder who stands before it reports them. `fees_on` says of what fees are percent.
    Without `debits` no bank account is debited, without `late` it costs nothing more than the time to be late; `ad_hoc` counts for
    charge points only;
    without `deposit` nothing is held beside the price, and without `blocking` nothing is asked for standing at a charger. Only with `subscription` it may be
    had without a set end.

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
    max_week_s: int | None = None
    withdrawn_when: tuple[ProblemKind, ...] = ()
    no_show_fee_flat: Decimal | None = None
    no_show_fee_min: Decimal | None = None
    no_show_fee_max: Decimal | None = None
    fee_tax: tuple[FeeTax, ...] = ()
    fees_on: FeeBase = FeeBase.PRICE
    debits: DebitPolicy | None = None
    late: LatePolicy | None = None
    deposit: DepositPolicy | None = None
    blocking: BlockingPolicy | None = None
    ad_hoc: AdHocPolicy = AdHocPolicy()
    subscription: SubscriptionPolicy | None = None

    @property
    def no_show_rule(self) -> FeeRule:
        return FeeRule(self.no_show_fee_percent, self.no_show_fee_flat, self.no_show_fee_min, self.no_show_fee_max)


class Step(Struct, frozen=True):
    until: datetime
    fee: Money


class LateReturn(Struct, frozen=True):
    """What it costs to bring back what was booked after `after`: see `LatePolicy`."""

    after: datetime
    fee: Money
    fee_if_awaited: Money
    time_percent: int


class Blocking(Struct, frozen=True):
    """See `BlockingPolicy`: `per_minute` in major units, the most that it may come to as an amount."""

    per_minute: Decimal
    cap: Money
    grace_s: int

    def fee(self, parked: timedelta) -> Money:
        beyond = parked - timedelta(seconds=self.grace_s)
        minutes = max(-(-beyond // timedelta(minutes=1)), 0)
        return Money(min(minor_units(self.per_minute * minutes), self.cap.amount), self.cap.currency)


class DepositAsked(Struct, frozen=True):
    """See `DepositPolicy`."""

    amount: Money
    release_after_s: int


class AdHoc(Struct, frozen=True):
    """A use without an account: it costs what was used from its beginning to its end, and never more than `most`; it stops by itself
    there, or after `energy_kwh`."""

    most: Money
    energy_kwh: Decimal | None = None


class Counted(Struct, frozen=True):
    """How the right's last day is found from the day of the contract: so many days, by the clock of the place and by the
    holidays of the state (the part after `DE-` of ISO 3166-2)."""

    days: int
    time_zone: str
    state: str | None

    def last(self, concluded: datetime) -> datetime:
        return withdrawal_deadline(concluded, self.days, ZoneInfo(self.time_zone), self.state)


class Withdrawal(Struct, frozen=True):
    """The consumer's right: `until` is the last second of its last day, as it would be if the hold were paid at its end,
    and counted anew when the booking is confirmed. `early_start` says that the holder expressly asked for the use to
    begin before that, and so owes for it (§ 357a Abs. 2 BGB)."""

    applies: bool
    until: datetime | None
    early_start: bool = False
    counted: Counted | None = None

    def runs(self, now: datetime) -> bool:
        return self.applies and self.until is not None and now < self.until + timedelta(seconds=1)


class Deal(Struct, frozen=True):
    """What of the city and of the order bears on the terms.

    `state` is the part after `DE-` of ISO 3166-2; `consumer` whether the holder pays as a private person; `documents`
    are the city's texts in force, by name and version. `charging` is the OCPI tariff of the booking, where it has one: what
    that asks for keeping a point for which nobody comes is the fee for it.
    """

    time_zone: str
    state: str | None
    vat_rate: Decimal
    consumer: bool
    early_start: bool = False
    documents: dict[str, str] = {}
    charging: ChargingTariff | None = None


class Terms(Struct, frozen=True):
    """The policy, made out for one booking: instants and amounts.

    From `no_show_from` on a booking that was not started may be given up for its holder: its end, or earlier.
    `documents` are the versions of the city's texts that were in force when it was made.
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
    fee_tax: tuple[FrozenTax, ...] = ()
    documents: dict[str, str] = {}
    debits: DebitPolicy | None = None
    late: LateReturn | None = None
    deposit: DepositAsked | None = None
    blocking: Blocking | None = None
    ad_hoc: AdHoc | None = None
    subscription: Subscription | None = None

    def cancellation(self, now: datetime) -> Step:
        """What it costs to cancel at this instant what was not begun, and until when that counts.

        While the right of withdrawal runs there is no fee, whatever the steps say.
        """
        nothing = Money(0, self.no_show_fee.currency)
        if self.withdrawal.until is not None and self.withdrawal.runs(now):
            return Step(self.withdrawal.until, nothing)
        if now <= self.free_cancel_until:
            return Step(self.free_cancel_until, nothing)
        return next((step for step in self.steps if now <= step.until), Step(self.latest_end, self.no_show_fee))

    def concluded(self, at: datetime) -> "Terms":
        """The terms once the booking is confirmed: that concludes the contract, and the right runs from then."""
        right = self.withdrawal
        if right.counted is None:
            return self
        return replace(self, withdrawal=replace(right, until=right.counted.last(at)))


def frozen_terms(policy: TermsPolicy, period: Period, quote: Quote, now: datetime, deal: Deal) -> Terms:
    """Make the policy out for a period at a price. Fees are measured by what the booking itself takes."""
    base, zone = _fee_base(policy, quote), ZoneInfo(deal.time_zone)
    grace = policy.no_show_after_s
    waits = None if grace is None else min(period.start + timedelta(seconds=grace), period.end)
    return Terms(
        free_cancel_until=period.start - timedelta(seconds=policy.free_cancel_before_s),
        steps=tuple(
            Step(period.start - timedelta(seconds=step.before_start_s), step.rule.of(base)) for step in policy.steps
        ),
        no_show_fee=_not_coming(policy, base, period.start, waits or period.end, deal),
        earliest_start=period.start - timedelta(seconds=policy.start_before_s),
        latest_end=period.start + timedelta(seconds=policy.max_duration_s),
        max_duration_s=policy.max_duration_s,
        withdrawal=_withdrawal(policy, now, deal),
        version=policy.version,
        no_show_from=waits,
        documents=deal.documents,
        debits=policy.debits,
        fee_tax=_taxes(policy, now.astimezone(zone).date(), deal),
        late=_late(policy.late, period, quote) if policy.late is not None else None,
        deposit=_deposit(policy.deposit, quote) if policy.deposit is not None else None,
        blocking=_blocking(policy.blocking, quote) if policy.blocking is not None else None,
    )


def _not_coming(policy: TermsPolicy, base: Money, start: datetime, until: datetime, deal: Deal) -> Money:
    """What it costs that nobody comes until then; nothing where the booking takes nothing."""
    kept = Period(start, max(until, start + timedelta(seconds=1)))  # nobody waits, and the fee is owed all the same
    expired = expiry_price(deal.charging, kept, deal.time_zone) if deal.charging is not None else None
    return expired if expired is not None and not base.is_zero else policy.no_show_rule.of(base)


def _blocking(policy: BlockingPolicy, quote: Quote) -> Blocking | None:
    """Nothing where the booking takes nothing, as with `_late`."""
    if quote.due_now.is_zero:
        return None
    return Blocking(policy.per_minute, Money(minor_units(policy.cap), quote.due_now.currency), policy.grace_s)


def _deposit(policy: DepositPolicy, quote: Quote) -> DepositAsked | None:
    """None where the booking takes nothing: no card is known then on which to hold it."""
    if quote.due_now.is_zero:
        return None
    return DepositAsked(Money(minor_units(policy.amount), quote.due_now.currency), policy.release_after_s)


def _late(policy: LatePolicy, period: Period, quote: Quote) -> LateReturn | None:
    """Nothing where the booking takes nothing: there is nobody here whom it could be charged to."""
    if quote.due_now.is_zero:
        return None
    awaited = policy.fee if policy.fee_if_awaited is None else policy.fee_if_awaited
    currency = quote.due_now.currency
    return LateReturn(
        after=period.end + timedelta(seconds=policy.grace_s),
        fee=Money(minor_units(policy.fee), currency),
        fee_if_awaited=Money(minor_units(awaited), currency),
        time_percent=policy.time_percent,
    )


def _fee_base(policy: TermsPolicy, quote: Quote) -> Money:
    if policy.fees_on is FeeBase.PRICE:
        return quote.due_now
    besides = sum(line.gross.amount for line in quote.lines if line.kind in {LineKind.ENERGY, LineKind.DISTANCE})
    return Money(max(quote.due_now.amount - besides, 0), quote.due_now.currency)


def _taxes(policy: TermsPolicy, on: date, deal: Deal) -> tuple[FrozenTax, ...]:
    """Those of the fees that there can be."""
    taxes = frozen_taxes(policy.fee_tax, deal.vat_rate, on)
    if policy.withdrawal_days and deal.consumer:
        return taxes
    return tuple(tax for tax in taxes if tax.kind is not FeeKind.PERFORMED)


def _withdrawal(policy: TermsPolicy, now: datetime, deal: Deal) -> Withdrawal:
    """As long as nobody has confirmed, the hold may be paid on the day on which it ends."""
    if not policy.withdrawal_days or not deal.consumer:
        return Withdrawal(applies=False, until=None)
    counted = Counted(policy.withdrawal_days, deal.time_zone, deal.state)
    until = counted.last(now + timedelta(seconds=policy.hold_s))
    return Withdrawal(applies=True, until=until, early_start=deal.early_start, counted=counted)


def withdrawal_deadline(made: datetime, days: int, zone: ZoneInfo, state: str | None) -> datetime:
    """The last second in which a contract made then can be withdrawn from (§ 355 Abs. 2 BGB).

    The day of the contract does not count (§ 187 Abs. 1), the last day counts to its end (§ 188 Abs. 1); where that is a
    Saturday, a Sunday or a holiday of the state, the next working day takes its place (§ 193).
    """
    last = on_or_after(made.astimezone(zone).date() + timedelta(days=days), state)
    return local(last, time(23, 59, 59), zone)
