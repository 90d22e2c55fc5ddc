"""`kommobil charging`."""

from pathlib import Path
from uuid import UUID

import click
from msgspec import Struct

from adapters.ocpp.central.doors import digest_of
from domain.booking.resources import ResourceId, StationId
from domain.charging.faults.tickets import TicketState
from domain.charging.registering import Registered
from domain.charging.stations import Admission, ChargingStationId, Identity, SecurityProfile
from domain.identity import City
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, note, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.ids import new_id, new_station_key
from infra.operating import Desk
from services.charging.central.keeping import ChargingStationView, Viewed, register_station, rekey_station
from services.charging.faults.views import TicketsWanted, TicketView

HEARTBEAT_S = 900
PROFILES = [profile.value for profile in SecurityProfile]


class WithKey(Struct, frozen=True):
    """`key` is shown this once; None where the station has a certificate."""

    station: ChargingStationView
    key: str | None


@click.group("charging", epilog=EXIT_CODES)
@data_before
def charging() -> None:
    """What belongs to charging."""


@charging.group("stations", epilog=EXIT_CODES)
@data_before
def stations() -> None:
    """Charging stations that may connect by OCPP."""


@stations.command("add", epilog=EXIT_CODES)
@click.argument("identity")
@city_option
@click.option("--at", "place", type=click.UUID, required=True, help="The station, as /stations lists them.")
@click.option(
    "--profile", type=click.Choice(PROFILES), default="basic", show_default=True, help="OCPP's security profile."
)
@click.option("--certificate-name", help="The common name of its certificate, without which none counts.")
@click.option("--evse", "evses", multiple=True, metavar="N=RESOURCE", help="Which resource is sold of which EVSE.")
@data_option
@json_option
def add(
    *,
    identity: str,
    city: City,
    place: UUID,
    profile: str,
    certificate_name: str | None,
    evses: tuple[str, ...],
    data: Path | None,
    as_json: bool,
) -> None:
    """Let the station IDENTITY connect; its key is printed this once."""
    security = SecurityProfile(profile)
    key = None if security is SecurityProfile.CERTIFICATE else new_station_key()
    station = Registered(
        ChargingStationId(new_id()),
        Identity(identity),
        StationId(place),
        security,
        Admission.ACCEPTED,
        HEARTBEAT_S,
        certificate_name,
        None if key is None else digest_of(key),
        evses=dict(map(_evse, evses)),
    )

    async def work(desk: Desk) -> ChargingStationView:
        await settings_of(desk)
        return _seen(await register_station(station, books=desk.charging_stations))

    _show(in_city(data, city, work), key, as_json=as_json)


@stations.command("key", epilog=EXIT_CODES)
@click.argument("identity")
@city_option
@data_option
@json_option
def key_(*, identity: str, city: City, data: Path | None, as_json: bool) -> None:
    """Make a new key for the station IDENTITY; the one before counts until the station shows the new one."""
    key = new_station_key()

    async def work(desk: Desk) -> ChargingStationView:
        books = desk.charging_stations
        found = next((each for each in await books.every() if each.identity == identity), None)
        if found is None:
            fail(f"there is no charging station {identity} in {city}")
        return _seen(await rekey_station(found.id, digest_of(key), books=books))

    _show(in_city(data, city, work), key, as_json=as_json)


@stations.command("list", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def list_(*, city: City, data: Path | None, as_json: bool) -> None:
    """Print the city's charging stations, and how they do."""

    async def work(desk: Desk) -> list[ChargingStationView]:
        await settings_of(desk)
        return list(await desk.charging_stations.every())

    found = in_city(data, city, work)
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(_words(each))


@charging.command("tickets", epilog=EXIT_CODES)
@city_option
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@data_option
@json_option
def tickets(*, city: City, everything: bool, data: Path | None, as_json: bool) -> None:
    """Print what somebody sees to, or is to see to, at the city's charging stations, the latest hundred."""
    states = frozenset() if everything else frozenset(TicketState) - {TicketState.CLOSED}

    async def work(desk: Desk) -> list[TicketView]:
        await settings_of(desk)
        return list(await desk.charging_tickets.page(TicketsWanted(100, states=states)))

    found = in_city(data, city, work)
    if as_json:
        print_json(found)
        return
    for each in found:
        point = f"{each.station}/{each.evse}" if each.evse else each.station or "-"
        out = "  out of service" if each.out_since else ""
        what = each.kind or each.title
        click.echo(f"{each.opened_at:%Y-%m-%d %H:%M}Z  {each.severity}  {each.state}  {point}  {what}{out}")


def _evse(told: str) -> tuple[int, ResourceId]:
    number, _, resource = told.partition("=")
    try:
        return int(number), ResourceId(UUID(resource))
    except ValueError as error:
        raise click.UsageError(f"--evse is a number and a resource, as in 1=0192a0c4-…, not {told!r}") from error


def _seen(viewed: Viewed) -> ChargingStationView:
    return fail(f"refused: {viewed.reason}") if isinstance(viewed, Refusal) else viewed


def _show(station: ChargingStationView, key: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(WithKey(station, key))
        return
    click.echo(_words(station))
    if key is not None:
        click.echo(f"key {key}")
        note("the key is kept nowhere: whoever sets up the station needs it now")


def _words(station: ChargingStationView) -> str:
    state = "connected" if station.connected else "not connected"
    evses = ", ".join(f"{each.number} {each.status.value.lower()}" for each in station.evses) or "no EVSE"
    return f"{station.identity}  {station.security_profile}  {station.admission}  {state}  {evses}"
