"""Every operation of the public API, over the use cases, and what is written about them."""

from adapters.database.connections import Address, connect
from adapters.http.administration import administration
from adapters.http.app import described
from adapters.http.bike_leasing.agreements import lease_agreements
from adapters.http.bike_leasing.claims import lease_claims
from adapters.http.bike_leasing.debits import lease_debits
from adapters.http.bike_leasing.door import door as bike_door
from adapters.http.bike_leasing.invoices import lease_invoices
from adapters.http.bike_leasing.leases import leases
from adapters.http.bike_leasing.papers import lease_papers
from adapters.http.bike_leasing.payrolls import lease_payrolls
from adapters.http.bike_leasing.running import running_leases
from adapters.http.bike_leasing.simulations import lease_simulations
from adapters.http.bike_leasing.subscriptions import bike_subscriptions
from adapters.http.bike_leasing.tracings import lease_tracings
from adapters.http.bike_leasing.upkeep import lease_services
from adapters.http.booking.approvals import approvals
from adapters.http.booking.blocks import blocks
from adapters.http.booking.bookings import bookings
from adapters.http.booking.changes import booking_changes
from adapters.http.booking.keys import booking_keys
from adapters.http.booking.life import booking_life
from adapters.http.booking.reported_problems import problems
from adapters.http.booking.waitlist import waitlist
from adapters.http.booking.withdrawals import withdrawals
from adapters.http.charging.ad_hoc import Desk, ad_hoc
from adapters.http.charging.cards import charging_cards
from adapters.http.charging.door import door as charger_door
from adapters.http.charging.faults import charging_faults
from adapters.http.charging.meter_values import meter_values
from adapters.http.charging.plans import charging_plans
from adapters.http.charging.plugs import plugs
from adapters.http.charging.power_groups import power_groups
from adapters.http.charging.sessions import charging_sessions
from adapters.http.charging.station_orders import station_orders
from adapters.http.charging.stations import charging_stations
from adapters.http.charging.tariffs import charging_tariffs
from adapters.http.documents import documents
from adapters.http.endpoints import Endpoint
from adapters.http.finance.bank_exceptions import bank_exceptions
from adapters.http.finance.bank_lines import bank_lines
from adapters.http.finance.bank_matches import bank_matches
from adapters.http.finance.bank_statements import bank_statements
from adapters.http.finance.bookings import finance_bookings
from adapters.http.finance.disputes import finance_disputes
from adapters.http.finance.dunning import finance_dunning
from adapters.http.finance.exports import exports
from adapters.http.finance.invoices import finance_invoices
from adapters.http.finance.lease_payments import lease_payments
from adapters.http.finance.lease_receivables import lease_receivables
from adapters.http.finance.lease_residuals import lease_residuals
from adapters.http.finance.lease_runs import lease_runs
from adapters.http.finance.ledger_accounts import ledger_accounts
from adapters.http.finance.ledger_entries import ledger_entries
from adapters.http.finance.ledger_months import ledger_months
from adapters.http.finance.legal_holds import legal_holds
from adapters.http.finance.payouts import finance_payouts
from adapters.http.finance.refunds import finance_refunds
from adapters.http.fleet.approvals import fleet_approvals
from adapters.http.fleet.assignments import fleet_assignments
from adapters.http.fleet.breakdowns import fleet_breakdowns
from adapters.http.fleet.calendar import fleet_calendar
from adapters.http.fleet.codes import fleet_codes
from adapters.http.fleet.damage_photos import damage_photos
from adapters.http.fleet.damages import damages
from adapters.http.fleet.deputies import fleet_deputies
from adapters.http.fleet.door import door as vehicle_door
from adapters.http.fleet.drivers import fleet_drivers
from adapters.http.fleet.feeds import feeds
from adapters.http.fleet.files import fleet_files
from adapters.http.fleet.maintenance import fleet_maintenance
from adapters.http.fleet.pools import fleet_pools
from adapters.http.fleet.quotas import fleet_quotas
from adapters.http.fleet.reports import fleet_reports
from adapters.http.fleet.series import fleet_series
from adapters.http.fleet.sharing import fleet_sharing
from adapters.http.fleet.states import fleet_states
from adapters.http.fleet.trips import trips
from adapters.http.fleet.use_photos import use_photos
from adapters.http.fleet.vehicles import fleet_vehicles
from adapters.http.guarding import table
from adapters.http.invoicing.invoices import invoices
from adapters.http.live import live
from adapters.http.me import me
from adapters.http.notices import notices
from adapters.http.payments.methods import payment_methods
from adapters.http.payments.paying import payments
from adapters.http.pools import pools
from adapters.http.proofs import proofs
from adapters.http.roles import roles
from adapters.http.search import finding
from adapters.http.sign_in import sign_in
from adapters.http.subscriptions import subscriptions
from domain.booking.resources import Service
from infra.bootstrap.inside import application
from infra.bootstrap.outside import Outside
from infra.clock import now
from infra.ids import new_id
from services.application import Application

