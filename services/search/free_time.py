"""When one resource is free."""

from datetime import timedelta

from domain.booking.resources import Agenda
from domain.periods import Period


def shared_periods(agenda: Agenda, window: Period) -> tuple[Period, ...]:
    """The same for residents: what of it lies in the openings of the resource's pool."""
    sharing = agenda.resource.sharing
    openings = sharing.openings(window) if sharing is not None else (window,)
    return tuple(period for opening in openings for period in free_periods(agenda, opening))


def free_periods(agenda: Agenda, window: Period) -> tuple[Period, ...]:
    """The periods inside the window that a booking may lie in, in order.

    A booking claims the buffers around it too, so it keeps as far from its neighbours' claims as the resource asks.
    """
    if not (agenda.resource.bookable and agenda.resource.in_service):
        return ()
    before = timedelta(seconds=agenda.resource.buffer_before_s)
    after = timedelta(seconds=agenda.resource.buffer_after_s)
    if agenda.resource.usable_until is not None and agenda.resource.usable_until < window.end:
        if agenda.resource.usable_until <= window.start:
            return ()
        window = Period(window.start, agenda.resource.usable_until)
    found = []
    start = window.start
    for claim in agenda.claims:
        end = min(claim.start - after, window.end)
        if start < end:
            found.append(Period(start, end))
        start = max(start, claim.end + before)
    if start < window.end:
        found.append(Period(start, window.end))
    return tuple(found)
