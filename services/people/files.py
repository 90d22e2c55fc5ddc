"""A person looks at her file, changes it, takes a copy, or has it erased."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.booking.bookings import Payer
from domain.booking.resources import Service
from domain.identity import Actor, City, PersonId
from domain.persons.eligibility import Lacking, before_start, missing
from domain.persons.erasure import ErasePerson, NotSettled, PersonErased, erase
from domain.persons.profile import ChangeProfile, NoProfile, Person, change_profile
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.people.ports import Files, Found, Letterbox, OpenFile

Erased: TypeAlias = PersonErased | NotSettled | Refusal[NoProfile]

UNKNOWN = Refusal(NoProfile.UNKNOWN_PERSON)


async def find_profile(actor: Actor, *, files: Files) -> Found | Refusal[NoProfile]:
    return await files.find(actor.city, actor.id) or UNKNOWN


async def change(call: Call[Any], command: ChangeProfile, *, files: Files) -> Refusal[NoProfile] | None:
    """None when it is as the caller wants it."""

    async def work(file: OpenFile) -> Refusal[NoProfile] | None:
        if file.person is None:
            return UNKNOWN
        decided = change_profile(command, file.person)
        if isinstance(decided, Person):
            if decided is not file.person:
                await file.keep(decided)
            return None
        return decided

    return await files.work(call, work)


async def erase_person(call: Call[Any], command: ErasePerson, *, files: Files, clock: Callable[[], datetime]) -> Erased:
    async def work(file: OpenFile) -> Erased:
        if file.person is None:
            return UNKNOWN
        now = clock()
        decided = erase(command, file.person, await file.standings(), now, await file.ties())
        if isinstance(decided, PersonErased):
            await file.erase(decided)
        elif isinstance(decided, NotSettled) and decided.waits:
            await file.wait(now)
        return decided

    return await files.work(call, work)


async def erase_waiting(
    city: City, new_id: Callable[[], UUID], *, files: Files, clock: Callable[[], datetime]
) -> tuple[PersonId, ...]:
    """Erase everybody who asked for it and for whom nothing is left to wait; who that was."""
    gone = []
    for person in await files.waiting(city):
        actor = Actor(person, city, frozenset())
        call: Call[Any] = Call(city, actor, "eraseMe", "", "", str(new_id()), "", _unanswered)
        if isinstance(await erase_person(call, ErasePerson(), files=files, clock=clock), PersonErased):
            gone.append(person)
    return tuple(gone)


def _unanswered(_outcome: Any) -> Answer:
    return Answer(204, "", "")


async def export(actor: Actor, *, files: Files) -> str | Refusal[NoProfile]:
    return await files.export(actor.city, actor.id) or UNKNOWN


async def what_is_missing(
    actor: Actor, service: Service, payer: Payer, *, files: Files, clock: Callable[[], datetime]
) -> Lacking | Refusal[NoProfile]:
    found = await files.find(actor.city, actor.id)
    if found is None:
        return UNKNOWN
    today = clock().astimezone(ZoneInfo(found.time_zone)).date()
    return Lacking(missing(service, found.shown, today, payer), before_start(service, found.shown, today))


async def empty_mailbox(
    city: City, person: PersonId, *, files: Files, letterbox: Letterbox, clock: Callable[[], datetime]
) -> None:
    """After an erasure: take away what was written to the person and kept."""
    mailbox = await files.mailbox(city, person)
    if mailbox is not None:
        await letterbox.forget(mailbox)
        await files.emptied(city, person, clock())
