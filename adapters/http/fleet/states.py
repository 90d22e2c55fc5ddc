"""A vehicle's life: into service, into the workshop and back, out of the fleet.

The workshop is a block of the vehicle's time, made and lifted like any other.
"""

from datetime import datetime

from litestar.enums import HttpMethod
from msgspec.structs import replace

from adapters.http import reading
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.examples import VEHICLE
from adapters.http.fleet.shapes import Becomes, StateRequest
from adapters.http.fleet.vehicles import ONE, vehicle_id_of
from adapters.http.problems import Fault, Rejected
from domain.booking.blocks import BlockId, BlockResource, LiftBlock
from domain.fleet.vehicles import Life
from services.booking.blocks import Blocked, Blocks
from services.booking.blocks import InTheWay as BlockedBy
from services.calls import Answer
from services.fleet.keeping import ByBlocks, InTheWay, Kept, Vehicles
from services.fleet.views import VehicleView, vehicle_view


def fleet_states(offered: Vehicles, blocks: Blocks) -> tuple[Endpoint, ...]:
    """The operation, over the use cases of vehicles and of blocks."""

    async def set_state(ask: Ask) -> Reply:
        asked, vehicle_id = _sound(await ask.body(StateRequest), ask.now), vehicle_id_of(ask)

        def told(outcome: Kept | InTheWay) -> Answer:
            if isinstance(outcome, InTheWay):
                return ask.problem("bookings_in_the_way", bookings=outcome.hits)
            return answer(vehicle_view(outcome))

        try:
            return await offered.live(ask.call((vehicle_id, asked), told), vehicle_id, Life(asked.state.value))
        except ByBlocks as by:
            if asked.state is Becomes.WORKSHOP:
                return await _send(ask, blocks, by.kept, asked)
            return await _fetch(ask, blocks, by.kept, asked)

    return (
        Endpoint(
            HttpMethod.POST,
            STAFF,
            f"{ONE}/state",
            "setVehicleState",
            "fleet",
            "Into service, into the workshop until some time and back, or out of the fleet for good",
            set_state,
            {200: VehicleView},
            codes=(
                *("unknown_vehicle", "vehicle_state", "papers_missing", "papers_overdue", "bookings_in_the_way"),
                *("unknown_resource", "unknown_block", "period_in_the_past", "period_too_long"),
            ),
            body=StateRequest,
            keyed=True,
            example={"state": "workshop", "until": "2026-12-02T15:00:00Z", "reason": "Bremsen", "move": True},
            examples={
                200: VEHICLE
                | {
                    "state": "workshop",
                    "workshop_until": "2026-12-02T15:00:00Z",
                    "block_id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e61",
                    "not_bookable": ["workshop"],
                }
            },
        ),
    )


def _sound(asked: StateRequest, now: datetime) -> StateRequest:
    """Raises Rejected for a workshop without an end, and for one that is over."""
    if asked.state is not Becomes.WORKSHOP:
        if asked.until or asked.reason or asked.move:
            raise Rejected("invalid_input", errors=(Fault("for the workshop only", pointer="/state"),))
    elif asked.until is None or asked.until <= now:
        raise Rejected("invalid_input", errors=(Fault("the workshop has an end that is to come", pointer="/until"),))
    return asked


async def _send(ask: Ask, blocks: Blocks, kept: Kept, asked: StateRequest) -> Reply:
    """Into the workshop: a block, from now on. Where it is there, only its own key is answered as before."""

    def told(outcome: Blocked | BlockedBy) -> Answer:
        if isinstance(outcome, BlockedBy):
            return ask.problem("bookings_in_the_way", bookings=outcome.hits)
        return answer(vehicle_view(_under(kept, outcome.block.id, outcome.block.end)))

    vehicle_id = kept.vehicle.id
    period = reading.period(ask.now, asked.until or ask.now)
    command = BlockResource(BlockId(ask.edge.new_id()), vehicle_id, period, asked.reason, asked.move)
    return await blocks.block(ask.call((vehicle_id, asked), told), command)


async def _fetch(ask: Ask, blocks: Blocks, kept: Kept, asked: StateRequest) -> Reply:
    """Back from the workshop: the block is lifted."""
    vehicle = kept.vehicle
    if vehicle.block_id is None:
        raise RuntimeError("what is in the workshop is there by a block")
    call = ask.call((vehicle.id, asked), lambda _block: answer(vehicle_view(_under(kept))))
    return await blocks.lift(call, LiftBlock(vehicle.block_id, vehicle.id))


def _under(kept: Kept, block_id: BlockId | None = None, until: datetime | None = None) -> Kept:
    """The vehicle under that block, or under none."""
    return replace(kept, vehicle=replace(kept.vehicle, block_id=block_id, blocked_until=until))
