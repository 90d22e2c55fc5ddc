"""What is kept of leases in memory: one cabinet for all of their books."""

from collections import Counter, defaultdict
from datetime import date, datetime
from uuid import UUID

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework
from domain.bike_leasing.contracts.plans import InstalmentState, LeaseInstalment
from domain.bike_leasing.money.charging import CHARGED
from domain.bike_leasing.money.collecting import Collection, CollectionState
from domain.ledger.entries import Entry, Side
from services.bike_leasing.money.ports import Posted
from tests.models.leasing.town import START, Charged


class Cabinet:
    """Whoever works with it is alone. It does not know what a constraint forbids; that the months of a plan are different ones and
    that nothing is posted twice is asserted. `charged` is what was charged and nobody has looked at yet, `sums` the accounts' balances."""

    def __init__(self) -> None:
        self.now: datetime = START
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
        self.collections: dict[UUID, Collection] = {}
        self.intents: dict[str | None, UUID] = {}
        self.queue: set[UUID] = set()
        self.charged: list[Charged] = []
        self.sums: Counter[str] = Counter()
        self._owed: dict[date, set[tuple[LeaseId, int]]] = defaultdict(set)

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
        self.charged.append((charge.lease_id, charge.month, charge.payer.value, charge.employer, *amounts))

    def enter_up(self, entry: Entry) -> None:
        assert entry.source not in self.entries
        self.entries[entry.source] = entry
        legs = [(leg.account, leg.amount.amount * (1 if leg.side is Side.DEBIT else -1)) for leg in entry.legs]
        for account, cents in legs:
            self.sums[account] += cents
        if sum(cents for _, cents in legs):
            self.lopsided.append(entry)

    def keep_collection(self, collection: Collection) -> None:
        self.collections[collection.id] = collection
        self.intents[collection.intent_id] = collection.id
        waits = collection.state in {CollectionState.QUEUED, CollectionState.OWED_BACK}
        (self.queue.add if waits else self.queue.discard)(collection.id)
