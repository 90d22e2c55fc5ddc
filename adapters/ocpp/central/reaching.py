"""Whether the central system answers where stations call it, without being one."""

import asyncio
import ssl
from urllib.parse import urlsplit

from adapters.ocpp.central.doors import WHERE

PATIENCE_S = 5.0
MOST = 4096


class NotReached(Exception):
    """Nobody answers there, or somebody else; the message says which."""


async def reached(url: str) -> str:
    """How it answered at `ws://host:port` or `wss://host:port`. Whom its certificate is for is not looked at. Raises NotReached."""
    address = urlsplit(url)
    secured = address.scheme == "wss"
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _asked(address.hostname or "", address.port or (443 if secured else 80), secured=secured)
    except TimeoutError as late:
        raise NotReached("nobody answers in time") from late
    except (OSError, ValueError) as problem:
        raise NotReached(str(problem)) from problem


async def _asked(host: str, port: int, *, secured: bool) -> str:
    context = None
    if secured:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # files say whose it is and until when
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        writer.write(f"GET /ocpp HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        said = await _until_it_ends(reader)
    finally:
        writer.close()
    if secured and not said:
        return "hangs up on whoever shows no certificate, as where stations are to have one"
    if WHERE.encode() not in said:
        raise NotReached("somebody answers, but not the central system")
    return "answers"


async def _until_it_ends(reader: asyncio.StreamReader) -> bytes:
    """Nothing where it ends in an alert of TLS."""
    said = b""
    try:
        while len(said) < MOST and (more := await reader.read(MOST)):
            said += more
    except ssl.SSLError:
        return said
    return said
