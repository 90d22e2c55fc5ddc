"""One's own file: profile, what is still missing, a copy of everything, and erasure (section 3)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.endpoints import JSON, SIGNED_IN, Ask, Endpoint, Reply, answer, nothing
from adapters.http.me_examples import EXPORT, MISSING, PROFILE
from adapters.http.problems import Unsettled
from adapters.http.tags import seen, tagged
from domain.booking.bookings import Payer
from domain.booking.resources import Service
from domain.identity import PersonId, PoolId, Role
from domain.notices.occasions import OptionalNotice
from domain.persons.eligibility import Missing
from domain.persons.erasure import ErasePerson, NotSettled
from domain.persons.profile import ChangeProfile
from domain.refusals import Refusal
from services.calls import Answer
from services.people import People
from services.people.ports import Acceptance, Found

ME = "/v1/{city:str}/me"
# A name is one line of printable characters; controls and directional overrides have no place in it.
Name: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$")
]
NO_STORE = {"cache-control": "no-store"}


class LanguageCode(StrEnum):
    GERMAN = "de"
    ENGLISH = "en"


class RoleView(Struct, frozen=True):
    """`pool` is null where the role counts in all pools, or belongs to none."""

    role: Role
    pool: PoolId | None
    party: str | None


class ProfileView(Struct, frozen=True):
    """`roles` are those that last; a token may say more or less. `notices_off` is what she is not written."""

    id: PersonId
    email: str
    name: str | None
    language: str
    roles: tuple[RoleView, ...]
    accepted: tuple[Acceptance, ...]
    notices_off: tuple[OptionalNotice, ...]
    created_at: datetime
    version: int


class ProfileChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays as it is; a `name` of null is taken away."""

    name: Name | UnsetType | None = UNSET
    language: LanguageCode | UnsetType = UNSET
    notices_off: frozenset[OptionalNotice] | UnsetType = UNSET


class EligibilityQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`payer` says who would pay: an age is asked of whoever does herself."""

    service: Service
    payer: Payer = Payer.SELF


class Eligibility(Struct, frozen=True):
    """What is `missing` before the service may be used; empty where nothing is. Without what stands in `before_start` one may
    book, and is given no key of a car."""

    service: Service
    eligible: bool
    missing: tuple[Missing, ...]
    before_start: tuple[Missing, ...]


class ExportDocument(Struct, frozen=True):
    """All that is held about the person: what each part holds is in the parts themselves."""

    exported_at: datetime
    city: str
    person: dict[str, Any]
    bookings: tuple[dict[str, Any], ...]
    payments: tuple[dict[str, Any], ...]
    quotes: tuple[dict[str, Any], ...]
    acceptances: tuple[dict[str, Any], ...]
    role_grants: tuple[dict[str, Any], ...]
    audit: tuple[dict[str, Any], ...]


def me(people: People) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def get_me(ask: Ask) -> Reply:
        found = await people.find(ask.actor)
        return ask.refuse(found) if isinstance(found, Refusal) else tagged(ask, _profile(found))

    async def change_me(ask: Ask) -> Reply:
        asked = await ask.body(ProfileChange)
        language = asked.language if asked.language is UNSET else asked.language.value
        refusal = await people.change(
            ask.unkeyed(nothing), ChangeProfile(asked.name, language, asked.notices_off, seen(ask))
        )
        return ask.refuse(refusal) if refusal is not None else await get_me(ask)

    async def erase_me(ask: Ask) -> Reply:
        outcome = await people.erase(ask.unkeyed(nothing), ErasePerson(seen(ask)))
        match outcome:
            case Refusal():
                return ask.refuse(outcome)
            case NotSettled(bookings, payments, unpaid, disputes, held, leases):
                open_ = Unsettled(bookings, payments, unpaid, disputes, held, outcome.waits, leases)
                return ask.problem("not_settled", open=open_)
            case _:
                ask.edge.tokens.outdate()
                return Answer(204, "", "")

    async def export_me(ask: Ask) -> Reply:
        found = await people.export(ask.actor)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        headers = NO_STORE | {"content-disposition": 'attachment; filename="export.json"'}
        return Response(found.encode(), status_code=200, media_type=JSON, headers=headers)

    async def get_eligibility(ask: Ask) -> Reply:
        asked = ask.query(EligibilityQuery)
        found = await people.missing(ask.actor, asked.service, asked.payer)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(Eligibility(asked.service, not found.missing, found.missing, found.before_start))

    return (
        Endpoint(
            HttpMethod.GET,
            SIGNED_IN,
            ME,
            "getMe",
            "me",
            "What the city knows of the caller, with an ETag",
            get_me,
            {200: ProfileView, 304: None},
            codes=("unknown_person",),
            examples={200: PROFILE},
        ),
        Endpoint(
            HttpMethod.PATCH,
            SIGNED_IN,
            ME,
            "changeMe",
            "me",
            "Change name, language, or which messages one does without",
            change_me,
            {200: ProfileView},
            codes=("unknown_person", "version_mismatch"),
            body=ProfileChange,
            tagged=True,
            example={"name": "Ada Lovelace", "language": "en", "notices_off": ["start_near"]},
            examples={200: PROFILE},
        ),
        Endpoint(
            HttpMethod.DELETE,
            SIGNED_IN,
            ME,
            "eraseMe",
            "me",
            "Erase the caller: name, address and sign-in go at once, saved cards and kept messages shortly after; "
            "documents that the law keeps name nobody. Refused while bookings are not over or money is open; where a dispute or a "
            "legal hold is in the way it waits for that, and need not be asked for again",
            erase_me,
            {204: None},
            codes=("unknown_person", "version_mismatch", "not_settled"),
        ),
        Endpoint(
            HttpMethod.POST,
            SIGNED_IN,
            f"{ME}/export",
            "exportMe",
            "me",
            "A copy of all that is held about the caller",
            export_me,
            {200: ExportDocument},
            codes=("unknown_person",),
            examples={200: EXPORT},
        ),
        Endpoint(
            HttpMethod.GET,
            SIGNED_IN,
            f"{ME}/eligibility",
            "getEligibility",
            "me",
            "What the caller still has to accept or to show before using a service",
            get_eligibility,
            {200: Eligibility},
            codes=("unknown_person",),
            query=EligibilityQuery,
            examples={200: MISSING},
        ),
    )


def _profile(found: Found) -> ProfileView:
    person = found.person
    return ProfileView(
        person.id,
        person.email,
        person.name,
        person.language,
        tuple(RoleView(grant.role, grant.pool, grant.party) for grant in found.grants),
        found.acceptances,
        tuple(sorted(person.notices_off)),
        person.made_at,
        person.version,
    )
