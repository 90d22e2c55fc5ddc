"""The operator's use cases, bound for callers from afar: each call opens the city's books for itself."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet
from domain.booking.publishing import Published, TariffDraft
from domain.cities.settings import CitySettings
from domain.grants import Grant, NotGrantable
from domain.identity import SYSTEM, Actor, City, PersonId, PoolId, Role
from domain.proofs import ProofKind
from domain.refusals import Refusal
from infra.operating import Desk
from services.calls import Call
from services.operator import NotFromAfar, NotSet, Operator
from services.operator.cities import NoCity, set_city
from services.operator.inventory import Pool
from services.operator.people import NoStaff, grant_role, revoke_role, revoke_role_of
from services.operator.pools import KnownPool, NoPool, PoolSet, set_pool
from services.operator.ports import GrantMark, StaffGrant, Stated, TariffMark
from services.operator.proofs import Checked, NoProof, Seen, drop_proof, keep_proof, proofs_of
from services.operator.tariffs import TariffOutcome, publish_tariffs

T = TypeVar("T")


class Administering:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    def bound(self) -> Operator:
        return Operator(
            settings=self.settings,
            set_city=self.set_city,
            tariffs=self.tariffs,
            publish=self.publish,
            grants=self.grants,
            grant=self.grant,
            pools=self.pools,
            pool=self.pool,
            set_pool=self.set_pool,
            proofs=self.proofs,
            keep_proof=self.keep_proof,
            drop_proof=self.drop_proof,
            revoke=self.revoke,
        )

    async def settings(self, city: City) -> Stated | None:
        return await self._looking(city, lambda desk: desk.cities.stated())

    async def set_city(self, call: Call[Any], to: CitySettings, seen: int | None) -> Stated | NotSet:
        async def work(desk: Desk) -> Stated | NotSet:
            stated = await desk.cities.stated(locked=True)
            if stated is None:
                return Refusal(NoCity.UNKNOWN_CITY)
            before = stated.settings
            if (before.stripe, before.oidc, before.partners) != (to.stripe, to.oidc, to.partners):
                return Refusal(NotFromAfar.SET_ON_THE_MACHINE)
            return await set_city(to, books=desk.cities, seen=seen)

        return await self._acting(call, work)

    async def tariffs(self, city: City, after: TariffMark | None, limit: int) -> Sequence[Published]:
        return await self._looking(city, lambda desk: desk.tariffs.page(after, limit))

    async def publish(self, call: Call[Any], drafts: Sequence[TariffDraft]) -> tuple[TariffOutcome, ...]:
        return await self._acting(call, lambda desk: publish_tariffs(drafts, books=desk.tariffs, now=desk.now))

    async def grants(self, city: City, after: GrantMark | None, limit: int) -> Sequence[StaffGrant]:
        return await self._looking(city, lambda desk: desk.staff.page(after, limit))

    async def grant(self, call: Call[Any], email: str, wish: Grant) -> bool | Refusal[NotGrantable]:
        async def work(desk: Desk) -> bool | Refusal[NotGrantable]:
            city = await desk.cities.settings()
            if city is None:
                raise RuntimeError("a token of a city that is none")
            return await grant_role(email, wish, city, people=desk.people, staff=desk.staff)

        return await self._acting(call, work)

    async def pools(self, city: City, after: PoolId, limit: int) -> Sequence[KnownPool]:
        return await self._looking(city, lambda desk: desk.pools.page(after, limit))

    async def pool(self, city: City, pool_id: PoolId) -> KnownPool | None:
        return await self._looking(city, lambda desk: desk.pools.find(pool_id))

    async def set_pool(self, call: Call[Any], pool: Pool, seen: int | None) -> PoolSet | Refusal[NoPool]:
        return await self._acting(call, lambda desk: set_pool(pool, books=desk.pools, seen=seen))

    async def proofs(self, actor: Actor, whose: str | PersonId) -> Sequence[Checked] | Refusal[NoProof]:
        everybody = actor.has(Role.OPERATOR)

        async def work(desk: Desk) -> Sequence[Checked] | Refusal[NoProof]:
            return await proofs_of(whose, everybody=everybody, people=desk.people, proofs=desk.proofs)

        return await self._looking(actor.city, work)

    async def keep_proof(self, call: Call[Any], whose: str | PersonId, seen: Seen) -> Checked | Refusal[NoProof]:
        async def work(desk: Desk) -> Checked | Refusal[NoProof]:
            return await keep_proof(whose, seen, by=call.actor.id, people=desk.people, proofs=desk.proofs)

        return await self._acting(call, work)

    async def drop_proof(self, call: Call[Any], whose: str | PersonId, kind: ProofKind) -> bool | Refusal[NoProof]:
        async def work(desk: Desk) -> bool | Refusal[NoProof]:
            return await drop_proof(whose, kind, by=call.actor.id, people=desk.people, proofs=desk.proofs)

        return await self._acting(call, work)

    async def revoke(self, call: Call[Any], whose: str | PersonId, wish: Grant) -> bool | Refusal[NoStaff]:
        async def work(desk: Desk) -> bool | Refusal[NoStaff]:
            if isinstance(whose, str):
                return await revoke_role(whose, wish, people=desk.people, staff=desk.staff)
            return await revoke_role_of(whose, wish, people=desk.people, staff=desk.staff)

        return await self._acting(call, work)

    async def _acting(self, call: Call[Any], work: Callable[[Desk], Awaitable[T]]) -> T:
        return await self._at(call.city, call.actor.id, call.request_id, work)

    async def _looking(self, city: City, work: Callable[[Desk], Awaitable[T]]) -> T:
        return await self._at(city, SYSTEM, "", work)

    async def _at(self, city: City, actor_id: UUID, request_id: str, work: Callable[[Desk], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(city) as connection:
                sheet = Sheet(connection, city, actor_id, request_id, self._clock(), self._new_id)
                return await work(Desk(sheet))

        return await through(once)
