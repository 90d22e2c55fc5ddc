"""Publishing tariffs: versions are added, never edited."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.booking.publishing import Published, TariffDraft, policy_faults, publish
from domain.booking.terms import AdHocPolicy, BlockingPolicy, PolicyStep, TermsPolicy
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit
from tests.domain.pricing.charging.sessions import element, per

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = TermsPolicy(
    version="2026-01",
    hold_s=900,
    free_cancel_before_s=3600,
    steps=(PolicyStep(1800, 25), PolicyStep(0, 50)),
    no_show_fee_percent=100,
    start_before_s=900,
    min_duration_s=900,
    max_duration_s=86400,
    max_ahead_s=34_560_000,
)
DRAFT = TariffDraft(
    id=TariffId("charging-standard"),
    name="Laden",
    currency="EUR",
    vat_rate=Decimal("0.19"),
    terms=POLICY,
    valid_from=NEW_YEAR,
    time=TimePrice(TimeUnit.HOUR, Decimal("1.20"), Decimal("9.60")),
    energy=Decimal("0.4850"),
)


def draft(**changed: Any) -> TariffDraft:
    return msgspec.structs.replace(DRAFT, **changed)


def published(version: int, valid_from: datetime = NEW_YEAR, **changed: Any) -> Published:
    tariff = Tariff(
        id=DRAFT.id,
        version=version,
        valid_from=valid_from,
        name=DRAFT.name,
        currency=DRAFT.currency,
        vat_rate=DRAFT.vat_rate,
        time=DRAFT.time,
        energy=DRAFT.energy,
    )
    return Published(msgspec.structs.replace(tariff, **changed), POLICY)


def test_the_first_version_says_what_its_draft_says() -> None:
    assert publish(DRAFT, None, NOW) == published(1)


def test_the_same_again_is_no_new_version() -> None:
    assert publish(DRAFT, published(4), NOW) is None


@pytest.mark.parametrize("changed", [{"energy": Decimal("0.50")}, {"flat": Decimal(1)}, {"name": "Strom"}])
def test_a_change_is_the_next_version(changed: dict[str, Any]) -> None:
    assert publish(draft(**changed), published(4), NOW) == published(5, **changed)


def test_a_price_that_is_written_otherwise_is_the_same_price() -> None:
    assert publish(draft(energy=Decimal("0.485")), published(4), NOW) is None


def test_an_undated_draft_counts_from_its_publication_and_does_not_age() -> None:
    undated = draft(valid_from=None)
    first = publish(undated, None, NOW)
    assert first == published(1, NOW)
    assert publish(undated, first, NOW + timedelta(days=1)) is None
    dearer = msgspec.structs.replace(undated, energy=Decimal(1))
    assert publish(dearer, first, NOW + timedelta(days=1)) == published(2, NOW + timedelta(days=1), energy=Decimal(1))


def test_the_date_is_kept_in_utc() -> None:
    berlin = draft(valid_from=datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert msgspec.json.encode(publish(berlin, None, NOW)) == msgspec.json.encode(published(1))


def test_a_good_draft_has_no_faults() -> None:
    assert DRAFT.faults(NOW) == ()
    assert draft(valid_from=None).faults(NOW) == ()


def test_a_date_without_an_offset_is_a_fault_and_not_guessed() -> None:
    assert draft(valid_from=datetime(2026, 1, 1)).faults(NOW) == ("valid_from needs an offset",)  # noqa: DTZ001 - the fault


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"version": ""}, "terms.version is empty"),
        ({"start_before_s": -1}, "terms.start_before_s is negative"),
        ({"hold_s": 59}, "terms.hold_s is at least 60: nobody pays faster"),
        ({"min_duration_s": 0}, "terms.min_duration_s is more than 0 and at most max_duration_s"),
        ({"max_duration_s": 899}, "terms.min_duration_s is more than 0 and at most max_duration_s"),
        ({"steps": (PolicyStep(0, 101),)}, "fees are 0 to 100 percent of the price"),
        ({"no_show_fee_percent": 49}, "a later cancellation does not cost less, and not coming costs the most"),
        (
            {"steps": (PolicyStep(0, 25), PolicyStep(1800, 50))},
            "terms.steps run from early to late, all of them after the free cancellation",
        ),
        (
            {"free_cancel_before_s": 600},
            "terms.steps run from early to late, all of them after the free cancellation",
        ),
        ({"max_duration_s": 157_856_401}, "terms.max_duration_s is at most 60 months"),
        ({"max_ahead_s": 34_560_001}, "terms.max_ahead_s is at least min_ahead_s and at most 400 days"),
        ({"min_ahead_s": 34_560_000 + 1}, "terms.max_ahead_s is at least min_ahead_s and at most 400 days"),
        ({"min_ahead_s": -1}, "terms.min_ahead_s is negative"),
        ({"no_show_after_s": -1}, "terms.no_show_after_s is negative"),
        (
            {"max_week_s": 600},
            "terms.max_week_s is at least min_duration_s: what nobody may book is not on sale",
        ),
        ({"max_open": 0}, "terms.max_open is at least 1: what nobody may book is not on sale"),
        ({"withdrawal_days": -1}, "terms.withdrawal_days is 0 to 365"),
        (
            {"ad_hoc": AdHocPolicy(most=Decimal("250.01"))},
            "terms.ad_hoc.most is 1 to 250: an invoice above that has to name whoever gets it",
        ),
        (
            {"ad_hoc": AdHocPolicy(hold_s=1201)},
            "terms.ad_hoc.hold_s is at least 60, and at most start_within_s, which is at most 3600",
        ),
        (
            {"ad_hoc": AdHocPolicy(min_s=299)},
            "terms.ad_hoc.min_s is at least 300, and at most max_s, which is at most 86400",
        ),
    ],
)
def test_terms_that_contradict_themselves_are_not_published(changed: dict[str, Any], fault: str) -> None:
    assert fault in policy_faults(msgspec.structs.replace(POLICY, **changed))


def an_ocpi_draft(*elements: dict[str, Any], **changed: Any) -> TariffDraft:
    said = {"id": "t", "currency": "EUR", "elements": elements} | changed.pop("ocpi", {})
    charging = msgspec.convert(said, ChargingTariff)
    free = msgspec.structs.replace(POLICY, no_show_fee_percent=0, steps=())
    return draft(**{"time": None, "energy": None, "terms": free, "charging": charging} | changed)


def test_a_tariff_of_ocpi_is_sold_by_as_it_stands() -> None:
    fine = an_ocpi_draft(
        element(per("FLAT", 2, 19), reservation="RESERVATION_EXPIRES"), element(per("ENERGY", "0.5", 7))
    )
    assert fine.faults(NOW) == ()
    version = publish(fine, None, NOW)
    assert version is not None
    assert version.tariff.charging == fine.charging
    assert publish(fine, version, NOW) is None


@pytest.mark.parametrize(
    ("faulty", "fault"),
    [
        (an_ocpi_draft(), "charging.elements is empty"),
        (
            an_ocpi_draft(element(per("ENERGY", 1)), ocpi={"currency": "CHF"}),
            "charging.currency is that of the tariff, EUR",
        ),
        (
            an_ocpi_draft(element(per("ENERGY", 1)), energy=Decimal(1)),
            "charging stands in place of all other prices, steps and rates",
        ),
        (
            an_ocpi_draft(element(per("TIME", 1, step=86_401))),
            "charging.elements[0].price_components have a step_size of 86400 at most",
        ),
        (
            an_ocpi_draft(element(per("TIME", 1), min_current=16)),
            "charging.elements[0].restrictions: bounds of current are not sold by, as not every station tells it",
        ),
        (
            an_ocpi_draft(element(per("TIME", 1, 7), reservation="RESERVATION")),
            "charging.elements[0]: reservations are taxed at the vat_rate of the tariff, as its fees are",
        ),
        (
            an_ocpi_draft(element(per("TIME", 1, 19), reservation="RESERVATION"), terms=POLICY),
            "terms.no_show_fee or elements of reservations in charging: not both",
        ),
        (
            an_ocpi_draft(
                element(per("PARKING_TIME", 1)),
                terms=msgspec.structs.replace(POLICY, blocking=BlockingPolicy(Decimal("0.1"), Decimal(12))),
            ),
            "terms.blocking or PARKING_TIME in charging: not both",
        ),
    ],
)
def test_what_a_city_cannot_sell_by_is_said(faulty: TariffDraft, fault: str) -> None:
    assert faulty.faults(NOW) == (fault,)
