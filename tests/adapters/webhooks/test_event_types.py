"""What can be subscribed to is what the log tells of, no more and no less."""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec

import domain
from adapters.database.charging.fault_tickets import CHANGED, CLOSED
from adapters.database.notices.log import TOLD_AS
from domain.booking.events import AlreadyThere
from domain.booking.quoting import Quoted
from domain.payments.payments import PENDING, PaymentState
from domain.subscriptions.event_types import EVENT_TYPES
from services.live.ports import TOLD_AS_THEY_ARE


def test_every_event_that_is_told_can_be_subscribed_to_and_nothing_else() -> None:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    nothing_happened = {AlreadyThere, Quoted}
    tags = {str(each.__struct_config__.tag) for each in _heirs(msgspec.Struct) if each not in nothing_happened}
    of_domain = {tag for tag in tags if tag.startswith(TOLD_AS_THEY_ARE)}
    payments = {f"payment.{state}" for state in PaymentState if state not in PENDING} | {"payment.begun"}
    by_the_clock_and_by_hand = {*TOLD_AS.values(), CHANGED, CLOSED}
    assert set(EVENT_TYPES) == of_domain | payments | by_the_clock_and_by_hand | {"booking.created"}
    assert len(set(EVENT_TYPES)) == len(EVENT_TYPES)


def _heirs(of: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for heir in of.__subclasses__():
        yield heir
        yield from _heirs(heir)
