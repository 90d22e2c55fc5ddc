"""What leases put into the ledger. Each entry is made of a fact alone, and has its name: it is posted once."""

from datetime import date, datetime
from uuid import UUID

from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.insurance.claims import InsuranceClaim, Payee
from domain.bike_leasing.money.bikes import Bought
from domain.bike_leasing.money.charging import Charge, Payer
from domain.bike_leasing.money.claims import SettlingClaim
from domain.bike_leasing.money.paying import PaidFor, Payable
from domain.bike_leasing.money.receivables import Receivable
from domain.bike_leasing.upkeep.invoices import ServiceInvoice
from domain.ledger.accounts import (
    ACCRUED_INCOME,
    ACCRUED_RATES,
    BIKE_SERVICES,
    DAMAGES,
    DEALERS,
    DEPRECIATION,
    INPUT_VAT,
    INSURERS,
    LEASED_BIKES,
    LEASING_EMPLOYERS,
    RATE_INSURERS,
    RECEIVABLES,
    TREASURY,
    revenue,
    vat,
)
from domain.ledger.entries import Entry, EntryKind, Leg, Side, balanced
from domain.money import Money

SERVICE = "bike_leasing"


def charged(charge: Charge, at: datetime) -> Entry:
    """The month is owed by whoever pays it; `at` is its beginning in the city. Of what an insurer gets nothing is earned."""
    legs = (
        _owed(charge),
        Leg(revenue(SERVICE, charge.vat_rate).key, Side.CREDIT, charge.net, vat_rate=charge.vat_rate),
        Leg(vat(charge.vat_rate).key, Side.CREDIT, charge.vat, vat_rate=charge.vat_rate),
        Leg(INSURERS, Side.CREDIT, charge.passed_on),
    )
    return _entry(EntryKind.LEASE_CHARGED, month_charged(charge.lease_id, charge.month), at, legs)


def month_charged(lease_id: LeaseId, month: date) -> str:
    """By which the entry of a lease's month is named."""
    return f"lease:{lease_id}:{month:%Y-%m}"


def _owed(charge: Charge) -> Leg:
    if charge.payer is Payer.EMPLOYER:
        return Leg(LEASING_EMPLOYERS, Side.DEBIT, charge.amount, cost_centre=charge.employer)
    if charge.payer is Payer.INSURER:
        return Leg(RATE_INSURERS, Side.DEBIT, charge.amount)
    return Leg(RECEIVABLES, Side.DEBIT, charge.amount, charge.holder)


def paid_by_employer(employer: PartyId, month: date, amount: Money, at: datetime) -> Entry:
    """All of an employer's leases of a month, by a person's word that the treasury has it."""
    legs = (Leg(TREASURY, Side.DEBIT, amount), Leg(LEASING_EMPLOYERS, Side.CREDIT, amount, cost_centre=employer))
    return _entry(EntryKind.PAID_OTHERWISE, f"lease_employer:{month:%Y-%m}:{employer}", at, legs)


def settled(claim: SettlingClaim, at: datetime) -> Entry:
    """What is owed beside the rates: taxed it is earned, untaxed it makes good a loss."""
    owed = Leg(RECEIVABLES, Side.DEBIT, claim.amount, claim.holder)
    source = f"lease_{claim.kind}:{claim.lease_id}"
    if (rate := claim.vat_rate) is None:
        return _entry(EntryKind.LEASE_SETTLED, source, at, (owed, Leg(DAMAGES, Side.CREDIT, claim.amount)))
    earned = Leg(revenue(SERVICE, rate).key, Side.CREDIT, claim.amount - claim.vat, vat_rate=rate)
    return _entry(
        EntryKind.LEASE_SETTLED, source, at, (owed, earned, Leg(vat(rate).key, Side.CREDIT, claim.vat, vat_rate=rate))
    )


def reminded(reminder_id: UUID, owed: Receivable, fee: Money, at: datetime) -> tuple[Entry, ...]:
    """What a reminder costs makes good the delay, and is owed by whoever owes what it reminds of."""
    if owed.employer is not None:
        debtor = Leg(LEASING_EMPLOYERS, Side.DEBIT, fee, cost_centre=owed.employer)
    else:
        debtor = Leg(RECEIVABLES, Side.DEBIT, fee, owed.holder)
    return _some(
        EntryKind.LEASE_REMINDED, f"lease_reminder:{reminder_id}", at, (debtor, Leg(DAMAGES, Side.CREDIT, fee))
    )


def bought(purchase: Bought, at: datetime) -> Entry:
    """A bike was handed over, and so is owed to its dealer."""
    legs = (
        Leg(LEASED_BIKES, Side.DEBIT, purchase.cost),
        Leg(INPUT_VAT, Side.DEBIT, purchase.vat),
        Leg(DEALERS, Side.CREDIT, purchase.price, cost_centre=purchase.dealer),
    )
    return _entry(EntryKind.LEASE_BIKE, f"lease_bought:{purchase.lease_id}", at, legs)