VERSION = "0.1.0"


def endpoints(offered: Application) -> tuple[Endpoint, ...]:
    """Every operation of the public API."""
    doors = {
        Service.CHARGING: charger_door(offered.charging),
        Service.FLEET: vehicle_door(offered.fleet),
        Service.BIKE_LEASING: bike_door(offered.bike_leasing),
    }
    return (
        *bookings(doors),
        *booking_changes(offered.bookings),
        *booking_life(offered.bookings, offered.payments.refresh),
        *booking_keys(offered.keys),
        *approvals(offered.bookings),
        *blocks(offered.blocks),
        *plugs(offered.plugs),
        *waitlist(offered.waitlist, doors),
        *problems(offered.bookings, offered.search),
        *fleet_vehicles(offered.vehicles),
        *fleet_states(offered.vehicles, offered.blocks),
        *fleet_breakdowns(offered.breakdowns),
        *fleet_drivers(offered.drivers),
        *fleet_files(offered.fleet_files),
        *fleet_assignments(offered.assignments),
        *fleet_pools(offered.fleet_pools),
        *fleet_sharing(offered.pools_shared),
        *fleet_approvals(offered.pool_approvals, offered.approvals),
        *fleet_deputies(offered.deputies),
        *fleet_series(offered.series, doors[Service.FLEET]),
        *fleet_codes(offered.dashboard_codes),
        *fleet_reports(offered.reports),
        *fleet_calendar(offered.calendar),
        *fleet_quotas(offered.clean_vehicles),
        *feeds(offered.feeds),
        *trips(offered.logbooks),
        *ad_hoc(
            Desk(
                offered.ad_hoc_charging,
                offered.payments,
                offered.bookings,
                offered.charging_sessions,
                offered.invoices,
                offered.search,
            )
        ),
        *charging_cards(offered.charging_cards),
        *charging_sessions(offered.charging_sessions),
        *meter_values(offered.meter_values),
        *damages(offered.damages),
        *damage_photos(offered.damages),
        *use_photos(offered.use_photos),
        *fleet_maintenance(offered.maintenance),
        *lease_simulations(offered.lease_simulations),
        *lease_agreements(offered.leases),
        *leases(offered.leases),
        *lease_papers(offered.lease_papers),
        *running_leases(offered.leases.running),
        *lease_debits(offered.lease_money, offered.wallet),
        *lease_payrolls(offered.lease_money.payrolls),
        *lease_services(offered.lease_upkeep),
        *lease_claims(offered.lease_insurance),
        *lease_tracings(offered.lease_tracing),
        *bike_subscriptions(offered.bike_leasing, offered.bookings),
        *charging_plans(offered.planning),
        *payments(offered.payments),
        *finding(offered.search),
        *live(offered.live),
        *subscriptions(offered.subscriptions),
        *charging_stations(offered.charging_stations),
        *charging_faults(offered.charging_faults),
        *station_orders(offered.charging_stations),
        *administration(offered.operator),
        *roles(offered.operator),
        *pools(offered.operator),
        *power_groups(offered.power_groups),
        *charging_tariffs(offered.charging_tariffs),
        *proofs(offered.operator),
        *me(offered.people),
        *notices(offered.notices),
        *payment_methods(offered.wallet),
        *withdrawals(offered.withdrawals),
        *documents(offered.documents),
        *invoices(offered.invoices),
        *finance_invoices(offered.invoices),
        *lease_invoices(offered.invoices),
        *legal_holds(offered.legal_holds),
        *finance_payouts(offered.settlement),
        *lease_runs(offered.lease_money),
        *lease_payments(offered.lease_money.dealers),
        *lease_residuals(offered.lease_money),
        *lease_receivables(offered.lease_money),
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
