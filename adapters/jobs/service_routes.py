"""Which effects follow from what happens in one service alone."""

from adapters.jobs.effects import Effects
from adapters.jobs.relay import Job, Routes
from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.money.postings import LETS_GO
from domain.booking.bookings import BookingId
from domain.booking.keys import CommandId
from domain.booking.resources import ResourceId
from domain.charging.faults.faults import TicketId
from domain.charging.orders import OrderId
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import ChargingStationId
from domain.fleet.damages import DamageId
from domain.identity import PersonId
from services.jobs.ports import Entry


def routes_of_leases(effects: Effects) -> Routes:
    def tell(act: Act) -> Job:
        async def tell_of_step(entry: Entry) -> None:
            await effects.tell_of_step(act, entry.city, LeaseId(entry.subject_id), entry.id, entry.written_at)

        return Job("tell of lease", tell_of_step)

    async def remind(entry: Entry) -> None:
        await effects.remind_of_lease(entry.city, entry.subject_id, entry.id, entry.written_at)

    async def of_debt(entry: Entry) -> None:
        await effects.tell_of_debt(entry.city, entry.subject_id, entry.id, entry.written_at)

    async def invoice(entry: Entry) -> None:
        await effects.invoice_lease(entry.city, LeaseId(entry.subject_id))

    async def invoice_employers(entry: Entry) -> None:
        await effects.invoice_employers(entry.city)

    async def credit(entry: Entry) -> None:
        await effects.credit_lease(entry.city, LeaseId(entry.subject_id))

    async def invoice_holders(entry: Entry) -> None:
        await effects.invoice_holders(entry.city)

    holders = Job("invoice holders", invoice_holders)
    further = dict.fromkeys(LETS_GO, Job("invoice lease", invoice)) | {Act.WITHDRAW: Job("credit lease", credit)}
    return {
        **{f"bike_leasing.lease_{act}": (tell(act), *([further[act]] if act in further else ())) for act in Act},
        "bike_leasing.run_ended": (Job("invoice employers", invoice_employers), holders),
        "bike_leasing.invoices_left": (holders,),
        "bike_leasing.lease_reminded": (Job("remind of lease", remind),),
        "bike_leasing.debtor_reminded": (Job("tell of debt", of_debt),),
    }


def routes_of_charging(effects: Effects) -> Routes:
    async def follow_order(entry: Entry) -> None:
        await effects.follow_order(entry.city, OrderId(entry.subject_id))

    async def follow_start(entry: Entry) -> None:
        await effects.follow_start(entry.city, OrderId(entry.subject_id))

    async def begin(entry: Entry) -> None:
        await effects.begin_session(entry.city, SessionId(entry.subject_id))

    async def bill(entry: Entry) -> None:
        await effects.bill_session(entry.city, SessionId(entry.subject_id))

    async def steer(entry: Entry) -> None:
        await effects.steer_session(entry.city, SessionId(entry.subject_id))

    async def booted(entry: Entry) -> None:
        await effects.steer_station(entry.city, ChargingStationId(entry.subject_id))

    async def leave(entry: Entry) -> None:
        await effects.leave_vehicle(entry.city, ResourceId(entry.subject_id))

    async def of_ticket(entry: Entry) -> None:
        await effects.tell_of_ticket(entry.city, TicketId(entry.subject_id), entry.id, entry.written_at)

    steering = Job("steer power", steer)
    return {
        "charging.charge_point_reserved": (),
        "charging.point_withdrawn": (Job("leave withdrawn", leave),),
        "charging.ticket_opened": (Job("tell of ticket", of_ticket),),
        "charging.session_begun": (Job("begin use", begin), steering),
        "charging.session_ended": (Job("bill session", bill), steering),
        "charging.order_answered": (Job("follow order", follow_order),),
        "charging.station_booted": (Job("steer power", booted),),
        "charging.start_awaited": (Job("follow start", follow_start),),
    }


def routes_of_fleet(effects: Effects) -> Routes:
    async def of_papers(entry: Entry) -> None:
        await effects.tell_of_papers(entry.city, ResourceId(entry.subject_id), entry.id, entry.written_at)

    async def leave(entry: Entry) -> None:
        await effects.leave_vehicle(entry.city, ResourceId(entry.subject_id))

    async def rebook(entry: Entry) -> None:
        await effects.rebook_from(entry.city, ResourceId(entry.subject_id))

    async def of_trip(entry: Entry) -> None:
        await effects.tell_of_trip(entry.city, BookingId(entry.subject_id), entry.id, entry.written_at)

    async def of_lock(entry: Entry) -> None:
        await effects.tell_of_lock(entry.city, CommandId(entry.subject_id), entry.id, entry.written_at)

    async def of_damage(entry: Entry) -> None:
        await effects.tell_of_damage(entry.city, DamageId(entry.subject_id), entry.id, entry.written_at)

    async def of_licence(entry: Entry) -> None:
        await effects.tell_of_licence(entry.city, PersonId(entry.subject_id), entry.id, entry.written_at)

    return {
        "fleet.papers_due": (Job("tell of papers", of_papers),),
        "fleet.licence_due": (Job("tell of licence", of_licence),),
        **dict.fromkeys(("fleet.trip_due", "fleet.trip_overdue"), (Job("tell of trip", of_trip),)),
        "fleet.use_shortened": (Job("rebook", rebook),),
        "key.given_up": (Job("tell of lock", of_lock),),
        "fleet.vehicle_withdrawn": (Job("leave withdrawn", leave),),
        "fleet.damage_reported": (Job("tell of damage", of_damage),),
        "fleet.damage_noted": (),
    }
