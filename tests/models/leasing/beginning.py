"""Until somebody has her bike: offered, applied for, approved by an employer or granted to a consumer, and picked up."""

from datetime import timedelta
from decimal import Decimal

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import BikeKind, LeasedBike, LeaseId, PinId
from domain.bike_leasing.contracts.parties import Parties, PartyId
from domain.money import Money
from services.bike_leasing.contracts.deciding import Decide, Ordering, decide_on_lease, order_lease
from services.bike_leasing.contracts.handing import GetReady, Hand, get_ready, hand_lease_over
from services.bike_leasing.contracts.offering import Offering, apply_for_lease, offer_lease
from services.bike_leasing.contracts.undoing import GiveUp, cancel_lease
from tests.models.leasing.life import OVER, Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.reckoning import Reckoned, benefit_of, month_after, rate_of, residual_of
from tests.models.leasing.town import DEALER, LESSOR, Seal, refused
from tests.models.leasing.withdrawing import may_withdraw


async def begin(lives: Lives) -> None:
    life = await _offered(lives)
    await (_granted if life.is_consumers else _approved)(lives, life)
    if life.state in OVER:
        return
    ready = GetReady(life.id, PinId(lives.new_id()), f"SN-{len(lives.all)}")
    await lives.do(life, "make_ready", "ready_for_pickup", get_ready, ready, lives.town.dealer)
    if lives.dice.random() < lives.often.gives_up:
        await lives.do(life, "cancel", "cancelled", cancel_lease, GiveUp(life.id, ""), life.holder)
        return
    await may_withdraw(lives, life)
    if life.state not in OVER:
        await _handed_over(lives, life, ready)


async def _offered(lives: Lives) -> Life:
    dice, town = lives.dice, lives.town
    agreed, price = dice.choice(lives.agreed), dice.randrange(900_00, 6_500_00)
    life = Life(LeaseId(lives.new_id()), await town.person(lives.new_id()), agreed, price)
    lives.all.append(life)
    bike = LeasedBike(BikeKind.PEDELEC, "Stadtrad 9", Money(price + 300_00, EUR), Money(price, EUR))
    employer = PartyId(agreed.employer) if agreed.employer is not None else None
    offering = Offering(life.id, Parties(life.holder.id, DEALER, LESSOR, employer), bike, town.now + timedelta(days=20))
    await lives.do(life, "offer", "offered", offer_lease, offering, town.dealer)
    rate = rate_of(price, agreed)
    life.sheets |= {
        "rate": {"rate": rate},
        "month": {"total": rate + agreed.insurance + agreed.service + agreed.protection},
    }
    if life.is_consumers:
        total = agreed.months * (rate + agreed.insurance + agreed.protection) + residual_of(price, agreed)
        life.sheets["effective_rate"] = {"total": total, "cost": total - price}
        life.sheets["representative"] = {}  # of bikes at other prices, which nobody leases here
    await lives.do(life, "apply", "applied", apply_for_lease, life.id, life.holder)
    return life


async def _approved(lives: Lives, life: Life) -> None:
    """By her employer, and then by the lessor."""
    hr, yes = lives.hr[life.agreed.employer], Decide(life.id, True, frozenset(), None, Decimal("21.50"), "")
    assert refused(await lives.town.act(decide_on_lease, yes, life.holder)) == "not_yours_to_do"
    if lives.dice.random() < lives.often.gives_up:
        no = Decide(life.id, False, frozenset(), None, Decimal(0), "befristet")
        await lives.do(life, "reject", "rejected", decide_on_lease, no, hr)
        return
    await lives.do(life, "approve", "approved", decide_on_lease, yes, hr)
    order, lessor = Ordering(life.id, True, True, ""), lives.town.lessor
    assert refused(await lives.town.act(order_lease, order, lessor)) == "not_signed"
    await lives.town.shelf.sign(life.id, life.holder.id)
    await lives.do(life, "order", "ordered", order_lease, order, lessor)


async def _granted(lives: Lives, life: Life) -> None:
    """By the lessor alone, who looks at what she can pay; no employer hears of it."""
    town, dice = lives.town, lives.dice
    yes = Decide(life.id, True, frozenset(), None, Decimal("21.50"), "")
    assert refused(await town.act(decide_on_lease, yes, dice.choice(list(lives.hr.values())))) == "unknown_lease"
    if dice.random() < lives.often.gives_up:
        no = Ordering(life.id, False, False, "Auskunft reicht nicht")
        await lives.do(life, "reject", "rejected", order_lease, no, town.lessor)
        lives.seen["credit refused"] += 1
        return
    order = Ordering(life.id, True, True, "")
    assert refused(await town.act(order_lease, order, town.lessor)) == "credit_not_granted"
    life.told, life.concluded_on = dice.random() < 0.7, town.now.date()
    order = Ordering(life.id, True, True, "", credit_granted=True, told=life.told)
    await lives.do(life, "order", "ordered", order_lease, order, town.lessor)
    await may_withdraw(lives, life)


async def _handed_over(lives: Lives, life: Life, ready: GetReady) -> None:
    town, agreed = lives.town, life.agreed
    handed = Hand(life.id, Seal().code(None, ready.pin_id), True, True)
    await lives.do(life, "hand_over", "handed_over", hand_lease_over, handed, town.dealer, seal=Seal())
    terms, rate = agreed if not life.is_consumers else None, life.sheets["rate"]["rate"]
    life.money = Reckoned(agreed, life.price, rate, month_after(town.now.date()), terms)
    if not life.is_consumers:
        life.sheets["benefit"] = {"benefit": benefit_of(life.price + 300_00)}
        lives.bought(life)
        return
    life.sheets["effective_rate_from_handover"] = life.sheets["effective_rate"]
    life.handed_over_on = town.now.date()
    if lives.dice.random() < 0.9:
        await town.name_account(life.id, life.holder)
        life.is_debited = True
    lives.bought(life)
