"""From which address a request comes, where proxies stand before us."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

FORWARDED = b"x-forwarded-for"
MOST_HOPS = 16


class Callers:
    """Believes `X-Forwarded-For` from trusted proxies only, and of it only what they have written themselves."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """`trusted` are addresses or networks such as 10.0.0.0/8. Raises ValueError for anything else."""
        self._trusted: tuple[IPv4Network | IPv6Network, ...] = tuple(map(ip_network, trusted))
        self._trusts = lru_cache(maxsize=1024)(self._is_trusted)

    def address(self, scope: Any) -> str:
        """The nearest address that is not a trusted proxy's; the peer's own where no proxy is trusted."""
        client = scope.get("client")
        peer = client[0] if client else ""
        if not self._trusted or not self._trusts(peer):
            return str(peer)
        forwarded = b",".join(value for name, value in scope["headers"] if name == FORWARDED)
        hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",")]
        for hop in reversed(hops[-MOST_HOPS:]):
            if not _is_address(hop):
                break  # whatever stands before it was written by who knows whom
            peer = hop
            if not self._trusts(hop):
                break
        return str(peer)

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
