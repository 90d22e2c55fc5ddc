"""Errors of the public API: RFC 9457 `application/problem+json`, built in one place from a closed list of codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from adapters.http.fleet.assignment_views import OtherView
from adapters.http.problem_codes import CODES
from domain.booking.blocks import Hit
from domain.money import Money
from domain.periods import Period
from domain.proofs import ProofKind
from domain.refusals import PowerLeft, Refusal

PROBLEM = "application/problem+json"


class Fault(Struct, omit_defaults=True, frozen=True):
    """One fault of the input: `pointer` into the body (RFC 6901), or the name of a query or path `parameter`. `allowed` are
    the words of which one is expected, where there is such a list."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    allowed: tuple[str, ...] = ()


class Unsettled(Struct, frozen=True):
    """What is in the way of an erasure: bookings that are not over, payments under way, bookings not paid, open disputes,
    `leases` by converted pay that are not over; `held` where a legal hold keeps the file. Where it `waits` nobody has to ask again: it is done once nothing is in the way,
    unless something was booked since."""

    bookings: tuple[UUID, ...]
    payments: tuple[UUID, ...]
    unpaid: tuple[UUID, ...]
    disputes: tuple[UUID, ...] = ()
    held: bool = False
    waits: bool = False
    leases: tuple[UUID, ...] = ()


class Problem(Struct, omit_defaults=True, frozen=True):
    """RFC 9457, with our code, the request's id, and what helps to go on.

    `terms` are the documents to accept, each with its current version; `missing` is what has yet to be shown; `vehicles` are
    those that were looked at, each with why it is none; `power` is what there is left where it is too little, and `left` what
    is left of a budget.
    """

    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str
    errors: tuple[Fault, ...] = ()
    conflicts: tuple[Period, ...] | UnsetType = UNSET
    alternatives: tuple[Period, ...] | UnsetType = UNSET
    latest_end: datetime | None = None
    quote: msgspec.Raw | None = None
    bookings: tuple[Hit, ...] | UnsetType = UNSET
    vehicles: tuple[OtherView, ...] | UnsetType = UNSET
    open: Unsettled | UnsetType = UNSET
    terms: dict[str, str] | None = None
    missing: tuple[ProofKind, ...] | UnsetType = UNSET
    power: PowerLeft | UnsetType = UNSET
    left: Money | UnsetType = UNSET


_encode = msgspec.json.Encoder().encode


def language(accept: str | None) -> str:
    """`de` or `en`, whichever the Accept-Language header ranks first; English where it names neither."""
    best, best_quality = "en", 0.0
    for part in (accept or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.split("-")[0].lower()
        try:
            quality = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            quality = 0.0
        if primary in {"de", "en"} and quality > best_quality:
            best, best_quality = primary, quality
    return best


def problem(code: str, request_id: str, accept_language: str | None, **more: Any) -> tuple[int, bytes]:
    """Status and body of a problem; `more` are Problem's optional members. What has no detail of its own says its title."""
    kind = CODES[code]
    title = kind.de if language(accept_language) == "de" else kind.en
    detail = more.pop("detail", f"{title}.")
    body = Problem(f"urn:kommobil:problem:{code}", title, kind.status, code, request_id, detail, **more)
    return kind.status, _encode(body)


def refused(refusal: Refusal[Any], request_id: str, accept_language: str | None, **more: Any) -> tuple[int, bytes]:
    """The domain's no, as a problem."""
    code = refusal.reason.value
    if refusal.pointer:
        kind = CODES[code]
        detail = kind.de if language(accept_language) == "de" else kind.en
        more["errors"] = (Fault(detail, pointer=refusal.pointer),)
    if refusal.conflicts or refusal.alternatives:
        more |= {"conflicts": refusal.conflicts, "alternatives": refusal.alternatives}
    if refusal.missing:
        more["missing"] = refusal.missing
    if refusal.latest_end is not None:
        more["latest_end"] = refusal.latest_end
    if refusal.power is not None:
        more["power"] = refusal.power
    if refusal.left is not None:
        more["left"] = refusal.left
    return problem(code, request_id, accept_language, **more)


class Rejected(Exception):
    """Ends a request with a problem before any use case is asked. `more` are Problem's optional members."""

    def __init__(self, code: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.headers = headers
        self.more = more
