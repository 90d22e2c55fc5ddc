"""The books of leases in memory, so that thousands of them live for years in a minute."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.recomputing import restored, stored
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.acts import LeaseStepped
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework, Parties
from domain.bike_leasing.contracts.plans import OPEN, InstalmentState, LeaseInstalment
from domain.bike_leasing.money.charging import CHARGED
from domain.bike_leasing.money.collecting import LEASE_UNDONE, UNDONE, Collection, CollectionState
from domain.bike_leasing.papers.papers import SIGNERS
from domain.cities import LeasingSettings
from domain.identity import Actor, City, PersonId
from domain.ledger.entries import Entry, EntryId, Side
from domain.money import Money
from services.bike_leasing.contracts.dating import keep_dates, next_date
from services.bike_leasing.contracts.ports import Following, LeaseDesk, LeaseFile, OfferDesk, Place, Written
from services.bike_leasing.money.ports import Owed, Posted, Run
from tests.models.leasing.town import START, Books, Charged

EVERYBODYS_YES = frozenset((kind, side) for kind, sides in SIGNERS.items() for side in sides)
POSTED = {InstalmentState.POSTED, InstalmentState.COLLECTED, InstalmentState.FAILED}
BECOMES = {CollectionState.PAID: InstalmentState.COLLECTED} | dict.fromkeys(
    (CollectionState.FAILED, CollectionState.RETURNED), InstalmentState.FAILED
)


class MemoryShelf:
    """Whoever works with it is alone. It does not know what a constraint forbids; that the months of a plan are different ones and
    that nothing is posted twice is asserted."""

    def __init__(self, city: City) -> None:
        self.city, self.now = city, START
        self.all: dict[LeaseId, Lease] = {}
        self.plan: dict[LeaseId, dict[int, LeaseInstalment]] = defaultdict(dict)
        self.taken: list[tuple[UUID, int, str]] = []
        self.kept: dict[LeaseId, dict[str, str]] = defaultdict(dict)
        self.frameworks: dict[str | None, Framework] = {}
        self.terms: ConsumerTerms | None = None
        self.accreditation: Accreditation | None = None
        self.signed: set[LeaseId] = set()
        self.methods: dict[LeaseId, str] = {}
        self.posted: dict[tuple[LeaseId, int], Posted] = {}
        self.entries: dict[str, Entry] = {}
        self.lopsided: list[Entry] = []
        self.collections = MemoryCollections(self)
        self._charged: list[Charged] = []
        self._sums: Counter[str] = Counter()
        self._owed: dict[date, set[tuple[LeaseId, int]]] = defaultdict(set)

    async def work(self, _: Actor, do: Callable[[Books], Awaitable[Any]]) -> Any:
        books = MemoryBooks(self)
        return await do(
            Books(books, books, MemoryRuns(self), MemoryBikes(self), MemoryAccounts(self), MemoryMonths(self))
        )

    async def enter(self, person: UUID) -> None:
        pass

    async def sign(self, lease_id: LeaseId, person: UUID) -> None:  # noqa: ARG002 - whoever it was
        self.signed.add(lease_id)

    async def keep_dates(self) -> None:
        today = self.now.date()
        while due := [each.id for each in self.all.values() if (on := next_date(each)) is not None and on <= today]:
            for lease_id in due:
                await keep_dates(lease_id, self.city, books=MemoryBooks(self), now=self.now)

    def write(self, lease_id: LeaseId, row: LeaseInstalment) -> None:
        before, key = self.plan[lease_id].get(row.number), (lease_id, row.number)
        if before is not None:
            self._owed[before.month].discard(key)
        self.plan[lease_id][row.number] = row
        if row.state in CHARGED:
            self._owed[row.month].add(key)

    def owed(self, until: date) -> list[tuple[LeaseId, int]]:
        return sorted(key for month, keys in self._owed.items() if month <= until for key in keys)

    def post(self, posted: Posted) -> None:
        charge, key = posted.charge, (posted.charge.lease_id, posted.charge.number)
        assert key not in self.posted
        self.posted[key] = posted
        self.enter_up(posted.entry)
        self.write(charge.lease_id, replace(self.plan[charge.lease_id][charge.number], state=InstalmentState.POSTED))
        amounts = (charge.amount.amount, charge.vat.amount, charge.passed_on.amount)
        self._charged.append((charge.lease_id, charge.month, charge.payer.value, charge.employer, *amounts))

    def enter_up(self, entry: Entry) -> None:
        assert entry.source not in self.entries
        self.entries[entry.source] = entry
        legs = [(leg.account, leg.amount.amount * (1 if leg.side is Side.DEBIT else -1)) for leg in entry.legs]
        for account, cents in legs:
            self._sums[account] += cents
        if sum(cents for _, cents in legs):
            self.lopsided.append(entry)

    async def states(self) -> dict[UUID, str]:
        return {lease.id: lease.state.value for lease in self.all.values()}

    async def charged(self) -> list[Charged]:
        found, self._charged = self._charged, []
        return found

    async def balances(self) -> dict[str, int]:
        return {account: cents for account, cents in self._sums.items() if cents}

    async def unbalanced(self) -> list[Any]:
        return self.lopsided

    async def processing(self) -> list[tuple[UUID, str]]:
        found = [each for each in self.collections.all.values() if each.state is CollectionState.PROCESSING]
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
            for lease, plan in self.plan.items()
            if plan
        }

    async def collected(self) -> list[tuple[UUID, list[str], bool, str]]:
        by_charge: dict[tuple[LeaseId, int], list[Collection]] = defaultdict(list)
        for each in sorted(self.collections.all.values(), key=lambda each: each.attempt):
            by_charge[each.lease_id, each.number].append(each)
        return [
            (
                lease,
                [LEASE_UNDONE if each.failure == LEASE_UNDONE else each.state.value for each in tries],
                {each.amount for each in tries} == {self.posted[lease, number].charge.amount},
                self.plan[lease][number].state.value,
            )
            for (lease, number), tries in by_charge.items()
        ]

    async def steps(self) -> list[tuple[UUID, int, str]]:
        return sorted(self.taken)

    async def sheets(self) -> list[tuple[UUID, str, str]]:
        return [(lease, name, kept) for lease, sheets in self.kept.items() for name, kept in sheets.items()]


class MemoryBooks:
    """One at a time: nothing is locked. Everybody has one bike, and every employer credit enough."""

    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    # -- leases

    async def place(self) -> Place:
        return Place(self._shelf.now.date(), "NI")

    async def offer_desk(self, parties: Parties) -> OfferDesk:
        framework = self._shelf.frameworks.get(parties.employer)
        terms = self._shelf.terms if parties.employer is None else None
        return OfferDesk(True, framework, self._shelf.accreditation, terms)

    async def desk(self, lease_id: LeaseId) -> LeaseDesk | None:
        lease = self._shelf.all[lease_id]
        plan = tuple(self._shelf.plan[lease_id].values()) if lease_id in self._shelf.plan else ()
        accepted = EVERYBODYS_YES if lease_id in self._shelf.signed else None
        framework = self._shelf.frameworks.get(lease.parties.employer)
        return LeaseDesk(lease, framework, 0, Money(0, EUR), plan, accepted)

    async def record(self, written: Written) -> None:
        shelf, lease = self._shelf, written.event.lease
        before = shelf.all.get(lease.id)
        assert lease.version == (before.version + 1 if before is not None else 1)
        shelf.all[lease.id] = lease
        if isinstance(written.event, LeaseStepped):
            shelf.taken.append((lease.id, lease.version, written.event.act.value))
            for row in written.event.plan:
                known = shelf.plan[lease.id].get(row.number)
                assert known is None or known.state in OPEN
                shelf.write(lease.id, row)
            months = [row.month for row in shelf.plan.get(lease.id, {}).values()]
            assert len(set(months)) == len(months), lease.id
        shelf.kept[lease.id] |= {name: stored(sheet).decode() for name, sheet in written.sheets.items()}
        for entry in written.entries:
            shelf.enter_up(entry)

    async def file(self, lease_id: LeaseId) -> LeaseFile | None:
        sheets = {name: restored(kept.encode()) for name, kept in self._shelf.kept[lease_id].items()}
        return LeaseFile(self._shelf.all[lease_id], frozenset(), sheets, tuple(self._shelf.plan[lease_id].values()))

    async def page(self, _: Actor) -> Sequence[Lease]:
        return list(self._shelf.all.values())

    async def following(self, _: LeaseId, parties: Parties) -> Following:
        return Following(self._shelf.frameworks.get(parties.employer), Money(0, EUR))

    # -- what was agreed before

    async def keep_framework(self, framework: Framework) -> None:
        self._shelf.frameworks[framework.employer] = framework

    async def keep_terms(self, terms: ConsumerTerms) -> None:
        self._shelf.terms = terms

    async def keep_accreditation(self, accreditation: Accreditation) -> None:
        self._shelf.accreditation = accreditation


class MemoryRuns:
    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    async def place(self) -> tuple[date, ZoneInfo]:
        return self._shelf.now.date(), ZoneInfo("Europe/Berlin")

    async def begin(self, month: date) -> Run:
        return Run(month, self._shelf.now, 0, 0, 0, None)

    async def runs(self) -> Sequence[Run]:
        return []

    async def owed(self, month: date, limit: int) -> Sequence[Owed] | None:
        shelf = self._shelf
        return [
            Owed(lease, shelf.all[lease].parties.holder, shelf.plan[lease][number], shelf.methods.get(lease))
            for lease, number in shelf.owed(month)[:limit]
        ]

    async def record(self, month: date, posted: Sequence[Posted]) -> None:
        assert all(each.charge.month <= month for each in posted)
        for each in posted:
            self._shelf.post(each)
            if each.collection is not None:
                self._shelf.collections.keep_anew(each.collection)

    async def end(self, month: date) -> bool:
        return not self._shelf.owed(month)


class MemoryMonths:
    def __init__(self, shelf: MemoryShelf) -> None:
        self._entries = shelf.entries

    async def charged(self, lease_id: LeaseId) -> Sequence[tuple[EntryId, Entry]]:
        named = {
            EntryId(uuid5(lease_id, source)): entry
            for source, entry in self._entries.items()
            if source.startswith(f"lease:{lease_id}:")
        }
        return [each for each in named.items() if f"reversal:{each[0]}" not in self._entries]


class MemoryBikes:
    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    async def owned(self, until: datetime) -> Sequence[tuple[Lease, Financing]]:
        found = (
            (lease, restored(self._shelf.kept[lease.id]["rate"].encode()).asked)
            for lease in self._shelf.all.values()
            if self._was(f"lease_bought:{lease.id}", until) and not self._was(f"lease_bike_gone:{lease.id}", until)
        )
        return [(lease, asked) for lease, asked in found if isinstance(asked, Financing)]

    def _was(self, source: str, until: datetime) -> bool:
        entry = self._shelf.entries.get(source)
        return entry is not None and entry.effective_at < until

    async def post(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.source not in self._shelf.entries:
                self._shelf.enter_up(entry)


class MemoryAccounts:
    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    async def holder(self, lease_id: LeaseId) -> PersonId | None:
        return self._shelf.all[lease_id].parties.holder

    async def name(self, lease_id: LeaseId, _: PersonId, method_id: str) -> None:
        self._shelf.methods[lease_id] = method_id


class MemoryCollections:
    """At no pace: whatever is due is taken at once."""

    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf
        self.all: dict[UUID, Collection] = {}
        self._intents: dict[str | None, UUID] = {}
        self._waits: set[UUID] = set()

    def keep_anew(self, collection: Collection) -> None:
        self.all[collection.id] = collection
        self._intents[collection.intent_id] = collection.id
        (self._waits.add if collection.state is CollectionState.QUEUED else self._waits.discard)(collection.id)

    async def policy(self, _: City) -> LeasingSettings:
        return LeasingSettings()

    async def take(self, _: City, now: datetime) -> Sequence[Collection]:
        due = [self.all[each] for each in sorted(self._waits) if self.all[each].due_at <= now]
        for each in due:
            undone = self._shelf.all[each.lease_id].state in UNDONE
            self.keep_anew(replace(each, state=CollectionState.ASKED, asked_at=now, undone=undone))
        return [self.all[each.id] for each in due]

    async def find(self, _: City, collection_id: UUID | None, intent_id: str | None) -> Collection | None:
        return self.all.get(collection_id or self._intents.get(intent_id) or UUID(int=0))

    async def keep(self, _: City, before: Collection, after: Collection, again: Collection | None) -> bool:
        if self.all[after.id].state is not before.state:
            return False
        self.keep_anew(after)
        if (becomes := BECOMES.get(after.state)) is not None:
            row = self._shelf.plan[after.lease_id][after.number]
            self._shelf.write(after.lease_id, replace(row, state=becomes))
        if again is not None:
            self.keep_anew(again)
        return True

    async def wait(self, _: City, collection: Collection, until: datetime) -> None:
        raise AssertionError((collection, until))

    async def next_at(self, _: City) -> datetime | None:
        return min((self.all[each].due_at for each in self._waits), default=None)
