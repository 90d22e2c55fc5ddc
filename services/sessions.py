"""Ending what sign-in began. For whoever takes a role away, erases a person, or lets one sign out everywhere."""

from typing import Protocol

from domain.identity import PersonId


class Sessions(Protocol):
    """Open in one city, in the caller's transaction: what ends here ends with everything else that is recorded there.

    Every process of the API learns of it within seconds (sixty at the very most), and at once where it happened.
    """

    async def outdate(self, person_id: PersonId) -> None:
        """Access tokens issued until now stop counting; sessions go on, and get tokens with the roles of the day."""

    async def end_all(self, person_id: PersonId) -> None:
        """End every session: no token issued until now counts, no refresh token is taken any more."""

    async def forget(self, person_id: PersonId) -> None:
        """`end_all`, and forget how the person signed in: sessions, identities, codes. Before the address is gone."""
