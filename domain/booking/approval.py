"""An approval: somebody may have to say yes before a vehicle is driven, or driven longer."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.approval_rules import Approving, Asked, Ground
from domain.identity import PersonId

# Nobody has forgotten sooner what she was just asked for.
REMINDED_AFTER = timedelta(minutes=15)


class ApprovalState(StrEnum):
    """`missed`: nobody said anything by the due date. `withdrawn`: the booking ended otherwise before."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class Approval(Struct, frozen=True, omit_defaults=True):
    """Until `due_at` the booking, or more time for it, is held for it. `decided_by` is whoever said yes or no, as the deputy of
    `deputy_for` where she is one; `reason` are her words about more time, those about a booking stand with it. `rule` and `grounds` say by which of the pool's rules it is asked
    for, and why; `end` is until when what it is asked for lasts.

    Who approves is reminded at `remind_at`, the operators are asked at `escalate_at`; None once that has come, or where it
    never does.
    """

    state: ApprovalState
    due_at: datetime
    decided_by: PersonId | None = None
    decided_at: datetime | None = None
    rule: str | None = None
    grounds: tuple[Ground, ...] = ()
    remind_at: datetime | None = None
    escalate_at: datetime | None = None
    is_escalated: bool = False
    deputy_for: PersonId | None = None
    reason: str | None = None
    end: datetime | None = None

    @property
    def is_pending(self) -> bool:
        return self.state is ApprovalState.PENDING

    def covers(self, asked: Asked, end: datetime) -> bool:
        """Whether the yes that was given is one to this until `end` as well: by the same rule, and no further beyond its limits.
        Where no limit measures the time or its price, as of a rule about a word, it was one to the time that was seen."""
        if self.state is not ApprovalState.APPROVED or self.rule != asked.rule:
            return False
        if not any(ground.grows for ground in self.grounds) and (self.end is None or end > self.end):
            return False
        return all(any(given.covers(ground) for given in self.grounds) for ground in asked.grounds)

    @property
    def next_step_at(self) -> datetime | None:
        """When somebody is to be reminded, or asked besides."""
        steps = [at for at in (self.remind_at, self.escalate_at) if at is not None]
        return min(steps) if steps and self.is_pending else None


def ask(asked: Asked, approving: Approving, end: datetime, latest: datetime, now: datetime) -> Approval:
    """Ask for what lasts until `end`, until `latest` at the most. Half way of the time that they have, whoever approves is reminded; the operators
    have the time that comes afterwards."""
    answer_by = now + timedelta(seconds=approving.answer_s)
    due_at = min(answer_by + timedelta(seconds=approving.escalated_s or 0), latest)
    escalates = approving.escalated_s is not None and answer_by < due_at
    half = (min(answer_by, due_at) - now) / 2
    return Approval(
        ApprovalState.PENDING,
        due_at,
        rule=asked.rule,
        grounds=asked.grounds,
        remind_at=now + half if half >= REMINDED_AFTER else None,
        escalate_at=answer_by if escalates else None,
        end=end,
    )


def unasked(approval: Approval | None, state: ApprovalState) -> Approval | None:
    """The approval, once what it was asked for ends before anybody said yes or no."""
    return replace(approval, state=state) if approval is not None and approval.is_pending else approval
