"""How objects leave: lists in pages, and ids replaced by the objects that `expand[]` asks for."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from adapters.payments.sandbox.account_store import Slice
from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid, missing
from adapters.payments.sandbox.objects import (
    ApplicationFee,
    BalanceTransaction,
    Charge,
    Customer,
    Dispute,
    Event,
    FeeRefund,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
    StripeObject,
    T,
    Transfer,
    TransferReversal,
    plain,
)

EXPANDABLE: Mapping[str, Mapping[str, type[StripeObject]]] = {
    "payment_intent": {"customer": Customer, "latest_charge": Charge, "payment_method": PaymentMethod},
    "setup_intent": {"customer": Customer, "payment_method": PaymentMethod},
    "charge": {"balance_transaction": BalanceTransaction, "customer": Customer, "payment_intent": PaymentIntent},
    "refund": {
        "balance_transaction": BalanceTransaction,
        "charge": Charge,
        "failure_balance_transaction": BalanceTransaction,
        "payment_intent": PaymentIntent,
    },
    "payout": {"balance_transaction": BalanceTransaction, "failure_balance_transaction": BalanceTransaction},
    "dispute": {"charge": Charge, "payment_intent": PaymentIntent},
    "payment_method": {"customer": Customer},
}
SOURCES: tuple[tuple[str, type[StripeObject]], ...] = (
    ("ch_", Charge),
    ("py_", Charge),
    ("re_", Refund),
    ("pyr_", Refund),
    ("dp_", Dispute),
    ("po_", Payout),
    ("tr_", Transfer),
    ("trr_", TransferReversal),
    ("fee_", ApplicationFee),
    ("fr_", FeeRefund),
)


class Page(Struct, frozen=True, kw_only=True):
    """One page of a list."""

    data: Sequence[StripeObject]
    has_more: bool
    url: str
    object: Literal["list"] = "list"


def page(
    call: Call,
    kind: type[T],
    url: str,
    params: Mapping[str, Any],
    *,
    named: Sequence[str] = (),
    **conditions: object,
) -> Page:
    """The page that `limit`, `starting_after`, `ending_before`, `created` and the filters in `named` select."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Limit must be between 1 and 100.", param="limit", code="parameter_invalid_integer")
    if "starting_after" in params and "ending_before" in params:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.")
    created = params.get("created", {})
    bounds = created if isinstance(created, Mapping) else {"gte": created, "lte": created}
    wanted = Slice(
        limit=limit,
        after=_position(call, kind, "starting_after", params),
        before=_position(call, kind, "ending_before", params),
    )
    filters = {**conditions, **{name: params[name] for name in named if name in params}}
    things, has_more = call.store.some(kind, filters, wanted, bounds)
    return Page(data=things, has_more=has_more, url=url)


def _position(call: Call, kind: type[StripeObject], param: str, params: Mapping[str, Any]) -> int | None:
    if param not in params:
        return None
    position = call.store.position(params[param])
    if position is None:
        raise missing(kind.noun, params[param], param=param, status=400)
    return position


def rendered(call: Call, thing: Struct, expand: Sequence[str]) -> dict[str, Any]:
    """The answer's JSON value. ApiError 400 where a path names what cannot be expanded."""
    value = _shown(call, thing)
    for path in expand:
        if path.count(".") > 3:
            raise invalid("You cannot expand more than 4 levels of a property", param="expand")
        _expand(call, value, path.split("."), path)
    return value


def _shown(call: Call, thing: Struct) -> dict[str, Any]:
    if isinstance(thing, Page):
        return {**plain(thing), "data": [_shown(call, each) for each in thing.data]}
    if isinstance(thing, BalanceTransaction):
        thing = settled(thing, call.now)
    if isinstance(thing, Dispute):
        settling = [settled(each, call.now) for each in thing.balance_transactions]
        thing = msgspec.structs.replace(thing, balance_transactions=settling)
    if isinstance(thing, Event):
        thing = msgspec.structs.replace(thing, pending_webhooks=call.store.undelivered(thing.id))
    return plain(thing)


def settled(transaction: BalanceTransaction, now: int) -> BalanceTransaction:
    """Pending until its money may be paid out."""
    status = "available" if transaction.available_on <= now else "pending"
    return msgspec.structs.replace(transaction, status=status)


def _expand(call: Call, value: Any, path: Sequence[str], whole: str) -> None:
    name, rest = path[0], path[1:]
    if value.get("object") == "list" and name == "data" and rest:
        for each in value["data"]:
            _expand(call, each, rest, whole)
        return
    if name == "refunds" and value.get("object") == "charge":
        url = f"/v1/charges/{value['id']}/refunds"
        value[name] = _shown(call, page(call, Refund, url, {}, charge=value["id"]))
        _expand_rest(call, value[name], rest, whole)
        return
    if name == "source" and value.get("object") == "balance_transaction":
        kinds = [kind for prefix, kind in SOURCES if value[name].startswith(prefix)]
    else:
        kinds = [kind for field, kind in EXPANDABLE.get(value.get("object"), {}).items() if field == name]
    if not kinds:
        raise invalid(f"This property cannot be expanded ({whole}).", param="expand")
    if isinstance(value[name], str):
        found = call.store.find(kinds[0], value[name])
        value[name] = value[name] if found is None else _shown(call, found)
    _expand_rest(call, value[name], rest, whole)


def _expand_rest(call: Call, value: Any, rest: Sequence[str], whole: str) -> None:
    if rest and isinstance(value, dict):
        _expand(call, value, rest, whole)
