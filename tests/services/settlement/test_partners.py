"""What is paid for another operator's uses: it goes on whole, the city's fee comes back, and a refund takes both back."""

from datetime import date

import pytest
from msgspec.structs import replace

from adapters.database.ledger.journal import SqlLedgers
from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from domain.cities.partners import Partner, PartnerFee
from domain.payments.payments import Share
from infra.ids import new_id
from services.ledger.posting import Fact, post
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.examples import FLEET_STANDARD, euros
from tests.services.payments.world import FAILS_LATER, VISA
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database
FEE = PartnerFee(date(2025, 1, 1), 1000, "contract")
PARTNER = Partner("Autoteiler", "acct_autoteiler", (FLEET_STANDARD.id,), (FEE,))
MOVED = "SELECT id, kind, amount, fee FROM provider_transactions WHERE city = :city"


@pytest.fixture
def shared(town: Treasury) -> Treasury:
    """A town where a partner operates the cars, for a tenth."""
    (account,) = town.world.accounts.known
    town.world.accounts = KnownAccounts((replace(account, partners=(PARTNER,)),))
    return town


async def driven(town: Treasury) -> Booking:
    """Held for two hours, and 4.70 of that were driven for."""
    booking = await town.world.booking(Service.FLEET)
    await town.world.pay(booking, VISA)
    await town.world.end(booking, State.COMPLETED, euros("4.70"))
    await town.world.payments.settle(town.city, booking.id)
    return booking


async def operators(town: Treasury) -> list[tuple[str, int]]:
    """The ledger's balances once every movement is posted, without the receivables, whose invoices nobody wrote."""
    ledgers = SqlLedgers(town.databases.app.statements, town.world.clock, new_id)
    for movement, *_ in await town.rows(MOVED):
        await post(Fact.MOVEMENT, town.city, movement, ledgers=ledgers)
    rows = await town.rows(
        "SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::int FROM ledger_legs"
        " WHERE city = :city AND account <> 'receivables' GROUP BY 1 ORDER BY 1"
    )
    return [(account, amount) for account, amount in rows]


async def test_what_was_driven_goes_on_and_the_fee_comes_back_by_what_was_taken(shared: Treasury) -> None:
    booking = await driven(shared)
    assert (await shared.world.payment(booking)).share == Share("acct_autoteiler", 1000)
    await shared.gather()
    assert await shared.moved() == [("application_fee", 47, 0), ("charge", 470, 32), ("transfer", -470, 0)]
    assert await operators(shared) == [("operators", 423), ("provider", 15), ("provider_fees", 32)]
    rows = await shared.rows("SELECT booking_id FROM provider_transactions WHERE city = :city AND kind = 'transfer'")
    assert rows == [(booking.id,)]


async def test_a_refund_takes_the_operators_part_and_the_fee_on_it_back(shared: Treasury) -> None:
    booking = await driven(shared)
    for amount in (100, 55):
        assert (await shared.propose(booking, amount)).status == 200
        await shared.work()
    await shared.gather()
    assert await shared.moved() == [
        ("application_fee", -10, 0),
        ("application_fee", -6, 0),
        ("application_fee", 47, 0),
        ("charge", 470, 32),
        ("refund", -100, 0),
        ("refund", -55, 0),
        ("transfer", -470, 0),
        ("transfer", 55, 0),
        ("transfer", 100, 0),
    ]
    assert await operators(shared) == [("operators", 423 - 155 + 16), ("provider", -1), ("provider_fees", 32)]


async def test_what_a_hold_does_not_cover_is_shared_as_the_first_payment_was(shared: Treasury) -> None:
    booking = await shared.world.booking(Service.FLEET)
    await shared.world.pay(booking, VISA)
    (account,) = shared.world.accounts.known
    dearer = replace(PARTNER, fees=(replace(FEE, basis_points=5000),))
    shared.world.accounts = KnownAccounts((replace(account, partners=(dearer,)),))
    held = (await shared.world.payment(booking)).amount.amount
    await shared.world.end(booking, State.COMPLETED, replace(euros("0.00"), amount=held + 1000))
    await shared.world.payments.settle(shared.city, booking.id)
    await shared.world.work()
    rest = await shared.world.payment(booking)
    assert (rest.purpose.value, rest.captured, rest.share) == ("remainder", 1000, Share("acct_autoteiler", 1000))
    await shared.gather()
    assert ("application_fee", 100, 0) in await shared.moved()


async def test_what_the_city_operates_itself_is_not_shared(shared: Treasury) -> None:
    booking = await shared.paid()
    assert (await shared.world.payment(booking)).share is None
    await shared.gather()
    assert {kind for kind, *_ in await shared.moved()} == {"charge"}


async def test_a_card_that_is_saved_first_is_held_for_the_operator_later(shared: Treasury) -> None:
    booking = await shared.world.booking(Service.FLEET)
    await shared.world.pay(booking, FAILS_LATER)
    assert (await shared.world.payment(booking)).share == Share("acct_autoteiler", 1000)
