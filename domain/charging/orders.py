"""What a station is told to do, in words that both versions of OCPP have in common, and what it answers.

An order is written down before it is sent and sent by whoever holds the station's connection, so it outlives every process.
Each has a time after which it makes no sense any more and is not sent. It may be sent twice, which stations take well; but not what
is `TOLD_ONCE`.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from domain.charging.stations import WHOLE_STATION, ChargingStationId

OrderId = NewType("OrderId", UUID)


class ReserveNow(Struct, frozen=True, tag="reserve_now"):
    """A second one with the same number takes the place of the first."""

    number: ReservationNumber
    evse: int
    id_token: IdToken
    until: datetime
    group: IdToken | None = None


class CancelReservation(Struct, frozen=True, tag="cancel_reservation"):
    number: ReservationNumber


class ProfilePurpose(StrEnum):
    """`WHOLE` limits the station, `DEFAULT` every transaction that has no profile of its own, `TRANSACTION` a running one."""

    WHOLE = "whole"
    DEFAULT = "default"
    TRANSACTION = "transaction"


class PowerStep(Struct, frozen=True):
    """From so many seconds after the profile's start at most so many W; below 6 A a phase a station pauses."""

    from_s: int
    limit_w: int
    phases: int | None = None


class Profile(Struct, frozen=True):
    """`id` and `level` (stackLevel) say which profile of the same purpose it takes the place of. `phases` are those of the alternating
    current that it limits, for a station that counts in amperes; None where it is direct current, or nobody knows."""

    id: int
    level: int
    purpose: ProfilePurpose
    starts_at: datetime
    lasts_s: int | None
    steps: Sequence[PowerStep]
    transaction: TransactionRef | None = None
    phases: int | None = None


class SetProfile(Struct, frozen=True, tag="set_profile"):
    evse: int
    profile: Profile


class ClearProfile(Struct, frozen=True, tag="clear_profile"):
    """Without an id, all of the purpose at the EVSE."""

    evse: int | None = None
    id: int | None = None
    purpose: ProfilePurpose | None = None


class StartTransaction(Struct, frozen=True, tag="start_transaction"):
    evse: int
    id_token: IdToken
    remote_start: int
    profile: Profile | None = None


class StopTransaction(Struct, frozen=True, tag="stop_transaction"):
    ref: TransactionRef


class ChangeAvailability(Struct, frozen=True, tag="change_availability"):
    operative: bool
    evse: int = WHOLE_STATION


class Reset(Struct, frozen=True, tag="reset"):
    """`at_once` ends transactions; otherwise the station waits for their end."""

    at_once: bool = False


class Unlock(Struct, frozen=True, tag="unlock"):
    evse: int
    connector: int = 1


class ReadSettings(Struct, frozen=True, tag="read_settings"):
    """1.6 names keys; 2.0.1 `Component.Variable`. None asks for all, which 2.0.1 answers in reports."""

    names: Sequence[str] | None = None


class WriteSetting(Struct, frozen=True, tag="write_setting"):
    name: str
    value: str


class AskFor(Struct, frozen=True, tag="ask_for"):
    """A message that the station is to send now: `Heartbeat`, `StatusNotification`, `MeterValues`, `BootNotification`."""

    message: str
    evse: int | None = None


Order: TypeAlias = (
    ReserveNow
    | CancelReservation
    | SetProfile
    | ClearProfile
    | StartTransaction
    | StopTransaction
    | ChangeAvailability
    | Reset
    | Unlock
    | ReadSettings
    | WriteSetting
    | AskFor
)


TOLD_ONCE = (Reset, Unlock, StartTransaction)
"""Not told again over the next connection: whoever resets comes back without having answered, and a door or a transaction opens twice."""

HOUSEKEEPING = (SetProfile, ClearProfile)
"""What no person asks for."""


class Answered(StrEnum):
    """What became of an order. The middle three are a ReserveNow's; the last four are ours: the station answered with an
    error, did not answer in time, was not there until it was too late, or does not know such an order."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAULTED = "faulted"
    OCCUPIED = "occupied"
    UNAVAILABLE = "unavailable"
    SCHEDULED = "scheduled"
    FAILED = "failed"
    NO_ANSWER = "no_answer"
    NOT_THERE = "not_there"
    NOT_SUPPORTED = "not_supported"


class OrderAnswer(Struct, frozen=True):
    """`said` is the station's own word or error, `values` what it was asked for."""

    answered: Answered
    said: str | None = None
    values: dict[str, str] | None = None


class StationOrder(Struct, frozen=True):
    """An order as it is written down. `subject` is what it is for, such as a booking; nobody tells a station after `expires_at`."""

    id: OrderId
    station_id: ChargingStationId
    order: Order
    made_at: datetime
    expires_at: datetime
    subject: UUID | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for it, at a plug or at a desk. It is told before what nobody waits for: profiles, and that what
        nobody may charge is to stop. Else a station is told everything in the order in which it was placed."""
        nobodys = isinstance(self.order, StopTransaction) and self.subject is None
        return not nobodys and not isinstance(self.order, HOUSEKEEPING)


class OrderAnswered(Struct, frozen=True, tag="charging.order_answered"):
    """The last word about an order; there is exactly one, also where the station was never reached."""

    order: StationOrder
    answer: OrderAnswer


def lapsed(times_told: int) -> OrderAnswer:
    """The answer to an order for which it is too late."""
    return OrderAnswer(Answered.NO_ANSWER if times_told else Answered.NOT_THERE)
