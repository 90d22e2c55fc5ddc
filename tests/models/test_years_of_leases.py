"""Five years of leases: the ledger is balanced in every month, and every sheet comes to the same cents again."""

import os

import pytest

from domain.bike_leasing.calculation.recomputing import recomputed, stored
from domain.bike_leasing.calculation.sheets import Sheet
from domain.bike_leasing.contracts.plans import InstalmentState
from tests.models.lease_years import Years

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
LEASES, SEEDS = (2000, (1, 2)) if FULL else (60, (1,))
MONTHS = 60


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_is_balanced_every_month_and_sheets_come_to_the_same_cents_again(seed: int) -> None:
    years = Years(LEASES, MONTHS, seed)
    for month in years.months:
        years.live(month)
        assert sum(years.books.balances.values()) == 0, month
        reckoned = years.reckoned()
        assert {account: years.books.balances[account] for account in reckoned} == reckoned, month

    assert len(years.held) == LEASES
    for each in years.held:
        for content in each.sheets:
            again = recomputed(content)
            assert isinstance(again, Sheet)
            assert stored(again) == content
        posted = [row for row in each.plan if row.state is InstalmentState.POSTED]
        assert len({row.month for row in posted}) == len(posted), "a month is charged once"
    charged = sum(row.amount.amount for each in years.held for row in each.plan if row.state is InstalmentState.POSTED)
    assert charged == years.charges
