from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

from msgspec import Struct

from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.agreeing import Agreed
from services.bike_leasing.contracts.deciding import Decide, Ordering
from services.bike_leasing.contracts.finishing import LookAt, OfferToBuy, PickUp
from services.bike_leasing.contracts.handing import AnotherPin, GetReady, Hand
from services.bike_leasing.contracts.leaving import GiveNotice, Settle, Transfer, WorkOut
from services.bike_leasing.contracts.mishaps import EndIncident, Report
from services.bike_leasing.contracts.offering import Offering
from services.bike_leasing.contracts.ports import BudgetsWanted, LeaseBudget, LeaseFile, Outcome
from services.bike_leasing.contracts.resting import GoOn, Rest
from services.bike_leasing.contracts.undoing import GiveUp
from services.bike_leasing.pages import Mark, Wanted
from services.calls import Answer, Call

Command = TypeVar("Command")
Step: TypeAlias = Callable[[Call[Outcome], Command], Awaitable[Answer]]


class RunningLeases(Struct, frozen=True):
    """What happens to a lease from its first month to its end."""

    rest: Step[Rest]
    go_on: Step[GoOn]
    report: Step[Report]
    end_incident: Step[EndIncident]
    give_notice: Step[GiveNotice]
    work_out: Step[WorkOut]
    settle: Step[Settle]
    buy_out: Step[LeaseId]
    go_on_alone: Step[LeaseId]
    transfer: Step[Transfer]
    offer_to_sell: Step[OfferToBuy]
    take_offer_back: Step[LeaseId]
    buy: Step[LeaseId]
    schedule_pickup: Step[PickUp]
    take_back: Step[LeaseId]
    inspect: Step[LookAt]
    close: Step[LeaseId]


class Leases(Struct, frozen=True):
    """The use cases, bound to their books. What is read is of those leases alone on whose side the actor stands.
    `draw_code` makes a picture (SVG) of what is scanned at the handover."""

    agree: Callable[[Call[Agreed], Framework], Awaitable[Answer]]
    agree_with_consumers: Callable[[Call[Agreed], ConsumerTerms], Awaitable[Answer]]
    accredit: Callable[[Call[Agreed], Accreditation], Awaitable[Answer]]
    offer: Callable[[Call[Outcome], Offering], Awaitable[Answer]]
    apply: Callable[[Call[Outcome], LeaseId], Awaitable[Answer]]
    decide: Callable[[Call[Outcome], Decide], Awaitable[Answer]]
    review: Step[LeaseId]
    order: Callable[[Call[Outcome], Ordering], Awaitable[Answer]]
    get_ready: Callable[[Call[Outcome], GetReady], Awaitable[Answer]]
    another_pin: Callable[[Call[Outcome], AnotherPin], Awaitable[Answer]]
    hand_over: Callable[[Call[Outcome], Hand], Awaitable[Answer]]
    cancel: Callable[[Call[Outcome], GiveUp], Awaitable[Answer]]
    running: RunningLeases
    budgets: Callable[[Actor, BudgetsWanted], Awaitable[Sequence[LeaseBudget]]]
    find: Callable[[Actor, LeaseId], Awaitable[LeaseFile | None]]
    draw_code: Callable[[Actor, LeaseId], Awaitable[bytes | Refusal[NotDone]]]
    page: Callable[[Actor, Wanted], Awaitable[Sequence[tuple[Lease, Mark]]]]
