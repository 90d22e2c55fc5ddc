"""What a plan assumes where nobody has counted: each figure dated, with its source and how far it may be off."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.charging.planning.names import Name


class Case(StrEnum):
    """All figures as they make the need least, as they are believed, and as they make it greatest."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"


class Assumption(Struct, frozen=True):
    """`value` is believed, and lies between `low` and `high`. Where `inverse`, the need falls when it grows. `least` and `most`
    are what can be stated at all. `whole` ones are counted."""

    name: Name
    unit: str
    value: Decimal
    low: Decimal
    high: Decimal
    as_of: date
    source: str
    inverse: bool = False
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(1)
    whole: bool = False

    def at(self, case: Case) -> Decimal:
        if case is Case.MID:
            return self.value
        return self.low if (case is Case.LOW) is not self.inverse else self.high

    @property
    def is_certain(self) -> bool:
        return self.low == self.high


class FleetTarget(Struct, frozen=True):
    """Kilowatts that points open to everybody have to give together for each registered car, from a day on."""

    kw_per_bev: Decimal
    kw_per_phev: Decimal
    valid_from: date
    source: str


AFIR_TARGETS = (
    FleetTarget(Decimal("1.3"), Decimal("0.8"), date(2024, 4, 13), "Regulation (EU) 2023/1804 (AFIR), Article 3(1)"),
)


def target_in(year: int) -> FleetTarget | None:
    """The one that counts at the end of that year."""
    known = [each for each in AFIR_TARGETS if each.valid_from.year <= year]
    return max(known, key=lambda each: each.valid_from, default=None)


OURS = "our assumption"
KBA = "KBA, Verkehr in Kilometern 2024 (reifenpresse.de, 2025-07-21)"
NLL = "Nationale Leitstelle Ladeinfrastruktur and RLI, Ladeinfrastruktur nach 2025/2030 (electrive.net, 2024-06-05)"
NLL_POINTS = f"{NLL}; rhein-zeitung.de for the points by place"
USCALE = "UScale, Public Charging 2021 (firmenwagen.co.at): under half at home, a sixth at work, 40 % elsewhere"
USCALE_HOME = (
    "UScale, Private + Public Charging 2024 (50komma2.de, 2025-01-07): 90 % in houses, 55 % in blocks of flats"
)
ADAC = "ADAC Ecotest 2020 (elektroauto-news.net, electrive.net 2020-07-23)"
SPLIT = f"{OURS}; together they come out as {USCALE}"
BY_POINTS = f"{OURS}; the nation comes out with the points of {NLL_POINTS}"


def _of(
    name: Name,
    unit: str,
    values: tuple[str, str, str],
    as_of: date,
    source: str,
    *,
    inverse: bool = False,
    least: str = "0",
    most: str = "1",
    whole: bool = False,
) -> Assumption:
    low, value, high = map(Decimal, values)
    bounds = Decimal(least), Decimal(most)
    return Assumption(name, unit, value, low, high, as_of, source, inverse, *bounds, whole)


def _certain(value: str) -> tuple[str, str, str]:
    return value, value, value


