"""`kommobil pool`."""

from pathlib import Path

import click
from msgspec.structs import replace

from domain.cities.booking import LONGEST_OFFER_MIN, SHORTEST_OFFER_MIN
from domain.identity import City, PoolId
from domain.refusals import Refusal
from infra.cli.approvals import approval
from infra.cli.desk import fail, in_city, note, print_json, settings_of
from infra.cli.options import EXIT_CODES, PoolName, city_option, data_before, data_option, json_option
from infra.operating import Desk
from services.operator.inventory import Pool
from services.operator.pools import LONGEST_APPROVAL_S, LONGEST_NAME, SHORTEST_APPROVAL_S, KnownPool, PoolSet, set_pool

PAGE = 100


@click.group("pool", epilog=EXIT_CODES)
@data_before
def pool() -> None:
    """Make and change the pools of a city, and say whether their bookings are approved and how long they offer what gets free."""


@pool.command("set", epilog=EXIT_CODES)
@click.argument("name_of", metavar="POOL", type=PoolName())
@city_option
@click.option("--name", help="What people call it; a new pool needs one.")
@click.option(
    "--approval-s",
    type=click.IntRange(SHORTEST_APPROVAL_S, LONGEST_APPROVAL_S),
    help="Seconds that a fleet manager of the pool has to approve a booking of others.",
)
@click.option("--no-approval", is_flag=True, help="Nobody has to approve bookings any more.")
@click.option(
    "--offer-min",
    type=click.IntRange(SHORTEST_OFFER_MIN, LONGEST_OFFER_MIN),
    help="Minutes at most that what gets free is offered to whoever waits for it.",
)
@click.option("--offer-as-city", is_flag=True, help="As many minutes as the city's settings say.")
@data_option
@json_option
def set_(
    *,
    name_of: str,
    city: City,
    name: str | None,
    approval_s: int | None,
    no_approval: bool,
    offer_min: int | None,
    offer_as_city: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make POOL, or change what is named here and leave the rest. Its approvers are its fleet managers: `role grant`."""
    if approval_s is not None and no_approval:
        raise click.UsageError("either --approval-s or --no-approval")
    if offer_min is not None and offer_as_city:
        raise click.UsageError("either --offer-min or --offer-as-city")
    if name is not None and not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        raise click.UsageError(f"--name is one line of at most {LONGEST_NAME} characters")
    pool_id = PoolId(name_of)

    async def work(desk: Desk) -> PoolSet:
        await settings_of(desk)
        known = await desk.pools.find(pool_id)
        if known is None and name is None:
            fail(f"there is no pool {pool_id} in {city}; a new one needs a --name")
        present = known.pool if known is not None else Pool(pool_id, "")
        wish = replace(
            present,
            name=name if name is not None else present.name,
            approval_s=None if no_approval else approval_s if approval_s is not None else present.approval_s,
            offer_min=None if offer_as_city else offer_min if offer_min is not None else present.offer_min,
        )
        done = await set_pool(wish, books=desk.pools)
        return fail(f"{pool_id} was changed meanwhile") if isinstance(done, Refusal) else done

    done = in_city(data, city, work)
    if as_json:
        print_json(done.known)
    else:
        click.echo(f"{'made' if done.new else 'set'} {_words(done.known)}")
    if done.known.nobody_approves:
        note(
            f"nobody can approve: grant it with `kommobil role grant EMAIL fleet_manager --city {city} --pool {pool_id}`"
        )


pool.add_command(approval)


@pool.command("list", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def list_(city: City, data: Path | None, as_json: bool) -> None:
    """Print the city's pools, and how many people may approve in each."""

    async def work(desk: Desk) -> list[KnownPool]:
        await settings_of(desk)
        found: list[KnownPool] = []
        while page := await desk.pools.page(found[-1].pool.id if found else PoolId(""), PAGE):
            found += page
        return found

    known = in_city(data, city, work)
    if as_json:
        print_json(known)
        return
    for each in known:
        click.echo(_words(each))


def _words(known: KnownPool) -> str:
    pool = known.pool
    approved = (
        f"approved within {pool.approval_s} s by one of {known.approvers}" if pool.approval_s else "needs no approval"
    )
    offers = f"  offers for {pool.offer_min} min" if pool.offer_min is not None else ""
    return f"{pool.id}  {pool.name}  {approved}{offers}"
