"""Signing in: somebody has proved who they are; now whether they may come in, as whom, and on which terms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.grants import Grant
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.refusals import Refusal
from domain.sign_in.codes import Code, NoCode
from domain.sign_in.sessions import NoSession, Session, SessionId, begin

Versions: TypeAlias = Mapping[str, str]
"""A version for each document."""
GENERAL = "general"
"""The document whose version stands for all of them where only one is named."""


class ByCode(Struct, frozen=True):
    """`fits` tells whether what was typed in is the code."""

    email: str
    code: Code | None
    fits: bool


class ByIssuer(Struct, frozen=True):
    """What one of the city's own identity providers says, by a token that was verified. `email` is a verified one."""

    issuer: str
    subject: str
    email: str | None


class Agreement(Struct, frozen=True):
    """The versions agreed to with this call: by document, or that of the general terms for all. In which language."""

    accepted: str | dict[str, str] | None
    language: str


class SignIn(Struct, frozen=True):
    """`person_id` is for somebody new."""

    session_id: SessionId
    person_id: PersonId
    agreement: Agreement
    by: ByCode | ByIssuer


class Known(Struct, frozen=True):
    """A person as the city knows them. `accepted` holds all that they ever agreed to, as (document, version)."""

    id: PersonId
    grants: tuple[Grant, ...]
    accepted: frozenset[tuple[str, str]]
    signed_in_before: bool


class SignedIn(Struct, frozen=True, tag="sign_in.signed_in"):
    """`newcomer` is the address of a person who is to be entered; `accepted` and `granted` are to be written down."""

    session: Session
    actor: Actor
    by: ByCode | ByIssuer
    language: str
    newcomer: str | None
    accepted: Versions
    granted: tuple[Grant, ...]


class StillSignedIn(Struct, frozen=True):
    session: Session
    actor: Actor
    language: str
    accepted: Versions


class WrongCode(Struct, frozen=True):
    """One try less."""

    code: Code


class TermsMissing(Struct, frozen=True):
    """Not before these versions are agreed to; the proof of who it is stays good for another call."""

    missing: Versions


class NotSignedIn(StrEnum):
    NO_ADDRESS = "no_address"


def prove(proof: ByCode, session_id: SessionId, now: datetime) -> WrongCode | Refusal[NoCode] | None:
    """None if the code proves the address. A call that runs twice meets the code that it has used itself."""
    if proof.code is None:
        return Refusal(NoCode.CODE_NOT_VALID)
    again = proof.code.session_id == session_id
    if not again and not proof.code.counts(now):
        return Refusal(NoCode.CODE_NOT_VALID)
    return None if proof.fits else WrongCode(proof.code)


def sign_in(
    command: SignIn, known: Known | None, city: City, terms: Versions, now: datetime
) -> SignedIn | TermsMissing | Refusal[NotSignedIn]:
    """Let in whoever has proved who they are.

    At the first sign-in somebody without a role becomes a resident. The city's current terms must have been agreed to,
    each version once.
    """
    if known is None and command.by.email is None:
        return Refusal(NotSignedIn.NO_ADDRESS)
    missing = outstanding(terms, known.accepted if known else frozenset())
    if missing and not agrees(command.agreement.accepted, missing, terms):
        return TermsMissing(missing)
    person_id = known.id if known else command.person_id
    held = known.grants if known else ()
    first = known is None or not known.signed_in_before
    granted = (Grant(Role.RESIDENT),) if first and not held else ()
    return SignedIn(
        session=begin(command.session_id, person_id, now),
        actor=actor_of(person_id, city, (*held, *granted)),
        by=command.by,
        language=command.agreement.language,
        newcomer=command.by.email if known is None else None,
        accepted=missing,
        granted=granted,
    )


def go_on(
    known: Known | None,
    session: Session,
    agreement: Agreement,
    city: City,
    terms: Versions,
) -> StillSignedIn | TermsMissing | Refusal[NoSession]:
    """Whether a session whose refresh token was good goes on: the roles may have changed since, and the terms."""
    if known is None:
        return Refusal(NoSession.SESSION_OVER)
    missing = outstanding(terms, known.accepted)
    if missing and not agrees(agreement.accepted, missing, terms):
        return TermsMissing(missing)
    return StillSignedIn(session, actor_of(known.id, city, known.grants), agreement.language, missing)


def outstanding(terms: Versions, accepted: frozenset[tuple[str, str]]) -> Versions:
    """The documents, in their current versions, that were not agreed to yet."""
    return {document: version for document, version in terms.items() if (document, version) not in accepted}


def agrees(said: str | dict[str, str] | None, missing: Versions, terms: Versions) -> bool:
    """Whether these are the current versions: of what is missing by name, or the general terms' for all together."""
    if said is None:
        return False
    if isinstance(said, dict):
        return missing.items() <= said.items() <= terms.items()
    return said == terms[GENERAL] if GENERAL in terms else {said} == set(terms.values())


def actor_of(person_id: PersonId, city: City, grants: Sequence[Grant]) -> Actor:
    """What the grants make of a person.

    An actor has one set of pools for all its roles. Where the pools that somebody drives in and those that they manage
    differ, the managed ones count: less than was granted, and never more.
    """
    managed = [grant.pool for grant in grants if grant.role is Role.FLEET_MANAGER]
    pools = managed or [grant.pool for grant in grants if grant.role is Role.DRIVER]
    return Actor(
        person_id,
        city,
        frozenset(grant.role for grant in grants),
        frozenset[PoolId]() if None in pools else frozenset(pool for pool in pools if pool is not None),
        frozenset((grant.role, grant.party) for grant in grants if grant.party is not None),
    )