def ordered_of(owed: Payable, at: datetime) -> Entry:
    """The transfer is ordered: the dealer is owed nothing for the lease, or the service's invoice, or the holder nothing of what she had
    transferred, and the treasury's account waits for the bank's statement."""
    legs = (_creditor(owed, Side.DEBIT), Leg(TREASURY, Side.CREDIT, owed.amount))
    return _entry(_KINDS[owed.paid_for], f"{_named(owed)}_paid:{owed.subject}{_attempt(owed.attempt)}", at, legs)


def returned_of(owed: Payable, at: datetime) -> Entry:
    """The transfer came back: it is owed again, and the treasury's account waits for the money."""
    legs = (Leg(TREASURY, Side.DEBIT, owed.amount), _creditor(owed, Side.CREDIT))
    return _entry(_KINDS[owed.paid_for], f"{_named(owed)}_returned:{owed.subject}{_attempt(owed.attempt)}", at, legs)


_KINDS = {PaidFor.BIKE: EntryKind.LEASE_BIKE, PaidFor.SERVICE: EntryKind.LEASE_BIKE} | {
    PaidFor.REFUND: EntryKind.LEASE_REFUNDED
}


def _named(owed: Payable) -> str:
    return "lease_dealer" if owed.dealer is not None else "lease_refund"


def _creditor(owed: Payable, side: Side) -> Leg:
    if owed.dealer is not None:
        return Leg(DEALERS, side, owed.amount, cost_centre=owed.dealer)
    return Leg(RECEIVABLES, side, owed.amount, owed.holder)


def serviced(invoice: ServiceInvoice, at: datetime) -> Entry:
    """An accepted invoice is owed to its dealer, gross; the tax in it is deducted."""
    legs = (
        Leg(BIKE_SERVICES, Side.DEBIT, invoice.net),
        Leg(INPUT_VAT, Side.DEBIT, invoice.vat),
        Leg(DEALERS, Side.CREDIT, invoice.gross, cost_centre=invoice.dealer),
    )
    return _entry(EntryKind.LEASE_SERVICE, f"lease_service:{invoice.id}", at, legs)


def insured(claim: InsuranceClaim, at: datetime) -> tuple[Entry, ...]:
    """What an insurer pays the lessor makes good a loss, untaxed: the treasury's account waits for it. What goes to a dealer or the holder is
    none of the lessor's money."""
    if claim.paid_to is not Payee.LESSOR or claim.payout is None:
        return ()
    legs = (Leg(TREASURY, Side.DEBIT, claim.payout), Leg(DAMAGES, Side.CREDIT, claim.payout))
    return _some(EntryKind.LEASE_INSURED, f"lease_insured:{claim.id}", at, legs)


def bike_gone(lease_id: LeaseId, book_value: Money, at: datetime) -> tuple[Entry, ...]:
    """The lessor has the bike no more: what it still stood in the books with is lost; what it brought is an income."""
    legs = (Leg(DEPRECIATION, Side.DEBIT, book_value), Leg(LEASED_BIKES, Side.CREDIT, book_value))
    return _some(EntryKind.LEASE_BIKE, f"lease_bike_gone:{lease_id}", at, legs)


def depreciated(month: date, amount: Money, at: datetime) -> tuple[Entry, ...]:
    """What all bikes lost of their worth in a month, at its end."""
    legs = (Leg(DEPRECIATION, Side.DEBIT, amount), Leg(LEASED_BIKES, Side.CREDIT, amount))
    return _some(EntryKind.LEASE_MONTH_END, f"lease_depreciation:{month:%Y-%m}", at, legs)


def accrued(month: date, net: Money, at: datetime) -> tuple[Entry, ...]:
    """What a month earned and nobody was charged for by its end (Abgrenzung): untaxed, so on an account that no chart taxes by
    itself."""
    legs = (Leg(ACCRUED_RATES, Side.DEBIT, net), Leg(ACCRUED_INCOME, Side.CREDIT, net))
    return _some(EntryKind.LEASE_MONTH_END, f"lease_accrual:{month:%Y-%m}", at, legs)


def accrual_ended(month: date, net: Money, at: datetime) -> tuple[Entry, ...]:
    """Taken back as the next month begins: what is charged then stands for itself."""
    legs = (Leg(ACCRUED_INCOME, Side.DEBIT, net), Leg(ACCRUED_RATES, Side.CREDIT, net))
    return _some(EntryKind.LEASE_MONTH_END, f"lease_accrual:{month:%Y-%m}:ended", at, legs)


def _attempt(number: int) -> str:
    return f":{number}" if number > 1 else ""


def _some(kind: EntryKind, source: str, at: datetime, legs: tuple[Leg, ...]) -> tuple[Entry, ...]:
    """Nothing where it is about nothing."""
    return (_entry(kind, source, at, legs),) if legs[0].amount.amount else ()


def _entry(kind: EntryKind, source: str, at: datetime, legs: tuple[Leg, ...]) -> Entry:
    """What is nothing has no leg."""
    return balanced(Entry(kind, source, at, tuple(leg for leg in legs if leg.amount.amount)))
