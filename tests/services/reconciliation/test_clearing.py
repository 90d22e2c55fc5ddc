"""What nobody could explain, a person books, writes off or pays back: it is posted once, and taken back by opening it again."""

from typing import Any
from uuid import UUID

import pytest

from adapters.database.ledger.gaps import SqlGaps
from adapters.database.payments.settlements import SqlSettlementBooks
from domain.payments.transactions import TransactionKind
from domain.reconciliation.clearing import ClearingAccount
from domain.reconciliation.exceptions import Act, Handle, NotHandled, Resolution
from domain.reconciliation.matching import MatchId, NotMatchable, Part
from domain.refusals import Refusal
from infra.ids import new_id
from services.calls import Answer
from services.ledger.catching_up import catch_up
from services.reconciliation.handling import HandleException, MatchByHand
from services.settlement.ports import Movement
from tests.adapters.database.ledgers import Books
from tests.database import Databases
from tests.domain.ledger.facts import a_movement
from tests.domain.reconciliation.statements import a_statement
from tests.examples import person_id
from tests.services.reconciliation.offices import Office, an_office

pytestmark = pytest.mark.database
TOLD = ("bank.exception_cleared", "bank.exception_reopened")
BY = person_id("finance")


@pytest.fixture
async def office(database: Databases) -> Office:
    return await an_office(database)


async def the_exception(office: Office, kind: str = "unexplained_line") -> UUID:
    office.later(days=3)
    await office.desk.run(office.city)
    ((found,),) = await office.rows(
        "SELECT id FROM exceptions WHERE city = :city AND kind = :kind AND resolution IS NULL", kind=kind
    )
    return UUID(str(found))


async def handle(office: Office, exception_id: Any, act: Act, **said: Any) -> Any:
    seen: list[Any] = []

    def render(outcome: Any) -> Answer:
        seen.append(outcome)
        return Answer(409 if isinstance(outcome, Refusal) else 200, "text/plain", "")

    command = HandleException(exception_id, Handle(act, "seen", **said))
    await office.desk.handle(office.call(render), command)
    await office.post(*TOLD)
    return seen[-1]


async def step(office: Office, kind: str) -> UUID:
    ((found,),) = await office.rows("SELECT id FROM exception_steps WHERE city = :city AND kind = :kind", kind=kind)
    return UUID(str(found))


async def balances(office: Office) -> dict[str, int]:
    rows = await office.rows(
        "SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs"
        " WHERE city = :city GROUP BY 1"
    )
    return {account: amount for account, amount in rows if amount}


@pytest.mark.parametrize(
    ("amount", "resolution", "account", "booked"),
    [
        (700, Resolution.BOOKED, ClearingAccount.OTHER_OFFICES, "other_offices"),
        (700, Resolution.WRITTEN_OFF, None, "other_income"),
        (-700, Resolution.WRITTEN_OFF, None, "bad_debt"),
        (700, Resolution.PAID_BACK, None, "to_pay_back"),
    ],
)
async def test_a_line_that_is_explained_is_posted_with_who_and_why_and_undone_by_its_mirror(
    office: Office, amount: int, resolution: Resolution, account: ClearingAccount | None, booked: str
) -> None:
    await office.take_in(a_statement(amount))
    assert await balances(office) == {"bank": amount, "unexplained": -amount}
    exception_id = await the_exception(office)
    await handle(office, exception_id, Act.RESOLVE, resolution=resolution, account=account)
    assert await balances(office) == {"bank": amount, booked: -amount}
    assert await office.rows(
        "SELECT text, bank_line IS NOT NULL FROM ledger_entries WHERE city = :city AND kind = 'clearing'"
    ) == [(f"{resolution} {await step(office, 'resolved')} ({BY})", True)]
    await office.post(*TOLD)
    await office.desk.run(office.city)
    assert await balances(office) == {"bank": amount, booked: -amount}
    await handle(office, exception_id, Act.REOPEN)
    await office.post(*TOLD)
    assert await balances(office) == {"bank": amount, "unexplained": -amount}
    assert await office.rows("SELECT text FROM ledger_entries WHERE city = :city AND kind = 'reversal'") == [
        (f"reopened {await step(office, 'reopened')} ({BY})",)
    ]
    await handle(office, exception_id, Act.RESOLVE, resolution=Resolution.BOOKED, account=ClearingAccount.DAMAGES)
    assert await balances(office) == {"bank": amount, "damages": -amount}
    assert (await Books(office.databases, office.city).verified()).holds


