"""Sites that an import of a layout without ids left, found again in a layout with ids.

The same operator, postcode and address, or the same operator and postcode within `NEAR_M`, is the same site: operators
correct their coordinates by metres, and the layouts write street and number differently. Another operator at the address
is another site, even if the first has gone: bookings of the one must not lead to the charger of the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from domain.charging.register import RegisterRow
from domain.charging.sites import KnownSite, SiteKey, operator_name
from domain.places import distance_m

NEAR_M = 30.0
SAME_ADDRESS_M = 500.0


def adoptions(rows: Iterable[RegisterRow], known: Mapping[SiteKey, KnownSite]) -> dict[int, SiteKey]:
    """The known site of each row that has one, by the row's number; every site is given once, the nearest pairs first."""
    sites: defaultdict[tuple[str, str], list[tuple[SiteKey, KnownSite]]] = defaultdict(list)
    for key, site in known.items():
        sites[operator_name(site.operator), site.postcode].append((key, site))
    groups: defaultdict[tuple[str, str], list[RegisterRow]] = defaultdict(list)
    for row in rows:
        groups[operator_name(row.operator), row.postcode].append(row)
    found: dict[int, SiteKey] = {}
    for whose, group in groups.items():
        found |= _paired(group, sites[whose])
    return found


def _paired(rows: Sequence[RegisterRow], sites: Sequence[tuple[SiteKey, KnownSite]]) -> dict[int, SiteKey]:
    pairs = sorted(
        (len(row.points) != site.points, round(distance), row.register_id or "", key, row.number)
        for row in rows
        for key, site in sites
        if (distance := distance_m(row.location, site.location)) <= NEAR_M
        or (distance <= SAME_ADDRESS_M and _address(row.address) == _address(site.address))
    )
    found: dict[int, SiteKey] = {}
    given: set[SiteKey] = set()
    for _, _, _, key, number in pairs:
        if number not in found and key not in given:
            found[number] = key
            given.add(key)
    return found


def _address(address: str) -> str:
    """`Am Wasserturm 4 a`, `Am Wasserturm 4A`: letters and digits, and a street is a str."""
    letters = "".join(filter(str.isalnum, address.casefold()))
    return letters.replace("strasse", "str")  # casefold has made strasse of straße
