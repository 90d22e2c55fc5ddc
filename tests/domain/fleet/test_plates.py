import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.plates import NotAPlate, Plate, Season, plate
from domain.refusals import Refusal

AMBIGUOUS, INVALID = Refusal(NotAPlate.PLATE_AMBIGUOUS), Refusal(NotAPlate.PLATE_INVALID)


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        ("BS-AB 123", "BS-AB 123"),
        (" bs ab 123 ", "BS-AB 123"),
        ("BS–AB·123", "BS-AB 123"),
        ("BS-AB123E", "BS-AB 123E"),
        ("bs ab 123 e", "BS-AB 123E"),
        ("WOB-AB 123E", "WOB-AB 123E"),
        ("BS-K 7H", "BS-K 7H"),
        ("BS-1234", "BS-1234"),
        ("bs - 1234", "BS-1234"),
        ("WÜ-AB 1", "WÜ-AB 1"),
        ("WOBAB12", "WOB-AB 12"),
        ("B 12", "B-12"),
    ],
)
def test_a_plate_has_one_notation_however_it_is_written(said: str, mark: str) -> None:
    found = plate(said)
    assert isinstance(found, Plate)
    assert str(found) == mark


def test_the_boundary_behind_the_district_tells_two_vehicles_apart() -> None:
    one, other = plate("B-SA 1"), plate("bs a 1")
    assert (one, other) == (Plate("B", "SA", "1"), Plate("BS", "A", "1"))
    assert str(one) != str(other)


@pytest.mark.parametrize("said", ["BSA1", "BSAB 123", "bsa 1 e", "BS 12", "BSA 1"])
def test_a_plate_without_its_boundary_is_not_guessed(said: str) -> None:
    assert plate(said) == AMBIGUOUS


@pytest.mark.parametrize(
    "said",
    [
        "",
        "BS",
        "BS-AB",
        "BS-AB 0123",
        "BS-AB 12345",
        "WOB-AB 1234E",
        "BS-ABC 1",
        "BS-ÄB 1",
        "1-AB 1",
        "BS-AB 1X",
        "BS-AB 1EH",
        "BRAUN-AB 1",
    ],
)
def test_what_is_no_german_plate_is_refused(said: str) -> None:
    assert plate(said) == INVALID


def test_a_season_is_kept_beside_the_number() -> None:
    found = plate("BS-AB 12H (4/10)")
    assert found == Plate("BS", "AB", "12", "H", Season(4, 10))
    assert (found.mark, str(found)) == ("BS-AB 12H", "BS-AB 12H 04-10")


@pytest.mark.parametrize("season", ["04-04", "04-03", "00-05", "04-13"])
def test_a_season_has_two_to_eleven_months(season: str) -> None:
    assert plate(f"BS-AB 12 {season}") == INVALID


def test_a_season_may_go_over_the_turn_of_the_year() -> None:
    winter = Season(11, 2)
    assert [month for month in range(1, 13) if month in winter] == [1, 2, 11, 12]


PLATES = st.builds(
    Plate,
    district=st.text("ABSW", min_size=1, max_size=3),
    letters=st.text("ABS", min_size=1, max_size=2),
    number=st.integers(1, 99).map(str),
    suffix=st.sampled_from(["", "E", "H"]),
    season=st.none() | st.builds(Season, st.just(4), st.sampled_from([5, 10, 2])),
)


@given(PLATES, PLATES)
def test_what_is_written_is_read_again_and_two_plates_never_read_the_same(one: Plate, other: Plate) -> None:
    assert plate(str(one)) == one
    assert (str(one) == str(other)) == (one == other)
