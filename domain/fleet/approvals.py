"""Setting by which rules a pool's bookings are approved, by whom, and what follows where nobody answers.

New rules count for bookings from now on: what waits already keeps the rule and the time that it was given.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.approval_rules import Approving, Facts, Rule, faults, first_that_fits
from domain.fleet.keeping import runs
from domain.identity import Actor, PersonId, PoolId
from domain.refusals import Refusal

MOST_APPROVERS = 50


class PoolApproval(Struct, frozen=True):
    """How a pool approves. Without `answer_s` nobody is asked, whatever the rules say. `rules` and `escalated_s` as
    domain.booking.approval_rules.Approving has them; `approvers` are named, or whoever runs the pool where none are. `version`
    counts how often that was changed."""

    pool_id: PoolId
    answer_s: int | None = None
    rules: tuple[Rule, ...] | None = None
    approvers: tuple[PersonId, ...] = ()
    escalated_s: int | None = None
    version: int = 0

    @property
    def approving(self) -> Approving | None:
        return Approving(self.answer_s, self.rules, self.escalated_s) if self.answer_s is not None else None


class SetApproval(Struct, frozen=True):
    """This in place of what is there; `seen` is the version that the caller has in mind, None where any will do."""

    pool_id: PoolId
    answer_s: int | None
    rules: tuple[Rule, ...] | None
    approvers: tuple[PersonId, ...] = ()
    escalated_s: int | None = None
    seen: int | None = None


class ApprovalSet(Struct, frozen=True):
    pool: PoolApproval


class AlreadySo(Struct, frozen=True):
    """It is so: answered, and nothing changes."""

    pool: PoolApproval


class NotSet(StrEnum):
    UNKNOWN_POOL = "unknown_pool"
    VERSION_MISMATCH = "version_mismatch"
    RULE_INVALID = "approval_rule_invalid"
    UNKNOWN_APPROVER = "unknown_approver"


class Trial(Struct, frozen=True):
    """What rules would have asked for: of how many bookings, and by which rule how many, in the order of the rules."""

    bookings: int
    asked: int
    by_rule: tuple[tuple[str, int], ...]


def set_approval(
    command: SetApproval, known: PoolApproval | None, employees: frozenset[PersonId], actor: Actor
) -> ApprovalSet | AlreadySo | Refusal[NotSet]:
    """Let the pool approve so, for bookings from now on; `employees` are those of the approvers who work for the city."""
    if known is None or not runs(actor, command.pool_id):
        return Refusal(NotSet.UNKNOWN_POOL)
    if command.seen not in {None, known.version}:
        return Refusal(NotSet.VERSION_MISMATCH)
    if wrong := faults(command.rules or ()):
        return Refusal(NotSet.RULE_INVALID, f"/rules{wrong[0][0]}")
    for number, approver in enumerate(command.approvers):
        if approver not in employees:
            return Refusal(NotSet.UNKNOWN_APPROVER, f"/approvers/{number}")
    wanted = replace(
        known,
        answer_s=command.answer_s,
        rules=command.rules,
        approvers=tuple(dict.fromkeys(command.approvers)),
        escalated_s=command.escalated_s,
    )
    return AlreadySo(known) if wanted == known else ApprovalSet(replace(wanted, version=known.version + 1))


def trial(pool: PoolApproval, bookings: Iterable[Facts]) -> Trial:
    """What the pool would have asked for, of bookings that there are; without rules of its own all of them."""
    rules: Sequence[Rule] = pool.rules if pool.rules is not None else (Rule(""),)
    counts = dict.fromkeys((rule.name for rule in rules if rule.asks), 0)
    tried = 0
    for facts in bookings:
        tried += 1
        found = first_that_fits(rules, facts) if pool.answer_s is not None else None
        if found is not None and found.rule is not None:
            counts[found.rule] += 1
    named = tuple(counts.items()) if pool.rules is not None else ()
    return Trial(tried, sum(counts.values()), named)
