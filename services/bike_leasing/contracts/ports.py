"""The books of leases, as their use cases need them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet
from domain.bike_leasing.contracts.acts import Act, LeaseStepped, NotDone
from domain.bike_leasing.contracts.handing_over import PinMistyped
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, Conditions, ConsumerTerms, Framework, Parties, Side
from domain.bike_leasing.contracts.plans import LeaseInstalment
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import Actor
from domain.ledger.entries import Entry, EntryId
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.pages import Mark, Wanted

Refused: TypeAlias = Refusal[NotDone] | Refusal[NotCalculable]


class Place(Struct, frozen=True):
    """`state` is the part after `DE-` of ISO 3166-2; None where the city has not said it."""

    today: date
    state: str | None
    zone: str = "UTC"

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()


class LeaseDesk(Struct, frozen=True):
    """All that a decision about a lease needs, with its `plan`. `bikes_held` are the holder's other leases that are not over, `credit_used` what
    the employer's others add up to in financed amounts. `accepted` says who has said yes to which of its papers, None where none are
    drawn up."""

    lease: Lease
    framework: Framework | None
    bikes_held: int
    credit_used: Money
    plan: tuple[LeaseInstalment, ...] = ()
    accepted: frozenset[tuple[PaperKind, Side]] | None = None


class OfferDesk(Struct, frozen=True):
    """`holder_known` is whether there is such a person in the city; `terms` are the lessor's where no employer is named."""

    holder_known: bool
    framework: Framework | None
    accreditation: Accreditation | None
    terms: ConsumerTerms | None = None

    def conditions(self, today: date) -> Conditions | None:
        """The employer's, or the lessor's for consumers."""
        if self.framework is not None:
            return self.framework.conditions
        return self.terms.conditions if self.terms is not None and self.terms.span.holds(today) else None


class LeaseFile(Struct, frozen=True):
    """A lease with its calculation sheets by name, its instalments, and the sides on which whoever reads it stands. `pin` is there
    for its holder alone, while the bike waits for her; `acts` are what may be done from those sides."""

    lease: Lease
    sides: frozenset[Side]
    sheets: Mapping[str, Sheet[Any]]
    instalments: Sequence[LeaseInstalment]
    pin: str | None = None
    acts: Sequence[Act] = ()


Outcome: TypeAlias = LeaseFile | PinMistyped | Refused


class Written(Struct, frozen=True):
    """What a step leaves behind: how the lease and its plan are since, what was calculated with it, and what it put into the ledger."""

    event: LeaseStepped | PinMistyped
    sheets: Mapping[str, Sheet[Any]] = {}
    entries: tuple[Entry, ...] = ()


class LeaseBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def place(self) -> Place: ...
    async def offer_desk(self, parties: Parties) -> OfferDesk: ...
    async def desk(self, lease_id: LeaseId) -> LeaseDesk | None:
        """One writer after the other: for the lease, its holder, and the framework that its employer has."""

    async def record(self, written: Written) -> None: ...
    async def file(self, lease_id: LeaseId) -> LeaseFile | None:
        """Without sides and PIN."""

    async def page(self, actor: Actor, wanted: Wanted) -> Sequence[tuple[Lease, Mark]]:
        """Those on whose side the actor may stand, the newest first."""


class Following(Struct, frozen=True):
    """The framework of an employer to whom a lease may go, and what its leases add up to in financed amounts."""

    framework: Framework | None
    credit_used: Money


class NextEmployers(Protocol):
    async def following(self, lease_id: LeaseId, parties: Parties) -> Following:
        """One writer after the other for the framework of these parties."""


class ChargedMonths(Protocol):
    async def charged(self, lease_id: LeaseId) -> Sequence[tuple[EntryId, Entry]]:
        """What the lease's months put into the ledger, and reminders of them, and nothing has taken back, in their order."""

    async def owe_back(self, lease_id: LeaseId) -> None:
        """What was collected for them is given back from now on; whoever writes a collection down meanwhile sees that the lease is
        undone."""


class LeaseBudget(Struct, frozen=True):
    """What an employer's framework still gives: `used` is what so many leases of its add up to, in financed amounts."""

    framework: Framework
    used: Money
    leases: int

    @property
    def left(self) -> Money:
        """Below zero where the line was made smaller since."""
        return self.framework.credit_line - self.used


class BudgetMark(Struct, array_like=True, frozen=True):
    """Where a framework stands in the list: by its employer, then by its lessor. No party's name is empty."""

    employer: str = ""
    lessor: str = ""


class BudgetsWanted(Struct, frozen=True):
    """So many at most, those that follow `after`."""

    limit: int
    after: BudgetMark = BudgetMark()


class AgreementBooks(Protocol):
    async def keep_framework(self, framework: Framework) -> None: ...
    async def keep_terms(self, terms: ConsumerTerms) -> None: ...
    async def keep_accreditation(self, accreditation: Accreditation) -> None: ...


class PinSeal(Protocol):
    """Derives a PIN from its id, under a key that the database never sees: six digits."""

    def code(self, city: Any, code_id: object) -> str: ...
