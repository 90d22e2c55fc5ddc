"""A person's file: what she may change, when she may be erased, and what is still missing."""

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.resources import Service
from domain.payments.payments import PaymentState, RecoveryPoint
from domain.persons.eligibility import Accepted, Missing, Requirement, missing
from domain.persons.erasure import ErasePerson, NotSettled, PersonErased, Standing, erase, mailbox
from domain.persons.profile import ChangeProfile, NoProfile, Person, change_profile
from domain.refusals import Refusal
from tests.examples import NOON, a_booking, a_payment, a_resource, an_id, person_id

ADA = Person(person_id("ada"), "ada@example.org", None, "de", NOON, version=3)
MISMATCH = Refusal(NoProfile.VERSION_MISMATCH)
BOOKING = BookingId(an_id("booking"))


def test_what_is_left_out_stays_as_it_is() -> None:
    named = change_profile(ChangeProfile(name="Ada"), ADA)
    assert named == replace(ADA, name="Ada", version=4)
    assert change_profile(ChangeProfile(language="en"), named) == replace(named, language="en", version=5)
    assert change_profile(ChangeProfile(name=None), named) == replace(named, name=None, version=5)


def test_what_is_no_news_is_no_new_version() -> None:
    assert change_profile(ChangeProfile(), ADA) is ADA
    assert change_profile(ChangeProfile(name=None, language="de"), ADA) is ADA


def test_who_has_an_older_version_in_mind_changes_nothing() -> None:
    assert change_profile(ChangeProfile(name="Ada", seen=2), ADA) == MISMATCH
    assert change_profile(ChangeProfile(name="Ada", seen=3), ADA) == replace(ADA, name="Ada", version=4)
    assert erase(ErasePerson(seen=2), ADA, [], NOON) == MISMATCH


def test_a_person_with_nothing_open_is_erased() -> None:
    paid = a_payment(a_booking(State.COMPLETED, a_resource()), PaymentState.CAPTURED, captured=240)
    refunded = replace(paid, captured=500, refunded=260)
    standings = [
        Standing(BOOKING, State.COMPLETED, 240, (paid,)),
        Standing(BOOKING, State.CANCELLED, 240, (refunded,)),
        Standing(BOOKING, State.EXPIRED, 0),
    ]
    assert erase(ErasePerson(), ADA, standings, NOON) == PersonErased(ADA.id, mailbox("Ada@Example.org"), NOON)


@pytest.mark.parametrize("state", [State.HELD, State.CONFIRMED, State.IN_USE])
def test_a_booking_that_is_not_over_is_in_the_way(state: State) -> None:
    standings = [Standing(BOOKING, state, 0), Standing(BOOKING, State.EXPIRED, 0)]
    assert erase(ErasePerson(), ADA, standings, NOON) == NotSettled((BOOKING,), (), ())


OVER = a_payment(a_booking(State.COMPLETED, a_resource()), PaymentState.CAPTURED, captured=240)


@pytest.mark.parametrize(
    "payment",
    [
        replace(OVER, state=PaymentState.REQUIRES_ACTION),
        replace(OVER, state=PaymentState.PROCESSING),
        replace(OVER, state=PaymentState.AUTHORISED),
        replace(OVER, recovery_point=RecoveryPoint.CAPTURING),
        replace(OVER, recovery_point=RecoveryPoint.REFUNDING),
        replace(OVER, recovery_point=RecoveryPoint.RECORDED),
    ],
)
def test_money_under_way_is_in_the_way(payment: object) -> None:
    standing = Standing(BOOKING, State.COMPLETED, 240, (payment,))  # type: ignore[arg-type]  # replaced above
    assert erase(ErasePerson(), ADA, [standing], NOON) == NotSettled((), (OVER.id,), ())


@pytest.mark.parametrize("owed", [0, 239, 241])
def test_what_was_taken_is_what_is_owed_or_it_is_in_the_way(owed: int) -> None:
    assert erase(ErasePerson(), ADA, [Standing(BOOKING, State.COMPLETED, owed, (OVER,))], NOON) == NotSettled(
        (), (), (BOOKING,)
    )


def test_what_is_missing_are_the_documents_in_force_that_were_not_accepted() -> None:
    in_force = {"privacy": "2", "general": "2026-01"}
    old, new = Accepted("general", "2025-01"), Accepted("general", "2026-01")
    privacy = Missing(Requirement.TERMS, "privacy", "2")
    assert missing(Service.FLEET, in_force, {old}) == (Missing(Requirement.TERMS, "general", "2026-01"), privacy)
    assert missing(Service.FLEET, in_force, {old, new}) == (privacy,)
    assert missing(Service.CHARGING, {}, set()) == ()
