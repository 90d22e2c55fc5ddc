"""Lives of leases by dice: who has a bike, loses it, rests, leaves, buys or gives back, and what the state is after each act.

What follows from an act is written here by hand, and compared with what the product says.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    ImportantReason,
    Incident,
    IncidentKind,
    IncidentOutcome,
    LeasedBike,
    LeaseId,
    PinId,
    Protocol,
    Termination,
)
from domain.bike_leasing.contracts.parties import Parties, PartyId
from domain.bike_leasing.contracts.suspensions import Pause
from domain.identity import Actor, Role
from domain.money import Money
from services.bike_leasing.contracts.deciding import Decide, Ordering, decide_on_lease, order_lease
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
from services.bike_leasing.contracts.handing import GetReady, Hand, get_ready, hand_lease_over
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
from services.bike_leasing.contracts.mishaps import EndIncident, Report, end_incident, report
from services.bike_leasing.contracts.offering import Offering, apply_for_lease, offer_lease
from services.bike_leasing.contracts.ports import LeaseFile
from services.bike_leasing.contracts.resting import GoOn, Rest, let_go_on, rest_lease
from services.bike_leasing.contracts.undoing import GiveUp, cancel_lease
from tests.models.leasing.reckoning import Agreed, Reckoned, benefit_of, half_up, month_after, rate_of
from tests.models.leasing.town import DEALER, LESSOR, Seal, Town, done, refused

Act = Callable[["Life"], Awaitable[None]]
OVER = {"closed", "early_ended", "rejected", "cancelled"}


class Often(Struct, frozen=True):
    """How often what happens, by the month; `gives_up` by the lease."""

    rests: float
    mishaps: float
    leaves: float
    gives_up: float = 0.06


class Life(Struct):
    """A lease as we know it: its state, its acts in order, the sheets that it should have, and what it comes to once it has begun."""

    id: LeaseId
    holder: Actor
    agreed: Agreed
    price: int
    state: str = "draft"
    acts: list[str] = field(default_factory=list)
    sheets: dict[str, dict[str, int]] = field(default_factory=dict)
    money: Reckoned | None = None
    is_debited: bool = False
    made_out: str | None = None
    buyout: int | None = None
    credit: bool = False
    theft: bool = False
    offer_until: datetime | None = None
    had_on: date | None = None
    gone_on: date | None = None

    @property
    def cost(self) -> int:
        """Of the bike in the lessor's books, without tax."""
        return self.price - half_up(Fraction(self.price * 19, 119))

    def lost_before(self, month: date) -> int:
        """Of the bike's worth, in all months before that one, by equal parts."""
        money = self.reckoned
        past = (month.year - money.first.year) * 12 + month.month - money.first.month
        kept = half_up(Fraction(money.residual * self.cost, self.price))
        return half_up(Fraction((self.cost - kept) * min(max(past, 0), self.agreed.months), self.agreed.months))

    @property
    def reckoned(self) -> Reckoned:
        assert self.money is not None
        return self.money


