"""A simulated station's OCPP 1.6: its connectors are its EVSEs, and the centre names its transactions."""

from datetime import datetime

from adapters.ocpp.simulated.dialect import Cancel, Limit, Reserve, Said, Start, Stop, Told, Unlimit, limits, written
from adapters.ocpp.simulated.evses import Evse, Payload, Reserved, Transaction

TAKEN = frozenset({"ChangeAvailability", "ChangeConfiguration", "Reset", "TriggerMessage"})


class Ocpp16:
    subprotocol = "ocpp1.6"

    def boot(self) -> Said:
        return "BootNotification", {"chargePointVendor": "kommobil", "chargePointModel": "simulated"}

    def status(self, evse: Evse, now: datetime) -> Said:
        error = "GroundFailure" if evse.faulted else "NoError"
        told = {"connectorId": evse.number, "errorCode": error, "status": _word(evse), "timestamp": written(now)}
        return "StatusNotification", told

    def authorise(self, token: str) -> Said:
        return "Authorize", {"idTag": token}

    def let_in(self, answer: Payload) -> tuple[bool, str | None]:
        return answer["idTagInfo"]["status"] == "Accepted", answer["idTagInfo"].get("parentIdTag")

    def started(self, evse: Evse, it: Transaction, reservation: int | None, remote: int | None) -> Said:  # noqa: ARG002 - 1.6 has no field for it
        told = {"connectorId": evse.number, "idTag": it.token, "meterStart": int(evse.meter_wh)}
        told["timestamp"] = written(it.began_at)
        return "StartTransaction", told if reservation is None else told | {"reservationId": reservation}

    def reading(self, evse: Evse, it: Transaction, now: datetime) -> Said:
        values = [
            {"value": str(int(evse.meter_wh)), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": str(it.watts), "measurand": "Power.Active.Import", "unit": "W"},
        ]
        told = {"connectorId": evse.number, "meterValue": [{"timestamp": written(now), "sampledValue": values}]}
        return "MeterValues", told if it.ref is None else told | {"transactionId": it.ref}

    def ended(self, evse: Evse, it: Transaction, reason: str, now: datetime) -> Said:
        told = {"transactionId": it.ref, "idTag": it.token, "meterStop": int(evse.meter_wh), "reason": reason}
        return "StopTransaction", told | {"timestamp": written(now)}

    def expired(self, number: int) -> Said | None:  # noqa: ARG002 - in 1.6 the status tells it
        return None

    def word(self, action: str) -> Payload | None:
        if action == "UnlockConnector":
            return {"status": "Unlocked"}
        if action == "GetConfiguration":
            return {"configurationKey": [], "unknownKey": []}
        return {"status": "Accepted"} if action in TAKEN else None

    def told(self, action: str, payload: Payload, now: datetime) -> Told | None:
        match action:
            case "ReserveNow":
                until = datetime.fromisoformat(payload["expiryDate"])
                wanted = Reserved(payload["reservationId"], payload["idTag"], payload.get("parentIdTag"), until)
                return Reserve(payload["connectorId"], wanted)
            case "CancelReservation":
                return Cancel(payload["reservationId"])
            case "RemoteStartTransaction":
                return Start(payload.get("connectorId", 1), payload["idTag"], None)
            case "RemoteStopTransaction":
                return Stop(payload["transactionId"])
            case "SetChargingProfile":
                profile = payload["csChargingProfiles"]
                number, schedule = profile["chargingProfileId"], profile["chargingSchedule"]
                return Limit(payload["connectorId"], limits(profile, number, schedule, now))
            case "ClearChargingProfile":
                return Unlimit(payload.get("connectorId"), payload.get("id"))
            case _:
                return None


def _word(evse: Evse) -> str:
    if evse.faulted:
        return "Faulted"
    if evse.transaction:
        return "Charging" if evse.transaction.watts else "SuspendedEVSE"
    if evse.plugged:
        return "Preparing"
    return "Reserved" if evse.reserved else "Available"
