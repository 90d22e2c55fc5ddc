"""What an OCPP 2.0.1 station tells."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from adapters.ocpp.central.desk import Desk, Heard
from adapters.ocpp.central.frames import Payload
from adapters.ocpp.central.meters import ENERGY, Sample, decimal, readings, signed_value
from adapters.ocpp.central.v16_reports import heartbeat, noted
from adapters.ocpp.central.words import STATUSES, VERDICTS, evse_number, instant, number, token, written
from domain.charging.equipment import Variable
from domain.charging.reports import (
    Booted,
    ChargingState,
    EventReported,
    Reading,
    ReservationEnd,
    ReservationEnded,
    ReservationNumber,
    StatusReported,
    TokenAnswer,
    TransactionAnswer,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.stations import WHOLE_STATION

STATES = {
    "EVConnected": ChargingState.EV_CONNECTED,
    "Charging": ChargingState.CHARGING,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
    "Idle": ChargingState.IDLE,
}


async def boot_notification(desk: Desk, told: Payload) -> Payload:
    station = told["chargingStation"]
    report = Booted(
        station["vendorName"], station["model"], station.get("serialNumber"), station.get("firmwareVersion")
    )
    welcome = await desk.booted(report)
    status = welcome.admission.value.capitalize()
    return {"status": status, "currentTime": written(desk.now()), "interval": welcome.heartbeat_s}


async def status_notification(desk: Desk, told: Payload) -> Payload:
    said = told["connectorStatus"]
    await desk.status(
        StatusReported(
            evse=number(told["evseId"]),
            connector=number(told["connectorId"]),
            status=STATUSES[said],
            said=said,
            at=instant(told["timestamp"]),
        )
    )
    return {}


async def authorize(desk: Desk, told: Payload) -> Payload:
    return {"idTokenInfo": _token_info(await desk.authorise(token(told["idToken"]["idToken"])))}


async def transaction_event(desk: Desk, told: Payload) -> Payload:
    kind, about, evse = told["eventType"], told["transactionInfo"], told.get("evse", {})
    reservation = told.get("reservationId")
    shown = token(told["idToken"]["idToken"]) if "idToken" in told else None
    common = {
        "ref": TransactionRef(about["transactionId"]),
        "at": instant(told["timestamp"]),
        "id_token": shown,
        "offline": told.get("offline", False),
        "seq": number(told["seqNo"]),
        "readings": _readings(told.get("meterValue", ())),
    }
    where = evse_number(evse["id"]) if evse else None
    booked = None if reservation is None else ReservationNumber(reservation)
    state = STATES.get(about.get("chargingState", ""))
    if kind == "Started":
        started = TransactionStarted(
            evse=where or WHOLE_STATION,
            connector=evse.get("connectorId"),
            reservation=booked,
            remote_start=about.get("remoteStartId"),
            state=state,
            **common,
        )
        answer = TransactionAnswer((await desk.started(started)).token if shown is not None else None)
    elif kind == "Updated":
        answer = await desk.updated(TransactionUpdated(evse=where, reservation=booked, state=state, **common))
    else:
        answer = await desk.ended(TransactionEnded(reason=about.get("stoppedReason", "Local"), **common))
    result: Payload = {} if answer.token is None or shown is None else {"idTokenInfo": _token_info(answer.token)}
    return result if answer.total_cost is None else result | {"totalCost": float(answer.total_cost)}


async def reservation_status_update(desk: Desk, told: Payload) -> Payload:
    ended = ReservationEnd(told["reservationUpdateStatus"].lower())
    await desk.reservation_ended(ReservationEnded(ReservationNumber(told["reservationId"]), ended))
    return {}


async def notify_event(desk: Desk, told: Payload) -> Payload:
    """N07: one message may tell of several components."""
    await desk.events([_event(each) for each in told["eventData"]])
    return {}


async def notify_report(desk: Desk, told: Payload) -> Payload:
    """B06 and B07: the pages of a report, of which the first is 0."""
    lines = tuple(_variable(each) for each in told.get("reportData", ()) if "evse" in each["component"])
    await desk.equipment(lines, first=told["seqNo"] == 0)
    return {}


def _always(result: Payload) -> Heard:
    async def answer(_desk: Desk, _told: Payload) -> Payload:
        return result

    return answer


HEARD: Mapping[str, Heard] = {
    "BootNotification": boot_notification,
    "Heartbeat": heartbeat,
    "StatusNotification": status_notification,
    "Authorize": authorize,
    "TransactionEvent": transaction_event,
    "ReservationStatusUpdate": reservation_status_update,
    "NotifyEvent": notify_event,
    "NotifyReport": notify_report,
    "DataTransfer": _always({"status": "UnknownVendorId"}),
    "SignCertificate": _always({"status": "Rejected"}),
    "Get15118EVCertificate": _always({"status": "Failed", "exiResponse": ""}),
    "GetCertificateStatus": _always({"status": "Failed"}),
    "NotifyEVChargingNeeds": _always({"status": "Rejected"}),
    "NotifyEVChargingSchedule": _always({"status": "Accepted"}),
    **dict.fromkeys(
        (
            # Readings outside of transactions are nobody's.
            "MeterValues",
            "ClearedChargingLimit",
            "FirmwareStatusNotification",
            "LogStatusNotification",
            "NotifyChargingLimit",
            "NotifyCustomerInformation",
            "NotifyDisplayMessages",
            "NotifyMonitoringReport",
            "PublishFirmwareStatusNotification",
            "ReportChargingProfiles",
            "SecurityEventNotification",
        ),
        noted,
    ),
}
MUST_ARRIVE = frozenset({"TransactionEvent"})
BEFORE_ADMITTED = frozenset({"BootNotification", "NotifyReport", *MUST_ARRIVE})
"""B02.FR.09: while it waits to be admitted a station boots, and says what it is asked for. What has happened all the same is written down."""
SHOWN = 500
"""So much of a value that a component tells is kept with a fault."""


def _event(told: Payload) -> EventReported:
    component, variable = told["component"], told["variable"]
    says = " ".join(told[name] for name in ("techCode", "techInfo") if told.get(name))
    return EventReported(
        evse=evse_number(component["evse"]["id"]) if "evse" in component else WHOLE_STATION,
        component=_named(component),
        variable=_named(variable),
        value=told["actualValue"][:SHOWN],
        at=instant(told["timestamp"]),
        alerting=told["trigger"] == "Alerting",
        cleared=told.get("cleared", False),
        says=says or None,
    )


def _variable(told: Payload) -> Variable:
    where, limits = told["component"]["evse"], told.get("variableCharacteristics", {})
    values = [each.get("value") for each in told["variableAttribute"] if each.get("type", "Actual") == "Actual"]
    return Variable(
        told["component"]["name"],
        told["variable"]["name"],
        evse_number(where["id"]),
        where.get("connectorId"),
        values[0] if values else None,
        decimal(limits["maxLimit"]) if "maxLimit" in limits else None,
        limits.get("unit"),
    )


def _named(told: Payload) -> str:
    return f"{told['name']}/{told['instance']}" if "instance" in told else str(told["name"])


def _readings(values: Sequence[Payload]) -> tuple[Reading, ...]:
    moments = ((instant(each["timestamp"]), [_sample(sample) for sample in each["sampledValue"]]) for each in values)
    return tuple(found for at, samples in moments for found in readings(at, samples))


def _sample(told: Payload) -> Sample:
    unit, signed = told.get("unitOfMeasure", {}), told.get("signedMeterValue")
    value = decimal(told["value"])
    power = unit.get("multiplier", 0)
    return Sample(
        measurand=told.get("measurand", ENERGY),
        value=None if value is None else decimal(value * Decimal(10) ** max(-12, min(12, power))),
        context=told.get("context", "Sample.Periodic"),
        phase=told.get("phase"),
        location=told.get("location"),
        unit=unit.get("unit"),
        signed=None
        if signed is None
        else signed_value(signed["signedMeterData"], signed["encodingMethod"], signed["publicKey"]),
    )


def _token_info(answer: TokenAnswer) -> Payload:
    info: Payload = {"status": VERDICTS[answer.verdict]}
    if answer.group is not None:
        info["groupIdToken"] = {"idToken": answer.group, "type": "Central"}
    if answer.expires_at is not None:
        info["cacheExpiryDateTime"] = written(answer.expires_at)
    return info
