"""A lease about which everything is said already, so that in whatever state it is only the state decides; and who may stand where."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.schedule import START_POLICIES, WITHDRAWAL_RULES
from domain.bike_leasing.calculation.sheets import RuleVersion
from domain.bike_leasing.contracts import (
    ending,
    ending_early,
    handing_over,
    offering,
    pausing,
    reviewing,
    undoing,
)
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone
from domain.bike_leasing.contracts.handing_over import HandOver, PinMistyped, PinPolicy
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    ImportantReason,
    Incident,
    IncidentKind,
    Lease,
    LeasedBike,
    LeaseId,
    LeaseQuote,
    LeaseState,
    MadeOut,
    Pin,
    PinId,
    Protocol,
    PurchaseOffer,
    Termination,
)
from domain.bike_leasing.contracts.parties import (
    MINIMUM_WAGES,
    TV_FAHRRADLEASING,
    Accreditation,
    Bar,
    Conditions,
    Framework,
    Parties,
    PartyId,
    Side,
    Span,
)
from domain.bike_leasing.contracts.plans import Calendar, held, planned
from domain.bike_leasing.contracts.reviewing import Employment, Right
from domain.bike_leasing.contracts.suspensions import NO_PROTECTION, REST_RULES, RESUMPTION_POLICIES, Pause, Suspension
from domain.identity import SYSTEM, Actor, City, PersonId, Role
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur

CITY, ADA = City("braunschweig"), PersonId(UUID(int=7))
SHOP, LEASING, WORKS, ELSEWHERE = map(PartyId, ("radhaus", "leasing-ag", "stadtwerke", "wasserwerke"))
NOW, TODAY = datetime(2028, 10, 2, 9, 0, tzinfo=UTC), date(2028, 10, 2)
LATER = NOW + timedelta(days=7)
PIN = PinId(UUID(int=8))
CONDITIONS = Conditions(Decimal("5.90"), Decimal(10), 36, fees=(Fee(FeeKind.INSURANCE, eur("10.64")),))
BIKE = LeasedBike(BikeKind.PEDELEC, "Stadtrad 9", eur("3,999"), eur("3,799"), serial_number="SN-1")
QUOTE = LeaseQuote(BIKE, LATER, 36, eur("111.29"), (Fee(FeeKind.INSURANCE, eur("10.64")),), online=True)
MADE_OUT = MadeOut("settlement-7", eur("457.96"), 2, TODAY, buyout_price=eur("900"), credit_granted=True)
LEASE = Lease(
    LeaseId(UUID(int=1)),
    LeaseState.DRAFT,
    Parties(ADA, SHOP, LEASING, WORKS),
    quote=QUOTE,
    applied_on=date(2025, 11, 20),
    concluded_on=date(2025, 12, 1),
    withdrawal_until=TODAY,
    pin=Pin(PIN, LATER, 3),
    handed_over_on=date(2025, 12, 10),
    first_month=date(2026, 1, 1),
    last_day=date(2028, 12, 31),
    suspensions=(Suspension(Pause.ILLNESS, date(2027, 1, 1)),),
    incident=Incident(IncidentKind.DAMAGE, TODAY),
    purchase_offer=PurchaseOffer(eur("719.82"), LATER),
    made_out=MADE_OUT,
)
PRIVATE = Parties(ADA, SHOP, LEASING, None)
FRAMEWORK = Framework(WORKS, LEASING, Span(date(2024, 1, 1)), eur("100,000"), TV_FAHRRADLEASING, CONDITIONS)
NEXT_FRAMEWORK = Framework(ELSEWHERE, LEASING, Span(date(2024, 1, 1)), eur("100,000"), TV_FAHRRADLEASING, CONDITIONS)
ACCREDITATION = Accreditation(SHOP, LEASING, Span(date(2024, 1, 1)), online=True)
GOOD_JOB = Employment(frozenset(), None, Decimal("21.50"))
BARRING = frozenset({Bar.UNDER_NOTICE, Bar.GARNISHMENT})
RIGHT = Right(WITHDRAWAL_RULES[-1], "NI")
PIN_POLICY = PinPolicy(RuleVersion("pin", date(2026, 1, 1), "a test"), days=7, tries=3, most=2)
CALENDAR = Calendar(1, "NI")
FIRST = date(2026, 1, 1)
PLAN = planned(FIRST, QUOTE, WORKS, CALENDAR)
HELD_PLAN = held(PLAN, TODAY)
HANDED = HandOver(fits=True, identity_checked=True, free_of_defects=True)
RETURNED = Protocol(TODAY, "Kratzer am Rahmen", eur("40"))
BACK_EARLY = Protocol(TODAY, "Kratzer am Rahmen", eur("0"))
STOLEN = Incident(IncidentKind.THEFT, TODAY, "VNr. 2028/1234", was_locked=True)

Outcome: TypeAlias = LeaseStepped | PinMistyped | Refusal[NotDone]


def somebody(side: Side) -> Actor:
    """Who stands on that side of the lease, and on no other."""
    if side is Side.SYSTEM:
        return Actor(SYSTEM, CITY, frozenset())
    if side is Side.EMPLOYEE:
        return Actor(ADA, CITY, frozenset({Role.RESIDENT}))
    party = {Side.HR: WORKS, Side.DEALER: SHOP, Side.LESSOR: LEASING}[side]
    role = Role(side.value)
    return Actor(
        PersonId(UUID(int=100 + list(Side).index(side))), CITY, frozenset({role}), parties=frozenset({(role, party)})
    )


def tried(side: Side, now: datetime = NOW) -> Attempt:
    return Attempt(somebody(side), now, now.date())


# Every act with facts that stand against nothing.
PERFORMED: dict[Act, Callable[[Lease, Attempt], Any]] = {
    Act.OFFER: lambda lease, by: offering.offer(lease, QUOTE, ACCREDITATION, by),
    Act.APPLY: lambda lease, by: offering.apply(lease, FRAMEWORK, 0, by),
    Act.START_REVIEW: reviewing.start_review,
    Act.APPROVE: lambda lease, by: reviewing.approve(lease, GOOD_JOB, BARRING, MINIMUM_WAGES[-1], by),
    Act.REJECT: lambda lease, by: reviewing.reject(lease, "befristet", by),
    Act.ORDER: lambda lease, by: reviewing.order(
        lease, FRAMEWORK, eur("0"), RIGHT, by, signed=True, credit_granted=True
    ),
    Act.MAKE_READY: lambda lease, by: handing_over.make_ready(lease, "SN-1", Pin(PIN, LATER, 3), by),
    Act.REISSUE_PIN: lambda lease, by: handing_over.reissue_pin(lease, PinId(UUID(int=9)), PIN_POLICY, by),
    Act.HAND_OVER: lambda lease, by: handing_over.hand_over(HANDED, lease, START_POLICIES[-1], CALENDAR, by),
    Act.ACTIVATE: handing_over.activate,
    Act.SUSPEND: lambda lease, by: pausing.suspend(
        lease,
        PLAN,
        Suspension(Pause.PARENTAL_LEAVE, FIRST if lease.state is LeaseState.HANDED_OVER else date(2028, 11, 1)),
        by,
        protection=NO_PROTECTION,
        rule=REST_RULES[-1],
    ),
    Act.RESUME: lambda lease, by: pausing.resume(
        lease, PLAN, date(2028, 11, 1), CALENDAR, by, policy=RESUMPTION_POLICIES[-1]
    ),
    Act.REPORT_INCIDENT: lambda lease, by: pausing.report_incident(lease, STOLEN, by),
    Act.RESOLVE: pausing.resolve,
    Act.REPLACE: lambda lease, by: pausing.replace_bike(lease, BIKE, by),
    Act.DECLARE_TOTAL_LOSS: lambda lease, by: pausing.declare_total_loss(lease, PLAN, by),
    Act.TERMINATE: lambda lease, by: ending_early.terminate(
        lease, PLAN, Termination(ImportantReason.LEAVING, TODAY), by
    ),
    Act.MAKE_OUT: lambda lease, by: ending_early.make_out(lease, MADE_OUT, by),
    Act.TRANSFER: lambda lease, by: ending_early.transfer(lease, PLAN, NEXT_FRAMEWORK, eur("0"), by, calendar=CALENDAR),
    Act.CONTINUE_PRIVATELY: lambda lease, by: ending_early.continue_privately(lease, PLAN, CALENDAR, by),
    Act.BUY_OUT: lambda lease, by: ending_early.buy_out(lease, HELD_PLAN, by),
    Act.SETTLE: lambda lease, by: ending_early.settle(lease, HELD_PLAN, "settlement-7", BACK_EARLY, by),
    Act.NEAR_END: lambda lease, by: ending.near_end(lease, ending.END_POLICIES[-1], by),
    Act.OFFER_PURCHASE: lambda lease, by: ending.offer_purchase(lease, PurchaseOffer(eur("719.82"), LATER), by),
    Act.REVOKE_PURCHASE: ending.revoke_purchase,
    Act.PURCHASE: ending.purchase,
    Act.SCHEDULE_RETURN: lambda lease, by: ending.schedule_return(lease, TODAY, by),
    Act.TAKE_BACK: ending.take_back,
    Act.INSPECT: lambda lease, by: ending.inspect(lease, RETURNED, by),
    Act.CLOSE: ending.close,
    Act.CANCEL: lambda lease, by: undoing.cancel(lease, "anders überlegt", by),
    Act.WITHDRAW: lambda lease, by: undoing.withdraw(lease, PLAN, TODAY, by),
}
