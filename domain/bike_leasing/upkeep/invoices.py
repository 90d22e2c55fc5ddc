"""What a dealer bills for the upkeep of a leased bike: submitted within the lease's budget, accepted by rule or by the lessor."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.sheets import EUR, in_force, is_amount
from domain.bike_leasing.calculation.vat import STANDARD_RATES
from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState
from domain.bike_leasing.contracts.parties import Accreditation, PartyId, Side, sides_of
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.identity import Actor, PersonId, Role
from domain.money import Money, part_of
from domain.refusals import Refusal

ServiceInvoiceId = NewType("ServiceInvoiceId", UUID)
MOST_LINES = 50
A_CENT = 1
_S = LeaseState
SERVED = frozenset(
    {
        *(_S.HANDED_OVER, _S.ACTIVE, _S.SUSPENDED, _S.INCIDENT, _S.TERMINATING),
        *(_S.ENDING, _S.PURCHASE_OFFERED, _S.RETURN_SCHEDULED),
    }
)
"""In which somebody rides the bike, or will again."""


class ServiceKind(StrEnum):
    INSPECTION = "inspection"
    REPAIR = "repair"
    WEAR_PART = "wear_part"
    OTHER = "other"


class ServiceLine(Struct, frozen=True):
    """`vat_percent` is the standard rate of the day, or 0 for a dealer who owes no tax (§ 19 UStG)."""

    kind: ServiceKind
    words: str
    net: Money
    vat_percent: Decimal
    vat: Money
    gross: Money


class SubmitInvoice(Struct, frozen=True):
    """`number` is the dealer's own; `serviced_on` says which contract year it is of."""

    invoice_id: ServiceInvoiceId
    lease_id: LeaseId
    dealer: PartyId
    number: str
    issued_on: date
    serviced_on: date
    lines: tuple[ServiceLine, ...]


