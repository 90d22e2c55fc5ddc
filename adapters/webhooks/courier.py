"""Delivers messages over HTTP, and only to where they may go.

A subscription's address is chosen by a person and looked up at every delivery, so it might lead into our own network:
each address that a name has is looked at, and the connection goes to one that was looked at. No redirect is followed.
"""

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpcore
from httpcore import AsyncNetworkBackend, AsyncNetworkStream

from services.subscriptions.ports import Message, NotDelivered

Network: TypeAlias = IPv4Network | IPv6Network
IpAddress: TypeAlias = IPv4Address | IPv6Address

TIMEOUT_S = 10.0  # for each step
LONGEST_S = 20.0  # for all of them
TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_S)
CONNECTIONS = 20


class _NotAllowed(httpcore.ConnectError):
    """The name leads to where nothing may be sent."""


class _Guarded(AsyncNetworkBackend):
    """Connects to addresses of the public internet, and of the networks that the installation names."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
        addresses = sorted({str(place[4][0]) for place in found})
        if not addresses or not all(self._allows(ip_address(address.partition("%")[0])) for address in addresses):
            raise _NotAllowed("the address is not public, and not in a network that the installation allows")
        return await self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_args: Any, **_kwargs: Any) -> AsyncNetworkStream:
        raise _NotAllowed("no sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def _allows(self, address: IpAddress) -> bool:
        plain = getattr(address, "ipv4_mapped", None) or address
        named = any(plain.version == network.version and plain in network for network in self._networks)
        return named or (plain.is_global and not plain.is_multicast)

    def allows_plain(self, host: str) -> bool:
        """Without TLS only to an address, given as such, in a network that the installation names."""
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address.version == network.version and address in network for network in self._networks)


class HttpCourier:
    """`networks` are where messages may go besides the public internet: the city's own systems."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._guarded = _Guarded(networks)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=30,
            network_backend=self._guarded,
        )

    async def deliver(self, message: Message) -> int:
        parts = urlsplit(message.url)
        if parts.scheme != "https" and not self._guarded.allows_plain(parts.hostname or ""):
            raise NotDelivered("only https, except to the networks that the installation allows")
        try:
            async with asyncio.timeout(LONGEST_S):
                async with self._pool.stream(
                    "POST",
                    message.url,
                    headers=[("user-agent", "kommobil"), *message.headers.items()],
                    content=message.body,
                    extensions={"timeout": TIMEOUTS},
                ) as answer:
                    return int(answer.status)
        except _NotAllowed as error:
            raise NotDelivered(str(error)) from error
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise NotDelivered("no answer in time") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise NotDelivered(f"no connection: {type(error).__name__}") from error

    async def close(self) -> None:
        await self._pool.aclose()
