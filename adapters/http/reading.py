"""Reading input: bodies, queries and headers become typed values, or a problem that points at the fault."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct

from adapters.http.allowed import words_at
from adapters.http.problems import Fault, Rejected
from domain.periods import Period

T = TypeVar("T")
Q = TypeVar("Q", bound=Struct)
Instant: TypeAlias = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Day: TypeAlias = Annotated[date, Meta(description="RFC 3339 full-date", examples=["2026-12-01"])]
INTEGER = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(r"[-+]?[0-9.eE+-]+")
KEY = re.compile(r"[\x21-\x7e]{1,255}")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
DEEPEST = 32
LONGEST_STRING = 2000  # characters
# Strings as a whole, also one that does not end, so that no text is looked at twice; and what opens and closes.
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
OPENING, CLOSING = (b"[", b"{"), (b"]", b"}")
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
ENDS = (b"0001-01-01", b"9999-12-31")
TOO_FAR = "outside the years 2000 to 2099"
_PATH = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_FIELD = re.compile(r"field `(?P<field>[^`]+)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def body(raw: bytes, wanted: type[T], longest: int = LONGEST_STRING) -> T:
    """A JSON body as a value, whose strings have so many characters at most.

    Raises Rejected: `malformed` (400) where it is no JSON, `invalid_input` (422) else.
    """
    if len(raw) > longest or raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _measure(raw, longest)
    try:
        found = msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        raise Rejected("invalid_input", errors=_faults(raw, wanted) or (fault(str(error), of=wanted),)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Rejected("malformed") from error
    if b"\\u0000" in raw and (faults := tuple(_with_nul(msgspec.json.decode(raw), ""))):
        raise Rejected("invalid_input", errors=faults)
    return between_the_ends(found) if any(end in raw for end in ENDS) else found


def between_the_ends(found: T) -> T:
    """The value, where no day or time in it is the calendar's first or last: the database's driver takes these for
    `infinity`, which nothing reads as a day again. Raises Rejected."""
    if faults := tuple(_at_the_ends(found, "")):
        raise Rejected("invalid_input", errors=faults)
    return found


def _at_the_ends(value: object, pointer: str) -> Iterator[Fault]:
    match value:
        case date() if (value.year, value.month, value.day) in {(1, 1, 1), (9999, 12, 31)}:
            yield Fault(TOO_FAR, pointer=pointer)
        case tuple() | list():
            for index, item in enumerate(value):
                yield from _at_the_ends(item, f"{pointer}/{index}")
        case Struct():
            for name, said in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
                yield from _at_the_ends(getattr(value, name), f"{pointer}/{escaped(said)}")


def _measure(raw: bytes, most: int) -> None:
    """Look at the tokens before any decoder descends. Raises Rejected for what is nested too deep or says too much."""
    depth, longest = 0, b""
    for found in TOKEN.finditer(raw):
        token = found[0]
        if token in OPENING:
            depth += 1
            if depth > DEEPEST:
                raise Rejected("malformed", detail=f"nested deeper than {DEEPEST}")
        elif token in CLOSING:
            depth -= 1
        elif len(token) > len(longest):
            longest = token
    if len(longest) > most + 2 and len(_text(longest)) > most:
        fault = Fault(f"strings have at most {most} characters", pointer="")
        raise Rejected("invalid_input", errors=(fault,))


def _text(token: bytes) -> str:
    """A string of JSON. Raises Rejected for what is none."""
    try:
        return msgspec.json.decode(token, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejected("malformed") from error


def _faults(raw: bytes, wanted: Any) -> tuple[Fault, ...]:
    """All that is wrong with the fields of an object, while a decoder stops at the first."""
    try:
        given = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):  # the first decoder did not come so far
        return ()
    if not isinstance(given, dict) or not (isinstance(wanted, type) and issubclass(wanted, Struct)):
        return ()
    fields = {each.encode_name: each for each in msgspec.structs.fields(wanted)}
    faults: list[Fault] = []
    if wanted.__struct_config__.forbid_unknown_fields:
        faults += [Fault("unknown field", pointer=f"/{escaped(name)}") for name in given if name not in fields]
    for name, each in fields.items():
        if name not in given:
            faults += [Fault("required", pointer=f"/{name}")] if each.required else []
        elif each.type is not msgspec.Raw:
            try:
                msgspec.convert(given[name], each.type)
            except msgspec.ValidationError as error:
                faults.append(fault(str(error), under=f"/{name}", of=each.type))
    return tuple(faults)


def _with_nul(value: Any, pointer: str) -> Iterator[Fault]:
    """Where strings hold what no text in the database can."""
    match value:
        case str() if "\x00" in value:
            yield Fault("strings hold no NUL", pointer=pointer)
        case list():
            for index, item in enumerate(value):
                yield from _with_nul(item, f"{pointer}/{index}")
        case dict():
            for name, item in value.items():
                if "\x00" in name:
                    yield Fault("names hold no NUL", pointer=pointer)
                yield from _with_nul(item, f"{pointer}/{escaped(name)}")


def escaped(name: str) -> str:
    """A step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type says JSON, in the only encoding that JSON travels in (RFC 8259, section 8.1)."""
    media_type, *parameters = (content_type or "").split(";")
    if media_type.strip().lower() != "application/json":
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8", "us-ascii"}:
            return False
    return True


def query(raw: bytes, wanted: type[Q]) -> Q:
    """A query string as a value. A field whose type is a tuple takes a parameter that repeats."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except (UnicodeDecodeError, ValueError) as error:
        raise Rejected("malformed") from error
    many, instants, integers = _repeating(wanted), _instants(wanted), _integers(wanted)
    found: dict[str, Any] = {}
    for name, value in pairs:
        if "\x00" in value:
            raise Rejected("invalid_input", errors=(Fault("no NUL", parameter=name),))
        if name in many:
            found.setdefault(name, []).append(value)
        elif name in instants and NUMBER.fullmatch(value):
            raise Rejected("invalid_input", errors=(Fault("a time is RFC 3339 with an offset", parameter=name),))
        elif name in integers and not INTEGER.fullmatch(value):
            raise Rejected("invalid_input", errors=(Fault("an integer is written in digits", parameter=name),))
        elif name in found:
            raise Rejected("invalid_input", errors=(Fault("given twice", parameter=name),))
        else:
            found[name] = value
    try:
        return msgspec.convert(found, wanted, strict=False)
    except (msgspec.ValidationError, OverflowError, ValueError) as error:
        found_fault = fault(str(error), of=wanted)
        name = (found_fault.pointer or "").strip("/").split("/")[0]
        said = Fault(found_fault.detail, parameter=name or None, allowed=found_fault.allowed)
        raise Rejected("invalid_input", errors=(said,)) from error


