"""People in PostgreSQL: their files, as they see and change them, and what of them is erased."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.booking.changes import write_note
from adapters.database.booking.reading import PAYMENTS
from adapters.database.connections import Transactions
from adapters.database.exporting import EXPORT, MORE_TIME
from adapters.database.invoicing.invoices import BY_TRANSFER
from adapters.database.sessions import SqlSessions
from adapters.database.tables import persons
from domain.bike_leasing.contracts.leases import BINDING
from domain.identity import SYSTEM, City, PersonId
from domain.payments.transactions import OPEN_DISPUTES
from domain.persons.erasure import PersonErased, Standing, Ties
from domain.persons.profile import Person
from services.calls import Call
from services.people.ports import Found, OpenFile

T = TypeVar("T")

PERSON = """json_build_object('id', p.id, 'email', p.email, 'name', p.name, 'language', p.language, 'made_at', p.made_at,
  'version', p.version, 'notices_off', p.notices_off)"""
KNOWN = "persons p WHERE p.city = :city AND p.id = :person AND p.erased_at IS NULL"
LOCKED = text(f"SELECT {PERSON}::text FROM {KNOWN} FOR UPDATE")
FOUND = text(f"""
SELECT json_build_object('person', {PERSON},
  'grants', (SELECT coalesce(json_agg(json_build_object('role', g.role, 'pool', nullif(g.pool_id, ''), 'party', nullif(g.party_id, ''))
      ORDER BY g.role, g.pool_id, g.party_id), '[]')
    FROM role_grants g WHERE g.city = p.city AND g.person_id = p.id),
  'acceptances', (SELECT coalesce(json_agg(json_build_object('document', a.document, 'version', a.version,
      'accepted_at', a.accepted_at) ORDER BY a.document, a.accepted_at), '[]')
    FROM acceptances a WHERE a.city = p.city AND a.person_id = p.id),
  'proofs', (SELECT coalesce(json_agg(json_build_object('kind', f.kind, 'valid_until', f.valid_until, 'years', f.years)
      ORDER BY f.kind), '[]') FROM proofs f WHERE f.city = p.city AND f.person_id = p.id),
  'in_force', coalesce(y.settings -> 'terms', '{{}}'), 'required', coalesce(y.settings -> 'requires', '{{}}'),
  'time_zone', y.time_zone)::text
FROM persons p JOIN cities y ON y.city = p.city WHERE p.city = :city AND p.id = :person AND p.erased_at IS NULL
""")
KEEP = text("""
UPDATE persons SET name = :name, language = :language, notices_off = :notices_off, version = :version
WHERE city = :city AND id = :person AND version = :version - 1 AND erased_at IS NULL
""")
# What is taken from a card is no claim; what was credited is none any more.
MATCHED = """coalesce((SELECT sum(m.amount) FROM match_parts m WHERE m.city = i.city AND m.expected_id = 'invoice:' || i.id
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = m.city AND u.match_id = m.match_id)), 0)"""
TRANSFERRED = f"""(SELECT coalesce(sum({MATCHED}), 0)::bigint FROM invoices i WHERE i.city = b.city AND i.booking_id = b.id
  AND i.kind = 'invoice')"""
CLAIMED = f"""(SELECT coalesce(sum(greatest(i.gross
    - coalesce((SELECT sum(n.gross) FROM invoices n WHERE n.city = i.city AND n.corrects = i.id), 0) - {MATCHED}, 0)), 0)::bigint
  FROM invoices i WHERE i.city = b.city AND i.booking_id = b.id AND i.kind = 'invoice' AND {BY_TRANSFER}
    AND NOT EXISTS (SELECT FROM dunning_cases k WHERE k.city = i.city AND k.booking_id = i.booking_id AND k.closed_at >= i.issued_at
      AND k.state IN ('paid_otherwise', 'written_off')))"""
STANDINGS = text(f"""
SELECT coalesce(json_agg(json_build_object('booking_id', b.id, 'state', b.state,
  'owed', coalesce((b.fee ->> 'amount')::bigint, 0), 'payments', {PAYMENTS},
  'claimed', {CLAIMED}, 'transferred', {TRANSFERRED}, 'disputes', (SELECT coalesce(json_agg(d.id ORDER BY d.opened_at, d.id), '[]') FROM payments p
    JOIN disputes d ON d.city = p.city AND d.payment_id = p.id
    WHERE p.city = b.city AND p.booking_id = b.id AND d.state = ANY (CAST(:open_disputes AS text[])))) ORDER BY b.starts, b.id), '[]')::text
