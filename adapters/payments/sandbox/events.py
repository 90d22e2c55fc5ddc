"""Reading back what happened."""

import re
from typing import Any

from stripe.params import EventListParams, EventRetrieveParams

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid
from adapters.payments.sandbox.objects import Event
from adapters.payments.sandbox.presentation import Page, page


def retrieve(call: Call, identifier: str, params: EventRetrieveParams) -> Event:  # noqa: ARG001 - one shape
    return call.get(Event, identifier)


def listed(call: Call, params: EventListParams) -> Page:
    """Newest first; `type` may end in `.*`, `delivery_success` selects what the webhook has, or has not, taken."""
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.")
    conditions: dict[str, Any] = {}
    if "type" in params:
        if not re.fullmatch(r"[a-z_.]+(\.\*)?", params["type"]):
            raise invalid(f"Invalid event type: {params['type']}", param="type")
        conditions["type"] = params["type"]
    if "types" in params:
        conditions["type"] = list(params["types"])
    if "delivery_success" in params:
        conditions["delivered"] = params["delivery_success"]
    return page(call, Event, "/v1/events", params, **conditions)
