from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, Framework
from domain.identity import Actor
from services.bike_leasing.contracts.agreeing import Agreed
from services.bike_leasing.contracts.deciding import Decide, Ordering
from services.bike_leasing.contracts.handing import AnotherPin, GetReady, Hand
from services.bike_leasing.contracts.offering import Offering
from services.bike_leasing.contracts.ports import LeaseFile, Outcome
from services.bike_leasing.contracts.undoing import GiveUp
from services.calls import Answer, Call


class Leases(Struct, frozen=True):
    """The use cases, bound to their books. What is read is of those leases alone on whose side the actor stands."""

    agree: Callable[[Call[Agreed], Framework], Awaitable[Answer]]
    accredit: Callable[[Call[Agreed], Accreditation], Awaitable[Answer]]
    offer: Callable[[Call[Outcome], Offering], Awaitable[Answer]]
    apply: Callable[[Call[Outcome], LeaseId], Awaitable[Answer]]
    decide: Callable[[Call[Outcome], Decide], Awaitable[Answer]]
    order: Callable[[Call[Outcome], Ordering], Awaitable[Answer]]
    get_ready: Callable[[Call[Outcome], GetReady], Awaitable[Answer]]
    another_pin: Callable[[Call[Outcome], AnotherPin], Awaitable[Answer]]
    hand_over: Callable[[Call[Outcome], Hand], Awaitable[Answer]]
    cancel: Callable[[Call[Outcome], GiveUp], Awaitable[Answer]]
    find: Callable[[Actor, LeaseId], Awaitable[LeaseFile | None]]
    page: Callable[[Actor], Awaitable[Sequence[Lease]]]
