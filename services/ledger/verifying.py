"""Whether a city's ledger is what it was when it was sealed."""

from msgspec import Struct

from domain.identity import City
from domain.ledger.chain import Content, Link, beginning, sealed
from services.ledger.ports import Seals, Standing

MOST_SHOWN = 100


class Verdict(Struct, frozen=True):
    """`broken` are the positions whose entry, legs or link are not what was sealed, the first hundred of them; `head` is the
    last link's digest in hexadecimal: whoever notes it elsewhere sees later whether the end was cut off.

    `missing` counts entries that are neither sealed nor waiting for it.
    """

    standing: Standing
    broken: tuple[int, ...]
    head: str
    missing: int

    @property
    def holds(self) -> bool:
        counted = self.standing
        return not (self.broken or self.missing or counted.wrong_sums or counted.unbalanced)


async def verify(city: City, *, seals: Seals) -> Verdict:
    """Make every link again from what is there now. Raises Unavailable."""
    last = beginning(city)
    broken: list[int] = []
    async for page in seals.chain(city):
        for found in page:
            if not _follows(last, found.link, found.content):
                broken.append(found.link.position)
            last = found.link
    standing = await seals.standing(city)
    missing = standing.entries - standing.sealed - standing.waiting
    return Verdict(standing, tuple(broken[:MOST_SHOWN]), last.digest.hex(), missing)


def _follows(last: Link, link: Link, content: Content | None) -> bool:
    return content is not None and next(sealed(last, [content]), None) == link
