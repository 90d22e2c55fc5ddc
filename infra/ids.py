"""The one place that makes ids, and keys of charging stations."""

import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): ordered by time, so that an index grows at its end.

    The twelve bits behind the version are the fraction of the millisecond (section 6.2, method 3): what one process makes
    one after the other sorts that way, as the lines of an audit at one instant do. Made here and not by PostgreSQL's
    `uuidv7()`, which came with version 18: version 15 must do.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64 | int.from_bytes(os.urandom(8), "big")
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_station_key() -> str:
    """OCPP's longest: 20 bytes as 40 hexadecimal digits (security white paper, A05; 2.0.1 part 2, BasicAuthPassword)."""
    return secrets.token_hex(20)
