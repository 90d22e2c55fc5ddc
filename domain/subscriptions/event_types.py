"""The events that subscribers can be told, by the names under which the log has them.

Whatever service made a booking, it was `created`. What is asked of somebody who approves, and what falls due by the clock, is told as well.
"""

OF_BOOKINGS = (
    "created",
    "confirmed",
    "approval_asked",
    "approval_reminded",
    "approval_escalated",
    "approved",
    "assigned",
    "reassigned",
    "moved",
    "stranded",
    "expired",
    "cancelled",
    "withdrawn",
    "start_near",
    "started",
    "charge_not_begun",
    "readings_taken",
    "problem_reported",
    "problem_resolved",
    "end_near",
    "late",
    "overdue",
    "delayed",
    "left",
    "finished",
    "not_used",
    "deposit_claimed",
    "extended",
    "extension_asked",
    "extension_approved",
    "extension_rejected",
    "extension_lapsed",
    "extension_lost",
    "shortened",
    "rolled",
    "notice_given",
)
OF_PAYMENTS = ("begun", "authorised", "saved", "captured", "released", "refunded", "failed")
OF_WAITLISTS = ("joined", "offered", "accepted", "declined", "lapsed", "taken_back", "withdrawn", "ended")
OF_TICKETS = ("opened", "changed", "closed")

EVENT_TYPES = (
    *(f"booking.{name}" for name in OF_BOOKINGS),
    *(f"payment.{name}" for name in OF_PAYMENTS),
    *(f"waitlist.{name}" for name in OF_WAITLISTS),
    *(f"charging.ticket_{name}" for name in OF_TICKETS),
)
