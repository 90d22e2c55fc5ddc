"""Years of many leases in simulated time, by the product's own decisions, beside a reckoning of what everybody owes.

Bikes are handed over, rest, are bought out, given back or kept to the end; banks pay, do not pay, or take it back; employers pay late.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing, monthly_rate
from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.fees import Fee, FeeKind, MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.recomputing import stored
from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.settlement import SETTLEMENT_RULES, EarlyEnd, settlement
from domain.bike_leasing.calculation.sheets import EUR, Sheet
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    ImportantReason,
    Lease,
    LeasedBike,
    LeaseId,
    LeaseQuote,
    LeaseState,
    Protocol,
    PurchaseOffer,
    Termination,
)
from domain.bike_leasing.contracts.parties import Parties, PartyId
from domain.bike_leasing.contracts.plans import (
    Calendar,
    InstalmentState,
    LeaseInstalment,
    ended,
    held,
    last_day,
    planned,
    rested,
    resumed,
    waiting,
)
from domain.bike_leasing.money import entries
from domain.bike_leasing.money.bikes import Worth, purchase_of, worth_of
from domain.bike_leasing.money.charging import Charge, Payer, charge
from domain.bike_leasing.money.claims import claims_of
from domain.bike_leasing.money.month_end import month_end
from domain.bike_leasing.money.paying import PaidFor, Payable
from domain.identity import PersonId
from domain.ledger.entries import Entry, Side
from domain.ledger.posting.disputes import owed_again
from domain.ledger.posting.movements import movement
from domain.money import Money
from domain.payments.transactions import LostDispute, ProviderTransaction, TransactionKind

BEGIN, MONTHS, RESIDUAL = date(2026, 1, 1), 36, Fraction(1, 10)


class Held(Struct):
    """A lease as it stands, its plan, and the sheets that it was calculated by, as they are kept."""

    lease: Lease
    plan: tuple[LeaseInstalment, ...]
    calendar: Calendar
    sheets: list[bytes]
    worth: Worth
    resumes: date | None = None
    is_over: bool = False


class Books:
    """Every entry once, by its source, and what stands on each account."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        self.balances: Counter[str] = Counter()

    def post(self, made: Iterable[Entry]) -> int:
        """How many were new."""
        before = len(self.sources)
        for entry in made:
            if entry.source not in self.sources:
                self.sources.add(entry.source)
                for leg in entry.legs:
                    self.balances[leg.account] += leg.amount.amount * (1 if leg.side is Side.DEBIT else -1)
        return len(self.sources) - before


