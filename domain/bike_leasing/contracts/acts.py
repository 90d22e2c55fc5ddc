"""Who may do what in which state: the life of a lease as one table.

An act is looked up before its own rules are: whoever stands on no side of the lease does not learn that there is one, whoever may
never do this is told so, and only then does the state count.
"""

from collections.abc import Set
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import UNASKED, Lease, LeaseState, sides_on
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.plans import LeaseInstalment
from domain.identity import Actor, PersonId
from domain.refusals import Refusal


class Act(StrEnum):
    OFFER = "offer"
    APPLY = "apply"
    START_REVIEW = "start_review"
    APPROVE = "approve"
    REJECT = "reject"
    ORDER = "order"
    MAKE_READY = "make_ready"
    REISSUE_PIN = "reissue_pin"
    HAND_OVER = "hand_over"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPORT_INCIDENT = "report_incident"
    RESOLVE = "resolve"
    REPLACE = "replace"
    DECLARE_TOTAL_LOSS = "declare_total_loss"
    TERMINATE = "terminate"
    MAKE_OUT = "make_out"
    TRANSFER = "transfer"
    CONTINUE_PRIVATELY = "continue_privately"
    BUY_OUT = "buy_out"
    SETTLE = "settle"
    NEAR_END = "near_end"
    OFFER_PURCHASE = "offer_purchase"
    REVOKE_PURCHASE = "revoke_purchase"
    PURCHASE = "purchase"
    SCHEDULE_RETURN = "schedule_return"
    TAKE_BACK = "take_back"
    INSPECT = "inspect"
    CLOSE = "close"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"


class NotDone(StrEnum):
    """Why a lease stays as it is."""

    UNKNOWN_LEASE = "unknown_lease"
    UNKNOWN_HOLDER = "unknown_holder"
    NOT_YOURS_TO_DO = "not_yours_to_do"
    WRONG_STATE = "lease_state_forbids"
    DEALER_NOT_ACCREDITED = "dealer_not_accredited"
    OFFER_EXPIRED = "lease_offer_expired"
    BAD_QUOTE = "bad_quote"
    NO_BIKE_BY_LAW = "no_bike_by_law"
    BELOW_LEAST_PRICE = "below_least_price"
    ABOVE_CAP = "above_cap"
    TOO_MANY_BIKES = "too_many_bikes"
    FRAMEWORK_NOT_ACTIVE = "framework_not_active"
    CREDIT_LINE_USED_UP = "credit_line_used_up"
    CREDIT_NOT_GRANTED = "credit_not_granted"
    EMPLOYMENT_ENDS_BEFORE = "employment_ends_before"
    BARRED = "conversion_barred"
    BELOW_MINIMUM_WAGE = "below_minimum_wage"
    REASON_MISSING = "reason_missing"
    NOT_SIGNED = "not_signed"
    SERIAL_NUMBER_MISSING = "serial_number_missing"
    IDENTITY_NOT_CHECKED = "identity_not_checked"
    DEFECTS = "defects"
    PIN_EXPIRED = "pin_expired"
    PIN_USED_UP = "pin_used_up"
    NO_MORE_PINS = "no_more_pins"
    TOO_EARLY = "too_early_for_that"
    TOO_LATE = "too_late_for_that"
    NOT_ON_A_FIRST = "not_on_a_first"
    BEFORE_FIRST_MONTH = "before_first_month"
    NOT_BEGUN = "lease_not_begun"
    POLICE_REFERENCE_MISSING = "police_reference_missing"
    WAS_NOT_LOCKED = "was_not_locked"
    NOT_A_DAMAGE = "not_a_damage"
    AMOUNT_MISSING = "amount_missing"
    NOT_MADE_OUT = "not_made_out"
    NOT_AS_SHOWN = "not_as_shown"
    RIGHT_OVER = "withdrawal_over"


S = LeaseState
BEFORE_REVIEW = frozenset({S.DRAFT, S.OFFERED, S.APPLIED})
BY_HR = frozenset({S.APPLIED, S.EMPLOYER_REVIEW})
BY_LESSOR = frozenset({S.APPROVED, S.LESSOR_REVIEW})
BY_LESSOR_FOR_CONSUMERS = frozenset({S.APPLIED, S.LESSOR_REVIEW})
BEFORE_HANDOVER = BEFORE_REVIEW | BY_HR | BY_LESSOR | {S.ORDERED, S.READY_FOR_PICKUP}
CONCLUDED = frozenset(
    {
        *(S.ORDERED, S.READY_FOR_PICKUP, S.HANDED_OVER, S.ACTIVE, S.INCIDENT, S.TOTAL_LOSS, S.TERMINATING),
        *(S.ENDING, S.PURCHASE_OFFERED, S.RETURN_SCHEDULED),
    }
)
"""In which a consumer withdraws as long as her right runs, whatever became of the bike, and though notice was given."""
NOBODY_REVIEWS = frozenset({S.EMPLOYER_REVIEW, S.APPROVED})
ANNOUNCED = (S.TERMINATING, S.ENDING, S.RETURN_SCHEDULED)
"""In which the end is known while the bike is still out, and to which a lease goes back when something that happened to it is over."""


