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
from domain.bike_leasing.papers.papers import (
    Digest,
    Names,
    NotDrawn,
    Paper,
    PartyNamed,
    drawn,
    drawn_for_consumer,
    readable,
)
from domain.bike_leasing.papers.texts import TEXTS, PaperKind, texts_for
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.refusals import Refusal
from services.bike_leasing.contracts.offering import calculated, told_to_consumer
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
TOLD, OWN = PaperKind.PRE_CONTRACT, PaperKind.OWN_LEASE
HERS = replace(LEASE, state=LeaseState.OFFERED, parties=replace(LEASE.parties, employer=None))
DIGESTS = {
    CONVERSION: Digest("a" * 64),
    SINGLE: Digest("b" * 64),
    TOLD: Digest("c" * 64),
    OWN: Digest("d" * 64),
}


def papers(lease: Any = APPROVED, names: Names = NAMES, today: date = TODAY) -> Any:
    sheets = calculated(BIKE, CONDITIONS)
    assert isinstance(sheets, dict)
    kept = {name: stored(sheet).decode() for name, sheet in sheets.items()}
    return drawn(lease, FRAMEWORK, names, sheets, kept, now=NOW, today=today)


def consumers(lease: Any = HERS, names: Names = NAMES, today: date = TODAY, leave_out: str = "") -> Any:
    sheets = told_to_consumer(BIKE, CONDITIONS, tried(Side.EMPLOYEE))
    assert isinstance(sheets, dict)
    told = {name: sheet for name, sheet in sheets.items() if name != leave_out}
    kept = {name: stored(sheet).decode() for name, sheet in told.items()}
    return drawn_for_consumer(lease, names, told, kept, now=NOW, today=today)


def test_a_consumer_is_told_what_it_costs_and_agrees_on_the_same_figures() -> None:
    told, own = consumers(names=replace(NAMES, employer=None))
    assert isinstance(told, Paper)
    assert (told.kind, own.kind, told.employer, told.agreement) == (TOLD, OWN, None, None)
    assert own.figures == {
        "list_price": eur("3,999"),
        "sale_price": eur("3,799"),
        "residual": eur("379.90"),
        "rate": eur("111.29"),
        "month": eur("116.37"),
        "term": eur("4,189.32"),
        "total": eur("4,569.22"),
        "cost": eur("770.22"),
    }
    assert (told.figures, told.percents, told.example) == (own.figures, own.percents, own.example)
    assert {name: str(rate) for name, rate in own.percents.items()} == {"nominal": "5.90", "effective": "12.76"}
    assert own.example is not None
    assert own.example.financed == eur("3,000")
    assert set(own.sheets) == {"rate", "month", "effective_rate", "representative"}


def test_both_papers_of_a_consumer_bring_her_right_and_the_form_for_it() -> None:
    names = {paper.kind: [text.name for text in paper.texts] for paper in consumers()}
    for kind in (TOLD, OWN):
        at = names[kind].index("withdrawal")
        assert names[kind][at + 1] == "withdrawal_form", "the form comes after what it is for"
    assert set(names[TOLD]) >= {"pre_contract", "credit_told", "credit_check"}
    assert "form" not in names[TOLD]
    assert set(names[OWN]) >= {"own_use", "own_instalments", "own_end", "form", "no_purchase"}
    of_employers = {text.name for paper in papers() for text in paper.texts}
    assert not of_employers & {"withdrawal", "withdrawal_form", "own_use", "pre_contract"}


@pytest.mark.parametrize("state", [LeaseState.OFFERED, LeaseState.APPLIED, LeaseState.LESSOR_REVIEW])
def test_hers_are_drawn_from_the_offer_on_until_the_lessors_yes(state: LeaseState) -> None:
    assert isinstance(consumers(replace(HERS, state=state)), tuple)


@pytest.mark.parametrize(
    ("lease", "names", "leave_out", "reason"),
    [
        (replace(HERS, state=LeaseState.ORDERED), NAMES, "", NotDone.WRONG_STATE),
        (replace(HERS, state=LeaseState.APPROVED), NAMES, "", NotDone.WRONG_STATE),
        (replace(HERS, quote=None), NAMES, "", NotDone.WRONG_STATE),
        (HERS, replace(NAMES, lessor=None), "", NotDrawn.PARTY_NOT_NAMED),
        (HERS, replace(NAMES, holder=None), "", NotDrawn.HOLDER_NOT_NAMED),
        (HERS, NAMES, "effective_rate", NotDrawn.NO_RULE_THEN),
    ],
)
def test_nothing_is_drawn_up_for_a_consumer_that_tells_her_too_little(
    lease: Any, names: Names, leave_out: str, reason: Any
) -> None:
    assert consumers(lease, names, leave_out=leave_out) == Refusal(reason)


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
        ("pre_contract", "2026-11-01"): "868c632c4b7a30d0",
        ("credit_told", "2026-11-01"): "25f73c22f2df9e0c",
        ("credit_check", "2026-11-01"): "9217bef6181e8ad4",
        ("own_use", "2026-11-01"): "ab88f1ad05a178cf",
        ("own_instalments", "2026-11-01"): "096800313111308b",
        ("own_end", "2026-11-01"): "af4a275605ec7fba",
        ("withdrawal", "2026-11-01"): "d4ded8fee39cf999",
        ("withdrawal_form", "2026-11-01"): "a3833dd44c495c88",
        ("own_data_protection", "2026-11-01"): "e050729053b56a07",
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
    employers, own = frozenset({CONVERSION, SINGLE}), frozenset({TOLD, OWN})
    sides = {Side.EMPLOYEE: employers | own, Side.HR: employers, Side.LESSOR: own | {SINGLE}, Side.DEALER: frozenset()}
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
    assert are_signed(APPROVED, all_but_the_lessor)
    assert not any(are_signed(APPROVED, all_but_the_lessor - {each}) for each in all_but_the_lessor)


def test_a_consumers_lease_is_signed_by_her_yes_to_the_contract_and_nobody_says_yes_to_what_she_is_told() -> None:
    assert are_signed(HERS, {(OWN, Side.EMPLOYEE)})
    assert not are_signed(HERS, {(OWN, Side.LESSOR), (CONVERSION, Side.EMPLOYEE), (SINGLE, Side.HR)})
    assert not are_signed(APPROVED, {(OWN, Side.EMPLOYEE)})
    assert isinstance(said(Side.EMPLOYEE, OWN, HERS), Acceptance)
    assert isinstance(said(Side.LESSOR, OWN, HERS), Acceptance)
    assert said(Side.EMPLOYEE, TOLD, HERS) == Refusal(NotDone.NOT_YOURS_TO_DO)
    assert said(Side.EMPLOYEE, OWN, replace(HERS, state=LeaseState.ORDERED)) == Refusal(NotDone.WRONG_STATE)
