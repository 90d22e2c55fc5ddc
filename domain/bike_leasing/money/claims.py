"""What is owed beside the rates: for ending early, for buying the bike, for what was found when it came back."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import EUR, RuleVersion, in_force
from domain.bike_leasing.calculation.vat import STANDARD_RATES
from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState
from domain.identity import PersonId
from domain.money import Money, vat_within


class ClaimKind(StrEnum):
    SETTLEMENT = "settlement"
    BUYOUT = "buyout"
    PURCHASE = "purchase"
    DAMAGE = "damage"


class ClaimTax(Struct, frozen=True):
    """Which of them are a sale, and taxed; the others make good a loss (Schadenersatz) and are not."""

    version: RuleVersion
    sales: frozenset[ClaimKind]


CLAIM_TAXES = (
    ClaimTax(
        RuleVersion(
            "lease_claims",
            date(2007, 1, 1),
            "§ 1 Abs. 1 Nr. 1 UStG",
            doubt="what is paid for ending a lease early may be a price for that; a tax adviser decides",
        ),
        frozenset({ClaimKind.BUYOUT, ClaimKind.PURCHASE}),
    ),
)


class SettlingClaim(Struct, frozen=True):
    """`vat_rate` is None where nothing is taxed. A lease has one of each kind."""

    lease_id: LeaseId
    kind: ClaimKind
    holder: PersonId
    on: date
    amount: Money
    vat_rate: Decimal | None
    vat: Money


def claims_of(lease: Lease, on: date) -> tuple[SettlingClaim, ...]:
    """What the lease, as it stands on the day, makes the holder owe beside its rates."""
    found: list[tuple[ClaimKind, Money]] = []
    if lease.state is LeaseState.EARLY_ENDED and lease.settled is not None:
        kept = lease.protocol is None and lease.termination is not None and not lease.is_lost
        found.append((ClaimKind.BUYOUT if kept else ClaimKind.SETTLEMENT, lease.settled))
    bought = lease.state is LeaseState.PURCHASED or (lease.state is LeaseState.CLOSED and lease.protocol is None)
    if bought and lease.purchase_offer is not None:
        found.append((ClaimKind.PURCHASE, lease.purchase_offer.price))
    if lease.state in {LeaseState.INSPECTED, LeaseState.CLOSED} and lease.protocol is not None:
        found.append((ClaimKind.DAMAGE, lease.protocol.charges))
    return tuple(_claim(lease, kind, amount, on) for kind, amount in found if amount.amount)


def _claim(lease: Lease, kind: ClaimKind, amount: Money, on: date) -> SettlingClaim:
    taxes, standard = in_force(CLAIM_TAXES, on), in_force(STANDARD_RATES, on)
    rate = standard.percent / 100 if taxes is not None and standard is not None and kind in taxes.sales else None
    within = vat_within(amount.amount, rate) if rate is not None else 0
    return SettlingClaim(lease.id, kind, lease.parties.holder, on, amount, rate, Money(within, EUR))
