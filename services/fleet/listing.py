"""Everything that somebody looks after, page by page to the end."""

from msgspec.structs import replace

from domain.identity import Actor
from services.fleet.damages import DamageBooks, DamageMark, DamagesWanted, KnownDamage, list_damages
from services.fleet.driving import DriverBooks, DriverMark, DriversWanted, KnownDriver, list_drivers
from services.fleet.keeping import Kept, Mark, VehicleBooks, Wanted, list_vehicles

PAGE = 500


async def every_vehicle(books: VehicleBooks, actor: Actor, wanted: Wanted) -> list[Kept]:
    """By name; of a pool, or with papers that end before a day, as wanted."""
    found: list[Kept] = []
    while page := await list_vehicles(wanted, books=books, actor=actor):
        found += page
        last = found[-1].vehicle
        wanted = replace(wanted, after=Mark(last.description.name, last.id))
    return found


async def every_driver(books: DriverBooks, actor: Actor, wanted: DriversWanted) -> list[KnownDriver]:
    """By address; of a pool, or whose licence has to be looked at before a day, as wanted."""
    found: list[KnownDriver] = []
    while page := await list_drivers(wanted, books=books, actor=actor):
        found += page
        wanted = replace(wanted, after=DriverMark(found[-1].driver.email))
    return found


async def every_damage(books: DamageBooks, actor: Actor, wanted: DamagesWanted) -> list[KnownDamage]:
    """The newest first; of a pool, in some states, or those that keep a vehicle out of booking, as wanted."""
    found: list[KnownDamage] = []
    while page := await list_damages(wanted, books=books, actor=actor):
        found += page
        last = found[-1].damage
        wanted = replace(wanted, after=DamageMark(last.reported_at, last.id))
    return found
