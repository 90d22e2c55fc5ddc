"""What a request holds until it is over, however that comes about: answered, cancelled, or left by its client before a word was said.

A stream's own `finally` is not enough: of one that was never begun it does not run at all, and of one that is cancelled while its last
words are sent only when the collector comes by.
"""

from contextlib import ExitStack
from typing import Any

KEY = "kommobil.ending"


def ending(scope: Any) -> ExitStack:
    """What is put there is done once at the request's end, the last first. `scope` is ASGI's."""
    found: ExitStack = scope.setdefault(KEY, ExitStack())
    return found


def end(scope: Any) -> None:
    found = scope.pop(KEY, None)
    if found is not None:
        found.close()
