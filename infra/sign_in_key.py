"""What is derived under a key that lies outside the database: codes and refresh tokens (decision 0024), the addresses of
calendar feeds, and the links of whoever charges without an account."""

import base64
import binascii
import hmac
from uuid import UUID

from domain.booking.bookings import BookingId
from domain.fleet.feeds import FeedId
from domain.identity import City, PersonId
from domain.sign_in.sessions import SessionId

SHORTEST = 32  # bytes
LENGTH = 16 + 4 + 32  # of a refresh token: session, generation, seal
FEED_LENGTH = 16 + 32  # of a feed's, or a charge's: its id, seal


class SignInKey:
    """Derives the same from the same. Without it a copy of the database opens no session."""

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST:
            raise ValueError(f"a key has {SHORTEST} bytes at least")
        self._key = key

    def code(self, city: City, code_id: object) -> str:
        """Six digits; a number of 256 bits modulo a million favours none of them."""
        return f"{int.from_bytes(self._seal('code', city, str(code_id).encode())) % 1_000_000:06}"

    def refresh_token(self, city: City, session_id: SessionId, generation: int) -> str:
        content = session_id.bytes + generation.to_bytes(4)
        return _written(content + self._seal("refresh", city, content))

    def session(self, city: City, refresh_token: str) -> tuple[SessionId, int] | None:
        found = _read(refresh_token)
        content, seal = found[:20], found[20:]
        if len(found) != LENGTH or not hmac.compare_digest(seal, self._seal("refresh", city, content)):
            return None
        return SessionId(UUID(bytes=content[:16])), int.from_bytes(content[16:])

    def feed_token(self, city: City, feed_id: FeedId) -> str:
        return _written(feed_id.bytes + self._seal("feed", city, feed_id.bytes))

    def feed(self, city: City, token: str) -> FeedId | None:
        found = _read(token)
        if len(found) != FEED_LENGTH or not hmac.compare_digest(found[16:], self._seal("feed", city, found[:16])):
            return None
        return FeedId(UUID(bytes=found[:16]))

    def guest(self, city: City, key: str) -> PersonId:
        """Whoever comes with that key, without an account."""
        return PersonId(UUID(bytes=self._seal("guest", city, key.encode())[:16], version=4))

    def charge_link(self, city: City, booking_id: BookingId) -> str:
        return _written(booking_id.bytes + self._seal("charge", city, booking_id.bytes))

    def charge(self, city: City, link: str) -> BookingId | None:
        found = _read(link)
        if len(found) != FEED_LENGTH or not hmac.compare_digest(found[16:], self._seal("charge", city, found[:16])):
            return None
        return BookingId(UUID(bytes=found[:16]))

    def _seal(self, purpose: str, city: City, content: bytes) -> bytes:
        """No city's name has a NUL in it, so no two purposes, cities and contents run into one another."""
        return hmac.digest(self._key, f"kommobil\0{purpose}\0{city}\0".encode() + content, "sha256")


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _read(token: str) -> bytes:
    """Nothing where it is no base64."""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
