"""What background work brings about: bound to its adapters, and asked for by routes and by the clock."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapters.jobs.sweeps import Batch
from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import LeaseId
from domain.booking.bookings import BookingId
from domain.booking.keys import CommandId
from domain.booking.resources import ResourceId
from domain.booking.waiting import WaitlistEntryId
from domain.charging.faults.faults import TicketId
from domain.charging.orders import OrderId
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import ChargingStationId
from domain.fleet.damages import DamageId
from domain.identity import City, PersonId
from domain.invoicing.invoices import InvoiceId
from domain.notices.occasions import Occasion
from domain.payments.refunds import RefundId
from domain.sign_in.codes import CodeId
from services.ledger.posting import Post


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
    letter, message id, written at)` its holder of what comes near, `tell_of_debt(city, reminder, message id, written at)` whoever owes something for leases
    that it is open; `invoice_lease(city, lease)` issues the invoices about what a lease's acts came to, `credit_lease(city,
    lease)` credit notes about what was taken back of them,
    `invoice_employers(city)` those about what runs have charged employers, `invoice_holders(city)` a batch of those about what they have
    charged holders. `mail_code(city, code, message id, written at)` sends
    whoever asked for it a code to sign in with. `look_after_plug(city, booking)` has the plug of a charging booking kept, or kept no more.
    `follow_order(city, order)` goes on with what a charging station was told for, `follow_start(city, order)` looks whether it began that
    should have by now. `steer_session(city, session)` plans the power of its connection anew, as it began or ended, `steer_station(city,
    station)` as the station booted; `tell_of_ticket(city, ticket, message id, written at)` has somebody see to a station.
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
    invoice_employers: Callable[[City], Awaitable[object]]
    invoice_holders: Callable[[City], Awaitable[object]]
    invoice_lease: Callable[[City, LeaseId], Awaitable[object]]
    credit_lease: Callable[[City, LeaseId], Awaitable[object]]
    tell_of_debt: Callable[[City, UUID, UUID, datetime], Awaitable[object]]
    begin_session: Callable[[City, SessionId], Awaitable[object]]
    bill_session: Callable[[City, SessionId], Awaitable[object]]
    issue: Callable[[City, BookingId], Awaitable[object]]
    mail_invoice: Callable[[City, InvoiceId, UUID, datetime], Awaitable[object]]
    look_after_plug: Callable[[City, BookingId], Awaitable[object]]
    follow_order: Callable[[City, OrderId], Awaitable[object]]
    follow_start: Callable[[City, OrderId], Awaitable[object]]
    steer_session: Callable[[City, SessionId], Awaitable[object]]
    steer_station: Callable[[City, ChargingStationId], Awaitable[object]]
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
    look_at_breakdowns: Batch
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
    remind_debtors: Batch
    reconcile_nightly: Batch
    take_in_statements: Batch
    issue_due: Batch
    roll: Batch
    review_records: Batch
    seal_ledger: Batch
    run_leases: Batch
    collect_instalments: Batch
    forget: Batch
