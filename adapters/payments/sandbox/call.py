"""One request on one account, as the code that answers it sees it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, Struct
from stripe import api_version

from adapters.payments.sandbox.account_store import AccountStore
from adapters.payments.sandbox.errors import missing
from adapters.payments.sandbox.objects import Event, EventData, EventRequest, StripeObject, T, plain
from adapters.payments.sandbox.settings import Account, FeeSchedule


class Call(Struct, frozen=True, kw_only=True):
    """Who asks, when, and with what rights; `store` writes into the request's own transaction.

    `now` is the sandbox's clock in seconds, `wall` the real one: deliveries keep real time even when the sandbox's clock
    was advanced. `browser` is set for a publishable key, which knows an object by its client secret only.
    `request_id` and `key` are None where no request is behind (a hold that expires).
    """

    account: Account
    store: AccountStore
    now: int
    wall: float
    new_id: Callable[[str], str]
    url: str
    fees: FeeSchedule
    currency: str
    rates: Mapping[str, Decimal]
    browser: bool = False
    client_secret: str | None = None
    request_id: str | None = None
    key: str | None = None
    deliveries: int = 1

    def get(self, kind: type[T], identifier: str, *, param: str | None = None) -> T:
        """The object, or ApiError: 404 for the path's id, 400 where `param` named it."""
        found = self.store.find(kind, identifier)
        if found is None:
            raise missing(kind.noun, identifier, param=param or "id", status=400 if param else 404)
        return found

    def emit(self, name: str, thing: StripeObject, previous: Mapping[str, Any] | None = None) -> None:
        """Write down that something happened to `thing`, as it is now, and send it to the account's webhook."""
        event = Event(
            id=self.new_id("evt"),
            created=self.now,
            api_version=api_version,
            data=EventData(
                object=msgspec.Raw(msgspec.json.encode(plain(thing))),
                previous_attributes=UNSET if previous is None else dict(previous),
            ),
            request=EventRequest(id=self.request_id, idempotency_key=self.key),
            type=name,
            pending_webhooks=0 if self.account.webhook_url is None else 1,
        )
        self.store.save(event)
        if self.account.webhook_url is not None:
            for _ in range(self.deliveries):
                self.store.dispatch(event, self.wall)


class Declined(Struct, frozen=True):
    """A 402: unlike other errors it is an outcome, whose effects stay."""

    error: Mapping[str, Any]


def merged(metadata: Mapping[str, str], given: object) -> dict[str, str]:
    """Stripe's rule for metadata: named keys are set, emptied ones removed, an empty string removes all."""
    if given is None:
        return dict(metadata)
    if not isinstance(given, Mapping):
        return {}
    return {key: value for key, value in {**metadata, **given}.items() if value}
