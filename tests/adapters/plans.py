"""A plan with a name that means harm, for the tests of what it is written as."""

from datetime import date
from decimal import Decimal

from domain.charging.planning.districts import District, ExistingSite
from domain.charging.planning.plan import ChargingPlan, Wanted, plan
from domain.places import Location

HOSTILE = "=1+1</title><script>alert('&')</script>"
SQUARE = tuple(Location(*corner) for corner in ((52.4, 10.7), (52.4, 10.8), (52.5, 10.8), (52.5, 10.7), (52.4, 10.7)))
DISTRICTS = (
    District("a", HOSTILE, Location(52.42, 10.78), vehicles=20_000, area=((SQUARE,),), source="@sum"),
    District("b", "Leer", Location(52.35, 10.85), vehicles=0),
)
STATION = ExistingSite("s1", HOSTILE, Location(52.42, 10.78), (Decimal(22), Decimal(22)))


def a_plan(share: str = "0.5") -> ChargingPlan:
    return plan(Wanted(Decimal(share), 2035, DISTRICTS, notes=("a <note>",)), (STATION,), date(2026, 11, 29))
