"""What the operator of the platform does: opens cities, publishes tariffs, grants roles, imports registers."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct

from domain.booking.publishing import Published, TariffDraft
from domain.cities.settings import CitySettings, NotSettable
from domain.grants import Grant, NotGrantable
from domain.identity import Actor, City, PersonId, PoolId
from domain.proofs import ProofKind
from domain.refusals import Refusal
from services.calls import Call
from services.operator.cities import NoCity
from services.operator.inventory import Pool
from services.operator.people import NoStaff
from services.operator.pools import KnownPool, NoPool, PoolSet
from services.operator.ports import GrantMark, StaffGrant, Stated, TariffMark
from services.operator.proofs import Checked, NoProof, Seen
from services.operator.tariffs import TariffOutcome


class NotFromAfar(StrEnum):
    """Secrets and whom to trust are settled where the installation runs, not over the network."""

    SET_ON_THE_MACHINE = "set_on_the_machine"


NotSet: TypeAlias = Refusal[NoCity] | Refusal[NotSettable] | Refusal[NotFromAfar]


class Operator(Struct, frozen=True):
    """What the operator of one city does from afar, bound to the books: each call is one transaction in the caller's
    city. Opening a city and importing registers belong to the command line."""

    settings: Callable[[City], Awaitable[Stated | None]]
    set_city: Callable[[Call[Any], CitySettings, int | None], Awaitable[Stated | NotSet]]
    tariffs: Callable[[City, TariffMark | None, int], Awaitable[Sequence[Published]]]
    publish: Callable[[Call[Any], Sequence[TariffDraft]], Awaitable[tuple[TariffOutcome, ...]]]
    grants: Callable[[City, GrantMark | None, int], Awaitable[Sequence[StaffGrant]]]
    grant: Callable[[Call[Any], str, Grant], Awaitable[bool | Refusal[NotGrantable]]]
    pools: Callable[[City, PoolId, int], Awaitable[Sequence[KnownPool]]]
    pool: Callable[[City, PoolId], Awaitable[KnownPool | None]]
    set_pool: Callable[[Call[Any], Pool, int | None], Awaitable[PoolSet | Refusal[NoPool]]]
    proofs: Callable[[Actor, str | PersonId], Awaitable[Sequence[Checked] | Refusal[NoProof]]]
    keep_proof: Callable[[Call[Any], str | PersonId, Seen], Awaitable[Checked | Refusal[NoProof]]]
    drop_proof: Callable[[Call[Any], str | PersonId, ProofKind], Awaitable[bool | Refusal[NoProof]]]
    revoke: Callable[[Call[Any], str | PersonId, Grant], Awaitable[bool | Refusal[NoStaff]]]
