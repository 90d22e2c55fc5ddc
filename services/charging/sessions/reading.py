"""Looking at charging sessions."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.reach import reach
from domain.charging.sessions.acting import NotCharging
from domain.charging.sessions.sessions import SessionId
from domain.identity import Actor
from domain.refusals import Refusal
from services.charging.sessions.acting import sees
from services.charging.sessions.ports import After, SessionReader, Wanted
from services.charging.sessions.views import SessionView, session_view


class Page(Struct, frozen=True):
    """`next` is where the following page begins; None at the end."""

    items: tuple[SessionView, ...]
    next: After | None


async def find_session(
    session_id: SessionId, *, books: SessionReader, actor: Actor, now: datetime
) -> SessionView | Refusal[NotCharging]:
    found = await books.find(session_id)
    if found is None or not sees(actor, found):
        return Refusal(NotCharging.UNKNOWN_SESSION)
    return session_view(found, now)


async def list_sessions(wanted: Wanted, *, books: SessionReader, actor: Actor, now: datetime) -> Page:
    """One's own, and everybody's for the city's operators; the latest first."""
    found = await books.page(actor.id, reach(actor), replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    last = shown[-1].session if len(found) > wanted.limit else None
    following = After(last.id) if last is not None else None
    return Page(tuple(session_view(each, now) for each in shown), following)
