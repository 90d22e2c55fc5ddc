"""Withdrawing from a contract without signing in."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from domain.booking.declarations import Declaration, DeclarationId, Declare, NotConfirmable
from domain.identity import City
from domain.refusals import Refusal


class Withdrawals(Struct, frozen=True):
    """The two steps, bound to their adapters. `declare` gives None where there is no such city."""

    declare: Callable[[City, Declare], Awaitable[Declaration | None]]
    confirm: Callable[[City, DeclarationId], Awaitable[Declaration | Refusal[NotConfirmable]]]
