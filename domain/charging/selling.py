"""By which tariff charge points are sold: the city's, their station's, or their own."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.booking.publishing import Published, TariffDraft
from domain.pricing.tariffs import TariffId, TimeUnit
from domain.refusals import Refusal


class Scope(StrEnum):
    """What a tariff is assigned to. The narrower counts: a point's own before its station's before the city's."""

    CITY = "city"
    STATION = "station"
    POINT = "point"


class AssignTariff(Struct, frozen=True):
    """From now on points in the `scope` are sold by it; bookings keep the tariff that they were made by. `subject` is the station or the
    point, None for the city."""

    tariff_id: TariffId
    scope: Scope
    subject: UUID | None = None


class KnownTariff(Struct, frozen=True):
    """A tariff with its versions, the oldest first. `sold` are the points that are sold by it now; `city` says that it is the city's, and of so
    many stations and points it is the own."""

    versions: tuple[Published, ...]
    retired: bool = False
    sold: int = 0
    city: bool = False
    stations: int = 0
    points: int = 0

    @property
    def latest(self) -> Published:
        return self.versions[-1]

    @property
    def is_in_use(self) -> bool:
        return bool(self.sold or self.city or self.stations or self.points)


class NotSold(StrEnum):
    UNKNOWN_TARIFF = "unknown_tariff"
    UNKNOWN_STATION = "unknown_station"
    UNKNOWN_CHARGE_POINT = "unknown_charge_point"
    NOT_FOR_CHARGING = "not_for_charging"
    TARIFF_RETIRED = "tariff_retired"
    TARIFF_NOT_YET = "tariff_not_yet"
    TARIFF_IN_USE = "tariff_in_use"
    OTHER_CURRENCY = "other_currency"


def may_publish(draft: TariffDraft, known: KnownTariff | None, currency: str | None) -> Refusal[NotSold] | None:
    """Whether a version may be added; `currency` is that of the city's other tariffs, where it has any."""
    if known is not None and known.retired:
        return Refusal(NotSold.TARIFF_RETIRED)
    if currency is not None and draft.currency != currency:
        return Refusal(NotSold.OTHER_CURRENCY, "/tariff/currency")
    return None


def assign(
    wanted: AssignTariff, known: KnownTariff | None, subject_known: bool, now: datetime
) -> AssignTariff | Refusal[NotSold]:
    """Sell by it there, or say why not. What counts only later has no price until then, so nobody could book or charge there."""
    if known is None:
        return Refusal(NotSold.UNKNOWN_TARIFF)
    if known.retired:
        return Refusal(NotSold.TARIFF_RETIRED)
    if not _sells_charging(known.latest):
        return Refusal(NotSold.NOT_FOR_CHARGING)
    if now < min(each.tariff.valid_from for each in known.versions):
        return Refusal(NotSold.TARIFF_NOT_YET)
    if not subject_known:
        missing = NotSold.UNKNOWN_STATION if wanted.scope is Scope.STATION else NotSold.UNKNOWN_CHARGE_POINT
        return Refusal(missing, "/id")
    return wanted


def retire(tariff_id: TariffId, known: KnownTariff | None) -> TariffId | Refusal[NotSold]:
    """Sell by it no more; first everything that is sold by it has to be sold by another. Bookings that were made by it keep it."""
    if known is None or known.latest.tariff.charging is None:
        return Refusal(NotSold.UNKNOWN_TARIFF)
    return Refusal(NotSold.TARIFF_IN_USE) if known.is_in_use else tariff_id


def _sells_charging(published: Published) -> bool:
    tariff = published.tariff
    by_month = tariff.time is not None and tariff.time.per is TimeUnit.MONTH
    return tariff.charging is not None or not (by_month or tariff.distance is not None or tariff.packages)
