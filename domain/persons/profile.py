"""What a city keeps of a person so that she can be told things: where, by what name, in which language."""

from datetime import datetime
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from domain.identity import PersonId
from domain.notices.occasions import OptionalNotice
from domain.refusals import Refusal


class Person(Struct, frozen=True):
    """`version` counts the changes; `language` is an ISO 639-1 code. `notices_off` is what she does not want to be written."""

    id: PersonId
    email: str
    name: str | None
    language: str
    made_at: datetime
    version: int = 1
    notices_off: frozenset[OptionalNotice] = frozenset()


class ChangeProfile(Struct, frozen=True):
    """What is UNSET stays as it is. `seen` is the version that the caller has in mind; None where any will do."""

    name: str | UnsetType | None = UNSET
    language: str | UnsetType = UNSET
    notices_off: frozenset[OptionalNotice] | UnsetType = UNSET
    seen: int | None = None


class NoProfile(StrEnum):
    UNKNOWN_PERSON = "unknown_person"
    VERSION_MISMATCH = "version_mismatch"


def change_profile(command: ChangeProfile, person: Person) -> Person | Refusal[NoProfile]:
    """The person as she wants to be known; the same person where that is no news."""
    if command.seen is not None and command.seen != person.version:
        return Refusal(NoProfile.VERSION_MISMATCH)
    name = person.name if command.name is UNSET else command.name
    language = person.language if command.language is UNSET else command.language
    notices_off = person.notices_off if command.notices_off is UNSET else command.notices_off
    wanted = replace(person, name=name, language=language, notices_off=notices_off)
    return person if wanted == person else replace(wanted, version=person.version + 1)
