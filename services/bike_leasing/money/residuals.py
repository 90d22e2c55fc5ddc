"""Residual values and depreciation, as finance sees them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from domain.bike_leasing.money.month_end import Standing
from domain.bike_leasing.money.residuals import MonthOfBikes, months_of_bikes
from domain.ledger.accounts import AccountKey


class ResidualBooks(Protocol):
    """Of one city, in one transaction."""

    async def zone(self) -> ZoneInfo: ...

    async def bikes(self) -> Sequence[Standing]:
        """All that ever came into the books."""

    async def moved(self) -> Mapping[tuple[AccountKey, date], int]:
        """Debits less credits of the accounts of bikes, by month of the books."""


async def residuals(first: date, last: date, *, books: ResidualBooks) -> tuple[MonthOfBikes, ...]:
    """Of the months from the first to the last."""
    return months_of_bikes(first, last, await books.bikes(), await books.moved(), await books.zone())
