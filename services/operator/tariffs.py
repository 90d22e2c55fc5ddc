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
    """Add a version of every tariff that changed. The drafts have no `faults()`, and no two the same id."""
    return tuple([await _publish(draft, books, now) for draft in drafts])


async def _publish(draft: TariffDraft, books: TariffBooks, now: datetime) -> TariffOutcome:
    latest = await books.latest(draft.id)
    published = publish(draft, latest, now)
    if published is not None:
        await books.publish(published)
        return TariffOutcome(draft.id, published.tariff.version, published=True)
    return TariffOutcome(draft.id, latest.tariff.version if latest else 0, published=False)
