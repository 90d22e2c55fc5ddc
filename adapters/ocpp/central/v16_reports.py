"""What an OCPP 1.6 station tells. Its connectors are our EVSEs, and its transactions are named by us."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from adapters.ocpp.central.desk import Desk, Heard
from adapters.ocpp.central.frames import Payload
from adapters.ocpp.central.meters import ENERGY, Sample, decimal, readings, signed_in_text
from adapters.ocpp.central.words import STATUSES, VERDICTS, evse_number, instant, number, token, written
from domain.charging.reports import (
    Booted,
    Context,
    Reading,
    ReservationNumber,
    StatusReported,
    TokenAnswer,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
    TransactionUpdated,
)

WAS_OFFLINE = timedelta(minutes=2)
"""1.6 does not say that something happened while the station was offline; what comes so late did."""
NO_TRANSACTION = frozenset({0, -1})
"""What stations put where there is none."""


async def boot_notification(desk: Desk, told: Payload) -> Payload:
    serial = told.get("chargePointSerialNumber") or told.get("chargeBoxSerialNumber")
    report = Booted(told["chargePointVendor"], told["chargePointModel"], serial, told.get("firmwareVersion"))
    welcome = await desk.booted(report)
    status = welcome.admission.value.capitalize()
    return {"status": status, "currentTime": written(desk.now()), "interval": welcome.heartbeat_s}


async def heartbeat(desk: Desk, _told: Payload) -> Payload:
    return {"currentTime": written(desk.now())}


async def status_notification(desk: Desk, told: Payload) -> Payload:
    error = " ".join(told.get(name, "") for name in ("errorCode", "info", "vendorId", "vendorErrorCode")).strip()
    connector = number(told["connectorId"])
    report = StatusReported(
        evse=connector,
        connector=min(connector, 1),
        status=STATUSES[told["status"]],
        said=told["status"],
        at=instant(told["timestamp"]) if "timestamp" in told else desk.now(),
        error=None if told["errorCode"] == "NoError" else error,
    )
    await desk.status(report)
    return {}


async def authorize(desk: Desk, told: Payload) -> Payload:
    return {"idTagInfo": _token_info(await desk.authorise(token(told["idTag"])))}


async def start_transaction(desk: Desk, told: Payload) -> Payload:
    at, reservation = instant(told["timestamp"]), told.get("reservationId")
    report = TransactionStarted(
        evse=evse_number(told["connectorId"]),
        connector=1,
        id_token=token(told["idTag"]),
        at=at,
        reservation=None if reservation is None else ReservationNumber(reservation),
        offline=desk.now() - at > WAS_OFFLINE,
        readings=(Reading(at, Context.BEGIN, energy_wh=Decimal(told["meterStart"])),),
    )
    answer = await desk.started(report)
    return {"transactionId": answer.number, "idTagInfo": _token_info(answer.token)}


async def stop_transaction(desk: Desk, told: Payload) -> Payload:
    at = instant(told["timestamp"])
    report = TransactionEnded(
        ref=TransactionRef(str(told["transactionId"])),
        at=at,
        reason=told.get("reason", "Local"),
        id_token=token(told["idTag"]) if "idTag" in told else None,
        offline=desk.now() - at > WAS_OFFLINE,
        readings=(
            *_readings(told.get("transactionData", ())),
            Reading(at, Context.END, energy_wh=Decimal(told["meterStop"])),
        ),
    )
    answer = await desk.ended(report)
    return {} if answer.token is None or report.id_token is None else {"idTagInfo": _token_info(answer.token)}


async def meter_values(desk: Desk, told: Payload) -> Payload:
    readings = _readings(told["meterValue"])
    transaction = told.get("transactionId", 0)
    if transaction not in NO_TRANSACTION:
        last = max(each.at for each in readings)
        report = TransactionUpdated(
            ref=TransactionRef(str(transaction)),
            at=last,
            evse=evse_number(told["connectorId"]),
            offline=desk.now() - last > WAS_OFFLINE,
            readings=readings,
        )
        await desk.updated(report)
    return {}


async def noted(_desk: Desk, _told: Payload) -> Payload:
    """It stands in the log."""
    return {}


async def data_transfer(_desk: Desk, _told: Payload) -> Payload:
    return {"status": "UnknownVendorId"}


async def sign_certificate(_desk: Desk, _told: Payload) -> Payload:
    return {"status": "Rejected"}


HEARD: Mapping[str, Heard] = {
    "BootNotification": boot_notification,
    "Heartbeat": heartbeat,
    "StatusNotification": status_notification,
    "Authorize": authorize,
    "StartTransaction": start_transaction,
    "StopTransaction": stop_transaction,
    "MeterValues": meter_values,
    "DataTransfer": data_transfer,
    "DiagnosticsStatusNotification": noted,
    "FirmwareStatusNotification": noted,
    "LogStatusNotification": noted,
    "SecurityEventNotification": noted,
    "SignedFirmwareStatusNotification": noted,
    "SignCertificate": sign_certificate,
}
MUST_ARRIVE = frozenset({"StartTransaction", "StopTransaction", "MeterValues"})
NAMES = frozenset({"StartTransaction"})


def _readings(values: Sequence[Payload]) -> tuple[Reading, ...]:
    moments = ((instant(each["timestamp"]), [_sample(sample) for sample in each["sampledValue"]]) for each in values)
    return tuple(found for at, samples in moments for found in readings(at, samples))


def _sample(told: Payload) -> Sample:
    is_signed = told.get("format") == "SignedData"
    return Sample(
        measurand=told.get("measurand", ENERGY),
        value=None if is_signed else decimal(told["value"]),
        context=told.get("context", "Sample.Periodic"),
        phase=told.get("phase"),
        location=told.get("location"),
        unit=told.get("unit"),
        signed=signed_in_text(told["value"]) if is_signed else None,
    )


def _token_info(answer: TokenAnswer) -> Payload:
    info: Payload = {"status": VERDICTS[answer.verdict]}
    if answer.group is not None:
        info["parentIdTag"] = answer.group
    if answer.expires_at is not None:
        info["expiryDate"] = written(answer.expires_at)
    return info
