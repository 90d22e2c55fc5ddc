"""Writing to several people of one thing."""

import logging
from asyncio import gather
from collections.abc import Iterable

from services.notices.ports import Mailer, Message, NoMailbox

logger = logging.getLogger(__name__)


async def send_each(messages: Iterable[Message], mailer: Mailer) -> int:
    """To how many it went. That one mailbox is gone keeps nobody else from her letter, and is no reason to write to them again.

    Raises what else the mailer raises, once everybody was written to, and NoMailbox where nobody has one.
    """
    ended = await gather(*map(mailer.send, messages), return_exceptions=True)
    failures = [each for each in ended if isinstance(each, BaseException)]
    for failure in failures:
        if not isinstance(failure, NoMailbox):
            raise failure
    if failures and len(failures) == len(ended):
        raise failures[0]
    if failures:
        logger.warning("%d of %d who are written to have no mailbox any more", len(failures), len(ended))
    return len(ended) - len(failures)
