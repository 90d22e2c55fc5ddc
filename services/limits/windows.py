"""The arithmetic of a budget: a window that slides, from two counters.

What was taken in the window before counts by the share of it that still lies within one window's length, as if it had
come evenly. From rest, no more than the quota is admitted in a window, exactly; there is no double portion where one
window ends and the next begins at once. All times are whole milliseconds.
"""

from msgspec import Struct

from services.limits.ports import Budget, Taken


class Window(Struct, frozen=True):
    """`used` since `began`, and `before` in the window that ended then."""

    began: int
    used: int
    before: int


def window_at(known: Window | None, budget: Budget, now: int) -> Window:
    """The window that runs at an instant."""
    length = budget.window_s * 1000
    if known is None or now - known.began >= 2 * length:
        return Window(now, 0, 0)
    if now - known.began >= length:
        return Window(known.began + length, 0, known.used)
    return known


def room(window: Window, budget: Budget, now: int) -> int:
    """How many more are admitted at that instant. Integers throughout, so that every counter counts alike."""
    length = budget.window_s * 1000
    left = max(0, length - (now - window.began))
    return max(0, budget.quota - window.used - -(-window.before * left // length))


def admitted(window: Window, budget: Budget, now: int) -> Taken:
    """One that was counted in already."""
    left = budget.window_s * 1000 - (now - window.began)
    return Taken(True, room(window, budget, now), _seconds(left))


def refused(window: Window, budget: Budget, now: int) -> Taken:
    """One that found no room, and when there will be some if nothing else comes."""
    length = budget.window_s * 1000
    taken = window.before if window.used < budget.quota else window.used
    free = budget.quota - 1 - (window.used if window.used < budget.quota else 0)
    begins = window.began if window.used < budget.quota else window.began + length
    ready = begins + length - (free * length // taken if taken else length)
    return Taken(False, 0, _seconds(ready - now))


def _seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))