async def test_what_was_paid_back_is_even_once_the_bank_has_sent_it(office: Office) -> None:
    await office.take_in(a_statement(700, -700))
    office.later(days=3)
    await office.desk.run(office.city)
    (came, went) = [
        each for (each,) in await office.rows("SELECT id FROM exceptions WHERE city = :city ORDER BY amount DESC")
    ]
    await handle(office, came, Act.RESOLVE, resolution=Resolution.PAID_BACK)
    await handle(office, went, Act.RESOLVE, resolution=Resolution.BOOKED, account=ClearingAccount.TO_PAY_BACK)
    assert await balances(office) == {}


async def test_a_charge_that_somebody_made_at_the_provider_is_for_somebody_and_booked(office: Office) -> None:
    taken = a_movement(TransactionKind.CHARGE, 900, 25, payment_id=None, booking_id=None, created_at=office.now)
    settlements = SqlSettlementBooks(office.databases.app.transactions, new_id, lambda: None)
    await settlements.keep(office.city, [Movement(taken, "charge", "charge")], office.now)
    await office.post("settlement.transaction_seen")
    exception_id = await the_exception(office, "unexplained_movement")
    assert await office.rows("SELECT amount, since, about FROM exceptions WHERE city = :city") == [
        (900, taken.created_at.date(), f"movement:{taken.id}")
    ]
    await handle(office, exception_id, Act.RESOLVE, resolution=Resolution.WRITTEN_OFF)
    office.later(days=1)
    await office.desk.run(office.city)
    assert await balances(office) == {"provider": 875, "provider_fees": 25, "other_income": -900}
    assert await office.rows("SELECT resolution FROM exceptions WHERE city = :city") == [("written_off",)]
    assert await office.rows("SELECT provider_id FROM ledger_entries WHERE city = :city AND kind = 'clearing'") == [
        (taken.id,)
    ]


async def test_what_was_booked_is_not_matched_as_well(office: Office) -> None:
    statement = a_statement(700)
    await office.take_in(statement)
    exception_id = await the_exception(office)
    await handle(office, exception_id, Act.RESOLVE, resolution=Resolution.WRITTEN_OFF)
    seen: list[Any] = []

    def render(outcome: Any) -> Answer:
        seen.append(outcome)
        return Answer(409, "text/plain", "")

    call = office.call(render)
    part = Part(statement.lines[0].id, "invoice:x", 700)  # type: ignore[arg-type]  # ExpectedId
    await office.desk.match(call, MatchByHand(MatchId(new_id()), (part,), "it is hers"))
    assert isinstance(seen[-1], Refusal)
    assert seen[-1].reason in NotMatchable
    again = await handle(office, exception_id, Act.RESOLVE, resolution=Resolution.WRITTEN_OFF)
    assert again == Refusal(NotHandled.ALREADY_RESOLVED)


async def test_what_the_outbox_never_told_is_posted_by_catching_up(office: Office) -> None:
    await office.take_in(a_statement(700))
    exception_id = await the_exception(office)
    for act, more in ((Act.RESOLVE, {"resolution": Resolution.WRITTEN_OFF}), (Act.REOPEN, {})):
        command = HandleException(exception_id, Handle(act, "seen", **more))  # type: ignore[arg-type]  # as it is used
        await office.desk.handle(office.call(lambda _: Answer(200, "text/plain", "")), command)
        await catch_up(
            office.city,
            gaps=SqlGaps(office.databases.app.transactions),
            ledgers=Books(office.databases, office.city).ledgers,
        )
    assert await balances(office) == {"bank": 700, "unexplained": -700}
    assert await office.rows(
        "SELECT kind, count(*) FROM ledger_entries WHERE city = :city AND kind IN ('clearing', 'reversal') GROUP BY 1 ORDER BY 1"
    ) == [("clearing", 1), ("reversal", 1)]


async def test_only_who_keeps_the_citys_books_is_given_an_exception(office: Office) -> None:
    await office.take_in(a_statement(700))
    exception_id = await the_exception(office)
    ada = new_id()
    assert await handle(office, exception_id, Act.ASSIGN, owner=ada) == Refusal(NotHandled.UNKNOWN_OWNER, "/owner")
    async with office.databases.app.transactions.city(office.city) as connection:
        for sql in (
            "INSERT INTO persons (city, id, email, made_at) VALUES ('{}', '{}', 'ada@example.org', now())",
            "INSERT INTO role_grants (city, person_id, role, granted_at) VALUES ('{}', '{}', 'finance', now())",
        ):
            await connection.exec_driver_sql(sql.format(office.city, ada))
    assert (await handle(office, exception_id, Act.ASSIGN, owner=ada)).now.owner == ada
