"""`kommobil pool approval`."""

from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct

from domain.booking.approval_rules import Rule
from domain.fleet.approvals import MOST_APPROVERS, PoolApproval, SetApproval
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.refusals import Refusal
from infra.cli.desk import fail, fail_for, in_city, print_json, settings_of
from infra.cli.options import EXIT_CODES, PoolName, city_option, data_option, json_option
from infra.documents import FaultyDocument, read_document, shaped
from infra.operating import COMMAND_LINE, Desk
from services.fleet.approvals import ApprovalShown, Shown, find_pool_approval, set_pool_approval
from services.operator.pools import LONGEST_APPROVAL_S, SHORTEST_APPROVAL_S


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """As `PUT …/fleet/pools/{pool_id}/approval` takes it."""

    answer_s: int | None
    rules: tuple[Rule, ...] | None = None
    approvers: tuple[PersonId, ...] = ()
    escalated_s: int | None = None

    def faults(self) -> tuple[str, ...]:
        times = {"answer_s": self.answer_s, "escalated_s": self.escalated_s}
        wrong = [
            f"{name} is {SHORTEST_APPROVAL_S} to {LONGEST_APPROVAL_S}"
            for name, value in times.items()
            if value is not None and not SHORTEST_APPROVAL_S <= value <= LONGEST_APPROVAL_S
        ]
        if len(self.approvers) > MOST_APPROVERS:
            wrong.append(f"approvers are at most {MOST_APPROVERS}")
        return tuple(wrong)


@click.command("approval", epilog=EXIT_CODES)
@click.argument("name_of", metavar="POOL", type=PoolName())
@city_option
@click.option(
    "--set",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON or TOML with answer_s, rules, approvers and escalated_s, as the API takes them.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing: print what the rules would have asked for.")
@click.option("--if-match", type=int, help="Only where the version is still this one.")
@data_option
@json_option
def approval(
    *,
    name_of: str,
    city: City,
    file: Path | None,
    dry_run: bool,
    if_match: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Print by which rules the bookings of POOL are approved and what they would have asked for; with --set, change them."""
    if file is None and (dry_run or if_match is not None):
        raise click.UsageError("--dry-run and --if-match go with --set")
    pool_id, actor = PoolId(name_of), Actor(PersonId(COMMAND_LINE), city, frozenset({Role.OPERATOR}))
    command = _command(pool_id, file, if_match) if file is not None else None

    async def work(desk: Desk) -> ApprovalShown:
        await settings_of(desk)
        shown: Shown
        if command is None:
            shown = await find_pool_approval(pool_id, books=desk.approvals, actor=actor)
        else:
            shown = await set_pool_approval(command, books=desk.approvals, actor=actor, only_looking=dry_run)
        if isinstance(shown, Refusal):
            fail(f"{pool_id}: {shown.reason.value} {shown.pointer or ''}".strip())
        return shown

    shown = in_city(data, city, work)
    if as_json:
        print_json(shown)
        return
    for line in _words(shown):
        click.echo(line)


def _command(pool_id: PoolId, file: Path, seen: int | None) -> SetApproval:
    try:
        wish = shaped(read_document(file), Wish)
        if wrong := wish.faults():
            raise FaultyDocument(wrong)
    except FaultyDocument as fault:
        fail_for(file, fault)
    return SetApproval(pool_id, wish.answer_s, wish.rules, wish.approvers, wish.escalated_s, seen)


def _words(shown: ApprovalShown) -> list[str]:
    pool, tried = shown.pool, shown.trial
    if pool.answer_s is None:
        return [f"{pool.pool_id}  version {pool.version}  needs no approval"]
    then = f", then by operators within {pool.escalated_s} s" if pool.escalated_s is not None else ""
    head = (
        f"{pool.pool_id}  version {pool.version}  approved within {pool.answer_s} s by one of {shown.approvers}{then}"
    )
    return [head, *_rules(pool), f"of the latest {tried.bookings} bookings {tried.asked} would have been asked for"]


def _rules(pool: PoolApproval) -> list[str]:
    if pool.rules is None:
        return ["every booking by others than those who run the pool"]
    lines = []
    for number, rule in enumerate(pool.rules, 1):
        said: dict[str, Any] = msgspec.to_builtins(rule)
        limits = " ".join(f"{name}={value}" for name, value in said.items() if name not in {"name", "asks"})
        lines.append(f"{number}. {rule.name}: {'ask' if rule.asks else 'nobody'} {limits}".rstrip())
    return lines
