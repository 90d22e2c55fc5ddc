"""The books of leases in memory, so that thousands of them live for years in a minute."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.bike_leasing.calculation.recomputing import restored, stored
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.acts import LeaseStepped
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework, Parties
from domain.bike_leasing.contracts.plans import OPEN, InstalmentState
from domain.bike_leasing.money.collecting import LEASE_UNDONE, Collection, CollectionState
from domain.bike_leasing.papers.papers import SIGNERS
from domain.identity import Actor, City
from domain.money import Money
from services.bike_leasing.contracts.dating import keep_dates, next_date
from services.bike_leasing.contracts.ports import (
    Following,
    LeaseDesk,
    LeaseFile,
    OfferDesk,
    Place,
    Written,
)
from services.bike_leasing.pages import Mark, Wanted
from tests.models.leasing.cabinet import Cabinet
from tests.models.leasing.memory_money import MemoryAccounts, MemoryBikes, MemoryCollections, MemoryMonths, MemoryRuns
from tests.models.leasing.town import Books, Charged

EVERYBODYS_YES = frozenset((kind, side) for kind, sides in SIGNERS.items() for side in sides)
POSTED = {InstalmentState.POSTED, InstalmentState.COLLECTED, InstalmentState.FAILED}


class MemoryShelf:
    def __init__(self, city: City) -> None:
        self.city, self._kept = city, Cabinet()
        self.collections = MemoryCollections(self._kept)

    @property
    def now(self) -> datetime:
        return self._kept.now

    @now.setter
    def now(self, at: datetime) -> None:
        self._kept.now = at

    async def work(self, _: Actor, do: Callable[[Books], Awaitable[Any]]) -> Any:
        kept = self._kept
        books = MemoryBooks(kept)
        return await do(
            Books(books, books, MemoryRuns(kept), MemoryBikes(kept), MemoryAccounts(kept), MemoryMonths(kept))
        )

    async def enter(self, person: UUID) -> None:
        pass

    async def sign(self, lease_id: LeaseId, person: UUID) -> None:  # noqa: ARG002 - whoever it was
        self._kept.signed.add(lease_id)

    async def keep_dates(self) -> None:
        today, leases = self.now.date(), self._kept.all
        while due := [each.id for each in leases.values() if (on := next_date(each)) is not None and on <= today]:
            for lease_id in due:
                await keep_dates(lease_id, self.city, books=MemoryBooks(self._kept), now=self.now)

    async def states(self) -> dict[UUID, str]:
        return {lease.id: lease.state.value for lease in self._kept.all.values()}

    async def charged(self) -> list[Charged]:
        found, self._kept.charged = self._kept.charged, []
        return found

    async def balances(self) -> dict[str, int]:
        return {account: cents for account, cents in self._kept.sums.items() if cents}

    async def unbalanced(self) -> list[Any]:
        return self._kept.lopsided

    async def processing(self) -> list[tuple[UUID, str]]:
        found = [each for each in self._kept.collections.values() if each.state is CollectionState.PROCESSING]
        return [
            (each.id, each.intent_id or "") for each in sorted(found, key=lambda each: (each.lease_id, each.number))
        ]

    async def plans(self) -> dict[UUID, tuple[int, int, int, int]]:
        return {
            lease: (
                sum(row.state in POSTED for row in plan.values()),
                sum(row.state is InstalmentState.CUT for row in plan.values()),
                len({row.month for row in plan.values()}),
                len(plan),
            )
            for lease, plan in self._kept.plan.items()
            if plan
        }

    async def collected(self) -> list[tuple[UUID, list[str], bool, str]]:
        by_charge: dict[tuple[LeaseId, int], list[Collection]] = defaultdict(list)
        for each in sorted(self._kept.collections.values(), key=lambda each: each.attempt):
            by_charge[each.lease_id, each.number].append(each)
        return [
            (
                lease,
                [LEASE_UNDONE if each.failure == LEASE_UNDONE else each.state.value for each in tries],
                {each.amount for each in tries} == {self._kept.posted[lease, number].charge.amount},
                self._kept.plan[lease][number].state.value,
            )
            for (lease, number), tries in by_charge.items()
        ]

    async def steps(self) -> list[tuple[UUID, int, str]]:
        return sorted(self._kept.taken)

    async def sheets(self) -> list[tuple[UUID, str, str]]:
        return [(lease, name, kept) for lease, sheets in self._kept.kept.items() for name, kept in sheets.items()]


class MemoryBooks:
    """One at a time: nothing is locked. Everybody has one bike, and every employer credit enough."""

    def __init__(self, kept: Cabinet) -> None:
        self._kept = kept

    # -- leases

    async def place(self) -> Place:
        return Place(self._kept.now.date(), "NI")

    async def offer_desk(self, parties: Parties) -> OfferDesk:
        framework = self._kept.frameworks.get(parties.employer)
        terms = self._kept.terms if parties.employer is None else None
        return OfferDesk(True, framework, self._kept.accreditation, terms)

    async def desk(self, lease_id: LeaseId) -> LeaseDesk | None:
        lease = self._kept.all[lease_id]
        plan = tuple(self._kept.plan[lease_id].values()) if lease_id in self._kept.plan else ()
        accepted = EVERYBODYS_YES if lease_id in self._kept.signed else None
        framework = self._kept.frameworks.get(lease.parties.employer)
        return LeaseDesk(lease, framework, 0, Money(0, EUR), plan, accepted)

    async def record(self, written: Written) -> None:
        kept, lease = self._kept, written.event.lease
        before = kept.all.get(lease.id)
        assert lease.version == (before.version + 1 if before is not None else 1)
        kept.all[lease.id] = lease
        if isinstance(written.event, LeaseStepped):
            kept.taken.append((lease.id, lease.version, written.event.act.value))
            for row in written.event.plan:
                known = kept.plan[lease.id].get(row.number)
                assert known is None or known.state in OPEN
                kept.write(lease.id, row)
            months = [row.month for row in kept.plan.get(lease.id, {}).values()]
            assert len(set(months)) == len(months), lease.id
        kept.kept[lease.id] |= {name: stored(sheet).decode() for name, sheet in written.sheets.items()}
        for entry in written.entries:
            kept.enter_up(entry)

    async def file(self, lease_id: LeaseId) -> LeaseFile | None:
        sheets = {name: restored(kept.encode()) for name, kept in self._kept.kept[lease_id].items()}
        return LeaseFile(self._kept.all[lease_id], frozenset(), sheets, tuple(self._kept.plan[lease_id].values()))

    async def page(self, _: Actor, wanted: Wanted) -> Sequence[tuple[Lease, Mark]]:
        return [(lease, Mark(self._kept.now, lease.id)) for lease in self._kept.all.values()][: wanted.limit]

    async def following(self, _: LeaseId, parties: Parties) -> Following:
        return Following(self._kept.frameworks.get(parties.employer), Money(0, EUR))

    # -- what was agreed before

    async def keep_framework(self, framework: Framework) -> None:
        self._kept.frameworks[framework.employer] = framework

    async def keep_terms(self, terms: ConsumerTerms) -> None:
        self._kept.terms = terms

    async def keep_accreditation(self, accreditation: Accreditation) -> None:
        self._kept.accreditation = accreditation
