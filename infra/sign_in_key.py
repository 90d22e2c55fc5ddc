"""What signing in derives under a key that lies outside the database: codes and refresh tokens (decision 0024)."""

import base64
import binascii
import hmac
from uuid import UUID

from domain.identity import City
from domain.sign_in.sessions import SessionId

SHORTEST = 32  # bytes
LENGTH = 16 + 4 + 32  # of a refresh token: session, generation, seal


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
        return base64.urlsafe_b64encode(content + self._seal("refresh", city, content)).decode().rstrip("=")

    def session(self, city: City, refresh_token: str) -> tuple[SessionId, int] | None:
        try:
            found = base64.b64decode(refresh_token + "=" * (-len(refresh_token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, seal = found[:20], found[20:]
        if len(found) != LENGTH or not hmac.compare_digest(seal, self._seal("refresh", city, content)):
            return None
        return SessionId(UUID(bytes=content[:16])), int.from_bytes(content[16:])

    def _seal(self, purpose: str, city: City, content: bytes) -> bytes:
        """No city's name has a NUL in it, so no two purposes, cities and contents run into one another."""
        return hmac.digest(self._key, f"kommobil\0{purpose}\0{city}\0".encode() + content, "sha256")
