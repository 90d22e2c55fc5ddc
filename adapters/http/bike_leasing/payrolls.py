"""`/v1/{city}/leasing/payrolls/{employer}`: what an employer's payroll has to know of its leases, and how it is numbered there."""

import re
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.bike_leasing.agreements import PARTY
from adapters.http.endpoints import HR, Ask, Endpoint, Reply, answer
from adapters.http.months import in_path
from adapters.http.problems import Rejected
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.payroll import PayrollLine, summed
from domain.bike_leasing.money.payroll_files import PayrollLayout, as_csv, as_lodas
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.money import Payrolls
from services.bike_leasing.money.payrolls import Layout, Month, PayrollMonth, PersonnelNumber

ONE = "/v1/{city:str}/leasing/payrolls/{employer:str}"
LEASE = "0190f8c0-0000-7000-8000-000000000001"
LAYOUT = {"consultant": 1001, "client": 42, "conversion_type": 3310, "benefit_type": 8200, "booking_key": 2}
NUMBER = {"lease_id": LEASE, "personnel_number": "00417"}
CSV = "text/csv"


class Form(StrEnum):
    CSV = "csv"
    LODAS = "lodas"


class PayrollQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`lodas` are movements as DATEV's payroll imports them; there has to be a layout, and a personnel number for each lease."""

    form: Annotated[Form, Meta(examples=["lodas"])] = Form.CSV


class NumberRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`personnel_number` is that of the lease's holder, up to five digits."""

    lease_id: UUID
    personnel_number: Annotated[str, Meta(min_length=1, max_length=5)]


class LineView(Struct, frozen=True):
    """`conversion` is what is kept from gross pay, `benefit` what is taxed as if it were pay (geldwerter Vorteil), `employer_part` what
    the employer gives, `vat` what it owes on the converted pay."""

    lease_id: UUID
    personnel_number: str | None
    conversion: Money
    benefit: Money
    employer_part: Money
    vat: Money


class PayrollView(Struct, frozen=True):
    employer: str
    month: str
    conversion: Money
    benefit: Money
    employer_part: Money
    vat: Money
    items: tuple[LineView, ...]


class LayoutView(Struct, frozen=True):
    employer: str
    layout: PayrollLayout


class NumberView(Struct, frozen=True):
    employer: str
    lease_id: UUID
    personnel_number: str


def _eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


AMOUNTS = {"conversion": _eur(12_560), "benefit": _eur(900), "employer_part": _eur(0), "vat": _eur(0)}


def lease_payrolls(offered: Payrolls) -> tuple[Endpoint, ...]:
    async def get_payroll(ask: Ask) -> Reply:
        found = await offered.month(ask.actor, PayrollMonth(_employer(ask), in_path(ask.path("period"))))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_view(found))

    async def get_file(ask: Ask) -> Reply:
        form, month = ask.query(PayrollQuery).form, in_path(ask.path("period"))
        found = await offered.month(ask.actor, PayrollMonth(_employer(ask), month, form is Form.LODAS))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        if form is Form.LODAS and found.layout is not None:
            return _file(as_lodas(found.lines, found.layout), f"lodas-{month:%Y-%m}.txt")
        return _file(as_csv(found.lines), f"payroll-{month:%Y-%m}.csv")

    async def say_layout(ask: Ask) -> Reply:
        layout = Layout(_employer(ask), await ask.document(PayrollLayout))
        return await offered.say_layout(
            ask.call((layout.employer, layout.layout), lambda said: answer(LayoutView(said.employer, said.layout))),
            layout,
        )

    async def say_number(ask: Ask) -> Reply:
        asked, employer = await ask.body(NumberRequest), _employer(ask)
        said = PersonnelNumber(employer, LeaseId(asked.lease_id), asked.personnel_number)
        return await offered.say_number(
            ask.call((employer, asked), lambda done: answer(NumberView(done.employer, done.lease_id, done.number))),
            said,
        )

    return (
        Endpoint(
            HttpMethod.GET,
            HR,
            f"{ONE}/{{period:str}}",
            "getLeasePayroll",
            "leasing",
            "What an employer's payroll has to know of a month: converted pay and benefits",
            get_payroll,
            {200: PayrollView},
            codes=("unknown_period", "unknown_party"),
            examples={
                200: {"employer": "stadtwerke", "month": "2026-12", **AMOUNTS}
                | {"items": [{"lease_id": LEASE, "personnel_number": "00417", **AMOUNTS}]}
            },
        ),
        Endpoint(
            HttpMethod.GET,
            HR,
            f"{ONE}/{{period:str}}/file",
            "getLeasePayrollFile",
            "leasing",
            "The same as a file: CSV, or movements for DATEV LODAS if asked for",
            get_file,
            {200: None},
            codes=("unknown_period", "unknown_party", "no_payroll_layout", "personnel_numbers_missing"),
            query=PayrollQuery,
            media=CSV,
        ),
        Endpoint(
            HttpMethod.PUT,
            HR,
            ONE,
            "setLeasePayroll",
            "leasing",
            "How an employer's payroll is numbered at DATEV, with its own wage types",
            say_layout,
            {200: LayoutView},
            codes=("unknown_party", "bad_payroll_layout"),
            body=PayrollLayout,
            keyed=True,
            example=LAYOUT,
            examples={200: {"employer": "stadtwerke", "layout": LAYOUT}},
        ),
        Endpoint(
            HttpMethod.POST,
            HR,
            f"{ONE}/numbers",
            "setPersonnelNumber",
            "leasing",
            "Say by what number payroll knows the holder of a lease",
            say_number,
            {200: NumberView},
            codes=("unknown_party", "unknown_lease", "bad_personnel_number"),
            body=NumberRequest,
            keyed=True,
            example=NUMBER,
            examples={200: {"employer": "stadtwerke", **NUMBER}},
        ),
    )


def _employer(ask: Ask) -> PartyId:
    found = str(ask.path("employer"))
    if re.fullmatch(PARTY, found) is None:
        raise Rejected("unknown_party")
    return PartyId(found)


def _view(found: Month) -> PayrollView:
    sums = summed(found.lines)
    return PayrollView(
        found.employer,
        f"{found.month:%Y-%m}",
        sums.conversion,
        sums.benefit,
        sums.employer_part,
        sums.vat,
        tuple(_line(line) for line in found.lines),
    )


def _line(line: PayrollLine) -> LineView:
    return LineView(line.lease_id, line.number, line.conversion, line.benefit, line.employer_part, line.vat)


def _file(content: bytes, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(content, media_type=CSV, headers=headers)
