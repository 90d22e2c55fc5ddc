"""Statements whose values have names, for connections that know them by number alone."""

import re
from collections.abc import Mapping

from msgspec import Struct

NAME = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class Numbered(Struct, frozen=True):
    """`names` are the values' in their order."""

    sql: str
    names: tuple[str, ...]

    def values(self, named: Mapping[str, object]) -> list[object]:
        """Raises KeyError where one is missing."""
        return [named[name] for name in self.names]


def numbered(sql: str) -> Numbered:
    """Each `:name` becomes a number; `::` is a cast."""
    names = tuple(dict.fromkeys(NAME.findall(sql)))
    return Numbered(NAME.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names)
