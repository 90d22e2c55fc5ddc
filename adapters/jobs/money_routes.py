"""Which effects follow from what happens to money and to documents about it."""

from adapters.jobs.effects import Effects
from adapters.jobs.relay import Job, Routes
from domain.booking.bookings import BookingId
from domain.invoicing.invoices import InvoiceId
from domain.payments.refunds import RefundId, RefundState
from domain.payments.transactions import ENDED_DISPUTES
from domain.payments.transactions import NEWS as OF_THE_PROVIDER
from services.jobs.ports import Entry


def to_issue(effects: Effects) -> Job:
    async def issue(entry: Entry) -> None:
        await effects.issue(entry.city, BookingId(entry.subject_id))

    return Job("issue invoices", issue)


def to_review(effects: Effects) -> Job:
    async def review(entry: Entry) -> None:
        await effects.review_case(entry.city, entry.subject_id)

    return Job("review case", review)


def to_follow(effects: Effects) -> Job:
    async def follow(entry: Entry) -> None:
        await effects.follow_refunds(entry.city, entry.subject_id)

    return Job("follow refunds", follow)


def routes_of_documents(effects: Effects) -> Routes:
    async def mail(entry: Entry) -> None:
        await effects.mail_invoice(entry.city, InvoiceId(entry.subject_id), entry.id, entry.written_at)

    async def review(entry: Entry) -> None:
        await effects.review_document(entry.city, entry.subject_id)

    return dict.fromkeys(
        ("invoice.issued", "credit_note.issued"), (Job("mail invoice", mail), Job("review case", review))
    )


def routes_of_the_provider(effects: Effects) -> Routes:
    async def apply_event(entry: Entry) -> None:
        await effects.apply_event(entry.city, entry.subject_id)

    async def hear_event(entry: Entry) -> None:
        await effects.hear_event(entry.city, entry.subject_id)

    async def carry_out(entry: Entry) -> None:
        await effects.carry_out_refund(entry.city, RefundId(entry.subject_id))

    async def hand_in(entry: Entry) -> None:
        await effects.hand_in(entry.city, entry.subject_id)

    async def review(entry: Entry) -> None:
        await effects.review_disputed(entry.city, entry.subject_id)

    async def return_instalment(entry: Entry) -> None:
        await effects.return_instalment(entry.city, entry.subject_id)

    return {
        "payments.event_received": (Job("apply event", apply_event), Job("hear event", hear_event)),
        **dict.fromkeys(OF_THE_PROVIDER, ()),
        "settlement.dispute_answered": (Job("hand in", hand_in),),
        # The money of a dispute may move only after its verdict, which alone opens no case then. What is to be given back waits
        # for either.
        **dict.fromkeys(
            ("settlement.dispute_changed", *(f"settlement.dispute_{state}" for state in sorted(ENDED_DISPUTES))),
            (Job("review case", review), Job("return instalment", return_instalment)),
        ),
        **{f"refund.{state}": () for state in RefundState},
        "refund.approved": (Job("carry out refund", carry_out),),
    }


def routes_of_the_bank(effects: Effects) -> Routes:
    async def reconcile(entry: Entry) -> None:
        await effects.reconcile(entry.city)

    async def review(entry: Entry) -> None:
        await effects.review_match(entry.city, entry.subject_id)

    reconciling = (Job("reconcile", reconcile),)
    reviewing = Job("review case", review)
    return {
        "bank.statement_imported": reconciling,
        "bank.matched": (reviewing,),
        "bank.matched_by_hand": (*reconciling, reviewing),
        "bank.match_undone": (*reconciling, reviewing),
        "bank.exception_cleared": (),
        "bank.exception_reopened": (),
        **{f"settlement.payout_{what}": reconciling for what in ("paid", "failed", "canceled", "reconciled")},
    }
