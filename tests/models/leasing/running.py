"""While a lease runs: a mishap, a rest of pay, a consumer's withdrawal, or notice."""

from datetime import date

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import BikeKind, Incident, IncidentKind, IncidentOutcome, LeasedBike
from domain.bike_leasing.contracts.suspensions import Pause
from domain.money import Money
from services.bike_leasing.contracts.mishaps import EndIncident, Report, end_incident, report
from services.bike_leasing.contracts.resting import GoOn, Rest, let_go_on, rest_lease
from tests.models.leasing.leaving import leave
from tests.models.leasing.life import Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.reckoning import benefit_of, month_after, month_before
from tests.models.leasing.town import refused
from tests.models.leasing.withdrawing import may_withdraw


async def handed_over(lives: Lives, life: Life) -> None:
    if await may_withdraw(lives, life) or life.reckoned.payer is None or lives.dice.random() >= lives.often.rests * 2:
        return
    first = life.reckoned.first
    for since, why in ((month_before(first), "before_first_month"), (month_after(first), "lease_not_begun")):
        resting = Rest(life.id, Pause.PARENTAL_LEAVE, since)
        assert refused(await lives.town.act(rest_lease, resting, lives.town.lessor)) == why
    await _rest_from(lives, life, lives.dice.choice(list(Pause)), first)
    lives.seen["rests before it began"] += 1


async def active(lives: Lives, life: Life) -> None:
    if await may_withdraw(lives, life):
        return
    chance, often = lives.dice.random(), lives.often
    if (chance := chance - often.mishaps) < 0:
        await mishap(lives, life)
    elif (chance := chance - often.rests) < 0:
        await _rest(lives, life)
    elif chance - often.leaves < 0:
        await leave(lives, life)


async def mishap(lives: Lives, life: Life) -> None:
    """Where the end was known already, it is so afterwards, without an offer to buy."""
    life.theft, today = lives.dice.random() < 0.5, lives.town.now.date()
    life.interrupted = {"active": None, "purchase_offered": "ending"}.get(life.state, life.state)
    if life.interrupted is not None:
        lives.seen[f"mishaps when {life.state}"] += 1
    kind = IncidentKind.THEFT if life.theft else IncidentKind.DAMAGE
    incident = Incident(kind, today, "VNr. 1/27" if life.theft else None, was_locked=life.theft)
    await lives.do(life, "report_incident", "incident", report, Report(life.id, incident), life.holder)


async def incident(lives: Lives, life: Life) -> None:
    chance = lives.dice.random()
    if not life.theft and chance < 0.6:
        repaired = EndIncident(life.id, IncidentOutcome.REPAIRED, None)
        await lives.do(life, "resolve", life.interrupted or "active", end_incident, repaired, life.holder)
    elif chance < 0.5:
        await _replaced(lives, life)
    else:
        await _lost(lives, life)


async def _lost(lives: Lives, life: Life) -> None:
    """From today on nothing is owed, or from an earlier day of notice on; what was made out of the bike is to be made out again."""
    lost, money, today = EndIncident(life.id, IncidentOutcome.TOTAL_LOSS, None), life.reckoned, lives.town.now.date()
    await lives.do(life, "declare_total_loss", "total_loss", end_incident, lost, lives.town.lessor)
    money.give_notice(min(today, money.notice or today))
    life.made_out, life.buyout, life.credit = None, None, False


LAST_YEAR_OF_THE_RULE = 2030


async def _replaced(lives: Lives, life: Life) -> None:
    """By a bike of any other price, which is a benefit in kind of its own to whoever converts pay."""
    price = lives.dice.randrange(life.price // 2, life.price * 2)
    bike = LeasedBike(BikeKind.PEDELEC, "Stadtrad 10", Money(price + 300_00, EUR), Money(price, EUR), "SN-swap")
    swap = EndIncident(life.id, IncidentOutcome.REPLACED, bike)
    await lives.do(life, "replace", life.interrupted or "active", end_incident, swap, lives.town.lessor)
    life.made_out, life.buyout, life.credit = None, None, False
    if life.reckoned.payer is not None and lives.town.now.year <= LAST_YEAR_OF_THE_RULE:
        life.sheets[f"benefit-{len(life.acts)}"] = {"benefit": benefit_of(price + 300_00)}


async def _rest(lives: Lives, life: Life) -> None:
    """From this month on, or the next. Whoever pays for herself has no pay that is converted, and so no rest."""
    pause, this = lives.dice.choice(list(Pause)), lives.town.now.date().replace(day=1)
    since = lives.dice.choice((this, month_after(this)))
    resting, money = Rest(life.id, pause, since), life.reckoned
    if money.payer is None:
        assert refused(await lives.town.act(rest_lease, resting, lives.town.lessor)) == "not_yours_to_do"
        return
    if money.rests and money.rests[-1].until is not None and since < money.rests[-1].until:
        assert refused(await lives.town.act(rest_lease, resting, lives.town.lessor)) == "not_on_a_first"
        return
    await _rest_from(lives, life, pause, since)


async def _rest_from(lives: Lives, life: Life, pause: Pause, since: date) -> None:
    money = life.reckoned
    hr = lives.hr[money.payer]
    await lives.do(life, "suspend", "suspended", rest_lease, Rest(life.id, pause, since), hr)
    money.rest(pause.value, since)
    lives.seen[f"rests insured for {'some' if money.rests[-1].insured else 'no'} months"] += 1


async def suspended(lives: Lives, life: Life) -> None:
    chance, this = lives.dice.random(), lives.town.now.date().replace(day=1)
    if chance < 0.25:
        on = lives.dice.choice((this, month_after(this)))
        if on <= life.reckoned.rests[-1].since:
            going = GoOn(life.id, on)
            assert refused(await lives.town.act(let_go_on, going, lives.town.lessor)) == "not_on_a_first"
            return
        await lives.do(life, "resume", "active", let_go_on, GoOn(life.id, on), lives.town.lessor)
        life.reckoned.go_on(on)
    elif chance < 0.3:
        await leave(lives, life)