FROM bookings b WHERE b.city = :city AND b.holder_id = :person
""")
# Whoever has its bike, or waits for one, has months to pay and a bike to give back.
BOUND = text("""
SELECT l.id FROM leases l WHERE l.city = :city AND l.holder_id = :person AND (l.state = ANY (CAST(:binding AS text[]))
  OR (l.state = 'withdrawn' AND l.lease ->> 'handed_over_on' IS NOT NULL AND l.lease ->> 'returned_on' IS NULL))
ORDER BY l.made_at, l.id
""")
# A hold on the city as a whole, while taxes are audited say, keeps documents; these stay anyway.
HELD = text("""
SELECT EXISTS (SELECT FROM legal_holds h WHERE h.city = :city AND h.lifted_at IS NULL AND (h.subject_id = :person
  OR h.subject_id IN (SELECT b.id FROM bookings b WHERE b.city = :city AND b.holder_id = :person)
  OR h.subject_id IN (SELECT i.id FROM invoices i WHERE i.city = :city AND i.debtor_id = :person)
  OR h.subject_id IN (SELECT w.id FROM withdrawals w JOIN persons p ON p.city = w.city AND p.email = lower(w.email)
    WHERE w.city = :city AND p.id = :person)))
""")
WAIT = text(
    "INSERT INTO erasure_wishes (city, person_id, asked_at) VALUES (:city, :person, :since) ON CONFLICT DO NOTHING"
)
WAITING = text("""
SELECT w.person_id FROM erasure_wishes w WHERE w.city = :city AND NOT EXISTS (
  SELECT FROM bookings b WHERE b.city = w.city AND b.holder_id = w.person_id AND b.made_at > w.asked_at)
ORDER BY w.asked_at, w.person_id LIMIT 1000
""")
# What was put together with invoices of hers, also where it is not any more.
HER_MATCHES = """SELECT m.match_id FROM invoices i JOIN match_parts m ON m.city = i.city AND m.expected_id = 'invoice:' || i.id
  WHERE i.city = :city AND i.debtor_id = :person"""
# Exceptions about her money: of her invoices, of lines that were matched with one of them, of her payments.
ABOUT_HER = """
WITH mine AS (SELECT 'invoice:' || i.id AS expected FROM invoices i WHERE i.city = :city AND i.debtor_id = :person),
paid AS (SELECT p.id FROM payments p WHERE p.city = :city AND p.holder_id = :person),
parts AS (SELECT m.match_id, m.line_id FROM match_parts m JOIN mine ON mine.expected = m.expected_id WHERE m.city = :city),
things AS (
  SELECT 'movement:' || t.transaction_id AS about FROM provider_transactions t WHERE t.city = :city AND t.payment_id IN (SELECT id FROM paid)
  UNION SELECT 'dispute:' || d.dispute_id FROM disputes d WHERE d.city = :city AND d.payment_id IN (SELECT id FROM paid)
  UNION SELECT 'match:' || match_id FROM parts UNION SELECT 'line:' || line_id FROM parts
  UNION SELECT 'entry:' || l.entry_id FROM ledger_legs l WHERE l.city = :city AND l.debtor_id = :person)