@lru_cache(maxsize=64)
def _repeating(wanted: type[Struct]) -> frozenset[str]:
    fields = msgspec.structs.fields(wanted)
    return frozenset(field.encode_name for field in fields if get_origin(_bare(field.type)) is tuple)


def _bare(shape: Any) -> Any:
    return get_args(shape)[0] if get_origin(shape) is Annotated else shape


@lru_cache(maxsize=64)
def _instants(wanted: type[Struct]) -> frozenset[str]:
    """The parameters that are times: msgspec would take a bare number for seconds since 1970."""
    return frozenset(
        field.encode_name for field in msgspec.structs.fields(wanted) if "datetime.datetime" in str(field.type)
    )


@lru_cache(maxsize=64)
def _integers(wanted: type[Struct]) -> frozenset[str]:
    """The parameters that are whole numbers: msgspec would take `1e3` and ` 7` for them."""
    fields = msgspec.structs.fields(wanted)
    return frozenset(field.encode_name for field in fields if _is_integer(field.type))


def _is_integer(shape: Any) -> bool:
    if get_origin(shape) in {Annotated, Union, UnionType}:
        return any(_is_integer(part) for part in get_args(shape))
    return shape is int


def period(start: datetime, end: datetime, *, parameters: bool = False) -> Period:
    """A half-open period in UTC. Raises Rejected where it ends before it starts, or lies outside 2000 to 2100."""

    def no(field: str, detail: str) -> Rejected:
        fault = Fault(detail, parameter=field) if parameters else Fault(detail, pointer=f"/{field}")
        return Rejected("invalid_input", errors=(fault,))

    for field, value in (("start", start), ("end", end)):
        if not EARLIEST <= value < LATEST:
            raise no(field, TOO_FAR)
    if start >= end:
        raise no("end", "the end comes after the start")
    return Period(start.astimezone(UTC), end.astimezone(UTC))


def window(start: datetime, end: datetime) -> Period:
    """`from` and `to` of a query as a period. Raises Rejected, which says their names."""
    try:
        return period(start, end, parameters=True)
    except Rejected as no:
        names = {"start": "from", "end": "to"}
        faults = tuple(Fault(fault.detail, parameter=names[fault.parameter]) for fault in no.more["errors"])
        raise Rejected(no.code, errors=faults) from no


def in_utc(value: datetime, *, pointer: str | None = None, parameter: str | None = None) -> datetime:
    """Raises Rejected for times beyond all that anybody asks for, of which some exist in no other time zone."""
    if not EARLIEST <= value < LATEST:
        raise Rejected("invalid_input", errors=(Fault(TOO_FAR, pointer=pointer, parameter=parameter),))
    return value.astimezone(UTC)


def asked_in_utc(parameter: str, value: datetime | None) -> datetime | None:
    """The same of a parameter that may be left out."""
    return in_utc(value, parameter=parameter) if value is not None else None


def day(value: date, *, parameter: str) -> date:
    """Raises Rejected for days beyond all that anybody asks for."""
    if not EARLIEST.date() <= value < LATEST.date():
        raise Rejected("invalid_input", errors=(Fault(TOO_FAR, parameter=parameter),))
    return value


def in_order(first: date | None, end: date | None) -> None:
    """Raises Rejected where the days `from` and `to` of a query are no stretch of days."""
    if first is not None and end is not None and first >= end:
        raise Rejected("invalid_input", errors=(Fault("the end comes after the start", parameter="to"),))


def idempotency_key(headers: Mapping[str, str]) -> str:
    """The required key. Raises Rejected: `key_missing` where there is none, `key_invalid` where it is not 1 to 255
    visible ASCII characters."""
    key = headers.get("idempotency-key", "")
    if not key:
        raise Rejected("key_missing")
    if not KEY.fullmatch(key):
        raise Rejected("key_invalid")
    return key


def fault(message: str, under: str = "", of: Any = None) -> Fault:
    """What msgspec said of a value, as a fault with a JSON pointer; `under` is where the value stands itself, `of` its type."""
    found = _PATH.search(message)
    detail = message[: found.start()] if found else message
    steps = [name or index for name, index in _STEP.findall(found["path"])] if found else []
    if field := _FIELD.search(detail):
        steps.append(field["field"])
    pointer = "".join(f"/{escaped(step)}" for step in steps)
    allowed = words_at(of, steps) if detail.startswith("Invalid enum value") else ()
    return Fault(detail.replace("`", "'"), pointer=under + pointer, allowed=allowed)
