"""Charging sessions: from plug to bill."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from domain.charging.sessions.acting import ChargeBooking, LimitCharging, NotCharging, NotStarted, StopCharging
from domain.charging.sessions.sessions import SessionId
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.calls import UseCase
from services.charging.sessions.acting import ChargingAsked
from services.charging.sessions.following import Bell
from services.charging.sessions.ports import Wanted
from services.charging.sessions.reading import Page
from services.charging.sessions.views import SessionView


class Sessions(Struct, frozen=True):
    """The use cases of whoever charges, bound to their adapters. Whoever may `find` a session may `follow` it."""

    charge: UseCase[ChargingAsked | NotStarted, ChargeBooking]
    stop: UseCase[SessionView | Refusal[NotCharging], StopCharging]
    limit: UseCase[SessionView | Refusal[NotCharging], LimitCharging]
    find: Callable[[Actor, SessionId], Awaitable[SessionView | Refusal[NotCharging]]]
    page: Callable[[Actor, Wanted], Awaitable[Page]]
    follow: Callable[[City, SessionId], Bell]
