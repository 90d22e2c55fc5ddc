"""The German charging register (Ladesäulenregister): what its rows say, whatever the layout.

A row is a charging station as its operator reported it to the Federal Network Agency (Bundesnetzagentur, LSV section 5);
each of its charge points is one resource, the plugs of a point are attributes: whoever takes the point takes them all.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.places import Location


class ConnectorType(StrEnum):
    """Those of OCPI's ConnectorTypes (2.3.0, mod_locations) that the register's plugs translate to."""

    CHADEMO = "CHADEMO"
    DOMESTIC_F = "DOMESTIC_F"
    IEC_60309_2_SINGLE_16 = "IEC_60309_2_single_16"
    IEC_62196_T1 = "IEC_62196_T1"
    IEC_62196_T2 = "IEC_62196_T2"
    IEC_62196_T2_COMBO = "IEC_62196_T2_COMBO"


class ConnectorFormat(StrEnum):
    """OCPI's ConnectorFormat: a socket takes the driver's own cable, a cable is fixed to the point."""

    SOCKET = "SOCKET"
    CABLE = "CABLE"


class Connector(Struct, frozen=True, omit_defaults=True):
    """A plug. `max_power_kw` is its own, where the register tells one for each plug, else None: the point's counts."""

    standard: ConnectorType
    format: ConnectorFormat
    max_power_kw: Decimal | None = None


class ChargingKind(StrEnum):
    """Normalladeeinrichtung (up to 22 kW a point) and Schnellladeeinrichtung (above), as the operator reported it."""

    NORMAL = "normal"
    FAST = "fast"


class RegisterPoint(Struct, frozen=True):
    """A charge point. `ordinal` is its place in the row, from 1; `max_power_kw` is that of its strongest plug.

    `public_key` and `evse_id` are byte for byte as published, line breaks included, or empty.
    """

    ordinal: int
    connectors: tuple[Connector, ...]
    max_power_kw: Decimal
    public_key: str
    evse_id: str = ""

    @property
    def standards(self) -> tuple[str, ...]:
        """The OCPI ConnectorTypes that fit here, each once, in the register's order."""
        return tuple(dict.fromkeys(connector.standard.value for connector in self.connectors))

    @property
    def standards_kw(self) -> tuple[Decimal, ...]:
        """The most that each of the `standards` gives, in their order."""
        most: dict[str, Decimal] = {}
        for connector in self.connectors:
            kilowatts = self.max_power_kw if connector.max_power_kw is None else connector.max_power_kw
            most[connector.standard.value] = max(kilowatts, most.get(connector.standard.value, kilowatts))
        return tuple(most.values())


class RowFault(StrEnum):
    """Why a row is quarantined instead of imported."""

    LINE_TOO_LONG = "line_too_long"
    BROKEN_QUOTES = "broken_quotes"
    WRONG_NUMBER_OF_COLUMNS = "wrong_number_of_columns"
    CELL_TOO_LONG = "cell_too_long"
    DAMAGED_TEXT = "damaged_text"
    MISSING_OPERATOR = "missing_operator"
    MISSING_ADDRESS = "missing_address"
    UNREADABLE_POSTCODE = "unreadable_postcode"
    UNREADABLE_COORDINATES = "unreadable_coordinates"
    COORDINATES_OUT_OF_RANGE = "coordinates_out_of_range"
    UNKNOWN_STATE = "unknown_state"
    OUTSIDE_GERMANY = "outside_germany"
    OUTSIDE_ITS_STATE = "outside_its_state"
    POSTCODE_OF_ANOTHER_STATE = "postcode_of_another_state"
    UNREADABLE_ID = "unreadable_id"
    REPEATED_ID = "repeated_id"
    NOT_IN_OPERATION = "not_in_operation"
    UNKNOWN_KIND = "unknown_kind"
    UNREADABLE_POWER = "unreadable_power"
    POWER_NOT_POSITIVE = "power_not_positive"
    NO_CHARGE_POINT = "no_charge_point"
    POINTS_DO_NOT_ADD_UP = "points_do_not_add_up"
    INCOMPLETE_POINT = "incomplete_point"
    UNKNOWN_PLUG = "unknown_plug"


class RowWarning(StrEnum):
    """What is wrong with a row that is imported all the same."""

    UNREADABLE_DATE = "unreadable_date"
    HOUSE_NUMBER_ZERO = "house_number_zero"
    FAR_FROM_ITS_POSTCODE = "far_from_its_postcode"
    TOWN_OUTSIDE_ITS_DISTRICT = "town_outside_its_district"
    UNTIDY_EVSE_ID = "untidy_evse_id"
    SHARED_EVSE_ID = "shared_evse_id"


class RegisterRow(Struct, frozen=True):
    """A row that could be read. `number` is its line in the file, the header being 1; powers are kilowatts.

    `connection_kw` limits the whole site and may be less than its points together. `commissioned` is unknown where the
    published date cannot be read: nothing is decided by it. `register_id` is the register's own (Ladeeinrichtungs-ID),
    or None in a layout without ids. `cells` are the row as published, for the quarantine.
    """

    number: int
    operator: str
    address: str
    postcode: str
    town: str
    state: str
    location: Location
    commissioned: date | None
    connection_kw: Decimal
    kind: ChargingKind
    points: tuple[RegisterPoint, ...]
    warnings: tuple[RowWarning, ...] = ()
    cells: tuple[str, ...] = ()
    register_id: str | None = None


class RejectedRow(Struct, frozen=True):
    """A row that is not imported, and why. `postcode` and `register_id` are None where not even they could be read."""

    number: int
    fault: RowFault
    detail: str
    postcode: str | None
    cells: tuple[str, ...]
    register_id: str | None = None


ReadRow: TypeAlias = RegisterRow | RejectedRow
