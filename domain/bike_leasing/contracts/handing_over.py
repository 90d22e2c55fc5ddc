"""From the order to the first month: the bike is ready, is picked up with a PIN, and the lease begins."""

from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import StartPolicy, starts
from domain.bike_leasing.calculation.sheets import RuleVersion
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import Lease, Pin, PinId
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.plans import Calendar, last_day, planned
from domain.refusals import Refusal


class PinPolicy(Struct, frozen=True):
    """A PIN counts for so many days and tries; a lease has so many PINs at the most, so that nobody guesses on and on."""

    version: RuleVersion
    days: int
    tries: int
    most: int

    def pin(self, pin_id: PinId, now: datetime, nth: int = 1) -> Pin:
        return Pin(pin_id, now + timedelta(days=self.days), self.tries, nth)


PIN_POLICIES = (
    PinPolicy(
        RuleVersion("pin", date(2026, 1, 1), "our policy", doubt="each lessor has limits of its own"),
        days=30,
        tries=5,
        most=4,
    ),
)


class PinMistyped(Struct, frozen=True):
    """Another try is gone; the lease is as it was."""

    lease: Lease


class HandOver(Struct, frozen=True):
    """`fits` is whether the PIN that was entered is the right one. The dealer says that he saw who it is and that nothing is broken; who gets
    the bike by post says the latter herself."""

    fits: bool
    identity_checked: bool
    free_of_defects: bool


def make_ready(lease: Lease, serial_number: str, pin: Pin, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The bike stands there, with its number, and the holder is given a PIN for it."""
    found = turn(lease, Act.MAKE_READY, by)
    if isinstance(found, Refusal):
        return found
    assert lease.quote is not None  # noqa: S101 - what is ordered has a quote
    if not serial_number.strip():
        return Refusal(NotDone.SERIAL_NUMBER_MISSING, "/serial_number")
    bike = replace(lease.quote.bike, serial_number=serial_number.strip())
    return found.taken(replace(lease, quote=replace(lease.quote, bike=bike), pin=pin))


def reissue_pin(lease: Lease, pin_id: PinId, policy: PinPolicy, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Another PIN in place of the one before, which counts no more: it has expired, or was mistyped too often."""
    found = turn(lease, Act.REISSUE_PIN, by)
    if isinstance(found, Refusal):
        return found
    assert lease.pin is not None  # noqa: S101 - what is ready has one
    if lease.pin.nth >= policy.most:
        return Refusal(NotDone.NO_MORE_PINS)
    return found.taken(replace(lease, pin=policy.pin(pin_id, by.now, lease.pin.nth + 1)))


def hand_over(
    command: HandOver, lease: Lease, policy: StartPolicy, calendar: Calendar, by: Attempt
) -> LeaseStepped | PinMistyped | Refusal[NotDone]:
    """The holder has the bike, and all instalments are planned. A PIN counts once, until it expires, and for so many tries."""
    found = turn(lease, Act.HAND_OVER, by)
    if isinstance(found, Refusal):
        return found
    pin, quote = lease.pin, lease.quote
    assert pin is not None and quote is not None  # noqa: PT018, S101 - what is ready has both
    if found.side is Side.EMPLOYEE and not quote.online:
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    if pin.expires_at <= by.now:
        return Refusal(NotDone.PIN_EXPIRED)
    if pin.tries_left <= 0:
        return Refusal(NotDone.PIN_USED_UP)
    if not command.fits:
        return PinMistyped(replace(lease, pin=replace(pin, tries_left=pin.tries_left - 1), version=lease.version + 1))
    if found.side is Side.DEALER and not command.identity_checked:
        return Refusal(NotDone.IDENTITY_NOT_CHECKED, "/identity_checked")
    if not command.free_of_defects:
        return Refusal(NotDone.DEFECTS, "/free_of_defects")
    first, _ = starts(by.today, policy)
    plan = planned(first, quote, lease.parties.employer, calendar)
    begun = replace(lease, pin=None, handed_over_on=by.today, first_month=first, last_day=last_day(plan))
    return found.taken(begun, plan)


def activate(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The lease's first month has come."""
    found = turn(lease, Act.ACTIVATE, by)
    if isinstance(found, Refusal):
        return found
    if lease.first_month is None or by.today < lease.first_month:
        return Refusal(NotDone.TOO_EARLY)
    return found.taken(lease)
