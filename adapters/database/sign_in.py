"""The books of signing in, in PostgreSQL: one transaction in one city, as the app's role."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.connections import Transactions
from adapters.database.sessions import SqlSessions
from domain.grants import Grant
from domain.identity import City, PersonId
from domain.sign_in.codes import CodeAsked
from domain.sign_in.sessions import Session, SessionCopied, SessionId, SignedOut
from domain.sign_in.signing_in import ByCode, ByIssuer, SignedIn, StillSignedIn, Versions, WrongCode
from services.sign_in.ports import Caller, Event, SignInBooks, SignInDesk

T = TypeVar("T")

# Whoever comes with the same address waits: guesses are counted one by one, and so are codes.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:city || ' ' || :email, 0))")
CODES = text("""
SELECT (SELECT coalesce(array_agg(c.made_at), '{}') FROM sign_in_codes c
        WHERE c.city = :city AND c.email = :email AND c.made_at > :since) AS made
FROM cities y WHERE y.city = :city
""")

PERSON = """(SELECT json_build_object('id', p.id, 'signed_in_before', p.signed_in_at IS NOT NULL,
    'grants', (SELECT coalesce(json_agg(json_build_object('role', g.role, 'pool', nullif(g.pool_id, ''),
                 'party', nullif(g.party_id, ''))), '[]'::json)
               FROM role_grants g WHERE g.city = :city AND g.person_id = p.id),
    'accepted', (SELECT coalesce(json_agg(json_build_array(a.document, a.version)), '[]'::json)
                 FROM acceptances a WHERE a.city = :city AND a.person_id = p.id))
  FROM persons p WHERE p.city = :city AND {whom})"""
DESK = """SELECT json_build_object('terms', coalesce(y.settings -> 'terms', '{{}}'), 'languages', y.settings -> 'languages',
  'person', {person}{more})::text AS desk
FROM cities y WHERE y.city = :city"""
BY_CODE = text(
    DESK.format(
        person=PERSON.format(whom="p.email = :email"),
        more=""", 'code', (SELECT json_build_object('id', c.id, 'expires_at', c.expires_at, 'tries', c.tries,
    'session_id', c.session_id) FROM sign_in_codes c WHERE c.city = :city AND c.email = :email
    ORDER BY c.made_at DESC, c.id DESC LIMIT 1)""",
    )
)
BY_ISSUER = text(
    DESK.format(
        person=PERSON.format(
            whom="""p.id = coalesce(
    (SELECT i.person_id FROM identities i WHERE i.city = :city AND i.issuer = :issuer AND i.subject = :subject),
    (SELECT e.id FROM persons e WHERE e.city = :city AND e.email = :email))"""
        ),
        more="",
    )
)
LOCK_SESSION = text("SELECT person_id FROM sessions WHERE city = :city AND id = :session_id FOR NO KEY UPDATE")
BY_SESSION = text(
    DESK.format(
        person=PERSON.format(whom="p.id = :person_id"),
        more=""", 'session', (SELECT json_build_object('id', s.id, 'person_id', s.person_id, 'generation', s.generation,
    'made_at', s.made_at, 'rotated_at', s.rotated_at, 'expires_at', s.expires_at, 'ended_at', s.ended_at)
    FROM sessions s WHERE s.city = :city AND s.id = :session_id)""",
    )
)

ASK = text(
    "INSERT INTO sign_in_codes (city, id, email, language, made_at, expires_at)"
    " VALUES (:city, :id, :email, :language, :made_at, :expires_at) ON CONFLICT DO NOTHING"
)
TELL = text(
    "INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)"
    " VALUES (:city, :id, 'sign_in.code_asked', :subject_id, :now, :now)"
)
GUESSED = text("UPDATE sign_in_codes SET tries = tries + 1 WHERE city = :city AND id = :id")
USED = text(
    "UPDATE sign_in_codes SET session_id = :session_id"
    " WHERE city = :city AND id = :id AND coalesce(session_id, :session_id) = :session_id"
)
LINK = text(
    "INSERT INTO identities (city, issuer, subject, person_id, linked_at)"
    " VALUES (:city, :issuer, :subject, :person_id, :now) ON CONFLICT DO NOTHING"
)
ENTER = text(
    "INSERT INTO persons (city, id, email, language, made_at) VALUES (:city, :person_id, :email, :language, :now)"
)
CAME = text("UPDATE persons SET signed_in_at = coalesce(signed_in_at, :now) WHERE city = :city AND id = :person_id")
ACCEPT = text(
    "INSERT INTO acceptances (city, person_id, document, version, accepted_at, language)"
    " VALUES (:city, :person_id, :document, :version, :now, :language) ON CONFLICT DO NOTHING"
)
GRANT = text(
    "INSERT INTO role_grants (city, person_id, role, pool_id, party_id, granted_at)"
    " VALUES (:city, :person_id, :role, :pool, :party, :now) ON CONFLICT DO NOTHING"
)
BEGIN = text(
    "INSERT INTO sessions (city, id, person_id, generation, made_at, rotated_at, expires_at)"
    " VALUES (:city, :id, :person_id, :generation, :made_at, :rotated_at, :expires_at) ON CONFLICT DO NOTHING"
)
ROTATE = text(
    "UPDATE sessions SET generation = :generation, rotated_at = :rotated_at, expires_at = :expires_at"
    " WHERE city = :city AND id = :id AND ended_at IS NULL AND generation <= :generation"
)
NOTE = text("""
WITH audited AS (
  INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
  VALUES (:city, :id, :now, :person_id, :action, :session_id, :request_id))
