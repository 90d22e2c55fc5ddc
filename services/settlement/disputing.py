"""Answering a dispute, or giving in: written down first, handed in then, since neither can be taken back."""

from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.identity import City
from domain.payments.transactions import Dispute, NotDisputable, may_answer
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable
from services.payments.ports import ProviderRefused
from services.settlement.ports import AnswerKind, DisputeAnswer, Evidence, FiledDispute, Ports

Outcome: TypeAlias = FiledDispute | Refusal[NotDisputable] | Refusal[NotAnswerable]


class AnswerDispute(Struct, frozen=True):
    """`dispute_id` is our id. `evidence` None gives in; `seen` is the version that was looked at, where that was said."""

    dispute_id: UUID
    evidence: Evidence | None
    seen: int | None = None


async def answer_dispute(call: Call[Outcome], command: AnswerDispute, *, ports: Ports) -> Answer:
    """Raises Unavailable."""

    async def decided(filed: FiledDispute | None) -> DisputeAnswer | Refusal[NotDisputable]:
        now = ports.clock()
        if filed is None:
            return Refusal(NotDisputable.UNKNOWN_DISPUTE)
        if command.seen not in {None, filed.version}:
            return Refusal(NotDisputable.VERSION_MISMATCH)
        if filed.answer is not None:
            return Refusal(NotDisputable.ALREADY_ANSWERED)
        if (no := may_answer(filed.dispute, now)) is not None:
            return Refusal(no)
        kind = AnswerKind.ACCEPTANCE if command.evidence is None else AnswerKind.EVIDENCE
        return DisputeAnswer(kind, command.evidence or Evidence(), call.actor.id, now)

    return await ports.dispute_books.answered(call, command.dispute_id, decided)


async def hand_in(city: City, dispute_id: UUID, *, ports: Ports) -> None:
    """Tell the provider what was decided; again is harmless. Raises ProviderUnavailable: then again."""
    filed = await ports.dispute_books.find(city, dispute_id)
    if filed is None or filed.answer is None or filed.answer.handed_in_at is not None:
        return
    failure = None
    try:
        said = await _told(city, filed, filed.answer, ports)
    except ProviderRefused as no:
        # Too late, or decided meanwhile: it stands as the provider says.
        failure, said = no.code, await ports.disputes.fetch(city, filed.dispute.id)
    await ports.books.see(city, said, ports.clock)
    await ports.dispute_books.handed_in(city, dispute_id, failure, ports.clock())


async def _told(city: City, filed: FiledDispute, answer: DisputeAnswer, ports: Ports) -> Dispute:
    if answer.kind is AnswerKind.ACCEPTANCE:
        return await ports.disputes.accept(city, filed.dispute)
    return await ports.disputes.submit(city, filed.dispute, answer.evidence)
