"""What every payment gateway's own page does for whoever has no account, the real one against the sandbox and the fake alike."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain.payments.payments import Intent, Payment, PaymentState, Purpose
from services.payments.ports import PaymentGateway, ProviderRefused
from tests.adapters.payments.sandboxed import CITY, stripe_gateway
from tests.contracts.test_payment_gateway import ASKS, DECLINES, VISA, a_new_payment, known
from tests.fakes.gateway import FakeGateway

BACK = "https://city.example/charging"


class Visitor(Struct, frozen=True):
    """A gateway, and somebody with a browser."""

    gateway: PaymentGateway

    async def opened(self, payment: Payment) -> Intent:
        return await self.gateway.open(CITY, payment, None, BACK)

    async def pays(self, page: Intent, card: str = VISA) -> None:
        assert page.action_url is not None
        if isinstance(self.gateway, FakeGateway):
            self.gateway.visited(page.action_url, card)
            return
        async with httpx.AsyncClient() as browser:
            shown = await browser.get(page.action_url)
            assert "Pay 24.70 EUR" in shown.text
            paid = await browser.post(page.action_url, data={"payment_method": card})
            assert paid.status_code in {200, 402}


@pytest.fixture(params=["fake", "stripe"])
async def visitor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Visitor]:
    if request.param == "fake":
        yield Visitor(FakeGateway())
        return
    async with stripe_gateway(tmp_path / "stripe") as (real, _):
        yield Visitor(real)


def an_ad_hoc_payment() -> Payment:
    return replace(a_new_payment(), purpose=Purpose.AD_HOC)


async def test_a_page_opened_twice_is_one_page(visitor: Visitor) -> None:
    payment = an_ad_hoc_payment()
    page = await visitor.opened(payment)
    assert await visitor.opened(payment) == page
    assert page == Intent(page.intent_id, PaymentState.REQUIRES_PAYMENT_METHOD, action_url=page.action_url)
    assert await visitor.gateway.fetch(CITY, known(payment, page), None) == page


async def test_what_is_paid_at_the_page_is_held_and_taken_to_the_cent(visitor: Visitor) -> None:
    payment = an_ad_hoc_payment()
    page = await visitor.opened(payment)
    await visitor.pays(page)
    held = await visitor.gateway.fetch(CITY, known(payment, page), None)
    assert held is not None
    assert (held.state, held.captured) == (PaymentState.AUTHORISED, 0)
    assert held.intent_id != page.intent_id
    taken = await visitor.gateway.capture(CITY, known(payment, held), 1233)
    assert (taken.intent_id, taken.state, taken.captured) == (held.intent_id, PaymentState.CAPTURED, 1233)


async def test_a_card_that_says_no_leaves_the_page_open_for_another(visitor: Visitor) -> None:
    payment = an_ad_hoc_payment()
    page = await visitor.opened(payment)
    await visitor.pays(page, DECLINES)
    assert await visitor.gateway.fetch(CITY, known(payment, page), None) == page
    await visitor.pays(page)
    held = await visitor.gateway.fetch(CITY, known(payment, page), None)
    assert held is not None
    assert held.state is PaymentState.AUTHORISED


async def test_a_page_that_is_shut_takes_nothing(visitor: Visitor) -> None:
    payment = an_ad_hoc_payment()
    page = await visitor.opened(payment)
    shut = await visitor.gateway.give_back(CITY, known(payment, page), 0)
    assert shut == Intent(page.intent_id, PaymentState.RELEASED)
    assert await visitor.gateway.give_back(CITY, known(payment, page), 0) == shut
    assert await visitor.gateway.fetch(CITY, known(payment, page), None) == shut


async def test_a_page_at_which_somebody_has_paid_is_not_shut_and_its_hold_let_go(visitor: Visitor) -> None:
    payment = an_ad_hoc_payment()
    page = await visitor.opened(payment)
    await visitor.pays(page)
    with pytest.raises(ProviderRefused):
        await visitor.gateway.give_back(CITY, known(payment, page), 0)
    held = await visitor.gateway.fetch(CITY, known(payment, page), None)
    assert held is not None
    assert (await visitor.gateway.give_back(CITY, known(payment, held), 0)).state is PaymentState.RELEASED


async def test_a_page_whose_address_was_lost_is_found_by_its_payment(visitor: Visitor) -> None:
    payment, other = an_ad_hoc_payment(), an_ad_hoc_payment()
    assert await visitor.gateway.fetch(CITY, payment, None) is None
    await visitor.opened(other)
    page = await visitor.opened(payment)
    assert await visitor.gateway.fetch(CITY, payment, None) == page


async def test_whoever_is_asked_by_her_bank_at_the_page_has_paid_once_she_said_yes(tmp_path: Path) -> None:
    """The fake has no bank behind its page."""
    async with stripe_gateway(tmp_path / "stripe") as (real, _), httpx.AsyncClient() as browser:
        visitor, payment = Visitor(real), an_ad_hoc_payment()
        page = await visitor.opened(payment)
        bank = await browser.post(page.action_url or "", data={"payment_method": ASKS})
        assert await real.fetch(CITY, known(payment, page), None) == page
        assert bank.status_code == 303
        await browser.post(bank.headers["location"], data={"outcome": "succeed"})
        held = await real.fetch(CITY, known(payment, page), None)
        assert held is not None
        assert held.state is PaymentState.AUTHORISED
