"""Taking an instalment from the holder's account: queued, asked for, under way, paid, or refused and asked for once more.

What a bank does not pay is a failure; what it takes back after it had paid, for weeks without a reason, is a return
(Rücklastschrift). Either way the holder owes the instalment again. What was paid for a lease that is undone is owed back to her, and goes
back the way it came.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import LeaseId, LeaseState
from domain.cities.leasing import LeasingSettings
from domain.identity import PersonId
from domain.money import Money
from domain.payments.payments import Intent, PaymentState

ChargeId = NewType("ChargeId", UUID)
CollectionId = NewType("CollectionId", UUID)


class CollectionState(StrEnum):
    """`asked`: the provider may have heard of it, and is asked under the same key until it says something. `owed_back`: it was paid, and
    the provider is asked to give it back until it is `returned`."""

    QUEUED = "queued"
    ASKED = "asked"
    PROCESSING = "processing"
    PAID = "paid"
    OWED_BACK = "owed_back"
    FAILED = "failed"
    RETURNED = "returned"


UNDER_WAY = frozenset({CollectionState.QUEUED, CollectionState.ASKED, CollectionState.PROCESSING})
# A later state never gives way to an earlier one, in whatever order the provider's messages arrive.
RANK = {state: rank for rank, state in enumerate(CollectionState)} | {CollectionState.FAILED: 3}
UNDONE = frozenset({LeaseState.WITHDRAWN})
"""For such a lease nothing is asked for any more, and what was paid goes back (§§ 355 Abs. 3, 357 BGB)."""
ASKED_AGAIN_AFTER = timedelta(hours=6)
"""What the provider does not give back now, while its bank disputes it, say."""
LEASE_UNDONE = "lease_undone"
"""Why a collection failed that nobody has asked for."""
LATE = timedelta(milliseconds=250)
FAILURES = frozenset({PaymentState.FAILED, PaymentState.RELEASED, PaymentState.REQUIRES_PAYMENT_METHOD})


class Collection(Struct, frozen=True):
    """One attempt at one charge. Its id is its key at the provider, so that whoever asks again asks for the same money. `asked_at` is
    when it was asked for first. Where its lease is `undone` it is looked for at the provider and not asked for, and what was paid is owed back."""

    id: CollectionId
    charge_id: ChargeId
    lease_id: LeaseId
    number: int
    holder: PersonId
    attempt: int
    amount: Money
    method_id: str
    due_at: datetime
    made_at: datetime
    state: CollectionState = CollectionState.QUEUED
    intent_id: str | None = None
    failure: str | None = None
    asked_at: datetime | None = None
    undone: bool = False


def seen(collection: Collection, intent: Intent) -> Collection:
    """The collection after what the provider says of it; the same where that is no news."""
    state = _state(intent)
    if state is CollectionState.PAID and collection.undone:
        state = CollectionState.OWED_BACK
    if collection.intent_id is not None and RANK[state] <= RANK[collection.state]:
        return collection
    failure = intent.failure if state is CollectionState.FAILED else None
    return replace(collection, state=state, intent_id=intent.intent_id, failure=failure)


def _state(intent: Intent) -> CollectionState:
    if intent.state is PaymentState.CAPTURED:
        return CollectionState.PAID
    if intent.state is PaymentState.REFUNDED:
        return CollectionState.RETURNED
    return CollectionState.FAILED if intent.state in FAILURES else CollectionState.PROCESSING


def owed_back(collection: Collection, now: datetime) -> Collection:
    """The lease is undone: what was paid is given back. The same where nothing was, or it is on its way already."""
    if collection.state is not CollectionState.PAID:
        return collection
    return replace(collection, state=CollectionState.OWED_BACK, due_at=now, undone=True)


def put_off(collection: Collection, now: datetime) -> Collection:
    """The provider does not give it back now."""
    return replace(collection, due_at=now + ASKED_AGAIN_AFTER)


def refused(collection: Collection, code: str) -> Collection:
    """The provider will not even try: no such account, no mandate."""
    return replace(collection, state=CollectionState.FAILED, failure=code)


def returned(collection: Collection, reason: str) -> Collection:
    """The bank took it back."""
    return replace(collection, state=CollectionState.RETURNED, failure=reason)


def again(collection: Collection, policy: LeasingSettings, new_id: CollectionId, now: datetime) -> Collection | None:
    """The next attempt at what failed or came back; None where it was tried often enough, and reminders take over. What we gave
    back ourselves has no reason of a bank's, and is not taken again; nor is anything for a lease that is undone."""
    if collection.undone:
        return None
    if collection.state not in {CollectionState.FAILED, CollectionState.RETURNED}:
        return None
    if collection.state is CollectionState.RETURNED and collection.failure is None:
        return None
    if collection.attempt > len(policy.again_after_days):
        return None
    return replace(
        collection,
        id=new_id,
        attempt=collection.attempt + 1,
        due_at=now + timedelta(days=policy.again_after_days[collection.attempt - 1]),
        made_at=now,
        state=CollectionState.QUEUED,
        intent_id=None,
        failure=None,
        asked_at=None,
    )


class Pace(Struct, frozen=True):
    """How fast the provider is asked in a city, by all workers together: nobody asks before `next_at`."""

    next_at: datetime


def turn(pace: Pace, policy: LeasingSettings, now: datetime) -> int:
    """How many may be asked for now: one second's worth, once their time has come."""
    return policy.collections_per_s if pace.next_at <= now else 0


def after_turn(pace: Pace, taken: int, policy: LeasingSettings, now: datetime) -> Pace:
    """A turn that began late is followed by one that begins so much sooner, as far as it was a moment."""
    return Pace(max(pace.next_at, now - LATE) + timedelta(seconds=taken / policy.collections_per_s))


def told_to_wait(pace: Pace, seconds: float, now: datetime) -> Pace:
    """The provider has enough (429): nobody asks before it said."""
    return Pace(max(pace.next_at, now + timedelta(seconds=seconds)))
