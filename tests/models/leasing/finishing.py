"""When a lease comes to its end: the bike is offered and bought, or it goes back and is looked at."""

from datetime import timedelta

from domain.bike_leasing.calculation.sheets import EUR
from domain.money import Money
from services.bike_leasing.contracts.finishing import (
    LookAt,
    OfferToBuy,
    PickUp,
    buy_bike,
    close_lease,
    inspect_bike,
    offer_to_sell,
    schedule_pickup,
    take_bike_back,
    take_offer_back,
)
from tests.models.leasing.life import Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.town import refused


async def ending(lives: Lives, life: Life) -> None:
    chance = lives.dice.random()
    if chance < 0.5:
        await _offer(lives, life)
    elif chance < 0.8:
        await _schedule(lives, life)


async def _offer(lives: Lives, life: Life) -> None:
    """A swapped bike's price is another one: what is asked follows from the list price of the bike that she has."""
    town, life.offer_until = lives.town, lives.town.now + timedelta(days=45)
    value = None if life.agreed.months == 36 else Money(life.price // 2, EUR)
    asked = OfferToBuy(life.id, life.offer_until, None, value)
    after = await lives.do(life, "offer_purchase", "purchase_offered", offer_to_sell, asked, town.lessor)
    assert after.lease.quote is not None
    listed = after.lease.quote.bike.list_price.amount
    life.sheets[f"purchase-{len(life.acts)}"] = {"offer": (listed * 18 + 50) // 100}


async def offered(lives: Lives, life: Life) -> None:
    chance, town = lives.dice.random(), lives.town
    assert life.offer_until is not None
    if life.offer_until <= town.now:
        assert refused(await town.act(buy_bike, life.id, life.holder)) == "lease_offer_expired"
        await lives.do(life, "revoke_purchase", "ending", take_offer_back, life.id, town.lessor)
    elif chance < 0.4:
        await lives.do(life, "purchase", "purchased", buy_bike, life.id, life.holder)
        lives.sold([sheet["offer"] for name, sheet in life.sheets.items() if name.startswith("purchase-")][-1])
        lives.gone(life)
    elif chance < 0.5:
        await _schedule(lives, life)


async def _schedule(lives: Lives, life: Life) -> None:
    pickup = PickUp(life.id, lives.town.now.date() + timedelta(days=14))
    await lives.do(life, "schedule_return", "return_scheduled", schedule_pickup, pickup, life.holder)


async def returns(lives: Lives, life: Life) -> None:
    await lives.do(life, "take_back", "returned", take_bike_back, life.id, lives.town.lessor)


async def inspected(lives: Lives, life: Life) -> None:
    found = lives.dice.choice((0, 40_00))
    seen = LookAt(life.id, "Kratzer am Rahmen", Money(found, EUR))
    await lives.do(life, "inspect", "inspected", inspect_bike, seen, lives.town.lessor)
    lives.made_good(found)
    lives.gone(life)


async def closed(lives: Lives, life: Life) -> None:
    await lives.do(life, "close", "closed", close_lease, life.id, lives.town.lessor)
