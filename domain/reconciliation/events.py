"""What happens at the bank, for whoever follows it up: the ledger posts it, and what is open is looked at again."""

from typing import TypeAlias

from msgspec import Struct

from domain.reconciliation.exceptions import ExceptionId
from domain.reconciliation.matching import MatchId
from domain.reconciliation.statements import StatementId


class StatementImported(Struct, frozen=True, tag="bank.statement_imported"):
    id: StatementId


class Matched(Struct, frozen=True, tag="bank.matched"):
    """By itself, as it was sure."""

    id: MatchId


class MatchedByHand(Struct, frozen=True, tag="bank.matched_by_hand"):
    id: MatchId


class MatchUndone(Struct, frozen=True, tag="bank.match_undone"):
    id: MatchId


class ExceptionCleared(Struct, frozen=True, tag="bank.exception_cleared"):
    """What was unexplained is booked."""

    id: ExceptionId


class ExceptionReopened(Struct, frozen=True, tag="bank.exception_reopened"):
    """What was booked of it is taken back."""

    id: ExceptionId


BankEvent: TypeAlias = StatementImported | Matched | MatchedByHand | MatchUndone | ExceptionCleared | ExceptionReopened
