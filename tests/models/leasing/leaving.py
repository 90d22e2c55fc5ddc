"""When a lease ends early: notice, what it comes to, and by which way it goes on or is settled."""

from datetime import timedelta

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import ImportantReason, Protocol, Termination
from domain.bike_leasing.contracts.parties import PartyId
from domain.money import Money
from services.bike_leasing.contracts.leaving import (
    GiveNotice,
    Settle,
    Transfer,
    WorkOut,
    buy_lease_out,
    give_notice,
    go_on_alone,
    settle_lease,
    transfer_lease,
    work_out,
)
from tests.models.leasing.life import Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.reckoning import Agreed
from tests.models.leasing.town import refused


async def leave(lives: Lives, life: Life) -> None:
    """Notice is given for some day before or afterwards, or for the first of this month."""
    today = lives.town.now.date()
    on = lives.dice.choice((today.replace(day=1), today + timedelta(days=lives.dice.randrange(-20, 50))))
    on = min(on, today) if life.state == "suspended" else on
    notice = GiveNotice(life.id, Termination(ImportantReason.LEAVING, max(on, life.reckoned.first)))
    await lives.do(life, "terminate", "terminating", give_notice, notice, lives.town.lessor)
    life.reckoned.give_notice(notice.termination.on)


async def terminating(lives: Lives, life: Life) -> None:
    money, chance = life.reckoned, lives.dice.random()
    if chance < 0.15:
        return
    if life.made_out is None or chance < 0.3:
        await _make_out(lives, life)
    elif chance < 0.5 and money.payer is not None:
        await _transfer(lives, life)
    elif chance < 0.7 and life.credit and money.payer is not None:
        await _go_on_alone(lives, life)
    elif chance < 0.85 and life.buyout is not None:
        if money.to_come(lives.town.now.date()):
            assert refused(await lives.town.act(buy_lease_out, life.id, life.holder)) == "too_early_for_that"
            return
        await lives.do(life, "buy_out", "early_ended", buy_lease_out, life.id, life.holder)
        lives.sold(life.buyout)
        lives.gone(life)
    else:
        await settles(lives, life)


async def _transfer(lives: Lives, life: Life) -> None:
    to = lives.dice.choice([each for each in lives.employers if each != life.reckoned.terms])
    command = Transfer(life.id, PartyId(str(to.employer)))
    await lives.do(life, "transfer", "active", transfer_lease, command, lives.town.lessor)
    _taken_over(lives, life, to)


async def _go_on_alone(lives: Lives, life: Life) -> None:
    await lives.do(life, "continue_privately", "active", go_on_alone, life.id, life.holder)
    _taken_over(lives, life, None)
    if lives.dice.random() < 0.8:
        await lives.town.name_account(life.id, life.holder)
        life.is_debited = True


def _taken_over(lives: Lives, life: Life, terms: Agreed | None) -> None:
    life.reckoned.taken_over(terms, lives.town.now.date())
    life.made_out, life.buyout, life.credit = None, None, False


async def _make_out(lives: Lives, life: Life) -> None:
    dice, money = lives.dice, life.reckoned
    proceeds, used = dice.randrange(life.price), dice.random() < 0.3
    life.buyout, life.credit = proceeds + 1 if dice.random() < 0.5 else None, dice.random() < 0.7
    price = Money(life.buyout, EUR) if life.buyout is not None else None
    asked = WorkOut(life.id, Money(proceeds, EUR), used, price, life.credit)
    await lives.do(life, "make_out", life.state, work_out, asked, lives.town.lessor)
    life.made_out, left = f"settlement-{len(life.acts)}", money.waiting()
    life.sheets[life.made_out] = {"owed": money.settlement(left, proceeds, service_used=used)}


async def settles(lives: Lives, life: Life) -> None:
    lessor = lives.town.lessor
    if life.made_out is None:
        assert refused(await lives.town.act(settle_lease, Settle(life.id, "", None), lessor)) == "not_made_out"
        await _make_out(lives, life)
        return
    shown = life.sheets[life.made_out]["owed"]
    back = Protocol(lives.town.now.date(), "", Money(0, EUR)) if life.state == "terminating" else None
    other = Settle(life.id, "settlement-1", back)
    assert refused(await lives.town.act(settle_lease, other, lessor)) == "not_as_shown"
    settle = Settle(life.id, life.made_out, back)
    if life.state == "terminating" and life.reckoned.to_come(lives.town.now.date()):
        assert refused(await lives.town.act(settle_lease, settle, lessor)) == "too_early_for_that"
        return
    after = await lives.do(life, "settle", "early_ended", settle_lease, settle, lessor)
    assert after.lease.settled == Money(shown, EUR)
    lives.made_good(shown)
    lives.gone(life)
