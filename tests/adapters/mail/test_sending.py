"""One thing is written to several people: each of them has her letter, whatever becomes of another one's."""

import pytest

from services.notices.ports import Message, NoMailbox
from services.notices.sending import send_each
from tests.examples import NOON, an_id


class Post:
    """`fails` says for whom what is raised."""

    def __init__(self, **fails: Exception) -> None:
        self.taken: list[str] = []
        self._fails = fails

    async def send(self, message: Message) -> None:
        if message.to in self._fails:
            raise self._fails[message.to]
        self.taken.append(message.to)


def letters(*names: str) -> list[Message]:
    return [Message(an_id(name), NOON, "S", "s@mobil.example", name, "de", "B", "T") for name in names]


async def test_that_one_mailbox_is_gone_keeps_nobody_else_from_her_letter_and_is_not_tried_again() -> None:
    post = Post(ada=NoMailbox())
    assert await send_each(letters("ada", "bea", "cleo"), post) == 2
    assert post.taken == ["bea", "cleo"]


async def test_what_may_go_well_later_is_raised_once_everybody_else_was_written_to() -> None:
    post = Post(ada=NoMailbox(), bea=OSError("away"))
    with pytest.raises(OSError, match="away"):
        await send_each(letters("ada", "bea", "cleo"), post)
    assert post.taken == ["cleo"]


async def test_where_nobody_has_a_mailbox_somebody_is_to_hear_of_it() -> None:
    with pytest.raises(NoMailbox):
        await send_each(letters("ada", "bea"), Post(ada=NoMailbox(), bea=NoMailbox()))
    assert await send_each([], Post()) == 0
