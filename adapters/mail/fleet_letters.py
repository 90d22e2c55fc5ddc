"""Letters that somebody has to see to something of a fleet: a vehicle's papers, a driver's licence, a lock that says nothing, a
damage, a logbook."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.mail.composing import RESERVED_DOMAIN
from adapters.mail.signed import language_of, signed
from domain.booking.keys import KeyAction
from domain.fleet.damages import DamageKind, DamagePlace, Severity
from domain.fleet.documents import DocumentKind
from services.fleet.letters import Compose, DamageNotice, LicenceNotice, LockNotice, Notice, PapersNotice, TripNotice
from services.notices.ports import Holder, Message


class _Words(Struct, frozen=True):
    """Templates for `str.format`."""

    papers_subject: str
    papers: str
    ends: str
    ended: str
    off_the_road: str
    kinds: dict[DocumentKind, str]
    licence_subject: str
    licence: str
    licence_over: str
    lock_subject: str
    lock: str
    actions: dict[KeyAction, str]
    damage_subject: str
    damage: str
    withdrawn: str
    places: dict[DamagePlace, str]
    damages: dict[DamageKind, str]
    severities: dict[Severity, str]
    trip_subject: str
    trip_due: str
    trip_overdue: str
    missing: dict[str, str]


WORDS = {
    "de": _Words(
        papers_subject="{vehicle}: {what} läuft ab",
        papers="für das Fahrzeug {vehicle} ist etwas zu tun:",
        ends="- {what}: gilt bis {day}",
        ended="- {what}: seit {day} abgelaufen",
        off_the_road="Buchungen, die nach dem ersten dieser Tage enden, nimmt das Fahrzeug nicht an, bis der neue Nachweis "
        "eingetragen ist.",
        kinds={
            DocumentKind.HU: "Hauptuntersuchung",
            DocumentKind.UVV: "UVV-Prüfung",
            DocumentKind.INSURANCE: "Versicherung",
            DocumentKind.REGISTRATION: "Zulassung",
        },
        licence_subject="Führerscheinkontrolle: {driver}",
        licence="die Führerscheinkontrolle von {driver} gilt bis {day}. Bitte legen Sie den Führerschein bis dahin wieder "
        "vor; ohne gültige Kontrolle gibt es keinen Schlüssel (§ 21 StVG).",
        licence_over="die Führerscheinkontrolle von {driver} ist am {day} abgelaufen. Bis der Führerschein wieder vorgelegt "
        "wurde, gibt es keinen Schlüssel (§ 21 StVG).",
        lock_subject="{vehicle}: Das Schloss antwortet nicht",
        lock="das Schloss des Fahrzeugs {vehicle} sollte am {at} {action} und hat auch auf mehrfaches Nachfragen nicht "
        "geantwortet. Ob das Fahrzeug offen ist, ist nicht bekannt. Bitte sehen Sie nach; von selbst wird das Schloss nicht "
        "mehr gefragt.",
        actions={KeyAction.UNLOCK: "öffnen", KeyAction.LOCK: "schließen"},
        damage_subject="{vehicle}: Schaden gemeldet ({kind})",
        damage="am {at} wurde für das Fahrzeug {vehicle} ein Schaden gemeldet: {kind}, {place}, {severity}. Bitte sehen Sie ihn sich "
        "an und vermerken Sie, was daraus wird.",
        withdrawn="Das Fahrzeug gilt als nicht fahrbereit und wird bis dahin nicht verliehen.",
        places={
            DamagePlace.FRONT: "vorn",
            DamagePlace.REAR: "hinten",
            DamagePlace.LEFT: "links",
            DamagePlace.RIGHT: "rechts",
            DamagePlace.ROOF: "am Dach",
            DamagePlace.GLASS: "an den Scheiben",
            DamagePlace.WHEELS: "an den Rädern",
            DamagePlace.INTERIOR: "im Innenraum",
            DamagePlace.CARGO: "im Laderaum",
            DamagePlace.UNDERBODY: "am Unterboden",
            DamagePlace.OTHER: "an anderer Stelle",
        },
        damages={
            DamageKind.SCRATCH: "Kratzer",
            DamageKind.DENT: "Delle",
            DamageKind.BROKEN: "Bruch",
            DamageKind.MISSING: "etwas fehlt",
            DamageKind.TYRE: "Reifenschaden",
            DamageKind.BRAKES: "Bremsen",
            DamageKind.LIGHTS: "Beleuchtung",
            DamageKind.ELECTRICAL: "Elektrik",
            DamageKind.SOILED: "Verschmutzung",
            DamageKind.OTHER: "anderes",
        },
        severities={Severity.MINOR: "leicht", Severity.MODERATE: "mittel", Severity.SEVERE: "schwer"},
        trip_subject="Fahrtenbuch: {vehicle}, {day}",
        trip_due="im Fahrtenbuch fehlt zu Ihrer Fahrt mit {vehicle} am {day} noch: {missing}. Bitte ergänzen Sie das bis "
        "{last_day}; was später kommt, gilt als verspätet.",
        trip_overdue="die Fahrt von {driver} mit {vehicle} am {day} war bis {last_day} im Fahrtenbuch zu ergänzen und ist seither "
        "gekennzeichnet. Es fehlt: {missing}.",
        missing={
            "odometer_start": "Kilometerstand bei Beginn",
            "odometer_end": "Kilometerstand bei Ende",
            "kind": "Art der Fahrt",
            "destination": "Ziel",
            "purpose": "Zweck",
        },
    ),
    "en": _Words(
        papers_subject="{vehicle}: {what} runs out",
        papers="something has to be done for the vehicle {vehicle}:",
        ends="- {what}: counts until {day}",
        ended="- {what}: over since {day}",
        off_the_road="Bookings that end after the first of these days are not taken for the vehicle until the new paper is "
        "entered.",
        kinds={
            DocumentKind.HU: "general inspection (HU)",
            DocumentKind.UVV: "safety inspection (UVV)",
            DocumentKind.INSURANCE: "insurance",
            DocumentKind.REGISTRATION: "registration",
        },
        licence_subject="Licence check: {driver}",
        licence="the check of {driver}'s driving licence counts until {day}. Please show the licence again by then; without "
        "a check that counts there is no key (§ 21 StVG).",
        licence_over="the check of {driver}'s driving licence was over on {day}. Until the licence was shown again there is "
        "no key (§ 21 StVG).",
        lock_subject="{vehicle}: the lock does not answer",
        lock="the lock of the vehicle {vehicle} was told on {at} to {action}, and has said nothing since, however often it was "
        "asked. Whether the vehicle is open is not known. Please have a look; the lock is not asked any more by itself.",
        actions={KeyAction.UNLOCK: "open", KeyAction.LOCK: "close"},
        damage_subject="{vehicle}: damage reported ({kind})",
        damage="on {at} a damage of the vehicle {vehicle} was reported: {kind}, {place}, {severity}. Please have a look at it and note "
        "what becomes of it.",
        withdrawn="The vehicle counts as not drivable and is not lent until then.",
        places={
            DamagePlace.FRONT: "at the front",
            DamagePlace.REAR: "at the rear",
            DamagePlace.LEFT: "on the left",
            DamagePlace.RIGHT: "on the right",
            DamagePlace.ROOF: "on the roof",
            DamagePlace.GLASS: "on the glass",
            DamagePlace.WHEELS: "on the wheels",
            DamagePlace.INTERIOR: "inside",
            DamagePlace.CARGO: "in the cargo space",
            DamagePlace.UNDERBODY: "on the underbody",
            DamagePlace.OTHER: "elsewhere",
        },
        damages={
            DamageKind.SCRATCH: "scratch",
            DamageKind.DENT: "dent",
            DamageKind.BROKEN: "something broken",
            DamageKind.MISSING: "something missing",
            DamageKind.TYRE: "tyre",
            DamageKind.BRAKES: "brakes",
            DamageKind.LIGHTS: "lights",
            DamageKind.ELECTRICAL: "electrical fault",
            DamageKind.SOILED: "soiled",
            DamageKind.OTHER: "something else",
        },
        severities={Severity.MINOR: "minor", Severity.MODERATE: "moderate", Severity.SEVERE: "severe"},
        trip_subject="Logbook: {vehicle}, {day}",
        trip_due="the logbook does not say yet of your trip with {vehicle} on {day}: {missing}. Please complete it by {last_day}; "
        "what comes later counts as late.",
        trip_overdue="the trip of {driver} with {vehicle} on {day} was to be completed in the logbook by {last_day}, and is "
        "flagged since then. Missing: {missing}.",
        missing={
            "odometer_start": "odometer at the start",
            "odometer_end": "odometer at the end",
            "kind": "kind of trip",
            "destination": "destination",
            "purpose": "purpose",
        },
    ),
}


def fleet_composer(domain: str = RESERVED_DOMAIN) -> Compose:
    """Compose letters that come from the cities' mailboxes at this domain."""
    return partial(message, domain=domain)


