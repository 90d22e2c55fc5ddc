"""Where the adapters meet: use cases bound to their stores, endpoints and jobs to their use cases."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec
from asyncpg import PostgresError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.accounts import SqlAccounts
from adapters.database.assigning import SqlAssigner
from adapters.database.bike_leasing import SqlBikeLeasingStore
from adapters.database.blocks import SqlBlocks
from adapters.database.bookings import SqlBookings
from adapters.database.cards import SqlCards
from adapters.database.charging import SqlChargingStore
from adapters.database.connections import Address, Database, connect
from adapters.database.debtors import SqlAddressing
from adapters.database.declarations import SqlDeclarationBooks
from adapters.database.documents import documents_with
from adapters.database.expectations import SqlInvoiceExpectations, SqlPayoutExpectations
from adapters.database.fleet import SqlFleetStore
from adapters.database.fleet_reports import SqlReportBooks
from adapters.database.happenings import SqlLog
from adapters.database.hold_books import SqlHoldBooks
from adapters.database.housekeeping import Due, Housekeeping
from adapters.database.inbox import SqlInbox
from adapters.database.invoice_archive import SqlInvoiceArchive
from adapters.database.invoices import SqlInvoiceBooks, SqlInvoiceCorrections
from adapters.database.migrating import Standing, standing
from adapters.database.moving import SqlMover
from adapters.database.notices import SqlNotices
from adapters.database.payments import SqlPaymentBooks, due_payments
from adapters.database.people import SqlPeople
from adapters.database.retention import SqlRetention
from adapters.database.search import SqlFinder
from adapters.database.subscriptions import due_subscriptions, open_books
from adapters.database.uses import SqlUses
from adapters.documents.rendering import render
from adapters.http import bike_leasing, charging, fleet
from adapters.http.administration import administration
from adapters.http.app import create_app, described
from adapters.http.approvals import approvals
from adapters.http.auth import Tokens
from adapters.http.blocks import blocks
from adapters.http.booking_changes import booking_changes
from adapters.http.booking_life import booking_life
from adapters.http.bookings import bookings
from adapters.http.callers import Callers
from adapters.http.documents import documents
from adapters.http.endpoints import Edge, Endpoint
from adapters.http.finance.bank_exceptions import bank_exceptions
from adapters.http.finance.bank_lines import bank_lines
from adapters.http.finance.bank_matches import bank_matches
from adapters.http.finance.bank_statements import bank_statements
from adapters.http.finance.bookings import finance_bookings
from adapters.http.finance.disputes import finance_disputes
from adapters.http.finance.dunning import finance_dunning
from adapters.http.finance.exports import exports
from adapters.http.finance.invoices import finance_invoices
from adapters.http.finance.ledger_accounts import ledger_accounts
from adapters.http.finance.ledger_entries import ledger_entries
from adapters.http.finance.ledger_months import ledger_months
from adapters.http.finance.legal_holds import legal_holds
from adapters.http.finance.payouts import finance_payouts
from adapters.http.finance.refunds import finance_refunds
from adapters.http.fleet_assignments import fleet_assignments
from adapters.http.fleet_codes import fleet_codes
from adapters.http.fleet_drivers import fleet_drivers
from adapters.http.fleet_files import fleet_files
from adapters.http.fleet_reports import fleet_reports
from adapters.http.fleet_states import fleet_states
from adapters.http.fleet_vehicles import fleet_vehicles
from adapters.http.gate import Gate, Policy, Seen
from adapters.http.guarding import table
from adapters.http.invoices import invoices
from adapters.http.limits import Limits
from adapters.http.live import live
from adapters.http.me import me
from adapters.http.payment_methods import payment_methods
from adapters.http.payments import payments
from adapters.http.pools import pools
from adapters.http.proofs import proofs
from adapters.http.reported_problems import problems
from adapters.http.roles import roles
from adapters.http.search import finding
from adapters.http.sign_in import sign_in
from adapters.http.subscriptions import subscriptions
from adapters.http.withdrawals import withdrawals
from adapters.jobs.routes import Effects
from adapters.jobs.sweeps import each
from adapters.mail.code_letters import code_composer
from adapters.mail.composing import RESERVED_DOMAIN, composer
from adapters.mail.invoice_letters import invoice_composer
from adapters.mail.receipts import sender
from adapters.payments.accounts import StripeClients
from adapters.payments.signatures import StripeSignatures
from adapters.payments.stripe_gateway import StripeGateway
from adapters.payments.wallet import StripeWallet
from adapters.payments.watching import Watch
from adapters.webhooks.courier import HttpCourier, Network
from adapters.webhooks.signing import StandardSigner
from domain.booking.declarations import Declaration, DeclarationId, Declare, NotConfirmable
from domain.booking.resources import Service
from domain.identity import City
from domain.refusals import Refusal
from domain.sign_in.codes import CodeId
from infra.accounting import accounting
from infra.administering import Administering
from infra.banking import nightly, reconciliation, taking_in
from infra.clock import now
from infra.desks import Desks
from infra.fleet import drivers, reminders, vehicles
from infra.fleet_codes import dashboard_codes
from infra.fleet_files import fleet_files as filing
from infra.ids import new_id
from infra.ledger import ledger, posting, sealing
from infra.retaining import reviewing
from infra.settling import at_provider, gathering, reminding, settlement
from infra.signing_in import Keys, passing_keys, revocations, sign_ins
from services.application import Application
from services.bike_leasing import BikeLeasing
from services.bike_leasing.reservations import quote_bike, reserve_bike
from services.calls import Call
from services.charging import Charging
from services.charging.reservations import quote_charge_point, reserve_charge_point
from services.fleet import Fleet
from services.fleet.assigning import Assignments
from services.fleet.reservations import quote_vehicle, reserve_vehicle
from services.invoicing import invoices_with
from services.invoicing.issuing import issue_for_booking
from services.invoicing.sending import mail_invoice
from services.live import live_with
from services.notices.codes import mail_code
from services.notices.ports import Mailer
from services.notices.telling import tell
from services.payments import bound
from services.payments.ports import Ports
from services.payments.wallet import wallet_with
from services.people import emptying, people_with
from services.people.ports import Letterbox
from services.retention import LegalHolds
from services.retention.ports import Letters
from services.search import search_with
from services.subscriptions import subscriptions_with, telling
from services.subscriptions.delivering import Roads
from services.subscriptions.ports import Desk
from services.withdrawals import Withdrawals
from services.withdrawals.declaring import carry_out, confirm, declare

VERSION = "0.1.0"
Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


class Outside(Struct, frozen=True):
    """What the house needs from outside.

    `secret` resolves a reference such as `env:NAME`, None where there is nothing; `stripe_url` is where Stripe's API is,
    None for Stripe itself; `written` is called when something was written that others wait for. From `webhook_key` come
    the secrets of outgoing webhooks, which may go to the public internet and to `webhook_networks`. What has grown old is
    `kept` for so long, by table. `keys` are what signing in needs; left out, tokens and codes are good for nothing beyond
    this object. `oidc_loopback` admits issuers on this machine. Into
    `bank_folder` files of bank statements are put. Each request to Stripe is told to `asked`.
    """

    clock: Clock
    new_id: NewId
    secret: Callable[[str], str | None]
    stripe_url: str | None = None
    written: Callable[[], None] = lambda: None
    webhook_key: bytes = b""
    webhook_networks: tuple[Network, ...] = ()
    kept: Mapping[str, timedelta] = {}
    bank_folder: Path | None = None
    keys: Keys = msgspec.field(default_factory=passing_keys)
    oidc_loopback: bool = False
    asked: Watch | None = None


def application(database: Database, outside: Outside, clients: StripeClients | None = None) -> Application:
    """Every use case, bound to one database as the app's role. Whoever brings the `clients` closes them."""
    clock, new_id, written = outside.clock, outside.new_id, outside.written
    accounts = SqlAccounts(database.transactions)
    stripe_clients = clients or StripeClients(accounts, outside.secret, outside.stripe_url, watch=outside.asked)
    files = SqlPeople(database.transactions, clock, new_id, written)
    ports = Ports(
        books=SqlPaymentBooks(database.transactions, clock, new_id, written),
        inbox=SqlInbox(database.transactions),
        accounts=accounts,
        gateway=StripeGateway(stripe_clients),
        signatures=StripeSignatures(outside.secret),
        clock=clock,
        new_id=new_id,
    )
    money = bound(ports)
    settling = settlement(
        database.transactions, stripe_clients, accounts, money, clock=clock, new_id=new_id, written=written
    )
    lives = SqlBookings(database, clock, new_id, written, money.settle).bound()

    async def expire(call: Call[Any], booking_ids: Sequence[UUID]) -> None:
        await lives.expire_holds(call.city, booking_ids)

    mover = SqlMover(database.transactions, clock, new_id)
    assigner = SqlAssigner(database.transactions, clock, new_id)
    desks = Desks(database, clock=clock, new_id=new_id, expire=expire, written=written, make_room=mover.make_room)
    return Application(
        charging=Charging(
            desks.quoting(quote_charge_point, SqlChargingStore), desks.reserving(reserve_charge_point, SqlChargingStore)
        ),
        fleet=Fleet(desks.quoting(quote_vehicle, SqlFleetStore), desks.reserving(reserve_vehicle, SqlFleetStore)),
        vehicles=vehicles(database.transactions, clock, new_id),
        drivers=drivers(database.transactions, clock, new_id),
        fleet_files=filing(database.transactions, clock, new_id),
        reports=SqlReportBooks(database.transactions).bound(),
        assignments=Assignments(assigner.settle, assigner.find, assigner.reassign),
        dashboard_codes=dashboard_codes(database.transactions, clock, new_id),
        bike_leasing=BikeLeasing(
            desks.quoting(quote_bike, SqlBikeLeasingStore), desks.reserving(reserve_bike, SqlBikeLeasingStore)
        ),
        quotes=desks.quotes(),
        bookings=lives,
        blocks=SqlBlocks(
            database.transactions, clock, new_id, expire_holds=lives.expire_holds, written=written
        ).bound(),
        payments=money,
        settlement=settling,
        search=search_with(SqlFinder(database.statements)),
        live=live_with(SqlLog(database.statements)),
        subscriptions=subscriptions_with(subscriptions_desk(database, outside)),
        knows=files.knows,
        people=people_with(files, clock),
        operator=Administering(database.transactions, clock, new_id).bound(),
        wallet=wallet_with(SqlCards(database.transactions, clock, new_id), accounts, StripeWallet(stripe_clients)),
        documents=documents_with(database.transactions, clock, new_id),
        invoices=invoices_with(
            SqlInvoiceArchive(database),
            render,
            SqlAddressing(database.transactions, clock, new_id),
            SqlInvoiceCorrections(database.transactions, clock, new_id, written),
            clock=clock,
            new_id=new_id,
        ),
        withdrawals=declaring(SqlDeclarationBooks(database.transactions, new_id, written), clock),
        ledger=ledger(database.transactions, clock, new_id),
        accounting=accounting(database.transactions, clock, new_id),
        legal_holds=LegalHolds(
            SqlHoldBooks(database.transactions, clock, new_id),
            lambda city, lifted: SqlRetention(database.transactions, clock, new_id, "finance").holds(
                city, lifted=lifted
            ),
            clock,
        ),
        uses=SqlUses(database.statements),
        reconciliation=reconciliation(
            database.transactions,
            clock,
            new_id,
            written,
            expectations=(SqlPayoutExpectations(database.transactions), SqlInvoiceExpectations(database.transactions)),
            at_provider=at_provider(settling),
        ),
        sign_in=sign_ins(database, outside.keys, clock, new_id, written, loopback=outside.oidc_loopback),
    )


