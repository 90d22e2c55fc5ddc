"""The closed list of problems of the public API, each code in its room: a code stands in one of them alone."""

from adapters.http.problem_codes import (
    approvals,
    bike_leasing,
    booking,
    charging,
    finance,
    fleet,
    payments,
    people,
    protocol,
)
from adapters.http.problem_codes.kinds import Kind

ROOMS = (approvals, bike_leasing, booking, charging, finance, fleet, payments, people, protocol)
CODES: dict[str, Kind] = {code: kind for room in ROOMS for code, kind in room.CODES.items()}
