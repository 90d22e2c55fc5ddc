"""`kommobil role` and `kommobil token`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from domain.grants import Grant, for_all
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.refusals import Refusal
from domain.sign_in.sessions import LONGEST_TOKEN
from infra.cli.desk import fail, in_city, key_of, print_json, settings_of
from infra.cli.options import EXIT_CODES, Email, city_option, data_before, data_option, json_option
from infra.clock import now
from infra.operating import Desk
from services.operator.people import grant_role, person_with_terms, revoke_role
from services.operator.ports import HeldGrant

REFUSALS = {
    "role_has_no_pool": "only driver and fleet_manager belong to a pool",
    "unknown_pool": "there is no such pool in the city",
    "role_has_no_party": "only dealer, hr and lessor act for a party",
    "party_missing": "dealer, hr and lessor act for a party; name it with --party",
    "unknown_person": "nobody is known by that address",
}
LONGEST_TOKEN_S = int(LONGEST_TOKEN.total_seconds())

role_argument = click.argument("role", type=click.Choice([role.value for role in Role]))
pool_option = click.option("--pool", help="Only in this pool (driver, fleet_manager).")
party_option = click.option("--party", help="For this party (dealer, hr, lessor).")


@click.group("role", epilog=EXIT_CODES)
@data_before
def role() -> None:
    """Grant, revoke and list the roles of people in a city."""


def _changing(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    def decorate(function: Callable[..., Any]) -> click.Command:
        for option in (data_option, party_option, pool_option, city_option, role_argument):
            function = option(function)
        function = click.argument("email", type=Email())(function)
        return role.command(name, epilog=EXIT_CODES)(function)

    return decorate


@_changing("grant")
def grant(*, email: str, role: str, city: City, pool: str | None, party: str | None, data: Path | None) -> None:
    """Grant ROLE to the person with the address EMAIL, who need not be known yet."""
    wish = _grant(role, pool, party)

    async def work(desk: Desk) -> bool:
        outcome = await grant_role(email, wish, await settings_of(desk), people=desk.people, staff=desk.staff)
        return fail(REFUSALS[outcome.reason]) if isinstance(outcome, Refusal) else outcome

    new = in_city(data, city, work)
    click.echo(f"{email} {'is now' if new else 'was already'} {_words(wish)} in {city}")


@_changing("revoke")
def revoke(*, email: str, role: str, city: City, pool: str | None, party: str | None, data: Path | None) -> None:
    """Take ROLE back from the person with the address EMAIL, exactly as it was granted."""
    wish = _grant(role, pool, party)

    async def work(desk: Desk) -> bool:
        await settings_of(desk)
        outcome = await revoke_role(email, wish, people=desk.people, staff=desk.staff)
        return fail(REFUSALS[outcome.reason]) if isinstance(outcome, Refusal) else outcome

    held = in_city(data, city, work)
    click.echo(f"{email} {'is no longer' if held else 'was not'} {_words(wish)} in {city}")


@role.command("list", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def list_(city: City, data: Path | None, as_json: bool) -> None:
    """Print who holds which role."""

    async def work(desk: Desk) -> list[HeldGrant]:
        await settings_of(desk)
        return list(await desk.staff.grants())

    grants = in_city(data, city, work)
    if as_json:
        print_json(grants)
        return
    for held in grants:
        click.echo(f"{held.email}  {_words(held.grant)}  since {held.granted_at.isoformat()}")


@click.command("token", epilog=EXIT_CODES)
@city_option
@click.option("--email", type=Email(), required=True, help="The person; entered with the current terms if unknown.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    required=True,
    help="May repeat.",
)
@click.option("--pool", "pools", multiple=True, help="A pool that the roles count in; without any, in all. May repeat.")
@click.option(
    "--party", "parties", multiple=True, help="A party that dealer, hr or lessor count for, each of them. May repeat."
)
@click.option("--expires-in", type=click.IntRange(1, LONGEST_TOKEN_S), default=600, show_default=True, help="Seconds.")
@data_option
def token(
    *,
    city: City,
    email: str,
    roles: tuple[str, ...],
    pools: tuple[str, ...],
    parties: tuple[str, ...],
    expires_in: int,
    data: Path | None,
) -> None:
    """Print an access token, and nothing else, on stdout.

    It says exactly what is asked for here and grants nothing beyond its own life; lasting roles come by `role grant`.
    """

    async def work(desk: Desk) -> PersonId:
        settings = await settings_of(desk)
        if unknown := set(pools) - await desk.staff.pools():
            fail(f"there is no pool {', '.join(sorted(unknown))} in {city}")
        return await person_with_terms(email, settings, people=desk.people)

    person = in_city(data, city, work)
    as_what = frozenset(map(Role, roles))
    actor = Actor(person, city, as_what, frozenset(map(PoolId, pools)), for_all(as_what, parties))
    click.echo(key_of(data).access_token(actor, now(), timedelta(seconds=expires_in)))


def _grant(role: str, pool: str | None, party: str | None) -> Grant:
    return Grant(Role(role), PoolId(pool) if pool else None, party or None)


def _words(grant: Grant) -> str:
    return " ".join(
        filter(None, (grant.role.value, grant.pool and f"of pool {grant.pool}", grant.party and f"for {grant.party}"))
    )
