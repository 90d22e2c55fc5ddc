"""A further month of a lease, which its debtor transfers by herself: reminded of when it is late, and expected until then."""

from datetime import timedelta

import pytest

from domain.booking.bookings import Booking
from domain.booking.resources import Service
from domain.payments.dunning import CaseState
from domain.payments.settlement import Asked
from tests.services.settlement.cashier import Cashier
from tests.services.settlement.debtors import close

pytestmark = pytest.mark.database


async def leased(cashier: Cashier) -> tuple[Booking, int]:
    """The second month of a bike has just begun; so much is to be transferred for it."""
    booking = await cashier.world.booking(Service.BIKE_LEASING, starts_in=timedelta(hours=1), lasts=timedelta(days=365))
    await cashier.world.pay(booking, "pm_card_visa")
    await cashier.work()
    await cashier.rows(
        "UPDATE bookings SET state = 'in_use', started_at = starts WHERE city = :city AND id = :id RETURNING id",
        id=booking.id,
    )
    cashier.world.clock.pass_by(days=32)
    await cashier.issue(booking.id)
    await cashier.work()
    months = await cashier.rows(
        "SELECT gross, content::json ->> 'collected' FROM invoices WHERE city = :city ORDER BY issued_at, position"
    )
    assert [collected for _, collected in months] == ["true", "false"]
    return booking, months[1][0]


async def test_a_month_that_nobody_transferred_is_reminded_of_once_it_is_late(cashier: Cashier) -> None:
    booking, month = await leased(cashier)
    await cashier.remind()
    assert await cashier.cases() == []
    await cashier.after(days=16)
    (case,) = await cashier.cases()
    assert (case.owed.amount, [claim.later for claim in case.claims]) == (month, [True])
    asked = await cashier.world.books.work(cashier.city, booking.id, lambda books: books.asked())
    assert asked == Asked(0)  # a month is transferred, not paid by card
    await cashier.transferred(month, str(case.cash_reference))
    assert [each.state for each in await cashier.cases()] == [CaseState.PAID]


@pytest.mark.parametrize("days", [0, 500])
async def test_what_was_given_up_of_a_month_is_expected_no_more_however_long_ago(cashier: Cashier, days: int) -> None:
    booking, month = await leased(cashier)
    assert await cashier.expected() == [(month, month)]
    await cashier.after(days=16)
    (case,) = await cashier.cases()
    await cashier.transferred(1000, str(case.cash_reference))
    assert await cashier.expected() == [(month, month - 1000)]
    await close(cashier, booking, CaseState.WRITTEN_OFF)
    cashier.world.clock.pass_by(days=days)
    assert await cashier.expected() == ([] if days else [(1000, 0)])
