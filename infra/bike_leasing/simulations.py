"""Simulated leases, wired: the city's state, and whoever draws."""

from functools import partial

from adapters.database.bike_leasing.simulations import SqlPlaces
from adapters.database.connections import Transactions
from adapters.documents.lease_chart import lease_chart
from services.bike_leasing.simulating import LeaseSimulations, simulate_lease, simulate_own_lease


def lease_simulations(transactions: Transactions) -> LeaseSimulations:
    places = SqlPlaces(transactions)
    return LeaseSimulations(
        partial(simulate_lease, places=places), partial(simulate_own_lease, places=places), lease_chart
    )
