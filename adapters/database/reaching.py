"""What is wrong with a database that a command cannot work with, in words for the person at the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import Busy, sqlstate

BY_STATE = {
    "3D000": "there is no database of that name",
    "42501": "the login may not do this; is it the one that the schema was migrated for?",
    "42P01": "the database has no tables, or old ones; run `kommobil migrate`",
    "42703": "the database's tables are old; run `kommobil migrate`",
    "53300": "the database has no connection to spare",
    "57014": "the database took too long",
    "55P03": "somebody else holds what this needs; try again",
    "57P03": "the database is starting or stopping; try again",
}


class Unusable(Exception):
    """The database cannot be used, or not now; nothing was written."""


@contextmanager
def in_words() -> Iterator[None]:
    """Raises Unusable for whatever the database does not do."""
    try:
        yield
    except Busy as busy:
        raise Unusable(_said(busy.said)) from busy
    except (asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError, OSError) as error:
        raise Unusable(_said(error)) from error


def _said(error: Exception) -> str:
    state = sqlstate(error)
    if state is None:
        return f"the database does not answer: {str(error) or type(error).__name__}"
    if state.startswith("28"):
        return "the database refuses the login"
    return BY_STATE.get(state, f"the database refuses (SQLSTATE {state}): {error}")
