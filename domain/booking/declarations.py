"""A consumer's declaration of withdrawal in two steps and without signing in (§ 356a BGB, since 19 June 2026)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.refusals import Refusal

DeclarationId = NewType("DeclarationId", UUID)

# Whoever began to declare may think about it for a day; then it is forgotten.
CONFIRM_WITHIN = timedelta(days=1)
# Anybody may name any mailbox; so many receipts an hour do not fill it.
RECEIPTS_WITHIN, RECEIPTS = timedelta(hours=1), 5


class Declare(Struct, frozen=True):
    """`reference` names the contract as its holder knows it; `email` is where the receipt goes, in lower case."""

    id: DeclarationId
    name: str
    reference: str
    email: str
    language: str


class Declaration(Struct, frozen=True):
    id: DeclarationId
    name: str
    reference: str
    email: str
    language: str
    declared_at: datetime
    confirmed_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """Until when it can be confirmed."""
        return self.declared_at + CONFIRM_WITHIN


class WithdrawalConfirmed(Struct, frozen=True, tag="withdrawal.confirmed"):
    """The withdrawal is declared, whatever it is that it meets."""

    declaration: Declaration


class NotConfirmable(StrEnum):
    UNKNOWN_WITHDRAWAL = "unknown_withdrawal"


def declared(command: Declare, now: datetime) -> Declaration:
    """The first step: nothing happens before the second."""
    return Declaration(command.id, command.name, command.reference, command.email, command.language, now)


def confirmed(
    declaration: Declaration | None, now: datetime
) -> WithdrawalConfirmed | Declaration | Refusal[NotConfirmable]:
    """The second step. Once only: what was confirmed before is given back as it is."""
    if declaration is None:
        return Refusal(NotConfirmable.UNKNOWN_WITHDRAWAL)
    if declaration.confirmed_at is not None:
        return declaration
    if now >= declaration.expires_at:
        return Refusal(NotConfirmable.UNKNOWN_WITHDRAWAL)
    return WithdrawalConfirmed(replace(declaration, confirmed_at=now))


def is_receipted(earlier: int) -> bool:
    """Whether a letter is written, where the mailbox was named by so many declarations in the hour before."""
    return earlier < RECEIPTS


def booking_meant(reference: str) -> BookingId | None:
    """The booking that a reference names, as it stands in messages; None where it can be none."""
    try:
        return BookingId(UUID(reference.strip()))
    except ValueError:
        return None
