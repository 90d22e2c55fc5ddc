"""POST /quotes and POST /bookings: one door in the wall for every service."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import reading
from adapters.http.booking.doors import Door
from adapters.http.booking.example import HELD, QUOTE
from adapters.http.endpoints import BOOKERS, QUOTERS, Ask, Endpoint, Reply, answer
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant
from domain.booking.bookings import Booked, BookingId, Payer, QuoteId
from domain.booking.classes import ClassRequest
from domain.booking.holds import Order
from domain.booking.price_list import PriceShown
from domain.booking.quoting import NotQuotable, Quoted
from domain.booking.resources import ResourceId, Service, StationId
from domain.booking.terms import Terms
from domain.identity import PersonId, PoolId, Role
from domain.money import Money
from domain.pricing.quotes import Line
from domain.refusals import Refusal
from services.booking.views import BookingView, booking_view
from services.calls import Answer

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]
NO_OPTIONS = msgspec.Raw(b"{}")
_encode = msgspec.json.Encoder().encode


class Beneficiary(Struct, forbid_unknown_fields=True, frozen=True):
    person_id: UUID


class ByClass(Struct, forbid_unknown_fields=True, frozen=True):
    """Any resource of a class instead of a certain one: at a station, of a pool, or both. `attributes` are the filters of
    a search for the service; `class` says the kind in its words, where it has one."""

    station_id: UUID | None = None
    pool_id: Name | None = None
    class_: Name | None = msgspec.field(name="class", default=None)
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)


class QuoteRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What is wanted, when, and who pays: a resource, or by `request` one of a class. `options` are the service's own.

    `early_start` is the holder's express wish that the use begins before the right of withdrawal ends; without it a
    withdrawal costs nothing at all.
    """

    service: Service
    start: Instant
    end: Instant
    resource_id: UUID | None = None
    request: ByClass | None = None
    options: msgspec.Raw = msgspec.field(default_factory=lambda: NO_OPTIONS)
    for_: Beneficiary | None = msgspec.field(name="for", default=None)
    payer: Payer | None = None
    early_start: bool = False


QUOTE_FIELDS = tuple((field.name, field.encode_name) for field in msgspec.structs.fields(QuoteRequest))


class BookingRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A quote's id, or the body of a quote."""

    quote_id: UUID | None = None
    service: Service | None = None
    resource_id: UUID | None = None
    request: ByClass | None = None
    start: Instant | None = None
    end: Instant | None = None
    options: msgspec.Raw = msgspec.field(default_factory=lambda: NO_OPTIONS)
    for_: Beneficiary | None = msgspec.field(name="for", default=None)
    payer: Payer | None = None
    early_start: bool = False

    def as_quote(self) -> QuoteRequest:
        """The order in full. Raises Rejected where a field is missing."""
        named = ("service", "resource_id", "start", "end") if self.request is None else ("service", "start", "end")
        missing = [field for field in named if getattr(self, field) is None]
        if missing:
            faults = tuple(Fault("required without a quote_id", pointer=f"/{field}") for field in missing)
            raise Rejected("invalid_input", errors=faults)
        return msgspec.convert({encoded: getattr(self, name) for name, encoded in QUOTE_FIELDS}, QuoteRequest)


class QuoteView(Struct, frozen=True):
    """`total` is what the whole use costs, `due_now` what the booking itself takes: a lease takes its first month. `prices` are all that a
    charge point may ask for, in the order of the law (Regulation (EU) 2023/1804, Article 5(4)).

    Of a request by class, `resource_id` is one that was free; it may be another one that is booked.
    """

    id: QuoteId
    service: Service
    resource_id: ResourceId | None
    resource_final: bool
    lines: tuple[Line, ...]
    total: Money
    vat_total: Money
    due_now: Money
    expires_at: Instant
    terms: Terms
    prices: tuple[PriceShown, ...] = ()


def quote_view(quoted: Quoted) -> QuoteView:
    quote, agreed = quoted.agreed.quote, quoted.agreed
    return QuoteView(
        quoted.id,
        quoted.service,
        quoted.order.resource_id,
        quoted.order.request is None,
        quote.lines,
        quote.total,
        quote.vat_total,
        quote.due_now,
        quoted.expires_at,
        agreed.terms,
        agreed.prices,
    )


async def _holder(ask: Ask, beneficiary: Beneficiary | None) -> PersonId:
    """For whom: oneself, or, as the manager of a fleet, somebody else whom the city knows."""
    if beneficiary is None or beneficiary.person_id == ask.actor.id:
        return ask.actor.id
    if not ask.actor.has(Role.FLEET_MANAGER):
        raise Rejected("forbidden")
    person = PersonId(beneficiary.person_id)
    if not await ask.edge.application.knows(ask.city, person):
        raise Rejected("unknown_person")
    return person


