"""Publishing tariffs."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.booking.publishing import TariffDraft, publish
from domain.pricing.tariffs import TariffId
from services.operator.ports import TariffBooks


class TariffOutcome(Struct, frozen=True):
    """The version that now says what the draft says; `published` is false if it did so before."""

    id: TariffId
    version: int
    published: bool


async def publish_tariffs(
    drafts: Sequence[TariffDraft], *, books: TariffBooks, now: datetime
) -> tuple[TariffOutcome, ...]:
    """Add a version of every tariff that changed. The drafts have no `faults()`.

    Several of the same id are its versions, the oldest first: a city that has none takes them all, one that has some
    takes the last.
    """
    by_id: dict[TariffId, list[TariffDraft]] = {}
    for draft in drafts:
        by_id.setdefault(draft.id, []).append(draft)
    return tuple([await _publish(versions, books, now) for versions in by_id.values()])


async def _publish(versions: Sequence[TariffDraft], books: TariffBooks, now: datetime) -> TariffOutcome:
    latest = await books.latest(versions[-1].id)
    published = None
    for draft in versions if latest is None else versions[-1:]:
        published = publish(draft, latest, now)
        if published is not None:
            await books.publish(published)
            latest = published
    number = latest.tariff.version if latest else 0
    return TariffOutcome(versions[-1].id, number, published=published is not None)
