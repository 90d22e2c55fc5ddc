"""What a person still has to show or to accept before a service is hers to use."""

from collections.abc import Mapping, Set
from enum import StrEnum

from msgspec import Struct

from domain.booking.resources import Service


class Requirement(StrEnum):
    """`licence` and `verification` have their place here for cities that ask for them; none does so far."""

    TERMS = "terms"
    LICENCE = "licence"
    VERIFICATION = "verification"


class Missing(Struct, frozen=True):
    """Terms say which document, in which version, is to be accepted."""

    kind: Requirement
    document: str | None = None
    version: str | None = None


class Accepted(Struct, frozen=True):
    document: str
    version: str


def missing(_service: Service, in_force: Mapping[str, str], accepted: Set[Accepted]) -> tuple[Missing, ...]:
    """Every document in force, by its version, that the person has not accepted; in order of their names."""
    return tuple(
        Missing(Requirement.TERMS, document, version)
        for document, version in sorted(in_force.items())
        if Accepted(document, version) not in accepted
    )
