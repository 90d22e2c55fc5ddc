"""What a reminder asks for is what the ledger says is owed, and a transfer, a person's word or a waiver ends it in both."""

import pytest

from domain.booking.bookings import Booking
from domain.payments.dunning import Case, CaseState
from services.calls import Answer
from services.ledger.posting import Fact
from services.settlement.dunning import CloseCase, WaiveFees
from tests.examples import euros
from tests.services.payments.world import code
from tests.services.settlement.cashier import Cashier
from tests.services.settlement.debtors import unpaid

pytestmark = pytest.mark.database


async def close(cashier: Cashier, how: CaseState, reference: str = "") -> Answer:
    (*_, case) = await cashier.cases()
    command = CloseCase(case.id, how, "said so", reference)
    answer = await cashier.settlement.close_case(cashier.call(command, "fatima"), command)
    await cashier.work()
    return answer


async def reminded_twice(cashier: Cashier) -> tuple[Booking, Case]:
    """45 euros were not paid, and the second reminder costs 2.50."""
    booking = await unpaid(cashier)
    await cashier.after(days=14)
    await cashier.after(days=14)
    (case,) = await cashier.cases()
    return booking, case


async def test_what_the_letter_asks_for_is_what_the_debtor_owes(cashier: Cashier) -> None:
    _, case = await reminded_twice(cashier)
    assert (case.total, case.fees, case.steps_taken) == (euros("47.50"), 250, 2)
    assert await cashier.owes() == 4750
    documents = await cashier.rows(
        "SELECT gross, content::json -> 'totals' -> 0 ->> 'category', content::json ->> 'why' FROM invoices"
        " WHERE city = :city ORDER BY issued_at"
    )
    assert documents == [(4500, "O", "cancellation"), (250, "O", "late_payment")]
    assert (await cashier.balances())["damages"] == -4750


async def test_a_transfer_of_all_under_one_reference_ends_the_case_and_without_it_the_case_goes_on(
    cashier: Cashier,
) -> None:
    _, case = await reminded_twice(cashier)
    await cashier.transferred(4750, f"Mahnung, Kassenzeichen {case.cash_reference}")
    (paid,) = await cashier.cases()
    assert (paid.state, paid.total, paid.id) == (CaseState.PAID, euros("47.50"), case.id)
    assert await cashier.owes() == 0
    assert (await cashier.balances())["bank"] == 4750
    await cashier.undo()
    (again,) = await cashier.cases()
    assert (again.state, again.total, again.steps_taken, again.id) == (CaseState.OPEN, euros("47.50"), 2, case.id)
    assert await cashier.owes() == 4750
    await cashier.after(days=14)
    (further,) = await cashier.cases()
    assert (further.steps_taken, further.total) == (3, euros("50.00"))


async def test_who_transfers_only_what_she_owed_first_is_asked_for_the_fee_alone_and_pays_no_more_for_that(
    cashier: Cashier,
) -> None:
    _, case = await reminded_twice(cashier)
    await cashier.transferred(4500, str(case.cash_reference))
    await cashier.after(days=14)
    (left,) = await cashier.cases()
    assert (left.state, left.owed, left.fees, left.steps_taken) == (CaseState.OPEN, euros("0.00"), 250, 3)
    assert await cashier.owes() == 250
    await cashier.transferred(250, str(left.cash_reference))
    assert [each.state for each in await cashier.cases()] == [CaseState.PAID]


async def test_who_has_transferred_it_cannot_pay_it_by_card_as_well(cashier: Cashier) -> None:
    booking, case = await reminded_twice(cashier)
    await cashier.transferred(4750, str(case.cash_reference))
    assert code(await cashier.world.pay(booking, "pm_card_visa")) == "wrong_state"


async def test_what_was_paid_at_the_counter_is_the_treasurys_under_its_reference(cashier: Cashier) -> None:
    await reminded_twice(cashier)
    assert code(await close(cashier, CaseState.PAID_OTHERWISE, " ")) == "no_reference"
    assert (await close(cashier, CaseState.PAID_OTHERWISE, "receipt 118")).status == 200
    assert await cashier.owes() == 0
    assert (await cashier.balances())["treasury"] == 4750
    entry = await cashier.rows(
        "SELECT kind, text FROM ledger_entries WHERE city = :city AND source LIKE 'paid_otherwise:%'"
    )
    assert entry == [("paid_otherwise", "")]  # where it stands is the case's, which forgets
    assert [each.reference for each in await cashier.cases()] == ["receipt 118"]
    await cashier.after(days=90)
    assert [each.state for each in await cashier.cases()] == [CaseState.PAID_OTHERWISE]


async def test_what_was_transferred_a_moment_ago_is_not_given_up_as_well(cashier: Cashier) -> None:
    _, case = await reminded_twice(cashier)
    await cashier.received(4000, f"Kassenzeichen {case.cash_reference}")
    assert (await close(cashier, CaseState.WRITTEN_OFF)).status == 200
    (closed,) = await cashier.cases()
    assert (closed.state, closed.total) == (CaseState.WRITTEN_OFF, euros("7.50"))
    assert await cashier.owes() == 0
    assert (await cashier.balances())["bad_debt"] == 750


