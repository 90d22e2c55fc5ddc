"""Which effect follows from which entry, and what is swept."""

import importlib
import pkgutil
from datetime import datetime
from typing import get_type_hints
from uuid import UUID

import msgspec
import pytest

import domain
from adapters.jobs.clockwork import sweeps
from adapters.jobs.effects import Effects
from adapters.jobs.relay import Routes
from adapters.jobs.routes import routes
from adapters.jobs.sweeps import Batch
from domain.bike_leasing.contracts.acts import Act
from domain.booking.bookings import BookingId
from domain.booking.events import AlreadyThere
from domain.booking.quoting import Quoted
from domain.identity import City
from domain.invoicing.invoices import InvoiceId, InvoiceKind
from domain.notices.occasions import Occasion
from domain.payments.dunning import NEWS as OF_DUNNING
from domain.payments.payments import PaymentState
from domain.payments.refunds import RefundState
from domain.payments.transactions import NEWS
from domain.sign_in.codes import CodeId
from services.jobs.ports import Entry
from services.ledger.posting import Fact
from tests.examples import HERE, NOON, an_id

WRITTEN = NOON
ENTRY_ID, SUBJECT_ID = an_id("entry"), an_id("subject")


class Brought:
    """What was asked for, in order of asking."""

    def __init__(self) -> None:
        self.about: list[tuple[object, ...]] = []

    async def tell(self, occasion: Occasion, city: City, booking_id: BookingId, message_id: UUID, at: datetime) -> None:
        self.about.append(("tell", occasion, city, booking_id, message_id, at))

    async def ask(self, occasion: Occasion, city: City, booking_id: BookingId, message_id: UUID, at: datetime) -> None:
        self.about.append(("ask", occasion, city, booking_id, message_id, at))

    async def settle(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("settle", city, booking_id))

    async def leave_withdrawn(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("leave", city, booking_id))

    async def leave_vehicle(self, city: City, vehicle_id: UUID) -> None:
        self.about.append(("leave vehicle", city, vehicle_id))

    async def rebook_from(self, city: City, vehicle_id: UUID) -> None:
        self.about.append(("rebook", city, vehicle_id))

    async def rebook_waiting(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("rebook waiting", city, booking_id))

    async def freed(self, city: City, subject_id: UUID) -> None:
        self.about.append(("freed", city, subject_id))

    async def apply_event(self, city: City, event_id: UUID) -> None:
        self.about.append(("apply", city, event_id))

    async def hear_event(self, city: City, event_id: UUID) -> None:
        self.about.append(("hear", city, event_id))

    async def carry_out_refund(self, city: City, refund_id: UUID) -> None:
        self.about.append(("carry out refund", city, refund_id))

    async def follow_refunds(self, city: City, booking_id: UUID) -> None:
        self.about.append(("follow refunds", city, booking_id))

    async def plan_reminders(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("plan reminders", city, booking_id))

    async def hand_in(self, city: City, dispute_id: UUID) -> None:
        self.about.append(("hand in", city, dispute_id))

    async def review_case(self, city: City, booking_id: UUID) -> None:
        self.about.append(("review case", city, booking_id))

    async def review_disputed(self, city: City, dispute_id: UUID) -> None:
        self.about.append(("review disputed", city, dispute_id))

    async def return_instalment(self, city: City, dispute_id: UUID) -> None:
        self.about.append(("return instalment", city, dispute_id))

    async def review_document(self, city: City, invoice_id: UUID) -> None:
        self.about.append(("review document", city, invoice_id))

    async def review_match(self, city: City, match_id: UUID) -> None:
        self.about.append(("review match", city, match_id))

    async def empty_mailbox(self, city: City, person_id: UUID) -> None:
        self.about.append(("empty mailbox", city, person_id))

    async def forget_cards(self, city: City, person_id: UUID) -> None:
        self.about.append(("forget cards", city, person_id))

    async def carry_out_withdrawal(self, city: City, declaration_id: UUID, message_id: UUID) -> None:
        self.about.append(("carry out", city, declaration_id, message_id))

    async def mail_code(self, city: City, code_id: CodeId, message_id: UUID, at: datetime) -> None:
        self.about.append(("mail code", city, code_id, message_id, at))

    async def look_after_plug(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("plug", city, booking_id))

    async def follow_order(self, city: City, order_id: UUID) -> None:
        self.about.append(("follow order", city, order_id))

    async def steer_station(self, city: City, station_id: UUID) -> None:
        self.about.append(("steer station", city, station_id))

    async def steer_session(self, city: City, session_id: UUID) -> None:
        self.about.append(("steer", city, session_id))

    async def begin_session(self, city: City, session_id: UUID) -> None:
        self.about.append(("begin use", city, session_id))

    async def bill_session(self, city: City, session_id: UUID) -> None:
        self.about.append(("bill", city, session_id))

    async def open_trip(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("open trip", city, booking_id))

    async def tell_of_papers(self, city: City, vehicle_id: UUID, message_id: UUID, at: datetime) -> None:
        self.about.append(("tell of papers", city, vehicle_id, message_id, at))

    async def tell_of_licence(self, city: City, person_id: UUID, message_id: UUID, at: datetime) -> None:
        self.about.append(("tell of licence", city, person_id, message_id, at))

    async def invoice_lease(self, city: City, lease_id: UUID) -> None:
        self.about.append(("invoice lease", city, lease_id))

    async def invoice_employers(self, city: City) -> None:
        self.about.append(("invoice employers", city))

    async def credit_lease(self, city: City, lease_id: UUID) -> None:
        self.about.append(("credit lease", city, lease_id))

    async def invoice_holders(self, city: City) -> None:
        self.about.append(("invoice holders", city))

    async def tell_of_step(self, act: Act, city: City, lease_id: UUID, message_id: UUID, at: datetime) -> None:
        self.about.append((f"tell of {act}", city, lease_id, message_id, at))

    async def tell_of_damage(self, city: City, damage_id: UUID, message_id: UUID, at: datetime) -> None:
        self.about.append(("tell of damage", city, damage_id, message_id, at))

    async def follow_start(self, city: City, order_id: UUID) -> None:
        self.about.append(("follow start", city, order_id))

    async def tell_of_ticket(self, city: City, ticket_id: UUID, message_id: UUID, at: datetime) -> None:
        self.about.append(("tell of ticket", city, ticket_id, message_id, at))

    async def issue(self, city: City, booking_id: BookingId) -> None:
        self.about.append(("issue", city, booking_id))

    async def mail_invoice(self, city: City, invoice_id: InvoiceId, message_id: UUID, at: datetime) -> None:
        self.about.append(("mail invoice", city, invoice_id, message_id, at))

    async def reconcile(self, city: City) -> None:
        self.about.append(("reconcile", city))

    async def post(self, fact: Fact, city: City, subject_id: UUID) -> int:
        self.about.append(("post", fact, city, subject_id))
        return 1

    async def nothing(self) -> int:
        return 0


