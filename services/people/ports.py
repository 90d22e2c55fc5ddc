"""The person's file, as the use cases need it, and whoever else keeps something of hers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from domain.grants import Grant
from domain.identity import City, PersonId
from domain.persons.eligibility import Accepted, Shown
from domain.persons.erasure import PersonErased, Standing, Ties
from domain.persons.profile import Person
from domain.proofs import Proof, Required
from services.calls import Call

T = TypeVar("T")


class Acceptance(Struct, frozen=True):
    document: str
    version: str
    accepted_at: datetime


class Found(Struct, frozen=True):
    """A person with the roles that she was granted, what she accepted and has shown, and what her city wants:
    the terms in force, and proofs."""

    person: Person
    grants: tuple[Grant, ...]
    acceptances: tuple[Acceptance, ...]
    in_force: dict[str, str]
    time_zone: str
    required: Required = Required()
    proofs: tuple[Proof, ...] = ()

    @property
    def shown(self) -> Shown:
        return Shown(self.in_force, self.accepted, self.required, self.proofs)

    @property
    def accepted(self) -> frozenset[Accepted]:
        return frozenset(Accepted(each.document, each.version) for each in self.acceptances)


class OpenFile(Protocol):
    """One person's file in one transaction, nobody else's hands on it. What is written leaves a line in the audit
    trail."""

    @property
    def person(self) -> Person | None:
        """None where the city knows nobody by that id, or not any more."""
        ...

    async def keep(self, person: Person) -> None: ...

    async def standings(self) -> tuple[Standing, ...]:
        """How each of the person's bookings stands."""
        ...

    async def ties(self) -> Ties:
        """Her leases that are not over, and whether a legal hold keeps her file, or a booking or document of hers."""
        ...

    async def wait(self, since: datetime) -> None:
        """Remember that the person wants to be erased; the first time counts."""
        ...

    async def erase(self, event: PersonErased) -> None:
        """Detach the identity, end every session, and leave to the outbox what lies elsewhere."""
        ...


class Files(Protocol):
    """All raise Unavailable where the books cannot be opened now."""

    async def find(self, city: City, person: PersonId) -> Found | None: ...

    async def work(self, call: Call[Any], do: Callable[[OpenFile], Awaitable[T]]) -> T:
        """Do it in one transaction with the caller's file, and again from the start where somebody was quicker."""
        ...

    async def export(self, city: City, person: PersonId) -> str | None:
        """All that is held about the person, as one JSON object."""
        ...

    async def mailbox(self, city: City, person: PersonId) -> str | None:
        """The mailbox that an erasure has left to be emptied; None where there is nothing to do."""
        ...

    async def waiting(self, city: City) -> tuple[PersonId, ...]:
        """Who asked to be erased and had to wait, and has not booked anything since."""
        ...

    async def emptied(self, city: City, person: PersonId, now: datetime) -> None:
        """It is done: forget the mailbox too."""
        ...


class Letterbox(Protocol):
    async def forget(self, mailbox: str) -> None:
        """Take away the messages that were kept, to the address with this digest; done twice, nothing happens."""
        ...
