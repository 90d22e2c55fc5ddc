"""What the provider tells us: kept first, answered then, applied later by asking the provider itself."""

from enum import StrEnum
from uuid import UUID

from domain.identity import City
from domain.refusals import Refusal
from services.payments.asking import look
from services.payments.ports import Account, BadSignature, Ports, ProviderEvent
from services.payments.settle import settle

# Messages after which a payment may stand otherwise. Those of its charge say what those of the intent say as well.
NEWS = ("payment_intent.", "setup_intent.", "refund.", "charge.refund", "charge.expired", "charge.dispute.", "payout.")
NO_NEWS = frozenset({"payment_intent.created", "setup_intent.created"})


class NotReceived(StrEnum):
    UNKNOWN_ACCOUNT = "unknown_account"
    BAD_SIGNATURE = "bad_signature"


class UnknownPayment(Exception):
    """A message about a payment that we do not know, or not yet: it comes again until we do."""


async def receive_event(
    raw: bytes, signature: str, account_id: str | None, *, ports: Ports
) -> Refusal[NotReceived] | None:
    """Keep a signed message, once. Without an account it is whose secret signed it. None: kept, or known already."""
    if account_id is None:
        candidates = await ports.accounts.all()
    else:
        named = await ports.accounts.named(account_id)
        if named is None:
            return Refusal(NotReceived.UNKNOWN_ACCOUNT)
        candidates = (named,)
    now = ports.clock()
    for account in candidates:
        try:
            event = ports.signatures.verified(account, raw, signature, now)
        except BadSignature:
            continue
        await keep_event(account, event, ports=ports)
        return None
    return Refusal(NotReceived.BAD_SIGNATURE)


async def keep_event(account: Account, event: ProviderEvent, *, ports: Ports) -> None:
    """Keep a message, however it came; once."""
    news = event.type.startswith(NEWS) and event.type not in NO_NEWS
    await ports.inbox.keep(account, event, event_id=ports.new_id(), news=news, now=ports.clock())


async def apply_event(city: City, event_id: UUID, *, ports: Ports) -> None:
    """Look at the payment that the message is about. Raises UnknownPayment and what the gateway raises: then again."""
    event = await ports.inbox.find(city, event_id)
    if event is None:
        raise UnknownPayment(event_id)
    payment = None
    if event.payment_id is not None:
        payment = await ports.books.find(city, event.payment_id)
    elif event.intent_id is not None:
        payment = await ports.books.find_intent(city, event.intent_id)
    if payment is None and (event.payment_id or event.intent_id) and not await ports.elsewhere(city, event):
        raise UnknownPayment(event_id)
    if payment is not None and await look(ports, city, payment):
        await settle(city, payment.booking_id, ports=ports)
    await ports.inbox.applied(city, event_id, ports.clock())
