"""Whether a city's ledger is what it was when it was sealed."""

from msgspec import Struct

from domain.identity import City
from domain.ledger.chain import Content, Link, beginning, sealed
from services.ledger.ports import Seals, Standing

MOST_SHOWN = 100


class Verdict(Struct, frozen=True):
    """`broken` are the positions whose entry, legs or link are not what was sealed, the first hundred of them; `missing` counts
    entries that are neither sealed nor waiting for it.

    `head` is the last link's digest in hexadecimal. Whoever notes it elsewhere can ask later whether it is still in the
    chain: `cut_off` says that it is not, so the end that it stood for is gone.
    """

    standing: Standing
    broken: tuple[int, ...]
    missing: int
    head: str
    cut_off: bool = False

    @property
    def holds(self) -> bool:
        counted = self.standing
        return not (self.broken or self.missing or self.cut_off or counted.wrong_sums or counted.unbalanced)


async def verify(city: City, *, seals: Seals, noted: str | None = None) -> Verdict:
    """Make every link again from what is there now; `noted` is a head of before. Raises Unavailable."""
    last = beginning(city)
    broken: list[int] = []
    seen = noted is None
    async for page in seals.chain(city):
        for found in page:
            if not _follows(last, found.link, found.content):
                broken.append(found.link.position)
            last = found.link
            seen = seen or last.digest.hex() == noted
    standing = await seals.standing(city)
    return Verdict(standing, tuple(broken[:MOST_SHOWN]), standing.missing, last.digest.hex(), not seen)


def _follows(last: Link, link: Link, content: Content | None) -> bool:
    return content is not None and next(sealed(last, [content]), None) == link
