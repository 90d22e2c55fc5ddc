"""People as the operator meets them: by their address, with the roles that they are granted."""

from enum import StrEnum

from domain.cities.settings import CitySettings
from domain.grants import Grant, NotGrantable, granted
from domain.identity import PersonId
from domain.refusals import Refusal
from services.operator.ports import PeopleBooks, StaffBooks


class NoStaff(StrEnum):
    UNKNOWN_PERSON = "unknown_person"


async def person_with_terms(email: str, city: CitySettings, *, people: PeopleBooks) -> PersonId:
    """The person of that address (lower case); an unknown one is entered, with the current terms accepted."""
    found = await people.find(email)
    if found is not None:
        return found
    entered = await people.enter(email, city.languages[0])
    await people.accept(entered, city.terms)
    return entered


async def grant_role(
    email: str, grant: Grant, city: CitySettings, *, people: PeopleBooks, staff: StaffBooks
) -> bool | Refusal[NotGrantable]:
    """Grant the role, to an unknown address too: its owner accepts the terms at the first sign-in.

    False if it was granted before.
    """
    decided = granted(grant, await staff.pools())
    if isinstance(decided, Refusal):
        return decided
    person = await people.find(email) or await people.enter(email, city.languages[0])
    return await staff.grant(person, decided)


async def revoke_role(email: str, grant: Grant, *, people: PeopleBooks, staff: StaffBooks) -> bool | Refusal[NoStaff]:
    """Take exactly this grant back; false if the person does not hold it."""
    person = await people.find(email)
    return Refusal(NoStaff.UNKNOWN_PERSON) if person is None else await staff.revoke(person, grant)


async def revoke_role_of(
    person: PersonId, grant: Grant, *, people: PeopleBooks, staff: StaffBooks
) -> bool | Refusal[NoStaff]:
    """`revoke_role`, by the person's id."""
    return await staff.revoke(person, grant) if await people.knows(person) else Refusal(NoStaff.UNKNOWN_PERSON)
