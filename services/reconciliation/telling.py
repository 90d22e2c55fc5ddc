"""What the ledger is told of exceptions."""

from domain.reconciliation.events import ExceptionCleared, ExceptionReopened
from domain.reconciliation.exceptions import Changed, Exceptional
from services.reconciliation.ports import OpenBooks


async def told(before: Exceptional | None, changed: Changed, books: OpenBooks) -> None:
    """What the ledger has to post of it."""
    if changed.step.account is not None:
        await books.tell(ExceptionCleared(changed.now.id))
    elif before is not None and before.cleared is not None and changed.now.cleared is None:
        await books.tell(ExceptionReopened(changed.now.id))
