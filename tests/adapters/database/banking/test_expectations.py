"""What is expected at the bank of what reminders ask for."""

from datetime import date

from msgspec.structs import replace

from adapters.database.banking.expectations import Dunned, dunned
from domain.payments.owing import Claim
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from tests.examples import an_id

DUE = date(2030, 7, 1)
MONTH = Expected(ExpectedId(f"invoice:{an_id('month')}"), ExpectedKind.INVOICE, 4900, "EUR", DUE, ("K3", "RE-3"))
USE = Claim(an_id("use"), "RE-1", "K1", 2470)


def a_month(open_: int, transferred: int) -> Claim:
    return Claim(an_id("month"), "RE-3", "K3", open_, transferred, later=True)


def test_of_a_month_that_came_in_part_before_it_was_due_the_rest_is_still_expected() -> None:
    early = Dunned((USE, a_month(0, 2000)), "EUR", is_open=True, due_on=DUE)
    assert dunned([MONTH], [early])[0] == MONTH
    late = replace(early, claims=(USE, a_month(2900, 2000)))
    assert dunned([MONTH], [late])[0] == replace(MONTH, asked_with=("K1",))


def test_what_a_case_asks_for_of_a_month_is_expected_without_what_was_given_up_before() -> None:
    case = Dunned((a_month(1000, 2000),), "EUR", is_open=True, due_on=DUE)
    assert dunned([MONTH], [case]) == (replace(MONTH, amount=3000),)


def test_of_what_a_card_should_have_paid_a_closed_case_knows_what_came_in_the_end() -> None:
    first = Dunned((replace(USE, open=0, transferred=1000),), "EUR", is_open=False, due_on=DUE)
    second = replace(first, claims=(replace(USE, open=0, transferred=2470),))
    assert [each.amount for each in dunned([], [first, second])] == [2470]
