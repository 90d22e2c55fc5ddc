"""Whether a registered site can be where its row says: state, postcode and coordinates have to tell one story."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from domain.charging.postcodes import GERMAN_POSTCODES
from domain.charging.register import ReadRow, RegisterRow, RejectedRow, RowFault
from domain.charging.states import GERMAN_STATES, GERMANY
from domain.places import Location, distance_m

# Where a postcode lies is told by the other rows of the file: enough for a warning, too little to keep a site out. Few places
# tell nothing; and a postcode in the country is wide, so what is far is measured by how far apart its places are anyway.
PLACES_THAT_TELL = 5
FAR_M = 15_000
FAR_TIMES_USUAL = 8


def in_its_place(row: ReadRow) -> ReadRow:
    """The row, unless its state, postcode and coordinates contradict each other."""
    if isinstance(row, RejectedRow):
        return row
    bounds = GERMAN_STATES.boxes.get(row.state)
    there = f"latitude {row.location.lat}, longitude {row.location.lon}"
    if bounds is None:
        return rejected(row, RowFault.UNKNOWN_STATE, f"no German state: {row.state!r}")
    if not GERMANY.contains(row.location):
        return rejected(row, RowFault.OUTSIDE_GERMANY, f"{there} is not in Germany")
    if not bounds.contains(row.location):
        return rejected(row, RowFault.OUTSIDE_ITS_STATE, f"{there} is not in {row.state}")
    if not GERMAN_POSTCODES.fit(row.postcode, row.state):
        detail = f"postcode {row.postcode} is not in {row.state}"
        return rejected(row, RowFault.POSTCODE_OF_ANOTHER_STATE, detail)
    return row


def astray(rows: Iterable[RegisterRow]) -> frozenset[int]:
    """The numbers of the rows that lie far from all others of their postcode: a digit is wrong somewhere, perhaps."""
    groups: defaultdict[str, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        groups[row.postcode].append(row)
    return frozenset(number for group in groups.values() for number in _astray(group))


def _astray(group: Sequence[RegisterRow]) -> Iterator[int]:
    places = {row.location for row in group}
    if len(places) < PLACES_THAT_TELL:
        return
    middle = Location(median(place.lat for place in places), median(place.lon for place in places))
    far = max(FAR_M, FAR_TIMES_USUAL * median(distance_m(place, middle) for place in places))
    yield from (row.number for row in group if distance_m(row.location, middle) > far)


def rejected(row: RegisterRow, fault: RowFault, detail: str) -> RejectedRow:
    return RejectedRow(row.number, fault, detail, row.postcode, row.cells, row.register_id)
