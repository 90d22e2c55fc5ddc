"""What the steps of a lease have in common: how they are declared, called, and answered with the lease as it is since."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar.enums import HttpMethod
from msgspec import Struct
from msgspec.structs import asdict

from adapters.http.bike_leasing import examples
from adapters.http.bike_leasing.shapes import InstalmentView, LeaseLine, LeaseView
from adapters.http.bike_leasing.simulations import sheet_view
from adapters.http.endpoints import Ask, Endpoint, Reply, Rule, answer
from domain.bike_leasing.calculation.consumers import credit_of, example_in
from domain.bike_leasing.contracts.handing_over import PinMistyped
from domain.bike_leasing.contracts.leases import Lease
from domain.bike_leasing.contracts.plans import LeaseInstalment
from services.bike_leasing.contracts.ports import LeaseFile, Outcome
from services.calls import Answer, Call

Body = TypeVar("Body", bound=Struct)
Command = TypeVar("Command")
BASE = "/v1/{city:str}/leasing"
COMMON = ("unknown_lease", "not_yours_to_do", "lease_state_forbids")


def step(
    rule: Rule,
    path: str,
    operation_id: str,
    summary: str,
    *,
    body: type[Body],
    command: Callable[[Ask, Body], Command],
    use_case: Callable[[Call[Outcome], Command], Awaitable[Answer]],
    shown: dict[str, Any],
    codes: tuple[str, ...] = (),
    status: int = 200,
    example: dict[str, Any],
) -> Endpoint:
    """An operation that takes a lease one step further. `shown` is what its example has otherwise than any step's."""

    async def handler(ask: Ask) -> Reply:
        asked = await ask.document(body)
        return await use_case(_call(ask, asked, status), command(ask, asked))

    return Endpoint(
        HttpMethod.POST,
        rule,
        f"{BASE}/{path}",
        operation_id,
        "leasing",
        summary,
        handler,
        {status: LeaseView},
        codes=COMMON + codes,
        body=body,
        keyed=True,
        example=example,
        examples={status: examples.STEPPED | shown},
    )


def _call(ask: Ask, asked: Struct, status: int) -> Call[Outcome]:
    def rendered(outcome: Outcome) -> Answer:
        if isinstance(outcome, PinMistyped):
            left = outcome.lease.pin.tries_left if outcome.lease.pin is not None else 0
            return ask.problem("pin_does_not_fit", detail=f"{left} tries are left")
        assert isinstance(outcome, LeaseFile)  # noqa: S101 - refusals are told before
        return answer(view(outcome), status)

    return ask.call(asked, rendered)


def line(lease: Lease) -> LeaseLine:
    parties, quote = lease.parties, lease.quote
    assert quote is not None  # noqa: S101 - what is kept was offered
    return LeaseLine(
        lease.id,
        lease.state,
        parties.holder,
        parties.dealer,
        parties.lessor,
        parties.employer,
        quote.bike,
        quote.months,
        quote.rate,
    )


def view(file: LeaseFile) -> LeaseView:
    lease = file.lease
    assert lease.quote is not None  # noqa: S101 - what is kept was offered
    return LeaseView(
        **asdict(line(lease)),
        version=lease.version,
        valid_until=lease.quote.valid_until,
        fees=lease.quote.fees,
        concluded_on=lease.concluded_on,
        handed_over_on=lease.handed_over_on,
        first_month=lease.first_month,
        last_day=lease.last_day,
        reason=lease.reason,
        suspensions=lease.suspensions,
        incident=lease.incident,
        incidents_before=lease.incidents_before,
        termination=lease.termination,
        made_out=lease.made_out,
        settled=lease.settled,
        purchase_offer=lease.purchase_offer,
        pickup_on=lease.pickup_on,
        returned_on=lease.returned_on,
        protocol=lease.protocol,
        withdrawal_until=lease.withdrawal_until,
        credit=credit_of(file.sheets),
        example=example_in(file.sheets),
        pin=file.pin,
        sides=tuple(sorted(file.sides)),
        acts=tuple(file.acts),
        sheets={name: sheet_view(sheet) for name, sheet in file.sheets.items()},
        instalments=tuple(map(_instalment, file.instalments)),
    )


def _instalment(each: LeaseInstalment) -> InstalmentView:
    return InstalmentView(each.number, each.month, each.due_on, each.amount, each.parts, each.conversion, each.state)
