"""The chain: each link hangs on all before it, in their order, in its city."""

from domain.identity import City
from domain.ledger.chain import Content, beginning, sealed
from domain.ledger.entries import EntryId
from tests.examples import an_id

HERE, THERE = City("okerstadt"), City("elsewhere")
SAID = [Content(EntryId(an_id(word)), word) for word in ("one", "two", "three")]


def digests(city: City, contents: list[Content]) -> list[bytes]:
    return [link.digest for link in sealed(beginning(city), contents)]


def test_links_count_up_and_name_their_entries() -> None:
    links = list(sealed(beginning(HERE), SAID))
    assert [(link.position, link.entry_id) for link in links] == [(n, each.entry_id) for n, each in enumerate(SAID, 1)]


def test_it_is_the_same_chain_in_whatever_batches_it_was_made() -> None:
    first = list(sealed(beginning(HERE), SAID[:1]))
    assert [*first, *sealed(first[-1], SAID[1:])] == list(sealed(beginning(HERE), SAID))


def test_what_is_said_first_changes_every_link_after_it() -> None:
    other = [Content(SAID[0].entry_id, "One"), *SAID[1:]]
    assert all(mine != theirs for mine, theirs in zip(digests(HERE, SAID), digests(HERE, other), strict=True))


def test_entries_that_changed_places_are_seen() -> None:
    assert digests(HERE, [SAID[1], SAID[0], SAID[2]])[1:] != digests(HERE, SAID)[1:]
    assert digests(HERE, [SAID[1], SAID[0], SAID[2]])[2] != digests(HERE, SAID)[2]


def test_no_city_s_chain_can_be_put_in_another_s_place() -> None:
    assert set(digests(HERE, SAID)).isdisjoint(digests(THERE, SAID))
