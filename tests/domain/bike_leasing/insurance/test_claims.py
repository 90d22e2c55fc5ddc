"""Claims of the insurance for leased bikes: one for an incident, followed by the lessor as the insurer decides."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.insurance.claims import (
    ClaimId,
    ClaimState,
    FollowClaim,
    InsuranceClaim,
    NotClaimed,
    Payee,
    ReportClaim,
    follow,
    has_no_room,
    may_photograph,
    report,
    sees,
)
from domain.bike_leasing.money.entries import insured
from domain.ledger.entries import Side as LedgerSide
from domain.photos import MOST, Digest, Photo
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ADA, LATER, LEASE, NOW, STOLEN, somebody, tried

S = ClaimState
CLAIM = ClaimId(UUID(int=60))
HIT = replace(LEASE, state=LeaseState.INCIDENT, incidents_before=(STOLEN,))
REPORT = ReportClaim(CLAIM, LEASE.id, None, " Rahmen gebrochen ", eur("900"))
YES = FollowClaim(CLAIM, S.ACCEPTED, amount=eur("850"), deductible=eur("150"))
SAID = {
    S.REPORTED: FollowClaim(CLAIM, S.REPORTED),
    S.IN_REVIEW: FollowClaim(CLAIM, S.IN_REVIEW, reference=" SV-77 "),
    S.ACCEPTED: YES,
    S.REFUSED: FollowClaim(CLAIM, S.REFUSED, reason=" Verschleiß "),
    S.PAID: FollowClaim(CLAIM, S.PAID, paid_to=Payee.LESSOR),
}


def claimed(side: Side = Side.EMPLOYEE, **more: Any) -> InsuranceClaim:
    found = report(REPORT, HIT, (), tried(side))
    assert isinstance(found, InsuranceClaim), found
    return replace(found, **more)


def test_a_claim_is_of_the_latest_incident_where_none_is_said() -> None:
    assert claimed() == InsuranceClaim(CLAIM, LEASE.id, 2, "Rahmen gebrochen", eur("900"), S.REPORTED, ADA, NOW, NOW)
    first = report(replace(REPORT, incident=1), HIT, (claimed(),), tried(Side.LESSOR))
    assert isinstance(first, InsuranceClaim)
    assert first.incident == 1


def test_an_incident_has_one_claim_and_there_is_none_without() -> None:
    assert report(REPORT, HIT, (claimed(),), tried(Side.EMPLOYEE)) == Refusal(NotClaimed.CLAIMED_ALREADY, "/incident")
    for number in (0, -1, 3):
        found = report(replace(REPORT, incident=number), HIT, (), tried(Side.EMPLOYEE))
        assert found == Refusal(NotClaimed.NO_INCIDENT, "/incident")
    unhurt = replace(LEASE, state=LeaseState.ACTIVE, incident=None)
    assert report(REPORT, unhurt, (), tried(Side.EMPLOYEE)) == Refusal(NotClaimed.NO_INCIDENT, "/incident")
    negative = report(replace(REPORT, estimate=eur("-1")), HIT, (), tried(Side.EMPLOYEE))
    assert negative == Refusal(NotDone.AMOUNT_MISSING, "/estimate")


@pytest.mark.parametrize("side", [Side.HR, Side.DEALER])
def test_employer_and_dealer_learn_of_no_claim(side: Side) -> None:
    assert not sees(HIT, somebody(side))
    assert report(REPORT, HIT, (), tried(side)) == Refusal(NotDone.UNKNOWN_LEASE)
    assert follow(YES, claimed(), HIT, tried(side)) == Refusal(NotClaimed.UNKNOWN_CLAIM)
    assert may_photograph(claimed(), HIT, somebody(side)) == Refusal(NotClaimed.UNKNOWN_CLAIM)


def test_a_claim_goes_from_state_to_state_as_the_insurer_decides() -> None:
    onward = {
        (before, after)
        for before, after in product(S, S)
        if isinstance(follow(SAID[after], claimed(state=before), HIT, tried(Side.LESSOR)), InsuranceClaim)
    }
    assert onward == {
        (S.REPORTED, S.IN_REVIEW),
        *((before, after) for before in (S.REPORTED, S.IN_REVIEW) for after in (S.ACCEPTED, S.REFUSED)),
        (S.ACCEPTED, S.PAID),
    }
    assert follow(YES, claimed(), HIT, tried(Side.EMPLOYEE)) == Refusal(NotDone.NOT_YOURS_TO_DO)


def test_what_the_insurer_says_is_kept_and_pays_all_but_the_deductible() -> None:
    claim, lessor = claimed(), tried(Side.LESSOR, LATER)
    assert claim.payout is None
    seen: list[Any] = []
    for state in (S.IN_REVIEW, S.ACCEPTED, S.PAID):
        found = follow(SAID[state], claim, HIT, lessor)
        assert isinstance(found, InsuranceClaim)
        claim = found
        seen.append((claim.state, claim.reference, claim.amount, claim.payout, claim.version))
    assert seen == [
        (S.IN_REVIEW, "SV-77", None, None, 2),
        (S.ACCEPTED, "SV-77", eur("850"), eur("700"), 3),
        (S.PAID, "SV-77", eur("850"), eur("700"), 4),
    ]
    assert (claim.updated_at, claim.paid_to) == (LATER, Payee.LESSOR)
    no = follow(SAID[S.REFUSED], claimed(), HIT, lessor)
    assert isinstance(no, InsuranceClaim)
    assert (no.reason, no.payout) == ("Verschleiß", None)


def test_what_an_insurer_pays_the_lessor_is_an_income_and_what_others_get_is_none_of_the_lessors_money() -> None:
    accepted = claimed(state=S.ACCEPTED, amount=eur("850"), deductible=eur("150"))
    nobody = replace(SAID[S.PAID], paid_to=None)
    assert follow(nobody, accepted, HIT, tried(Side.LESSOR)) == Refusal(NotClaimed.PAYEE_MISSING, "/paid_to")
    paid = replace(accepted, state=S.PAID, paid_to=Payee.LESSOR)
    (entry,) = insured(paid, NOW)
    assert [(leg.account, leg.side, leg.amount) for leg in entry.legs] == [
        ("treasury", LedgerSide.DEBIT, eur("700")),
        ("damages", LedgerSide.CREDIT, eur("700")),
    ]
    for other in (
        replace(paid, paid_to=Payee.DEALER),
        replace(paid, paid_to=Payee.HOLDER),
        replace(paid, paid_to=None),
    ):
        assert insured(other, NOW) == ()
    assert insured(replace(paid, deductible=paid.amount), NOW) == (), "the holder bears all of it"


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (replace(YES, amount=None), Refusal(NotDone.AMOUNT_MISSING, "/amount")),
        (replace(YES, amount=eur("0")), Refusal(NotDone.AMOUNT_MISSING, "/amount")),
        (replace(YES, deductible=eur("850.01")), Refusal(NotDone.AMOUNT_MISSING, "/deductible")),
        (replace(YES, deductible=replace(eur("1"), currency="CHF")), Refusal(NotDone.AMOUNT_MISSING, "/deductible")),
        (replace(SAID[S.REFUSED], reason=" "), Refusal(NotDone.REASON_MISSING, "/reason")),
    ],
)
def test_a_yes_says_how_much_and_a_no_says_why(said: FollowClaim, refusal: Refusal[NotDone]) -> None:
    assert follow(said, claimed(), HIT, tried(Side.LESSOR)) == refusal


def test_photos_come_until_the_insurer_has_decided_and_ten_at_most() -> None:
    welcome = {state for state in S if may_photograph(claimed(state=state), HIT, somebody(Side.EMPLOYEE)) is None}
    assert welcome == {S.REPORTED, S.IN_REVIEW}
    photos = tuple(Photo(Digest(str(n)), "image/jpeg", 1, 1, 1, ADA, NOW) for n in range(MOST))
    assert has_no_room(claimed(photos=photos[1:]), Digest("new")) is None
    assert has_no_room(claimed(photos=photos), Digest("new")) == Refusal(NotClaimed.TOO_MANY_PHOTOS)
    assert has_no_room(claimed(photos=photos), Digest("0")) is None
