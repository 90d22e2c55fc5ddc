import pytest

from domain.fleet.vins import NotAVin, check_digit, vin
from domain.refusals import Refusal


def test_a_vin_of_europe_needs_no_check_digit() -> None:
    assert check_digit("WVWZZZE1ZMP012345") == "4"
    assert vin(" wvwzzze1zmp 012345 ") == "WVWZZZE1ZMP012345"


def test_one_of_north_america_has_to_have_its_own() -> None:
    assert vin("1M8GDM9AXKP042788") == "1M8GDM9AXKP042788"
    assert vin("1M8GDM9A1KP042788") == Refusal(NotAVin.VIN_CHECK_DIGIT)


@pytest.mark.parametrize(
    "said", ["", "WVWZZZE1ZMP01234", "WVWZZZE1ZMP0123456", "WVWZZZE1ZMPO12345", "WVWZZZE1ZMPÄ12345"]
)
def test_other_signs_or_another_length_are_no_vin(said: str) -> None:
    assert vin(said) == Refusal(NotAVin.VIN_INVALID)
