"""What every payment gateway does with direct debits, the real one against the sandbox and the fake alike."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain.payments.payments import Capture, Intent, Kind, Payment, PaymentState, Purpose
from infra.clock import now
from services.payments.ports import Agreement, MandateRequired, NotDebitable, PaymentGateway, UnknownMethod
from tests.adapters.payments.sandbox.debits import FAILS_LATER, PAYS_LATER, bank_account
from tests.adapters.payments.sandbox.running import Running
from tests.adapters.payments.sandboxed import CITY, stripe_gateway
from tests.contracts.test_payment_gateway import a_new_payment, known
from tests.examples import person_id
from tests.fakes.gateway import ACCOUNT, FakeGateway

CREDITOR = "DE98ZZZ09999999999"
AGREED = Agreement("192.0.2.7", "a browser")


class Bank(Struct, frozen=True):
    """A gateway, and the bank behind it."""

    gateway: PaymentGateway
    sandbox: Running | None

    async def account(self, iban: str = PAYS_LATER) -> str:
        return f"{ACCOUNT}_{iban}" if self.sandbox is None else await bank_account(self.sandbox, iban)

    async def speaks(self, payment: Payment, *, pays: bool) -> None:
        if isinstance(self.gateway, FakeGateway):
            self.gateway.debit_ended(payment, paid=pays)
        elif self.sandbox is not None:
            await self.sandbox.advance(3 * 60)

    async def opened(self, payment: Payment) -> tuple[Payment, str]:
        customer = await self.gateway.customer(CITY, payment.holder_id)
        return known(payment, await self.gateway.open(CITY, payment, customer)), customer

    async def debited(self, account: str) -> tuple[Payment, Intent, str]:
        payment, customer = await self.opened(a_debit())
        asked = await self.gateway.confirm(CITY, payment, account, None, AGREED)
        return replace(known(payment, asked), mandate=asked.mandate), asked, customer


@pytest.fixture(params=["fake", "stripe"])
async def bank(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bank]:
    if request.param == "fake":
        yield Bank(FakeGateway(), None)
        return
    async with stripe_gateway(tmp_path / "stripe") as (real, sandbox):
        yield Bank(real, sandbox)


def a_debit() -> Payment:
    return replace(a_new_payment(capture=Capture.AUTOMATIC), creditor_id=CREDITOR)


async def test_a_debit_is_processing_until_its_bank_has_paid(bank: Bank) -> None:
    account = await bank.account()
    payment, asked, customer = await bank.debited(account)
    assert (asked.state, asked.method_id, asked.captured) == (PaymentState.PROCESSING, account, 0)
    assert asked.mandate is not None
    assert asked.debit_on == now().date() + timedelta(days=2)
    await bank.speaks(payment, pays=True)
    paid = await bank.gateway.fetch(CITY, payment, customer)
    assert paid is not None
    assert (paid.state, paid.captured, paid.mandate) == (PaymentState.CAPTURED, 2470, asked.mandate)


async def test_a_debit_that_its_bank_does_not_pay_has_failed(bank: Bank) -> None:
    payment, asked, customer = await bank.debited(await bank.account(FAILS_LATER))
    await bank.speaks(payment, pays=False)
    failed = await bank.gateway.fetch(CITY, payment, customer)
    assert failed is not None
    assert (failed.state, failed.captured, failed.failure, failed.mandate, failed.method_id) == (
        PaymentState.FAILED,
        0,
        "payment_method_provider_decline",
        asked.mandate,
        None,
    )


async def test_an_account_with_a_mandate_is_debited_again_with_and_without_its_owner(bank: Bank) -> None:
    account = await bank.account()
    first, asked, customer = await bank.debited(account)
    await bank.speaks(first, pays=True)
    payment, _ = await bank.opened(a_debit())
    again = await bank.gateway.confirm(CITY, payment, account, None)
    assert (again.state, again.mandate) == (PaymentState.PROCESSING, asked.mandate)
    rest = replace(a_debit(), purpose=Purpose.REMAINDER, method_id=account)
    alone = await bank.gateway.open(CITY, rest, customer)
    assert (alone.state, alone.mandate) == (PaymentState.PROCESSING, asked.mandate)


async def test_nothing_is_debited_without_a_mandate(bank: Bank) -> None:
    payment, _ = await bank.opened(a_debit())
    account = await bank.account()
    with pytest.raises(MandateRequired):
        await bank.gateway.confirm(CITY, payment, account, None)
    assert (await bank.gateway.confirm(CITY, payment, account, None, AGREED)).state is PaymentState.PROCESSING


@pytest.mark.parametrize(
    "payment",
    [a_new_payment(), a_new_payment(Kind.SETUP), a_new_payment(capture=Capture.AUTOMATIC)],
    ids=["held", "saved", "not offered"],
)
async def test_what_may_not_be_debited_is_not(bank: Bank, payment: Payment) -> None:
    opened, _ = await bank.opened(payment)
    with pytest.raises(NotDebitable):
        await bank.gateway.confirm(
            CITY, opened, await bank.account(), None, AGREED if payment.kind is Kind.PAYMENT else None
        )


async def test_an_account_that_another_person_saved_is_unknown(bank: Bank) -> None:
    account = await bank.account()
    await bank.debited(account)
    theirs = replace(a_debit(), holder_id=person_id("ben"))
    opened, _ = await bank.opened(theirs)
    with pytest.raises(UnknownMethod):
        await bank.gateway.confirm(CITY, opened, account, None, AGREED)
