"""What one account owns in the sandbox's file; no statement here can reach another account's rows."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.payments.sandbox.objects import BalanceTransaction, Event, StripeObject, T

UNDELIVERED = (
    "SELECT 1 FROM deliveries"
    " WHERE deliveries.account = objects.account AND deliveries.event = objects.id AND deliveries.state <> 'delivered'"
)

OF_PAYOUT = "SELECT 1 FROM funds WHERE funds.account = objects.account AND funds.txn = objects.id AND funds.payout = ?"

Mark = Literal["set_up", "used", "detached", "deleted"]


class SavedAnswer(Struct, frozen=True):
    fingerprint: str
    request_id: str
    status: int
    body: bytes


class Slice(Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted: at most `limit`, older than `after`, newer than `before` (positions)."""

    limit: int = 10
    after: int | None = None
    before: int | None = None


class Timer(Struct, frozen=True):
    """What happens to an object by itself, once the sandbox's clock says so."""

    subject: str
    step: str
    due: int


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
        a text any ending, `delivered` whether every delivery of an event met a 2xx, and `payout` that a movement went out
        with that payout. `created` maps gt, gte, lt, lte to seconds.
        """
        clauses = ["account = ?", "object = ?"]
        values: list[object] = [self._account, kind.kind]
        for name, value in conditions.items():
            if name == "delivered":
                clauses.append(f"{'NOT ' if value else ''}EXISTS ({UNDELIVERED})")
            elif name == "payout":
                clauses.append(f"EXISTS ({OF_PAYOUT})")
                values.append(value)
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

    def plan(self, subject: str, step: str, due: int) -> None:
        """Let something happen to an object later; the same step planned anew takes the place of the old one."""
        self._connection.execute(
            "INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?)", (self._account, subject, step, due)
        )

    def is_planned(self, subject: str, step: str) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM timers WHERE account = ? AND subject = ? AND step = ?", (self._account, subject, step)
        )
        return found.fetchone() is not None

    def unplan(self, subject: str, step: str) -> None:
        self._connection.execute(
            "DELETE FROM timers WHERE account = ? AND subject = ? AND step = ?", (self._account, subject, step)
        )

    def take_due(self, now: int) -> Timer | None:
        """The first thing that should have happened by now; it is not planned any more."""
        row = self._connection.execute(
            "SELECT subject, step, due FROM timers WHERE account = ? AND due <= ? ORDER BY due, subject, step LIMIT 1",
            (self._account, now),
        ).fetchone()
        if row is None:
            return None
        timer = Timer(*row)
        self.unplan(timer.subject, timer.step)
        return timer

    def fund(self, transaction: BalanceTransaction) -> None:
        """Write a movement down, and that its money waits to be paid out."""
        self.save(transaction)
        self._connection.execute(
            "INSERT INTO funds (account, txn, net, available_on) VALUES (?, ?, ?, ?)",
            (self._account, transaction.id, transaction.net, transaction.available_on),
        )

    def unpaid(self, until: int) -> tuple[list[str], int]:
        """The movements that no payout took along yet, of those available until then, and their sum."""
        rows = self._connection.execute(
            "SELECT txn, net FROM funds WHERE account = ? AND payout IS NULL AND available_on <= ?",
            (self._account, until),
        ).fetchall()
        return [str(txn) for txn, _ in rows], sum(int(net) for _, net in rows)

    def pay_out(self, transactions: Sequence[str], payout: str) -> None:
        self._connection.executemany(
            "UPDATE funds SET payout = ? WHERE account = ? AND txn = ?",
            [(payout, self._account, transaction) for transaction in transactions],
        )

    def funds(self, now: int) -> tuple[int, int]:
        """What is available, and what is not yet: sums over all movements, payouts included."""
        (available, pending) = self._connection.execute(
            "SELECT coalesce(sum(net) FILTER (WHERE available_on <= ?1), 0),"
            " coalesce(sum(net) FILTER (WHERE available_on > ?1), 0) FROM funds WHERE account = ?2",
            (now, self._account),
        ).fetchone()
        return int(available), int(pending)
