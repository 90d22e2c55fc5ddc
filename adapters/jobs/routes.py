"""Which effects follow from which entry of the outbox."""

from adapters.jobs.effects import Effects
from adapters.jobs.money_routes import (
    routes_of_documents,
    routes_of_the_bank,
    routes_of_the_provider,
    to_follow,
    to_issue,
    to_review,
)
from adapters.jobs.posting import with_postings
from adapters.jobs.relay import Job, Routes
from adapters.jobs.service_routes import routes_of_charging, routes_of_fleet, routes_of_leases
from domain.booking.bookings import BookingId
from domain.booking.waiting import WaitlistEntryId
from domain.identity import PersonId
from domain.notices.occasions import Occasion
from domain.payments.dunning import NEWS as OF_DUNNING
from domain.payments.payments import PaymentState
from domain.sign_in.codes import CodeId
from services.jobs.ports import Entry


def routes(effects: Effects) -> Routes:
    """Every kind that the outbox may hold; a test compares them with the domain's events."""
    return with_postings(_routes(effects), effects.post)


def _routes(effects: Effects) -> Routes:
    async def settle(entry: Entry) -> None:
        await effects.settle(entry.city, BookingId(entry.subject_id))

    async def empty_mailbox(entry: Entry) -> None:
        await effects.empty_mailbox(entry.city, PersonId(entry.subject_id))

    async def forget_cards(entry: Entry) -> None:
        await effects.forget_cards(entry.city, PersonId(entry.subject_id))

    async def carry_out(entry: Entry) -> None:
        await effects.carry_out_withdrawal(entry.city, entry.subject_id, entry.id)

    async def leave_withdrawn(entry: Entry) -> None:
        await effects.leave_withdrawn(entry.city, BookingId(entry.subject_id))

    async def open_trip(entry: Entry) -> None:
        await effects.open_trip(entry.city, BookingId(entry.subject_id))

    async def mail_code(entry: Entry) -> None:
        await effects.mail_code(entry.city, CodeId(entry.subject_id), entry.id, entry.written_at)

    def tell(occasion: Occasion) -> Job:
        async def tell_holder(entry: Entry) -> None:
            await effects.tell(occasion, entry.city, BookingId(entry.subject_id), entry.id, entry.written_at)

        return Job(f"tell {occasion}", tell_holder)

    settling, issuing, reminding = Job("settle", settle), to_issue(effects), _reminding(effects)
    plugging = _plugging(effects)
    freeing = _freeing(effects)
    nothing: tuple[Job, ...] = ()
    return {
        **routes_of_charging(effects),
        "charging.session_idle": (tell(Occasion.CHARGED),),
        "booking.charge_not_begun": (tell(Occasion.NOT_BEGUN),),
        "fleet.vehicle_reserved": nothing,
        "bike_leasing.bike_leased": nothing,
        "bike_leasing.instalment_charged": nothing,
        **routes_of_leases(effects),
        "booking.confirmed": (issuing, tell(Occasion.CONFIRMED), reminding, plugging),
        "booking.cancelled": (settling, issuing, tell(Occasion.CANCELLED), freeing, plugging),
        "booking.approved": (tell(Occasion.APPROVED),),
        "booking.approval_asked": (_asking(effects, Occasion.APPROVAL_ASKED),),
        "booking.approval_reminded": (_asking(effects, Occasion.APPROVAL_REMINDED),),
        "booking.approval_escalated": (_asking(effects, Occasion.APPROVAL_ESCALATED),),
        "booking.withdrawn": (settling, issuing, tell(Occasion.WITHDRAWN), freeing, plugging),
        "booking.moved": (freeing, plugging),
        "booking.problem_reported": (Job("leave withdrawn", leave_withdrawn),),
        "booking.problem_resolved": (freeing,),
        "resource.block_lifted": (freeing,),
        **_waitlist(effects),
        "booking.assigned": (tell(Occasion.ASSIGNED), plugging),
        "booking.reassigned": (tell(Occasion.SWAPPED), freeing, plugging),
        "booking.stranded": (tell(Occasion.STRANDED),),
        "booking.expired": (settling, tell(Occasion.NOT_APPROVED), freeing),
        "booking.started": (reminding,),
        "booking.readings_taken": nothing,
        "booking.left": (plugging,),
        "booking.finished": (settling, issuing, Job("open trip", open_trip), freeing, plugging),
        "booking.deposit_claimed": (settling, issuing),
        "booking.not_used": (settling, issuing, tell(Occasion.NOT_USED), freeing, plugging),
        "booking.extended": (settling, tell(Occasion.CHANGED), reminding, plugging),
        "booking.rolled": (reminding,),
        "booking.notice_given": (settling, tell(Occasion.CHANGED), reminding, freeing),
        "booking.shortened": (settling, tell(Occasion.CHANGED), reminding, freeing, plugging),
        "booking.extension_asked": (_asking(effects, Occasion.APPROVAL_ASKED),),
        "booking.extension_approved": (settling, tell(Occasion.EXTENSION_APPROVED), plugging),
        "booking.extension_rejected": (settling, tell(Occasion.EXTENSION_NOT_APPROVED), freeing),
        "booking.extension_lapsed": (settling, tell(Occasion.EXTENSION_NOT_APPROVED), freeing),
        "booking.extension_lost": (settling, tell(Occasion.EXTENSION_TOO_LATE), freeing),
        "booking.overdue": (reminding, plugging),
        "booking.delayed": (_rebooking(effects, tell(Occasion.DELAYED)),),
        **{f"payment.{state}": nothing for state in PaymentState},
        "payment.authorised": (settling,),
        "payment.saved": (settling, tell(Occasion.PAID_TOO_LATE)),
        "payment.captured": (settling, issuing, to_review(effects)),
        "payment.failed": (settling, to_review(effects), tell(Occasion.PAYMENT_FAILED)),
        "payment.released": (to_review(effects), tell(Occasion.PAID_TOO_LATE)),
        "payment.refunded": (
            issuing,
            to_follow(effects),
            tell(Occasion.PAID_TOO_LATE),
        ),
        "withdrawal.confirmed": (Job("carry out withdrawal", carry_out),),
        **routes_of_the_provider(effects),
        **dict.fromkeys(OF_DUNNING, nothing),
        "dunning.reminded": (issuing, tell(Occasion.REMINDED)),
        "dunning.fees_waived": (issuing,),
        **routes_of_documents(effects),
        "person.erased": (Job("empty mailbox", empty_mailbox), Job("forget cards", forget_cards)),
        **routes_of_the_bank(effects),
        **routes_of_fleet(effects),
        "sign_in.code_asked": (Job("mail code", mail_code),),
        "sign_in.signed_in": nothing,
        "sign_in.signed_out": nothing,
        "sign_in.session_copied": nothing,
    }


