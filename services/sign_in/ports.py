"""What signing in needs: books in one city, secrets, a signer, and the cities' own identity providers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar

from msgspec import Struct

from domain.identity import Actor, City
from domain.refusals import Refusal
from domain.sign_in.codes import Code, CodeAsked
from domain.sign_in.sessions import Session, SessionCopied, SessionId, SignedOut
from domain.sign_in.signing_in import ByIssuer, Known, SignedIn, StillSignedIn, Versions, WrongCode

T = TypeVar("T")
Event: TypeAlias = CodeAsked | SignedIn | StillSignedIn | WrongCode | SessionCopied | SignedOut


class Caller(Struct, frozen=True):
    """Where a call came from, for the audit trail and for following abuse up."""

    request_id: str
    address: str


class NotOpen(StrEnum):
    UNKNOWN_CITY = "unknown_city"


class SignInDesk(Struct, frozen=True):
    """`code` only where one was asked for; `person` is whom the proof leads to, if the city knows them."""

    terms: Versions
    languages: tuple[str, ...]
    code: Code | None = None
    person: Known | None = None
    session: Session | None = None


class SignInBooks(Protocol):
    """Open for one call in one city. A desk holds others off who come with the same address or session.

    Each desk is None where there is no such city.
    """

    async def codes_of(self, email: str, since: datetime) -> tuple[datetime, ...] | None:
        """When the address's codes were made."""

    async def by_code(self, email: str) -> SignInDesk | None: ...
    async def by_issuer(self, proof: ByIssuer) -> SignInDesk | None:
        """Whoever is known to be this at the issuer, else whoever has the address."""

    async def by_session(self, session_id: SessionId) -> SignInDesk | None: ...
    async def record(self, event: Event) -> None: ...


class Opened(Protocol):
    """Do the work in one transaction; again, on fresh facts, where it lost a race. Raises Unavailable."""

    async def __call__(
        self, city: City, caller: Caller, work: Callable[[SignInBooks, datetime], Awaitable[T]]
    ) -> T: ...


class Secrets(Protocol):
    """What is derived under a key that the database never sees. Each is the same whenever it is asked for again."""

    def code(self, city: City, code_id: object) -> str:
        """The six digits."""

    def refresh_token(self, city: City, session_id: SessionId, generation: int) -> str: ...
    def session(self, city: City, refresh_token: str) -> tuple[SessionId, int] | None:
        """Session and generation of a refresh token; None for what was never made here, for this city."""


Sign: TypeAlias = Callable[[Actor, SessionId, datetime], str]
"""Make the access token of a session, issued at that instant."""


class NoToken(StrEnum):
    UNAUTHORISED = "unauthorised"
    WRONG_CITY = "wrong_city"


class Vouched(Struct, frozen=True):
    """What an issuer's access token says, verified; both instants in seconds since 1970."""

    proof: ByIssuer
    issued_at: float
    expires_at: float


class Issuers(Protocol):
    async def vouched(self, city: City, token: str, now: datetime) -> Vouched | Refusal[NoToken]:
        """Verify a token of one of the city's issuers. Raises Unavailable where its keys cannot be had."""
