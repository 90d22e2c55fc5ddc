"""What an employer's payroll asks for: a month of its leases, under personnel numbers and wage types that HR has said."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from msgspec import Struct

from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.payroll import PayrollBook, PayrollLine, payroll_line
from domain.bike_leasing.money.payroll_files import (
    BadPayroll,
    NoPayroll,
    PayrollLayout,
    fault_of,
    is_personnel_number,
    numberless,
)
from domain.identity import Actor, Role
from domain.refusals import Refusal


class Month(Struct, frozen=True):
    """A month of an employer's leases; `layout` is None where nobody has said one."""

    employer: PartyId
    month: date
    lines: tuple[PayrollLine, ...]
    layout: PayrollLayout | None


class PayrollMonth(Struct, frozen=True):
    """Which month of whose leases. For LODAS there has to be a layout, and a number for each line."""

    employer: PartyId
    month: date
    for_lodas: bool = False


class Layout(Struct, frozen=True):
    employer: PartyId
    layout: PayrollLayout


class PersonnelNumber(Struct, frozen=True):
    """By what number the employer's payroll knows the holder of a lease; the same for all of her leases there."""

    employer: PartyId
    lease_id: LeaseId
    number: str


class PayrollBooks(Protocol):
    """Of one employer, in one transaction."""

    async def leases(self, employer: PartyId) -> Sequence[PayrollBook]:
        """Those of which there is a plan."""

    async def layout(self, employer: PartyId) -> PayrollLayout | None: ...
    async def keep_layout(self, layout: Layout) -> None: ...
    async def keep_number(self, number: PersonnelNumber) -> bool:
        """False where the employer has no such lease."""


def _stranger(actor: Actor, employer: PartyId) -> bool:
    return employer not in actor.parties_as(Role.HR)


async def payroll_of(asked: PayrollMonth, *, books: PayrollBooks, actor: Actor) -> Month | Refusal[NoPayroll]:
    if _stranger(actor, asked.employer):
        return Refusal(NoPayroll.UNKNOWN_PARTY)
    found = [payroll_line(book, asked.month) for book in await books.leases(asked.employer)]
    lines, layout = tuple(line for line in found if line is not None), await books.layout(asked.employer)
    if asked.for_lodas and layout is None:
        return Refusal(NoPayroll.NO_LAYOUT)
    if asked.for_lodas and numberless(lines):
        return Refusal(NoPayroll.NUMBERS_MISSING)
    return Month(asked.employer, asked.month, lines, layout)


async def say_layout(
    said: Layout, *, books: PayrollBooks, actor: Actor
) -> Layout | Refusal[NoPayroll] | Refusal[BadPayroll]:
    if _stranger(actor, said.employer):
        return Refusal(NoPayroll.UNKNOWN_PARTY)
    if (field := fault_of(said.layout)) is not None:
        return Refusal(BadPayroll.BAD_LAYOUT, f"/{field}")
    await books.keep_layout(said)
    return said


async def say_number(
    said: PersonnelNumber, *, books: PayrollBooks, actor: Actor
) -> PersonnelNumber | Refusal[NoPayroll] | Refusal[BadPayroll]:
    if _stranger(actor, said.employer):
        return Refusal(NoPayroll.UNKNOWN_PARTY)
    if not is_personnel_number(said.number):
        return Refusal(BadPayroll.BAD_NUMBER, "/personnel_number")
    return said if await books.keep_number(said) else Refusal(NoPayroll.UNKNOWN_LEASE, "/lease_id")
