"""Codes by mail: six digits that prove that an address is read by whoever types them in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.refusals import Refusal
from domain.sign_in.sessions import SessionId

CodeId = NewType("CodeId", UUID)

CODE_LASTS = timedelta(minutes=10)
TRIES = 5
# Five codes of five tries an hour: whoever guesses at one address hits with 25 in a million, and fills its mailbox.
PER_HOUR, PER_DAY = 5, 20
KEPT = timedelta(days=1)


class AskForCode(Struct, frozen=True):
    """`email` is in lower case; `language` is the letter's, ISO 639-1."""

    id: CodeId
    email: str
    language: str


class CodeAsked(Struct, frozen=True, tag="sign_in.code_asked"):
    """A code is to be mailed. It is derived from its id, and written down nowhere."""

    id: CodeId
    email: str
    language: str
    made_at: datetime
    expires_at: datetime


class Code(Struct, frozen=True):
    """The newest code of an address; `session_id` is the session that it opened."""

    id: CodeId
    expires_at: datetime
    tries: int
    session_id: SessionId | None = None

    def counts(self, now: datetime) -> bool:
        return self.session_id is None and self.tries < TRIES and now < self.expires_at


class NoCode(StrEnum):
    TOO_MANY_CODES = "too_many_codes"
    CODE_NOT_VALID = "code_not_valid"


def ask_for_code(command: AskForCode, made: Sequence[datetime], now: datetime) -> CodeAsked | Refusal[NoCode]:
    """`made` is when the address's codes of the last day were made. What came before a new code counts no more."""
    of_the_hour = sum(now - at < timedelta(hours=1) for at in made)
    if of_the_hour >= PER_HOUR or len(made) >= PER_DAY:
        return Refusal(NoCode.TOO_MANY_CODES)
    return CodeAsked(command.id, command.email, command.language, now, now + CODE_LASTS)
