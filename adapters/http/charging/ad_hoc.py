"""`/v1/{city}/charging/ad-hoc`: whoever stands at a charge point charges without an account, and follows it by a link."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.http.booking.withdrawals import Email
from adapters.http.charging.ad_hoc_examples import BEGUN, CHARGE, OFFER, WISH
from adapters.http.endpoints import PUBLIC, Ask, Endpoint, Reply, answer, fingerprint
from adapters.http.invoicing.answers import PDF, document
from adapters.http.payments.paying import Url
from adapters.http.problems import Fault, Rejected, language
from domain.booking.bookings import BookingId, Payer, State
from domain.booking.holds import Order
from domain.booking.price_list import PriceShown
from domain.booking.resources import ResourceId
from domain.charging.ad_hoc.starting import ChargeAdHoc, Offered, ShownTariff
from domain.charging.reservations import ChargePointReserved, ChargingOptions
from domain.cities.identifiers import is_slug
from domain.identity import Actor, City
from domain.money import Money
from domain.periods import Period
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from services.booking import Bookings
from services.booking.views import BookingView
from services.calls import Answer, Call
from services.charging.ad_hoc import AdHocCharging
from services.charging.ad_hoc.views import AdHocView, ad_hoc_view
from services.charging.sessions import Sessions
from services.charging.sessions.ports import Wanted as SessionsWanted
from services.charging.sessions.views import SessionView
from services.invoicing import Invoices
from services.invoicing.ports import Format
from services.invoicing.ports import Wanted as InvoicesWanted
from services.payments import Payments
from services.payments.pay import PayBooking
from services.payments.views import PaymentDetails
from services.search import Search
from services.search.asking import ResourceAsked

LIST = "/v1/{city:str}/charging/ad-hoc"
ONE = f"{LIST}/{{link:str}}"
SHORTEST_KEY = 32
WORTH_WHILE = timedelta(minutes=30)
Energy: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$")]
Connector: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]


class OfferQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Either the id of the charge point or what is written on it: the text of its QR code, or its EVSE id."""

    resource_id: UUID | None = None
    code: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    connector: Connector | None = None
    energy_kwh: Energy | None = None


class OfferView(Struct, frozen=True):
    """What somebody without an account may do there now, until `until` at the latest. `prices` are in the order that the law gives them;
    `held` is the most that it may cost, and what is held on a card. `tariff_id` and `tariff_version` name what was shown, for whoever begins."""

    resource_id: UUID
    tariff_id: TariffId
    tariff_version: int
    prices: tuple[PriceShown, ...]
    held: Money
    until: datetime


class BeginRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`tariff_id` and `tariff_version` are of the offer that was shown: at other prices nothing begins. `energy_kwh` and `budget` are what it
    stops at. `return_url` is where the payment page sends whoever has paid, or left it. The
    receipt is mailed to `email`, or that it did not begin; the address is forgotten three days later."""

    resource_id: UUID
    tariff_id: Annotated[str, Meta(min_length=1, max_length=100)]
    tariff_version: Annotated[int, Meta(ge=1)]
    return_url: Url
    connector: Connector | None = None
    energy_kwh: Energy | None = None
    budget: Money | None = None
    email: Email | None = None


class BegunView(Struct, frozen=True):
    """`link` is the secret part of the address at which the charge is followed, stopped and its receipt found: whoever has it acts for
    whoever began. `payment_url` is the page to pay at; null once it is paid, or where there is nothing to pay."""

    link: str
    href: str
    payment_url: str | None
    charge: AdHocView


class Desk(Struct, frozen=True):
    """All that an ad-hoc charge needs of the application."""

    charging: AdHocCharging
    payments: Payments
    bookings: Bookings
    sessions: Sessions
    invoices: Invoices
    search: Search


class _Made(Struct, frozen=True):
    booking_id: BookingId


def ad_hoc(desk: Desk) -> tuple[Endpoint, ...]:
    charges = _Charges(desk)

    def endpoint(method: HttpMethod, path: str, operation: str, summary: str, handler: Any, **more: Any) -> Endpoint:
        return Endpoint(method, PUBLIC, path, operation, "charging", summary, handler, **more)

    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "getAdHocOffer",
            "What charging without an account costs at a point, in the order of the law, and until when one may stay",
            charges.offer,
            answers={200: OfferView},
            codes=("unknown_city", *NOT_BEGUN),
            query=OfferQuery,
            examples={200: OFFER},
        ),
        endpoint(
            HttpMethod.POST,
            LIST,
            "beginAdHocCharge",
            "Charge without an account: the point is kept for some minutes, until it is paid at the page; then the station begins",
            charges.begin,
            answers={201: BegunView},
            codes=("unknown_city", *NOT_BEGUN, "price_changed", "payment_declined", "wrong_state"),
            body=BeginRequest,
            keyed=True,
            example=WISH,
            examples={201: BEGUN},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "getAdHocCharge",
            "How a charge without an account stands, for whoever has its link",
            charges.get,
            answers={200: AdHocView},
            codes=("unknown_city", "unknown_charge"),
            examples={200: CHARGE},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/stop",
            "stopAdHocCharge",
            "Stop it, or leave it before it began; what was not used is let go, once the station said what was",
            charges.stop,
            answers={200: AdHocView},
            codes=("unknown_city", "unknown_charge", "wrong_state"),
            examples={200: CHARGE | {"stopping": True}},
        ),
        endpoint(
            HttpMethod.GET,
            f"{ONE}/receipt",
            "getAdHocReceipt",
            "Its invoice: PDF/A-3, with the structured invoice (EN 16931) inside",
            charges.receipt,
            answers={200: None, 304: None},
            codes=("unknown_city", "unknown_charge", "unknown_invoice"),
            media=PDF,
        ),
    )


class _Charges:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def offer(self, ask: Ask) -> Reply:
        asked, nobody = ask.query(OfferQuery), self._desk.charging.guest(_city(ask), "")
        resource_id = await self._resource(ask, asked, nobody)
        options = ChargingOptions(asked.connector, _decimal(asked.energy_kwh))

        def shown(offered: Offered) -> Answer:
            tariff = offered.tariff
            return answer(
                OfferView(resource_id, tariff.id, tariff.version, offered.prices, offered.most, offered.until)
            )

        command = _command(ask, nobody, resource_id, options)
        return await self._desk.charging.offer(_call(ask, nobody, shown), command)

    async def begin(self, ask: Ask) -> Reply:
        asked, key = await ask.body(BeginRequest), _key(ask)
        guest = self._desk.charging.guest(_city(ask), key)
        options = ChargingOptions(asked.connector, _decimal(asked.energy_kwh))
        wish = _command(ask, guest, ResourceId(asked.resource_id), options, asked.budget)
        command = replace(wish, seen=ShownTariff(TariffId(asked.tariff_id), asked.tariff_version))

        def claimed(event: ChargePointReserved) -> Answer:
            return answer(_Made(event.grant.booking.id), 201)

        call = _call(ask, guest, claimed, key, fingerprint(asked))
        made = await self._desk.charging.begin(call, command)
        if made.status != 201:
            return made
        booking_id = msgspec.json.decode(made.body, type=_Made).booking_id
        if asked.email is not None:
            await self._desk.charging.keep_address(guest, asked.email.lower(), language(ask.accept_language))
        return await self._to_pay(ask, replace(call, route="payAdHocCharge"), booking_id, asked.return_url)

    async def get(self, ask: Ask) -> Reply:
        return answer(await self._view(*await self._whose(ask)))

    async def stop(self, ask: Ask) -> Reply:
        guest, booking_id = await self._whose(ask)
        left = await self._desk.charging.leave(_call(ask, guest, lambda _booking: Answer(204, "", "")), booking_id)
        return left if left.status != 204 else answer(await self._view(guest, booking_id))

    async def receipt(self, ask: Ask) -> Reply:
        guest, booking_id = await self._whose(ask)
        wanted = InvoicesWanted(1, debtor=guest.id, booking_id=booking_id)
        found = await self._desk.invoices.page(guest.city, wanted)
        if not found:
            raise Rejected("unknown_invoice")
        return await document(ask, self._desk.invoices, found[0], Format.PDF)

    async def _resource(self, ask: Ask, asked: OfferQuery, nobody: Actor) -> ResourceId:
        if (asked.resource_id is None) == (asked.code is None):
            raise Rejected("invalid_input", errors=(Fault("either the id or the code", parameter="resource_id"),))
        if asked.resource_id is not None:
            return ResourceId(asked.resource_id)
        found = await self._desk.search.resource(ResourceAsked(nobody.city, nobody, asked.code or ""), ask.now)
        if isinstance(found, Refusal):
            raise Rejected("unknown_resource")
        return found.id

    async def _to_pay(self, ask: Ask, call: Call[Any], booking_id: BookingId, return_url: str) -> Reply:
        """What whoever began is told: again, when she comes again."""
        guest, link, url = call.actor, self._desk.charging.link(call.city, booking_id), None
        if (await self._booking(guest, booking_id)).state is State.HELD:
            opened = replace(call, answer=lambda due: _refused(ask, due) or answer(due))
            paying = await self._desk.payments.pay(opened, PayBooking(booking_id, return_url=return_url))
            if paying.status != 200:
                return paying
            action = msgspec.json.decode(paying.body, type=PaymentDetails).next_action
            url = action.url if action is not None else None
        href = f"{LIST.replace('{city:str}', call.city)}/{link}"
        return answer(BegunView(link, href, url, await self._view(guest, booking_id)), 201)

    async def _whose(self, ask: Ask) -> tuple[Actor, BookingId]:
        found = await self._desk.charging.whose(_city(ask), ask.path("link"))
        if isinstance(found, Refusal):
            raise Rejected(found.reason.value)
        return found

    async def _booking(self, guest: Actor, booking_id: BookingId) -> BookingView:
        found = await self._desk.bookings.find(guest, booking_id)
        if isinstance(found, Refusal):
            raise Rejected("unknown_charge")
        return found

    async def _session(self, guest: Actor, booking_id: BookingId) -> SessionView | None:
        page = await self._desk.sessions.page(guest, SessionsWanted(1, booking_id))
        return page.items[0] if page.items else None

    async def _view(self, guest: Actor, booking_id: BookingId) -> AdHocView:
        return ad_hoc_view(await self._booking(guest, booking_id), await self._session(guest, booking_id))


NOT_BEGUN = (
    "unknown_resource",
    "not_bookable",
    "out_of_service",
    "not_usable_then",
    "resource_taken",
    "booked_soon",
    "occupied",
    "price_not_ad_hoc",
    "payments_not_available",
    "no_station",
    "station_offline",
    "plug_does_not_fit",
    "energy_out_of_range",
    "limit_out_of_range",
    "not_enough_power",
)


def _command(
    ask: Ask, guest: Actor, resource_id: ResourceId, options: ChargingOptions, budget: Money | None = None
) -> ChargeAdHoc:
    order = Order(
        booking_id=BookingId(ask.edge.new_id()),
        resource_id=resource_id,
        holder_id=guest.id,
        period=Period(ask.now, ask.now + WORTH_WHILE),
        payer=Payer.SELF,
        options=msgspec.Raw(msgspec.json.encode(options)),
        early_start=True,
    )
    return ChargeAdHoc(order, options, budget)


def _call(ask: Ask, guest: Actor, render: Any, key: str = "", fingerprint: str = "") -> Call[Any]:
    """Nobody is signed in: it is the guest's."""
    return Call(
        guest.city,
        guest,
        ask.endpoint.operation_id,
        key,
        fingerprint,
        ask.request_id,
        ask.address,
        lambda outcome: _refused(ask, outcome) or render(outcome),
    )


def _refused(ask: Ask, outcome: object) -> Answer | None:
    return ask.refuse(outcome) if isinstance(outcome, Refusal) else None


def _key(ask: Ask) -> str:
    """Whoever has no account is known by her key alone, so nobody else may think of the same."""
    key = ask.idempotency_key
    if len(key) < SHORTEST_KEY:
        raise Rejected("key_invalid", detail=f"a key of {SHORTEST_KEY} characters at least, by chance")
    return key


def _city(ask: Ask) -> City:
    if not is_slug(ask.city):
        raise Rejected("unknown_city")
    return ask.city


def _decimal(said: str | None) -> Decimal | None:
    return Decimal(said) if said is not None else None
