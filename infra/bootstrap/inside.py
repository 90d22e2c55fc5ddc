"""Every use case, bound to its stores."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from adapters.database.banking.expectations import SqlInvoiceExpectations, SqlPayoutExpectations
from adapters.database.bike_leasing.claims import SqlInsurerExpectations
from adapters.database.bike_leasing.payments import SqlDealerExpectations
from adapters.database.bike_leasing.receivables import SqlLeaseExpectations
from adapters.database.bike_leasing.store import SqlBikeLeasingStore
from adapters.database.booking.blocks import SqlBlocks
from adapters.database.booking.bookings import SqlBookings
from adapters.database.booking.declarations import SqlDeclarationBooks
from adapters.database.booking.keys import keys_with
from adapters.database.booking.making_room import SqlRooms
from adapters.database.booking.search import SqlFinder
from adapters.database.charging.cards import SqlChargingCards
from adapters.database.charging.fault_tickets import SqlFaultDesk
from adapters.database.charging.meter_values import SqlMeterValues
from adapters.database.charging.plug_reading import SqlPlugReader
from adapters.database.charging.reading import SqlSessions
from adapters.database.charging.station_register import SqlStationRegister
from adapters.database.charging.store import SqlChargingStore
from adapters.database.connections import Database
from adapters.database.documents import documents_with
from adapters.database.fleet.assigning import SqlAssigner
from adapters.database.fleet.breakdowns import SqlBreakdowns
from adapters.database.fleet.calendar import SqlCalendarBooks
from adapters.database.fleet.quotas import SqlQuotaBooks
from adapters.database.fleet.reports import SqlReportBooks
from adapters.database.fleet.store import SqlFleetStore
from adapters.database.happenings import SqlFleetLog, SqlLog
from adapters.database.invoicing.archive import SqlInvoiceArchive
from adapters.database.invoicing.debtors import SqlAddressing
from adapters.database.invoicing.invoices import SqlInvoiceCorrections
from adapters.database.notices.books import SqlNoticeBooks
from adapters.database.payments.accounts import SqlAccounts
from adapters.database.payments.books import SqlPaymentBooks
from adapters.database.payments.cards import SqlCards
from adapters.database.payments.inbox import SqlInbox
from adapters.database.payments.uses import SqlUses
from adapters.database.people import SqlPeople
from adapters.database.retention.deleting import SqlRetention
from adapters.database.retention.hold_books import SqlHoldBooks
from adapters.database.subscriptions import open_books
from adapters.documents.lease_paper import render_lease_paper
from adapters.documents.rendering import render
from adapters.metering.transparency import file_of
from adapters.payments.accounts import StripeClients
from adapters.payments.signatures import StripeSignatures
from adapters.payments.stripe_gateway import StripeGateway
from adapters.payments.wallet import StripeWallet
from adapters.pictures.studio import PillowStudio
from adapters.webhooks.signing import StandardSigner
from domain.booking.declarations import Declaration, DeclarationId, Declare, NotConfirmable
from domain.identity import City
from domain.refusals import Refusal
from infra.administering import Administering
from infra.bike_leasing.insurance import lease_insurance
from infra.bike_leasing.leases import leases
from infra.bike_leasing.money import lease_money
from infra.bike_leasing.papers import lease_papers
from infra.bike_leasing.simulations import lease_simulations
from infra.bike_leasing.tracing import lease_tracing
from infra.bike_leasing.upkeep import lease_upkeep
from infra.bootstrap.outside import Clock, Outside
from infra.charging.ad_hoc import ad_hoc_charging
from infra.charging.plans import planning
from infra.charging.power import power_groups
from infra.charging.tariffs import charging_tariffs
from infra.desks import Desks
from infra.finance.accounting import accounting
from infra.finance.banking import reconciliation
from infra.finance.ledger import ledger
from infra.finance.settling import at_provider, settlement
from infra.fleet.approvals import approval_inbox, deputies, pool_approvals
from infra.fleet.books import drivers, fleet_pools_listed, maintaining, pools_shared, vehicles
from infra.fleet.codes import dashboard_codes
from infra.fleet.damages import vehicle_damages
from infra.fleet.feeds import calendar_feeds
from infra.fleet.files import fleet_files as filing
from infra.fleet.logbook import logbooks
from infra.fleet.series import booking_series
from infra.fleet.use_photos import photos_of_uses
from infra.ids import new_station_key
from infra.signing_in import sign_ins
from infra.waiting import waitlist
from services.application import Application
from services.bike_leasing import BikeLeasing
from services.bike_leasing.reservations import quote_bike, reserve_bike
from services.bike_leasing.subscribing import subscribe_to_bike
from services.calls import Call
from services.charging import Charging
from services.charging.reservations import quote_charge_point, reserve_charge_point
from services.fleet import Fleet
from services.fleet.assigning import Assignments
from services.fleet.reservations import quote_vehicle, reserve_vehicle
from services.invoicing import invoices_with
from services.live import live_with
from services.payments import bound
from services.payments.ports import Ports
from services.payments.wallet import wallet_with
from services.people import people_with
from services.retention import LegalHolds
from services.search import search_with
from services.subscriptions import subscriptions_with
from services.subscriptions.ports import Desk
from services.withdrawals import Withdrawals
from services.withdrawals.declaring import confirm, declare


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
    lease_payments = lease_money(database.transactions, ports, clock, new_id)
    ports = replace(ports, elsewhere=lease_payments.hear)
    money = bound(ports)
    settling = settlement(
        database.transactions, stripe_clients, accounts, money, clock=clock, new_id=new_id, written=written
    )
    lives = SqlBookings(database, clock, new_id, written, money.settle).bound()

    async def expire(call: Call[Any], booking_ids: Sequence[UUID]) -> None:
        await lives.expire_holds(call.city, booking_ids)

    rooms = SqlRooms(database.transactions, clock, new_id, lives.expire_holds)
    assigner = SqlAssigner(database.transactions, clock, new_id, lives.expire_holds)
    desks = Desks(database, clock=clock, new_id=new_id, expire=expire, written=written, make_room=rooms.make_room)
    studio = PillowStudio()
    return Application(
        charging=Charging(
            desks.quoting(quote_charge_point, SqlChargingStore), desks.reserving(reserve_charge_point, SqlChargingStore)
        ),
        ad_hoc_charging=ad_hoc_charging(
            database, desks, outside.keys.sign_in, clock=clock, new_id=new_id, written=written
        ),
        charging_cards=SqlChargingCards(database.transactions, clock, new_id).bound(),
        plugs=SqlPlugReader(database.transactions).bound(),
        charging_sessions=SqlSessions(database, clock, new_id).bound(),
        charging_stations=SqlStationRegister(database, clock, new_id).bound(new_station_key),
        charging_faults=SqlFaultDesk(database, clock, new_id, written).bound(),
        meter_values=SqlMeterValues(database.transactions, file_of).bound(),
        planning=planning(database.transactions, clock),
        power_groups=power_groups(database.transactions, clock, new_id),
        charging_tariffs=charging_tariffs(database.transactions, clock, new_id),
        fleet=Fleet(desks.quoting(quote_vehicle, SqlFleetStore), desks.reserving(reserve_vehicle, SqlFleetStore)),
        vehicles=vehicles(database.transactions, clock, new_id),
        drivers=drivers(database.transactions, clock, new_id),
        fleet_files=filing(database.transactions, clock, new_id),
        logbooks=logbooks(database.transactions, clock, new_id),
        damages=vehicle_damages(database.transactions, clock, new_id, written, studio),
        use_photos=photos_of_uses(database.transactions, clock, new_id, studio),
        reports=SqlReportBooks(database.transactions).bound(),
        calendar=SqlCalendarBooks(database.statements).bound(clock),
        clean_vehicles=SqlQuotaBooks(database.transactions, clock).bound(),
        feeds=calendar_feeds(database.transactions, outside.keys.sign_in, clock, new_id),
        maintenance=maintaining(database.transactions, clock, new_id),
        assignments=Assignments(assigner.settle, assigner.find, assigner.reassign, assigner.prioritise),
        series=booking_series(database.transactions, clock, new_id, expire=lives.expire_holds, written=written),
        fleet_pools=fleet_pools_listed(database.transactions, clock, new_id),
        pools_shared=pools_shared(database.transactions, clock, new_id),
        pool_approvals=pool_approvals(database.transactions, clock, new_id),
        deputies=deputies(database.transactions, clock, new_id),
        approvals=approval_inbox(database.transactions, clock, new_id),
        dashboard_codes=dashboard_codes(database.transactions, clock, new_id),
        bike_leasing=BikeLeasing(
            desks.quoting(quote_bike, SqlBikeLeasingStore),
            desks.reserving(reserve_bike, SqlBikeLeasingStore),
            desks.reserving(subscribe_to_bike, SqlBikeLeasingStore),
        ),
        lease_simulations=lease_simulations(database.transactions),
        leases=leases(database.transactions, outside.keys.sign_in, clock, new_id),
        lease_money=lease_payments,
        lease_papers=lease_papers(database.transactions, render_lease_paper, clock, new_id),
        lease_upkeep=lease_upkeep(database.transactions, clock, new_id),
        lease_insurance=lease_insurance(database.transactions, clock, new_id, studio),
        lease_tracing=lease_tracing(database.transactions, clock, new_id),
        quotes=desks.quotes(),
        bookings=lives,
        keys=keys_with(database, outside.lock, clock, new_id, written),
        blocks=SqlBlocks(
            database.transactions, clock, new_id, expire_holds=lives.expire_holds, written=written
        ).bound(),
        breakdowns=SqlBreakdowns(
            database.transactions, clock, new_id, expire_holds=lives.expire_holds, written=written
        ).bound(),
        payments=money,
        settlement=settling,
        search=search_with(SqlFinder(database.statements)),
        live=live_with(SqlLog(database.statements), SqlFleetLog(database.statements)),
        subscriptions=subscriptions_with(subscriptions_desk(database, outside)),
        notices=SqlNoticeBooks(database, clock, new_id),
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
            expectations=(
                SqlPayoutExpectations(database.transactions),
                SqlInvoiceExpectations(database.transactions),
                SqlDealerExpectations(database.transactions),
                SqlInsurerExpectations(database.transactions),
                SqlLeaseExpectations(database.transactions),
            ),
            at_provider=at_provider(settling),
        ),
        waitlist=waitlist(
            database.transactions,
            clock,
            new_id,
            expire=lives.expire_holds,
            make_room=rooms.make_room,
            written=written,
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