class Years:
    """`owed` is what holders, employers and insurers owe by our reckoning, in cents; `dealers` what dealers are owed."""

    def __init__(self, leases: int, months: int, seed: int) -> None:
        self.dice, self.books = Random(seed), Books()
        self.months = [months_on(BEGIN, index) for index in range(months)]
        self.held: list[Held] = []
        self.owed, self.dealers, self.charges = Counter[Payer](), 0, 0
        self._late: list[tuple[PartyId, date, int]] = []
        self._starts = Counter(self.dice.randrange(max(months - MONTHS, 1)) for _ in range(leases))
        self._numbers = iter(range(1, 10**9))

    def live(self, month: date) -> None:
        at = datetime.combine(months_on(month, 1), datetime.min.time(), UTC)
        for _ in range(self._starts[self.months.index(month)]):
            self._hand_over(month, at)
        for each in self.held:
            if not each.is_over:
                self._happens(each, month, at)
        self._run(month, at)
        assert self._charged(month) == [], "a month that is run again charges nothing"
        self._employers_pay(month, at)
        self._end(month, at)

    def _hand_over(self, month: date, at: datetime) -> None:
        dice, number = self.dice, next(self._numbers)
        price, employer = dice.randrange(750_00, 7_000_00), f"employer-{number % 9}" if dice.random() < 0.7 else None
        fees = (Fee(FeeKind.INSURANCE, Money(dice.randrange(500, 1500), EUR)), Fee(FeeKind.SERVICE, Money(367, EUR)))
        residual = Money(price // 10, EUR)
        rate = monthly_rate(Financing(Money(price, EUR), residual, MONTHS, Decimal("5.90")))
        assert isinstance(rate, Sheet)
        bike = LeasedBike(BikeKind.PEDELEC, "Stadtrad", Money(price + 10_000, EUR), Money(price, EUR))
        quote = LeaseQuote(bike, at, MONTHS, rate.results["rate"], fees, due_day=dice.choice((1, 15, 31)))
        calendar, party = Calendar(quote.due_day, "NI"), PartyId(employer) if employer else None
        plan = planned(months_on(month, 1), quote, party, calendar)
        handed_over = month.replace(day=dice.randrange(1, 28))
        lease = Lease(
            LeaseId(UUID(int=number)),
            LeaseState.ACTIVE,
            Parties(PersonId(UUID(int=number)), PartyId("radhaus"), PartyId("leasing-ag"), party),
            quote=quote,
            handed_over_on=handed_over,
            first_month=plan[0].month,
            last_day=last_day(plan),
        )
        sheets: list[Any] = [rate, month_of_lease(MonthOfLease(quote.rate, fees))]
        sheets.append(benefit_in_kind(BikeGiven(bike.list_price, handed_over, BENEFIT_RULES[-1])))
        worth, purchase = worth_of(lease, RESIDUAL), purchase_of(lease)
        assert worth is not None and purchase is not None  # noqa: PT018 - handed over with both
        self.held.append(Held(lease, plan, calendar, [_kept(each) for each in sheets], worth))
        self.books.post([entries.bought(purchase, at)])
        self.dealers += purchase.price.amount
        if dice.random() < 0.9:  # the others wait until the years are over
            lease_id = purchase.lease_id
            owed = Payable(PaidFor.BIKE, lease_id, lease_id, purchase.dealer, purchase.price, at)
            self.books.post([entries.ordered_of(owed, at)])
            self.dealers -= purchase.price.amount

    def _happens(self, each: Held, month: date, at: datetime) -> None:
        chance = self.dice.random()
        if each.resumes is not None:
            if month >= each.resumes:
                each.plan, each.resumes = resumed(each.plan, month, each.calendar), None
        elif month > last_day(each.plan):
            self._comes_to_its_end(each, at)
        elif chance < 0.01 and each.lease.parties.employer is not None and month >= each.plan[0].month:
            each.plan = rested(each.plan, month, insured=self.dice.randrange(4))
            each.resumes = months_on(month, self.dice.randrange(1, 8))
        elif chance < 0.015 and month > each.plan[0].month:
            self._ends_early(each, month, at)

    def _comes_to_its_end(self, each: Held, at: datetime) -> None:
        if self.dice.random() < 0.6:
            offer = PurchaseOffer(Money(each.worth.residual.amount * 2, EUR), at)
            after = replace(each.lease, state=LeaseState.PURCHASED, purchase_offer=offer)
        else:
            protocol = Protocol(at.date(), "Kratzer", Money(self.dice.choice((0, 80_00)), EUR))
            after = replace(each.lease, state=LeaseState.INSPECTED, protocol=protocol)
        self._gone(each, after, at)

    def _ends_early(self, each: Held, month: date, at: datetime) -> None:
        each.plan = held(each.plan, month)
        quote, left = each.lease.quote, waiting(each.plan)
        assert quote is not None
        proceeds = Money(self.dice.randrange(each.worth.cost.amount), EUR)
        asked = EarlyEnd(left, quote.rate, each.worth.residual, proceeds, Decimal("5.90"), SETTLEMENT_RULES[-1])
        sheet = settlement(asked)
        assert isinstance(sheet, Sheet)
        each.sheets.append(stored(sheet))
        each.plan = ended(each.plan)
        termination, protocol = Termination(ImportantReason.LEAVING, month), Protocol(at.date(), "gut", Money(0, EUR))
        after = replace(
            each.lease,
            state=LeaseState.EARLY_ENDED,
            termination=termination,
            settled=sheet.results["owed"],
            protocol=protocol,
        )
        self._gone(each, after, at)

    def _gone(self, each: Held, after: Lease, at: datetime) -> None:
        each.lease, each.is_over = after, True
        for claim in claims_of(after, at.date()):
            self.books.post([entries.settled(claim, at)])
            self.owed[Payer.HOLDER] += claim.amount.amount
        # What it stood in the books with at the end of the month before.
        self.books.post(entries.bike_gone(after.id, each.worth.book_value(months_on(at.date(), -2)), at))

    def _charged(self, month: date) -> list[tuple[Held, LeaseInstalment, Charge]]:
        due = (
            (each, row)
            for each in self.held
            for row in each.plan
            if row.month <= month and row.state in {"planned", "insured"}
        )
        found = ((each, row, charge(each.lease.id, each.lease.parties.holder, row)) for each, row in due)
        return [(each, row, made) for each, row, made in found if made is not None]

    def _run(self, month: date, at: datetime) -> None:
        for each, row, made in self._charged(month):
            assert self.books.post([entries.charged(made, at)] * 2) == 1, "posted twice, written once"
            self.owed[made.payer] += made.amount.amount
            self.charges += made.amount.amount
            each.plan = tuple(replace(one, state=InstalmentState.POSTED) if one is row else one for one in each.plan)
            if made.payer is Payer.HOLDER:
                self._debited(made, at)
            elif made.payer is Payer.EMPLOYER and made.employer is not None:
                self._late.append((made.employer, made.month, made.amount.amount))

    def _debited(self, made: Charge, at: datetime) -> None:
        """By what the provider says moved: a charge and its fee; a charge that fails; a return, after which it is owed again."""
        chance, name = self.dice.random(), f"{made.lease_id.int}-{made.number}"
        self.books.post(
            movement(_moved(f"txn_{name}", TransactionKind.CHARGE, made.amount.amount, 35, at), made.holder)
        )
        if chance < 0.03:
            self.books.post(
                movement(_moved(f"txn_{name}f", TransactionKind.CHARGE, -made.amount.amount, 0, at), made.holder)
            )
        elif chance < 0.05:
            taken = _moved(f"txn_{name}d", TransactionKind.DISPUTE, -made.amount.amount, 750, at)
            self.books.post(movement(taken, None))
            self.books.post(
                [owed_again(LostDispute(f"dp_{name}", made.amount.amount, EUR, "debit", at, at), made.holder)]
            )
        else:
            self.owed[Payer.HOLDER] -= made.amount.amount

    def _employers_pay(self, month: date, at: datetime) -> None:
        """Each for a month at once, some of them later."""
        now_paid = {employer for employer, _, _ in self._late if self.dice.random() < 0.7}
        sums = Counter[tuple[PartyId, date]]()
        for employer, of, amount in self._late:
            if employer in now_paid and of < month:
                sums[employer, of] += amount
        self._late = [each for each in self._late if (each[0], each[1]) not in sums]
        for (employer, of), amount in sums.items():
            self.owed[Payer.EMPLOYER] -= amount
            self.books.post([entries.paid_by_employer(employer, of, Money(amount, EUR), at)])

    def _end(self, month: date, at: datetime) -> None:
        running = [each.worth for each in self.held if not each.is_over]
        found = month_end(month, running, ())
        self.books.post(entries.depreciated(month, found.depreciation, at))
        assert self.books.balances["leased_bikes"] == found.book_value.amount, month

    def reckoned(self) -> dict[str, int]:
        """What our own sums say should stand on accounts."""
        return {
            "receivables": self.owed[Payer.HOLDER],
            "leasing_employers": self.owed[Payer.EMPLOYER],
            "rate_insurers": self.owed[Payer.INSURER],
            "dealers": -self.dealers,
        }


def _kept(sheet: Any) -> bytes:
    assert isinstance(sheet, Sheet)
    return stored(sheet)


def _moved(name: str, kind: TransactionKind, amount: int, fee: int, at: datetime) -> ProviderTransaction:
    return ProviderTransaction(name, kind, amount, fee, amount - fee, EUR, None, at, at)
