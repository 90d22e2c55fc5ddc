"""OCPP-J's frames, and the errors that each version answers with: `read(frame, version) -> Call | Result | Error | Unreadable`.

OCPP-J 1.6 section 4, OCPP 2.0.1 part 4 section 4. Unknown message types are ignored in 1.6 and answered in 2.0.1; what has no
legible id is answered under the id -1, which 2.0.1 wants and which no 1.6 station waits for.
"""

import re
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from domain.charging.stations import Version

Payload: TypeAlias = dict[str, Any]

CALL, RESULT, ERROR = 2, 3, 4
NO_ID = "-1"
LONGEST_ID = 36
WORDS_AT_MOST = 255
SAID_AT_MOST = 500

SECRET = re.compile(r"(?i)authorizationkey|password|secret|psk")
"""What settings are called whose values nobody may read in the log."""
HIDDEN = "***"
TOKENS = frozenset({"idTag", "parentIdTag", "idToken", "additionalIdToken"})
TOKEN_SHOWN = 4
"""Characters of a token that are kept: enough to tell cards apart, too few to charge with."""
VALUES = frozenset({"value", "attributeValue", "actualValue"})
DEEPEST = 32
"""Far below what any message has; only nonsense is cut off."""


class Code(StrEnum):
    """By 2.0.1's names; `spelt` says how a version has them."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL = "InternalError"
    SECURITY = "SecurityError"
    FORMAT = "FormatViolation"
    PROPERTY = "PropertyConstraintViolation"
    OCCURRENCE = "OccurrenceConstraintViolation"
    TYPE = "TypeConstraintViolation"
    MESSAGE_TYPE = "MessageTypeNotSupported"
    FRAMEWORK = "RpcFrameworkError"


# Errors in the text of 1.6 that came to stay (errata sheet, section 5), and what came later.
_IN_16 = {
    Code.FORMAT: "FormationViolation",
    Code.OCCURRENCE: "OccurenceConstraintViolation",
    Code.FRAMEWORK: "FormationViolation",
}


class Fault(Exception):
    """A call is answered with an error."""

    def __init__(self, code: Code, words: str = "") -> None:
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words[:WORDS_AT_MOST]


class Call(Struct, frozen=True):
    """`size` is its frame's, in characters."""

    id: str
    action: str
    payload: Payload
    size: int = 0


class Result(Struct, frozen=True):
    id: str
    payload: Payload


class Error(Struct, frozen=True):
    id: str
    code: str
    words: str


class Unreadable(Struct, frozen=True):
    """`fault` is what it is answered with under `id`, None where it is ignored."""

    id: str
    fault: Fault | None


Frame: TypeAlias = Call | Result | Error | Unreadable


def read(frame: str | bytes, version: Version) -> Frame:
    """Whatever it is; nothing is raised."""
    try:
        said = msgspec.json.decode(frame) if isinstance(frame, str) else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        said = None
    if not isinstance(said, list) or not said:
        return Unreadable(NO_ID, Fault(Code.FRAMEWORK, "this is no JSON array"))
    match said:
        case [2, str(name), str(action), dict(payload)] if _is_id(name):
            return Call(name, action, payload, len(frame))
        case [3, str(name), dict(payload)]:
            return Result(name, payload)
        case [4, str(name), str(code), *rest]:
            return Error(name, code, " ".join(each for each in rest if isinstance(each, str)))
    name = said[1] if len(said) > 1 and isinstance(said[1], str) and _is_id(said[1]) else NO_ID
    if said[0] == CALL:
        return Unreadable(name, Fault(Code.FRAMEWORK, 'a call is [2, "id", "action", {}]'))
    if said[0] in (RESULT, ERROR) or version is Version.OCPP_16:
        return Unreadable(name, None)
    return Unreadable(name, Fault(Code.MESSAGE_TYPE, "a message is of type 2, 3 or 4"))


def call(name: str, action: str, payload: Payload) -> str:
    return msgspec.json.encode([CALL, name, action, payload]).decode()


def result(name: str, payload: Payload) -> str:
    return msgspec.json.encode([RESULT, name, payload]).decode()


def error(name: str, fault: Fault, version: Version) -> str:
    return msgspec.json.encode([ERROR, name, spelt(fault.code, version), fault.words, {}]).decode()


def kept(payload: Payload) -> str:
    """JSON that PostgreSQL can keep, which knows no zero characters; without secrets, and with tokens of which only the beginning is shown."""
    return msgspec.json.encode(_masked(payload)).decode().replace("\\u0000", "\\ufffd")


def shown(name: str, value: str) -> str:
    """A setting's value as it may be read."""
    return HIDDEN if value and SECRET.search(name) else value


def legible(said: str | bytes) -> str:
    """The beginning of whatever it was, as PostgreSQL can keep it."""
    words = said if isinstance(said, str) else repr(said)
    return words[:SAID_AT_MOST].replace("\x00", "\ufffd").encode(errors="replace").decode()


def spelt(code: Code, version: Version) -> str:
    return _IN_16.get(code, code.value) if version is Version.OCPP_16 else code.value


def _masked(said: Any, setting: str = "", deep: int = 0) -> Any:
    """`setting` is what the values in there are of: 1.6 names it by `key`, 2.0.1 by `variable`, also above lists of attributes."""
    if deep > DEEPEST:
        return HIDDEN
    if isinstance(said, list):
        return [_masked(each, setting, deep + 1) for each in said]
    if not isinstance(said, dict):
        return said
    match said:
        case {"key": str(setting)} | {"variable": {"name": str(setting)}}:
            pass
    return {name: _field(name, value, setting, deep + 1) for name, value in said.items()}


def _field(name: str, value: Any, setting: str, deep: int) -> Any:
    if isinstance(value, str):
        if name in TOKENS and len(value) > TOKEN_SHOWN:
            return f"{value[:TOKEN_SHOWN]}…"
        return shown(setting, value) if name in VALUES else value
    return _masked(value, setting, deep)


def _is_id(name: str) -> bool:
    return 0 < len(name) <= LONGEST_ID
