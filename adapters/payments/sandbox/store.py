"""The sandbox's state in one SQLite file: it survives `kill -9` between any two statements.

One connection in one thread writes; a request is one transaction, which holds its objects, its events with their
deliveries and the answer that its idempotency key will repeat.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from msgspec import Struct

from adapters.payments.sandbox.account_store import AccountStore

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
CREATE TABLE IF NOT EXISTS timers (
    account TEXT NOT NULL,
    subject TEXT NOT NULL,
    step TEXT NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (account, subject, step)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_due ON timers (account, due);
CREATE TABLE IF NOT EXISTS funds (
    account TEXT NOT NULL,
    txn TEXT NOT NULL,
    net INTEGER NOT NULL,
    available_on INTEGER NOT NULL,
    payout TEXT,
    PRIMARY KEY (account, txn)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS funds_unpaid ON funds (account, available_on) WHERE payout IS NULL;
CREATE INDEX IF NOT EXISTS funds_of_payout ON funds (account, payout) WHERE payout IS NOT NULL;
"""

# A file from before there were payouts knows its movements only as objects.
FUNDS_OF_OLD = """
INSERT INTO funds (account, txn, net, available_on)
SELECT account, id, json_extract(body, '$.net'), json_extract(body, '$.available_on') FROM objects
WHERE object = 'balance_transaction' AND NOT EXISTS (SELECT 1 FROM funds)
"""


class Delivery(Struct, frozen=True):
    """One event on its way to one URL; times are real seconds since 1970, never the sandbox's advanced clock."""

    position: int
    account: str
    event: str
    attempts: int
    first_due: float
    due: float


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
        self._connection.execute(FUNDS_OF_OLD)
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

    def account(self, identifier: str) -> AccountStore:
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
