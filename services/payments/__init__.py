from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.deposits import ClaimDeposit
from domain.identity import City
from domain.payments.payments import PaymentId
from domain.refusals import Refusal
from services.calls import UseCase
from services.payments.asking import refresh
from services.payments.deposits import Outcome as Claimed
from services.payments.deposits import claim
from services.payments.inbox import NotReceived, apply_event, keep_event, receive_event
from services.payments.pay import Outcome, PayBooking, pay_booking
from services.payments.ports import Account, Ports, ProviderEvent
from services.payments.settle import complete, settle

Receive: TypeAlias = Callable[[bytes, str, str | None], Awaitable[Refusal[NotReceived] | None]]


class Payments(Struct, frozen=True):
    """The payments' use cases, bound to their adapters.

    `refresh(city, booking)` asks how the booking's open payments stand. `settle(city, booking)` does what its money
    needs by now; `complete(city, payment)` the same for a payment whose time to be looked at has come. `receive(raw,
    signature, account)` keeps what the provider tells us, `catch_up` a message of its that may have been missed, and
    `apply(city, event)` follows it up.
    """

    pay: UseCase[Outcome, PayBooking]
    claim: UseCase[Claimed, ClaimDeposit]
    refresh: Callable[[City, UUID], Awaitable[None]]
    settle: Callable[[City, UUID], Awaitable[None]]
    complete: Callable[[City, PaymentId], Awaitable[None]]
    receive: Receive
    catch_up: Callable[[Account, ProviderEvent], Awaitable[None]]
    apply: Callable[[City, UUID], Awaitable[None]]


def bound(ports: Ports) -> Payments:
    return Payments(
        pay=partial(pay_booking, ports=ports),
        claim=partial(claim, ports=ports),
        refresh=partial(refresh, ports=ports),
        settle=partial(settle, ports=ports),
        complete=partial(complete, ports=ports),
        receive=partial(receive_event, ports=ports),
        catch_up=partial(keep_event, ports=ports),
        apply=partial(apply_event, ports=ports),
    )