def declaring(books: SqlDeclarationBooks, clock: Clock) -> Withdrawals:
    """The two steps of a withdrawal without signing in."""

    async def first(city: City, command: Declare) -> Declaration | None:
        return await declare(command, city, books=books, now=clock())

    async def second(city: City, declaration_id: DeclarationId) -> Declaration | Refusal[NotConfirmable]:
        return await confirm(declaration_id, city, books=books, now=clock())

    return Withdrawals(first, second)


def subscriptions_desk(database: Database, outside: Outside) -> Desk:
    books = open_books(database.transactions, outside.clock, outside.new_id)
    return Desk(books, StandardSigner(outside.webhook_key), outside.clock)


def endpoints(offered: Application) -> tuple[Endpoint, ...]:
    """Every operation of the public API."""
    doors = {
        Service.CHARGING: charging.door(offered.charging),
        Service.FLEET: fleet.door(offered.fleet),
        Service.BIKE_LEASING: bike_leasing.door(offered.bike_leasing),
    }
    return (
        *bookings(doors),
        *booking_changes(offered.bookings),
        *booking_life(offered.bookings, offered.payments.refresh),
        *approvals(offered.bookings),
        *blocks(offered.blocks),
        *problems(offered.bookings, offered.search),
        *fleet_vehicles(offered.vehicles),
        *fleet_states(offered.vehicles, offered.blocks),
        *fleet_drivers(offered.drivers),
        *fleet_files(offered.fleet_files),
        *fleet_assignments(offered.assignments),
        *fleet_codes(offered.dashboard_codes),
        *fleet_reports(offered.reports),
        *payments(offered.payments),
        *finding(offered.search),
        *live(offered.live),
        *subscriptions(offered.subscriptions),
        *administration(offered.operator),
        *roles(offered.operator),
        *pools(offered.operator),
        *proofs(offered.operator),
        *me(offered.people),
        *payment_methods(offered.wallet),
        *withdrawals(offered.withdrawals),
        *documents(offered.documents),
        *invoices(offered.invoices),
        *finance_invoices(offered.invoices),
        *legal_holds(offered.legal_holds),
        *finance_payouts(offered.settlement),
        *finance_refunds(offered.settlement),
        *finance_disputes(offered.settlement),
        *finance_dunning(offered.settlement),
        *bank_statements(offered.reconciliation),
        *bank_lines(offered.reconciliation),
        *bank_matches(offered.reconciliation),
        *bank_exceptions(offered.reconciliation),
        *ledger_entries(offered.ledger),
        *ledger_accounts(offered.ledger),
        *ledger_months(offered.ledger),
        *exports(offered.accounting),
        *finance_bookings(offered.uses),
        *sign_in(offered.sign_in),
    )


