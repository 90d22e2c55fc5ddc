"""Whether a payload is what its version's schema says, and what PostgreSQL can keep."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ocpp.messages import get_validator
from ocpp.v16.enums import Action as Action16
from ocpp.v201.enums import Action as Action201

from adapters.ocpp.central.frames import CALL, RESULT, Code, Fault, Payload
from domain.charging.stations import Version

_NAMES = {Version.OCPP_16: "1.6", Version.OCPP_201: "2.0.1"}
ACTIONS = {
    Version.OCPP_16: frozenset(each.value for each in Action16),
    Version.OCPP_201: frozenset(each.value for each in Action201),
}
"""What a version knows, whoever says it."""
_CODES = {
    "type": Code.TYPE,
    "required": Code.OCCURRENCE,
    "minItems": Code.OCCURRENCE,
    "maxItems": Code.OCCURRENCE,
    "additionalProperties": Code.FORMAT,
}
"""By the schema's keyword; any other is about a value."""
LARGEST = 2**31 - 1
"""OCPP's integers have 32 bits (2.0.1 part 2, section 2.1.1)."""


def check_call(action: str, payload: Payload, version: Version) -> None:
    """Raises Fault."""
    _check(get_validator(CALL, action, _NAMES[version], Decimal), payload)


def check_result(action: str, payload: Payload, version: Version) -> None:
    """The answer to such a call. Raises Fault."""
    _check(get_validator(RESULT, action, _NAMES[version], Decimal), payload)


def _check(schema: Any, payload: Payload) -> None:
    _keepable(payload)
    wrong = next(schema.iter_errors(payload), None)
    if wrong is not None:
        where = ".".join(str(step) for step in wrong.absolute_path)
        raise Fault(
            _CODES.get(str(wrong.validator), Code.PROPERTY), f"{where}: {wrong.message}" if where else wrong.message
        )


def _keepable(value: object) -> None:
    """Raises Fault where PostgreSQL would."""
    if isinstance(value, str):
        if "\x00" in value:
            raise Fault(Code.PROPERTY, "a text has no zero characters")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise Fault(Code.PROPERTY, "an integer has 32 bits")
    elif isinstance(value, dict | list):
        parts: Iterable[object] = (*value.keys(), *value.values()) if isinstance(value, dict) else value
        for part in parts:
            _keepable(part)
