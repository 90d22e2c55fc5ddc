"""The bank's page where a cardholder approves or refuses, and what her answer does.

By curl: `curl -d outcome=succeed URL` (or `fail`), where URL is the intent's `next_action.redirect_to_url.url`.
"""

from html import escape

import msgspec

from adapters.payments.sandbox.attempts import authenticated_payment
from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.forms import decode
from adapters.payments.sandbox.http import Answer, Request
from adapters.payments.sandbox.objects import Intent, PaymentIntent, SetupIntent
from adapters.payments.sandbox.setup_intents import authenticated_setup

# The page needs no script, no style sheet and nothing from elsewhere; its forms may only be sent to itself.
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def intent_of(call: Call, identifier: str) -> Intent:
    """The PaymentIntent or SetupIntent that is to be authenticated; ApiError 404 without one."""
    if identifier.startswith("seti_"):
        return call.get(SetupIntent, identifier)
    return call.get(PaymentIntent, identifier)


def ask(intent: Intent) -> Answer:
    """The page. It tells what is approved and offers both ways out."""
    if intent.status != "requires_action":
        return page(f"<p>Nothing to approve: this is {escape(intent.status)}.</p>")
    what = (
        f"{intent.amount / 100:.2f} {intent.currency.upper()}"
        if isinstance(intent, PaymentIntent)
        else "saving this card"
    )
    url = f"/authenticate/{escape(intent.id)}"
    buttons = "".join(
        f'<form method="post" action="{url}"><input type="hidden" name="outcome" value="{outcome}">'
        f"<button>{label}</button></form>"
        for outcome, label in (("succeed", "Approve"), ("fail", "Refuse"))
    )
    return page(f"<p>Approve {escape(what)}?</p>{buttons}")


def page(content: str, back: str | None = None, *, title: str = "Test bank", status: int = 200) -> Answer:
    link = f'<p><a href="{escape(back)}">Back to the shop</a></p>' if back else ""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{content}{link}</body></html>"
    )
    return Answer(status=status, body=html.encode(), media_type="text/html; charset=utf-8", headers=PAGE_HEADERS)


def outcome_of(request: Request) -> bool:
    """True for succeed, which is also what an empty body means; ApiError 400 for anything else but fail."""
    if not request.body:
        return True
    if request.media_type() == "application/json":
        try:
            given = msgspec.json.decode(request.body, type=dict[str, str])
        except msgspec.DecodeError as error:
            raise invalid("The body is not a JSON object of texts.") from error
        outcome: object = given.get("outcome", "succeed")
    else:
        outcome = decode(request.body.decode("utf-8", "replace")).get("outcome", "succeed")
    if outcome not in {"succeed", "fail"}:
        raise invalid("Invalid outcome: must be one of succeed, fail", param="outcome")
    return outcome == "succeed"


def complete(call: Call, identifier: str, *, success: bool) -> tuple[Intent, str | None]:
    """The intent afterwards, and where its cardholder goes now. ApiError 400 if it waits for nothing."""
    intent = intent_of(call, identifier)
    if intent.status != "requires_action" or intent.next_action is None:
        raise refused(f"{identifier} does not wait for authentication: its status is {intent.status}.")
    back = intent.next_action.redirect_to_url.return_url
    if isinstance(intent, PaymentIntent):
        return authenticated_payment(call, intent, success=success), back
    return authenticated_setup(call, intent, success=success), back


def completed(request: Request, intent: Intent, back: str | None) -> Answer:
    """JSON, or a page with the way back for a browser."""
    if "text/html" not in request.headers.get("accept", ""):
        return Answer(status=200, body=msgspec.json.encode(intent))
    if back is not None:
        joint = "&" if "?" in back else "?"
        done = "failed" if intent.status == "requires_payment_method" else "succeeded"
        names = f"{intent.object}={intent.id}&{intent.object}_client_secret={intent.client_secret}"
        back = f"{back}{joint}{names}&redirect_status={done}"
    return page(f"<p>Done: this is {escape(intent.status)}.</p>", back)
