"""Settling accounts with the payment provider: what it moved and paid out, what is given back, what is disputed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.identity import City
from domain.payments.dunning import Case
from domain.payments.refunds import Refund, RefundId, RefundProposal
from services.calls import UseCase
from services.settlement import disputing, dunning, refunding
from services.settlement.disputing import AnswerDispute, answer_dispute, hand_in
from services.settlement.dunning import (
    CloseCase,
    WaiveFees,
    close_case,
    remind,
    review,
    review_dispute,
    review_document,
    review_match,
    waive_fees,
)
from services.settlement.gathering import gather
from services.settlement.hearing import hear
from services.settlement.lists import Wanted
from services.settlement.ports import FiledDispute, FiledItem, FiledPayout, Ports, Total
from services.settlement.refunding import DecideRefund, carry_out, decide_refund, follow, propose_refund
from services.settlement.stating import StatedBalance, stated

T = TypeVar("T")
Page: TypeAlias = Callable[[City, Wanted], Awaitable[tuple[T, ...]]]
Find: TypeAlias = Callable[[City, Any], Awaitable[T | None]]


class Settlement(Struct, frozen=True):
    """The use cases, bound to their adapters. `gather(city)` reads the provider's books, `stated(city)` what it says
    of its own balance, `hear(city, event)` follows up
    a message of its. `carry_out(city, refund)` has an approved refund asked for, `follow(city, booking)` sees what
    became of a booking's refunds, `hand_in(city, dispute)` tells the provider what was answered. `review(city, booking)`
    opens or closes the booking's dunning case by what is owed, `review_dispute`, `review_document` and `review_match` likewise,
    and `remind` goes one step further where it is time."""

    gather: Callable[[City], Awaitable[None]]
    stated: Callable[[City], Awaitable[StatedBalance | None]]
    hear: Callable[[City, UUID], Awaitable[None]]
    propose: UseCase[refunding.Outcome, RefundProposal]
    decide: UseCase[refunding.Outcome, DecideRefund]
    carry_out: Callable[[City, RefundId], Awaitable[None]]
    follow: Callable[[City, UUID], Awaitable[None]]
    answer: UseCase[disputing.Outcome, AnswerDispute]
    hand_in: Callable[[City, UUID], Awaitable[None]]
    review: Callable[[City, UUID], Awaitable[None]]
    review_dispute: Callable[[City, UUID], Awaitable[None]]
    review_document: Callable[[City, UUID], Awaitable[None]]
    review_match: Callable[[City, UUID], Awaitable[None]]
    remind: Callable[[City, UUID], Awaitable[None]]
    close_case: UseCase[dunning.Outcome, CloseCase]
    waive_fees: UseCase[dunning.Outcome, WaiveFees]
    case: Find[Case]
    cases: Page[Case]
    refund: Find[Refund]
    refunds: Page[Refund]
    dispute: Find[FiledDispute]
    disputes: Page[FiledDispute]
    payout: Find[FiledPayout]
    payouts: Page[FiledPayout]
    items: Callable[[City, str, Wanted], Awaitable[tuple[FiledItem, ...]]]
    movement: Find[FiledItem]
    totals: Callable[[City, str], Awaitable[tuple[Total, ...]]]


def bound(ports: Ports) -> Settlement:
    return Settlement(
        gather=partial(gather, ports=ports),
        stated=partial(stated, ports=ports),
        hear=partial(hear, ports=ports),
        propose=partial(propose_refund, ports=ports),
        decide=partial(decide_refund, ports=ports),
        carry_out=partial(carry_out, ports=ports),
        follow=partial(follow, ports=ports),
        answer=partial(answer_dispute, ports=ports),
        hand_in=partial(hand_in, ports=ports),
        review=partial(review, ports=ports),
        review_dispute=partial(review_dispute, ports=ports),
        review_document=partial(review_document, ports=ports),
        review_match=partial(review_match, ports=ports),
        remind=partial(remind, ports=ports),
        close_case=partial(close_case, ports=ports),
        waive_fees=partial(waive_fees, ports=ports),
        case=ports.cases.find,
        cases=ports.cases.page,
        refund=ports.refunds.find,
        refunds=ports.refunds.page,
        dispute=ports.dispute_books.find,
        disputes=ports.dispute_books.page,
        payout=ports.payouts.find,
        payouts=ports.payouts.page,
        items=ports.payouts.items,
        movement=ports.payouts.movement,
        totals=ports.payouts.totals,
    )
