"""Which effects follow from which entry of the outbox, and what is done by the clock."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapters.jobs.posting import with_postings
from adapters.jobs.relay import Job, Routes
from adapters.jobs.sweeps import Batch, Sweep
from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import LeaseId
from domain.booking.bookings import BookingId
from domain.booking.keys import CommandId
from domain.booking.resources import ResourceId
from domain.booking.waiting import WaitlistEntryId
from domain.charging.faults.faults import TicketId
from domain.charging.orders import OrderId
from domain.charging.sessions.sessions import SessionId
from domain.fleet.damages import DamageId
from domain.identity import City, PersonId
from domain.invoicing.invoices import InvoiceId
from domain.notices.occasions import Occasion
from domain.payments.dunning import NEWS as OF_DUNNING
from domain.payments.payments import PaymentState
from domain.payments.refunds import RefundId, RefundState
from domain.payments.transactions import ENDED_DISPUTES
from domain.payments.transactions import NEWS as OF_THE_PROVIDER
from domain.sign_in.codes import CodeId
from services.jobs.ports import Entry
from services.ledger.posting import Post

# Seconds between two looks.
PROMPT, STEADY, PATIENT, SLOW = 1.0, 5.0, 30.0, 600.0


class Effects(Struct, frozen=True):
    """What background work brings about, bound to its adapters. Each effect may be asked for twice and happens once.

    `tell(occasion, city, booking, message id, written at)` sends the holder a message, now or in the morning,
    `ask` the same whoever may approve the booking, `tell_waiting(occasion, city, waitlist entry, message id, written at)` whoever
    waits;
    `plan_reminders(city, booking)` writes down what she is to be reminded of. `settle` does what the booking's money needs
    by now. `leave_withdrawn` moves what can be moved from a booking's resource that is out of service, `leave_vehicle` from
    a vehicle, `rebook_from` gives what is booked beyond a vehicle's papers another one, `rebook_waiting` a booking whose
    vehicle is late. `freed(city, id)` has those looked at who may wait for what a booking or a block gave back. `apply_event`
    takes over what the payment provider said, by `provider_events.id`, and `hear_event` what it said of payouts, disputes
    and refunds. `carry_out_refund(city, refund)` has an approved refund asked for, `follow_refunds(city, booking)` sees
    what became of a booking's, `hand_in(city, dispute)` tells the provider what was answered. `review_case(city, booking)`
    opens or closes the booking's dunning case, `review_disputed(city, dispute)` as well, once what waited for the dispute
    is given back, `review_document(city, invoice)` and `review_match(city, match)` those of the bookings that these are
    about. After an erasure, `empty_mailbox` takes kept messages away and `forget_cards` what the payment provider keeps.
    `begin_session(city, session)` has what is booked in use since a charging session began, `bill_session` finishes it by what was
    measured. `carry_out_withdrawal(city, declaration, message id)` sends the receipt and undoes the contract. `issue(city, booking)`
    issues the invoices and credit notes that a booking needs by now; `mail_invoice(city, invoice, message id, written at)`
    sends one to whom it is for. `post(fact, city, id)` writes into the ledger what there is to post of a fact,
    `seal_ledger` seals it. `reconcile` looks at all that is open between the city's bank and its books. `open_trip(city,
    booking)` puts the use of a vehicle that is over into its logbook. `tell_of_papers(city, vehicle, message id, written
    at)` reminds whoever runs its pool of a vehicle's papers, `tell_of_licence(city, person, message id, written at)` a
    driver and her managers that her licence is looked at again, `tell_of_lock(city, command, message id, written at)` whoever runs
    a vehicle's pool that its lock says nothing, `tell_of_damage(city, damage, message id, written at)` them what was reported, `tell_of_trip(city, trip, message id, written at)` the driver or them that a logbook
    lacks something. `tell_of_step(act, city, lease, message id, written at)` tells a lease's sides of a step of it, `remind_of_lease(city,
    letter, message id, written at)` its holder of what comes near. `mail_code(city, code, message id, written at)` sends
    whoever asked for it a code to sign in with. `look_after_plug(city, booking)` has the plug of a charging booking kept, or kept no more.
    `follow_order(city, order)` goes on with what a charging station was told for. `steer_session(city, session)` plans the power of
    its connection anew, as it began or ended; `tell_of_ticket(city, ticket, message id, written at)` has somebody see to a station.
    The batches look by themselves for what is due, across cities.
    """

    tell: Callable[[Occasion, City, BookingId, UUID, datetime], Awaitable[object]]
    ask: Callable[[Occasion, City, BookingId, UUID, datetime], Awaitable[object]]
    tell_waiting: Callable[[Occasion, City, WaitlistEntryId, UUID, datetime], Awaitable[object]]
    plan_reminders: Callable[[City, BookingId], Awaitable[object]]
    settle: Callable[[City, BookingId], Awaitable[object]]
    apply_event: Callable[[City, UUID], Awaitable[object]]
    hear_event: Callable[[City, UUID], Awaitable[object]]
    carry_out_refund: Callable[[City, RefundId], Awaitable[object]]
    follow_refunds: Callable[[City, UUID], Awaitable[object]]
    hand_in: Callable[[City, UUID], Awaitable[object]]
    review_case: Callable[[City, UUID], Awaitable[object]]
    review_disputed: Callable[[City, UUID], Awaitable[object]]
    return_instalment: Callable[[City, UUID], Awaitable[object]]
    review_document: Callable[[City, UUID], Awaitable[object]]
    review_match: Callable[[City, UUID], Awaitable[object]]
    leave_withdrawn: Callable[[City, BookingId], Awaitable[object]]
    leave_vehicle: Callable[[City, ResourceId], Awaitable[object]]
    rebook_from: Callable[[City, ResourceId], Awaitable[object]]
    rebook_waiting: Callable[[City, BookingId], Awaitable[object]]
    freed: Callable[[City, UUID], Awaitable[object]]
    empty_mailbox: Callable[[City, PersonId], Awaitable[object]]
    forget_cards: Callable[[City, PersonId], Awaitable[object]]
    carry_out_withdrawal: Callable[[City, UUID, UUID], Awaitable[object]]
    mail_code: Callable[[City, CodeId, UUID, datetime], Awaitable[object]]
    open_trip: Callable[[City, BookingId], Awaitable[object]]
    tell_of_papers: Callable[[City, ResourceId, UUID, datetime], Awaitable[object]]
    tell_of_licence: Callable[[City, PersonId, UUID, datetime], Awaitable[object]]
    tell_of_lock: Callable[[City, CommandId, UUID, datetime], Awaitable[object]]
    tell_of_damage: Callable[[City, DamageId, UUID, datetime], Awaitable[object]]
    tell_of_trip: Callable[[City, BookingId, UUID, datetime], Awaitable[object]]
    tell_of_step: Callable[[Act, City, LeaseId, UUID, datetime], Awaitable[object]]
    remind_of_lease: Callable[[City, UUID, UUID, datetime], Awaitable[object]]
    begin_session: Callable[[City, SessionId], Awaitable[object]]
    bill_session: Callable[[City, SessionId], Awaitable[object]]
    issue: Callable[[City, BookingId], Awaitable[object]]
    mail_invoice: Callable[[City, InvoiceId, UUID, datetime], Awaitable[object]]
    look_after_plug: Callable[[City, BookingId], Awaitable[object]]
    follow_order: Callable[[City, OrderId], Awaitable[object]]
    steer_session: Callable[[City, SessionId], Awaitable[object]]
    tell_of_ticket: Callable[[City, TicketId, UUID, datetime], Awaitable[object]]
    post: Post
    reconcile: Callable[[City], Awaitable[object]]
    expire_holds: Batch
    close_unused: Batch
    lapse_extensions: Batch
    keep_overdue: Batch
    ask_locks_again: Batch
    look_after_plugs: Batch
    lapse_orders: Batch
    steer_groups: Batch
    follow_faults: Batch
    keep_dates_of_leases: Batch
    settle_sessions: Batch
    bill_sessions: Batch
    leave_again: Batch
    assign: Batch
    ask_who_waits: Batch
    ask_again: Batch
    complete_payments: Batch
    tell_subscribers: Batch
    send_notices: Batch
    gather: Batch
    remind: Batch
    remind_of_fleet: Batch
    remind_of_logbooks: Batch
    look_at_leases: Batch
    reconcile_nightly: Batch
    take_in_statements: Batch
    issue_due: Batch
    roll: Batch
    review_records: Batch
    seal_ledger: Batch
    run_leases: Batch
    collect_instalments: Batch
    forget: Batch


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

    settling, issuing, reminding = Job("settle", settle), _issuing(effects), _reminding(effects)
    plugging = _plugging(effects)
    freeing = _freeing(effects)
    nothing: tuple[Job, ...] = ()
    return {
        **_charging(effects),
        "charging.session_idle": (tell(Occasion.CHARGED),),
        "fleet.vehicle_reserved": nothing,
        "bike_leasing.bike_leased": nothing,
        "bike_leasing.instalment_charged": nothing,
        **_leases(effects),
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
        "payment.captured": (settling, issuing, _reviewing(effects)),
        "payment.failed": (settling, _reviewing(effects), tell(Occasion.PAYMENT_FAILED)),
        "payment.released": (tell(Occasion.PAID_TOO_LATE),),
        "payment.refunded": (
            issuing,
            _following(effects),
            tell(Occasion.PAID_TOO_LATE),
        ),
        "withdrawal.confirmed": (Job("carry out withdrawal", carry_out),),
        **_provider(effects),
        **dict.fromkeys(OF_DUNNING, nothing),
        "dunning.reminded": (issuing, tell(Occasion.REMINDED)),
        "dunning.fees_waived": (issuing,),
        "invoice.issued": (_mailing(effects), _reviewing_document(effects)),
        "credit_note.issued": (_mailing(effects), _reviewing_document(effects)),
        "person.erased": (Job("empty mailbox", empty_mailbox), Job("forget cards", forget_cards)),
        **_bank(effects),
        **_fleet(effects),
        "sign_in.code_asked": (Job("mail code", mail_code),),
        "sign_in.signed_in": nothing,
        "sign_in.signed_out": nothing,
        "sign_in.session_copied": nothing,
    }


def _leases(effects: Effects) -> Routes:
    def tell(act: Act) -> Job:
        async def tell_of_step(entry: Entry) -> None:
            await effects.tell_of_step(act, entry.city, LeaseId(entry.subject_id), entry.id, entry.written_at)

        return Job("tell of lease", tell_of_step)

    async def remind(entry: Entry) -> None:
        await effects.remind_of_lease(entry.city, entry.subject_id, entry.id, entry.written_at)

    return {
        **{f"bike_leasing.lease_{act}": (tell(act),) for act in Act},
        "bike_leasing.lease_reminded": (Job("remind of lease", remind),),
    }


def _charging(effects: Effects) -> Routes:
    async def follow_order(entry: Entry) -> None:
        await effects.follow_order(entry.city, OrderId(entry.subject_id))

    async def begin(entry: Entry) -> None:
        await effects.begin_session(entry.city, SessionId(entry.subject_id))

    async def bill(entry: Entry) -> None:
        await effects.bill_session(entry.city, SessionId(entry.subject_id))

    async def steer(entry: Entry) -> None:
        await effects.steer_session(entry.city, SessionId(entry.subject_id))

    async def leave(entry: Entry) -> None:
        await effects.leave_vehicle(entry.city, ResourceId(entry.subject_id))

    async def of_ticket(entry: Entry) -> None:
        await effects.tell_of_ticket(entry.city, TicketId(entry.subject_id), entry.id, entry.written_at)

    steering = Job("steer power", steer)
    return {
        "charging.charge_point_reserved": (),
        "charging.point_withdrawn": (Job("leave withdrawn", leave),),
        "charging.ticket_opened": (Job("tell of ticket", of_ticket),),
        "charging.session_begun": (Job("begin use", begin), steering),
        "charging.session_ended": (Job("bill session", bill), steering),
        "charging.order_answered": (Job("follow order", follow_order),),
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


def _issuing(effects: Effects) -> Job:
    async def issue(entry: Entry) -> None:
        await effects.issue(entry.city, BookingId(entry.subject_id))

    return Job("issue invoices", issue)


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


def _mailing(effects: Effects) -> Job:
    async def mail_invoice(entry: Entry) -> None:
        await effects.mail_invoice(entry.city, InvoiceId(entry.subject_id), entry.id, entry.written_at)

    return Job("mail invoice", mail_invoice)


def _provider(effects: Effects) -> Routes:
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


def _fleet(effects: Effects) -> Routes:
    async def of_papers(entry: Entry) -> None:
        await effects.tell_of_papers(entry.city, ResourceId(entry.subject_id), entry.id, entry.written_at)

    async def leave(entry: Entry) -> None:
        await effects.leave_vehicle(entry.city, ResourceId(entry.subject_id))

    async def rebook(entry: Entry) -> None:
        await effects.rebook_from(entry.city, ResourceId(entry.subject_id))

    async def of_trip(entry: Entry) -> None:
        await effects.tell_of_trip(entry.city, BookingId(entry.subject_id), entry.id, entry.written_at)

    async def of_lock(entry: Entry) -> None:
        await effects.tell_of_lock(entry.city, CommandId(entry.subject_id), entry.id, entry.written_at)

    async def of_damage(entry: Entry) -> None:
        await effects.tell_of_damage(entry.city, DamageId(entry.subject_id), entry.id, entry.written_at)

    async def of_licence(entry: Entry) -> None:
        await effects.tell_of_licence(entry.city, PersonId(entry.subject_id), entry.id, entry.written_at)

    return {
        "fleet.papers_due": (Job("tell of papers", of_papers),),
        "fleet.licence_due": (Job("tell of licence", of_licence),),
        **dict.fromkeys(("fleet.trip_due", "fleet.trip_overdue"), (Job("tell of trip", of_trip),)),
        "fleet.use_shortened": (Job("rebook", rebook),),
        "key.given_up": (Job("tell of lock", of_lock),),
        "fleet.vehicle_withdrawn": (Job("leave withdrawn", leave),),
        "fleet.damage_reported": (Job("tell of damage", of_damage),),
        "fleet.damage_noted": (),
    }


def _reviewing(effects: Effects) -> Job:
    async def review(entry: Entry) -> None:
        await effects.review_case(entry.city, entry.subject_id)

    return Job("review case", review)


def _reviewing_document(effects: Effects) -> Job:
    async def review(entry: Entry) -> None:
        await effects.review_document(entry.city, entry.subject_id)

    return Job("review case", review)


def _following(effects: Effects) -> Job:
    async def follow(entry: Entry) -> None:
        await effects.follow_refunds(entry.city, entry.subject_id)

    return Job("follow refunds", follow)


def _bank(effects: Effects) -> Routes:
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


def sweeps(effects: Effects) -> tuple[Sweep, ...]:
    return (
        Sweep("expire holds", PROMPT, effects.expire_holds),
        Sweep("close unused bookings", PATIENT, effects.close_unused),
        Sweep("lapse extensions", PROMPT, effects.lapse_extensions),
        Sweep("keep overdue uses", STEADY, effects.keep_overdue),
        Sweep("ask locks again", STEADY, effects.ask_locks_again),
        Sweep("look after plugs", STEADY, effects.look_after_plugs),
        Sweep("lapse orders", STEADY, effects.lapse_orders),
        Sweep("steer power groups", PROMPT, effects.steer_groups),
        Sweep("follow faults", STEADY, effects.follow_faults),
        Sweep("keep dates of leases", PATIENT, effects.keep_dates_of_leases),
        Sweep("settle charging sessions", PATIENT, effects.settle_sessions),
        Sweep("bill charging sessions", PATIENT, effects.bill_sessions),
        Sweep("leave what is still out", SLOW, effects.leave_again),
        Sweep("assign resources", STEADY, effects.assign),
        Sweep("ask who waits", PROMPT, effects.ask_who_waits),
        Sweep("ask approvers again", STEADY, effects.ask_again),
        Sweep("complete payments", STEADY, effects.complete_payments),
        Sweep("tell subscribers", PROMPT, effects.tell_subscribers),
        Sweep("send notices", PROMPT, effects.send_notices),
        Sweep("gather", PATIENT, effects.gather),
        Sweep("remind", PATIENT, effects.remind),
        Sweep("remind of fleet", PATIENT, effects.remind_of_fleet),
        Sweep("remind of logbooks", PATIENT, effects.remind_of_logbooks),
        Sweep("look at leases", PATIENT, effects.look_at_leases),
        Sweep("reconcile", PATIENT, effects.reconcile_nightly),
        Sweep("take in bank statements", STEADY, effects.take_in_statements),
        Sweep("issue invoices", PATIENT, effects.issue_due),
        Sweep("roll bookings", PATIENT, effects.roll),
        Sweep("review records", SLOW, effects.review_records),
        Sweep("seal the ledger", STEADY, effects.seal_ledger),
        Sweep("run leases", PROMPT, effects.run_leases),
        Sweep("collect instalments", PROMPT, effects.collect_instalments),
        Sweep("forget", SLOW, effects.forget),
    )