def message(notice: Notice, to: Holder, message_id: UUID, at: datetime, domain: str) -> Message:
    """Pure: the same again gives the same message."""
    language = language_of(to)
    words = WORDS[language.code]
    if isinstance(notice, PapersNotice):
        subject, parts = _papers(notice, words, language.day)
    elif isinstance(notice, LockNotice):
        subject, parts = _lock(notice, words, language.instant)
    elif isinstance(notice, DamageNotice):
        subject, parts = _damage(notice, words, language.instant)
    elif isinstance(notice, TripNotice):
        subject, parts = _trip(notice, words, language.day)
    else:
        subject, parts = _licence(notice, words, language.day)
    return signed(notice, to, message_id, at, domain, subject=subject, parts=parts)


def _papers(notice: PapersNotice, words: _Words, day: Callable[[date], str]) -> tuple[str, list[str]]:
    what = ", ".join(words.kinds[due.kind] for due in notice.due)
    lines = [
        (words.ended if due.last_day < notice.today else words.ends).format(
            what=words.kinds[due.kind], day=day(due.last_day)
        )
        for due in notice.due
    ]
    parts = [words.papers.format(vehicle=_named(notice)), "\n".join(lines), words.off_the_road]
    return words.papers_subject.format(vehicle=_named(notice), what=what), parts