SELECT x.id FROM exceptions x WHERE x.city = :city AND (x.expected_id IN (SELECT expected FROM mine)
  OR x.line_id IN (SELECT line_id FROM parts) OR x.about IN (SELECT about FROM things))"""
# The identity goes, and what nobody has to keep. Bookings, payments, acceptances and the audit trail stay, with the id;
# of a booking the words in which somebody cancelled it go, and those of whoever chose its vehicle, and what was written of a
# problem, of her debts, her refunds and of what did not add up in her money, for they may say anything.
ERASE = tuple(
    text(statement)
    for statement in (
        "DELETE FROM erasure_wishes WHERE city = :city AND person_id = :person",
        "DELETE FROM role_grants WHERE city = :city AND person_id = :person",
        "DELETE FROM proofs WHERE city = :city AND person_id = :person",
        "DELETE FROM licence_checks WHERE city = :city AND person_id = :person",
        "DELETE FROM briefings WHERE city = :city AND person_id = :person",
        "DELETE FROM calendar_feeds WHERE city = :city AND person_id = :person",
        "DELETE FROM deputies WHERE city = :city AND (person_id = :person OR deputy_id = :person)",
        "DELETE FROM quotes WHERE city = :city AND actor_id = :person",
        # What was offered to her is free for others.
        """DELETE FROM claims c USING waitlist_entries e WHERE c.city = :city AND c.kind = 'offer' AND e.city = c.city
           AND e.holder_id = :person AND e.state = 'offered' AND c.resource_id = (e.offer ->> 'resource_id')::uuid
           AND c.claimed_from = (e.offer -> 'claimed' ->> 'start')::timestamptz""",
        "DELETE FROM waitlist_entries WHERE city = :city AND holder_id = :person",
        """DELETE FROM guest_addresses g USING persons p WHERE g.city = :city AND p.city = :city AND p.id = :person AND g.email = p.email""",
        # What was charged stays, it was billed; which card it was goes.
        "DELETE FROM person_tokens WHERE city = :city AND person_id = :person",
        "UPDATE charging_sessions SET token = NULL WHERE city = :city AND holder_id = :person AND token IS NOT NULL",
        # Her answers repeat what she wrote. They stay, empty and under no request's fingerprint: a program that has not heard
        # of the erasure yet would carry out again whatever comes again under a key that is gone.
        "UPDATE answers SET body = '', fingerprint = '' WHERE city = :city AND actor_id = :person",
        # Logbooks stay as they were written, under an id that leads to nobody any more (§ 147 AO).
        # Invoices stay as they were issued, also with a name where the law or the person asked for one (§ 14b UStG).
        "DELETE FROM debtors WHERE city = :city AND person_id = :person",
        "UPDATE bookings SET reason = NULL WHERE city = :city AND holder_id = :person AND reason IS NOT NULL",
        # The lease is a contract and stays; the words by which it was refused or undone go.
        """UPDATE leases SET lease = jsonb_set(lease, '{reason}', 'null')
           WHERE city = :city AND holder_id = :person AND lease ->> 'reason' IS NOT NULL""",
        # What was claimed stays, it was decided by an insurer; what she wrote of it, and the photos that she took, go.
        """UPDATE lease_claims k SET words = '' FROM leases l WHERE k.city = :city AND l.city = k.city AND l.id = k.lease_id
           AND l.holder_id = :person AND k.words <> ''""",
        "DELETE FROM lease_claim_photos WHERE city = :city AND added_by = :person",
        """UPDATE bookings SET extension = CAST(CAST(extension AS jsonb) #- '{approval,reason}' AS json)
           WHERE city = :city AND holder_id = :person AND extension -> 'approval' ->> 'reason' IS NOT NULL""",
        "UPDATE bookings SET priority_reason = NULL WHERE city = :city AND holder_id = :person AND priority_reason IS NOT NULL",
        """UPDATE bookings SET assigned = CAST(CAST(assigned AS jsonb) - 'note' AS json)
           WHERE city = :city AND holder_id = :person AND assigned ->> 'note' IS NOT NULL""",
        # Where she left it, and how: how far she drove stays, it was charged.
        """UPDATE bookings SET start_readings = CAST(CAST(start_readings AS jsonb) - 'place' - 'cleanliness' AS json),
             finish_readings = CAST(CAST(finish_readings AS jsonb) - 'place' - 'cleanliness' AS json)
           WHERE city = :city AND holder_id = :person AND (start_readings IS NOT NULL OR finish_readings IS NOT NULL)""",
        "UPDATE problems SET note = NULL WHERE city = :city AND reporter_id = :person AND note IS NOT NULL",
        "UPDATE problem_resolutions SET note = NULL WHERE city = :city AND resolver_id = :person AND note IS NOT NULL",
        # The damage stays with its vehicle; what she wrote of it, and the photos that she took, go.
        "UPDATE damages SET words = NULL WHERE city = :city AND reporter_id = :person AND words IS NOT NULL",
        "UPDATE damage_notes SET words = NULL WHERE city = :city AND noted_by = :person AND words IS NOT NULL",
        "DELETE FROM damage_photos WHERE city = :city AND added_by = :person",
        "DELETE FROM use_photos WHERE city = :city AND added_by = :person",
        # What an official wrote of others' money is the city's: it goes with them. Not the voucher's number under which a
        # debt was paid otherwise: nothing else proves that (§ 147 AO).
        "UPDATE dunning_cases SET reason = '' WHERE city = :city AND debtor_id = :person AND reason <> ''",
        """UPDATE refunds SET reason = '', decision_reason = '' WHERE city = :city
           AND booking_id IN (SELECT b.id FROM bookings b WHERE b.city = :city AND b.holder_id = :person)""",
        f"UPDATE matches SET reason = '' WHERE city = :city AND rule = 'by_hand' AND id IN ({HER_MATCHES})",
        f"UPDATE match_undoings SET reason = '' WHERE city = :city AND match_id IN ({HER_MATCHES})",
        f"""UPDATE exception_steps SET words = '' WHERE city = :city AND words <> '' AND by <> '{SYSTEM}'
           AND exception_id IN ({ABOUT_HER})""",
        # That a withdrawal was declared, and when, stays; a receipt that is still to be written goes to nobody.
        """UPDATE withdrawals w SET name = 'erased', email = p.id || '@erased.invalid' FROM persons p
           WHERE w.city = :city AND p.city = :city AND p.id = :person AND lower(w.email) = p.email""",
        """UPDATE persons SET email = NULL, name = NULL, signed_in_at = NULL, version = version + 1, erased_at = :now
           WHERE city = :city AND id = :person""",
    )
)
LEAVE_MAILBOX = text(
    "INSERT INTO erasures (city, person_id, erased_at, mailbox) VALUES (:city, :person, :now, :mailbox)"
)
MAILBOX = text("SELECT mailbox FROM erasures WHERE city = :city AND person_id = :person")
EMPTIED = text(
    "UPDATE erasures SET mailbox = NULL, emptied_at = :now WHERE city = :city AND person_id = :person AND mailbox IS NOT NULL"
)


_person = msgspec.json.Decoder(Person)
_found = msgspec.json.Decoder(Found)
_standings = msgspec.json.Decoder(tuple[Standing, ...])


class SqlOpenFile:
    def __init__(
        self,
        connection: AsyncConnection,
        call: Call[Any],
        person: Person | None,
        *,
        now: datetime,
        new_id: Callable[[], UUID],
    ) -> None:
        self._connection = connection
        self._call = call
        self._person = person
        self._now = now
        self._new_id = new_id
        self._scope = {"city": call.city, "person": call.actor.id}

    @property
    def person(self) -> Person | None:
        return self._person

    async def keep(self, person: Person) -> None:
        values = {
            "name": person.name,
            "language": person.language,
            "notices_off": sorted(person.notices_off),
            "version": person.version,
        }
        if (await self._connection.execute(KEEP, self._scope | values)).rowcount != 1:
            raise LostRace
        await self._note("person.profile_changed", tell=False)

    async def standings(self) -> tuple[Standing, ...]:
        asked = self._scope | {"open_disputes": sorted(OPEN_DISPUTES)}
        return _standings.decode((await self._connection.execute(STANDINGS, asked)).scalar_one())

    async def ties(self) -> Ties:
        leases = await self._connection.execute(BOUND, self._scope | {"binding": sorted(BINDING)})
        held = await self._connection.execute(HELD, self._scope)
        return Ties(tuple(row[0] for row in leases), bool(held.scalar_one()))

    async def wait(self, since: datetime) -> None:
        if (await self._connection.execute(WAIT, self._scope | {"since": since})).rowcount:
            await self._note("person.erasure_waits", tell=False)

    async def erase(self, event: PersonErased) -> None:
        # By the address, so before it is gone.
        await SqlSessions(self._connection, self._call.city, self._now).forget(event.person_id)
        # First, since some words go in the same transaction alone.
        await self._connection.execute(LEAVE_MAILBOX, self._at(event) | {"mailbox": event.mailbox})
        for statement in ERASE:
            named = {name: value for name, value in self._at(event).items() if f":{name}" in statement.text}
            await self._connection.execute(statement, named)
        await self._note(str(event.__struct_config__.tag), tell=True)

    def _at(self, event: PersonErased) -> dict[str, object]:
        return self._scope | {"now": event.at}

    async def _note(self, action: str, *, tell: bool) -> None:
        await write_note(
            self._connection, self._call, action, self._call.actor.id, tell=tell, new_id=self._new_id, now=self._now
        )


class SqlPeople:
    """`written` is called after each piece of work, to wake whoever reads the outbox."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._written = written
        self._exporting = asyncio.Semaphore(1)

    async def knows(self, city: City, person: PersonId) -> bool:
        found = select(exists().where(persons.c.city == city, persons.c.id == person, persons.c.erased_at.is_(None)))
        async with self._transactions.city(city) as connection:
            return bool(await connection.scalar(found))

    async def find(self, city: City, person: PersonId) -> Found | None:
        found = await self._one(city, FOUND, person)
        return _found.decode(found) if found else None

    async def work(self, call: Call[Any], do: Callable[[OpenFile], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(call.city) as connection:
                found = await connection.execute(LOCKED, {"city": call.city, "person": call.actor.id})
                person = found.scalar_one_or_none()
                known = _person.decode(person) if person else None
                file = SqlOpenFile(connection, call, known, now=self._clock(), new_id=self._new_id)
                return await do(file)

        done = await through(once)
        self._written()
        return done

    async def export(self, city: City, person: PersonId) -> str | None:
        """One at a time in each process: it reads all of the audit trail, which has no index by person."""

        async def once() -> str | None:
            async with self._transactions.city(city) as connection:
                await connection.execute(MORE_TIME)
                values = {"city": city, "person": person, "now": self._clock()}
                return (await connection.execute(EXPORT, values)).scalar_one_or_none()

        async with self._exporting:
            return await through(once)

    async def mailbox(self, city: City, person: PersonId) -> str | None:
        return await self._one(city, MAILBOX, person)

    async def waiting(self, city: City) -> tuple[PersonId, ...]:
        async with self._transactions.city(city) as connection:
            return tuple(PersonId(row[0]) for row in await connection.execute(WAITING, {"city": city}))

    async def emptied(self, city: City, person: PersonId, now: datetime) -> None:
        async def once() -> None:
            async with self._transactions.city(city) as connection:
                await connection.execute(EMPTIED, {"city": city, "person": person, "now": now})

        await through(once)

    async def _one(self, city: City, sql: Any, person: PersonId) -> str | None:
        async def once() -> str | None:
            async with self._transactions.city(city) as connection:
                return (await connection.execute(sql, {"city": city, "person": person})).scalar_one_or_none()

        return await through(once)