async def order_of(ask: Ask, wish: QuoteRequest, door: Door) -> tuple[Order, Any]:
    """The order, and the service's options. Raises Rejected."""
    try:
        options = door.read(wish.options)
    except msgspec.ValidationError as error:
        fault = reading.fault(str(error), under="/options")
        raise Rejected("invalid_input", errors=(fault,)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # the first decoder passed them over
        raise Rejected("malformed") from error
    period = reading.period(wish.start, wish.end)
    request = _request(wish, door)
    order = Order(
        BookingId(ask.edge.new_id()),
        ResourceId(wish.resource_id) if wish.resource_id is not None else None,
        await _holder(ask, wish.for_),
        period,
        door.payer(options, wish.payer),
        msgspec.Raw(_encode(options)),
        wish.early_start,
        request,
    )
    return order, options


def _request(wish: QuoteRequest, door: Door) -> ClassRequest | None:
    """What would do, where no resource is named. Raises Rejected where both are, or neither."""
    asked = wish.request
    if asked is None:
        if wish.resource_id is None:
            raise Rejected("invalid_input", errors=(Fault("required without a request", pointer="/resource_id"),))
        return None
    if wish.resource_id is not None:
        raise Rejected("invalid_input", errors=(Fault("a resource or a request, not both", pointer="/request"),))
    if asked.station_id is None and asked.pool_id is None:
        raise Rejected("invalid_input", errors=(Fault("needs a station_id or a pool_id", pointer="/request"),))
    if asked.class_ is not None and door.kind is None:
        raise Rejected("invalid_input", errors=(Fault("has no classes", pointer="/request/class"),))
    said = {door.kind: asked.class_} if asked.class_ is not None else {}
    try:
        wanted = msgspec.convert(asked.attributes | said, door.wanted)
    except msgspec.ValidationError as error:
        fault = reading.fault(str(error), under="/request/attributes")
        raise Rejected("invalid_input", errors=(fault,)) from error
    station = StationId(asked.station_id) if asked.station_id is not None else None
    pool = PoolId(asked.pool_id) if asked.pool_id is not None else None
    return ClassRequest(station, pool, msgspec.Raw(_encode(wanted)))


def booking_shown(ask: Ask) -> Any:
    actor, now = ask.actor, ask.now

    def booked(outcome: Booked) -> Answer:
        grant = outcome.grant
        view = booking_view(grant.booking, grant.resource, grant.time_zone, payment=None, actor=actor, now=now)
        return answer(view, 201)

    return booked


def bookings(doors: Mapping[Service, Door]) -> tuple[Endpoint, ...]:
    """The two operations, over the services' doors."""

    async def create_quote(ask: Ask) -> Reply:
        wish = await ask.body(QuoteRequest)
        door = doors[wish.service]
        order, options = await order_of(ask, wish, door)
        call = ask.unkeyed(lambda outcome: answer(quote_view(outcome), 201))
        return await door.quote(call, door.command(order, options, None))

    async def create_booking(ask: Ask) -> Reply:
        asked = await ask.body(BookingRequest)
        call = ask.call(asked, booking_shown(ask))
        if asked.quote_id is not None:
            return await _book_quote(ask, call, asked, QuoteId(asked.quote_id))
        wish = asked.as_quote()
        door = doors[wish.service]
        order, options = await order_of(ask, wish, door)
        return await door.reserve(call, door.command(order, options, None))

    async def _book_quote(ask: Ask, call: Any, asked: BookingRequest, quote_id: QuoteId) -> Reply:
        if asked != BookingRequest(quote_id=asked.quote_id):
            raise Rejected("invalid_input", errors=(Fault("a quote says it all", pointer="/quote_id"),))
        found = await ask.edge.application.quotes.quoted(call, quote_id)
        if isinstance(found, Answer):
            return found
        door = doors[found.service]
        options = door.read(found.order.options)
        order = msgspec.structs.replace(found.order, booking_id=BookingId(ask.edge.new_id()))
        if not found.counts(ask.now):
            fresh = await door.quote(
                ask.unkeyed(lambda outcome: answer(quote_view(outcome), 201)), door.command(order, options, None)
            )
            if fresh.status != 201:
                return fresh
            expired = ask.refuse(Refusal(NotQuotable.QUOTE_EXPIRED), quote=msgspec.Raw(fresh.body.encode()))
            return await ask.edge.application.quotes.decline(call, expired)
        return await door.reserve(call, door.command(order, options, found.agreed))

    return (
        Endpoint(
            HttpMethod.POST,
            QUOTERS,
            "/v1/{city:str}/quotes",
            "createQuote",
            "booking",
            "Price a use, itemised, frozen for 15 minutes",
            create_quote,
            {201: QuoteView},
            codes=_SELLING,
            body=QuoteRequest,
            example=EXAMPLE,
            examples={201: QUOTE},
        ),
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            "/v1/{city:str}/bookings",
            "createBooking",
            "booking",
            "Hold a resource, or confirm it at once where nothing is to pay",
            create_booking,
            {201: BookingView},
            codes=(
                *_SELLING,
                "resource_taken",
                "too_many_bookings",
                "quota_used_up",
                "not_eligible",
                "unknown_quote",
                "quote_expired",
            ),
            body=BookingRequest,
            keyed=True,
            example=EXAMPLE,
            examples={201: HELD},
        ),
    )


EXAMPLE = {
    "service": "charging",
    "resource_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11",
    "start": "2026-12-01T18:00:00+01:00",
    "end": "2026-12-01T20:00:00+01:00",
    "options": {"connector": "IEC_62196_T2"},
}
_SELLING = (
    "forbidden",
    "unknown_person",
    "unknown_resource",
    "not_bookable",
    "out_of_service",
    "not_usable_then",
    "outside_sharing",
    "period_in_the_past",
    "period_too_short",
    "period_too_long",
    "too_short_notice",
    "too_far_ahead",
    "cost_centre_not_allowed",
    "cost_centre_required",
    "cost_centre_missing",
    "plug_does_not_fit",
    "not_enough_power",
    "energy_out_of_range",
    "too_many_passengers",
    "distance_out_of_range",
    "unknown_plan",
)
