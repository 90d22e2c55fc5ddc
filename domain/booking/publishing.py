"""Publishing a tariff with its terms: versions are added, never edited."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
from msgspec import Struct

from domain.booking.fees import FeeRule
from domain.booking.terms import AdHocPolicy, BlockingPolicy, DepositPolicy, LatePolicy, TermsPolicy
from domain.money import Money
from domain.pricing.charging.selling import has_parking, has_reservations
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.distances import DistanceBand
from domain.pricing.packages import Package
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit

# Nobody plans further ahead, and what is sold for longer is not a booking any more. A lease runs up to 60 months: 1,827
# days where two leap days fall into them, and the hour that autumn adds.
FURTHEST_AHEAD = timedelta(days=400)
LONGEST = timedelta(days=1827, hours=1)
KEPT_AT_MOST = timedelta(days=4)
# Gross euros, § 33 UStDV as of 2017-01-01; by date in domain/invoicing/invoices.py.
SMALL_INVOICE = Decimal(250)


class TariffDraft(Struct, frozen=True):
    """A tariff as its author writes it. Without `valid_from` it counts from the moment it is published."""

    id: TariffId
    name: str
    currency: str
    vat_rate: Decimal
    terms: TermsPolicy
    valid_from: datetime | None = None
    flat: Decimal | None = None
    time: TimePrice | None = None
    energy: Decimal | None = None
    distance: Decimal | None = None
    minimum: Decimal | None = None
    energy_step_wh: int | None = None
    vat_rates: dict[str, Decimal] = {}
    holidays_in: str | None = None
    distance_bands: tuple[DistanceBand, ...] = ()
    packages: tuple[Package, ...] = ()
    charging: ChargingTariff | None = None

    def tariff(self, version: int, otherwise_from: datetime) -> Tariff:
        valid_from = self.valid_from or otherwise_from
        return Tariff(
            id=self.id,
            version=version,
            valid_from=valid_from.astimezone(UTC) if valid_from.tzinfo else valid_from,
            name=self.name,
            currency=self.currency,
            vat_rate=self.vat_rate,
            flat=self.flat,
            time=self.time,
            energy=self.energy,
            distance=self.distance,
            minimum=self.minimum,
            energy_step_wh=self.energy_step_wh,
            vat_rates=self.vat_rates,
            holidays_in=self.holidays_in,
            distance_bands=self.distance_bands,
            packages=self.packages,
            charging=self.charging,
        )

    def faults(self, now: datetime) -> tuple[str, ...]:
        """What is wrong with the draft, in words for its author; empty if nothing."""
        monthly = self.time is not None and self.time.per is TimeUnit.MONTH
        asked = {"late": self.terms.late, "deposit": self.terms.deposit, "blocking": self.terms.blocking}
        wrong = [f"terms.{name} is not for prices by the month" for name, each in asked.items() if monthly and each]
        if self.terms.subscription is not None and not monthly:
            wrong.append("terms.subscription is for prices by the month alone")
        return self.tariff(1, now).faults() + policy_faults(self.terms) + tuple(wrong) + self._paid_twice()

    def _paid_twice(self) -> tuple[str, ...]:
        """Nobody pays twice for standing there, nor for not coming."""
        charging, faults = self.charging, list[str]()
        if charging is not None and has_parking(charging) and self.terms.blocking is not None:
            faults.append("terms.blocking or PARKING_TIME in charging: not both")
        if charging is not None and has_reservations(charging) and self.terms.no_show_rule.costs:
            faults.append("terms.no_show_fee or elements of reservations in charging: not both")
        return tuple(faults)


class Published(Struct, frozen=True):
    """One version of a tariff and the terms that go with it."""

    tariff: Tariff
    policy: TermsPolicy


def publish(draft: TariffDraft, latest: Published | None, now: datetime) -> Published | None:
    """The next version, or None where the latest already says the same."""
    if latest is None:
        return Published(draft.tariff(1, now), draft.terms)
    as_it_stands = Published(draft.tariff(latest.tariff.version, latest.tariff.valid_from), draft.terms)
    if as_it_stands == latest:
        return None
    return Published(draft.tariff(latest.tariff.version + 1, now), draft.terms)


def policy_faults(policy: TermsPolicy) -> tuple[str, ...]:
    """What is wrong with a policy, in words for its author; empty if nothing."""
    faults = _limit_faults(policy)
    if not policy.version:
        faults.append("terms.version is empty")
    faults += _fee_faults(policy)
    faults += _late_faults(policy.late) if policy.late is not None else []
    faults += _deposit_faults(policy.deposit) if policy.deposit is not None else []
    faults += _blocking_faults(policy.blocking) if policy.blocking is not None else []
    faults += _ad_hoc_faults(policy.ad_hoc)
    faults += _subscription_faults(policy) if policy.subscription is not None else []
    deadlines = [policy.free_cancel_before_s] + [step.before_start_s for step in policy.steps]
    if any(later >= earlier for earlier, later in pairwise(deadlines)):
        faults.append("terms.steps run from early to late, all of them after the free cancellation")
    if policy.withdrawal_days not in range(366):
        faults.append("terms.withdrawal_days is 0 to 365")
    return tuple(faults)


def _limit_faults(policy: TermsPolicy) -> list[str]:
    faults = []
    seconds = {field: value for field, value in msgspec.structs.asdict(policy).items() if field.endswith("_s")}
    faults += [f"terms.{field} is negative" for field, value in seconds.items() if value is not None and value < 0]
    if policy.hold_s < 60:
        faults.append("terms.hold_s is at least 60: nobody pays faster")
    if not 0 < policy.min_duration_s <= policy.max_duration_s:
        faults.append("terms.min_duration_s is more than 0 and at most max_duration_s")
    if policy.max_duration_s > LONGEST.total_seconds():
        faults.append("terms.max_duration_s is at most 60 months")
    if not policy.min_ahead_s <= policy.max_ahead_s <= FURTHEST_AHEAD.total_seconds():
        faults.append("terms.max_ahead_s is at least min_ahead_s and at most 400 days")
    if policy.max_open is not None and policy.max_open < 1:
        faults.append("terms.max_open is at least 1: what nobody may book is not on sale")
    if policy.max_week_s is not None and policy.max_week_s < policy.min_duration_s:
        faults.append("terms.max_week_s is at least min_duration_s: what nobody may book is not on sale")
    return faults


def _fee_faults(policy: TermsPolicy) -> list[str]:
    faults = []
    rules = [*(step.rule for step in policy.steps), policy.no_show_rule]
    if any(not 0 <= rule.percent <= 100 for rule in rules):
        return ["fees are 0 to 100 percent of the price"]
    if any(not amount.is_finite() or not 0 <= amount < 1_000_000 for rule in rules for amount in rule.amounts):
        return ["fees that are amounts are finite, not negative and below a million"]
    if any(r.at_least is not None and r.at_most is not None and r.at_least > r.at_most for r in rules):
        faults.append("a fee's minimum is at most its maximum")
    if any(_costs_less(later, earlier) for earlier, later in pairwise(rules)):
        faults.append("a later cancellation does not cost less, and not coming costs the most")
    if any(not record.source.strip() or len(record.source) > 300 for record in policy.fee_tax):
        faults.append("terms.fee_tax names the source of every record, in at most 300 characters")
    return faults


def _late_faults(late: LatePolicy) -> list[str]:
    faults = []
    fees = [late.fee] + ([late.fee_if_awaited] if late.fee_if_awaited is not None else [])
    if any(not fee.is_finite() or not 0 <= fee < 1_000_000 for fee in fees):
        faults.append("terms.late has fees that are finite, not negative and below a million")
    elif fees[-1] < fees[0]:
        faults.append("terms.late.fee_if_awaited is at least fee")
    if not 0 <= late.time_percent <= 100:
        faults.append("terms.late.time_percent is 0 to 100: the time itself is paid besides")
    if not 0 <= late.grace_s <= 86400:
        faults.append("terms.late.grace_s is 0 to 86400 seconds")
    return faults


def _deposit_faults(deposit: DepositPolicy) -> list[str]:
    faults = []
    if not deposit.amount.is_finite() or not 1 <= deposit.amount <= 5000:
        faults.append("terms.deposit.amount is 1 to 5000")
    if not 0 <= deposit.release_after_s <= KEPT_AT_MOST.total_seconds():
        faults.append(
            "terms.deposit.release_after_s is at most 4 days: a card holds nothing longer than a week, and often less"
        )
    return faults


def _subscription_faults(policy: TermsPolicy) -> list[str]:
    """Nobody is bound for longer than two years at first (§ 309 Nr. 9 BGB, which may not be about renting at all)."""
    agreed, faults = policy.subscription, []
    if agreed is None:
        return []
    if agreed.minimum_months not in range(1, 25):
        faults.append("terms.subscription.minimum_months is 1 to 24")
    if agreed.notice_months not in range(1, 4):
        faults.append("terms.subscription.notice_months is 1 to 3")
    if timedelta(days=31 * (agreed.minimum_months + agreed.notice_months)).total_seconds() > policy.max_duration_s:
        faults.append("terms.max_duration_s is at least the minimum term and the notice of terms.subscription")
    return faults


def _costs_less(later: FeeRule, earlier: FeeRule) -> bool:
    """At any price: between the bends of both, fees are straight lines."""
    prices = [Money(amount, "EUR") for amount in {*later.bends, *earlier.bends}]
    return any(later.of(price).amount < earlier.of(price).amount for price in prices)


def _blocking_faults(blocking: BlockingPolicy) -> list[str]:
    faults = []
    minute = blocking.per_minute
    if not minute.is_finite() or not 0 < minute <= 100 or minute * 100 % 1:
        faults.append("terms.blocking.per_minute is in whole cents, above 0 and at most 100: it is told as it is taken")
    if not blocking.cap.is_finite() or not 0 < blocking.cap < 1_000_000:
        faults.append("terms.blocking.cap is above 0 and below a million: what nobody can overlook has an end")
    if not 0 <= blocking.grace_s <= 86400:
        faults.append("terms.blocking.grace_s is 0 to 86400 seconds")
    return faults


def _ad_hoc_faults(ad_hoc: AdHocPolicy) -> list[str]:
    faults = []
    if not ad_hoc.most.is_finite() or not 1 <= ad_hoc.most <= SMALL_INVOICE:
        faults.append("terms.ad_hoc.most is 1 to 250: an invoice above that has to name whoever gets it")
    if not 60 <= ad_hoc.hold_s <= ad_hoc.start_within_s <= 3600:
        faults.append("terms.ad_hoc.hold_s is at least 60, and at most start_within_s, which is at most 3600")
    if not 300 <= ad_hoc.min_s <= ad_hoc.max_s <= 86400:
        faults.append("terms.ad_hoc.min_s is at least 300, and at most max_s, which is at most 86400")
    return faults
