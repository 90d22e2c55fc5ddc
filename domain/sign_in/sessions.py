"""A session: one sign-in on one device, kept alive by refresh tokens of which each is taken once.

Its refresh tokens are numbered. Whoever comes with an old number holds a copy of somebody else's token, or somebody else
holds one of theirs: nobody can tell which, so the whole session, the family of all its tokens, ends.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.identity import PersonId
from domain.refusals import Refusal

SessionId = NewType("SessionId", UUID)

ACCESS_LASTS = timedelta(minutes=10)
LONGEST_TOKEN = timedelta(days=1)
"""The longest access token that an operator can have made; so long a revocation has to be remembered."""
UNUSED_LASTS = timedelta(days=30)
LASTS = timedelta(days=180)


class Session(Struct, frozen=True):
    """`generation` is the number of the newest refresh token, given out at `rotated_at`."""

    id: SessionId
    person_id: PersonId
    generation: int
    made_at: datetime
    rotated_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class SessionCopied(Struct, frozen=True, tag="sign_in.session_copied"):
    """An old refresh token came back: the session is over. No access token of it lasts longer than `until`."""

    session_id: SessionId
    person_id: PersonId
    until: datetime


class SignOut(Struct, frozen=True):
    """`expires_at` is the end of the token by which it is asked."""

    session_id: SessionId
    person_id: PersonId
    expires_at: datetime


class SignedOut(Struct, frozen=True, tag="sign_in.signed_out"):
    """No access token of the session lasts longer than `until`."""

    session_id: SessionId
    person_id: PersonId
    until: datetime


class NoSession(StrEnum):
    SESSION_OVER = "session_over"


def begin(session_id: SessionId, person_id: PersonId, now: datetime) -> Session:
    return Session(session_id, person_id, 1, now, now, now + UNUSED_LASTS)


def refresh(session: Session | None, generation: int, now: datetime) -> Session | SessionCopied | Refusal[NoSession]:
    """The session as it goes on when the refresh token of this number comes, or its end."""
    if session is None or session.ended_at is not None or session.expires_at <= now:
        return Refusal(NoSession.SESSION_OVER)
    if generation == session.generation:
        expires_at = min(now + UNUSED_LASTS, session.made_at + LASTS)
        return Session(session.id, session.person_id, generation + 1, session.made_at, now, expires_at)
    return SessionCopied(session.id, session.person_id, now + ACCESS_LASTS)


def sign_out(command: SignOut, now: datetime) -> SignedOut:
    return SignedOut(command.session_id, command.person_id, max(command.expires_at, now + ACCESS_LASTS))
