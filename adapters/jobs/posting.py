"""Which entries of the outbox the ledger posts something of."""

from adapters.jobs.relay import Job, Routes
from domain.identity import City
from services.jobs.ports import Entry
from services.ledger.posting import Fact, Post

POSTED = {
    **dict.fromkeys(
        ("booking.finished", "payment.authorised", "payment.captured", "payment.released", "payment.refunded"),
        Fact.BOOKING,
    ),
    **dict.fromkeys(("invoice.issued", "credit_note.issued"), Fact.DOCUMENT),
    "bank.statement_imported": Fact.STATEMENT,
    **dict.fromkeys(("bank.matched", "bank.matched_by_hand", "bank.match_undone"), Fact.MATCH),
    "settlement.transaction_seen": Fact.MOVEMENT,
    **dict.fromkeys(
        ("settlement.dispute_changed", "settlement.dispute_lost", "settlement.dispute_won"),
        Fact.DISPUTE,
    ),
    "dunning.closed": Fact.DEBTS,
    **dict.fromkeys(("bank.exception_cleared", "bank.exception_reopened"), Fact.EXPLANATION),
}


def with_postings(routes: Routes, post: Post) -> Routes:
    """The same, and what is to be posted of each; it may be told again and in any order."""
    return {kind: (*jobs, _posting(POSTED[kind], post)) if kind in POSTED else jobs for kind, jobs in routes.items()}


def _posting(fact: Fact, post: Post) -> Job:
    async def to_the_ledger(entry: Entry) -> None:
        await post(fact, City(entry.city), entry.subject_id)

    return Job("post", to_the_ledger)
