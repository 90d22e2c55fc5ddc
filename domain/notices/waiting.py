"""Telling those who wait: when, and for how long it is true."""

from datetime import datetime, tzinfo

from domain.booking.waiting import EntryState, WaitlistEntry
from domain.cities.notices import NoticeSettings
from domain.notices.occasions import Occasion

DURING = {
    Occasion.OFFERED: EntryState.OFFERED,
    Occasion.OFFER_LAPSED: EntryState.LAPSED,
    Occasion.OFFER_TAKEN_BACK: EntryState.WAITING,
    Occasion.WAITED_IN_VAIN: EntryState.ENDED,
}


def waiting_not_before(
    occasion: Occasion, entry: WaitlistEntry, settings: NoticeSettings, zone: tzinfo, at: datetime
) -> datetime:
    """An offer says itself from when on it may be told; what is over can wait for the morning."""
    if occasion is Occasion.OFFERED and entry.offer is not None:
        return max(at, entry.offer.term.told_from)
    night = settings.quiet.around(at, zone) if settings.quiet is not None else None
    return at if night is None else night.end


def about(occasion: Occasion, entry: WaitlistEntry, at: datetime) -> str:
    """What is told once: of an offer, when it was made, as another may follow one that was taken back, and `at` which instant that
    was; else the wish as such."""
    if occasion is Occasion.OFFER_TAKEN_BACK:
        return at.isoformat()
    return entry.offer.made_at.isoformat() if occasion is Occasion.OFFERED and entry.offer is not None else ""


def is_so(occasion: Occasion, entry: WaitlistEntry, now: datetime) -> bool:
    """Whether the wish still stands as is told of it."""
    lasts = occasion is not Occasion.OFFERED or (entry.offer is not None and now < entry.offer.term.until)
    return lasts and entry.state is DURING[occasion]