class InvoiceState(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ServiceInvoice(Struct, frozen=True):
    """`year` is the contract year whose budget it takes from, from the day on which it is submitted; one that is refused gives it back.
    `decided_by` is None where the rule has accepted it."""

    id: ServiceInvoiceId
    lease_id: LeaseId
    dealer: PartyId
    number: str
    issued_on: date
    serviced_on: date
    lines: tuple[ServiceLine, ...]
    year: int
    state: InvoiceState
    submitted_by: PersonId
    submitted_at: datetime
    decided_by: PersonId | None = None
    decided_at: datetime | None = None
    reason: str | None = None

    @property
    def net(self) -> Money:
        return Money(sum(line.net.amount for line in self.lines), EUR)

    @property
    def vat(self) -> Money:
        return Money(sum(line.vat.amount for line in self.lines), EUR)

    @property
    def gross(self) -> Money:
        return Money(sum(line.gross.amount for line in self.lines), EUR)


class NotBilled(StrEnum):
    UNKNOWN_INVOICE = "unknown_service_invoice"
    UNKNOWN_PARTY = "unknown_party"
    NO_PACKAGE = "no_service_package"
    BAD_INVOICE = "bad_service_invoice"
    NOT_SERVICED_THEN = "not_serviced_then"
    KNOWN_ALREADY = "service_invoice_known"
    BUDGET_EXCEEDED = "service_budget_exceeded"
    DECIDED_ALREADY = "service_invoice_decided"


class InvoiceSubmitted(Struct, frozen=True):
    """With what is left of the budget since."""

    invoice: ServiceInvoice
    budget: ServiceBudget


class InvoiceDecided(Struct, frozen=True):
    invoice: ServiceInvoice
    budget: ServiceBudget


NoInvoice: TypeAlias = Refusal[NotBilled] | Refusal[NotDone]


def submit(
    command: SubmitInvoice,
    lease: Lease,
    accreditation: Accreditation | None,
    budget: ServiceBudget | None,
    by: Attempt,
    *,
    known: bool,
) -> InvoiceSubmitted | NoInvoice:
    """By any dealer whose offers the lease's lessor takes, not only by whoever sold the bike. `known` is whether he has billed under
    that number before."""
    if (no := _stranger(command.dealer, lease, accreditation, by)) is not None:
        return no
    if lease.state not in SERVED:
        return Refusal(NotDone.WRONG_STATE)
    if budget is None:
        return Refusal(NotBilled.NO_PACKAGE)
    if (no := _fault(command, lease, by.today)) is not None:
        return no
    if known:
        return Refusal(NotBilled.KNOWN_ALREADY, "/number")
    invoice = _made(command, budget, by)
    left = budget.left(invoice.year)
    if invoice.gross.amount > left.amount:
        return Refusal(NotBilled.BUDGET_EXCEEDED, "/lines", left=left)
    if invoice.gross.amount <= budget.package.accepted_up_to.amount:
        invoice = replace(invoice, state=InvoiceState.ACCEPTED, decided_at=by.now)
    return InvoiceSubmitted(invoice, budget.taken(invoice.year, invoice.gross))


def _stranger(dealer: PartyId, lease: Lease, accreditation: Accreditation | None, by: Attempt) -> NoInvoice | None:
    """Why the actor bills nothing here: a lease of a lessor who does not know the dealer is none that he knows of."""
    if dealer not in by.actor.parties_as(Role.DEALER):
        return Refusal(NotBilled.UNKNOWN_PARTY, "/dealer")
    if accreditation is None and dealer != lease.parties.dealer:
        return Refusal(NotDone.UNKNOWN_LEASE)
    if accreditation is None or not accreditation.span.holds(by.today):
        return Refusal(NotDone.DEALER_NOT_ACCREDITED)
    return Refusal(NotDone.NOT_YOURS_TO_DO) if by.actor.id == lease.parties.holder else None


def _fault(command: SubmitInvoice, lease: Lease, today: date) -> NoInvoice | None:
    begun = lease.handed_over_on
    if begun is None or not begun <= command.serviced_on <= today:
        return Refusal(NotBilled.NOT_SERVICED_THEN, "/serviced_on")
    if command.issued_on > today:
        return Refusal(NotBilled.NOT_SERVICED_THEN, "/issued_on")
    if not command.number.strip():
        return Refusal(NotBilled.BAD_INVOICE, "/number")
    if not 1 <= len(command.lines) <= MOST_LINES:
        return Refusal(NotBilled.BAD_INVOICE, "/lines")
    for number, line in enumerate(command.lines):
        if (field := fault_of(line, command.serviced_on)) is not None:
            return Refusal(NotBilled.BAD_INVOICE, f"/lines/{number}/{field}")
    return None


def fault_of(line: ServiceLine, on: date) -> str | None:
    """The field where the line does not add up. Tax may be off by a cent: whoever rounds by invoice distributes what is left."""
    if not line.words.strip():
        return "words"
    if not is_amount(line.net) or not line.net.amount:
        return "net"
    standard = in_force(STANDARD_RATES, on)
    rates = {Decimal(0)} | ({standard.percent} if standard is not None else set())
    if not line.vat_percent.is_finite() or line.vat_percent not in rates:
        return "vat_percent"
    due = part_of(line.net.amount, Fraction(line.vat_percent) / 100)
    if not is_amount(line.vat) or abs(line.vat.amount - due) > (A_CENT if line.vat_percent else 0):
        return "vat"
    return None if line.gross == line.net + line.vat else "gross"


def _made(command: SubmitInvoice, budget: ServiceBudget, by: Attempt) -> ServiceInvoice:
    return ServiceInvoice(
        command.invoice_id,
        command.lease_id,
        command.dealer,
        command.number.strip(),
        command.issued_on,
        command.serviced_on,
        command.lines,
        budget.year_of(command.serviced_on),
        InvoiceState.SUBMITTED,
        by.actor.id,
        by.now,
    )


def decide(
    invoice: ServiceInvoice, lease: Lease, budget: ServiceBudget, by: Attempt, *, accepted: bool, reason: str
) -> InvoiceDecided | NoInvoice:
    """The lessor's yes or no; a no says why. Nobody accepts what she has billed herself. What was done on the bike is paid for even where the lease has ended since."""
    sides = sides_of(lease.parties, by.actor)
    if not sees(invoice, lease, by.actor):
        return Refusal(NotBilled.UNKNOWN_INVOICE)
    if Side.LESSOR not in sides or (accepted and by.actor.id == invoice.submitted_by):
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    if invoice.state is not InvoiceState.SUBMITTED:
        return Refusal(NotBilled.DECIDED_ALREADY)
    if accepted:
        return InvoiceDecided(_decided(invoice, InvoiceState.ACCEPTED, by), budget)
    if not reason.strip():
        return Refusal(NotDone.REASON_MISSING, "/reason")
    refused = replace(_decided(invoice, InvoiceState.REFUSED, by), reason=reason.strip())
    return InvoiceDecided(refused, budget.given_back(invoice.year, invoice.gross))


def _decided(invoice: ServiceInvoice, state: InvoiceState, by: Attempt) -> ServiceInvoice:
    return replace(invoice, state=state, decided_by=by.actor.id, decided_at=by.now)


OF_UPKEEP = frozenset({Side.EMPLOYEE, Side.LESSOR})


def sees(invoice: ServiceInvoice, lease: Lease, actor: Actor) -> bool:
    """Holder and lessor see all of a lease's, a dealer his own, and an employer none."""
    if sides_of(lease.parties, actor) & OF_UPKEEP:
        return True
    return actor.id != lease.parties.holder and invoice.dealer in actor.parties_as(Role.DEALER)


def seen(invoices: Sequence[ServiceInvoice], lease: Lease, actor: Actor) -> tuple[ServiceInvoice, ...]:
    return tuple(each for each in invoices if sees(each, lease, actor))


def sees_budget(lease: Lease, actor: Actor) -> bool:
    """Beside holder and lessor whoever sold the bike."""
    return bool(sides_of(lease.parties, actor) & (OF_UPKEEP | {Side.DEALER}))
