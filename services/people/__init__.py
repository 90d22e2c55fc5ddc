"""The people of a city: as others need to know of them, and what each may do with her own file."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct

from domain.booking.bookings import Payer
from domain.booking.resources import Service
from domain.identity import Actor, City, PersonId
from domain.persons.eligibility import Lacking
from domain.persons.erasure import ErasePerson
from domain.persons.profile import ChangeProfile, NoProfile
from domain.refusals import Refusal
from services.calls import Call
from services.people.files import Erased, change, empty_mailbox, erase_person, export, find_profile, what_is_missing
from services.people.ports import Files, Found, Letterbox

Knows: TypeAlias = Callable[[City, PersonId], Awaitable[bool]]
"""Whether the city knows the person: nobody books for somebody who does not exist."""


class People(Struct, frozen=True):
    """The use cases, bound to their adapters. `export` gives one JSON object."""

    find: Callable[[Actor], Awaitable[Found | Refusal[NoProfile]]]
    change: Callable[[Call[Any], ChangeProfile], Awaitable[Refusal[NoProfile] | None]]
    erase: Callable[[Call[Any], ErasePerson], Awaitable[Erased]]
    export: Callable[[Actor], Awaitable[str | Refusal[NoProfile]]]
    missing: Callable[[Actor, Service, Payer], Awaitable[Lacking | Refusal[NoProfile]]]


def people_with(files: Files, clock: Callable[[], datetime]) -> People:
    return People(
        find=partial(find_profile, files=files),
        change=partial(change, files=files),
        erase=partial(erase_person, files=files, clock=clock),
        export=partial(export, files=files),
        missing=partial(what_is_missing, files=files, clock=clock),
    )


def emptying(
    files: Files, letterbox: Letterbox, clock: Callable[[], datetime]
) -> Callable[[City, PersonId], Awaitable[None]]:
    """For the job that follows an erasure."""
    return partial(empty_mailbox, files=files, letterbox=letterbox, clock=clock)
