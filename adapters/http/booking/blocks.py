"""Blocking a resource for a repair, and lifting the block."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import reading
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.reading import Instant
from domain.booking.blocks import BlockId, BlockResource, LiftBlock
from domain.booking.resources import ResourceId
from services.booking.blocks import Blocked, Blocks, InTheWay
from services.calls import Answer

OF_RESOURCE = "/v1/{city:str}/resources/{resource_id:uuid}/blocks"


class BlockRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """With `move`, bookings by class are given another resource where that frees the whole period."""

    start: Instant
    end: Instant
    reason: Annotated[str, Meta(max_length=500)] | None = None
    move: bool = False


class BlockView(Struct, frozen=True):
    """`moved` are the bookings that have another resource now."""

    id: UUID
    resource_id: UUID
    start: datetime
    end: datetime
    reason: str | None
    moved: tuple[UUID, ...]


def blocks(offered: Blocks) -> tuple[Endpoint, ...]:
    async def block_resource(ask: Ask) -> Reply:
        resource_id = ResourceId(ask.path("resource_id"))
        asked = await ask.body(BlockRequest)
        period = reading.period(asked.start, asked.end)

        def told(outcome: Blocked | InTheWay) -> Answer:
            if isinstance(outcome, InTheWay):
                return ask.problem("bookings_in_the_way", bookings=outcome.hits)
            made = outcome.block
            return answer(BlockView(made.id, made.resource_id, made.start, made.end, made.reason, outcome.moved), 201)

        command = BlockResource(BlockId(ask.edge.new_id()), resource_id, period, asked.reason, asked.move)
        return await offered.block(ask.call((resource_id, asked), told), command)

    async def lift_block(ask: Ask) -> Reply:
        def told(_block: Any) -> Answer:
            return Answer(204, "", "")

        command = LiftBlock(BlockId(ask.path("block_id")), ResourceId(ask.path("resource_id")))
        return await offered.lift(ask.unkeyed(told), command)

    return (
        Endpoint(
            HttpMethod.POST,
            STAFF,
            OF_RESOURCE,
            "blockResource",
            "staff",
            "Block a resource for a repair; what is in the way is listed, or moved where it may be",
            block_resource,
            {201: BlockView},
            codes=("unknown_resource", "period_in_the_past", "period_too_long", "bookings_in_the_way"),
            body=BlockRequest,
            keyed=True,
            example=_EXAMPLE | {"move": True},
            examples={
                201: _EXAMPLE
                | {
                    "id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e61",
                    "resource_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11",
                    "moved": ["01890a5d-ac96-774b-bcce-b302099a8057"],
                }
            },
        ),
        Endpoint(
            HttpMethod.DELETE,
            STAFF,
            f"{OF_RESOURCE}/{{block_id:uuid}}",
            "liftBlock",
            "staff",
            "Give a blocked resource back",
            lift_block,
            {204: None},
            codes=("unknown_resource", "unknown_block", "forbidden"),
        ),
    )


_EXAMPLE = {"start": "2026-12-02T07:00:00Z", "end": "2026-12-02T15:00:00Z", "reason": "Hauptuntersuchung"}