def _lock(notice: LockNotice, words: _Words, instant: Callable[[datetime], str]) -> tuple[str, list[str]]:
    at = instant(notice.asked_at.astimezone(ZoneInfo(notice.settings.time_zone)))
    said = words.lock.format(vehicle=_named(notice), at=at, action=words.actions[notice.action])
    return words.lock_subject.format(vehicle=_named(notice)), [said]


def _damage(notice: DamageNotice, words: _Words, instant: Callable[[datetime], str]) -> tuple[str, list[str]]:
    said = words.damage.format(
        at=instant(notice.reported_at.astimezone(ZoneInfo(notice.settings.time_zone))),
        vehicle=_named(notice),
        kind=words.damages[notice.kind],
        place=words.places[notice.place],
        severity=words.severities[notice.severity],
    )
    subject = words.damage_subject.format(vehicle=_named(notice), kind=words.damages[notice.kind])
    return subject, [said, words.withdrawn] if notice.withdraws else [said]


def _trip(notice: TripNotice, words: _Words, day: Callable[[date], str]) -> tuple[str, list[str]]:
    said = (words.trip_overdue if notice.driver else words.trip_due).format(
        driver=notice.driver,
        vehicle=_named(notice),
        day=day(notice.day),
        last_day=day(notice.last_day),
        missing=", ".join(words.missing[name] for name in notice.missing),
    )
    return words.trip_subject.format(vehicle=_named(notice), day=day(notice.day)), [said]


def _named(notice: PapersNotice | LockNotice | DamageNotice | TripNotice) -> str:
    return f"{notice.vehicle} ({notice.plate})" if notice.plate else notice.vehicle


def _licence(notice: LicenceNotice, words: _Words, day: Callable[[date], str]) -> tuple[str, list[str]]:
    said = words.licence_over if notice.last_day < notice.today else words.licence
    parts = [said.format(driver=notice.driver, day=day(notice.last_day))]
    return words.licence_subject.format(driver=notice.driver), parts