class Front(Struct, frozen=True):
    """What stands between the network and the operations: no limits, nobody trusted, nothing watched unless it says so.

    `without` names the parts that are missing just now but not needed; `undocumented` are operations for the operator.
    """

    limits: Limits | None = None
    callers: Callers = msgspec.field(default_factory=Callers)
    policy: Policy = Policy()
    watch: Callable[[Seen], None] | None = None
    docs: bool = True
    undocumented: tuple[Endpoint, ...] = ()
    without: Callable[[], Awaitable[Sequence[str]]] | None = None
    on_stop: tuple[Callable[[], Awaitable[None]], ...] = ()


def api(database: Database, outside: Outside, keys: Mapping[str, Ed25519PublicKey], front: Front | None = None) -> Gate:
    """The public API over one database; `keys` verify access tokens, by key id."""
    front = front or Front()
    accounts = SqlAccounts(database.transactions)
    clients = StripeClients(accounts, outside.secret, outside.stripe_url, watch=outside.asked)
    offered = application(database, outside, clients)
    edge = Edge(
        offered,
        Tokens(keys, revocations(database, outside.clock), offered.sign_in),
        outside.clock,
        outside.new_id,
        partial(readiness, database, front.without),
        VERSION,
        front.limits,
        front.callers,
    )
    app = create_app(
        edge,
        endpoints(offered),
        stopping=offered.live.close,
        docs_page=front.docs,
        undocumented=front.undocumented,
        on_shutdown=[clients.close, *front.on_stop, database.close],
    )
    return Gate(app, front.policy, front.watch)


