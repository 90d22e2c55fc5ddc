"""Ask for a code, sign in, go on, sign out."""

from datetime import datetime
from hmac import compare_digest

from msgspec import Struct

from domain.identity import Actor, City, PersonId
from domain.refusals import Refusal
from domain.sign_in.codes import KEPT, AskForCode, NoCode, ask_for_code
from domain.sign_in.sessions import (
    ACCESS_LASTS,
    NoSession,
    Session,
    SessionCopied,
    SessionId,
    SignOut,
    refresh,
    sign_out,
)
from domain.sign_in.signing_in import (
    Agreement,
    ByCode,
    ByIssuer,
    NotSignedIn,
    SignedIn,
    SignIn,
    StillSignedIn,
    TermsMissing,
    actor_of,
    go_on,
    outstanding,
    prove,
    sign_in,
)
from services.sign_in.ports import (
    Caller,
    Issuers,
    NoToken,
    NotOpen,
    Opened,
    Secrets,
    Sign,
    SignInBooks,
    SignInDesk,
    Vouched,
)


class TokenPair(Struct, frozen=True):
    """`expires_in` is the access token's life in seconds; the refresh token counts once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


class NewSession(Struct, frozen=True):
    """What the edge brings along for whoever signs in; `person_id` is for somebody new."""

    session_id: SessionId
    person_id: PersonId
    agreement: Agreement


class Recognised(Struct, frozen=True):
    """Who an issuer's token stands for; both instants in seconds since 1970."""

    actor: Actor
    issued_at: float
    expires_at: float