class Whose(StrEnum):
    """Whether a row is for leases by an employer, for a consumer's own, or for both; `kept` is a consumer's whose bike is still with
    her, `resting` an employer's that rests, and `interrupted` one whose end was known, whatever happened to the bike meanwhile: such rows
    stand before those for all. After notice nothing rests: what becomes of the lease says who pays for what."""

    EMPLOYED = "employed"
    PRIVATE = "private"
    ANY = "any"
    KEPT = "kept"
    RESTING = "resting"
    INTERRUPTED = "interrupted"


class Row(Struct, frozen=True):
    act: Act
    sources: frozenset[LeaseState]
    sides: frozenset[Side]
    target: LeaseState
    whose: Whose = Whose.ANY

    def concerns(self, lease: Lease) -> bool:
        if self.whose is Whose.KEPT:
            return lease.is_private and lease.handed_over_on is not None and lease.returned_on is None
        if self.whose is Whose.INTERRUPTED:
            return lease.interrupted is self.target
        if self.whose is Whose.RESTING:
            rests = bool(lease.suspensions) and lease.suspensions[-1].until is None
            return rests and not lease.is_private and lease.interrupted is None
        return self.whose in {Whose.ANY, Whose.PRIVATE if lease.is_private else Whose.EMPLOYED}


def _row(
    act: Act, sources: Set[LeaseState] | LeaseState, sides: str, target: LeaseState, whose: Whose = Whose.ANY
) -> Row:
    found = frozenset({sources}) if isinstance(sources, LeaseState) else frozenset(sources)
    return Row(act, found, frozenset(Side(side) for side in sides.split()), target, whose)


TABLE = (
    _row(Act.OFFER, S.DRAFT, "dealer", S.OFFERED),
    _row(Act.APPLY, S.OFFERED, "employee", S.APPLIED),
    _row(Act.START_REVIEW, S.APPLIED, "hr", S.EMPLOYER_REVIEW, Whose.EMPLOYED),
    _row(Act.APPROVE, BY_HR, "hr", S.APPROVED, Whose.EMPLOYED),
    _row(Act.REJECT, BY_HR, "hr", S.REJECTED, Whose.EMPLOYED),
    _row(Act.START_REVIEW, S.APPROVED, "lessor", S.LESSOR_REVIEW, Whose.EMPLOYED),
    _row(Act.ORDER, BY_LESSOR, "lessor", S.ORDERED, Whose.EMPLOYED),
    _row(Act.REJECT, BY_LESSOR, "lessor", S.REJECTED, Whose.EMPLOYED),
    _row(Act.START_REVIEW, S.APPLIED, "lessor", S.LESSOR_REVIEW, Whose.PRIVATE),
    _row(Act.ORDER, BY_LESSOR_FOR_CONSUMERS, "lessor", S.ORDERED, Whose.PRIVATE),
    _row(Act.REJECT, BY_LESSOR_FOR_CONSUMERS, "lessor", S.REJECTED, Whose.PRIVATE),
    _row(Act.MAKE_READY, S.ORDERED, "dealer", S.READY_FOR_PICKUP),
    _row(Act.REISSUE_PIN, S.READY_FOR_PICKUP, "dealer", S.READY_FOR_PICKUP),
    _row(Act.HAND_OVER, S.READY_FOR_PICKUP, "dealer employee", S.HANDED_OVER),
    _row(Act.ACTIVATE, S.HANDED_OVER, "system", S.ACTIVE),
    _row(Act.SUSPEND, {S.HANDED_OVER, S.ACTIVE}, "hr lessor", S.SUSPENDED, Whose.EMPLOYED),
    _row(Act.RESUME, S.SUSPENDED, "hr lessor", S.ACTIVE, Whose.EMPLOYED),
    _row(Act.RESUME, S.INCIDENT, "hr lessor", S.INCIDENT, Whose.RESTING),
    _row(Act.REPORT_INCIDENT, {S.ACTIVE, S.SUSPENDED, S.PURCHASE_OFFERED, *ANNOUNCED}, "employee lessor", S.INCIDENT),
    *(_row(Act.RESOLVE, S.INCIDENT, "employee lessor", state, Whose.INTERRUPTED) for state in ANNOUNCED),
    *(_row(Act.REPLACE, S.INCIDENT, "lessor", state, Whose.INTERRUPTED) for state in ANNOUNCED),
    _row(Act.RESOLVE, S.INCIDENT, "employee lessor", S.SUSPENDED, Whose.RESTING),
    _row(Act.REPLACE, S.INCIDENT, "lessor", S.SUSPENDED, Whose.RESTING),
    _row(Act.RESOLVE, S.INCIDENT, "employee lessor", S.ACTIVE),
    _row(Act.REPLACE, S.INCIDENT, "lessor", S.ACTIVE),
    _row(Act.DECLARE_TOTAL_LOSS, S.INCIDENT, "lessor", S.TOTAL_LOSS),
    _row(Act.TERMINATE, {S.ACTIVE, S.SUSPENDED}, "hr lessor", S.TERMINATING),
    _row(Act.MAKE_OUT, S.TERMINATING, "lessor", S.TERMINATING),
    _row(Act.MAKE_OUT, S.TOTAL_LOSS, "lessor", S.TOTAL_LOSS),
    _row(Act.TRANSFER, S.TERMINATING, "lessor", S.ACTIVE, Whose.EMPLOYED),
    _row(Act.CONTINUE_PRIVATELY, S.TERMINATING, "employee", S.ACTIVE, Whose.EMPLOYED),
    _row(Act.BUY_OUT, S.TERMINATING, "employee", S.EARLY_ENDED),
    _row(Act.SETTLE, {S.TERMINATING, S.TOTAL_LOSS}, "lessor", S.EARLY_ENDED),
    _row(Act.NEAR_END, S.ACTIVE, "system lessor", S.ENDING),
    _row(Act.OFFER_PURCHASE, S.ENDING, "system lessor", S.PURCHASE_OFFERED),
    _row(Act.REVOKE_PURCHASE, S.PURCHASE_OFFERED, "lessor", S.ENDING),
    _row(Act.PURCHASE, S.PURCHASE_OFFERED, "employee", S.PURCHASED),
    _row(Act.SCHEDULE_RETURN, {S.ENDING, S.PURCHASE_OFFERED}, "employee lessor", S.RETURN_SCHEDULED),
    _row(Act.TAKE_BACK, S.RETURN_SCHEDULED, "lessor", S.RETURNED),
    _row(Act.INSPECT, S.RETURNED, "lessor", S.INSPECTED),
    _row(Act.CLOSE, {S.INSPECTED, S.PURCHASED}, "lessor", S.CLOSED),
    _row(Act.CANCEL, BEFORE_HANDOVER, "employee lessor", S.CANCELLED, Whose.EMPLOYED),
    _row(Act.CANCEL, BEFORE_HANDOVER - UNASKED, "hr", S.CANCELLED, Whose.EMPLOYED),
    _row(Act.CANCEL, BEFORE_HANDOVER - NOBODY_REVIEWS, "employee lessor", S.CANCELLED, Whose.PRIVATE),
    _row(Act.WITHDRAW, CONCLUDED, "employee", S.WITHDRAWN, Whose.PRIVATE),
    _row(Act.TAKE_BACK, S.WITHDRAWN, "lessor", S.WITHDRAWN, Whose.KEPT),
)  # fmt: skip


