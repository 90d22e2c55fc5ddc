"""What is read of leases, by whoever stands on a side of them."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import NotDone, possible_from
from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState, sides_on
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.seeing import as_seen, plan_as_seen, sheet_is_seen
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseFile, PinSeal
from services.bike_leasing.pages import Mark, Wanted


async def find_lease(lease_id: LeaseId, *, books: LeaseBooks, seal: PinSeal, actor: Actor) -> LeaseFile | None:
    """The PIN is its holder's."""
    found = await books.file(lease_id)
    if found is None or not (seen := shown(found, actor)).sides:
        return None
    pin = found.lease.pin
    waits = pin is not None and found.lease.state is LeaseState.READY_FOR_PICKUP and Side.EMPLOYEE in seen.sides
    code = seal.code(actor.city, pin.id) if pin is not None and waits else None
    return replace(seen, pin=code)


async def code_of_handover(
    lease_id: LeaseId, *, books: LeaseBooks, seal: PinSeal, actor: Actor
) -> str | Refusal[NotDone]:
    """What the holder has scanned where her bike waits: the lease's id and its PIN, with a colon between them. A handover names both."""
    found = await find_lease(lease_id, books=books, seal=seal, actor=actor)
    if found is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    if Side.EMPLOYEE not in found.sides:
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    return f"{lease_id}:{found.pin}" if found.pin is not None else Refusal(NotDone.WRONG_STATE)


def shown(file: LeaseFile, actor: Actor) -> LeaseFile:
    """As the actor may see it, after a step as well as when it is read."""
    sides = sides_on(file.lease, actor)
    return LeaseFile(
        as_seen(file.lease, sides),
        sides,
        {name: sheet for name, sheet in file.sheets.items() if sheet_is_seen(name, file.lease, sides)},
        plan_as_seen(file.instalments, file.lease, sides),
        acts=possible_from(file.lease, sides),
    )


async def page_of_leases(wanted: Wanted, *, books: LeaseBooks, actor: Actor) -> Sequence[tuple[Lease, Mark]]:
    """Each as the actor may see it, with where it stands."""
    found = ((lease, sides_on(lease, actor), mark) for lease, mark in await books.page(actor, wanted))
    return [(as_seen(lease, sides), mark) for lease, sides, mark in found if sides]