INSERT INTO callers (city, audit_id, address, at) VALUES (:city, :id, :address, :now)
""")

_desk = msgspec.json.Decoder(SignInDesk)


class SqlSignIn:
    """See services.sign_in.ports.Opened. `written` is called when a letter is to be sent."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._written = written

    async def __call__(self, city: City, caller: Caller, work: Callable[[SignInBooks, datetime], Awaitable[T]]) -> T:
        told = False

        async def once() -> T:
            nonlocal told
            now = self._clock()
            async with self._transactions.city(city) as connection:
                books = SqlSignInBooks(connection, city, caller, now, self._new_id)
                done = await work(books, now)
            told = books.told
            return done

        done = await through(once)
        if told:
            self._written()
        return done


class SqlSignInBooks:
    def __init__(
        self, connection: AsyncConnection, city: City, caller: Caller, now: datetime, new_id: Callable[[], UUID]
    ) -> None:
        self._connection = connection
        self._city = city
        self._caller = caller
        self._now = now
        self._new_id = new_id
        self.told = False

    async def codes_of(self, email: str, since: datetime) -> tuple[datetime, ...] | None:
        await self._do(ONE_AT_A_TIME, email=email)
        row = (await self._do(CODES, email=email, since=since)).one_or_none()
        return None if row is None else tuple(row.made)

    async def by_code(self, email: str) -> SignInDesk | None:
        await self._do(ONE_AT_A_TIME, email=email)
        return await self._desk(BY_CODE, email=email)

    async def by_issuer(self, proof: ByIssuer) -> SignInDesk | None:
        return await self._desk(BY_ISSUER, issuer=proof.issuer, subject=proof.subject, email=proof.email)

    async def by_session(self, session_id: SessionId) -> SignInDesk | None:
        person_id = (await self._do(LOCK_SESSION, session_id=session_id)).scalar_one_or_none()
        return await self._desk(BY_SESSION, session_id=session_id, person_id=person_id)

    async def record(self, event: Event) -> None:
        match event:
            case CodeAsked():
                await self._do(ASK, **msgspec.structs.asdict(event))
                await self._do(TELL, id=self._new_id(), subject_id=event.id, now=self._now)
                self.told = True
            case WrongCode():
                await self._do(GUESSED, id=event.code.id)
            case SignedIn():
                await self._signed_in(event)
            case StillSignedIn():
                await self._do(ROTATE, **_row(event.session))
                await self._accept(event.session.person_id, event.accepted, event.language)
            case SessionCopied() | SignedOut():
                await SqlSessions(self._connection, self._city, self._now).end(event.session_id, event.until)
                await self._note(event, event.person_id, event.session_id)

    async def _signed_in(self, event: SignedIn) -> None:
        session = event.session
        person_id = session.person_id
        if event.newcomer is not None:
            await self._do(ENTER, person_id=person_id, email=event.newcomer, language=event.language, now=self._now)
        await self._do(CAME, person_id=person_id, now=self._now)
        match event.by:
            case ByCode(code=code) if code is not None:
                if not (await self._do(USED, id=code.id, session_id=session.id)).rowcount:
                    raise LostRace
            case ByIssuer(issuer=issuer, subject=subject):
                await self._do(LINK, issuer=issuer, subject=subject, person_id=person_id, now=self._now)
        await self._accept(person_id, event.accepted, event.language)
        for grant in event.granted:
            await self._do(GRANT, person_id=person_id, now=self._now, **_key(grant))
        await self._do(BEGIN, **_row(session))
        await self._note(event, person_id, session.id)

    async def _accept(self, person_id: PersonId, terms: Versions, language: str) -> None:
        for document, version in terms.items():
            await self._do(
                ACCEPT, person_id=person_id, document=document, version=version, language=language, now=self._now
            )

    async def _note(self, event: Event, person_id: PersonId, session_id: SessionId) -> None:
        await self._do(
            NOTE,
            id=self._new_id(),
            action=type(event).__struct_config__.tag,
            person_id=person_id,
            session_id=session_id,
            request_id=self._caller.request_id,
            address=self._caller.address,
            now=self._now,
        )

    async def _desk(self, statement: Any, **values: object) -> SignInDesk | None:
        found = (await self._do(statement, **values)).scalar_one_or_none()
        return None if found is None else _desk.decode(found)

    async def _do(self, statement: Any, **values: object) -> Any:
        return await self._connection.execute(statement, {"city": self._city} | values)


def _row(session: Session) -> dict[str, Any]:
    row = msgspec.structs.asdict(session)
    del row["ended_at"]
    return row


def _key(grant: Grant) -> dict[str, str]:
    return {"role": grant.role.value, "pool": grant.pool or "", "party": grant.party or ""}
