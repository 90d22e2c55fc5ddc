"""What two charge points and their bookings do, said as plainly as possible: no database, no provider, no crash.

Time is in minutes from the beginning, and a little past them, as everything takes some time. What has lapsed is gone at
once, whoever notices. An hour costs 2.40 EUR, a day 12 EUR at most; a hold lasts ten minutes, once fifteen more for
paying; cancelling is free until a day before the start and costs half of the price from then on. Every card but one is
approved at once: that one asks its holder every time, so it can be asked in her presence only. In her absence the card
that was approved last is asked.
"""

from dataclasses import dataclass

HOUR = 60
HOLD, PAYING, EXTENSION = 10, 15, 10
PRICE, DEAREST = 240, 1200


def _price(start: int, end: int) -> int:
    return min(PRICE * (end - start) // HOUR, DEAREST)


@dataclass
class Extra:
    """More time that waits to be paid; `pending` while the bank asks its holder."""

    end: int
    until: int
    pending: bool = False
    lapsed: bool = False


@dataclass
class Booked:
    point: int
    start: int
    end: int
    until: int | None
    state: str = "held"
    prolonged: bool = False
    card: str = ""
    pending: bool = False
    held: int = 0
    captured: int = 0
    extra: Extra | None = None

    @property
    def price(self) -> int:
        return _price(self.start, self.end)

    @property
    def live(self) -> bool:
        return self.state in {"held", "confirmed"}

    @property
    def awaits_bank(self) -> bool:
        """Whether the bank's answer is awaited for something that has not lapsed."""
        more = self.extra is not None and self.extra.pending and not self.extra.lapsed
        return (self.state == "held" and self.pending) or (self.state == "confirmed" and more)

    @property
    def claimed_until(self) -> int:
        return self.extra.end if self.extra and not self.extra.lapsed else self.end


class Reference:
    def __init__(self) -> None:
        self.now = 0
        self.bookings: list[Booked] = []

    def book(self, point: int, start: int, end: int) -> str:
        if self._taken(point, start, end):
            return "resource_taken"
        self.bookings.append(Booked(point, start, end, self.now + HOLD))
        return "held"

    def pay(self, one: Booked, card: str) -> str:
        if one.extra and not one.extra.lapsed and one.state == "confirmed":
            return self._pay_extra(one, one.extra, card)
        if one.state != "held" or one.until is None:
            return "authorised" if one.state == "confirmed" else "wrong_state"
        if not one.prolonged:
            one.until, one.prolonged = max(one.until, self.now + PAYING), True
        if card == "declines":
            one.pending = False
            return "payment_declined"
        one.card = card
        if card == "asks":
            one.pending = True
            return "requires_action"
        one.pending = False
        self._secure(one)
        return "authorised"

    def authenticate(self, one: Booked) -> None:
        """The holder answers her bank, however late."""
        if one.extra and one.extra.pending:
            one.extra.pending, one.card = False, "asks"
            self._apply(one)
        elif one.pending:
            one.pending = False
            if one.state == "held" or (one.state == "expired" and not self._taken(one.point, one.start, one.end)):
                self._secure(one)

    def close_page(self, one: Booked) -> None:
        one.pending = False
        if one.extra:
            one.extra.pending = False

    def cancel(self, one: Booked) -> str:
        if one.state == "cancelled":
            return "cancelled"
        if not one.live:
            return "wrong_state"
        if one.state == "confirmed" and self.now >= one.start - 24 * HOUR:
            one.captured = (one.price + 1) // 2
        one.state, one.held, one.extra = "cancelled", 0, None
        return "cancelled"

    def extend(self, one: Booked, end: int) -> str:
        if one.state != "confirmed":
            return "wrong_state"
        if one.extra and not one.extra.lapsed:
            return "confirmed" if one.extra.end == end else "wrong_state"
        if self._taken(one.point, one.end, end, but=one):
            return "resource_taken"
        one.extra = Extra(end, self.now + EXTENSION)
        if one.card == "pays" or _price(one.start, end) == one.price:
            self._apply(one)
        return "confirmed"

    def pass_time(self, minutes: int) -> None:
        self.now += minutes
        for one in self.bookings:
            if one.state == "held" and one.until is not None and one.until <= self.now:
                one.state, one.until = "expired", None
            if one.extra and one.extra.until <= self.now:
                one.extra.lapsed = True

    def claims(self, point: int) -> set[tuple[int, int]]:
        return {(b.start, b.claimed_until) for b in self.bookings if b.live and b.point == point}

    def _pay_extra(self, one: Booked, extra: Extra, card: str) -> str:
        if card == "declines":
            return "payment_declined"
        if card == "asks":
            extra.pending = True
            return "requires_action"
        one.card = card
        self._apply(one)
        return "authorised"

    def _secure(self, one: Booked) -> None:
        one.state, one.until, one.held = "confirmed", None, one.price

    def _apply(self, one: Booked) -> None:
        """The extra time is paid; if it was given up meanwhile it must still be free."""
        assert one.extra
        extra, one.extra = one.extra, None
        if not extra.lapsed or not self._taken(one.point, one.end, extra.end, but=one):
            one.end = extra.end
            one.held = one.price

    def _taken(self, point: int, start: int, end: int, but: Booked | None = None) -> bool:
        return any(
            one.live and one is not but and one.point == point and one.start < end and start < one.claimed_until
            for one in self.bookings
        )
