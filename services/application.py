"""Everything the outside may ask of the inside."""

from msgspec import Struct

from services.accounting import Accounting
from services.accounting.uses import Uses
from services.bike_leasing import BikeLeasing
from services.bike_leasing.contracts import Leases
from services.bike_leasing.insurance import LeaseInsurance
from services.bike_leasing.insurance.tracing import LeaseTracing
from services.bike_leasing.money import LeaseMoney
from services.bike_leasing.papers import LeasePapers
from services.bike_leasing.simulating import LeaseSimulations
from services.bike_leasing.upkeep import LeaseUpkeep
from services.booking import Bookings
from services.booking.blocks import Blocks
from services.booking.keys import Keys
from services.charging import Charging
from services.charging.ad_hoc import AdHocCharging
from services.charging.cards import Cards
from services.charging.central.keeping import ChargingStations
from services.charging.faults import FaultDesk
from services.charging.meter_values import MeterValues
from services.charging.planning import Planning
from services.charging.plugs import Plugs
from services.charging.power import PowerGroups
from services.charging.sessions import Sessions
from services.charging.tariffs import ChargingTariffs
from services.documents import Documents
from services.fleet import Fleet
from services.fleet.approvals import PoolApprovals
from services.fleet.assigning import Assignments
from services.fleet.breakdowns import Breakdowns
from services.fleet.calendar import ShowCalendar
from services.fleet.clean_vehicles import CleanVehicles
from services.fleet.codes import DashboardCodes
from services.fleet.damages import Damages
from services.fleet.deputies import Deputies
from services.fleet.driving import Drivers
from services.fleet.exporting import FleetFiles
from services.fleet.feeds import Feeds
from services.fleet.inbox import ShowInbox
from services.fleet.keeping import Vehicles
from services.fleet.logbook import Logbooks
from services.fleet.maintaining import ShowMaintenance
from services.fleet.pools import ListFleetPools
from services.fleet.reporting import Reports
from services.fleet.series import BookingSeries
from services.fleet.sharing import PoolsShared
from services.fleet.use_photos import UsePhotos
from services.invoicing import Invoices
from services.ledger import Ledger
from services.live import Live
from services.notices.reading import NoticeBooks
from services.operator import Operator
from services.payments import Payments
from services.payments.wallet import Wallet
from services.people import Knows, People
from services.quotes import Quotes
from services.reconciliation import Reconciliation
from services.retention import LegalHolds
from services.search import Search
from services.settlement import Settlement
from services.sign_in.signing_in import SignIns
from services.subscriptions.managing import Subscriptions
from services.waitlist import Waitlist
from services.withdrawals import Withdrawals


class Application(Struct, frozen=True):
    charging: Charging
    ad_hoc_charging: AdHocCharging
    charging_cards: Cards
    plugs: Plugs
    charging_sessions: Sessions
    charging_stations: ChargingStations
    charging_faults: FaultDesk
    meter_values: MeterValues
    planning: Planning
    power_groups: PowerGroups
    charging_tariffs: ChargingTariffs
    fleet: Fleet
    vehicles: Vehicles
    drivers: Drivers
    fleet_files: FleetFiles
    assignments: Assignments
    fleet_pools: ListFleetPools
    pools_shared: PoolsShared
    pool_approvals: PoolApprovals
    deputies: Deputies
    approvals: ShowInbox
    series: BookingSeries
    dashboard_codes: DashboardCodes
    reports: Reports
    calendar: ShowCalendar
    clean_vehicles: CleanVehicles
    feeds: Feeds
    logbooks: Logbooks
    damages: Damages
    use_photos: UsePhotos
    maintenance: ShowMaintenance
    bike_leasing: BikeLeasing
    lease_simulations: LeaseSimulations
    leases: Leases
    lease_money: LeaseMoney
    lease_papers: LeasePapers
    lease_upkeep: LeaseUpkeep
    lease_insurance: LeaseInsurance
    lease_tracing: LeaseTracing
    quotes: Quotes
    bookings: Bookings
    keys: Keys
    blocks: Blocks
    breakdowns: Breakdowns
    payments: Payments
    settlement: Settlement
    search: Search
    live: Live
    subscriptions: Subscriptions
    reconciliation: Reconciliation
    ledger: Ledger
    sign_in: SignIns
    notices: NoticeBooks
    knows: Knows
    people: People
    operator: Operator
    wallet: Wallet
    withdrawals: Withdrawals
    documents: Documents
    invoices: Invoices
    accounting: Accounting
    legal_holds: LegalHolds
    uses: Uses
    waitlist: Waitlist
