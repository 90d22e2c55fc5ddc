"""Problems of approvals and deputies."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "approval_rule_invalid": Kind(422, "This is no rule of approval", "Das ist keine Freigaberegel"),
    "unknown_approver": Kind(
        422, "Somebody who approves works for the city", "Freigeben kann nur, wer für die Stadt arbeitet"
    ),
    "unknown_deputy": Kind(422, "A deputy works for the city", "Vertreten kann nur, wer für die Stadt arbeitet"),
    "decides_nothing": Kind(
        409,
        "Whoever is away runs no pool and is named in none: there is nothing to decide for her",
        "Wer vertreten werden soll, leitet keinen Pool und ist in keinem benannt: Zu entscheiden gibt es für sie nichts",
    ),
    "own_deputy": Kind(422, "Nobody is her own deputy", "Niemand vertritt sich selbst"),
    "deputy_period_invalid": Kind(
        422,
        "A deputy decides for a year at most, to an end that lies ahead",
        "Eine Vertretung dauert höchstens ein Jahr und endet in der Zukunft",
    ),
    "too_many_deputies": Kind(
        409, "You have as many deputies as are allowed", "Sie haben bereits so viele Vertretungen wie erlaubt"
    ),
    "unknown_deputyship": Kind(404, "There is no such deputyship", "Diese Vertretung gibt es nicht"),
    "own_booking": Kind(403, "Somebody else approves your own booking", "Die eigene Buchung gibt jemand anderes frei"),
    "decided_otherwise": Kind(409, "Somebody has decided otherwise", "Jemand hat bereits anders entschieden"),
    "approval_pending": Kind(409, "The booking is not approved yet", "Die Buchung ist noch nicht freigegeben"),
}
