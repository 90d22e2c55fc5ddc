"""Dunning cases as whoever keeps the city's books sees them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.identity import City, PersonId
from domain.money import Money
from domain.payments.dunning import Case, CaseState


class ClaimView(Struct, frozen=True):
    """An invoice of which `open` is asked for under its `cash_reference`; `transferred` came by bank."""

    invoice_id: UUID
    number: str
    cash_reference: str
    open: Money
    transferred: Money
    invoice: str


class ChargeView(Struct, frozen=True):
    """The fee of a reminder; it has an invoice of its own."""

    step: int
    amount: Money
    made_at: datetime
    waived_at: datetime | None
    waived_by: PersonId | None
    waived_for: str


class CaseView(Struct, frozen=True):
    """`fees` are damages for late payment, without tax, that were neither paid nor waived. All of it may be transferred under
    `cash_reference`. `steps` is how many reminders the city's policy has; `reference` is under what it was paid otherwise."""

    id: UUID
    booking_id: UUID
    debtor_id: PersonId
    owed: Money
    fees: Money
    total: Money
    cash_reference: str | None
    claims: tuple[ClaimView, ...]
    charges: tuple[ChargeView, ...]
    state: CaseState
    steps_taken: int
    steps: int
    next_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: PersonId | None
    reason: str
    reference: str
    booking: str
    version: int


def case_view(case: Case, city: City) -> CaseView:
    def money(amount: int) -> Money:
        return Money(amount, case.owed.currency)

    return CaseView(
        id=case.id,
        booking_id=case.booking_id,
        debtor_id=case.debtor_id,
        owed=case.owed,
        fees=money(case.fees),
        total=case.total,
        cash_reference=case.cash_reference,
        claims=tuple(
            ClaimView(
                claim.invoice_id,
                claim.number,
                claim.cash_reference,
                money(claim.open),
                money(claim.transferred),
                f"/v1/{city}/finance/invoices/{claim.invoice_id}",
            )
            for claim in case.claims
        ),
        charges=tuple(
            ChargeView(each.step, money(each.amount), each.made_at, each.waived_at, each.waived_by, each.waived_for)
            for each in case.charges
        ),
        state=case.state,
        steps_taken=case.steps_taken,
        steps=len(case.policy.steps) if case.policy is not None else 0,
        next_at=case.next_at,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        closed_by=case.closed_by,
        reason=case.reason,
        reference=case.reference,
        booking=f"/v1/{city}/finance/bookings/{case.booking_id}",
        version=case.version,
    )
