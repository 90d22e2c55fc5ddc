"""What happens to a city's money, drawn at random: days, and what people, banks and the provider do on each.

What is done to a booking names it by a number; it is the first, second, ... of those for which it can be done, so most of
what is drawn comes to something.
"""

from typing import TypeAlias

from hypothesis import strategies as st
from msgspec import Struct

from tests.services.payments.world import FAILS_LATER, VISA

REFUND_FAILS = "pm_card_refundFail"


class Use(Struct, frozen=True, tag=True):
    """Two hours that come to `price` cents. They are held on a card at 4.80, or a card was saved that says no when they are
    to be paid; without a card they are owed by transfer."""

    price: int
    card: str | None


class Leave(Struct, frozen=True, tag=True):
    """A booking that is held on a card and stays as it is."""


class Cancel(Struct, frozen=True, tag=True):
    fee: int


class Office(Struct, frozen=True, tag=True):
    """A trip on a cost centre."""

    hours: int


class Refund(Struct, frozen=True, tag=True):
    which: int
    amount: int


class Dispute(Struct, frozen=True, tag=True):
    which: int


class Decide(Struct, frozen=True, tag=True):
    """What the bank says to the first dispute that is open."""

    won: bool


class Replace(Struct, frozen=True, tag=True):
    which: int


class WriteOff(Struct, frozen=True, tag=True):
    which: int


class PayOut(Struct, frozen=True, tag=True):
    fails: bool


class Bank(Struct, frozen=True, tag=True):
    """A statement: what was paid out and is not there yet, a transfer for an invoice that is open, and a line that nobody
    expects. `twice`: the file comes again."""

    strange: int
    twice: bool


class Match(Struct, frozen=True, tag=True):
    """A line that nobody expects is matched with an invoice by hand."""

    which: int


class Undo(Struct, frozen=True, tag=True):
    which: int


class TakeBack(Struct, frozen=True, tag=True):
    """The charge to a cost centre is reversed."""


class Close(Struct, frozen=True, tag=True):
    """The month ends, and is closed on the first of the next; what a bank says on that day is of the month before."""


Op: TypeAlias = (
    Use
    | Leave
    | Cancel
    | Office
    | Refund
    | Dispute
    | Decide
    | Replace
    | WriteOff
    | PayOut
    | Bank
    | Match
    | Undo
    | TakeBack
    | Close
)
Day: TypeAlias = tuple[Op, ...]
WHICH = st.integers(0, 5)
CARDS = st.sampled_from([VISA, VISA, VISA, REFUND_FAILS, FAILS_LATER, None])
USES = st.builds(Use, st.integers(1, 99_999), CARDS)
BEGINNINGS: st.SearchStrategy[Op] = st.one_of(
    USES, USES, st.just(Leave()), st.builds(Cancel, st.integers(0, 480)), st.builds(Office, st.integers(1, 5))
)
LATER: st.SearchStrategy[Op] = st.one_of(
    st.builds(Refund, WHICH, st.integers(1, 1000)),
    st.builds(Dispute, WHICH),
    st.builds(Decide, st.booleans()),
    st.builds(Replace, WHICH),
    st.builds(WriteOff, WHICH),
    st.builds(PayOut, st.booleans()),
    st.builds(Bank, st.integers(-500, 500), st.booleans()),
    st.builds(Match, WHICH),
    st.builds(Undo, WHICH),
    st.just(TakeBack()),
)


@st.composite
def histories(draw: st.DrawFn, most_days: int) -> tuple[Day, ...]:
    """Bookings, then days on which things happen to them, a month's end somewhere between, and more of both."""
    days: list[Day] = [tuple(draw(st.lists(BEGINNINGS, min_size=2, max_size=4)))]
    for _ in range(draw(st.integers(1, most_days))):
        began = draw(st.lists(BEGINNINGS, max_size=1))
        days.append((*began, *draw(st.lists(LATER, min_size=1, max_size=4))))
    if draw(st.booleans()):
        days.insert(
            draw(st.integers(1, len(days))), (Close(), draw(st.builds(Bank, st.integers(-500, 500), st.booleans())))
        )
    return tuple(days)
