"""Numbers that people copy, and how a slip of the pen is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.references import CheckDigits, Pattern, check_digits, is_intact

BODIES = st.from_regex(r"[0-9]{4,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("rule", "body", "digits"),
    [
        (CheckDigits.NONE, "20300000017", ""),
        (CheckDigits.MOD10, "7992739871", "3"),  # the example of Luhn's patent
        (CheckDigits.MOD11, "1234567", "4"),  # 7x2 + 6x3 + 5x4 + 4x5 + 3x6 + 2x7 + 1x2 = 106
        (CheckDigits.MOD11, "123456", "0"),  # 77: no rest
        (CheckDigits.MOD97, "794", "44"),  # the example of ISO 7064
    ],
)
def test_check_digits_are_those_of_the_rule(rule: CheckDigits, body: str, digits: str) -> None:
    assert check_digits(body, rule) == digits
    assert is_intact(body + digits, rule)


@given(BODIES, st.integers(0, 11), st.integers(1, 9))
@pytest.mark.parametrize("rule", [CheckDigits.MOD10, CheckDigits.MOD97])
def test_one_wrong_digit_is_noticed(rule: CheckDigits, body: str, place: int, by: int) -> None:
    at = place % len(body)
    wrong = f"{body[:at]}{(int(body[at]) + by) % 10}{body[at + 1 :]}"
    assert not is_intact(wrong + check_digits(body, rule), rule)


@given(BODIES, st.integers(0, 10))
def test_two_digits_that_changed_places_are_noticed(body: str, place: int) -> None:
    at = place % (len(body) - 1)
    swapped = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
    assert swapped == body or not is_intact(swapped + check_digits(body, CheckDigits.MOD97), CheckDigits.MOD97)


def test_a_pattern_is_filled_with_year_number_and_check_digits() -> None:
    assert Pattern("RE-{year}-{number:6}").filled(2030, 17) == "RE-2030-000017"
    assert Pattern("5470.{yy}.{number:5}.{check}").filled(2030, 17, CheckDigits.MOD10) == "5470.30.00017.8"
    assert Pattern("{number}").filled(2030, 1234567) == "1234567"


def test_what_is_numbered_by_year_begins_anew_each_year() -> None:
    by_year = Pattern("RE-{year}-{number:6}")
    assert by_year.series(2030) == "RE-2030-{number:6}" != by_year.series(2031)
    assert Pattern("RE{number:6}").series(2030) == Pattern("RE{number:6}").series(2031)


@pytest.mark.parametrize(
    ("text", "check", "fault"),
    [
        ("RE-{year}", CheckDigits.NONE, "p has one place for the number, such as {number:6}"),
        ("{number}{number}", CheckDigits.NONE, "p has one place for the number, such as {number:6}"),
        ("RÄ{number}", CheckDigits.NONE, "p has letters, digits, blanks, dots, slashes and dashes beside its places"),
        (
            "{month}{number}",
            CheckDigits.NONE,
            "p has letters, digits, blanks, dots, slashes and dashes beside its places",
        ),
        ("{number}{check}", CheckDigits.NONE, "p has a place for check digits, but no rule for them"),
        ("{number}", CheckDigits.MOD97, "p ends with {check}"),
        ("{check}{number}", CheckDigits.MOD97, "p ends with {check}"),
        ("{number:40}", CheckDigits.NONE, "p is longer than 35 characters"),
    ],
)
def test_a_pattern_says_what_is_wrong_with_it(text: str, check: CheckDigits, fault: str) -> None:
    assert Pattern(text).faults("p", check) == [fault]
