"""Sessions are looked at once for all who follow, and only while somebody does."""

import asyncio
from collections.abc import Mapping, Sequence

from domain.charging.sessions.sessions import SessionId
from domain.identity import City
from services.charging.sessions.following import SessionWatch
from tests.examples import an_id

HERE, THERE = City("braunschweig"), City("wolfsburg")
FIRST, SECOND = SessionId(an_id("first")), SessionId(an_id("second"))


class Books:
    """How sessions stand; every look is counted, and fails while the books are `away`."""

    def __init__(self) -> None:
        self.stands = {FIRST: "1", SECOND: "1"}
        self.looks: list[tuple[City, frozenset[SessionId]]] = []
        self.away = False

    async def look(self, city: City, sessions: Sequence[SessionId]) -> Mapping[SessionId, str]:
        self.looks.append((city, frozenset(sessions)))
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionError
        return {each: self.stands[each] for each in sessions}


async def test_whoever_follows_is_told_of_what_is_new_and_of_nothing_else() -> None:
    books = Books()
    watch = SessionWatch(books.look, every_s=0)
    with watch.follow(HERE, FIRST) as ada, watch.follow(HERE, FIRST) as ben, watch.follow(THERE, SECOND) as other:
        for bell in (ada, ben, other):
            assert await bell.rings(5)  # it is looked at for the first time
        assert not await ada.rings(0.02)
        books.stands[FIRST] = "2"
        assert await ada.rings(5)
        assert await ben.rings(5)
        assert not await other.rings(0.02)
        assert set(books.looks) == {(HERE, frozenset({FIRST})), (THERE, frozenset({SECOND}))}
        books.away = True
        books.stands[FIRST] = "3"
        assert not await ada.rings(0.02)
        books.away = False
        assert await ada.rings(5)


async def test_nothing_is_looked_at_while_nobody_follows() -> None:
    books = Books()
    watch = SessionWatch(books.look, every_s=0)
    with watch.follow(HERE, FIRST) as ada:
        assert await ada.rings(5)
    for _ in range(5):
        await asyncio.sleep(0)
    looks = len(books.looks)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(books.looks) == looks
    with watch.follow(HERE, SECOND) as ada:
        assert await ada.rings(5)
