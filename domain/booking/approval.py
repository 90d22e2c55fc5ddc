"""An approval: whoever runs a pool may want to say yes before one of its vehicles is driven."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.identity import PersonId


class ApprovalState(StrEnum):
    """`missed`: nobody said anything by the due date. `withdrawn`: the booking ended otherwise before."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class Approval(Struct, frozen=True):
    """Until `due_at` the booking is held for it. `decided_by` is whoever said yes or no."""

    state: ApprovalState
    due_at: datetime
    decided_by: PersonId | None = None
    decided_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        return self.state is ApprovalState.PENDING
