"""Legal holds: placed on what is there, lifted once."""

from domain.identity import PersonId
from domain.refusals import Refusal
from domain.retention.holds import Hold, HoldId, HoldOn, NotHeld, PlaceHold, lift, place
from tests.examples import NOON, an_id, hours

BY, SOMEBODY = PersonId(an_id("treasurer")), PersonId(an_id("lawyer"))
ORDER = PlaceHold(HoldId(an_id("hold")), HoldOn.BOOKING, an_id("booking"), "court case 7 C 12/30")
HELD = Hold(ORDER.hold_id, HoldOn.BOOKING, an_id("booking"), "court case 7 C 12/30", BY, NOON)


def test_a_hold_says_who_placed_it_when_and_why() -> None:
    assert place(ORDER, is_known=True, by=BY, now=NOON) == HELD


def test_nothing_is_held_that_is_not_there() -> None:
    assert place(ORDER, is_known=False, by=BY, now=NOON) == Refusal(NotHeld.UNKNOWN_SUBJECT)


def test_a_hold_is_lifted_once_and_stays_to_be_read() -> None:
    lifted = lift(HELD, "settled", SOMEBODY, NOON + hours(1))
    assert isinstance(lifted, Hold)
    assert (lifted.placed_by, lifted.lifted_by, lifted.lifted_at, lifted.lifted_because) == (
        *(BY, SOMEBODY),
        *(NOON + hours(1), "settled"),
    )
    assert lift(lifted, "again", SOMEBODY, NOON + hours(2)) == Refusal(NotHeld.ALREADY_LIFTED)