class Attempt(Struct, frozen=True):
    """Who tries to do something, and when; `today` is the day in the city."""

    actor: Actor
    now: datetime
    today: date


class LeaseStepped(Struct, frozen=True):
    """The lease took a step: by which act, on whose side, by whom, and how it is since, with what of its plan is new or
    otherwise."""

    act: Act
    side: Side
    by: PersonId
    at: datetime
    lease: Lease
    plan: tuple[LeaseInstalment, ...] = ()


class Turn(Struct, frozen=True):
    """Somebody's turn: on this side of the lease the act is possible now."""

    row: Row
    side: Side
    by: Attempt

    def taken(self, lease: Lease, plan: tuple[LeaseInstalment, ...] = ()) -> LeaseStepped:
        """The act is done: the lease as it is then, in the row's state."""
        after = replace(lease, state=self.row.target, version=lease.version + 1)
        return LeaseStepped(self.row.act, self.side, self.by.actor.id, self.by.now, after, plan)


def turn(lease: Lease, act: Act, by: Attempt) -> Turn | Refusal[NotDone]:
    """Whether the actor may do that now, or why not."""
    sides = sides_on(lease, by.actor)
    if not sides:
        return Refusal(NotDone.UNKNOWN_LEASE)
    rows = [row for row in TABLE if row.act is act and row.concerns(lease) and sides & row.sides]
    if not rows:
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    row = next((row for row in rows if lease.state in row.sources), None)
    if row is None:
        return Refusal(NotDone.WRONG_STATE)
    return Turn(row, min(sides & row.sides), by)


def possible_from(lease: Lease, sides: Set[Side]) -> tuple[Act, ...]:
    """What may be done from these sides, as far as the state decides."""
    rows = (row for row in TABLE if row.concerns(lease) and sides & row.sides and lease.state in row.sources)
    return tuple(dict.fromkeys(row.act for row in rows))


def possible(lease: Lease, by: Attempt) -> dict[Act, NotDone | None]:
    """Every act with what stands against it for the actor by side and state; None where only the act's own rules count."""
    found = {act: turn(lease, act, by) for act in Act}
    return {act: each.reason if isinstance(each, Refusal) else None for act, each in found.items()}