def openapi_document() -> bytes:
    """What `/openapi.json` answers. No connection is made for it."""
    return described(_declared(), VERSION)


def authorisation_matrix() -> str:
    """Who may call which operation, as a table."""
    return table(_declared())


def _declared() -> tuple[Endpoint, ...]:
    nowhere = connect(Address("postgresql://nowhere"))
    outside = Outside(now, new_id, lambda reference: reference)
    return endpoints(application(nowhere, outside))


async def readiness(
    database: Database, without: Callable[[], Awaitable[Sequence[str]]] | None = None
) -> dict[str, Any]:
    """`ready` when PostgreSQL answers and its schema is the one this code needs, or one that has only grown since.

    What is missing otherwise is said as `degraded`.
    """
    try:
        async with database.transactions.everywhere() as connection:
            found = await standing(connection)
    except (OSError, TimeoutError, SQLAlchemyError, PostgresError):
        return {"status": "the database does not answer"}
    if found in {Standing.CURRENT, Standing.NEWER}:
        degraded = await without() if without is not None else ()
        return {"status": "ready", "degraded": degraded} if degraded else {"status": "ready"}
    return {"status": "the schema is not current"}


class Courier(Mailer, Letterbox, Letters, Protocol):
    """Sends letters, and takes away those that it keeps."""


