"""Send somebody the code that they asked for."""

from datetime import datetime
from uuid import UUID

from domain.identity import City
from domain.sign_in.codes import CodeId
from services.notices.ports import CodeNotices, ComposeCode, Mailer, Reveal


async def mail_code(
    city: City,
    code_id: CodeId,
    message_id: UUID,
    at: datetime,
    *,
    now: datetime,
    notices: CodeNotices,
    reveal: Reveal,
    compose: ComposeCode,
    mailer: Mailer,
) -> bool:
    """Send the letter, unless the code was used or has run out: a worker that comes late has nothing to say."""
    notice = await notices.code(city, code_id)
    if notice is None or notice.expires_at <= now:
        return False
    await mailer.send(compose(notice, reveal(city, code_id), message_id, at))
    return True
