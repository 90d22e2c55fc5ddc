"""Which account is debited for a lease that its holder pays herself."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import Actor, PersonId
from domain.refusals import Refusal


class NotNamed(StrEnum):
    UNKNOWN_LEASE = "unknown_lease"
    UNKNOWN_PAYMENT_METHOD = "unknown_payment_method"


class NameAccount(Struct, frozen=True):
    """`known` is whether it is an account that the actor has saved with the payment provider."""

    lease_id: LeaseId
    method_id: str
    known: bool


class NamedAccount(Struct, frozen=True):
    lease_id: LeaseId
    method_id: str
    agreed_at: datetime


class AccountBooks(Protocol):
    async def holder(self, lease_id: LeaseId) -> PersonId | None: ...

    async def name(self, lease_id: LeaseId, holder: PersonId, method_id: str) -> None:
        """In place of the one before: what nobody has asked for yet is taken from it, and what was asked for stays with the other."""


async def name_account(
    command: NameAccount, *, books: AccountBooks, actor: Actor, now: datetime
) -> NamedAccount | Refusal[NotNamed]:
    """The holder's word, and nobody else's."""
    if await books.holder(command.lease_id) != actor.id:
        return Refusal(NotNamed.UNKNOWN_LEASE)
    if not command.known:
        return Refusal(NotNamed.UNKNOWN_PAYMENT_METHOD, "/payment_method_id")
    await books.name(command.lease_id, actor.id, command.method_id)
    return NamedAccount(command.lease_id, command.method_id, now)
