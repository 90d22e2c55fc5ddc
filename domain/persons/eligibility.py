"""What a person still has to show or to accept before a service is hers to use."""

from collections.abc import Mapping, Set
from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.booking.bookings import Payer
from domain.booking.resources import Service
from domain.proofs import Proof, ProofKind, Required, lacking


class Requirement(StrEnum):
    """`licence`, `verification`, `briefing` and `age` are asked for where the city wants to have seen them."""

    TERMS = "terms"
    LICENCE = "licence"
    VERIFICATION = "verification"
    BRIEFING = "briefing"
    AGE = "age"


class Missing(Struct, frozen=True):
    """Terms say which document, in which version, is to be accepted; the rest is shown to the city's staff. Of an age, `min_age`
    says which has to be reached."""

    kind: Requirement
    document: str | None = None
    version: str | None = None
    min_age: int | None = None


class Lacking(Struct, frozen=True):
    """`missing` keeps the person from booking, `before_start` from being given the key of a car."""

    missing: tuple[Missing, ...]
    before_start: tuple[Missing, ...]


class Accepted(Struct, frozen=True):
    document: str
    version: str


class Shown(Struct, frozen=True):
    """What a person has accepted and shown, beside what her city wants."""

    in_force: Mapping[str, str]
    accepted: Set[Accepted]
    required: Required = Required()
    proofs: tuple[Proof, ...] = ()


def missing(service: Service, of: Shown, today: date, payer: Payer = Payer.SELF) -> tuple[Missing, ...]:
    """Every document in force, by its version, that the person has not accepted, in order of their names; and what she has
    not shown, or has to show again. `today` is the day in the city. An age is asked of whoever pays herself."""
    required: tuple[ProofKind, ...] = getattr(of.required, service.value)
    min_age: int | None = getattr(of.required.min_age, service.value) if payer is Payer.SELF else None
    terms = tuple(
        Missing(Requirement.TERMS, document, version)
        for document, version in sorted(of.in_force.items())
        if Accepted(document, version) not in of.accepted
    )
    return terms + tuple(
        Missing(Requirement(kind.value), min_age=min_age if kind is ProofKind.AGE else None)
        for kind in lacking(required, of.proofs, today, min_age)
    )


def before_start(service: Service, of: Shown, today: date) -> tuple[Missing, ...]:
    """What the city lets people book without, and gives no key of a car without (§ 21 StVG): whoever books is warned."""
    required: tuple[ProofKind, ...] = getattr(of.required, service.value)
    asked = (ProofKind.LICENCE,) if service is Service.FLEET and ProofKind.LICENCE not in required else ()
    return tuple(Missing(Requirement(kind.value)) for kind in lacking(asked, of.proofs, today))