class Lives:
    """`posted` is what acts should have put on accounts, debits less credits in cents."""

    def __init__(self, town: Town, agreed: tuple[Agreed, ...], often: Often, dice: Random) -> None:
        self.town, self.agreed, self.often, self.dice = town, agreed, often, dice
        self.all: list[Life] = []
        self.seen: Counter[str] = Counter()
        self.posted: Counter[str] = Counter()
        self.hr = {each.employer: town.acting(Role.HR, each.employer) for each in agreed}
        self._acts: dict[str, Act] = {
            "active": self._active,
            "suspended": self._suspended,
            "incident": self._incident,
            "total_loss": self._settles,
            "terminating": self._terminating,
            "ending": self._ending,
            "purchase_offered": self._offered,
            "return_scheduled": self._returns,
            "returned": self._inspected,
            "inspected": self._closed,
            "purchased": self._closed,
        }

    @property
    def running(self) -> list[Life]:
        return [life for life in self.all if life.state not in OVER]

    async def go_on(self) -> None:
        """What happens in the rest of a month to those who have a bike."""
        for life in self.running:
            if (act := self._acts.get(life.state)) is not None:
                await act(life)
            if self.dice.random() < 0.05:
                await self._mistaken(life)

    async def _do(
        self,
        life: Life,
        act: str,
        becomes: str,
        use_case: Callable[..., Awaitable[Any]],
        command: object,
        by: Actor,
        **more: Any,
    ) -> LeaseFile:
        """The act is done, and the lease is in that state then."""
        after = done(await self.town.act(use_case, command, by, **more))
        assert after.lease.state == becomes, (life.acts, act, after.lease.state)
        life.state = becomes
        life.acts.append(act)
        self.seen[act] += 1
        return after

    def lose_worth(self, month: date) -> None:
        """What bikes lost in the month before, of those that the lessor had at its end."""
        before = (month - timedelta(days=1)).replace(day=1)
        for life in self.all:
            if life.had_on is not None and life.had_on < month and (life.gone_on is None or life.gone_on >= month):
                self._lost(life.lost_before(month) - life.lost_before(before))

    def _lost(self, cents: int) -> None:
        self.posted["leased_bikes"] -= cents
        self.posted["depreciation"] += cents

    def _gone(self, life: Life) -> None:
        """The lessor has the bike no more."""
        life.gone_on = self.town.now.date()
        self._lost(life.cost - life.lost_before(life.gone_on))

    def _sold(self, cents: int) -> None:
        """The holder owes for the bike, tax included."""
        tax = half_up(Fraction(cents * 19, 119))
        for account, amount in (("receivables", cents), ("vat.19", -tax), ("revenue.bike_leasing.19", tax - cents)):
            self.posted[account] += amount

    def _made_good(self, cents: int) -> None:
        """The holder owes for a loss, untaxed."""
        self.posted["receivables"] += cents
        self.posted["damages"] -= cents

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    # -- until she has the bike

    async def begin(self) -> None:
        dice, town = self.dice, self.town
        agreed, price = dice.choice(self.agreed), dice.randrange(900_00, 6_500_00)
        life = Life(LeaseId(self._id()), await town.person(self._id()), agreed, price)
        self.all.append(life)
        hr, one = self.hr[agreed.employer], life.id
        bike = LeasedBike(BikeKind.PEDELEC, "Stadtrad 9", Money(price + 300_00, EUR), Money(price, EUR))
        parties = Parties(life.holder.id, DEALER, LESSOR, PartyId(agreed.employer))
        offering = Offering(one, parties, bike, town.now + timedelta(days=20))
        await self._do(life, "offer", "offered", offer_lease, offering, town.dealer)
        rate = rate_of(price, agreed)
        life.sheets |= {
            "rate": {"rate": rate},
            "month": {"total": rate + agreed.insurance + agreed.service + agreed.protection},
        }
        await self._do(life, "apply", "applied", apply_for_lease, one, life.holder)
        assert refused(await town.act(decide_on_lease, self._yes(life), life.holder)) == "not_yours_to_do"
        if dice.random() < self.often.gives_up:
            no = Decide(one, False, frozenset(), None, Decimal(0), "befristet")
            await self._do(life, "reject", "rejected", decide_on_lease, no, hr)
            return
        await self._do(life, "approve", "approved", decide_on_lease, self._yes(life), hr)
        await self._do(life, "order", "ordered", order_lease, Ordering(one, True, True, ""), town.lessor)
        ready = GetReady(one, PinId(self._id()), f"SN-{len(self.all)}")
        await self._do(life, "make_ready", "ready_for_pickup", get_ready, ready, town.dealer)
        if dice.random() < self.often.gives_up:
            await self._do(life, "cancel", "cancelled", cancel_lease, GiveUp(one, ""), life.holder)
            return
        handed = Hand(one, Seal().code(None, ready.pin_id), True, True)
        await self._do(life, "hand_over", "handed_over", hand_lease_over, handed, town.dealer, seal=Seal())
        life.money = Reckoned(agreed, price, rate, month_after(town.now.date()), agreed)
        life.sheets["benefit"] = {"benefit": benefit_of(price + 300_00)}
        life.had_on = town.now.date()
        for account, cents in (("leased_bikes", life.cost), ("input_vat", price - life.cost), ("dealers", -price)):
            self.posted[account] += cents

    def _yes(self, life: Life) -> Decide:
        return Decide(life.id, True, frozenset(), None, Decimal("21.50"), "")

    # -- while it runs

    async def _active(self, life: Life) -> None:
        chance, often = self.dice.random(), self.often
        if (chance := chance - often.mishaps) < 0:
            await self._mishap(life)
        elif (chance := chance - often.rests) < 0 and life.reckoned.payer is not None:
            await self._rest(life)
        elif chance - often.leaves < 0:
            await self._leave(life)

    async def _mishap(self, life: Life) -> None:
        life.theft, today = self.dice.random() < 0.5, self.town.now.date()
        kind = IncidentKind.THEFT if life.theft else IncidentKind.DAMAGE
        incident = Incident(kind, today, "VNr. 1/27" if life.theft else None, was_locked=life.theft)
        await self._do(life, "report_incident", "incident", report, Report(life.id, incident), life.holder)

    async def _incident(self, life: Life) -> None:
        lessor, chance = self.town.lessor, self.dice.random()
        if not life.theft and chance < 0.6:
            repaired = EndIncident(life.id, IncidentOutcome.REPAIRED, None)
            await self._do(life, "resolve", "active", end_incident, repaired, life.holder)
        elif chance < 0.5:
            other = LeasedBike(BikeKind.PEDELEC, "Stadtrad 10", Money(1, EUR), Money(1, EUR), serial_number="SN-swap")
            await self._do(life, "replace", "active", end_incident, self._swap(life, other), lessor)
        else:
            lost = EndIncident(life.id, IncidentOutcome.TOTAL_LOSS, None)
            await self._do(life, "declare_total_loss", "total_loss", end_incident, lost, lessor)
            life.reckoned.give_notice(self.town.now.date())

    def _swap(self, life: Life, other: LeasedBike) -> EndIncident:
        price = self.dice.randrange(life.price // 2, life.price * 2)
        bike = LeasedBike(other.kind, other.model, Money(price + 300_00, EUR), Money(price, EUR), other.serial_number)
        return EndIncident(life.id, IncidentOutcome.REPLACED, bike)

    async def _rest(self, life: Life) -> None:
        """From this month on, or the next."""
        pause, this = self.dice.choice(list(Pause)), self.town.now.date().replace(day=1)
        since = self.dice.choice((this, month_after(this)))
        resting, money = Rest(life.id, pause, since), life.reckoned
        if money.rests and money.rests[-1].until is not None and since < money.rests[-1].until:
            assert refused(await self.town.act(rest_lease, resting, self.town.lessor)) == "not_on_a_first"
            return
        await self._do(life, "suspend", "suspended", rest_lease, resting, self.hr[str(money.payer)])
        money.rest(pause.value, since)
        self.seen[f"rests insured for {'some' if money.rests[-1].insured else 'no'} months"] += 1

    async def _suspended(self, life: Life) -> None:
        chance, this = self.dice.random(), self.town.now.date().replace(day=1)
        if chance < 0.25:
            on = self.dice.choice((this, month_after(this)))
            if on <= life.reckoned.rests[-1].since:
                going = GoOn(life.id, on)
                assert refused(await self.town.act(let_go_on, going, self.town.lessor)) == "not_on_a_first"
                return
            await self._do(life, "resume", "active", let_go_on, GoOn(life.id, on), self.town.lessor)
            life.reckoned.go_on(on)
        elif chance < 0.3:
            await self._leave(life)

    # -- when it ends early

    async def _leave(self, life: Life) -> None:
        """Notice is given for some day before or afterwards, or for the first of this month."""
        today = self.town.now.date()
        on = self.dice.choice((today.replace(day=1), today + timedelta(days=self.dice.randrange(-20, 50))))
        notice = GiveNotice(life.id, Termination(ImportantReason.LEAVING, max(on, life.reckoned.first)))
        await self._do(life, "terminate", "terminating", give_notice, notice, self.town.lessor)
        life.reckoned.give_notice(notice.termination.on)

    async def _terminating(self, life: Life) -> None:
        money, chance = life.reckoned, self.dice.random()
        if chance < 0.15:
            return
        if life.made_out is None or chance < 0.3:
            await self._make_out(life)
        elif chance < 0.5 and money.payer is not None:
            to = self.dice.choice([each for each in self.agreed if each != money.terms])
            await self._do(
                life, "transfer", "active", transfer_lease, Transfer(life.id, PartyId(to.employer)), self.town.lessor
            )
            self._taken_over(life, to)
        elif chance < 0.7 and life.credit and money.payer is not None:
            await self._do(life, "continue_privately", "active", go_on_alone, life.id, life.holder)
            self._taken_over(life, None)
            if self.dice.random() < 0.8:
                await self.town.name_account(life.id, life.holder)
                life.is_debited = True
        elif chance < 0.85 and life.buyout is not None:
            await self._do(life, "buy_out", "early_ended", buy_lease_out, life.id, life.holder)
            self._sold(life.buyout)
            self._gone(life)
        else:
            await self._settles(life)

    def _taken_over(self, life: Life, terms: Agreed | None) -> None:
        life.reckoned.taken_over(terms, self.town.now.date())
        life.made_out, life.buyout, life.credit = None, None, False

    async def _make_out(self, life: Life) -> None:
        dice, money = self.dice, life.reckoned
        proceeds, used = dice.randrange(life.price), dice.random() < 0.3
        life.buyout, life.credit = proceeds + 1 if dice.random() < 0.5 else None, dice.random() < 0.7
        price = Money(life.buyout, EUR) if life.buyout is not None else None
        asked = WorkOut(life.id, Money(proceeds, EUR), used, price, life.credit)
        await self._do(life, "make_out", life.state, work_out, asked, self.town.lessor)
        life.made_out, left = f"settlement-{len(life.acts)}", money.waiting()
        life.sheets[life.made_out] = {"owed": money.settlement(left, proceeds, service_used=used)}

    async def _settles(self, life: Life) -> None:
        if life.made_out is None:
            assert (
                refused(await self.town.act(settle_lease, Settle(life.id, "", None), self.town.lessor))
                == "not_made_out"
            )
            await self._make_out(life)
            return
        shown = life.sheets[life.made_out]["owed"]
        back = Protocol(self.town.now.date(), "", Money(0, EUR)) if life.state == "terminating" else None
        other = Settle(life.id, "settlement-1", back)
        assert refused(await self.town.act(settle_lease, other, self.town.lessor)) == "not_as_shown"
        settle = Settle(life.id, life.made_out, back)
        after = await self._do(life, "settle", "early_ended", settle_lease, settle, self.town.lessor)
        assert after.lease.settled == Money(shown, EUR)
        self._made_good(shown)
        self._gone(life)

    # -- when it ends

    async def _ending(self, life: Life) -> None:
        chance = self.dice.random()
        if chance < 0.5:
            await self._offer(life)
        elif chance < 0.8:
            await self._schedule(life)

    async def _offer(self, life: Life) -> None:
        """A swapped bike's price is another one: what is asked follows from the list price of the bike that she has."""
        town, life.offer_until = self.town, self.town.now + timedelta(days=45)
        value = None if life.agreed.months == 36 else Money(life.price // 2, EUR)
        asked = OfferToBuy(life.id, life.offer_until, None, value)
        after = await self._do(life, "offer_purchase", "purchase_offered", offer_to_sell, asked, town.lessor)
        assert after.lease.quote is not None
        listed = after.lease.quote.bike.list_price.amount
        life.sheets[f"purchase-{len(life.acts)}"] = {"offer": (listed * 18 + 50) // 100}

    async def _offered(self, life: Life) -> None:
        chance, town = self.dice.random(), self.town
        assert life.offer_until is not None
        if life.offer_until <= town.now:
            assert refused(await town.act(buy_bike, life.id, life.holder)) == "lease_offer_expired"
            await self._do(life, "revoke_purchase", "ending", take_offer_back, life.id, town.lessor)
        elif chance < 0.4:
            await self._do(life, "purchase", "purchased", buy_bike, life.id, life.holder)
            self._sold([sheet["offer"] for name, sheet in life.sheets.items() if name.startswith("purchase-")][-1])
            self._gone(life)
        elif chance < 0.5:
            await self._schedule(life)

    async def _schedule(self, life: Life) -> None:
        pickup = PickUp(life.id, self.town.now.date() + timedelta(days=14))
        await self._do(life, "schedule_return", "return_scheduled", schedule_pickup, pickup, life.holder)

    async def _returns(self, life: Life) -> None:
        await self._do(life, "take_back", "returned", take_bike_back, life.id, self.town.lessor)

    async def _inspected(self, life: Life) -> None:
        found = self.dice.choice((0, 40_00))
        seen = LookAt(life.id, "Kratzer am Rahmen", Money(found, EUR))
        await self._do(life, "inspect", "inspected", inspect_bike, seen, self.town.lessor)
        self._made_good(found)
        self._gone(life)

    async def _closed(self, life: Life) -> None:
        await self._do(life, "close", "closed", close_lease, life.id, self.town.lessor)

    # -- what nobody may do

    async def _mistaken(self, life: Life) -> None:
        """Somebody does what is not possible in that state, or a stranger does anything; both leave the lease as it is."""
        lessor, one, today = self.town.lessor, life.id, self.town.now.date()
        wrong: list[tuple[set[str], Any, object, Actor]] = [
            ({"returned"}, inspect_bike, LookAt(one, "", Money(0, EUR)), lessor),
            ({"return_scheduled"}, take_bike_back, one, lessor),
            ({"purchase_offered"}, buy_bike, one, life.holder),
            ({"inspected", "purchased"}, close_lease, one, lessor),
            ({"terminating"}, buy_lease_out, one, life.holder),
            (
                {"active", "suspended"},
                give_notice,
                GiveNotice(one, Termination(ImportantReason.LEAVING, today)),
                lessor,
            ),
            ({"active"}, report, Report(one, Incident(IncidentKind.DAMAGE, today)), life.holder),
            ({"ready_for_pickup"}, cancel_lease, GiveUp(one, ""), life.holder),
            ({"ending", "purchase_offered"}, schedule_pickup, PickUp(one, today), lessor),
        ]
        stranger = self.town.acting(Role.LESSOR, "somebody-else")
        for possible, use_case, command, by in wrong:
            assert refused(await self.town.act(use_case, command, stranger)) == "unknown_lease"
            if life.state not in possible:
                found = refused(await self.town.act(use_case, command, by))
                assert found == "lease_state_forbids", (life.state, use_case)
        self.seen["mistaken"] += 1


def follow_calendar(life: Life, today: date) -> None:
    """It begins with its first month, and begins to end ninety days before its last day."""
    if life.state == "handed_over" and today >= life.reckoned.first:
        life.state = "active"
        life.acts.append("activate")
    if life.state == "active" and today >= last_day(life.reckoned) - timedelta(days=90):
        life.state = "ending"
        life.acts.append("near_end")


def last_day(money: Reckoned) -> date:
    return month_after(money.last_month()) - timedelta(days=1)
