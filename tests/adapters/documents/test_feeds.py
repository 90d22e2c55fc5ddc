"""A feed as the file that a calendar app reads."""

from msgspec.structs import replace

from adapters.documents.feeds import WORDS, feed_file
from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.fleet.feeds import Feed, FeedId
from domain.places import Location
from services.fleet.feeds import Fed, FedBlock, FedBooking
from tests.examples import HERE, NOON, an_id, hours, person_id

FEED = Feed(FeedId(an_id("feed")), person_id("mary"), ResourceId(an_id("car")), NOON)
BOOKING = FedBooking(
    BookingId(an_id("booking")),
    2,
    NOON,
    NOON + hours(1),
    NOON - hours(1),
    State.CONFIRMED,
    final=True,
    vehicle="ID.3",
    station="Rathaus",
    address="Platz 1; Okerstadt",
    location=Location(52.25, 10.5),
)
BLOCK = FedBlock(an_id("block"), NOON + hours(2), NOON + hours(3), NOON)
FED = Fed(FEED, (), HERE, "Braunschweig", "de", "ID.3", None, (BOOKING,), (BLOCK,))


def test_a_vehicles_file_to_the_letter() -> None:
    assert feed_file(FED).decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//kommobil//feeds//EN",
        "NAME:ID.3\\, Braunschweig",
        "X-WR-CALNAME:ID.3\\, Braunschweig",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "BEGIN:VEVENT",
        "SUMMARY:ID.3: gebucht",
        "DTSTART:20300603T120000Z",
        "DTEND:20300603T130000Z",
        "DTSTAMP:20300603T110000Z",
        f"UID:{BOOKING.id}@braunschweig.kommobil",
        "SEQUENCE:2",
        "GEO:52.25;10.5",
        "LOCATION:Platz 1\\; Okerstadt",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "SUMMARY:ID.3: gesperrt",
        "DTSTART:20300603T140000Z",
        "DTEND:20300603T150000Z",
        "DTSTAMP:20300603T120000Z",
        f"UID:{BLOCK.id}@braunschweig.kommobil",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_ones_own_names_the_vehicle_and_where_it_stands() -> None:
    own = feed_file(replace(FED, vehicle=None, language="fr", blocks=())).decode()
    assert "SUMMARY:ID.3\\, Rathaus\r\n" in own
    assert "NAME:My vehicles\\, Braunschweig\r\n" in own


def test_what_may_still_change_is_tentative() -> None:
    for booking in (replace(BOOKING, final=False), replace(BOOKING, state=State.HELD)):
        assert b"STATUS:TENTATIVE" in feed_file(replace(FED, bookings=(booking,)))


def test_every_state_that_is_shown_has_a_word_in_both_languages() -> None:
    for words in WORDS.values():
        assert set(words) == {"held", "confirmed", "in_use", "completed", "blocked"}


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    """RFC 5545, section 3.1: CRLF, at most 75 octets."""
    long = feed_file(replace(FED, vehicle="Ä" * 90))
    assert all(len(line) <= 75 for line in long.split(b"\r\n"))
    assert b"\n" not in long.replace(b"\r\n", b"")
