"""Addresses that a city gives, with a place in them for what they are about."""

from urllib.parse import quote
from uuid import UUID

CODE, BOOKING, SESSION = "{code}", "{booking}", "{session}"


def is_https(address: str) -> bool:
    return address.startswith("https://")


def link_of(booking_link: str | None, code: str) -> str:
    """Where somebody who reads the code is led; the code itself, which apps know, where the city has no link."""
    return booking_link.replace(CODE, quote(code, safe="")) if booking_link is not None else code


def link_to(meter_values_link: str | None, session_id: UUID) -> str | None:
    """Where the signed values of a charging session are shown, if the city has a place for them."""
    return meter_values_link.replace(SESSION, str(session_id)) if meter_values_link is not None else None
