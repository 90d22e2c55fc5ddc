"""Declare, confirm, carry out. The answers are the same whether or not there is such a contract."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from domain.booking.declarations import (
    RECEIPTS_WITHIN,
    Declaration,
    DeclarationId,
    Declare,
    NotConfirmable,
    WithdrawalConfirmed,
    booking_meant,
    confirmed,
    declared,
    is_receipted,
)
from domain.identity import City
from domain.refusals import Refusal
from services.withdrawals.ports import DeclarationBooks, Receipt, SendReceipt, Withdraw, WithdrawOther


async def declare(command: Declare, city: City, *, books: DeclarationBooks, now: datetime) -> Declaration | None:
    """None where there is no such city."""
    declaration = declared(command, now)
    return declaration if await books.enter(city, declaration) else None


async def confirm(
    declaration_id: DeclarationId, city: City, *, books: DeclarationBooks, now: datetime
) -> Declaration | Refusal[NotConfirmable]:
    """Whoever comes second at the same time is told what the first was told."""
    outcome = confirmed(await books.find(city, declaration_id), now)
    if not isinstance(outcome, WithdrawalConfirmed):
        return outcome
    if await books.confirm(city, outcome):
        return outcome.declaration
    return await books.find(city, declaration_id) or Refusal(NotConfirmable.UNKNOWN_WITHDRAWAL)


async def carry_out(
    declaration_id: DeclarationId,
    city: City,
    message_id: UUID,
    *,
    books: DeclarationBooks,
    send: SendReceipt,
    withdraw: Withdraw,
    others: Sequence[WithdrawOther] = (),
) -> None:
    """Send the receipt, and undo the contract that is meant if there is one: its holder is told of that apart.

    Nobody keeps a holder from withdrawing by naming her mailbox: what goes beyond the receipts of an hour is carried out
    all the same. Resumable anywhere: messages have their ids, and a contract is withdrawn from once.
    """
    declaration = await books.find(city, declaration_id)
    if declaration is None or declaration.confirmed_at is None:
        return
    settings, at = await books.settings(city), declaration.confirmed_at
    quiet = not is_receipted(await books.earlier(city, declaration, at - RECEIPTS_WITHIN))
    if not quiet:
        await send(Receipt(message_id, city, settings, declaration, at))
    named = booking_meant(declaration.reference)
    if named is None:
        return
    booking_id = await books.booking(city, named, declaration.email)
    undone = await withdraw(city, booking_id, at) if booking_id is not None else None
    for other in others:
        if undone is None:
            undone = await other(city, named, declaration.email, at)
    if undone is False and not quiet:
        await send(Receipt(uuid5(message_id, "refused"), city, settings, declaration, at, refused=True))
