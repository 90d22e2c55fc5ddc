"""What is wrong with a request as such, whatever it was for."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "malformed": Kind(400, "The request cannot be read", "Die Anfrage ist nicht lesbar"),
    "key_missing": Kind(400, "An Idempotency-Key is required", "Ein Idempotency-Key ist erforderlich"),
    "key_invalid": Kind(
        400,
        "The Idempotency-Key is not 1 to 255 visible ASCII characters",
        "Der Idempotency-Key besteht nicht aus 1 bis 255 sichtbaren ASCII-Zeichen",
    ),
    "bad_signature": Kind(400, "The signature does not fit", "Die Signatur passt nicht"),
    "not_found": Kind(404, "There is nothing here", "Hier ist nichts"),
    "method_not_allowed": Kind(405, "The method is not allowed here", "Diese Methode ist hier nicht erlaubt"),
    "not_acceptable": Kind(406, "Only JSON is served here", "Hier gibt es nur JSON"),
    "in_flight": Kind(409, "The same request is being answered", "Dieselbe Anfrage wird gerade beantwortet"),
    "too_slow": Kind(408, "The request came too slowly", "Die Anfrage kam zu langsam"),
    "version_mismatch": Kind(412, "The version has changed", "Der Stand hat sich geändert"),
    "too_large": Kind(413, "The request is too large", "Die Anfrage ist zu groß"),
    "target_too_long": Kind(414, "The address is too long", "Die Adresse ist zu lang"),
    "unsupported_media_type": Kind(415, "Only JSON is accepted", "Nur JSON wird angenommen"),
    "unsupported_file_type": Kind(
        415,
        "Only the types of file that the operation names are accepted",
        "Nur die Arten von Dateien, die genannt sind, werden angenommen",
    ),
    "wrong_host": Kind(421, "This is not the host you asked for", "Das ist nicht der gefragte Host"),
    "invalid_input": Kind(422, "The input is not valid", "Die Eingabe ist nicht gültig"),
    "key_reused": Kind(
        422, "The Idempotency-Key came with another request", "Der Idempotency-Key kam mit einer anderen Anfrage"
    ),
    "rate_limited": Kind(429, "Too many requests", "Zu viele Anfragen"),
    "head_too_large": Kind(431, "The headers are too large", "Die Kopfzeilen sind zu groß"),
    "internal": Kind(500, "Something went wrong here", "Hier ist etwas schiefgegangen"),
    "unavailable": Kind(503, "Please try again shortly", "Bitte versuchen Sie es gleich noch einmal"),
}
