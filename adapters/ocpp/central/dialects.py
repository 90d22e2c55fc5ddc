"""The versions that are spoken here, and all that differs by them."""

import asyncio
from collections.abc import Callable, Mapping

from msgspec import Struct

from adapters.ocpp.central import v16_orders, v16_reports, v201_orders, v201_reports
from adapters.ocpp.central.checking import ACTIONS, check_call, check_result
from adapters.ocpp.central.desk import Desk, Heard
from adapters.ocpp.central.frames import Call, Code, Fault, Payload
from adapters.ocpp.central.words import RateUnit
from domain.charging.orders import Order, OrderAnswer
from domain.charging.stations import Admission, Version

LARGE = 64 * 1024
"""Its schema takes a good part of a second, in which the process has other stations to hear."""


class Dialect(Struct, frozen=True):
    """`heard` are the calls of a station by their action; of these `must_arrive` what is lost if it is not taken in, and `names` those by
    whose answer the station hears a name by which it is told of something. `before_admitted` is what it may say unasked while it waits to
    be admitted; None where it may say all."""

    version: Version
    heard: Mapping[str, Heard]
    must_arrive: frozenset[str]
    names: frozenset[str]
    before_admitted: frozenset[str] | None
    spoken: Callable[[Order, RateUnit], tuple[str, Payload]]
    understood: Callable[[Order, Payload], OrderAnswer]

    async def answered(self, desk: Desk, call: Call) -> Payload:
        """The result of a station's call. Raises Fault."""
        hear = self.heard.get(call.action)
        if hear is None and call.action in ACTIONS[self.version]:
            raise Fault(Code.NOT_SUPPORTED, f"{call.action} is not for stations to call")
        if hear is None:
            raise Fault(Code.NOT_IMPLEMENTED, f"there is no {call.action[:50]} in {self.version}")
        if not self._may_say(desk, call.action):
            raise Fault(Code.SECURITY, "the station is not admitted")
        if call.size > LARGE:
            await asyncio.to_thread(check_call, call.action, call.payload, self.version)
        else:
            check_call(call.action, call.payload, self.version)
        result = await hear(desk, call.payload)
        check_result(call.action, result, self.version)
        return result

    def _may_say(self, desk: Desk, action: str) -> bool:
        """Whoever comes back without a boot was told nothing that it could keep to, and knows of no reason to boot."""
        if desk.welcome.admission is Admission.REJECTED:
            return action == "BootNotification"
        if self.before_admitted is not None and desk.told_to_wait:
            return action in self.before_admitted or action in desk.asked_for
        return True


DIALECTS = {
    Version.OCPP_201: Dialect(
        Version.OCPP_201,
        v201_reports.HEARD,
        v201_reports.MUST_ARRIVE,
        frozenset(),
        v201_reports.BEFORE_ADMITTED,
        v201_orders.spoken,
        v201_orders.understood,
    ),
    Version.OCPP_16: Dialect(
        Version.OCPP_16,
        v16_reports.HEARD,
        v16_reports.MUST_ARRIVE,
        v16_reports.NAMES,
        None,
        v16_orders.spoken,
        v16_orders.understood,
    ),
}
