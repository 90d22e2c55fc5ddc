"""Who may call what: checked before the API starts, and printed as a table."""

from collections.abc import Iterable, Sequence

from litestar import Litestar
from litestar.enums import HttpMethod

from adapters.http.endpoints import Access, Endpoint, Rule
from domain.grants import OF_A_PARTY
from domain.identity import Role

# What concerns nobody but the caller, whatever her role.
ONES_OWN = ("/v1/{city:str}/me", "/v1/{city:str}/auth/", "/v1/{city:str}/invoices")
LEASING = "/leasing/"
NOBODY = "no token"


class Unguarded(Exception):
    """Operations that do not say who may call them. The API does not start."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def check_rules(endpoints: Iterable[Endpoint]) -> None:
    """Raises Unguarded for every endpoint whose rule does not hold."""
    _refuse(f"{each.method.value} {each.path} {fault}" for each in endpoints for fault in rule_faults(each))


def check_routes(app: Litestar) -> None:
    """Raises Unguarded for every route that is no endpoint's."""
    _refuse(
        f"{method} {route.path} has no rule"
        for route in app.routes
        for method, entry in getattr(route, "route_handler_map", {"every method of": None}).items()
        if method != HttpMethod.OPTIONS and not (entry and isinstance(entry[0].opt.get("endpoint"), Endpoint))
    )


def _refuse(faults: Iterable[str]) -> None:
    if found := sorted(faults):
        raise Unguarded(found)


def rule_faults(endpoint: Endpoint) -> tuple[str, ...]:
    """What is wrong with the rule of an operation, in words for whoever declared it."""
    rule: object = endpoint.rule  # a Struct takes whatever it is given
    if not isinstance(rule, Rule) or not isinstance(rule.access, Access):
        return ("has no rule",)
    faults = []
    if (rule.access is Access.ROLES) != bool(rule.roles):
        faults.append("names roles where it admits by role, and nowhere else")
    if rule.access is not Access.PUBLIC and "{city:str}" not in endpoint.path:
        faults.append("asks for a token and names no city")
    if rule.access is Access.SIGNED_IN and not endpoint.path.startswith(ONES_OWN):
        faults.append("is for everybody signed in, but does not concern the caller alone")
    if rule.roles & OF_A_PARTY and LEASING not in endpoint.path:
        faults.append("admits dealers, HR or lessors, who act under /leasing/ alone")
    return tuple(faults)


def admits(rule: Rule, role: Role | None) -> bool:
    """Whether the rule lets somebody with this one role in; None is somebody without a token."""
    match rule.access:
        case Access.PUBLIC | Access.ANYONE:
            return True
        case Access.SIGNED_IN:
            return role is not None
        case Access.ROLES:
            return role in rule.roles


def table(endpoints: Iterable[Endpoint]) -> str:
    """The authorisation matrix, a line for each operation: x where the role may call it, for what is its own."""
    callers: tuple[Role | None, ...] = (None, *Role)
    heads = ["operation", "method", "path", *(role.value if role else NOBODY for role in callers)]
    lines = [heads]
    for endpoint in sorted(endpoints, key=lambda e: (e.path, e.method.value)):
        marks = ["x" if admits(endpoint.rule, role) else "-" for role in callers]
        path = endpoint.path.replace(":str}", "}").replace(":uuid}", "}").replace(":int}", "}")
        lines.append([endpoint.operation_id, endpoint.method.value, path, *marks])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )
