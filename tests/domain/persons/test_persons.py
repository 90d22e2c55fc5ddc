"""A person's file: what she may change, when she may be erased, and what is still missing."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, Payer, State
from domain.booking.resources import Service
from domain.notices.occasions import OptionalNotice
from domain.payments.payments import PaymentState, RecoveryPoint
from domain.persons.eligibility import Accepted, Missing, Requirement, Shown, missing
from domain.persons.erasure import ErasePerson, NotSettled, PersonErased, Standing, Ties, erase, mailbox
from domain.persons.profile import ChangeProfile, NoProfile, Person, change_profile
from domain.proofs import MinAges, Proof, ProofKind, Required
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


def test_what_one_does_without_is_said_anew_as_a_whole() -> None:
    both = frozenset({OptionalNotice.START_NEAR, OptionalNotice.END_NEAR})
    quiet = change_profile(ChangeProfile(notices_off=both), ADA)
    assert quiet == replace(ADA, notices_off=both, version=4)
    assert change_profile(ChangeProfile(notices_off=frozenset()), quiet) == replace(ADA, version=5)
    assert change_profile(ChangeProfile(notices_off=both), quiet) is quiet


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


def test_a_month_of_a_lease_that_was_not_transferred_is_in_the_way() -> None:
    standings = [Standing(BOOKING, State.COMPLETED, 240, (OVER,), (), claimed=1)]
    assert erase(ErasePerson(), ADA, standings, NOON) == NotSettled((), (), (BOOKING,))
    assert isinstance(erase(ErasePerson(), ADA, [replace(standings[0], claimed=0)], NOON), PersonErased)


def test_what_came_to_the_bank_is_paid_as_well() -> None:
    for transferred, done in ((240, True), (239, False), (300, True)):
        standing = Standing(BOOKING, State.COMPLETED, 240, transferred=transferred)
        assert isinstance(erase(ErasePerson(), ADA, [standing], NOON), PersonErased) is done


def test_a_legal_hold_or_an_open_dispute_is_in_the_way_and_she_need_not_ask_again() -> None:
    held = erase(ErasePerson(), ADA, [], NOON, Ties(held=True))
    assert held == NotSettled((), (), (), (), held=True)
    disputed = erase(ErasePerson(), ADA, [Standing(BOOKING, State.EXPIRED, 0, (), (an_id("dispute"),))], NOON)
    assert disputed == NotSettled((), (), (), (an_id("dispute"),))
    unpaid = erase(ErasePerson(), ADA, [Standing(BOOKING, State.COMPLETED, 240)], NOON)
    leased = erase(ErasePerson(), ADA, [], NOON, Ties((an_id("lease"),)))
    assert leased == NotSettled((), (), (), leases=(an_id("lease"),))
    waits = [each.waits for each in (held, disputed, unpaid, leased) if isinstance(each, NotSettled)]
    assert waits == [True, True, False, False]


@pytest.mark.parametrize("owed", [0, 239, 241])
def test_what_was_taken_is_what_is_owed_or_it_is_in_the_way(owed: int) -> None:
    assert erase(ErasePerson(), ADA, [Standing(BOOKING, State.COMPLETED, owed, (OVER,))], NOON) == NotSettled(
        (), (), (BOOKING,)
    )


def test_what_is_missing_are_the_documents_in_force_that_were_not_accepted() -> None:
    in_force = {"privacy": "2", "general": "2026-01"}
    old, new = Accepted("general", "2025-01"), Accepted("general", "2026-01")
    privacy = Missing(Requirement.TERMS, "privacy", "2")
    today = NOON.date()
    general = Missing(Requirement.TERMS, "general", "2026-01")
    assert missing(Service.FLEET, Shown(in_force, {old}), today) == (general, privacy)
    assert missing(Service.FLEET, Shown(in_force, {old, new}), today) == (privacy,)
    assert missing(Service.CHARGING, Shown({}, set()), today) == ()


def test_what_a_service_wants_to_have_seen_is_missing_until_it_is_shown_and_once_it_is_too_old() -> None:
    today = NOON.date()
    wants = Required(fleet=(ProofKind.LICENCE, ProofKind.VERIFICATION))
    licence, known = Proof(ProofKind.LICENCE, today), Proof(ProofKind.VERIFICATION)

    def lacks(service: Service, *proofs: Proof, day: date = today) -> list[Requirement]:
        return [each.kind for each in missing(service, Shown({}, set(), wants, proofs), day)]

    assert lacks(Service.CHARGING) == []
    assert lacks(Service.FLEET) == [Requirement.LICENCE, Requirement.VERIFICATION]
    assert lacks(Service.FLEET, known) == [Requirement.LICENCE]
    assert lacks(Service.FLEET, licence, known) == []
    assert lacks(Service.FLEET, licence, known, day=today + timedelta(days=1)) == [Requirement.LICENCE]


def test_an_age_is_missing_until_she_was_seen_to_have_reached_it_and_only_where_she_pays_herself() -> None:
    today = NOON.date()
    wants = Required(min_age=MinAges(fleet=18))
    too_young = (Missing(Requirement.AGE, min_age=18),)

    def lacks(*proofs: Proof, service: Service = Service.FLEET, payer: Payer = Payer.SELF) -> tuple[Missing, ...]:
        return missing(service, Shown({}, set(), wants, proofs), today, payer)

    assert lacks() == lacks(Proof(ProofKind.VERIFICATION)) == too_young
    assert lacks(Proof(ProofKind.AGE, years=17)) == too_young
    assert lacks(Proof(ProofKind.AGE, years=18)) == lacks(Proof(ProofKind.AGE, years=21)) == ()
    assert lacks(Proof(ProofKind.AGE, today - timedelta(days=1), 21)) == too_young
    assert lacks(payer=Payer.COST_CENTRE) == lacks(service=Service.CHARGING) == ()


def test_an_age_is_asked_for_by_the_years_alone_and_nothing_else_says_any() -> None:
    assert Required(fleet=(ProofKind.LICENCE,), min_age=MinAges(fleet=21)).faults() == []
    assert Required(charging=(ProofKind.AGE,)).faults() == [
        "requires.charging names an age: requires.min_age.charging says which"
    ]
    said = (
        Proof(ProofKind.AGE, years=18),
        Proof(ProofKind.LICENCE),
        Proof(ProofKind.AGE),
        Proof(ProofKind.LICENCE, years=18),
    )
    assert [proof.says_its_years for proof in said] == [True, True, False, False]
