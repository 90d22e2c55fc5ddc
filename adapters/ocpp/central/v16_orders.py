"""What an OCPP 1.6 station is told: `spoken(order) -> (action, payload)`, and `understood(order, result) -> OrderAnswer`."""

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
    ProfilePurpose.WHOLE: "ChargePointMaxProfile",
    ProfilePurpose.DEFAULT: "TxDefaultProfile",
    ProfilePurpose.TRANSACTION: "TxProfile",
}


def spoken(order: Order, unit: RateUnit = RateUnit.WATTS) -> tuple[str, Payload]:  # noqa: C901 - a message for each order
    """Raises UnspeakableError."""
    match order:
        case ReserveNow():
            told = {"connectorId": order.evse, "expiryDate": written(order.until), "idTag": order.id_token}
            told |= {} if order.group is None else {"parentIdTag": order.group}
            return "ReserveNow", told | {"reservationId": order.number}
        case CancelReservation():
            return "CancelReservation", {"reservationId": order.number}
        case SetProfile():
            return "SetChargingProfile", {
                "connectorId": order.evse,
                "csChargingProfiles": _profile(order.profile, unit),
            }
        case ClearProfile():
            told = {"id": order.id, "connectorId": order.evse}
            told["chargingProfilePurpose"] = PURPOSES[order.purpose] if order.purpose else None
            return "ClearChargingProfile", {name: value for name, value in told.items() if value is not None}
        case StartTransaction():
            told = {"idTag": order.id_token} | ({"connectorId": order.evse} if order.evse else {})
            return "RemoteStartTransaction", told | (
                {} if order.profile is None else {"chargingProfile": _profile(order.profile, unit)}
            )
        case StopTransaction():
            return "RemoteStopTransaction", {"transactionId": _transaction(order.ref)}
        case ChangeAvailability():
            kind = "Operative" if order.operative else "Inoperative"
            return "ChangeAvailability", {"connectorId": order.evse, "type": kind}
        case Reset():
            return "Reset", {"type": "Hard" if order.at_once else "Soft"}
        case Unlock():
            return "UnlockConnector", {"connectorId": order.evse}
        case ReadSettings():
            return "GetConfiguration", {} if order.names is None else {"key": list(order.names)}
        case WriteSetting():
            return "ChangeConfiguration", {"key": order.name, "value": order.value}
        case AskFor():
            told = {"requestedMessage": order.message}
            return "TriggerMessage", told | ({} if order.evse is None else {"connectorId": order.evse})


def understood(order: Order, result: Payload) -> OrderAnswer:
    """A result that its schema has let through."""
    if isinstance(order, ReadSettings):
        known = {each["key"]: shown(each["key"], each.get("value", "")) for each in result.get("configurationKey", ())}
        return OrderAnswer(Answered.ACCEPTED if known or order.names is None else Answered.REJECTED, None, known)
    return done(result["status"])


def _transaction(ref: str) -> int:
    try:
        return int(ref)
    except ValueError as error:
        raise UnspeakableError(f"in 1.6 a transaction has a number, not {ref!r}") from error


def _profile(profile: Profile, unit: RateUnit) -> Payload:
    told: Payload = {"chargingProfileId": profile.id, "stackLevel": profile.level, "chargingProfileKind": "Absolute"}
    told |= {"chargingProfilePurpose": PURPOSES[profile.purpose], "chargingSchedule": schedule(profile, unit)}
    return told | ({} if profile.transaction is None else {"transactionId": _transaction(profile.transaction)})
