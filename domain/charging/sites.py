"""Registered sites: what makes a row the same site as in an import before, and what was said of it then."""

import hashlib
from decimal import Decimal
from typing import NewType
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.booking.resources import ResourceId, StationId
from domain.charging.register import RegisterPoint, RegisterRow
from domain.identity import City
from domain.places import Location
from domain.pricing.tariffs import TariffId

SiteKey = NewType("SiteKey", str)

REGISTERED_SITES = UUID("da742855-e4e0-4fd7-9fb9-ae44ac676ed0")  # drawn once; changing it would rename every site
OF_THE_REGISTER = "Ladeeinrichtungs-ID"


class KnownSite(Struct, frozen=True):
    """A station that an import before left, as the city knows it. `fingerprint` is what that import said of it.

    `operator` and `postcode` are empty where the station has no point, or an address of another form.
    """

    id: StationId
    fingerprint: str
    operator: str
    address: str
    postcode: str
    location: Location
    points: int


def place_key(row: RegisterRow, nth: int) -> SiteKey:
    """Who runs it, where, and the n-th of equals (from 1): the layout of 2019 has no ids.

    Coordinates count to seven decimals, a centimetre. A JSON array, so that no cell can imitate a separator.
    """
    place = (f"{row.postcode} {row.town}", f"{row.location.lat:.7f}", f"{row.location.lon:.7f}")
    return SiteKey(msgspec.json.encode((row.operator, row.address, *place, nth)).decode())


def id_key(register_id: str) -> SiteKey:
    """The register's own id: two values, so that it is the key of no place, which has six."""
    return SiteKey(msgspec.json.encode((OF_THE_REGISTER, register_id)).decode())


def is_of_register(key: SiteKey) -> bool:
    """Whether the key is made of the register's own id."""
    return key.startswith(f'["{OF_THE_REGISTER}",') and len(msgspec.json.decode(key)) == 2


def site_id(city: City, key: SiteKey) -> StationId:
    """The id of a site that is new: the same in every import into the city, another one in another city (RFC 9562, v5)."""
    return StationId(uuid5(uuid5(REGISTERED_SITES, city), key))


def point_id(site: StationId, ordinal: int) -> ResourceId:
    """The charge point's id: its site and its place in the row."""
    return ResourceId(uuid5(site, str(ordinal)))


def same_operator(one: str, other: str) -> bool:
    """Whether two spellings mean one operator: neither case nor spaces count."""
    return operator_name(one) == operator_name(other)


def operator_name(operator: str) -> str:
    return " ".join(operator.casefold().split())


def content_of(row: RegisterRow) -> str:
    """A hash of what the row says, alike for 22 and 22.0 kW, without its line in the file."""
    if row.register_id is None:
        points: list[tuple[object, ...]] = [
            (p.ordinal, p.connectors, _plain(p.max_power_kw), p.public_key) for p in row.points
        ]
        said: tuple[object, ...] = (place_key(row, 1), row.state, row.commissioned)
    else:
        points = [_said(point) for point in row.points]
        said = (row.register_id, place_key(row, 1), row.state, row.commissioned)
    return hashlib.sha256(msgspec.json.encode((*said, _plain(row.connection_kw), row.kind, points))).hexdigest()


def fingerprint_of(content: str, tariff_id: TariffId | None) -> str:
    """What is compared: the content, and whether and at which tariff the site is bookable."""
    return f"{content}:{tariff_id or ''}"


def content_in(fingerprint: str) -> str:
    return fingerprint.partition(":")[0]


def tariff_in(fingerprint: str) -> TariffId | None:
    return TariffId(fingerprint.partition(":")[2]) or None


def _said(point: RegisterPoint) -> tuple[object, ...]:
    plugs = [
        (plug.standard, plug.format, None if plug.max_power_kw is None else _plain(plug.max_power_kw))
        for plug in point.connectors
    ]
    return point.ordinal, plugs, _plain(point.max_power_kw), point.public_key, point.evse_id


def _plain(kilowatts: Decimal) -> str:
    return f"{kilowatts.normalize():f}"
