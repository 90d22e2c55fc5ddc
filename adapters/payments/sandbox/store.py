"""The sandbox's state in one SQLite file: it survives `kill -9` between any two statements.

One connection in one thread writes; a request is one transaction, which holds its objects, its events with their
deliveries and the answer that its idempotency key will repeat.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.payments.sandbox.objects import Event, StripeObject, T

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    object TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (account, object, position);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (account, object, json_extract(body, '$.customer'));
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (account, object, json_extract(body, '$.payment_intent'));
CREATE TABLE IF NOT EXISTS marks (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (account, id, mark)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holds (
    charge TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    capture_before INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS holds_by_end ON holds (account, capture_before);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    position INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    first_due REAL NOT NULL,
    due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (account, due) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (account, event);
CREATE TABLE IF NOT EXISTS clock (advanced INTEGER NOT NULL);
"""

UNDELIVERED = (
    "SELECT 1 FROM deliveries"
    " WHERE deliveries.account = objects.account AND deliveries.event = objects.id AND deliveries.state <> 'delivered'"
)

Mark = Literal["set_up", "used", "detached", "deleted"]


class SavedAnswer(Struct, frozen=True):
    fingerprint: str
    request_id: str
    status: int
    body: bytes


class Delivery(Struct, frozen=True):
    """One event on its way to one URL; times are real seconds since 1970, never the sandbox's advanced clock."""

    position: int
    account: str
    event: str
    attempts: int
    first_due: float
    due: float


