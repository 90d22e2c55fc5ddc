"""Finding references in what payers wrote: with blanks and dashes or without, cut by the bank, or glued to other words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from domain.reconciliation.expected import Expected, ExpectedId
from domain.reconciliation.statements import BankLine

SHORTEST = 6  # letters and digits; shorter ones stand in texts by chance


class _Found(Struct, frozen=True):
    start: int
    end: int
    ids: frozenset[ExpectedId]


class References:
    """References of what is expected, to be found in lines: its own, or those under which it is asked for with others."""

    def __init__(self, expected: Iterable[Expected], *, together: bool = False) -> None:
        ids: dict[str, set[ExpectedId]] = defaultdict(set)
        for each in expected:
            for reference in each.asked_with if together else each.references:
                bare = "".join(filter(str.isalnum, reference)).upper()
                if len(bare) >= SHORTEST:
                    ids[bare].add(each.id)
        self._ids = {bare: frozenset(named) for bare, named in ids.items()}
        self._lengths = sorted({len(bare) for bare in self._ids})

    def named_in(self, line: BankLine) -> frozenset[ExpectedId]:
        """What the line refers to, in any of its fields."""
        fields = (line.end_to_end_id, *line.references, line.text)
        return frozenset(name for field in fields for found in _longest(self._in(field)) for name in found.ids)

    def _in(self, text: str) -> Iterator[_Found]:
        places = [at for at, character in enumerate(text) if character.isalnum()]
        bare = "".join(text[at] for at in places).upper()
        if len(bare) != len(places):  # a letter such as ß, which is two in capitals
            bare = "".join(text[at] for at in places)
        for length in self._lengths:
            for start in range(len(bare) - length + 1):
                ids = self._ids.get(bare[start : start + length])
                if ids and _stands_alone(text, places[start], places[start + length - 1]):
                    yield _Found(start, start + length, ids)


def _longest(found: Iterable[_Found]) -> list[_Found]:
    """Without those inside of others: `RE-2026-0000` is not meant by `RE-2026-0000 17`, if that is one as well."""
    spans = list(found)
    return [
        one
        for one in spans
        if not any(
            other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start
            for other in spans
        )
    ]


def _stands_alone(text: str, first: int, last: int) -> bool:
    """Whether no digit goes on a number and no letter a word."""
    before = text[first - 1] if first else " "
    after = text[last + 1] if last + 1 < len(text) else " "
    return not _goes_on(before, text[first]) and not _goes_on(text[last], after)


def _goes_on(left: str, right: str) -> bool:
    return (left.isdigit() and right.isdigit()) or (left.isalpha() and right.isalpha())
