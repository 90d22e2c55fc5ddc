"""A month that closes before its leases were charged, and what finance sees of bikes."""

from datetime import date, timedelta

import pytest

from adapters.database.bike_leasing.runs import SqlBikeBooks, SqlRunBooks
from adapters.database.sheets import Sheet, SqlSheets
from adapters.http.finance.lease_payments import ACCOUNT
from domain.identity import SYSTEM
from infra.bench.leases import many_leases
from infra.clock import now
from infra.ids import new_id
from services.bike_leasing.money.running import begin_run, charge_batch
from tests.adapters.http.bike_leasing.test_payments import Treasury, treasury

__all__ = ("treasury",)
pytestmark = pytest.mark.database
NET = 9661
LAST = (now().date().replace(day=1) - timedelta(days=5)).replace(day=1)
BY_MONTH = """SELECT account, period, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint AS amount FROM ledger_legs
  WHERE city = :city AND account IN ('accrued_rates', 'accrued_income', 'revenue.bike_leasing.19') GROUP BY 1, 2"""


async def earned(treasury: Treasury) -> dict[tuple[str, date], int]:
    return {(row.account, row.period): row.amount for row in await treasury.rows(BY_MONTH) if row.amount}


async def charged(treasury: Treasury, month: date) -> None:
    desk = SqlSheets(treasury.office.database.app.transactions, now, new_id)

    async def batch(s: Sheet) -> int | None:
        return await charge_batch(month, books=SqlRunBooks(s), bikes=SqlBikeBooks(s), new_id=new_id, now=s.now)

    city = treasury.office.city
    await desk.work(city, SYSTEM, "", lambda sheet: begin_run(month, books=SqlRunBooks(sheet)))
    while await desk.work(city, SYSTEM, "", batch) is not None:
        pass


async def test_what_a_month_earned_stands_in_it_though_it_is_charged_after_it_was_closed(treasury: Treasury) -> None:
    async with treasury.office.database.app.transactions.city(treasury.office.city) as connection:
        await many_leases(connection, treasury.office.city, 3, first=LAST, debited=0, months=1)
    following = (LAST + timedelta(days=31)).replace(day=1)

    for _ in range(2):
        assert (await treasury.ask("POST", f"periods/{LAST:%Y-%m}/close")).status_code == 200
    assert await earned(treasury) == {
        ("accrued_rates", LAST): 3 * NET,
        ("accrued_income", LAST): -3 * NET,
        ("accrued_rates", following): -3 * NET,
        ("accrued_income", following): 3 * NET,
    }

    await charged(treasury, LAST)

    assert await earned(treasury) == {
        ("accrued_rates", LAST): 3 * NET,
        ("accrued_income", LAST): -3 * NET,
        ("accrued_rates", following): -3 * NET,
        ("accrued_income", following): 3 * NET,
        ("revenue.bike_leasing.19", following): -3 * NET,
    }, "all of it was earned in the month that is closed, and charged in the next"


async def test_what_was_charged_in_time_is_not_accrued(treasury: Treasury) -> None:
    async with treasury.office.database.app.transactions.city(treasury.office.city) as connection:
        await many_leases(connection, treasury.office.city, 3, first=LAST, debited=0, months=1)
    await charged(treasury, LAST)
    assert (await treasury.ask("POST", f"periods/{LAST:%Y-%m}/close")).status_code == 200
    assert await earned(treasury) == {("revenue.bike_leasing.19", LAST): -3 * NET}


async def test_finance_sees_what_bikes_are_worth_and_what_is_owed_for_them(treasury: Treasury) -> None:
    await treasury.bike()
    (row,) = await treasury.rows("SELECT DISTINCT period FROM ledger_entries WHERE city = :city")
    month = f"{row.period:%Y-%m}"
    (found,) = (await treasury.get(f"lease-residuals?from={month}"))["items"]
    assert {name: each if isinstance(each, (int, str)) else each["amount"] for name, each in found.items()} == {
        "month": month,
        "bikes": 1,
        "book_value": 336_050,
        "residual": 33_605,
        "depreciation": 0,
        "open_payables": 399_900,
    }
    await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT)
    await treasury.order()
    (after,) = (await treasury.get(f"lease-residuals?from={month}"))["items"]
    assert after["open_payables"]["amount"] == 0
    file = await treasury.ask("GET", f"lease-residuals/file?from={month}")
    assert file.text.splitlines()[1] == f"{month};1;3360,50;336,05;0,00;0,00"
    assert (await treasury.ask("GET", "lease-residuals?from=2026-01&to=2029-01")).json()["code"] == "invalid_input"
