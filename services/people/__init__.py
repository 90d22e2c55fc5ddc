"""The people of a city, as others need to know of them."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from domain.identity import City, PersonId

Knows: TypeAlias = Callable[[City, PersonId], Awaitable[bool]]
"""Whether the city knows the person: nobody books for somebody who does not exist."""