async def test_what_was_paid_a_moment_ago_closes_by_that(cashier: Cashier) -> None:
    _, case = await reminded_twice(cashier)
    await cashier.received(4750, f"Kassenzeichen {case.cash_reference}")
    command = CloseCase(case.id, CaseState.WRITTEN_OFF, "said so")
    assert code(await cashier.settlement.close_case(cashier.call(command, "fatima"), command)) == "already_paid"
    (closed,) = await cashier.cases()
    assert (closed.state, closed.total) == (CaseState.PAID, euros("47.50"))
    await cashier.work()
    assert (await cashier.cases(), await cashier.owes()) == ([closed], 0)
    assert code(await close(cashier, CaseState.WRITTEN_OFF)) == "case_closed"


async def test_what_is_given_up_goes_with_its_fees(cashier: Cashier) -> None:
    await reminded_twice(cashier)
    await close(cashier, CaseState.WRITTEN_OFF)
    assert await cashier.owes() == 0
    assert await cashier.balances() == {"bad_debt": 4750, "damages": -4750}


async def test_what_was_given_up_is_posted_once_whatever_becomes_of_its_invoice(cashier: Cashier) -> None:
    booking, case = await reminded_twice(cashier)
    await close(cashier, CaseState.WRITTEN_OFF)
    before = await cashier.balances()
    await cashier.replace(case.claims[0].invoice_id, booking.id)
    assert (await cashier.balances(), await cashier.owes()) == (before, 0)
    kinds = await cashier.rows(
        "SELECT kind, count(*) FROM ledger_entries WHERE city = :city AND kind IN ('write_off', 'loss_changed') GROUP BY 1 ORDER BY 1"
    )
    assert kinds == [("loss_changed", 2), ("write_off", 1)]
    assert await cashier.catch_up() == 0
    assert [await cashier.post(Fact.DEBTS, booking.id) for _ in range(2)] == [0, 0]


async def test_what_nobody_told_the_ledger_of_a_case_is_found(cashier: Cashier) -> None:
    await reminded_twice(cashier)
    (case,) = await cashier.cases()
    command = CloseCase(case.id, CaseState.PAID_OTHERWISE, "said so", "receipt 118")
    await cashier.settlement.close_case(cashier.call(command, "fatima"), command)
    assert await cashier.owes() == 4750
    assert [await cashier.catch_up() for _ in range(2)] == [1, 0]
    assert await cashier.owes() == 0


async def test_a_fee_that_is_waived_is_credited_and_asked_for_no_more(cashier: Cashier) -> None:
    _, case = await reminded_twice(cashier)
    command = WaiveFees(case.id, "wrong address")
    assert (await cashier.settlement.waive_fees(cashier.call(command, "fatima"), command)).status == 200
    await cashier.work()
    (after,) = await cashier.cases()
    assert (after.total, [each.waived_for for each in after.charges]) == (euros("45.00"), ["wrong address"])
    assert await cashier.owes() == 4500
    assert (await cashier.settlement.waive_fees(cashier.call(command, "fatima"), command)).status == 200
    assert await cashier.cases() == [after]


async def test_a_fee_is_waived_while_she_pays_what_she_did_not_transfer(cashier: Cashier) -> None:
    booking, case = await reminded_twice(cashier)
    await cashier.transferred(2500, str(case.cash_reference))
    await cashier.world.pay(booking)
    command = WaiveFees(case.id, "wrong address")
    assert (await cashier.settlement.waive_fees(cashier.call(command, "fatima"), command)).status == 200
    (waived,) = await cashier.cases()
    assert (waived.state, waived.owed, waived.fees) == (CaseState.OPEN, euros("20.00"), 0)


async def test_what_comes_open_after_a_case_was_closed_is_another_case(cashier: Cashier) -> None:
    await cashier.rows(
        """UPDATE cities SET settings = settings || '{"disputes": {"claim_lost": true}}' WHERE city = :city RETURNING city"""
    )
    booking = await unpaid(cashier)
    await cashier.world.pay(booking, "pm_card_createDispute")
    await cashier.work()
    (paid,) = await cashier.cases()
    assert paid.state is CaseState.PAID
    await cashier.gather()
    await cashier.work()
    await cashier.answer(None)
    await cashier.work()
    first, second = await cashier.cases()
    assert first == paid
    assert (second.state, second.owed, second.id != paid.id) == (CaseState.OPEN, euros("45.00"), True)
    await close(cashier, CaseState.WRITTEN_OFF)
    await cashier.settlement.review(cashier.city, booking.id)
    assert [each.state for each in await cashier.cases()] == [CaseState.PAID, CaseState.WRITTEN_OFF]