class Post(Struct, frozen=True):
    """How letters go out, and from which domain."""

    mailer: Courier
    domain: str = RESERVED_DOMAIN


def effects(app: Database, relay: Database, outside: Outside, post: Post) -> Effects:
    """What background work brings about: `app` acts within one city, `relay` looks for what is due across them."""
    offered = application(app, outside)
    lives, money, clock = offered.bookings, offered.payments, outside.clock
    house = Housekeeping(relay.statements, outside.kept)
    notices = SqlNotices(app.statements)
    tell_holder = partial(tell, notices=notices, compose=composer(post.domain), mailer=post.mailer)

    async def send_code(city: City, code_id: CodeId, message_id: UUID, at: datetime) -> None:
        await mail_code(
            city,
            code_id,
            message_id,
            at,
            now=clock(),
            notices=notices,
            reveal=outside.keys.sign_in.code,
            compose=code_composer(post.domain),
            mailer=post.mailer,
        )

    async def assign(due: Due) -> None:
        """Which vehicle it is, then that it is final: who comes between the two changes the reasons, not the order."""
        await offered.assignments.settle(*due)
        await lives.assign(*due)

    declarations = SqlDeclarationBooks(app.transactions, outside.new_id, outside.written)

    async def carry_out_withdrawal(city: City, declaration_id: UUID, message_id: UUID) -> None:
        wanted = DeclarationId(declaration_id)
        receipts = sender(post.mailer, post.domain)
        await carry_out(wanted, city, message_id, books=declarations, send=receipts, withdraw=lives.withdraw)

    issue = partial(
        issue_for_booking,
        books=SqlInvoiceBooks(app.transactions, outside.new_id, outside.written),
        clock=clock,
        new_id=outside.new_id,
    )
    fleet_reminders = reminders(
        app, relay, post.mailer, post.domain, clock=clock, new_id=outside.new_id, written=outside.written
    )
    return Effects(
        tell=tell_holder,
        settle=money.settle,
        apply_event=money.apply,
        hear_event=offered.settlement.hear,
        carry_out_refund=offered.settlement.carry_out,
        follow_refunds=offered.settlement.follow,
        hand_in=offered.settlement.hand_in,
        review_case=offered.settlement.review,
        review_disputed=offered.settlement.review_dispute,
        review_document=offered.settlement.review_document,
        review_match=offered.settlement.review_match,
        leave_withdrawn=SqlMover(app.transactions, clock, outside.new_id).leave_withdrawn,
        empty_mailbox=emptying(SqlPeople(app.transactions, clock, outside.new_id), post.mailer, clock),
        forget_cards=offered.wallet.forget,
        carry_out_withdrawal=carry_out_withdrawal,
        mail_code=send_code,
        tell_of_papers=fleet_reminders.tell_of_papers,
        tell_of_licence=fleet_reminders.tell_of_licence,
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
        close_unused=each(
            lambda n: house.unused_bookings(clock(), n), lambda due: lives.close_unused(*due), "close unused"
        ),
        lapse_extensions=each(
            lambda n: house.lapsed_extensions(clock(), n), lambda due: lives.lapse_extension(*due), "lapse extensions"
        ),
        assign=each(lambda n: house.provisional_bookings(clock(), n), assign, "assign"),
        keep_overdue=each(
            lambda n: house.overdue_uses(clock(), n), lambda due: lives.keep_overdue(*due), "keep overdue"
        ),
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
        gather=gathering(offered.settlement, relay, clock),
        remind=reminding(offered.settlement, relay, clock),
        remind_of_fleet=fleet_reminders.batch,
        post=posting(app, clock, outside.new_id),
        reconcile=offered.reconciliation.run,
        reconcile_nightly=nightly(offered.reconciliation, relay, clock),
        take_in_statements=taking_in(offered.reconciliation, outside.bank_folder, clock),
        issue_due=each(lambda n: house.bookings_to_invoice(clock(), n), lambda due: issue(*due), "issue invoices"),
        review_records=reviewing(app, relay, post.mailer, clock, outside.new_id),
        seal_ledger=sealing(app, relay, clock),
        forget=lambda: house.forget(clock()),
    )
