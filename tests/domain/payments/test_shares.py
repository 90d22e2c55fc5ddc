"""What another operator gets of what is paid for its uses, and who agreed on that from when on."""

from datetime import date

import pytest
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.life import bill
from domain.booking.paying import PaymentDue, pay
from domain.cities.partners import Partner, PartnerFee
from domain.identity import City
from domain.payments.payments import Kind, Payment, PaymentId, PaymentState, Purpose, RecoveryPoint, Share
from domain.payments.settlement import Begin, next_step
from services.payments.ports import Account
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.examples import NOON, a_booking, a_payment, an_actor, an_id, hours

NEXT = PaymentId(an_id("next payment"))
TENTH, FIFTH = Share("acct_b", 1000), Share("acct_b", 2000)
FEES = (PartnerFee(date(2026, 1, 1), 1000, "contract"), PartnerFee(date(2027, 1, 1), 2000, "another"))
PARTNER = Partner("Autoteiler", "acct_b", ("fleet-standard",), FEES)


@pytest.mark.parametrize(("amount", "fee"), [(0, 0), (4, 0), (5, 1), (2470, 247), (2475, 248), (2474, 247)])
def test_a_fee_is_rounded_half_up(amount: int, fee: int) -> None:
    assert TENTH.fee(amount) == fee


@pytest.mark.parametrize(
    ("tariff", "day", "share"),
    [
        ("fleet-standard", date(2025, 12, 31), None),
        ("fleet-standard", date(2026, 1, 1), TENTH),
        ("fleet-standard", date(2026, 12, 31), TENTH),
        ("fleet-standard", date(2027, 1, 1), FIFTH),
        ("charging-standard", date(2027, 1, 1), None),
    ],
)
def test_an_agreement_counts_from_its_day_on_for_the_operators_own_tariffs(
    tariff: str, day: date, share: Share | None
) -> None:
    account = Account(City("braunschweig"), "acct_a", "pk_a", "env:A", "env:B", partners=(PARTNER,))
    assert account.share_of(tariff, day) == share


def test_the_first_payment_decides_for_all_that_follow() -> None:
    held = a_booking(State.HELD)
    now = held.made_at
    due = pay(held, (), an_actor("ada"), NEXT, now, share=TENTH)
    assert isinstance(due, PaymentDue)
    assert due.payment.share == TENTH
    refused = a_payment(held, PaymentState.FAILED, recovery_point=RecoveryPoint.SETTLED, share=TENTH)
    again = pay(held, (refused,), an_actor("ada"), NEXT, now, share=FIFTH)
    assert isinstance(again, PaymentDue)
    assert again.payment.share == TENTH


@pytest.mark.parametrize("share", [TENTH, None])
def test_a_later_hold_is_shared_as_the_card_was_saved(share: Share | None) -> None:
    booking = a_booking(State.CONFIRMED)
    saved: Payment = a_payment(
        booking,
        PaymentState.SAVED,
        kind=Kind.SETUP,
        method_id="pm_1",
        recovery_point=RecoveryPoint.SETTLED,
        share=share,
    )
    step = next_step(bill(booking), [saved], NEXT, NOON - hours(3))
    assert isinstance(step, Begin)
    assert (step.payment.purpose, step.payment.share) == (Purpose.LATER_HOLD, share)


@pytest.mark.parametrize(
    ("partner", "words"),
    [
        (replace(PARTNER, account="b"), "account looks like"),
        (replace(PARTNER, tariffs=()), "the tariffs that it operates"),
        (replace(PARTNER, fees=()), "basis points"),
        (replace(PARTNER, fees=(replace(FEES[0], basis_points=10_001),)), "basis points"),
        (replace(PARTNER, fees=(FEES[0], replace(FEES[1], valid_from=FEES[0].valid_from))), "from a day on"),
    ],
)
def test_what_is_wrong_with_a_partner_is_said(partner: Partner, words: str) -> None:
    (fault,) = [each for each in replace(BRAUNSCHWEIG, partners=(partner,)).faults() if each.startswith("partners")]
    assert words in fault


def test_a_tariff_has_one_operator() -> None:
    another = replace(PARTNER, name="Another", account="acct_c")
    alone, both = (replace(BRAUNSCHWEIG, partners=each).faults() for each in ((PARTNER,), (PARTNER, another)))
    assert set(both) - set(alone) == {"partners: a tariff has one operator"}
