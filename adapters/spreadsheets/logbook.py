"""A logbook as a file for spreadsheets: every version of every trip, in order."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from adapters.spreadsheets.tables import Cell, csv_blocks, xlsx
from domain.fleet.logbook import state_of
from domain.identity import SYSTEM
from services.fleet.logbook import KnownTrip

TITLES = (
    *("date", "start", "end", "plate", "vehicle", "odometer_start", "odometer_end", "km", "gap_km", "kind"),
    *("start_place", "end_place", "destination", "route", "purpose", "partner", "driver", "state"),
    *("version", "counts", "entered_by", "entered_at", "reason", "trip_id"),
)


def logbook_csv(trips: Sequence[KnownTrip], zone: ZoneInfo) -> bytes:
    return b"".join(csv_blocks(TITLES, _rows(trips, zone), zone))


def logbook_xlsx(trips: Sequence[KnownTrip], zone: ZoneInfo) -> bytes:
    return xlsx("Fahrtenbuch", TITLES, _rows(trips, zone), zone)


def _rows(trips: Sequence[KnownTrip], zone: ZoneInfo) -> Iterator[tuple[Cell, ...]]:
    """The version that counts says so; those before it stand above it. Nobody entered the first, which is as the use ended."""
    for known in trips:
        logged, people = known.logged.told, known.people
        trip = logged.trip
        for entry in logged.entries:
            counts = entry is logged.current
            yield (
                trip.started_at.astimezone(zone).date(),
                trip.started_at,
                trip.ended_at,
                trip.plate,
                known.vehicle,
                entry.odometer_start,
                entry.odometer_end,
                entry.km,
                logged.gap_km if counts else None,
                entry.kind.value if entry.kind else None,
                trip.start_place,
                trip.end_place,
                entry.destination,
                entry.route,
                entry.purpose,
                entry.partner,
                people.get(trip.driver_id, str(trip.driver_id)),
                state_of(logged, known.today.day, known.today.time_zone).value if counts else None,
                entry.version,
                "yes" if counts else "no",
                None if entry.entered_by == SYSTEM else people.get(entry.entered_by, str(entry.entered_by)),
                entry.entered_at,
                entry.reason,
                str(trip.id),
            )
