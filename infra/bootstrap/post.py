"""How letters go out, and what is done as one of them is sent."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from adapters.database.booking.declarations import SqlDeclarationBooks
from adapters.database.connections import Database
from adapters.database.notices.log import SqlNoticeLog
from adapters.database.notices.reading import SqlNotices
from adapters.mail.code_letters import code_composer
from adapters.mail.composing import RESERVED_DOMAIN, composer
from adapters.mail.receipts import sender
from domain.booking.declarations import DeclarationId
from domain.identity import City
from domain.sign_in.codes import CodeId
from infra.bike_leasing.running import withdrawing
from infra.bootstrap.outside import Outside
from services.booking import Bookings
from services.notices.codes import mail_code
from services.notices.ports import Mailer, NoticeDesk
from services.people.ports import Letterbox
from services.retention.ports import Letters
from services.withdrawals.declaring import carry_out


class Courier(Mailer, Letterbox, Letters, Protocol):
    """Sends letters, and takes away those that it keeps."""


class Post(Struct, frozen=True):
    """How letters go out, and from which domain."""

    mailer: Courier
    domain: str = RESERVED_DOMAIN


def desk_of_notices(app: Database, outside: Outside, post: Post) -> NoticeDesk:
    log = SqlNoticeLog(app.transactions, outside.clock)
    return NoticeDesk(SqlNotices(app.statements), log, composer(post.domain), post.mailer, outside.clock)


def mailing_codes(
    app: Database, outside: Outside, post: Post
) -> Callable[[City, CodeId, UUID, datetime], Awaitable[None]]:
    notices, compose = SqlNotices(app.statements), code_composer(post.domain)

    async def mail(city: City, code_id: CodeId, message_id: UUID, at: datetime) -> None:
        await mail_code(
            city,
            code_id,
            message_id,
            at,
            now=outside.clock(),
            notices=notices,
            reveal=outside.keys.sign_in.code,
            compose=compose,
            mailer=post.mailer,
        )

    return mail


def carrying_out_withdrawals(
    app: Database, outside: Outside, post: Post, bookings: Bookings
) -> Callable[[City, UUID, UUID], Awaitable[None]]:
    """Sends the receipt of a declaration, and undoes the booking or the lease that it means."""
    books = SqlDeclarationBooks(app.transactions, outside.new_id, outside.written)
    leases = withdrawing(app.transactions, outside.clock, outside.new_id)
    receipts = sender(post.mailer, post.domain)

    async def undo(city: City, declaration_id: UUID, message_id: UUID) -> None:
        await carry_out(
            DeclarationId(declaration_id),
            city,
            message_id,
            books=books,
            send=receipts,
            withdraw=bookings.withdraw,
            others=(leases,),
        )

    return undo
