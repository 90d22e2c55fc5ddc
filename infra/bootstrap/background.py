"""What background work brings about."""

from functools import partial
from typing import Any

from adapters.database.bike_leasing.debts import SqlDebts, due_debts
from adapters.database.bike_leasing.invoices import SqlLeaseInvoices
from adapters.database.bike_leasing.letters import SqlLeaseLetters, due_leases
from adapters.database.booking.keys import due_commands
from adapters.database.booking.making_room import SqlRooms, withdrawn_vehicles
from adapters.database.charging.fault_tickets import SqlTicketDesk
from adapters.database.connections import Database
from adapters.database.fleet.assigning import SqlAssigner
from adapters.database.fleet.breakdowns import SqlBreakdowns, breakdowns_to_look_at
from adapters.database.happenings import SqlLog
from adapters.database.housekeeping import Due, Housekeeping
from adapters.database.invoicing.archive import SqlInvoiceArchive
from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.notices.log import due_notices
from adapters.database.payments.books import due_payments
from adapters.database.people import SqlPeople
from adapters.database.subscriptions import due_subscriptions
from adapters.documents.rendering import render
from adapters.jobs.effects import Effects
from adapters.jobs.sweeps import each
from adapters.mail.invoice_letters import invoice_composer
from adapters.mail.lease_debts import debt_composer
from adapters.mail.lease_letters import lease_composer
from adapters.mail.ticket_letters import ticket_composer
from adapters.webhooks.courier import HttpCourier
from infra.bike_leasing.money import charging, collecting
from infra.bike_leasing.running import calendar_of_leases
from infra.bootstrap.inside import application, subscriptions_desk
from infra.bootstrap.outside import Outside
from infra.bootstrap.post import Post, carrying_out_withdrawals, desk_of_notices, mailing_codes
from infra.bootstrap.stations import at_stations
from infra.finance.banking import nightly, taking_in
from infra.finance.ledger import posting, sealing
from infra.finance.settling import gathering, reminding
from infra.fleet.books import reminders
from infra.retaining import reviewing
from infra.waiting import asking
from services.bike_leasing.letters import tell_of_reminder, tell_of_step
from services.bike_leasing.money.reminding import tell_of_debt
from services.charging.faults.letters import tell_of_ticket
from services.invoicing.issuing import issue_for_booking
from services.invoicing.sending import mail_invoice
from services.notices.telling import ask, deliver, remind, tell, tell_waiting
from services.people import emptying
from services.subscriptions import telling
from services.subscriptions.delivering import Roads


