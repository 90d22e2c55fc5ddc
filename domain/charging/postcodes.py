"""Which states a German postcode can lie in, by its first three digits: the post knows no borders, so some lie in two."""

from collections.abc import Mapping, Set
from datetime import date

from msgspec import Struct


class PostalRegions(Struct, frozen=True):
    """Three-digit regions by the state's German name; `as_of` and `source` say whence they come."""

    as_of: date
    source: str
    regions: Mapping[str, Set[str]]

    def fit(self, postcode: str, state: str) -> bool:
        return postcode[:3] in self.regions.get(state, frozenset())


def _regions(*spans: str) -> frozenset[str]:
    """`100-103` is 100, 101, 102 and 103."""
    bounds = [(span.split("-")[0], span.split("-")[-1]) for span in spans]
    return frozenset(f"{region:03}" for first, last in bounds for region in range(int(first), int(last) + 1))


GERMAN_POSTCODES = PostalRegions(
    as_of=date(2026, 11, 23),
    source=(
        "Compiled from public lists of the postcode ranges of the states, held against the published registers; a region "
        "counts for every state in which a single postcode of it lies (Schollene 14715 is Saxony-Anhalt's)"
    ),
    regions={
        "Baden-Württemberg": _regions(
            "680-683", "685", "687-695", "700-767", "776-798", "880-891", "893-896", "978-979"
        ),
        "Bayern": _regions("637-639", "800-877", "881", "892", "900-964", "970-978"),
        "Berlin": _regions("100-141"),
        "Brandenburg": _regions("019", "030-032", "048-049", "125", "144-169", "172", "193"),
        "Bremen": _regions("275", "280-287"),
        "Hamburg": _regions("200-211", "220-227", "274"),
        "Hessen": _regions("340-363", "371-372", "552", "599-636", "642-659", "685-686", "692", "694-695"),
        "Mecklenburg-Vorpommern": _regions("170-194", "239"),
        "Niedersachsen": _regions(
            "192", "212-217", "260-274", "276-278", "287-318", "343", "370-371", "374-387", "484-485", "490-498"
        ),
        "Nordrhein-Westfalen": _regions(
            "320-338", "344", "376", "400-487", "494-495", "501-533", "535-539", "570-574", "580-599"
        ),
        "Rheinland-Pfalz": _regions("515", "534-536", "542-568", "575-576", "655-656", "664-665", "668-678", "767-768"),
        "Saarland": _regions("660-668"),
        "Sachsen": _regions("010-019", "026-029", "040-048", "079-096"),
        "Sachsen-Anhalt": _regions("060-069", "147", "294", "384", "388-396"),
        "Schleswig-Holstein": _regions("210", "214-215", "221", "228-259", "274"),
        "Thüringen": _regions("045-046", "065", "073-079", "364", "373", "965", "985-999"),
    },
)
