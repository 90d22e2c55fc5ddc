"""A simulated station's OCPP 2.0.1: one connector to each EVSE, and transactions that it names itself."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from adapters.ocpp.simulated.dialect import Cancel, Limit, Reserve, Said, Start, Stop, Told, Unlimit, limits, written
from adapters.ocpp.simulated.evses import Evse, Payload, Reserved, Transaction

TAKEN = frozenset({"ChangeAvailability", "Reset", "TriggerMessage", "GetBaseReport"})


class Ocpp201:
    subprotocol = "ocpp2.0.1"

    def boot(self) -> Said:
        station = {"vendorName": "kommobil", "model": "simulated"}
        return "BootNotification", {"reason": "PowerUp", "chargingStation": station}

    def status(self, evse: Evse, now: datetime) -> Said:
        told = {"timestamp": written(now), "connectorStatus": _word(evse), "evseId": evse.number, "connectorId": 1}
        return "StatusNotification", told

    def authorise(self, token: str) -> Said:
        return "Authorize", {"idToken": _token(token)}

    def let_in(self, answer: Payload) -> tuple[bool, str | None]:
        info = answer["idTokenInfo"]
        return info["status"] == "Accepted", info["groupIdToken"]["idToken"] if "groupIdToken" in info else None

    def started(self, evse: Evse, it: Transaction, reservation: int | None, remote: int | None) -> Said:
        by = {} if remote is None else {"remoteStartId": remote}
        trigger = "Authorized" if remote is None else "RemoteStart"
        told = _event(evse, it, BEGIN, trigger, it.began_at, chargingState="Charging", **by)
        told |= {"evse": {"id": evse.number, "connectorId": 1}, "idToken": _token(it.token)}
        return "TransactionEvent", told if reservation is None else told | {"reservationId": reservation}

    def reading(self, evse: Evse, it: Transaction, now: datetime) -> Said:
        state = "Charging" if it.watts else "SuspendedEVSE"
        return "TransactionEvent", _event(evse, it, MEANWHILE, "MeterValuePeriodic", now, chargingState=state)

    def ended(self, evse: Evse, it: Transaction, reason: str, now: datetime) -> Said:
        trigger = "RemoteStop" if reason == "Remote" else "StopAuthorized"
        return "TransactionEvent", _event(evse, it, END, trigger, now, stoppedReason=reason)

    def expired(self, number: int) -> Said | None:
        return "ReservationStatusUpdate", {"reservationId": number, "reservationUpdateStatus": "Expired"}

    def word(self, action: str) -> Payload | None:
        if action == "UnlockConnector":
            return {"status": "Unlocked"}
        return {"status": "Accepted"} if action in TAKEN else None

    def told(self, action: str, payload: Payload, now: datetime) -> Told | None:
        match action:
            case "ReserveNow":
                until, group = datetime.fromisoformat(payload["expiryDateTime"]), payload.get("groupIdToken")
                token = payload["idToken"]["idToken"]
                wanted = Reserved(payload["id"], token, group["idToken"] if group else None, until)
                return Reserve(payload.get("evseId", 1), wanted)
            case "CancelReservation":
                return Cancel(payload["reservationId"])
            case "RequestStartTransaction":
                return Start(payload.get("evseId", 1), payload["idToken"]["idToken"], payload["remoteStartId"])
            case "RequestStopTransaction":
                return Stop(payload["transactionId"])
            case "SetChargingProfile":
                profile = payload["chargingProfile"]
                return Limit(payload["evseId"], limits(profile, profile["id"], profile["chargingSchedule"][0], now))
            case "ClearChargingProfile":
                wanted_by = payload.get("chargingProfileCriteria", {})
                return Unlimit(wanted_by.get("evseId"), payload.get("chargingProfileId"))
            case _:
                return None


def _word(evse: Evse) -> str:
    if evse.faulted:
        return "Faulted"
    if evse.transaction or evse.plugged:
        return "Occupied"
    return "Reserved" if evse.reserved else "Available"


def _token(token: str) -> Payload:
    return {"idToken": token, "type": "Central"}


class _Moment(Struct, frozen=True):
    """A transaction event's type with the context that its readings have."""

    kind: str
    context: str


BEGIN = _Moment("Started", "Transaction.Begin")
MEANWHILE = _Moment("Updated", "Sample.Periodic")
END = _Moment("Ended", "Transaction.End")


def _event(evse: Evse, it: Transaction, moment: _Moment, trigger: str, at: datetime, **info: Any) -> Payload:
    values = [
        {"value": int(evse.meter_wh), "measurand": "Energy.Active.Import.Register", "context": moment.context},
        {"value": it.watts, "measurand": "Power.Active.Import", "context": moment.context},
    ]
    it.seq += 1
    return {
        "eventType": moment.kind,
        "triggerReason": trigger,
        "timestamp": written(at),
        "seqNo": it.seq - 1,
        "transactionInfo": {"transactionId": it.ref, **info},
        "meterValue": [{"timestamp": written(at), "sampledValue": values}],
    }