DAY_2024, DAY_2026 = date(2024, 12, 31), date(2026, 11, 29)
STUDY = date(2024, 6, 5)
SHARE, KWH_PER_DAY = "share", "kWh per point and day"
ASSUMPTIONS: tuple[Assumption, ...] = (
    _of(Name.CARS_PER_INHABITANT, "cars", _certain("0.58"), DAY_2024,
        f"594.1 bn km over 12,309 km a car ({KBA}), over 83.5 m inhabitants", most="3"),
    _of(Name.KM_PER_VEHICLE, "km a year", ("12309", "12309", "13500"), DAY_2024,
        f"{KBA}: all cars; those of alternative drives 15,906; the upper figure is {OURS}", most="200000"),
    _of(Name.NO_OWN_PARKING, SHARE, ("0.17", "0.21", "0.27"), date(2024, 12, 31),
        f"DAT (motor-traffic.de): 21 % park in the street; the span is {OURS}"),
    _of(Name.PLUG_IN_HYBRIDS, "share of electric cars", ("0.15", "0.19", "0.22"), STUDY,
        f"3.2 of 16.6 m in 2030, {NLL}; the span is {OURS}", inverse=True),
    _of(Name.HYBRID_ELECTRIC_KM, "share of a plug-in hybrid's km", ("0.45", "0.47", "0.49"), date(2022, 6, 8),
        "ICCT and Fraunhofer ISI (theicct.org): 45 to 49 % of private ones, less of companies'"),
    _of(Name.CONSUMPTION, "kWh per 100 km, in the car", ("17", "18", "19.5"), date(2020, 7, 23),
        f"{OURS}; {ADAC} measured 16.3 to 28.1 from the plug", least="1", most="100"),
    _of(Name.CHARGING_LOSSES, "of the kWh in the car", ("0.10", "0.12", "0.15"), date(2020, 7, 23),
        f"{OURS}; {ADAC} measured 9.9 to 24.9 %"),
    _of(Name.OWN_PARKING_CHARGING, "share of cars with a place of their own", ("0.80", "0.85", "0.90"),
        date(2025, 1, 7), f"{OURS}; {USCALE_HOME}", inverse=True),
    _of(Name.HOME_WORK, "share of kWh, charging at home", _certain("0.12"), DAY_2026, SPLIT),
    _of(Name.HOME_HUB, "share of kWh, charging at home", ("0.05", "0.06", "0.07"), DAY_2026, SPLIT),
    _of(Name.HOME_DESTINATION, "share of kWh, charging at home", ("0.05", "0.06", "0.07"), DAY_2026, SPLIT),
    _of(Name.HOME_HIGHWAY, "share of kWh, charging at home", ("0.05", "0.06", "0.07"), DAY_2026, SPLIT),
    _of(Name.AWAY_WORK, "share of kWh, without a charger at home", ("0.15", "0.20", "0.25"), DAY_2026, SPLIT,
        inverse=True),
    _of(Name.AWAY_HUB, "share of kWh, without a charger at home", _certain("0.20"), DAY_2026, SPLIT),
    _of(Name.AWAY_DESTINATION, "share of kWh, without a charger at home", _certain("0.10"), DAY_2026, SPLIT),
    _of(Name.AWAY_HIGHWAY, "share of kWh, without a charger at home", _certain("0.08"), DAY_2026, SPLIT),
    _of(Name.VISITORS, "of what residents take at hubs, shops and through roads", ("0.9", "1", "1.1"), DAY_2026,
        f"{OURS}: as much is charged by visitors here as by residents elsewhere", most="20"),
    _of(Name.HUB_DC, "share of kWh at hubs", _certain("0.10"), DAY_2026, OURS),
    _of(Name.DESTINATION_DC, "share of kWh at destinations", _certain("0.30"), DAY_2026, OURS),
    _of(Name.DESTINATION_HPC, "share of kWh at destinations", _certain("0.30"), DAY_2026, OURS),
    _of(Name.AC_KWH_PER_DAY, KWH_PER_DAY, ("35", "40", "45"), STUDY, BY_POINTS, inverse=True, least="0.1", most="500"),
    _of(Name.DC_KWH_PER_DAY, KWH_PER_DAY, ("95", "110", "125"), STUDY, BY_POINTS, inverse=True, least="0.1",
        most="5000"),
    _of(Name.HPC_KWH_PER_DAY, KWH_PER_DAY, ("230", "260", "290"), STUDY, BY_POINTS, inverse=True, least="0.1",
        most="10000"),
    _of(Name.AC_KW, "kW a point", _certain("22"), DAY_2026, OURS, least="1", most="22"),
    _of(Name.DC_KW, "kW a point", _certain("75"), DAY_2026, OURS, least="22", most="149"),
    _of(Name.HPC_KW, "kW a point", _certain("200"), DAY_2026, OURS, least="150", most="1000"),
    _of(Name.AC_AT_ONCE, "of the points' kW", ("0.20", "0.25", "0.40"), date(2024, 6, 30),
        f"{OURS}; a fifth of all points was taken at the peak (NLL 2023/24, dmt-puls.de)"),
    _of(Name.DC_AT_ONCE, "of the points' kW", ("0.40", "0.50", "0.60"), DAY_2026, OURS),
    _of(Name.HPC_AT_ONCE, "of the points' kW", ("0.40", "0.50", "0.70"), date(2022, 7, 13),
        f"{OURS}; fast hubs reduce it least (mobilityhouse.com)"),
    _of(Name.LEAST_AC, "points a district with cars", _certain("2"), date(2021, 10, 14),
        "Braunschweig's council papers (regionalheute.de, 2021-10-14): two in each of 21 zones", most="1000",
        whole=True),
    _of(Name.AC_PER_SITE, "points a site, at most", _certain("6"), DAY_2026, OURS, least="1", most="1000", whole=True),
    _of(Name.DC_PER_SITE, "points a site, at most", _certain("4"), DAY_2026, OURS, least="1", most="1000", whole=True),
    _of(Name.HPC_PER_SITE, "points a site, at most", _certain("8"), DAY_2026, OURS, least="1", most="1000", whole=True),
    _of(Name.SHARE_TODAY, SHARE, _certain("0.057"), date(2024, 9, 30),
        f"2.77 m electric cars (zoniq.io, September 2024) of 48.3 m ({KBA})"),
    _of(Name.YEAR_TODAY, "year", _certain("2024"), date(2024, 9, 30), "that of the share today", least="2000",
        most="2099", whole=True),
)  # fmt: skip
