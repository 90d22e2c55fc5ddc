"""Why a holder is written to."""

from enum import StrEnum


class Occasion(StrEnum):
    """`paid_too_late`: the hold had expired, and the time went to somebody else; `extension_too_late` says the same of more
    time. `changed`: the booking lasts longer or shorter than before. `delayed`: whoever uses the resource now has not given
    it back; `late`: the reader is who. `approved`: somebody said yes, and it has yet to be paid; `not_approved`: nobody did
    in time; `extension_approved`, `extension_not_approved` say the same of more time, the latter also where somebody said no.
    `approval_asked`, `approval_reminded` and `approval_escalated` go to whoever may say yes. `assigned`: the resource is final;
    `swapped`: it became another one. `stranded`: what was booked broke down, and there is nothing else. `start_near`,
    `end_near`: a reminder. `charged`: the vehicle takes nothing any more, though it could;
    `not_begun`: the station did not begin when its holder asked for it.
    `not_used`: nobody came, and that costs a fee or nothing. `reminded`: what is owed was not paid.

    Of a wish on a waitlist: `offered`, what she waits for is hers to accept; `offer_lapsed`, she has not answered, and others are
    asked; `offer_taken_back`, it broke down and she waits again; `waited_in_vain`, its time begins."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_REMINDED = "approval_reminded"
    APPROVAL_ESCALATED = "approval_escalated"
    EXTENSION_APPROVED = "extension_approved"
    EXTENSION_NOT_APPROVED = "extension_not_approved"
    WITHDRAWN = "withdrawn"
    ASSIGNED = "assigned"
    SWAPPED = "swapped"
    PAYMENT_FAILED = "payment_failed"
    PAID_TOO_LATE = "paid_too_late"
    CHANGED = "changed"
    EXTENSION_TOO_LATE = "extension_too_late"
    START_NEAR = "start_near"
    END_NEAR = "end_near"
    LATE = "late"
    CHARGED = "charged"
    NOT_BEGUN = "not_begun"
    DELAYED = "delayed"
    STRANDED = "stranded"
    NOT_USED = "not_used"
    REMINDED = "reminded"
    OFFERED = "offered"
    OFFER_LAPSED = "offer_lapsed"
    OFFER_TAKEN_BACK = "offer_taken_back"
    WAITED_IN_VAIN = "waited_in_vain"


class OptionalNotice(StrEnum):
    """What a holder may do without. The rest says what a contract is, what it costs, or what somebody else waits for."""

    ASSIGNED = Occasion.ASSIGNED.value
    START_NEAR = Occasion.START_NEAR.value
    END_NEAR = Occasion.END_NEAR.value
    DELAYED = Occasion.DELAYED.value


OPTIONAL = frozenset(Occasion(each.value) for each in OptionalNotice)
# An answer to what the holder just did, the news that there is no booking, and what is about the present hour.
URGENT = frozenset(
    {
        *(Occasion.CONFIRMED, Occasion.CANCELLED, Occasion.WITHDRAWN, Occasion.CHANGED),
        *(Occasion.EXTENSION_TOO_LATE, Occasion.LATE, Occasion.CHARGED, Occasion.NOT_BEGUN, Occasion.DELAYED),
    }
)
# To whoever may say yes or no, not to the holder.
QUESTIONS = frozenset({Occasion.APPROVAL_ASKED, Occasion.APPROVAL_REMINDED, Occasion.APPROVAL_ESCALATED})
# About an instant that is near or has passed, and so planned ahead.
REMINDERS = frozenset({Occasion.START_NEAR, Occasion.END_NEAR, Occasion.LATE})
# What happens to a booking once in its life, however often that is heard of.
ONCE = frozenset(
    {
        *(Occasion.CONFIRMED, Occasion.CANCELLED, Occasion.WITHDRAWN),
        *(Occasion.NOT_APPROVED, Occasion.PAID_TOO_LATE, Occasion.NOT_USED),
    }
)