class SignIns:
    """Every use case of signing in, in whatever city."""

    def __init__(self, opened: Opened, secrets: Secrets, sign: Sign, issuers: Issuers) -> None:
        self._opened = opened
        self._secrets = secrets
        self._sign = sign
        self._issuers = issuers

    async def ask_for_code(
        self, city: City, caller: Caller, command: AskForCode
    ) -> Refusal[NotOpen] | Refusal[NoCode] | None:
        """Have a code mailed, whether the address is known or not: nothing is looked up that would tell."""

        async def work(books: SignInBooks, now: datetime) -> Refusal[NotOpen] | Refusal[NoCode] | None:
            made = await books.codes_of(command.email, now - KEPT)
            if made is None:
                return Refusal(NotOpen.UNKNOWN_CITY)
            event = ask_for_code(command, made, now)
            if isinstance(event, Refusal):
                return event
            await books.record(event)
            return None

        return await self._opened(city, caller, work)

    async def by_code(
        self, city: City, caller: Caller, email: str, code: str, new: NewSession
    ) -> TokenPair | TermsMissing | Refusal[NotOpen] | Refusal[NoCode] | Refusal[NotSignedIn]:
        """Sign in with what was mailed. A wrong code costs a try; a right one without the terms costs nothing."""

        async def work(
            books: SignInBooks, now: datetime
        ) -> TokenPair | TermsMissing | Refusal[NotOpen] | Refusal[NoCode] | Refusal[NotSignedIn]:
            desk = await books.by_code(email)
            if desk is None:
                return Refusal(NotOpen.UNKNOWN_CITY)
            fits = desk.code is not None and compare_digest(self._secrets.code(city, desk.code.id), code)
            proof = ByCode(email, desk.code, fits)
            wrong = prove(proof, new.session_id, now)
            if isinstance(wrong, Refusal):
                return wrong
            if wrong is not None:
                await books.record(wrong)
                return Refusal(NoCode.CODE_NOT_VALID)
            return await self._let_in(books, city, desk, _command(new, proof), now)

        return await self._opened(city, caller, work)

    async def by_issuer(
        self, city: City, caller: Caller, token: str, new: NewSession, now: datetime
    ) -> TokenPair | TermsMissing | Refusal[NoToken] | Refusal[NotOpen] | Refusal[NotSignedIn]:
        """Sign in with an access token of the city's own identity provider, and be known by it from then on."""
        vouched = await self._issuers.vouched(city, token, now)
        if isinstance(vouched, Refusal):
            return vouched
        proof = vouched.proof

        async def work(
            books: SignInBooks, now: datetime
        ) -> TokenPair | TermsMissing | Refusal[NotOpen] | Refusal[NotSignedIn]:
            desk = await books.by_issuer(proof)
            if desk is None:
                return Refusal(NotOpen.UNKNOWN_CITY)
            return await self._let_in(books, city, desk, _command(new, proof), now)

        return await self._opened(city, caller, work)

    async def go_on(
        self, city: City, caller: Caller, refresh_token: str, agreement: Agreement
    ) -> TokenPair | TermsMissing | Refusal[NoSession]:
        """Take a refresh token for the next pair; an old one ends the session."""
        known = self._secrets.session(city, refresh_token)
        if known is None:
            return Refusal(NoSession.SESSION_OVER)
        session_id, generation = known

        async def work(books: SignInBooks, now: datetime) -> TokenPair | TermsMissing | Refusal[NoSession]:
            desk = await books.by_session(session_id)
            session = refresh(desk.session if desk else None, generation, now)
            if isinstance(session, Refusal) or desk is None:
                return Refusal(NoSession.SESSION_OVER)
            if isinstance(session, SessionCopied):
                await books.record(session)
                return Refusal(NoSession.SESSION_OVER)
            event = go_on(desk.person, session, agreement, city, desk.terms)
            if isinstance(event, StillSignedIn):
                await books.record(event)
                return self._pair(city, session, event.actor, now)
            return event

        return await self._opened(city, caller, work)

    async def sign_out(self, city: City, caller: Caller, order: SignOut) -> None:
        """End the session of an access token, and every token of it."""

        async def work(books: SignInBooks, now: datetime) -> None:
            await books.record(sign_out(order, now))

        await self._opened(city, caller, work)

    async def recognise(
        self, city: City, caller: Caller, token: str, now: datetime
    ) -> Recognised | TermsMissing | Refusal[NoToken]:
        """Whom an issuer's access token stands for. Somebody unknown has to sign in with it first."""
        vouched = await self._issuers.vouched(city, token, now)
        if isinstance(vouched, Refusal):
            return vouched

        async def work(books: SignInBooks, _now: datetime) -> SignInDesk | None:
            return await books.by_issuer(vouched.proof)

        desk = await self._opened(city, caller, work)
        return _recognised(desk, city, vouched)

    async def _let_in(
        self, books: SignInBooks, city: City, desk: SignInDesk, command: SignIn, now: datetime
    ) -> TokenPair | TermsMissing | Refusal[NotSignedIn]:
        event = sign_in(command, desk.person, city, desk.terms, now)
        if isinstance(event, SignedIn):
            await books.record(event)
            return self._pair(city, event.session, event.actor, now)
        return event

    def _pair(self, city: City, session: Session, actor: Actor, now: datetime) -> TokenPair:
        return TokenPair(
            self._sign(actor, session.id, now),
            "Bearer",
            int(ACCESS_LASTS.total_seconds()),
            self._secrets.refresh_token(city, session.id, session.generation),
        )


def _command(new: NewSession, proof: ByCode | ByIssuer) -> SignIn:
    return SignIn(new.session_id, new.person_id, new.agreement, proof)


def _recognised(desk: SignInDesk | None, city: City, vouched: Vouched) -> Recognised | TermsMissing | Refusal[NoToken]:
    if desk is None:
        return Refusal(NoToken.UNAUTHORISED)
    person = desk.person
    missing = outstanding(desk.terms, person.accepted if person else frozenset())
    if person is None or missing:
        return TermsMissing(missing)
    return Recognised(actor_of(person.id, city, person.grants), vouched.issued_at, vouched.expires_at)
