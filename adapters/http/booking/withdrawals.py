"""Withdrawing from a contract in two steps, without a token (§ 356a BGB)."""

from datetime import datetime
from typing import Annotated, TypeAlias

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.booking.life import Nothing
from adapters.http.endpoints import PUBLIC, Ask, Endpoint, Reply, answer
from adapters.http.problems import Fault, Rejected, language
from domain.booking.declarations import Declaration, DeclarationId, Declare
from domain.cities.identifiers import is_slug
from domain.identity import City
from domain.refusals import Refusal
from services.withdrawals import Withdrawals

LIST = "/v1/{city:str}/withdrawals"
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Email: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,180}$")]
LABELS = {"de": "Widerruf bestätigen", "en": "Confirm withdrawal"}


class WithdrawalRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Who withdraws from which contract, by the booking's id as messages name it, and where the receipt goes."""

    name: Words
    reference: Words
    email: Email
    language: Annotated[str, Meta(pattern="^(de|en)$")] | None = None


class NextStep(Struct, frozen=True):
    """`label` is what the button says."""

    label: str
    method: str
    href: str


class WithdrawalView(Struct, frozen=True):
    """`confirm` is the second step, until `expires_at`; afterwards `received_at` says when the declaration arrived. It says
    nothing of whether there is such a contract: a message to the address does."""

    id: DeclarationId
    state: str
    name: str
    reference: str
    email: str
    declared_at: datetime
    received_at: datetime | None
    expires_at: datetime | None
    confirm: NextStep | None


def withdrawals(offered: Withdrawals) -> tuple[Endpoint, ...]:
    async def declare_withdrawal(ask: Ask) -> Reply:
        asked = await ask.body(WithdrawalRequest)
        city = _city(ask)
        spoken = asked.language or language(ask.accept_language)
        command = Declare(
            DeclarationId(ask.edge.new_id()),
            _one_line(asked.name, "/name"),
            _one_line(asked.reference, "/reference"),
            asked.email.strip().lower(),
            spoken,
        )
        found = await offered.declare(city, command)
        if found is None:
            raise Rejected("unknown_city")
        return answer(_view(found, city), 201)

    async def confirm_withdrawal(ask: Ask) -> Reply:
        await ask.body_or(Nothing, Nothing())
        city = _city(ask)
        found = await offered.confirm(city, DeclarationId(ask.path("withdrawal_id")))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_view(found, city))

    return (
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            LIST,
            "declareWithdrawal",
            "withdrawal",
            "Withdraw from a contract, first step: nothing happens before it is confirmed",
            declare_withdrawal,
            {201: WithdrawalView},
            codes=("unknown_city",),
            body=WithdrawalRequest,
            example={"name": "Ada Muster", "reference": EXAMPLE["reference"], "email": "ada@example.org"},
            examples={201: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            f"{LIST}/{{withdrawal_id:uuid}}/confirm",
            "confirmWithdrawal",
            "withdrawal",
            "Withdraw from a contract, second step: the receipt comes by mail at once",
            confirm_withdrawal,
            {200: WithdrawalView},
            codes=("unknown_city", "unknown_withdrawal"),
            examples={
                200: EXAMPLE
                | {"state": "confirmed", "received_at": "2026-12-01T17:02:11Z", "expires_at": None, "confirm": None}
            },
        ),
    )


def _city(ask: Ask) -> City:
    if not is_slug(ask.city):
        raise Rejected("unknown_city")
    return ask.city


def _one_line(said: str, pointer: str) -> str:
    """What stands in a letter; no control characters."""
    line = " ".join(said.split())
    if not line or not line.isprintable():
        raise Rejected("invalid_input", errors=(Fault("a line of text", pointer=pointer),))
    return line


def _view(declaration: Declaration, city: City) -> WithdrawalView:
    open_ = declaration.confirmed_at is None
    step = NextStep(LABELS[declaration.language], "POST", f"/v1/{city}/withdrawals/{declaration.id}/confirm")
    return WithdrawalView(
        declaration.id,
        "declared" if open_ else "confirmed",
        declaration.name,
        declaration.reference,
        declaration.email,
        declaration.declared_at,
        declaration.confirmed_at,
        declaration.expires_at if open_ else None,
        step if open_ else None,
    )


EXAMPLE = {
    "id": "01890a5d-ac96-774b-9a55-6a4b3c2d1e0f",
    "state": "declared",
    "name": "Ada Muster",
    "reference": "01890a5d-ac96-774b-bcce-b302099a8057",
    "email": "ada@example.org",
    "declared_at": "2026-12-01T17:01:40Z",
    "received_at": None,
    "expires_at": "2026-12-02T17:01:40Z",
    "confirm": {
        "label": "Widerruf bestätigen",
        "method": "POST",
        "href": "/v1/braunschweig/withdrawals/01890a5d-ac96-774b-9a55-6a4b3c2d1e0f/confirm",
    },
}
