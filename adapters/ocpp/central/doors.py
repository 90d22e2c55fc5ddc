"""Who is let in: `let_in(connection, request)` refuses before the WebSocket is opened, or writes down who has shown what.

OCPP-J 1.6 and 2.0.1 part 4, section 3; security profiles by the white paper on 1.6 and 2.0.1 part 2, A00. Each door has one
profile, and a station never comes through a lower one than it has come through before.
"""

import base64
import hmac
import http
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from ssl import SSLObject
from typing import Any, TypeAlias
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from msgspec import Struct
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from domain.charging.stations import Identity, SecurityProfile, StationAt, Version, may_enter
from domain.identity import City
from services.calls import Unavailable
from services.charging.central.ports import Knock, Stations

Turn: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]

PATH = re.compile(r"/ocpp/([a-z0-9-]{1,60})/([^/?#]{1,150})/?")
LONGEST_IDENTITY = 48
WHERE = "stations call /ocpp/{city}/{identity}\n"


class Guest(Struct, frozen=True):
    """Who has shown to be a station, by the key of which digest; `profile` is the door's."""

    at: StationAt
    profile: SecurityProfile
    digest: str | None


class Doorkeeper:
    """Of one door."""

    def __init__(self, profile: SecurityProfile, stations: Stations, turn: Turn) -> None:
        self._profile, self._stations, self._turn = profile, stations, turn
        self._guests: WeakKeyDictionary[ServerConnection, Guest] = WeakKeyDictionary()

    async def let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        """The refusal, if it is one."""
        path = PATH.fullmatch(request.path)
        identity = unquote(path[2]) if path else ""
        if path is None or not 0 < len(identity) <= LONGEST_IDENTITY or "\x00" in identity:
            return connection.respond(http.HTTPStatus.NOT_FOUND, WHERE)
        digests: tuple[str, ...] = ()
        if self._profile is not SecurityProfile.CERTIFICATE:
            digests = _digests(request, identity)
            if not digests:  # whoever shows nothing is worth no look at the database
                return _unknown_key(connection)
        try:
            async with self._turn():
                knock = await self._stations.knock(City(path[1]), Identity(identity))
        except Unavailable:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "please come back later\n")
        if knock is None:
            return connection.respond(http.HTTPStatus.NOT_FOUND, "there is no such station\n")
        if not may_enter(knock.credentials.profile, self._profile):
            return connection.respond(http.HTTPStatus.FORBIDDEN, "this station has to come better secured\n")
        return self._shown(connection, knock, digests)

    def guest(self, connection: ServerConnection) -> Guest:
        """Whoever was let in over this connection."""
        return self._guests.pop(connection)

    def _shown(self, connection: ServerConnection, knock: Knock, digests: Sequence[str]) -> Response | None:
        known = [each for each in knock.credentials.digests if any(hmac.compare_digest(each, one) for one in digests)]
        if not digests:
            if knock.credentials.certificate_name not in _names(connection.transport.get_extra_info("ssl_object")):
                return connection.respond(http.HTTPStatus.FORBIDDEN, "the certificate is another station's\n")
        elif not known:
            return _unknown_key(connection)
        self._guests[connection] = Guest(knock.at, self._profile, known[0] if known else None)
        return None


def spoken_with(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first version of those that the station names which is spoken here; without one the handshake is completed all the same,
    and the connection closed (OCPP-J 1.6, 3.1.2)."""
    return next((each for each in offered if each in {version.value for version in Version}), None)


def digest_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _digests(request: Request, identity: str) -> tuple[str, ...]:
    """Of the key that was shown, if it was under the station's own name: as it stands there, and as the hexadecimal digits of what stands
    there. A key is told as digits; of 1.6 stations some show these, and some the bytes that they stand for, as OCPP has it (1.6-J, 6.2;
    security white paper, A00.FR.205; OCA's test TC_085)."""
    try:
        scheme, _, shown = request.headers["Authorization"].partition(" ")
        user, colon, key = base64.b64decode(shown.strip(), validate=True).partition(b":")
    except (LookupError, ValueError):
        return ()
    if scheme.lower() != "basic" or not colon or not hmac.compare_digest(user, identity.encode()):
        return ()
    return sha256(key).hexdigest(), digest_of(key.hex())


def _unknown_key(connection: ServerConnection) -> Response:
    refusal = connection.respond(http.HTTPStatus.UNAUTHORIZED, "the key is not this station's\n")
    refusal.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
    return refusal


def _names(tls: SSLObject | None) -> frozenset[str]:
    """The common names of whoever has shown a certificate."""
    shown = None if tls is None else tls.getpeercert()
    subject: Any = shown.get("subject", ()) if shown else ()
    return frozenset(value for part in subject for name, value in part if name == "commonName")
