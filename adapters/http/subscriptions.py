"""The operator's side of outgoing webhooks."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer
from adapters.http.problems import Fault, Rejected
from domain.refusals import Refusal
from domain.subscriptions.event_types import EVENT_TYPES
from domain.subscriptions.subscriptions import (
    OLD_SECRET_LASTS,
    ChangeSubscription,
    Subscribe,
    Subscription,
    SubscriptionId,
)
from services.subscriptions.managing import Shown, Subscriptions

LIST = "/v1/{city:str}/admin/webhooks"
ONE = f"{LIST}/{{subscription_id:uuid}}"

Url: TypeAlias = Annotated[str, Meta(max_length=2000)]
EventType: TypeAlias = Annotated[str, Meta(max_length=60, extra_json_schema={"enum": list(EVENT_TYPES)})]
Types: TypeAlias = Annotated[list[EventType], Meta(max_length=80)]


class SubscriptionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`types` are the events to be told, each by its whole name, all where none is named: `booking.…` and `payment.…` are about a
    `booking`, `waitlist.…` about a `waitlist_entry`, `charging.…` (`ticket_opened`, also again, `ticket_changed`, `ticket_closed`) about a
    `charging_ticket`. Others are refused."""

    url: Url
    types: Types = []


class SubscriptionChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is. Enabled again, a receiver is first told what it missed."""

    url: Url | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class SubscriptionView(Struct, frozen=True):
    """`secret` is shown when it is made; after a rotation the one before signs too until `old_secret_until`."""

    id: SubscriptionId
    url: str
    types: list[str]
    enabled: bool
    failing_since: datetime | None
    failures: int
    last_error: str | None
    created_at: datetime
    version: int
    secret: str | UnsetType = UNSET
    old_secret_until: datetime | UnsetType = UNSET


class SubscriptionList(Struct, frozen=True):
    items: tuple[SubscriptionView, ...]
    next_cursor: str | None


EXAMPLE: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9bda",
    "url": "https://hooks.example.org/kommobil",
    "types": ["booking.created", "booking.cancelled", "waitlist.offered", "charging.ticket_opened"],
    "enabled": True,
    "failing_since": None,
    "failures": 0,
    "last_error": None,
    "created_at": "2026-11-23T17:00:00Z",
    "version": 1,
}
WITH_SECRET = EXAMPLE | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazMv6LXHjRk="}


def subscriptions(offered: Subscriptions) -> tuple[Endpoint, ...]:
    async def list_webhooks(ask: Ask) -> Reply:
        return answer(SubscriptionList(tuple(map(_view, await offered.all(ask.city))), None))

    async def add_webhook(ask: Ask) -> Reply:
        asked = await ask.body(SubscriptionRequest)
        command = Subscribe(SubscriptionId(ask.edge.new_id()), asked.url, _known(asked.types))
        return _shown(ask, await offered.subscribe(ask.actor, command), 201)

    async def change_webhook(ask: Ask) -> Reply:
        asked = await ask.body(SubscriptionChange)
        command = ChangeSubscription(
            _subscription_id(ask),
            None if asked.url is UNSET else asked.url,
            None if asked.types is UNSET else _known(asked.types),
            None if asked.enabled is UNSET else asked.enabled,
        )
        done = await offered.change(ask.actor, command)
        return ask.refuse(done) if isinstance(done, Refusal) else answer(_view(done))

    async def rotate_webhook(ask: Ask) -> Reply:
        return _shown(ask, await offered.rotate(ask.actor, _subscription_id(ask)), 200)

    async def remove_webhook(ask: Ask) -> Reply:
        refused = await offered.unsubscribe(ask.actor, _subscription_id(ask))
        return Response(b"", status_code=204) if refused is None else ask.refuse(refused)

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "admin", summary, **more)

    unknown = "unknown_subscription"
    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listWebhooks",
            "Who is told what happens",
            handler=list_webhooks,
            answers={200: SubscriptionList},
            examples={200: {"items": [EXAMPLE], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            LIST,
            "addWebhook",
            "Tell an address what happens from now on, in order, signed as Standard Webhooks say",
            handler=add_webhook,
            answers={201: SubscriptionView},
            codes=("too_many_subscriptions", "address_not_allowed", "unknown_event_type"),
            body=SubscriptionRequest,
            example={"url": EXAMPLE["url"], "types": EXAMPLE["types"]},
            examples={201: WITH_SECRET},
        ),
        endpoint(
            HttpMethod.PATCH,
            ONE,
            "changeWebhook",
            "Change the address or the events, turn it off, or on again",
            handler=change_webhook,
            answers={200: SubscriptionView},
            codes=(unknown, "address_not_allowed", "unknown_event_type"),
            body=SubscriptionChange,
            example={"enabled": False},
            examples={200: EXAMPLE | {"enabled": False, "version": 2}},
        ),
        endpoint(
            HttpMethod.DELETE,
            ONE,
            "removeWebhook",
            "Tell it nothing more",
            handler=remove_webhook,
            answers={204: None},
            codes=(unknown,),
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/rotate",
            "rotateWebhookSecret",
            "Make a new secret; for a day the old one signs beside it",
            handler=rotate_webhook,
            answers={200: SubscriptionView},
            codes=(unknown,),
            examples={200: WITH_SECRET | {"version": 2, "old_secret_until": "2026-11-24T17:00:00Z"}},
        ),
    )


def _known(types: list[str]) -> frozenset[str]:
    """Raises Rejected for events that nobody is ever told of, each by its place; what an old subscription names is not asked again."""
    if wrong := [(place, name) for place, name in enumerate(types) if name not in EVENT_TYPES]:
        faults = [
            Fault(f"'{name}' is no event", pointer=f"/types/{place}", allowed=EVENT_TYPES) for place, name in wrong
        ]
        raise Rejected("unknown_event_type", errors=tuple(faults))
    return frozenset(types)


def _subscription_id(ask: Ask) -> SubscriptionId:
    return SubscriptionId(ask.path("subscription_id"))


def _shown(ask: Ask, done: Shown | Refusal[Any], status: int) -> Reply:
    return ask.refuse(done) if isinstance(done, Refusal) else answer(_view(done.subscription, done.secret), status)


def _view(subscription: Subscription, secret: str | UnsetType = UNSET) -> SubscriptionView:
    rotated_at = subscription.rotated_at
    return SubscriptionView(
        id=subscription.id,
        url=subscription.url,
        types=sorted(subscription.types),
        enabled=subscription.enabled,
        failing_since=subscription.failing_since,
        failures=subscription.failures,
        last_error=subscription.last_error,
        created_at=subscription.made_at,
        version=subscription.version,
        secret=secret,
        old_secret_until=UNSET if secret is UNSET or rotated_at is None else rotated_at + OLD_SECRET_LASTS,
    )
