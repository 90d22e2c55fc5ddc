"""Closing a case and matching a transfer for it come one after the other, and whoever comes second knows of the first."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from adapters.database.desks import Desks
from adapters.database.payments.dunning import SqlCaseBooks
from domain.identity import SYSTEM
from domain.payments.dunning import Case, CaseState
from domain.payments.dunning import close as decide
from domain.payments.owing import Standing
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.matching import MatchId, Part, Proposal, Rule
from infra.ids import new_id
from services.calls import Answer
from services.reconciliation.ports import ExpectedOtherwise, Match, OpenBooks
from services.reconciliation.running import what_is_expected
from services.settlement.case_ports import OpenCase
from tests.examples import euros, person_id
from tests.services.settlement.cashier import Cashier
from tests.services.settlement.debtors import close, unpaid

pytestmark = pytest.mark.database
# Of this database alone: other runs have their own.
WAITS = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND cardinality(pg_blocking_pids(pid)) > 0)"""


async def owing(cashier: Cashier) -> Case:
    """45 euros are owed, and 40 of them have just come by bank."""
    await unpaid(cashier)
    await cashier.after(days=14)
    (case,) = await cashier.cases()
    await cashier.arrived(4000, f"Kassenzeichen {case.cash_reference}")
    return case


async def written_off(cashier: Cashier) -> Answer:
    (case,) = await cashier.cases()
    return await close(cashier, await cashier.world.office.booking(case.booking_id), CaseState.WRITTEN_OFF)


async def begun(cashier: Cashier, second: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
    """It has come as far as it can."""
    waiting = asyncio.create_task(second)
    while not (await cashier.rows(WAITS))[0][0]:
        assert not waiting.done(), "it waits for nobody"
    return waiting


async def matched(cashier: Cashier) -> list[int]:
    return [amount for (amount,) in await cashier.rows("SELECT amount FROM match_parts WHERE city = :city")]


async def test_what_was_given_up_since_it_was_expected_takes_no_transfer(cashier: Cashier) -> None:
    await owing(cashier)
    await cashier.reconcile(meanwhile=lambda: written_off(cashier))
    await cashier.work()
    assert await matched(cashier) == []
    assert [each.total for each in await cashier.cases()] == [euros("45.00")]
    assert await cashier.owes() == 0


async def test_a_transfer_waits_for_who_is_closing_the_case_and_is_not_matched_then(cashier: Cashier) -> None:
    case = await owing(cashier)
    looking: list[asyncio.Task[object]] = []

    async def give_up(books: OpenCase) -> None:
        looking.append(await begun(cashier, cashier.reconcile()))
        now_owed = Standing(case.owed, case.claims)
        by, now = person_id("fatima"), cashier.world.clock()
        closed = decide(case, now_owed, CaseState.WRITTEN_OFF, reason="r", reference="", by=by, now=now)
        assert isinstance(closed, Case)
        await books.keep(closed)

    transactions = cashier.databases.app.transactions
    desks = Desks(transactions, cashier.world.clock, new_id, lambda: None)
    await SqlCaseBooks(desks).work(cashier.city, case.booking_id, give_up)
    await asyncio.gather(*looking)
    await cashier.work()
    assert (await matched(cashier), await cashier.owes()) == ([], 0)
    assert (await cashier.balances())["bad_debt"] == 4500


async def test_who_closes_a_case_waits_for_the_transfer_that_is_being_matched_and_gives_up_the_rest(
    cashier: Cashier,
) -> None:
    case = await owing(cashier)
    invoice = ExpectedId(f"invoice:{case.claims[0].invoice_id}")
    closing: list[asyncio.Task[object]] = []

    async def put_together(books: OpenBooks) -> None:
        ((line, _),) = await books.matches.open_lines()
        proposal = Proposal((Part(line.id, invoice, 4000),), Rule.BY_HAND, 100, "said so")
        now = cashier.world.clock()
        await books.matches.keep(Match(MatchId(new_id()), proposal, {invoice: 4500}, person_id("fatima"), now))
        closing.append(await begun(cashier, written_off(cashier)))

    await cashier.bank.work(cashier.city, SYSTEM, put_together)
    await asyncio.gather(*closing)
    await cashier.work()
    assert [each.total for each in await cashier.cases()] == [euros("5.00")]
    assert (await matched(cashier), await cashier.owes()) == ([4000], 0)
    assert (await cashier.balances())["bad_debt"] == 500


async def test_a_match_is_taken_apart_before_the_case_is_closed_or_after_it(cashier: Cashier) -> None:
    """Whoever closes it knows what is open then: the five that did not come, or all that came for something else."""
    await owing(cashier)
    await cashier.reconcile()
    await cashier.work()
    ((match_id,),) = await cashier.rows("SELECT id FROM matches WHERE city = :city")
    closing: list[asyncio.Task[object]] = []

    async def take_apart(books: OpenBooks) -> None:
        assert await books.matches.undo(match_id, person_id("fatima"), "for something else", cashier.world.clock())
        closing.append(await begun(cashier, written_off(cashier)))

    await cashier.bank.work(cashier.city, SYSTEM, take_apart)
    await asyncio.gather(*closing)
    await cashier.work()
    assert (await cashier.balances())["bad_debt"] == 4500
    assert await cashier.owes() == 0


async def test_what_is_expected_otherwise_by_now_is_not_matched_and_nothing_is_written(cashier: Cashier) -> None:
    case = await owing(cashier)
    invoice = ExpectedId(f"invoice:{case.claims[0].invoice_id}")

    async def too_much(books: OpenBooks) -> None:
        ((line, _),) = await books.matches.open_lines()
        proposal = Proposal((Part(line.id, invoice, 4000),), Rule.BY_HAND, 100, "said so")
        await books.matches.keep(
            Match(MatchId(new_id()), proposal, {invoice: 5000}, person_id("fatima"), cashier.world.clock())
        )

    with pytest.raises(ExpectedOtherwise):
        await cashier.bank.work(cashier.city, SYSTEM, too_much)
    assert await matched(cashier) == []
    today = cashier.world.clock().date()
    assert [each.amount for each in await what_is_expected(cashier.city, today, ports=cashier.reconciling)] == [4500]
