"""What makes a city's settings fit to open it."""

from typing import Any

import msgspec
import pytest

from domain.cities.finance import Contact, Invoicing
from domain.cities.identifiers import has_valid_iban_checksum, has_valid_leitweg_checksum, is_slug
from domain.cities.notices import NoticeSettings
from domain.cities.providers import StripeAccount
from domain.cities.settings import CitySettings, NotSettable, change
from domain.places import Location
from domain.quiet_hours import QuietHours
from domain.references import CheckDigits
from domain.refusals import Refusal

ACCOUNT = StripeAccount("acct_1", "pk_test_1", "env:STRIPE_KEY", "file:secrets/webhook")
OKERSTADT = CitySettings(
    name="Okerstadt",
    legal_entity="Stadt Okerstadt",
    address="Altstadtmarkt 1, 38100 Okerstadt",
    vat_id="DE999999995",
    iban="DE70 9999 9999 0000 0038 10",
    creditor_id="DE98ZZZ09999999999",
    leitweg_id="04011000-1234512345-06",
    time_zone="Europe/Berlin",
    state="NI",
    postcodes=("38100",),
    languages=("de",),
    imprint="Stadt Okerstadt",
    terms={"general": "2026-01"},
    center=Location(52.25, 10.5),
    stripe=ACCOUNT,
)


def settings(**changed: Any) -> CitySettings:
    return msgspec.structs.replace(OKERSTADT, **changed)


def test_a_complete_city_has_no_faults() -> None:
    assert OKERSTADT.faults() == ()
    assert settings(stripe=None).faults() == ()


@pytest.mark.parametrize("name", ["Europe/Okerstadt", "", "Europe", "../etc/passwd", "/etc/localtime"])
def test_a_time_zone_comes_from_the_database_of_time_zones(name: str) -> None:
    assert settings(time_zone=name).faults() == (f"time_zone {name!r} is not in the tz database",)


@pytest.mark.parametrize("center", [Location(91, 10), Location(52, 181), Location(float("nan"), 10)])
def test_the_center_is_on_the_globe(center: Location) -> None:
    assert settings(center=center).faults() == ("center is given in degrees: lat -90 to 90, lon -180 to 180",)


@pytest.mark.parametrize(
    ("iban", "valid"),
    [
        ("DE02120300000000202051", True),
        ("GB82WEST12345698765432", True),
        ("DE02120300000000202015", False),
        ("DE0212030000000020205", False),
        ("de02120300000000202051", False),
        ("", False),
    ],
)
def test_two_swapped_digits_of_an_iban_are_noticed(iban: str, valid: bool) -> None:
    assert has_valid_iban_checksum(iban) is valid


@pytest.mark.parametrize(
    ("leitweg_id", "valid"),
    [
        ("04011000-1234512345-06", True),
        ("04011000-1234512354-06", False),
        ("991-33333TEST-33", True),
        ("03101", False),
        ("", False),
    ],
)
def test_a_mistyped_leitweg_id_is_noticed(leitweg_id: str, valid: bool) -> None:
    assert has_valid_leitweg_checksum(leitweg_id) is valid


@pytest.mark.parametrize(
    ("name", "fits"), [("braunschweig", True), ("bad-gandersheim2", True), ("a", False), ("Ulm", False), ("2b", False)]
)
def test_a_citys_name_fits_into_an_address(name: str, fits: bool) -> None:
    assert is_slug(name) is fits


def test_before_the_first_payment_a_city_may_choose_another_account() -> None:
    other = settings(stripe=msgspec.structs.replace(ACCOUNT, account="acct_2"))
    assert change(OKERSTADT, other, has_payments=False) == other


@pytest.mark.parametrize("stripe", [None, msgspec.structs.replace(ACCOUNT, account="acct_2")])
def test_money_is_refunded_from_the_account_that_took_it(stripe: StripeAccount | None) -> None:
    refused = Refusal(NotSettable.ACCOUNT_HAS_PAYMENTS, "/stripe/account")
    assert change(OKERSTADT, settings(stripe=stripe), has_payments=True) == refused


def test_an_account_in_use_may_get_new_keys() -> None:
    rekeyed = settings(stripe=msgspec.structs.replace(ACCOUNT, secret_key="env:NEW_KEY"))
    assert change(OKERSTADT, rekeyed, has_payments=True) == rekeyed


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"invoice_numbers": "RE"}, "invoicing.invoice_numbers has one place for the number, such as {number:6}"),
        (
            {"credit_note_numbers": "RE-{year}-{number:6}"},
            "invoicing: invoices and credit notes have numbers of their own",
        ),
        (
            {"check_digits": CheckDigits.NONE},
            "invoicing.cash_references has a place for check digits, but no rule for them",
        ),
        (
            {"meter_values_link": "http://app.example/{session}"},
            "invoicing.meter_values_link is an https address with {session} in it",
        ),
        ({"payable_within_days": 91}, "invoicing.payable_within_days is 0 to 90"),
        ({"contact": Contact(" ", "110", "a@b.de")}, "invoicing.contact.name is empty"),
        ({"contact": Contact("Kasse", "11", "a@b.de")}, "invoicing.contact.phone has at least three digits"),
        (
            {"contact": Contact("Kasse", "110", "a@b")},
            "invoicing.contact.email is an address such as rechnung@example.org",
        ),
    ],
)
def test_what_is_wrong_with_its_invoices_is_said(changed: dict[str, Any], fault: str) -> None:
    assert settings(invoicing=msgspec.structs.replace(Invoicing(), **changed)).faults() == (fault,)


@pytest.mark.parametrize("link", ["http://app.example/{code}", "https://app.example/b", "{code}"])
def test_a_code_leads_to_an_address_that_has_it_in_it(link: str) -> None:
    assert "booking_link" in "".join(msgspec.structs.replace(OKERSTADT, booking_link=link).faults())


@pytest.mark.parametrize(
    ("notices", "fault"),
    [
        (NoticeSettings(quiet=QuietHours("22:00", "22:00")), "notices.quiet ends at another time than it begins"),
        (NoticeSettings(before_start_min=4), "notices.before_start_min is 5 to 2880"),
        (NoticeSettings(before_end_min=2881), "notices.before_end_min is 5 to 2880"),
        (NoticeSettings(late_after_min=61), "notices.late_after_min is 0 to 60"),
        (
            NoticeSettings(extend_link="https://app.example/extend"),
            "notices.extend_link is an https address with {booking} in it",
        ),
        (
            NoticeSettings(extend_link="http://app.example/{booking}"),
            "notices.extend_link is an https address with {booking} in it",
        ),
    ],
)
def test_what_is_wrong_with_its_notices_is_said(notices: NoticeSettings, fault: str) -> None:
    assert settings(notices=notices).faults() == (fault,)


def test_a_city_may_do_without_notices_and_quiet_hours() -> None:
    none = NoticeSettings(quiet=None, before_start_min=None, before_end_min=None, late_after_min=None)
    assert settings(notices=none).faults() == ()