def effects(brought: Brought) -> Effects:
    return Effects(
        tell=brought.tell,
        ask=brought.ask,
        tell_waiting=brought.tell,  # type: ignore[arg-type]  # an id is an id
        plan_reminders=brought.plan_reminders,
        settle=brought.settle,
        apply_event=brought.apply_event,
        hear_event=brought.hear_event,
        carry_out_refund=brought.carry_out_refund,
        follow_refunds=brought.follow_refunds,
        hand_in=brought.hand_in,
        review_case=brought.review_case,
        review_disputed=brought.review_disputed,
        return_instalment=brought.return_instalment,
        review_document=brought.review_document,
        review_match=brought.review_match,
        leave_withdrawn=brought.leave_withdrawn,
        leave_vehicle=brought.leave_vehicle,
        rebook_from=brought.rebook_from,
        rebook_waiting=brought.rebook_waiting,
        empty_mailbox=brought.empty_mailbox,
        forget_cards=brought.forget_cards,
        carry_out_withdrawal=brought.carry_out_withdrawal,
        mail_code=brought.mail_code,
        open_trip=brought.open_trip,
        look_after_plug=brought.look_after_plug,
        follow_order=brought.follow_order,
        steer_session=brought.steer_session,
        steer_station=brought.steer_station,
        begin_session=brought.begin_session,
        bill_session=brought.bill_session,
        tell_of_papers=brought.tell_of_papers,
        tell_of_licence=brought.tell_of_licence,
        tell_of_lock=brought.tell_of_licence,
        tell_of_damage=brought.tell_of_damage,
        follow_start=brought.follow_start,
        tell_of_ticket=brought.tell_of_ticket,
        follow_faults=brought.nothing,
        tell_of_trip=brought.tell_of_licence,
        tell_of_step=brought.tell_of_step,
        invoice_lease=brought.invoice_lease,
        credit_lease=brought.credit_lease,
        invoice_employers=brought.invoice_employers,
        invoice_holders=brought.invoice_holders,
        remind_of_lease=brought.tell_of_licence,
        tell_of_debt=brought.tell_of_licence,
        issue=brought.issue,
        mail_invoice=brought.mail_invoice,
        expire_holds=brought.nothing,
        close_unused=brought.nothing,
        lapse_extensions=brought.nothing,
        keep_overdue=brought.nothing,
        ask_locks_again=brought.nothing,
        look_after_plugs=brought.nothing,
        lapse_orders=brought.nothing,
        steer_groups=brought.nothing,
        keep_dates_of_leases=brought.nothing,
        settle_sessions=brought.nothing,
        bill_sessions=brought.nothing,
        leave_again=brought.nothing,
        look_at_breakdowns=brought.nothing,
        assign=brought.nothing,
        freed=brought.freed,
        ask_who_waits=brought.nothing,
        ask_again=brought.nothing,
        complete_payments=brought.nothing,
        tell_subscribers=brought.nothing,
        send_notices=brought.nothing,
        gather=brought.nothing,
        remind=brought.nothing,
        remind_of_fleet=brought.nothing,
        remind_of_logbooks=brought.nothing,
        look_at_leases=brought.nothing,
        remind_debtors=brought.nothing,
        post=brought.post,
        reconcile=brought.reconcile,
        reconcile_nightly=brought.nothing,
        take_in_statements=brought.nothing,
        review_records=brought.nothing,
        issue_due=brought.nothing,
        roll=brought.nothing,
        seal_ledger=brought.nothing,
        run_leases=brought.nothing,
        collect_instalments=brought.nothing,
        forget=brought.nothing,
    )


