"""Who calls: an account's server with its secret key, or a browser with the publishable one."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping

from msgspec import Struct

from adapters.payments.sandbox.errors import ApiError, ErrorBody, unauthorised
from adapters.payments.sandbox.forms import Tree
from adapters.payments.sandbox.settings import Account


class Caller(Struct, frozen=True):
    account: Account
    browser: bool


def caller(accounts: Iterable[Account], headers: Mapping[str, str], tree: Tree) -> Caller:
    """The key's owner. Raises ApiError 401 without a valid key, 403 for another account's name."""
    given = _bearer(headers.get("authorization", "")) or tree.get("key")
    if not given or not isinstance(given, str):
        raise unauthorised(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer"
            " auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    for account in accounts:
        if _same(account.secret_key, given) or _same(account.publishable_key, given):
            if headers.get("stripe-account", account.id) != account.id:
                body = ErrorBody(
                    type="invalid_request_error",
                    message=f"The provided key does not have access to account '{headers['stripe-account']}'.",
                    code="account_invalid",
                )
                raise ApiError(403, body)
            return Caller(account, browser=_same(account.publishable_key, given))
    raise unauthorised(f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}")


def _same(mine: str, given: str) -> bool:
    return hmac.compare_digest(mine.encode(), given.encode())


def _bearer(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":  # curl -u sk_test_…:
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