def _plugging(effects: Effects) -> Job:
    async def look_after(entry: Entry) -> None:
        await effects.look_after_plug(entry.city, BookingId(entry.subject_id))

    return Job("look after plug", look_after)


def _rebooking(effects: Effects, telling: Job) -> Job:
    """Only whoever still has to wait then is told so."""

    async def rebook(entry: Entry) -> None:
        await effects.rebook_waiting(entry.city, BookingId(entry.subject_id))
        await telling.run(entry)

    return Job("rebook waiting", rebook)


def _asking(effects: Effects, occasion: Occasion) -> Job:
    async def ask_approvers(entry: Entry) -> None:
        await effects.ask(occasion, entry.city, BookingId(entry.subject_id), entry.id, entry.written_at)

    return Job(f"ask {occasion}", ask_approvers)


def _waitlist(effects: Effects) -> Routes:
    def tell(occasion: Occasion) -> Job:
        async def tell_whoever_waits(entry: Entry) -> None:
            entry_id = WaitlistEntryId(entry.subject_id)
            await effects.tell_waiting(occasion, entry.city, entry_id, entry.id, entry.written_at)

        return Job(f"tell {occasion}", tell_whoever_waits)

    return {
        **{f"waitlist.{what}": () for what in ("joined", "accepted", "declined", "withdrawn")},
        "waitlist.offered": (tell(Occasion.OFFERED),),
        "waitlist.lapsed": (tell(Occasion.OFFER_LAPSED),),
        "waitlist.taken_back": (tell(Occasion.OFFER_TAKEN_BACK),),
        "waitlist.ended": (tell(Occasion.WAITED_IN_VAIN),),
    }


def _freeing(effects: Effects) -> Job:
    async def freed(entry: Entry) -> None:
        await effects.freed(entry.city, entry.subject_id)

    return Job("free for who waits", freed)


def _reminding(effects: Effects) -> Job:
    async def plan_reminders(entry: Entry) -> None:
        await effects.plan_reminders(entry.city, BookingId(entry.subject_id))

    return Job("plan reminders", plan_reminders)
