"""The papers of a lease: what stands in them, by which texts, and who has to say yes to them."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.bike_leasing.calculation.recomputing import stored
from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Parties, Side
from domain.bike_leasing.papers.accepting import (
    Acceptance,
    AcceptPaper,
    Method,
    NotAccepted,
    Signature,
    accept,
    are_signed,
)
from domain.bike_leasing.papers.papers import Digest, Names, NotDrawn, Paper, PartyNamed, drawn, readable
from domain.bike_leasing.papers.texts import TEXTS, PaperKind, texts_for
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.refusals import Refusal
from services.bike_leasing.contracts.offering import calculated
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import (
    BIKE,
    CONDITIONS,
    FRAMEWORK,
    LEASE,
    LEASING,
    NOW,
    TODAY,
    WORKS,
    somebody,
    tried,
)

APPROVED = replace(LEASE, state=LeaseState.APPROVED)
NAMES = Names(
    PartyNamed(WORKS, "Stadtwerke Okerstadt GmbH", "Werkweg 1", "38100 Okerstadt"),
    PartyNamed(LEASING, "Leasing AG", "Ring 7", "38102 Okerstadt"),
    "Ada Beispiel",
)
CONVERSION, SINGLE = PaperKind.CONVERSION, PaperKind.SINGLE_LEASE
DIGESTS = {CONVERSION: Digest("a" * 64), SINGLE: Digest("b" * 64)}


def papers(lease: Any = APPROVED, names: Names = NAMES, today: date = TODAY) -> Any:
    sheets = calculated(BIKE, CONDITIONS)
    assert isinstance(sheets, dict)
    kept = {name: stored(sheet).decode() for name, sheet in sheets.items()}
    return drawn(lease, FRAMEWORK, names, sheets, kept, now=NOW, today=today)


def test_each_paper_says_what_its_sides_agree_on_and_nothing_of_others_pay() -> None:
    conversion, single = papers()
    assert isinstance(conversion, Paper)
    assert conversion.figures == {
        "list_price": eur("3,999"),
        "rate": eur("111.29"),
        "month": eur("116.37"),
        "employer": eur("0"),
        "conversion": eur("116.37"),
        "conversion_in_all": eur("4,189.32"),
        "benefit": eur("9"),
    }
    assert (single.figures["sale_price"], single.figures["residual"]) == (eur("3,799"), eur("379.90"))
    assert "conversion" not in single.figures
    assert (set(conversion.sheets), set(single.sheets)) == ({"rate", "month"}, {"rate"})
    assert {text.name for text in conversion.texts} > {"conversion", "pension", "no_purchase", "data_protection"}
    assert "pension" not in {text.name for text in single.texts}


def test_both_papers_say_which_service_package_the_offer_came_with() -> None:
    assert {paper.service for paper in papers()} == {None}
    package = ServicePackage(eur("83.30"))
    assert APPROVED.quote is not None
    with_it = replace(APPROVED, quote=replace(APPROVED.quote, service=package))
    assert [paper.service for paper in papers(with_it)] == [package, package]


@pytest.mark.parametrize(
    ("lease", "names", "today", "reason"),
    [
        (replace(LEASE, state=LeaseState.APPLIED), NAMES, TODAY, NotDone.WRONG_STATE),
        (replace(LEASE, state=LeaseState.ORDERED), NAMES, TODAY, NotDone.WRONG_STATE),
        (APPROVED, replace(NAMES, lessor=None), TODAY, NotDrawn.PARTY_NOT_NAMED),
        (APPROVED, replace(NAMES, employer=None), TODAY, NotDrawn.PARTY_NOT_NAMED),
        (APPROVED, replace(NAMES, holder=None), TODAY, NotDrawn.HOLDER_NOT_NAMED),
        (APPROVED, NAMES, date(2031, 1, 2), NotDrawn.NO_RULE_THEN),
    ],
)
def test_nothing_is_drawn_up_that_names_nobody_or_that_nobody_approved(
    lease: Any, names: Names, today: date, reason: Any
) -> None:
    assert papers(lease, names, today) == Refusal(reason)


def test_the_latest_version_of_a_text_counts_and_older_papers_keep_theirs() -> None:
    pension = next(text for text in TEXTS if text.version.name == "pension")
    newer = replace(pension, version=replace(pension.version, since=date(2027, 1, 1)), words="Anders.")
    before = texts_for(CONVERSION, date(2026, 12, 31), (*TEXTS, newer))
    after = texts_for(CONVERSION, date(2027, 1, 1), (*TEXTS, newer))
    assert pension in before
    assert newer in after
    assert pension not in after
    assert len(before) == len(after)
    assert not texts_for(CONVERSION, date(2026, 10, 31))


def test_no_word_of_a_text_changes_without_a_new_version() -> None:
    """Whoever meant to change one adds a record since another day, and a line here."""
    assert {(text.version.name, str(text.version.since)): text.digest[:16] for text in TEXTS} == {
        ("conversion", "2026-11-01"): "d5246a22b4ab8f88",
        ("handing_over", "2026-11-01"): "be6100ac5c85e987",
        ("benefit_in_kind", "2026-11-01"): "baa19b2a8b22f4b7",
        ("pension", "2026-11-01"): "9bb088c61c294a4a",
        ("interruptions", "2026-11-01"): "063d3248683f65a2",
        ("use", "2026-11-01"): "e8314c0b688c19c1",
        ("instalments", "2026-11-01"): "a9fa1a269acb3254",
        ("early_settlement", "2026-11-01"): "f0294d3e675c09a0",
        ("no_purchase", "2026-11-01"): "9d522cdae0fd993b",
        ("data_protection", "2026-11-01"): "a23f0e2ca3468188",
        ("form", "2026-11-01"): "3303a7698926e2c3",
    }


def said(
    side: Side,
    kind: PaperKind = CONVERSION,
    lease: Any = APPROVED,
    earlier: tuple[Acceptance, ...] = (),
    **more: Any,
) -> Any:
    command = AcceptPaper(lease.id, kind, DIGESTS[kind], Method.SIMPLE)
    return accept(lease, DIGESTS, earlier, replace(command, **more), tried(side))


def test_whoever_is_bound_by_a_paper_says_yes_to_exactly_that_one() -> None:
    yes = said(Side.EMPLOYEE)
    assert isinstance(yes, Acceptance)
    assert (yes.side, yes.digest, yes.by, yes.at) == (Side.EMPLOYEE, DIGESTS[CONVERSION], LEASE.parties.holder, NOW)
    assert said(Side.EMPLOYEE, earlier=(yes,)) == yes
    assert said(Side.EMPLOYEE, lease=replace(LEASE, state=LeaseState.ORDERED), earlier=(yes,)) == yes
    assert said(Side.EMPLOYEE, lease=replace(LEASE, state=LeaseState.ORDERED)) == Refusal(NotDone.WRONG_STATE)
    assert said(Side.HR, digest=DIGESTS[SINGLE]) == Refusal(NotAccepted.PAPER_DIFFERS, "/digest")
    assert said(Side.LESSOR) == said(Side.DEALER, SINGLE) == Refusal(NotDone.NOT_YOURS_TO_DO)
    strangers = replace(APPROVED, parties=Parties(LEASE.parties.holder, LEASING, LEASING, LEASING))
    assert said(Side.DEALER, lease=strangers) == Refusal(NotDone.UNKNOWN_LEASE)
    assert accept(
        APPROVED, {}, (), AcceptPaper(LEASE.id, SINGLE, DIGESTS[SINGLE], Method.SIMPLE), tried(Side.HR)
    ) == Refusal(NotAccepted.UNKNOWN_PAPER)


def test_a_next_employer_reads_nothing_of_what_was_agreed_with_the_one_before() -> None:
    everything = frozenset({CONVERSION, SINGLE})
    sides = {Side.EMPLOYEE: everything, Side.HR: everything, Side.LESSOR: frozenset({SINGLE}), Side.DEALER: frozenset()}
    assert {side: readable(APPROVED, somebody(side)) for side in sides} == sides
    transferred = replace(APPROVED, transferred_on=TODAY)
    assert {side: readable(transferred, somebody(side)) for side in sides} == sides | {Side.HR: frozenset()}


def test_a_qualified_yes_brings_its_signature_along() -> None:
    signature = Signature("Vertrauensdienst", "4711", "MIIB")
    assert said(Side.HR, method=Method.QUALIFIED, signature=signature).signature == signature
    missing = Refusal(NotAccepted.SIGNATURE_MISSING, "/signature")
    assert said(Side.HR, method=Method.QUALIFIED) == said(Side.HR, signature=signature) == missing


def test_a_lease_is_signed_when_all_but_the_lessor_have_said_yes() -> None:
    all_but_the_lessor = {(CONVERSION, Side.EMPLOYEE), (CONVERSION, Side.HR), (SINGLE, Side.HR)}
    assert are_signed(all_but_the_lessor)
    assert not any(are_signed(all_but_the_lessor - {each}) for each in all_but_the_lessor)
