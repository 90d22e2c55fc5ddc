"""Legal holds: what somebody may still have to prove is not deleted, whatever its age (§ 147 Abs. 3 Satz 5 AO, article 17(3)(e)
GDPR)."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import PersonId
from domain.refusals import Refusal

HoldId = NewType("HoldId", UUID)


class HoldOn(StrEnum):
    """A hold on the city holds everything, as while a tax audit runs; one on a person her file and all her bookings; one on a
    document, an invoice say, the booking that it belongs to."""

    CITY = "city"
    PERSON = "person"
    BOOKING = "booking"
    DOCUMENT = "document"


class PlaceHold(Struct, frozen=True):
    """`subject_id` is None for the whole city."""

    hold_id: HoldId
    on: HoldOn
    subject_id: UUID | None
    reason: str


class Hold(Struct, frozen=True):
    id: HoldId
    on: HoldOn
    subject_id: UUID | None
    reason: str
    placed_by: PersonId
    placed_at: datetime
    lifted_by: PersonId | None = None
    lifted_at: datetime | None = None
    lifted_because: str | None = None


class NotHeld(StrEnum):
    UNKNOWN_SUBJECT = "unknown_subject"
    UNKNOWN_HOLD = "unknown_hold"
    ALREADY_LIFTED = "already_lifted"


def place(command: PlaceHold, is_known: bool, by: PersonId, now: datetime) -> Hold | Refusal[NotHeld]:
    """Hold it from now on; `is_known` is whether the city has such a person, booking or document."""
    if not is_known:
        return Refusal(NotHeld.UNKNOWN_SUBJECT)
    return Hold(command.hold_id, command.on, command.subject_id, command.reason, by, now)


def lift(hold: Hold, because: str, by: PersonId, now: datetime) -> Hold | Refusal[NotHeld]:
    if hold.lifted_at is not None:
        return Refusal(NotHeld.ALREADY_LIFTED)
    return replace(hold, lifted_by=by, lifted_at=now, lifted_because=because)
