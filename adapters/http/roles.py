"""`/v1/{city}/admin/roles`: who may do what in the city; the same calls as `kommobil role`."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.administration import ADMIN, PageQuery
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer, nothing
from adapters.http.problems import Fault, Rejected
from domain.grants import Grant
from domain.identity import PersonId, PoolId, Role
from domain.refusals import Refusal
from services.calls import Answer
from services.operator import Operator
from services.operator.ports import GrantMark, StaffGrant

LIST = f"{ADMIN}/roles"
Email: TypeAlias = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]


class RoleRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`pool` is for drivers and fleet managers; without it the role counts in all pools. `party` is for dealers, HR and
    lessors. The person need not be known yet."""

    email: Email
    role: Role
    pool: Name | None = None
    party: Name | None = None

    @property
    def grant(self) -> Grant:
        return Grant(self.role, PoolId(self.pool) if self.pool else None, self.party)


class RevokeQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The grant, exactly as it was made, and whose it is: by `person_id`, or by `email`."""

    role: Role
    person_id: UUID | None = None
    email: Email | None = None
    pool: Name | None = None
    party: Name | None = None

    @property
    def whose(self) -> str | PersonId:
        """Raises Rejected where that is not said, or said twice."""
        if self.person_id is not None and self.email is None:
            return PersonId(self.person_id)
        if self.email is not None and self.person_id is None:
            return self.email.lower()
        raise Rejected("invalid_input", errors=(Fault("either person_id or email", parameter="person_id"),))


class GrantedRole(Struct, frozen=True):
    email: str
    role: Role
    pool: PoolId | None
    party: str | None


class HeldRole(GrantedRole, frozen=True, kw_only=True):
    person_id: PersonId
    granted_at: datetime


class RoleList(Struct, frozen=True):
    items: tuple[HeldRole, ...]
    next_cursor: str | None


def roles(operator: Operator) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_roles(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        after = cursors.read_as(GrantMark, asked.cursor) if asked.cursor is not None else None
        found = await operator.grants(ask.city, after, asked.limit + 1)
        items = found[: asked.limit]
        mark = items[-1].mark if len(found) > asked.limit else None
        return answer(RoleList(tuple(map(_held, items)), cursors.written(mark) if mark else None))

    async def grant_role(ask: Ask) -> Reply:
        asked = await ask.body(RoleRequest)
        done = await operator.grant(ask.unkeyed(nothing), asked.email.lower(), asked.grant)
        if isinstance(done, Refusal):
            return ask.refuse(done)
        grant = asked.grant
        view = GrantedRole(asked.email.lower(), grant.role, grant.pool, grant.party)
        return answer(view, 201 if done else 200)

    async def revoke_role(ask: Ask) -> Reply:
        asked = ask.query(RevokeQuery)
        grant = Grant(asked.role, PoolId(asked.pool) if asked.pool else None, asked.party)
        done = await operator.revoke(ask.unkeyed(nothing), asked.whose, grant)
        if isinstance(done, Refusal):
            return ask.refuse(done)
        ask.edge.tokens.outdate()
        return Answer(204, "", "")

    def endpoint(method: HttpMethod, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, LIST, operation_id, "admin", summary, **more)

    granted = {"email": "ada@example.org", "role": "driver", "pool": "town-hall", "party": None}
    held = granted | {"person_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11", "granted_at": "2026-11-23T18:00:00Z"}
    return (
        endpoint(
            HttpMethod.GET,
            "listRoles",
            "Who holds which role, by address",
            handler=list_roles,
            answers={200: RoleList},
            query=PageQuery,
            examples={200: {"items": [held], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            "grantRole",
            "Grant a role; 200 where the person holds it already",
            handler=grant_role,
            answers={200: GrantedRole, 201: GrantedRole},
            codes=("role_has_no_pool", "unknown_pool", "role_has_no_party", "party_missing"),
            body=RoleRequest,
            example={"email": "ada@example.org", "role": "driver", "pool": "town-hall"},
            examples={200: granted, 201: granted},
        ),
        endpoint(
            HttpMethod.DELETE,
            "revokeRole",
            "Take a role back; tokens with it stop counting at once, and within a minute everywhere",
            handler=revoke_role,
            answers={204: None},
            codes=("unknown_person",),
            query=RevokeQuery,
        ),
    )


def _held(found: StaffGrant) -> HeldRole:
    grant = found.grant
    return HeldRole(
        found.email, grant.role, grant.pool, grant.party, person_id=found.person_id, granted_at=found.granted_at
    )
