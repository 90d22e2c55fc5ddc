"""What may be said of a failure: written into the outbox and the log, so it names no person."""

import traceback
from pathlib import Path

LONGEST_CHAIN = 4


def account_of(error: BaseException) -> str:
    """The types of the error and its causes, and where it was raised; messages may name a person, so they stay out."""
    chain = [type(error).__name__]
    cause = error.__cause__
    while cause is not None and len(chain) < LONGEST_CHAIN:
        chain.append(type(cause).__name__)
        cause = cause.__cause__
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return " from ".join(chain) + where
