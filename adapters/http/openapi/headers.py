"""The headers that operations read and give, in the OpenAPI document: told by what the endpoints declare."""

from typing import Any

from adapters.http.endpoints import Endpoint

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The caller's, where it gave a harmless one, else a new one",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "example": "01890a5d-ac96-774b-bcce-b302099a8057",
    },
    "ETag": {
        "description": "What is shown, for If-None-Match, and its version, for If-Match (RFC 9110, section 8.8.3)",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
        "example": '"3-9f1c2ab0"',
    },
    "Idempotency-Replayed": {
        "description": "That this is the first answer to the same key again",
        "required": False,
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "RateLimit": {
        "description": "What is left of which budget, and the seconds until there is more",
        "required": False,
        "schema": {"type": "string"},
        "example": '"search";r=118;t=0',
    },
    "RateLimit-Policy": {
        "description": "How many requests in how many seconds the budget has",
        "required": False,
        "schema": {"type": "string"},
        "example": '"search";q=120;w=60',
    },
    "Retry-After": {
        "description": "The seconds after which it is worth asking again",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "2",
    },
    "WWW-Authenticate": {
        "description": "How to sign in (RFC 9110, section 11.6.1)",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}
KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"}


def asked_headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    """What a caller may say in headers, and has to."""
    found = []
    if endpoint.keyed or "key_reused" in endpoint.codes:
        found.append(_asked("Idempotency-Key", KEY, "2f1c7e0a-first-try", required=endpoint.keyed))
    if "version_mismatch" in endpoint.codes:
        found.append(_asked("If-Match", {"type": "string"}, '"3-9f1c2ab0"'))
    if 304 in endpoint.answers:
        found.append(_asked("If-None-Match", {"type": "string"}, '"3-9f1c2ab0"'))
    if endpoint.streams:
        found.append(_asked("Last-Event-ID", {"type": "string"}, "4711-01890a5d-ac96-774b-bcce-b302099a8057"))
    if "bad_signature" in endpoint.codes:
        found.append(_asked("Stripe-Signature", {"type": "string"}, "t=1764432192,v1=5257a869", required=True))
    return found


def _asked(name: str, schema: dict[str, Any], example: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema, "example": example}


def told_headers(endpoint: Endpoint, status: int) -> dict[str, Any]:
    """The headers of an answer with that status, beside those that every answer of HTTP has."""
    names = ["X-Request-Id"]
    if status in endpoint.answers and (304 in endpoint.answers or endpoint.tagged):
        names.append("ETag")
    if endpoint.keyed or "key_reused" in endpoint.codes:
        names.append("Idempotency-Replayed")
    if endpoint.budget is not None:
        names += ["RateLimit", "RateLimit-Policy"]
    if status == 401:
        names.append("WWW-Authenticate")
    if status in {429, 503}:
        names.append("Retry-After")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
