"""What a code of a problem means."""

from msgspec import Struct


class Kind(Struct, frozen=True):
    """What a code means: its status and its title by language."""

    status: int
    en: str
    de: str
