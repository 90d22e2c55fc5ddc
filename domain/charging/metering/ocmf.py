"""A container of signed meter values, read: `OCMF|{what was metered}|{its signature}` (OCMF 1.3, S.A.F.E. e.V.).

The signature is no part of what is decided here: who checks it is given `payload`, the bytes as they stand in the container.
"""

import re
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.charging.metering.readings import Occasion, Reading, Unit, readings
from domain.charging.metering.sections import Fields, NotReadable, Unreadable, fields, sections
from domain.refusals import Refusal

DEFAULT_ALGORITHM = "ECDSA-secp256r1-SHA256"
DEFAULT_ENCODING = "hex"
DEFAULT_MIME_TYPE = "application/x-der"


class Count(StrEnum):
    """What a page counts (PG): containers of transactions, or those read independently of any."""

    TRANSACTION = "T"
    FISCAL = "F"


class Page(Struct, frozen=True):
    """The place of a container among all that the meter signed."""

    count: Count
    number: int


class Maker(Struct, frozen=True):
    """A gateway or a meter: its manufacturer, model, serial number and firmware."""

    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None


class Identification(Struct, frozen=True):
    """Who charges (IS, IL, IF, IT, ID). `assigned` is None where the station says nothing of it."""

    assigned: bool | None = None
    level: str | None = None
    flags: tuple[str, ...] = ()
    kind: str | None = None
    data: str | None = None


class CableLoss(Struct, frozen=True):
    """By which resistance the meter takes the cable's loss off (LC)."""

    name: str | None
    number: Decimal | None
    resistance: Decimal
    unit: str


class Signature(Struct, frozen=True):
    """As the container says it, with the format's defaults (SA, SE, SM, SD)."""

    data: str
    algorithm: str = DEFAULT_ALGORITHM
    encoding: str = DEFAULT_ENCODING
    mime_type: str = DEFAULT_MIME_TYPE


class Container(Struct, frozen=True):
    """`payload` are the signed bytes. `tariff` is what was shown to whoever pays at the station (TT), `controller` its
    firmware (CF), `place` the charge point by its kind of name (CT, CI)."""

    payload: bytes
    signature: Signature
    version: str | None
    page: Page
    gateway: Maker
    meter: Maker
    identification: Identification
    readings: tuple[Reading, ...]
    tariff: str | None = None
    controller: str | None = None
    cable_loss: CableLoss | None = None
    place: tuple[str | None, str | None] = (None, None)

    @property
    def serials(self) -> tuple[str | None, str | None]:
        """Whose values these are: a gateway may sign for several meters, a meter by itself."""
        return self.gateway.serial or None, self.meter.serial or None

    @property
    def begins(self) -> bool:
        return any(reading.occasion is Occasion.BEGIN for reading in self.readings)

    @property
    def ends(self) -> bool:
        return any(reading.occasion is not None and reading.occasion.ends for reading in self.readings)


def parsed(data: bytes) -> Container | Refusal[NotReadable]:
    """What the container says, or what keeps it from saying anything: `pointer` leads to it."""
    try:
        return _container(data)
    except Unreadable as found:
        return Refusal(found.fault, found.pointer)


def _container(data: bytes) -> Container:
    parts = sections(data)
    said, signed = fields(parts.payload, "/payload"), fields(parts.signature, "/signature")
    version = said.text("FV")
    if version is not None and not re.fullmatch(r"1\.[0-9]{1,3}(\.[0-9]{1,3})?", version):
        raise Unreadable(NotReadable.UNKNOWN_VERSION, said.at("FV"))
    gateway = Maker(said.text("GI"), None, said.text("GS"), said.text("GV"))
    meter = Maker(said.text("MV"), said.text("MM"), said.text("MS"), said.text("MF"))
    if not (gateway.serial or meter.serial):
        raise Unreadable(NotReadable.MISSING_FIELD, said.at("MS"))
    return Container(
        payload=parts.payload,
        signature=Signature(
            data=signed.needed("SD"),
            algorithm=signed.text("SA") or DEFAULT_ALGORITHM,
            encoding=signed.text("SE") or DEFAULT_ENCODING,
            mime_type=signed.text("SM") or DEFAULT_MIME_TYPE,
        ),
        version=version,
        page=_page(said),
        gateway=gateway,
        meter=meter,
        identification=Identification(
            said.flag("IS"), said.text("IL"), said.texts("IF"), said.text("IT"), said.text("ID")
        ),
        readings=readings(said.several("RD"), said.at("RD")),
        tariff=said.text("TT"),
        controller=said.text("CF"),
        cable_loss=_cable_loss(said),
        place=(said.text("CT"), said.text("CI")),
    )


def _page(said: Fields) -> Page:
    found = re.fullmatch(r"([TF])([0-9]{1,18})", said.needed("PG"))
    if found is None:
        raise Unreadable(NotReadable.UNREADABLE_PAGE, said.at("PG"))
    return Page(Count(found[1]), int(found[2]))


def _cable_loss(said: Fields) -> CableLoss | None:
    loss = said.within("LC")
    if loss is None:
        return None
    resistance, unit = loss.number("LR"), loss.needed("LU")
    if resistance is None:
        raise Unreadable(NotReadable.MISSING_FIELD, loss.at("LR"))
    if unit not in {Unit.MILLIOHM, Unit.MICROOHM}:
        raise Unreadable(NotReadable.UNKNOWN_CODE, loss.at("LU"))
    return CableLoss(loss.text("LN"), loss.number("LI"), resistance, unit)
