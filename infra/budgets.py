"""The budgets of requests as the settings tell them."""

import re
from collections.abc import Mapping

from services.limits.ports import Budget

# For one person, or one address where nobody is signed in: well beyond what an app asks in a minute; a mobile carrier puts
# thousands of people behind one address, and a whole office still signs in. Whoever charges without an account has a charger kept
# for some minutes before anybody pays.
DEFAULTS = {
    "sign_in": Budget("sign_in", 60, 60),
    "withdrawal": Budget("withdrawal", 30, 60),
    "ad_hoc": Budget("ad_hoc", 20, 600),
    "booking": Budget("booking", 1200, 60),
    "search": Budget("search", 6000, 60),
    "rest": Budget("rest", 6000, 60),
}
TOLD = re.compile(r"(?P<name>[a-z_]+)=(?:(?P<quota>[1-9][0-9]{0,8})/(?P<window>[1-9][0-9]{0,4})|off)")


def budgets(told: str | None) -> Mapping[str, Budget]:
    """The defaults, changed by words such as `booking=60/60` (requests in seconds) or `search=off`; none with `off`.

    Raises ValueError, which says what would do.
    """
    if told == "off":
        return {}
    found = dict(DEFAULTS)
    for word in (told or "").replace(",", " ").split():
        said = TOLD.fullmatch(word)
        if said is None or said["name"] not in DEFAULTS:
            raise ValueError(f"say `off`, or words such as booking=60/60 or rest=off, of {', '.join(DEFAULTS)}")
        if said["quota"] is None:
            found.pop(said["name"], None)
        else:
            found[said["name"]] = Budget(said["name"], int(said["quota"]), int(said["window"]))
    return found
