"""Which quantity was read: an OBIS code (IEC 62056-6-1), whose groups OCMF writes in hexadecimal digits.

`1-b:1.8.0`, `1-0:1.8.0` and `01-00:B2.08.00*FF` are energy that was taken; `2.8.0` and `C0` to `C3` are energy that was given
back. `98`, `B1` and `B3` are what reached the vehicle: what the cable lost is off already.
"""

import re

from msgspec import Struct

_CODE = re.compile(
    r"([0-9a-f]{1,2})-([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-9a-f]{1,2})\.([0-9a-f]{1,2})(?:[.*][0-9a-f]{1,3})?"
)
_ELECTRICITY = 0x01
_ENERGY = 0x08
_AT_THE_VEHICLE = frozenset({0x98, 0xB1, 0xB3})
_TAKEN = frozenset({0x01, 0x9E, 0xB0, 0xB2}) | _AT_THE_VEHICLE


class Register(Struct, frozen=True):
    """`code` is as signed. `taken` says that it counts energy taken from the grid, `compensated` without the cable's loss."""

    code: str
    taken: bool = False
    compensated: bool = False


def register(code: str) -> Register:
    """A code that says nothing to us is of nothing that is billed."""
    found = _CODE.fullmatch(code.strip().lower())
    if found is None:
        return Register(code)
    medium, _, quantity, kind, _ = (int(group, 16) for group in found.groups())
    taken = medium == _ELECTRICITY and kind == _ENERGY and quantity in _TAKEN
    return Register(code, taken, taken and quantity in _AT_THE_VEHICLE)
