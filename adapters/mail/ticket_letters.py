"""Letters that somebody has to see to a charging station."""

from datetime import datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.mail.composing import RESERVED_DOMAIN
from adapters.mail.signed import language_of, signed
from domain.charging.faults.faults import FaultKind
from domain.charging.faults.tickets import Severity, Why
from services.charging.faults.letters import Compose, TicketNotice
from services.notices.ports import Holder, Message


class _Words(Struct, frozen=True):
    """Templates for `str.format`."""

    subject: str
    subject_alone: str
    body: str
    says: str
    evse: str
    kinds: dict[FaultKind, str]
    why: dict[Why, str]
    by_hand: str
    there: str
    reads: str
    severities: dict[Severity, str]


WORDS = {
    "de": _Words(
        subject="Störung: {point}, {kind}",
        subject_alone="Störung: {kind}",
        body="an der Ladestation {point}, {place}, gibt es eine Störung: {kind}, seit {at}. {why} Bitte kümmern Sie sich darum und "
        "vermerken Sie in der Meldung, was daraus wird.",
        says="Die Station sagt: {says}",
        evse="{station}, Ladepunkt {evse}",
        kinds={
            FaultKind.OUT_OF_ORDER: "außer Betrieb",
            FaultKind.WARNING: "meldet einen Fehler",
            FaultKind.EVENT: "meldet ein Ereignis",
            FaultKind.SILENT: "keine Verbindung",
            FaultKind.ORDER_FAILED: "führt Aufträge nicht aus",
            FaultKind.METER: "signierte Messwerte stimmen nicht",
        },
        why={
            Why.LASTED: "Sie hält an.",
            Why.REPEATED: "Sie ist in kurzer Zeit mehrmals aufgetreten.",
            Why.AT_ONCE: "Die Energie des Ladevorgangs wurde nicht abgerechnet.",
        },
        by_hand="es gibt eine neue Störungsmeldung: {title}. Dringlichkeit: {severity}.{there} Bitte kümmern Sie sich darum und vermerken "
        "Sie in der Meldung, was daraus wird.",
        there=" Ort: Ladestation {point}, {place}.",
        reads="In der Meldung steht: {says}",
        severities={
            Severity.LOW: "niedrig",
            Severity.MEDIUM: "mittel",
            Severity.HIGH: "hoch",
            Severity.CRITICAL: "kritisch",
        },
    ),
    "en": _Words(
        subject="Fault: {point}, {kind}",
        subject_alone="Fault: {kind}",
        body="something is wrong with the charging station {point}, {place}: {kind}, since {at}. {why} Please see to it, and note in the "
        "ticket what becomes of it.",
        says="The station says: {says}",
        evse="{station}, EVSE {evse}",
        kinds={
            FaultKind.OUT_OF_ORDER: "out of order",
            FaultKind.WARNING: "tells an error",
            FaultKind.EVENT: "tells an event",
            FaultKind.SILENT: "no connection",
            FaultKind.ORDER_FAILED: "does not do as it is told",
            FaultKind.METER: "signed meter values speak against themselves",
        },
        why={
            Why.LASTED: "It lasts.",
            Why.REPEATED: "It has come several times within a short time.",
            Why.AT_ONCE: "The session's energy was not billed.",
        },
        by_hand="there is a new ticket: {title}. Severity: {severity}.{there} Please see to it, and note in the ticket what becomes of it.",
        there=" Place: charging station {point}, {place}.",
        reads="The ticket reads: {says}",
        severities={
            Severity.LOW: "low",
            Severity.MEDIUM: "medium",
            Severity.HIGH: "high",
            Severity.CRITICAL: "critical",
        },
    ),
}


def ticket_composer(domain: str = RESERVED_DOMAIN) -> Compose:
    """Compose letters that come from the cities' mailboxes at this domain."""
    return partial(message, domain=domain)


def message(notice: TicketNotice, to: Holder, message_id: UUID, at: datetime, domain: str) -> Message:
    """Pure: the same again gives the same message."""
    language, city = language_of(to), notice.settings
    words = WORDS[language.code]
    point = words.evse.format(station=notice.station, evse=notice.evse) if notice.evse else notice.station
    what = words.kinds[notice.kind] if notice.kind is not None else str(notice.title)
    if notice.kind is not None:
        began = language.instant(notice.began_at.astimezone(ZoneInfo(city.time_zone)))
        said = words.body.format(point=point, place=notice.place, kind=what, at=began, why=words.why[notice.why])
    else:
        there = words.there.format(point=point, place=notice.place) if point else ""
        said = words.by_hand.format(title=what, severity=words.severities[notice.severity], there=there)
    parts = [said]
    if notice.says:
        parts.append((words.says if notice.kind is not None else words.reads).format(says=notice.says))
    subject = words.subject.format(point=point, kind=what) if point else words.subject_alone.format(kind=what)
    return signed(notice, to, message_id, at, domain, subject=subject, parts=parts)
