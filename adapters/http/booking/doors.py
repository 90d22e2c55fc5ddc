"""A door: how an order for one service becomes its command and reaches its use cases."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

from domain.booking.bookings import Payer
from domain.booking.holds import Agreed, Order
from services.calls import Answer, Call


class Door(Struct, frozen=True):
    """One service's side of POST /quotes and POST /bookings.

    `options` is the shape of its options; `command` makes its command of an order; `payer` says who pays where the
    order does not. `wanted` is what a request by class may ask for, `kind` the name in it of what is a class here.
    """

    options: type[Struct]
    wanted: type[Struct]
    kind: str | None
    command: Callable[[Order, Any, Agreed | None], Any]
    quote: Callable[[Call[Any], Any], Awaitable[Answer]]
    reserve: Callable[[Call[Any], Any], Awaitable[Answer]]
    payer: Callable[[Any, Payer | None], Payer] = lambda _options, asked: asked or Payer.SELF

    def read(self, raw: msgspec.Raw) -> Any:
        return msgspec.json.decode(raw, type=self.options)