def effects(app: Database, relay: Database, outside: Outside, post: Post) -> Effects:
    """What background work brings about: `app` acts within one city, `relay` looks for what is due across them."""
    offered = application(app, outside)
    lives, money, clock = offered.bookings, offered.payments, outside.clock
    house = Housekeeping(relay.statements, outside.kept)
    assigner = SqlAssigner(app.transactions, clock, outside.new_id, lives.expire_holds)
    told = desk_of_notices(app, outside, post)
    stations = at_stations(app, relay, outside, lives.expire_holds)

    async def assign(due: Due) -> None:
        """Which vehicle it is, or a plug that works, then that it is final: who comes between the two changes the reasons, not
        the order."""
        await offered.assignments.settle(*due)
        await stations.plugs.look_after(*due)
        await lives.assign(*due)

    issue = partial(
        issue_for_booking,
        books=SqlInvoiceBooks(app.transactions, outside.new_id, outside.written),
        clock=clock,
        new_id=outside.new_id,
    )
    fleet_reminders = reminders(
        app, relay, post.mailer, post.domain, clock=clock, new_id=outside.new_id, written=outside.written
    )
    lease_books = SqlLeaseLetters(app.transactions, clock, outside.new_id, outside.written)
    about_leases: dict[str, Any] = {
        "books": lease_books,
        "compose": lease_composer(post.domain),
        "mailer": post.mailer,
    }
    lease_invoices = SqlLeaseInvoices(app.transactions, clock, outside.new_id, outside.written)
    debts = SqlDebts(app.transactions, clock, outside.new_id, outside.written)
    rooms = SqlRooms(app.transactions, clock, outside.new_id, lives.expire_holds)
    broken = SqlBreakdowns(
        app.transactions, clock, outside.new_id, expire_holds=lives.expire_holds, written=outside.written
    )

    async def close_unused(due: Due) -> None:
        """Whoever was to get a plug and did not is not one who did not come."""
        await stations.plugs.look_after(*due)
        await lives.close_unused(*due)

    return Effects(
        tell=partial(tell, desk=told),
        ask=partial(ask, desk=told),
        tell_waiting=partial(tell_waiting, desk=told),
        plan_reminders=partial(remind, desk=told),
        settle=money.settle,
        apply_event=money.apply,
        hear_event=offered.settlement.hear,
        carry_out_refund=offered.settlement.carry_out,
        follow_refunds=offered.settlement.follow,
        hand_in=offered.settlement.hand_in,
        review_case=offered.settlement.review,
        review_disputed=offered.settlement.review_dispute,
        return_instalment=offered.lease_money.returned,
        review_document=offered.settlement.review_document,
        review_match=offered.settlement.review_match,
        leave_withdrawn=rooms.leave_withdrawn,
        leave_vehicle=rooms.leave_vehicle,
        rebook_from=assigner.rebook_from,
        rebook_waiting=assigner.rebook_waiting,
        freed=offered.waitlist.freed,
        empty_mailbox=emptying(SqlPeople(app.transactions, clock, outside.new_id), post.mailer, clock),
        forget_cards=offered.wallet.forget,
        carry_out_withdrawal=carrying_out_withdrawals(app, outside, post, lives),
        mail_code=mailing_codes(app, outside, post),
        open_trip=offered.logbooks.open,
        tell_of_papers=fleet_reminders.tell_of_papers,
        tell_of_licence=fleet_reminders.tell_of_licence,
        tell_of_lock=fleet_reminders.tell_of_lock,
        tell_of_damage=fleet_reminders.tell_of_damage,
        tell_of_trip=fleet_reminders.tell_of_trip,
        tell_of_step=partial(tell_of_step, **about_leases),
        remind_of_lease=partial(tell_of_reminder, **about_leases),
        invoice_lease=lease_invoices.of_lease,
        credit_lease=lease_invoices.of_undone,
        invoice_employers=lease_invoices.of_employers,
        invoice_holders=lease_invoices.of_holders,
        tell_of_debt=partial(tell_of_debt, books=debts, compose=debt_composer(post.domain), mailer=post.mailer),
        look_after_plug=stations.plugs.look_after,
        follow_order=stations.following_orders(),
        follow_start=stations.following_starts(),
        steer_session=stations.steering.session_changed,
        steer_station=stations.steering.station_booted,
        begin_session=stations.bills.begin,
        bill_session=stations.bill,
        tell_of_ticket=partial(
            tell_of_ticket,
            desk=SqlTicketDesk(app.transactions, clock, outside.new_id, outside.written),
            compose=ticket_composer(post.domain),
            mailer=post.mailer,
        ),
        issue=issue,
        mail_invoice=partial(
            mail_invoice,
            archive=SqlInvoiceArchive(app),
            render=render,
            compose=invoice_composer(post.domain),
            mailer=post.mailer,
            clock=clock,
        ),
        expire_holds=each(lambda n: house.lapsed_holds(clock(), n), lambda due: lives.expire(*due), "expire holds"),
        close_unused=each(lambda n: house.unused_bookings(clock(), n), close_unused, "close unused"),
        lapse_extensions=each(
            lambda n: house.lapsed_extensions(clock(), n), lambda due: lives.lapse_extension(*due), "lapse extensions"
        ),
        ask_locks_again=each(
            lambda n: due_commands(relay.statements, clock(), n),
            lambda due: offered.keys.ask_again(*due),
            "ask locks again",
        ),
        look_after_plugs=stations.looking_after_plugs(),
        lapse_orders=stations.lapsing_orders(),
        steer_groups=stations.steering_groups(),
        follow_faults=stations.following_faults(),
        keep_dates_of_leases=calendar_of_leases(app, relay, clock, outside.new_id),
        settle_sessions=stations.settling_sessions(),
        bill_sessions=stations.billing_sessions(),
        leave_again=each(
            lambda n: withdrawn_vehicles(relay.statements, n), lambda out: rooms.leave_vehicle(*out), "leave again"
        ),
        look_at_breakdowns=each(
            lambda n: breakdowns_to_look_at(relay.statements, clock(), n),
            lambda due: broken.look_again(*due),
            "look at breakdowns",
        ),
        ask_again=each(lambda n: house.to_ask_again(clock(), n), lambda due: lives.ask_again(*due), "ask again"),
        assign=each(lambda n: house.provisional_bookings(clock(), n), assign, "assign"),
        keep_overdue=each(
            lambda n: house.overdue_uses(clock(), n), lambda due: lives.keep_overdue(*due), "keep overdue"
        ),
        ask_who_waits=asking(offered.waitlist, relay, clock),
        complete_payments=each(
            lambda n: due_payments(relay.transactions, clock(), n), lambda due: money.complete(*due), "complete"
        ),
        tell_subscribers=each(
            lambda n: due_subscriptions(relay.statements, clock(), n),
            telling(
                subscriptions_desk(app, outside), Roads(SqlLog(app.statements), HttpCourier(outside.webhook_networks))
            ),
            "tell subscribers",
        ),
        send_notices=each(
            lambda n: due_notices(relay.statements, clock(), n), lambda due: deliver(*due, desk=told), "send notices"
        ),
        gather=gathering(offered.settlement, relay, clock),
        remind=reminding(offered.settlement, relay, clock),
        remind_of_fleet=fleet_reminders.batch,
        remind_of_logbooks=fleet_reminders.of_logbooks,
        look_at_leases=each(
            lambda n: due_leases(relay.transactions, clock(), n), lambda due: lease_books.look(*due), "look at leases"
        ),
        remind_debtors=each(lambda n: due_debts(relay.transactions, clock(), n), debts.look, "remind debtors"),
        post=posting(app, clock, outside.new_id),
        reconcile=offered.reconciliation.run,
        reconcile_nightly=nightly(offered.reconciliation, relay, clock),
        take_in_statements=taking_in(offered.reconciliation, outside.bank_folder, clock),
        issue_due=each(lambda n: house.bookings_to_invoice(clock(), n), lambda due: issue(*due), "issue invoices"),
        roll=each(lambda n: house.bookings_to_roll(clock(), n), lambda due: lives.roll(*due), "roll bookings"),
        review_records=reviewing(app, relay, post.mailer, clock, outside.new_id),
        seal_ledger=sealing(app, relay, clock),
        run_leases=charging(offered.lease_money, relay, clock),
        collect_instalments=collecting(offered.lease_money, relay, clock),
        forget=lambda: house.forget(clock()),
    )
