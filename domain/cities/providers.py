"""Who takes a city's money, and who vouches for its people."""

import re

from msgspec import Struct

SECRET_REFERENCE = re.compile(r"env:[A-Z][A-Z0-9_]*|file:[^/\s][^\s]*")
PROVIDER_KEY = re.compile(r"(sk|rk|pk|whsec)_")


class StripeAccount(Struct, frozen=True):
    """The city's own account. The two secrets are named, never held: `env:NAME`, or `file:PATH` in the data folder."""

    account: str
    publishable_key: str
    secret_key: str
    webhook_secret: str

    def faults(self) -> tuple[str, ...]:
        faults = []
        if not re.fullmatch(r"acct_\w+", self.account):
            faults.append("stripe.account looks like acct_…")
        if not self.publishable_key.startswith("pk_"):
            faults.append("stripe.publishable_key looks like pk_…")
        for field, reference in (("secret_key", self.secret_key), ("webhook_secret", self.webhook_secret)):
            if PROVIDER_KEY.match(reference):
                faults.append(f"stripe.{field} is a secret itself; write down where it lies: env:NAME or file:PATH")
            elif not SECRET_REFERENCE.fullmatch(reference) or ".." in reference.partition(":")[2].split("/"):
                faults.append(f"stripe.{field} is env:NAME, or file:PATH with a path inside the data folder")
        return tuple(faults)


class OidcIssuer(Struct, frozen=True):
    """An identity provider of the city's own, whose access tokens it accepts (OpenID Connect).

    `jwks_url` is where its keys lie; left out, where the issuer says, as long as that is at its own address.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
