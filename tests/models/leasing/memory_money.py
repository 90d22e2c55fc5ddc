"""The books of money in memory: months' runs, bikes that the lessor has, accounts that are debited, and what is collected from them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.recomputing import restored
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.plans import InstalmentState
from domain.bike_leasing.money.collecting import UNDONE, Collection, CollectionState, owed_back
from domain.cities.leasing import LeasingSettings
from domain.identity import City, PersonId
from domain.ledger.entries import Entry, EntryId
from services.bike_leasing.money.ports import Owed, Posted, Run
from tests.models.leasing.cabinet import Cabinet

PAID = (CollectionState.PAID, CollectionState.OWED_BACK)
BECOMES = dict.fromkeys(PAID, InstalmentState.COLLECTED) | dict.fromkeys(
    (CollectionState.FAILED, CollectionState.RETURNED), InstalmentState.FAILED
)


class MemoryRuns:
    def __init__(self, kept: Cabinet) -> None:
        self._kept = kept

    async def place(self) -> tuple[date, ZoneInfo]:
        return self._kept.now.date(), ZoneInfo("Europe/Berlin")

    async def begin(self, month: date) -> Run:
        return Run(month, self._kept.now, 0, 0, 0, None)

    async def runs(self) -> Sequence[Run]:
        return []

    async def owed(self, month: date, limit: int) -> Sequence[Owed] | None:
        kept = self._kept
        return [
            Owed(lease, kept.all[lease].parties.holder, kept.plan[lease][number], kept.methods.get(lease))
            for lease, number in kept.owed(month)[:limit]
        ]

    async def record(self, month: date, posted: Sequence[Posted]) -> None:
        assert all(each.charge.month <= month for each in posted)
        for each in posted:
            self._kept.post(each)
            if each.collection is not None:
                self._kept.keep_collection(each.collection)

    async def end(self, month: date) -> bool:
        return not self._kept.owed(month)


class MemoryMonths:
    def __init__(self, kept: Cabinet) -> None:
        self._kept, self._entries = kept, kept.entries

    async def charged(self, lease_id: LeaseId) -> Sequence[tuple[EntryId, Entry]]:
        named = {
            EntryId(uuid5(lease_id, source)): entry
            for source, entry in self._entries.items()
            if source.startswith(f"lease:{lease_id}:")
        }
        return [each for each in named.items() if f"reversal:{each[0]}" not in self._entries]

    async def owe_back(self, lease_id: LeaseId) -> None:
        for each in [each for each in self._kept.collections.values() if each.lease_id == lease_id]:
            self._kept.keep_collection(owed_back(each, self._kept.now))


class MemoryBikes:
    def __init__(self, kept: Cabinet) -> None:
        self._kept = kept

    async def owned(self, until: datetime) -> Sequence[tuple[Lease, Financing]]:
        found = (
            (lease, restored(self._kept.kept[lease.id]["rate"].encode()).asked)
            for lease in self._kept.all.values()
            if self._was(f"lease_bought:{lease.id}", until) and not self._was(f"lease_bike_gone:{lease.id}", until)
        )
        return [(lease, asked) for lease, asked in found if isinstance(asked, Financing)]

    def _was(self, source: str, until: datetime) -> bool:
        entry = self._kept.entries.get(source)
        return entry is not None and entry.effective_at < until

    async def post(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.source not in self._kept.entries:
                self._kept.enter_up(entry)


class MemoryAccounts:
    def __init__(self, kept: Cabinet) -> None:
        self._kept = kept

    async def holder(self, lease_id: LeaseId) -> PersonId | None:
        return self._kept.all[lease_id].parties.holder

    async def name(self, lease_id: LeaseId, _: PersonId, method_id: str) -> None:
        self._kept.methods[lease_id] = method_id


class MemoryCollections:
    """At no pace: whatever is due is taken at once."""

    def __init__(self, kept: Cabinet) -> None:
        self._kept = kept

    async def policy(self, _: City) -> LeasingSettings:
        return LeasingSettings()

    async def take(self, _: City, now: datetime) -> Sequence[Collection]:
        due = [
            self._kept.collections[each]
            for each in sorted(self._kept.queue)
            if self._kept.collections[each].due_at <= now
        ]
        for each in due:
            state = CollectionState.ASKED if each.state is CollectionState.QUEUED else each.state
            self._kept.keep_collection(self._looked_at(replace(each, state=state, asked_at=each.asked_at or now)))
        return [self._kept.collections[each.id] for each in due]

    async def find(self, _: City, collection_id: UUID | None, intent_id: str | None) -> Collection | None:
        found = self._kept.collections.get(collection_id or self._kept.intents.get(intent_id) or UUID(int=0))
        return self._looked_at(found) if found is not None else None

    def _looked_at(self, collection: Collection) -> Collection:
        return replace(collection, undone=self._kept.all[collection.lease_id].state in UNDONE)

    async def keep(self, _: City, before: Collection, after: Collection, again: Collection | None) -> bool:
        if self._kept.collections[after.id].state is not before.state:
            return False
        self._kept.keep_collection(after)
        if (becomes := BECOMES.get(after.state)) is not None:
            row = self._kept.plan[after.lease_id][after.number]
            self._kept.write(after.lease_id, replace(row, state=becomes))
        if again is not None:
            self._kept.keep_collection(again)
        return True

    async def wait(self, _: City, collection: Collection, until: datetime) -> None:
        raise AssertionError((collection, until))

    async def next_at(self, _: City) -> datetime | None:
        return min((self._kept.collections[each].due_at for each in self._kept.queue), default=None)
