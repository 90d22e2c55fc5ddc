from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.money.paying import NotOrdered, OrderId, PartyAccount, PaymentOrder
from domain.bike_leasing.money.payroll_files import BadPayroll, NoPayroll
from domain.bike_leasing.money.receivables import Receivable
from domain.bike_leasing.money.residuals import MonthOfBikes
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.bike_leasing.money.naming import NameAccount, NamedAccount, NotNamed
from services.bike_leasing.money.paying import OrderPayments, Paying, SayAccount, Waiting
from services.bike_leasing.money.payrolls import Layout, Month, PayrollMonth, PersonnelNumber
from services.bike_leasing.money.ports import Run
from services.bike_leasing.money.running import NotRun
from services.calls import Answer, Call

Naming: TypeAlias = NamedAccount | Refusal[NotNamed]
Said: TypeAlias = Layout | PersonnelNumber | Refusal[NoPayroll] | Refusal[BadPayroll]
Running: TypeAlias = Run | Refusal[NotRun]


class Payrolls(Struct, frozen=True):
    """What HR asks of it, each for its own employer."""

    month: Callable[[Actor, PayrollMonth], Awaitable[Month | Refusal[NoPayroll]]]
    say_layout: Callable[[Call[Said], Layout], Awaitable[Answer]]
    say_number: Callable[[Call[Said], PersonnelNumber], Awaitable[Answer]]


class DealerPayments(Struct, frozen=True):
    """What finance asks of what dealers are owed. `file` is an order as the bank takes it."""

    say_account: Callable[[Call[Paying], SayAccount], Awaitable[Answer]]
    accounts: Callable[[Actor], Awaitable[Sequence[PartyAccount]]]
    waiting: Callable[[Actor], Awaitable[Sequence[Waiting]]]
    order: Callable[[Call[Paying], OrderPayments], Awaitable[Answer]]
    orders: Callable[[Actor], Awaitable[Sequence[PaymentOrder]]]
    say_returned: Callable[[Call[Paying], str], Awaitable[Answer]]
    file: Callable[[Actor, OrderId], Awaitable[bytes | Refusal[NotOrdered]]]


class LeaseMoney(Struct, frozen=True):
    """The use cases, bound to their books and the payment provider.

    `begin_due(city, month)` begins a run that nobody has asked for. `charge(city, month)` charges a batch of a run that is under way: how many, or None where there is nothing to do. `collect(city,
    seconds)` drains the city's queue for so long. `hear` is asked about the provider's messages, `returned` about disputes.
    """

    begin: Callable[[Call[Running], date], Awaitable[Answer]]
    name: Callable[[Call[Naming], NameAccount], Awaitable[Answer]]
    payrolls: Payrolls
    dealers: DealerPayments
    runs: Callable[[Actor], Awaitable[Sequence[Run]]]
    receivables: Callable[[Actor], Awaitable[Sequence[Receivable]]]
    residuals: Callable[[Actor, date, date], Awaitable[tuple[MonthOfBikes, ...]]]
    begin_due: Callable[[City, date], Awaitable[object]]
    charge: Callable[[City, date], Awaitable[int | None]]
    collect: Callable[[City, float], Awaitable[int]]
    hear: Callable[[City, Any], Awaitable[bool]]
    returned: Callable[[City, UUID], Awaitable[None]]
