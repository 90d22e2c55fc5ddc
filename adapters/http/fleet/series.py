"""`/v1/{city}/fleet/series`: a vehicle for work again and again, by a rule of RFC 5545."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors, reading
from adapters.http.administration import PageQuery
from adapters.http.booking.bookings import NO_OPTIONS, Beneficiary, ByClass, QuoteRequest, order_of
from adapters.http.booking.doors import Door
from adapters.http.endpoints import WORKERS, WORKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer, nothing
from adapters.http.reading import Instant
from adapters.http.tags import tagged
from domain.booking.bookings import Payer, State
from domain.booking.resources import Service
from domain.fleet.series import (
    MOST_OCCURRENCES,
    OnConflict,
    Series,
    SeriesBooking,
    SeriesId,
    SeriesLookedAt,
    SeriesMade,
    Tried,
)
from domain.identity import PersonId
from domain.periods import Period
from domain.refusals import Refusal
from services.fleet.series import (
    BookingSeries,
    CancelSeries,
    DecideSeries,
    ListedSeries,
    MakeSeries,
    SeriesMark,
    SeriesWanted,
)

LIST = "/v1/{city:str}/fleet/series"
ONE = f"{LIST}/{{series_id:uuid}}"
Number: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_OCCURRENCES + 1)]


class SeriesRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The first occurrence as a booking for work is asked for, and by `rrule`, which names its day as well, when the others are: by the clock of the
    city, so the time stays when summer time begins. `UNTIL` is a day. With `skip_holidays` none begins on a holiday of the
    city's state.

    With `preview` nothing is booked: it is shown what would be, and no Idempotency-Key is needed. Where some cannot be had,
    `on_conflict` says whether nothing is booked (`refuse`) or the others are (`skip`).
    """

    start: Instant
    end: Instant
    rrule: Annotated[str, Meta(min_length=1, max_length=300)]
    resource_id: UUID | None = None
    request: ByClass | None = None
    options: msgspec.Raw = msgspec.field(default_factory=lambda: NO_OPTIONS)
    for_: Beneficiary | None = msgspec.field(name="for", default=None)
    skip_holidays: bool = False
    on_conflict: OnConflict = OnConflict.REFUSE
    preview: bool = False


class SeriesCancelRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """From one number on, up to another; all that have not begun where neither is said. One alone is cancelled as a booking."""

    from_: Number | None = msgspec.field(name="from", default=None)
    to: Number | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class SeriesApproveRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """From one number on, up to another; all that wait for a yes where neither is said. One alone is approved as a booking."""

    from_: Number | None = msgspec.field(name="from", default=None)
    to: Number | None = None


class SeriesRejectRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The same part of it; the reason is told to its holder, word for word."""

    from_: Number | None = msgspec.field(name="from", default=None)
    to: Number | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class OccurrenceView(Struct, frozen=True):
    """`booking_id` and `state` are those of its booking; in a preview there is none yet. `reason` is the code of the
    problem for which it cannot be had, `alternatives` when it could be."""

    number: int
    start: datetime
    end: datetime
    booking_id: UUID | None
    resource_id: UUID | None
    resource: str | None
    state: State | None
    reason: str | None
    alternatives: tuple[Period, ...]


class SeriesQuery(PageQuery, frozen=True):
    """With something that begins at `from` or later; now, where that is not said."""

    from_: Annotated[Instant, Meta(examples=["2026-11-30T00:00:00+01:00"])] | None = msgspec.field(
        name="from", default=None
    )


class ListedSeriesView(Struct, frozen=True):
    """`possible` of its bookings stand or are in use, from the first `start` to the last `end`; `next_start` is that of the next
    that stands."""

    id: SeriesId
    rrule: str
    time_zone: str
    made_at: datetime
    holder_id: PersonId
    possible: int
    start: datetime
    end: datetime
    next_start: datetime | None


class SeriesPage(Struct, frozen=True):
    """The latest made first."""

    items: tuple[ListedSeriesView, ...]
    next_cursor: str | None


class SeriesView(Struct, frozen=True):
    """`possible` is how many occurrences are booked, or could be; of a series that was made, the others are told with its
    making only."""

    id: SeriesId | None
    rrule: str
    time_zone: str
    possible: int
    occurrences: tuple[OccurrenceView, ...]


def fleet_series(offered: BookingSeries, door: Door) -> tuple[Endpoint, ...]:
    """The operations, over their use cases; an order is read as that of a booking."""

    async def create_series(ask: Ask) -> Reply:
        asked = await ask.body(SeriesRequest)
        wish = QuoteRequest(
            Service.FLEET,
            asked.start,
            asked.end,
            asked.resource_id,
            asked.request,
            asked.options,
            asked.for_,
            Payer.COST_CENTRE,
        )
        call = ask.unkeyed(nothing) if asked.preview else ask.call(asked, lambda made: answer(_made(made, asked), 201))
        order, options = await order_of(ask, wish, door)
        command = MakeSeries(
            SeriesId(ask.edge.new_id()), order, options, asked.rrule, asked.on_conflict, asked.skip_holidays
        )
        if not asked.preview:
            return await offered.make(call, command)
        looked = await offered.look(call, command)
        return ask.refuse(looked) if isinstance(looked, Refusal) else answer(_made(looked, asked))

    async def list_series(ask: Ask) -> Reply:
        asked = ask.query(SeriesQuery)
        place = cursors.read(asked.cursor) if asked.cursor is not None else None
        after = SeriesMark(place.at, SeriesId(place.id)) if place is not None else None
        since = reading.asked_in_utc("from", asked.from_) or ask.now
        found = await offered.page(ask.actor, SeriesWanted(since, asked.limit, after))
        last = found[asked.limit - 1] if len(found) > asked.limit else None
        cursor = cursors.written(cursors.Place(last.made_at, last.id)) if last is not None else None
        return answer(SeriesPage(tuple(map(_listed, found[: asked.limit])), cursor))

    async def get_series(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, SeriesId(ask.path("series_id")))
        # Each change of a booking adds to the sum.
        version = 0 if isinstance(found, Refusal) else sum(each.booking.version for each in found.bookings)
        return ask.refuse(found) if isinstance(found, Refusal) else tagged(ask, series_view(found), version)

    async def cancel_series(ask: Ask) -> Reply:
        series_id = SeriesId(ask.path("series_id"))
        asked = await ask.body_or(SeriesCancelRequest, SeriesCancelRequest())
        call = ask.call((series_id, asked), lambda series: answer(series_view(series)))
        return await offered.cancel(call, CancelSeries(series_id, asked.from_, asked.to, asked.reason))

    async def approve_series(ask: Ask) -> Reply:
        series_id = SeriesId(ask.path("series_id"))
        asked = await ask.body_or(SeriesApproveRequest, SeriesApproveRequest())
        call = ask.call((series_id, asked), lambda series: answer(series_view(series)))
        return await offered.decide(call, DecideSeries(series_id, True, asked.from_, asked.to))

    async def reject_series(ask: Ask) -> Reply:
        series_id = SeriesId(ask.path("series_id"))
        asked = await ask.body_or(SeriesRejectRequest, SeriesRejectRequest())
        call = ask.call((series_id, asked), lambda series: answer(series_view(series)))
        return await offered.decide(call, DecideSeries(series_id, False, asked.from_, asked.to, asked.reason))

    return (
        Endpoint(
            HttpMethod.POST,
            WORKERS,
            LIST,
            "createSeries",
            "fleet",
            "Book a vehicle for work again and again; with preview see which occurrences can be had",
            create_series,
            {200: SeriesView, 201: SeriesView},
            codes=(
                *("series_conflicts", "rule_invalid", "rule_without_end", "no_occurrences", "too_many_occurrences"),
                "start_not_named",
                *(
                    "forbidden",
                    "unknown_person",
                    "unknown_resource",
                    "not_bookable",
                    "out_of_service",
                    "not_usable_then",
                ),
                *("period_in_the_past", "period_too_short", "period_too_long", "too_short_notice", "too_far_ahead"),
                *("cost_centre_not_allowed", "cost_centre_missing", "too_many_passengers", "distance_out_of_range"),
                *("not_eligible", "key_missing", "key_invalid", "key_reused", "in_flight"),
            ),
            body=SeriesRequest,
            example=EXAMPLE,
            examples={200: LOOKED, 201: MADE},
        ),
        Endpoint(
            HttpMethod.GET,
            WORKERS_AND_OPERATOR,
            LIST,
            "listSeries",
            "fleet",
            "One's own series, and those with bookings in the pools that one runs",
            list_series,
            {200: SeriesPage},
            query=SeriesQuery,
            examples={200: {"items": [LISTED], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            WORKERS_AND_OPERATOR,
            ONE,
            "getSeries",
            "fleet",
            "A series with those of its bookings that one may see, as they stand, with an ETag",
            get_series,
            {200: SeriesView, 304: None},
            codes=("unknown_series",),
            examples={200: MADE},
        ),
        Endpoint(
            HttpMethod.POST,
            WORKERS_AND_OPERATOR,
            f"{ONE}/cancel",
            "cancelSeries",
            "fleet",
            "Give back what has not begun of a series: all of it, what follows a number, or a part",
            cancel_series,
            {200: SeriesView},
            codes=("unknown_series",),
            body=SeriesCancelRequest,
            keyed=True,
            example={"from": 5, "reason": "Der Kurs ist zu Ende"},
            examples={200: MADE | {"possible": 0, "occurrences": [OCCURRENCE | {"state": "cancelled"}]}},
        ),
        _decision(
            "approve",
            "Say yes to what waits for it of a series, at once: it is confirmed, and told by one letter",
            approve_series,
            SeriesApproveRequest,
            example={"to": 4},
            shown=MADE | {"occurrences": [OCCURRENCE]},
        ),
        _decision(
            "reject",
            "Say no to what waits for a yes of a series, at once: it is cancelled, and costs nothing",
            reject_series,
            SeriesRejectRequest,
            example={"reason": "Das Fahrzeug wird für den Winterdienst gebraucht"},
            shown=MADE | {"possible": 0, "occurrences": [REJECTED]},
        ),
    )


def _decision(
    name: str,
    summary: str,
    handler: Callable[[Ask], Awaitable[Reply]],
    body: type[Struct],
    *,
    example: dict[str, Any],
    shown: dict[str, Any],
) -> Endpoint:
    return Endpoint(
        HttpMethod.POST,
        WORKERS_AND_OPERATOR,
        f"{ONE}/{name}",
        f"{name}Series",
        "fleet",
        summary,
        handler,
        {200: SeriesView},
        codes=("unknown_series", "forbidden", "own_booking"),
        body=body,
        keyed=True,
        example=example,
        examples={200: shown},
    )


def _made(made: SeriesMade | SeriesLookedAt, asked: SeriesRequest) -> SeriesView:
    series_id = made.series_id if isinstance(made, SeriesMade) else None
    shown = tuple(_tried(each, booked=series_id is not None) for each in made.tried)
    return SeriesView(series_id, asked.rrule, made.time_zone, sum(each.reason is None for each in shown), shown)


def _tried(tried: Tried, *, booked: bool) -> OccurrenceView:
    booking, resource, refusal = tried.booking, tried.resource, tried.refusal
    return OccurrenceView(
        number=tried.number,
        start=tried.period.start.astimezone(UTC),
        end=tried.period.end.astimezone(UTC),
        booking_id=booking.id if booking is not None and booked else None,
        resource_id=resource.id if resource is not None else None,
        resource=resource.name if resource is not None else None,
        state=booking.state if booking is not None and booked else None,
        reason=refusal.reason.value if refusal is not None else None,
        alternatives=refusal.alternatives if refusal is not None else (),
    )


def _listed(series: ListedSeries) -> ListedSeriesView:
    return ListedSeriesView(
        id=series.id,
        rrule=series.rule,
        time_zone=series.time_zone,
        made_at=series.made_at,
        holder_id=series.holder_id,
        possible=series.live,
        start=series.start,
        end=series.end,
        next_start=series.next,
    )


def series_view(series: Series) -> SeriesView:
    live = sum(each.booking.is_live for each in series.bookings)
    return SeriesView(series.id, series.rule, series.time_zone, live, tuple(map(_booked, series.bookings)))


def _booked(each: SeriesBooking) -> OccurrenceView:
    booking, resource = each.booking, each.resource
    return OccurrenceView(
        number=each.number,
        start=booking.start,
        end=booking.end,
        booking_id=booking.id,
        resource_id=resource.id,
        resource=resource.name,
        state=booking.state,
        reason=booking.reason_code.value if booking.reason_code is not None else None,
        alternatives=(),
    )


EXAMPLE: dict[str, Any] = {
    "start": "2026-12-01T08:00:00+01:00",
    "end": "2026-12-01T10:00:00+01:00",
    "rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=10",
    "resource_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "options": {"cost_centre": "5100", "purpose": "Baustellenbegehung"},
    "skip_holidays": True,
    "on_conflict": "skip",
}
OCCURRENCE: dict[str, Any] = {
    "number": 1,
    "start": "2026-12-01T07:00:00Z",
    "end": "2026-12-01T09:00:00Z",
    "booking_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "resource_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "resource": "Volkswagen ID.3",
    "state": "confirmed",
    "reason": None,
    "alternatives": [],
}
REJECTED = OCCURRENCE | {"state": "cancelled", "reason": "approval_rejected"}
TAKEN: dict[str, Any] = {
    "number": 2,
    "start": "2026-12-08T07:00:00Z",
    "end": "2026-12-08T09:00:00Z",
    "booking_id": None,
    "resource_id": None,
    "resource": None,
    "state": None,
    "reason": "resource_taken",
    "alternatives": [{"start": "2026-12-08T09:30:00Z", "end": "2026-12-08T11:30:00Z"}],
}
MADE: dict[str, Any] = {
    "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d99",
    "rrule": EXAMPLE["rrule"],
    "time_zone": "Europe/Berlin",
    "possible": 1,
    "occurrences": [OCCURRENCE, TAKEN],
}
LISTED: dict[str, Any] = {
    **{name: MADE[name] for name in ("id", "rrule", "time_zone")},
    "made_at": "2026-11-27T10:12:00Z",
    "holder_id": "01890a5d-ac96-774b-bcce-b302099a8001",
    "possible": 10,
    "start": "2026-12-01T07:00:00Z",
    "end": "2027-02-02T09:00:00Z",
    "next_start": "2026-12-01T07:00:00Z",
}
LOOKED: dict[str, Any] = MADE | {
    "id": None,
    "occurrences": [OCCURRENCE | {"booking_id": None, "state": None}, TAKEN],
}
