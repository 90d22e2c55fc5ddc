"""`/v1/{city}/fleet/approvals` and `…/fleet/pools/{pool_id}/approval`: what waits for a yes, and by which rules it does."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.booking.changes import DryRun
from adapters.http.endpoints import STAFF, WORKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.fleet.approval_examples import APPROVAL, INBOX, POOL_APPROVAL
from adapters.http.fleet.vehicles import nothing
from adapters.http.pools import pool_id_of
from adapters.http.tags import seen, tagged
from domain.booking.approval import ApprovalState
from domain.booking.approval_rules import LONGEST_NAME, LONGEST_WORD, MOST_RULES, MOST_WORDS, Rule
from domain.booking.bookings import Payer
from domain.booking.deciding import Capacity
from domain.fleet.approvals import MOST_APPROVERS, SetApproval
from domain.identity import PersonId, PoolId
from domain.money import Money
from domain.refusals import Refusal
from services.booking.approval_words import Words, in_words
from services.fleet.approvals import ApprovalShown, PoolApprovals, Shown
from services.fleet.inbox import InboxItem, InboxWanted, ShowInbox, Standing, Whose
from services.operator.pools import LONGEST_APPROVAL_S, SHORTEST_APPROVAL_S

ONE = "/v1/{city:str}/fleet/pools/{pool_id:str}/approval"
Limit: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Answering: TypeAlias = Annotated[int, Meta(ge=SHORTEST_APPROVAL_S, le=LONGEST_APPROVAL_S)]


class RuleShape(Struct, forbid_unknown_fields=True, frozen=True):
    """It fits where all that it names holds, and any booking where it names nothing. With `asks` somebody has to approve what
    it fits, else nobody has to. `price_over` is in minor units, and of bookings for work the price that the cost centre is
    charged; `notice_under_s` is a start sooner than so many seconds after the booking, `ahead_over_s` one that is later; of
    `words` one is looked for in what is written about the trip, but not in purpose and destination where its holder pays. With
    `cost_centre` it is about bookings for work alone (true), or about those that their holders pay (false)."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    asks: bool = True
    price_over: Limit | None = None
    longer_than_s: Limit | None = None
    notice_under_s: Limit | None = None
    ahead_over_s: Limit | None = None
    words: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=LONGEST_WORD)], ...], Meta(max_length=MOST_WORDS)
    ] = ()
    cost_centre: bool | None = None

    @property
    def rule(self) -> Rule:
        return Rule(**msgspec.structs.asdict(self))


class PoolApprovalRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`answer_s` is how many seconds there are to answer; null, nobody is asked. The first of the `rules` that fits decides,
    and what none fits nobody has to approve; null: every booking is asked for but those made by whoever runs the pool. Those
    who are named in `approvers` say yes or no, or whoever runs the pool where none are, and the operators. `escalated_s` is how
    long operators have once nobody has answered; null, the booking lapses then."""

    answer_s: Answering | None
    rules: Annotated[tuple[RuleShape, ...], Meta(max_length=MOST_RULES)] | None = None
    approvers: Annotated[tuple[UUID, ...], Meta(max_length=MOST_APPROVERS)] = ()
    escalated_s: Answering | None = None


class RuleCount(Struct, frozen=True):
    rule: str
    asked: int


class TrialView(Struct, frozen=True):
    """Of the pool's latest `bookings`, two hundred at most, how many would have been asked for, and by which rule."""

    bookings: int
    asked: int
    by_rule: tuple[RuleCount, ...]


class PoolApprovalView(Struct, frozen=True):
    """`approver_count` is how many people may say yes besides the operators."""

    pool_id: PoolId
    answer_s: int | None
    rules: tuple[RuleShape, ...] | None
    approvers: tuple[UUID, ...]
    approver_count: int
    escalated_s: int | None
    trial: TrialView
    version: int


class InboxQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What waits comes in the order in which it is due, what was decided (or missed) the latest first. `whose`: what one
    approves oneself (`mine`) or as somebody's `deputy`; everything within reach where that is not said."""

    state: Annotated[Standing, Meta(examples=["pending"])] = Standing.PENDING
    whose: Annotated[Whose, Meta(examples=["mine"])] | None = None
    pool: Annotated[str, Meta(max_length=63)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class DecisionView(Struct, frozen=True):
    """Who said yes or no and when, as whose deputy, and in which words."""

    by: UUID | None
    at: datetime | None
    deputy_for: UUID | None
    reason: str | None


class ApprovalItem(Struct, frozen=True):
    """A booking, or more time for it until `more_until`. `rule` asks for it, `why` says so in words. `as` is as what the reader
    may decide (`approver`, `operator`, `deputy`, then of `deputy_for`), null where she may not: what is her `own`, somebody else
    decides on. `actions` are of `/bookings/{booking_id}`; those of one `series_id` are decided at once by `/fleet/series/{series_id}`."""

    booking_id: UUID
    pool_id: PoolId
    resource_id: UUID
    vehicle: str
    holder_id: UUID
    holder: str | None
    booked_by: UUID
    start: datetime
    end: datetime
    more_until: datetime | None
    payer: Payer
    price: Money
    state: ApprovalState
    rule: str | None
    why: Words
    due_at: datetime
    escalated: bool
    decision: DecisionView | None
    as_: Capacity | None = msgspec.field(name="as")
    deputy_for: UUID | None
    own: bool
    actions: tuple[str, ...]
    version: int
    series_id: UUID | None


class Inbox(Struct, frozen=True):
    items: tuple[ApprovalItem, ...]
    next_cursor: str | None


def fleet_approvals(offered: PoolApprovals, show: ShowInbox) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def get_approval(ask: Ask) -> Reply:
        return _told(ask, await offered.find(ask.city, ask.actor, pool_id_of(ask)))

    async def set_approval(ask: Ask) -> Reply:
        pool_id, only_looking = pool_id_of(ask), ask.query(DryRun).dry_run
        asked = await ask.body(PoolApprovalRequest)
        rules = None if asked.rules is None else tuple(each.rule for each in asked.rules)
        approvers = tuple(map(PersonId, asked.approvers))
        command = SetApproval(pool_id, asked.answer_s, rules, approvers, asked.escalated_s, seen(ask))
        return _told(ask, await offered.set(ask.unkeyed(nothing), command, only_looking))

    async def list_approvals(ask: Ask) -> Reply:
        asked = ask.query(InboxQuery)
        place = cursors.read(asked.cursor) if asked.cursor is not None else None
        pool_id = PoolId(asked.pool) if asked.pool is not None else None
        after = (place.at, place.id) if place is not None else None
        found = await show(ask.actor, ask.city, InboxWanted(asked.limit, asked.state, asked.whose, pool_id, after))
        following = cursors.written(cursors.Place(*found.next)) if found.next is not None else None
        return answer(Inbox(tuple(map(_item, found.items)), following))

    return (
        Endpoint(
            HttpMethod.GET,
            WORKERS_AND_OPERATOR,
            "/v1/{city:str}/fleet/approvals",
            "listApprovals",
            "fleet",
            "The inbox of whoever approves: what waits for her yes, for her as a deputy, and what was decided",
            list_approvals,
            {200: Inbox},
            query=InboxQuery,
            examples={200: INBOX},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            ONE,
            "getPoolApproval",
            "fleet",
            "By which rules a pool's bookings are approved and by whom, with an ETag",
            get_approval,
            {200: PoolApprovalView, 304: None},
            codes=("unknown_pool",),
            examples={200: POOL_APPROVAL},
        ),
        Endpoint(
            HttpMethod.PUT,
            STAFF,
            ONE,
            "setPoolApproval",
            "fleet",
            "Approve a pool's bookings by these rules, from now on; with dry_run see what they would have asked for",
            set_approval,
            {200: PoolApprovalView},
            codes=("unknown_pool", "version_mismatch", "approval_rule_invalid", "unknown_approver"),
            body=PoolApprovalRequest,
            query=DryRun,
            tagged=True,
            example=APPROVAL,
            examples={200: POOL_APPROVAL},
        ),
    )


def _told(ask: Ask, shown: Shown) -> Reply:
    return ask.refuse(shown) if isinstance(shown, Refusal) else tagged(ask, pool_approval_view(shown))


def pool_approval_view(shown: ApprovalShown) -> PoolApprovalView:
    pool, tried = shown.pool, shown.trial
    rules = None if pool.rules is None else tuple(RuleShape(**msgspec.structs.asdict(each)) for each in pool.rules)
    return PoolApprovalView(
        pool_id=pool.pool_id,
        answer_s=pool.answer_s,
        rules=rules,
        approvers=pool.approvers,
        approver_count=shown.approvers,
        escalated_s=pool.escalated_s,
        trial=TrialView(tried.bookings, tried.asked, tuple(RuleCount(*each) for each in tried.by_rule)),
        version=pool.version,
    )


def _item(item: InboxItem) -> ApprovalItem:
    asked, approval, authority = item.question, item.question.approval, item.authority
    reason = approval.reason or (asked.reason if approval.state is ApprovalState.REJECTED else None)
    decided = DecisionView(approval.decided_by, approval.decided_at, approval.deputy_for, reason)
    return ApprovalItem(
        booking_id=asked.booking_id,
        pool_id=asked.pool_id,
        resource_id=asked.resource_id,
        vehicle=asked.vehicle,
        holder_id=asked.holder_id,
        holder=asked.holder,
        booked_by=asked.booked_by,
        start=asked.start,
        end=asked.end,
        more_until=asked.more_until,
        payer=asked.payer,
        price=asked.price,
        state=approval.state,
        rule=approval.rule,
        why=in_words(approval.grounds, asked.price.currency),
        due_at=approval.due_at,
        escalated=approval.is_escalated,
        decision=decided if approval.decided_at is not None else None,
        as_=authority.capacity if authority is not None else None,
        deputy_for=authority.deputy_for if authority is not None else None,
        own=item.own,
        actions=("approve", "reject") if approval.is_pending and authority is not None else (),
        version=asked.version,
        series_id=asked.series_id,
    )