def told(occasion: Occasion) -> tuple[object, ...]:
    return ("tell", occasion, HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)


def asked(occasion: Occasion) -> tuple[object, ...]:
    return ("ask", occasion, HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)


SETTLED = ("settle", HERE, SUBJECT_ID)
FREED = ("freed", HERE, SUBJECT_ID)
REVIEWED = ("review case", HERE, SUBJECT_ID)
REMINDED = ("plan reminders", HERE, SUBJECT_ID)
ISSUED = ("issue", HERE, SUBJECT_ID)
PLUG = ("plug", HERE, SUBJECT_ID)
DISPUTED = [("review disputed", HERE, SUBJECT_ID), ("return instalment", HERE, SUBJECT_ID)]
MAILED = ("mail invoice", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("charging.charge_point_reserved", []),
        ("charging.order_answered", [("follow order", HERE, SUBJECT_ID)]),
        ("charging.start_awaited", [("follow start", HERE, SUBJECT_ID)]),
        ("booking.charge_not_begun", [told(Occasion.NOT_BEGUN)]),
        ("charging.ticket_opened", [("tell of ticket", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("charging.point_withdrawn", [("leave vehicle", HERE, SUBJECT_ID)]),
        ("charging.session_begun", [("begin use", HERE, SUBJECT_ID), ("steer", HERE, SUBJECT_ID)]),
        ("charging.station_booted", [("steer station", HERE, SUBJECT_ID)]),
        ("charging.session_ended", [("bill", HERE, SUBJECT_ID), ("steer", HERE, SUBJECT_ID)]),
        ("booking.confirmed", [ISSUED, told(Occasion.CONFIRMED), REMINDED, PLUG]),
        ("booking.cancelled", [SETTLED, ISSUED, told(Occasion.CANCELLED), FREED, PLUG]),
        ("booking.problem_reported", [("leave", HERE, SUBJECT_ID)]),
        ("booking.moved", [FREED, PLUG]),
        ("booking.readings_taken", []),
        ("booking.assigned", [told(Occasion.ASSIGNED), PLUG]),
        ("booking.reassigned", [told(Occasion.SWAPPED), FREED, PLUG]),
        ("booking.stranded", [told(Occasion.STRANDED)]),
        ("booking.approved", [told(Occasion.APPROVED)]),
        ("booking.expired", [SETTLED, told(Occasion.NOT_APPROVED), FREED]),
        ("booking.left", [PLUG]),
        ("booking.finished", [SETTLED, ISSUED, ("open trip", HERE, SUBJECT_ID), FREED, PLUG]),
        ("booking.extended", [SETTLED, told(Occasion.CHANGED), REMINDED, PLUG]),
        ("booking.shortened", [SETTLED, told(Occasion.CHANGED), REMINDED, FREED, PLUG]),
        ("booking.extension_asked", [asked(Occasion.APPROVAL_ASKED)]),
        ("booking.extension_approved", [SETTLED, told(Occasion.EXTENSION_APPROVED), PLUG]),
        ("booking.extension_rejected", [SETTLED, told(Occasion.EXTENSION_NOT_APPROVED), FREED]),
        ("booking.approval_asked", [asked(Occasion.APPROVAL_ASKED)]),
        ("booking.approval_reminded", [asked(Occasion.APPROVAL_REMINDED)]),
        ("booking.approval_escalated", [asked(Occasion.APPROVAL_ESCALATED)]),
        ("booking.extension_lapsed", [SETTLED, told(Occasion.EXTENSION_NOT_APPROVED), FREED]),
        ("booking.extension_lost", [SETTLED, told(Occasion.EXTENSION_TOO_LATE), FREED]),
        ("booking.started", [REMINDED]),
        ("booking.overdue", [REMINDED, PLUG]),
        ("booking.delayed", [("rebook waiting", HERE, SUBJECT_ID), told(Occasion.DELAYED)]),
        ("booking.not_used", [SETTLED, ISSUED, told(Occasion.NOT_USED), FREED, PLUG]),
        ("payment.authorised", [SETTLED]),
        ("payment.saved", [SETTLED, told(Occasion.PAID_TOO_LATE)]),
        ("payment.failed", [SETTLED, REVIEWED, told(Occasion.PAYMENT_FAILED)]),
        # A hold may be gone after the invoice said that it pays.
        ("payment.released", [REVIEWED, told(Occasion.PAID_TOO_LATE)]),
        ("payment.captured", [SETTLED, ISSUED, REVIEWED]),
        ("invoice.issued", [MAILED, ("review document", HERE, SUBJECT_ID)]),
        ("credit_note.issued", [MAILED, ("review document", HERE, SUBJECT_ID)]),
        ("refund.approved", [("carry out refund", HERE, SUBJECT_ID)]),
        ("refund.failed", []),
        ("dunning.opened", []),
        ("dunning.reminded", [ISSUED, told(Occasion.REMINDED)]),
        ("dunning.fees_waived", [ISSUED]),
        ("settlement.dispute_lost", DISPUTED),
        ("settlement.dispute_changed", DISPUTED),
        ("settlement.dispute_prevented", DISPUTED),
        ("settlement.dispute_inquiry_closed", DISPUTED),
        ("bike_leasing.lease_cancel", [("tell of cancel", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("settlement.dispute_opened", []),
        ("settlement.transaction_seen", []),
        ("settlement.dispute_answered", [("hand in", HERE, SUBJECT_ID)]),
        ("payment.refunded", [ISSUED, ("follow refunds", HERE, SUBJECT_ID), told(Occasion.PAID_TOO_LATE)]),
        ("booking.withdrawn", [SETTLED, ISSUED, told(Occasion.WITHDRAWN), FREED, PLUG]),
        ("withdrawal.confirmed", [("carry out", HERE, SUBJECT_ID, ENTRY_ID)]),
        ("payments.event_received", [("apply", HERE, SUBJECT_ID), ("hear", HERE, SUBJECT_ID)]),
        ("person.erased", [("empty mailbox", HERE, SUBJECT_ID), ("forget cards", HERE, SUBJECT_ID)]),
        ("sign_in.code_asked", [("mail code", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("resource.block_lifted", [FREED]),
        ("waitlist.joined", []),
        ("waitlist.offered", [told(Occasion.OFFERED)]),
        ("waitlist.ended", [told(Occasion.WAITED_IN_VAIN)]),
        ("fleet.use_shortened", [("rebook", HERE, SUBJECT_ID)]),
        ("fleet.vehicle_withdrawn", [("leave vehicle", HERE, SUBJECT_ID)]),
        ("fleet.damage_reported", [("tell of damage", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("fleet.papers_due", [("tell of papers", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("fleet.licence_due", [("tell of licence", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        (
            "bike_leasing.lease_settle",
            [("tell of settle", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN), ("invoice lease", HERE, SUBJECT_ID)],
        ),
        (
            "bike_leasing.lease_withdraw",
            [("tell of withdraw", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN), ("credit lease", HERE, SUBJECT_ID)],
        ),
        ("bike_leasing.lease_order", [("tell of order", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("bike_leasing.run_ended", [("invoice employers", HERE), ("invoice holders", HERE)]),
        ("bike_leasing.invoices_left", [("invoice holders", HERE)]),
        ("bike_leasing.lease_reminded", [("tell of licence", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("bike_leasing.debtor_reminded", [("tell of licence", HERE, SUBJECT_ID, ENTRY_ID, WRITTEN)]),
        ("sign_in.signed_in", []),
        ("bank.statement_imported", [("reconcile", HERE)]),
        ("bank.matched", [("review match", HERE, SUBJECT_ID)]),
        ("bank.match_undone", [("reconcile", HERE), ("review match", HERE, SUBJECT_ID)]),
        ("settlement.payout_reconciled", [("reconcile", HERE)]),
    ],
)
async def test_what_follows_from_an_entry(kind: str, expected: list[tuple[object, ...]]) -> None:
    brought = Brought()
    for job in routes(effects(brought))[kind]:
        await job.run(Entry(HERE, ENTRY_ID, kind, SUBJECT_ID, WRITTEN, attempts=1))
    assert [each for each in brought.about if each[0] != "post"] == expected


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("payment.authorised", Fact.BOOKING),
        ("payment.released", Fact.BOOKING),
        ("booking.finished", Fact.BOOKING),
        ("invoice.issued", Fact.DOCUMENT),
        ("credit_note.issued", Fact.DOCUMENT),
        ("bank.statement_imported", Fact.STATEMENT),
        ("bank.matched", Fact.MATCH),
        ("bank.match_undone", Fact.MATCH),
        ("settlement.transaction_seen", Fact.MOVEMENT),
        ("settlement.dispute_lost", Fact.DISPUTE),
        ("dunning.closed", Fact.DEBTS),
        ("booking.extended", None),
        ("sign_in.signed_in", None),
    ],
)
async def test_what_is_posted_of_an_entry(kind: str, fact: Fact | None) -> None:
    brought = Brought()
    for job in routes(effects(brought))[kind]:
        await job.run(Entry(HERE, ENTRY_ID, kind, SUBJECT_ID, WRITTEN, attempts=1))
    posted = [each for each in brought.about if each[0] == "post"]
    assert posted == ([("post", fact, HERE, SUBJECT_ID)] if fact else [])


def known() -> Routes:
    return routes(effects(Brought()))


def test_every_event_of_the_domain_has_its_place_among_the_routes() -> None:
    """An entry of a kind without one would wait for ever."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    never_recorded = {AlreadyThere, Quoted}
    events = {
        str(struct.__struct_config__.tag)
        for struct in _heirs(msgspec.Struct)
        if struct.__module__.startswith("domain.")
        and "." in str(struct.__struct_config__.tag)
        and struct not in never_recorded
    }
    payments = {f"payment.{state}" for state in PaymentState}
    refunds = {f"refund.{state}" for state in RefundState}
    issued = {f"{kind}.issued" for kind in InvoiceKind}
    leases = {f"bike_leasing.lease_{act}" for act in Act}
    others = {"payments.event_received", "bike_leasing.instalment_charged"} | {
        "bike_leasing.lease_reminded",
        "bike_leasing.run_ended",
        "bike_leasing.invoices_left",
        "bike_leasing.debtor_reminded",
    }
    assert events | payments | refunds | issued | leases | NEWS | OF_DUNNING | others == set(known())


def _heirs(struct: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    return {heir for direct in struct.__subclasses__() for heir in ({direct} | _heirs(direct))}


def test_every_batch_is_swept() -> None:
    def batch(number: int) -> Batch:
        async def done() -> int:
            return number

        return done

    names = [name for name, hint in get_type_hints(Effects).items() if hint == Batch]
    batches = {name: batch(number) for number, name in enumerate(names)}
    swept = [sweep.batch for sweep in sweeps(msgspec.structs.replace(effects(Brought()), **batches))]
    assert swept == list(batches.values())
