"""What an OCPP 2.0.1 station is told: `spoken(order) -> (action, payload)`, and `understood(order, result) -> OrderAnswer`."""

from adapters.ocpp.central.frames import Payload, shown
from adapters.ocpp.central.words import RateUnit, UnspeakableError, done, schedule, written
from domain.charging.orders import (
    Answered,
    AskFor,
    CancelReservation,
    ChangeAvailability,
    ClearProfile,
    Order,
    OrderAnswer,
    Profile,
    ProfilePurpose,
    ReadSettings,
    ReserveNow,
    Reset,
    SetProfile,
    StartTransaction,
    StopTransaction,
    Unlock,
    WriteSetting,
)

PURPOSES = {
    ProfilePurpose.WHOLE: "ChargingStationMaxProfile",
    ProfilePurpose.DEFAULT: "TxDefaultProfile",
    ProfilePurpose.TRANSACTION: "TxProfile",
}
REPORT = 1
"""The number of a report of all settings, whose pages come as NotifyReport and stand in the log."""


def spoken(order: Order, unit: RateUnit = RateUnit.WATTS) -> tuple[str, Payload]:  # noqa: C901 - a message for each order
    """Raises UnspeakableError."""
    match order:
        case ReserveNow():
            told = {"id": order.number, "expiryDateTime": written(order.until), "idToken": _token(order.id_token)}
            told |= {} if order.group is None else {"groupIdToken": _token(order.group)}
            return "ReserveNow", told | ({"evseId": order.evse} if order.evse else {})
        case CancelReservation():
            return "CancelReservation", {"reservationId": order.number}
        case SetProfile():
            return "SetChargingProfile", {"evseId": order.evse, "chargingProfile": _profile(order.profile, unit)}
        case ClearProfile():
            which = {"evseId": order.evse}
            which |= {"chargingProfilePurpose": PURPOSES[order.purpose]} if order.purpose else {}  # type: ignore[dict-item]
            which = {name: value for name, value in which.items() if value is not None}
            told = {} if order.id is None else {"chargingProfileId": order.id}
            return "ClearChargingProfile", told | ({"chargingProfileCriteria": which} if which else {})
        case StartTransaction():
            told = {"idToken": _token(order.id_token), "remoteStartId": order.remote_start}
            told |= {"evseId": order.evse} if order.evse else {}
            return "RequestStartTransaction", told | (
                {} if order.profile is None else {"chargingProfile": _profile(order.profile, unit)}
            )
        case StopTransaction():
            return "RequestStopTransaction", {"transactionId": order.ref}
        case ChangeAvailability():
            told = {"operationalStatus": "Operative" if order.operative else "Inoperative"}
            return "ChangeAvailability", told | ({"evse": {"id": order.evse}} if order.evse else {})
        case Reset():
            return "Reset", {"type": "Immediate" if order.at_once else "OnIdle"}
        case Unlock():
            return "UnlockConnector", {"evseId": order.evse, "connectorId": order.connector}
        case ReadSettings(names=None):
            return "GetBaseReport", {"requestId": REPORT, "reportBase": "FullInventory"}
        case ReadSettings():
            return "GetVariables", {"getVariableData": [_variable(name) for name in order.names or ()]}
        case WriteSetting():
            return "SetVariables", {"setVariableData": [_variable(order.name) | {"attributeValue": order.value}]}
        case AskFor():
            told = {"requestedMessage": order.message}
            return "TriggerMessage", told | (
                {} if order.evse is None else {"evse": _asked_at(order.message, order.evse)}
            )


def understood(order: Order, result: Payload) -> OrderAnswer:
    """A result that its schema has let through."""
    if isinstance(order, ReadSettings) and order.names is not None:
        found = [each for each in result["getVariableResult"] if each["attributeStatus"] == "Accepted"]
        values = {
            f"{each['component']['name']}.{each['variable']['name']}": shown(
                each["variable"]["name"], each.get("attributeValue", "")
            )
            for each in found
        }
        return OrderAnswer(Answered.ACCEPTED if found else Answered.REJECTED, None, values)
    if isinstance(order, WriteSetting):
        return done(result["setVariableResult"][0]["attributeStatus"])
    return done(result["status"])


def _asked_at(message: str, evse: int) -> Payload:
    """A status is a connector's, and a station that is asked for an EVSE's says no (F06.FR.12)."""
    return {"id": evse} | ({"connectorId": 1} if message == "StatusNotification" else {})


def _token(token: str) -> Payload:
    return {"idToken": token, "type": "Central"}


def _variable(name: str) -> Payload:
    component, dot, variable = name.partition(".")
    if not dot:
        raise UnspeakableError(f"in 2.0.1 a setting is called Component.Variable, not {name!r}")
    return {"component": {"name": component}, "variable": {"name": variable}}


def _profile(profile: Profile, unit: RateUnit) -> Payload:
    told: Payload = {"id": profile.id, "stackLevel": profile.level, "chargingProfileKind": "Absolute"}
    told |= {
        "chargingProfilePurpose": PURPOSES[profile.purpose],
        "chargingSchedule": [{"id": profile.id} | schedule(profile, unit)],
    }
    return told | ({} if profile.transaction is None else {"transactionId": profile.transaction})