class Slice(Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted: at most `limit`, older than `after`, newer than `before` (positions)."""

    limit: int = 10
    after: int | None = None
    before: int | None = None


class Store:
    """The file. Everything that belongs to one account goes through `AccountStore`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "stripe-sandbox.sqlite3"
        file.touch(mode=0o600)
        self._connection = sqlite3.connect(file, timeout=1.0, isolation_level=None)
        # One process at a time: a second one fails here, at once, and a killed one leaves no lock behind.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing this way; only a power cut may lose the last moments, but never tears them.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)
        if self._connection.execute("SELECT 1 FROM clock").fetchone() is None:
            self._connection.execute("INSERT INTO clock VALUES (0)")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._unit("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"):
            yield

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: what fails in here leaves no trace."""
        with self._unit("SAVEPOINT inner", "RELEASE inner", "ROLLBACK TO inner"):
            yield

    @contextmanager
    def _unit(self, begin: str, keep: str, drop: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
        except BaseException:
            self._connection.execute(drop)
            raise
        self._connection.execute(keep)

    def account(self, identifier: str) -> "AccountStore":
        return AccountStore(self._connection, identifier)

    def advanced(self) -> int:
        """By how many seconds the sandbox's clock runs ahead."""
        (seconds,) = self._connection.execute("SELECT advanced FROM clock").fetchone()
        return int(seconds)

    def advance(self, seconds: int) -> None:
        self._connection.execute("UPDATE clock SET advanced = advanced + ?", (seconds,))

    def forget_answers(self, before: int) -> None:
        self._connection.execute("DELETE FROM answers WHERE created < ?", (before,))

    def owner(self, identifier: str) -> str | None:
        """The account that an id belongs to; ids are unique across accounts."""
        row = self._connection.execute("SELECT account FROM objects WHERE id = ?", (identifier,)).fetchone()
        return None if row is None else str(row[0])

    def due_deliveries(self, account: str, now: float, limit: int) -> list[Delivery]:
        rows = self._connection.execute(
            "SELECT position, account, event, attempts, first_due, due FROM deliveries"
            " WHERE state = 'pending' AND account = ? AND due <= ? ORDER BY due LIMIT ?",
            (account, now, limit),
        )
        return [Delivery(*row) for row in rows]

    def next_due(self, account: str) -> float | None:
        (due,) = self._connection.execute(
            "SELECT min(due) FROM deliveries WHERE state = 'pending' AND account = ?", (account,)
        ).fetchone()
        return None if due is None else float(due)

    def settle_delivery(self, position: int, state: Literal["pending", "delivered", "given_up"], due: float) -> None:
        self._connection.execute(
            "UPDATE deliveries SET state = ?, due = ?, attempts = attempts + 1 WHERE position = ?",
            (state, due, position),
        )


class AccountStore:
    """What one account owns; no statement here can reach another account's rows."""

    def __init__(self, connection: sqlite3.Connection, account: str) -> None:
        self._connection = connection
        self._account = account

    def find(self, kind: type[T], identifier: str) -> T | None:
        row = self._connection.execute(
            "SELECT body FROM objects WHERE id = ? AND account = ? AND object = ?",
            (identifier, self._account, kind.kind),
        ).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=kind)

    def save(self, thing: StripeObject) -> None:
        self._connection.execute(
            "INSERT INTO objects (account, object, id, created, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (self._account, thing.kind, thing.id, thing.created, msgspec.json.encode(thing).decode()),
        )

    def delete(self, identifier: str) -> None:
        self._connection.execute("DELETE FROM objects WHERE account = ? AND id = ?", (self._account, identifier))

    def position(self, identifier: str) -> int | None:
        row = self._connection.execute(
            "SELECT position FROM objects WHERE account = ? AND id = ?", (self._account, identifier)
        ).fetchone()
        return None if row is None else int(row[0])

    def some(
        self, kind: type[T], conditions: Mapping[str, object], wanted: Slice, created: Mapping[str, int]
    ) -> tuple[list[T], bool]:
        """Newest first, and whether there are more.

        Conditions name fields of the body (our own code's names, never a caller's); a list means any of these, a `*` in
        a text any ending, and `delivered` whether every delivery of an event met a 2xx. `created` maps gt, gte, lt, lte
        to seconds.
        """
        clauses = ["account = ?", "object = ?"]
        values: list[object] = [self._account, kind.kind]
        for name, value in conditions.items():
            if name == "delivered":
                clauses.append(f"{'NOT ' if value else ''}EXISTS ({UNDELIVERED})")
            elif isinstance(value, str) and "*" in value:
                clauses.append(f"json_extract(body, '$.{name}') GLOB ?")
                values.append(value)
            else:
                several = value if isinstance(value, list) else [value]
                clauses.append(f"json_extract(body, '$.{name}') IN ({', '.join('?' * len(several))})")
                values.extend(several)
        operators = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
        for bound, second in created.items():
            clauses.append(f"created {operators[bound]} ?")
            values.append(second)
        backwards = wanted.before is not None
        if wanted.after is not None:
            clauses.append("position < ?")
            values.append(wanted.after)
        if wanted.before is not None:
            clauses.append("position > ?")
            values.append(wanted.before)
        rows = self._connection.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(clauses)}"
            f" ORDER BY position {'ASC' if backwards else 'DESC'} LIMIT ?",
            (*values, wanted.limit + 1),
        ).fetchall()
        things = [msgspec.json.decode(row[0], type=kind) for row in rows[: wanted.limit]]
        return (things[::-1] if backwards else things), len(rows) > wanted.limit

    def everything(self, kind: type[T], **conditions: object) -> list[T]:
        """Newest first, all of them."""
        things, _ = self.some(kind, conditions, Slice(limit=1_000_000), {})
        return things

    def mark(self, identifier: str, mark: Mark) -> None:
        """Remember about an object what Stripe remembers but does not show."""
        self._connection.execute("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", (self._account, identifier, mark))

    def marked(self, identifier: str, mark: Mark) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM marks WHERE account = ? AND id = ? AND mark = ?", (self._account, identifier, mark)
        ).fetchone()
        return row is not None

    def hold(self, charge: str, capture_before: int) -> None:
        self._connection.execute("INSERT INTO holds VALUES (?, ?, ?)", (charge, self._account, capture_before))

    def drop_hold(self, charge: str) -> None:
        self._connection.execute("DELETE FROM holds WHERE charge = ? AND account = ?", (charge, self._account))

    def overdue_holds(self, now: int) -> list[str]:
        rows = self._connection.execute(
            "SELECT charge FROM holds WHERE account = ? AND capture_before <= ?", (self._account, now)
        )
        return [str(charge) for (charge,) in rows]

    def answer(self, key: str, not_before: int) -> SavedAnswer | None:
        row = self._connection.execute(
            "SELECT fingerprint, request_id, status, body FROM answers WHERE account = ? AND key = ? AND created >= ?",
            (self._account, key, not_before),
        ).fetchone()
        return None if row is None else SavedAnswer(*row)

    def save_answer(self, key: str, answer: SavedAnswer, created: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self._account, key, answer.fingerprint, answer.request_id, answer.status, answer.body, created),
        )

    def dispatch(self, event: Event, due: float) -> None:
        """Put an event on its way; doing so twice delivers it twice."""
        self._connection.execute(
            "INSERT INTO deliveries (account, event, state, attempts, first_due, due) VALUES (?, ?, 'pending', 0, ?, ?)",
            (self._account, event.id, due, due),
        )

    def undelivered(self, event: str) -> int:
        """How many deliveries of the event have not met a 2xx, given up ones included."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM deliveries WHERE account = ? AND event = ? AND state <> 'delivered'",
            (self._account, event),
        ).fetchone()
        return int(count)
