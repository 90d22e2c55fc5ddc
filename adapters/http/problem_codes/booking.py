"""Problems of the kernel: what is booked, when, and what stands in the way; locks; series and waitlists."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "unknown_resource": Kind(404, "There is no such resource", "Diese Ressource gibt es nicht"),
    "unknown_booking": Kind(404, "There is no such booking", "Diese Buchung gibt es nicht"),
    "unknown_block": Kind(404, "There is no such block", "Diese Sperrung gibt es nicht"),
    "unknown_waitlist_entry": Kind(
        404, "There is no such entry of a waitlist", "Diesen Wartelisteneintrag gibt es nicht"
    ),
    "unknown_series": Kind(404, "There is no such series", "Diese Serie gibt es nicht"),
    "unknown_quote": Kind(404, "There is no such quote", "Dieses Angebot gibt es nicht"),
    "unknown_station": Kind(404, "There is no such station", "Diese Station gibt es nicht"),
    "unknown_tariff": Kind(404, "There is no such tariff", "Diesen Tarif gibt es nicht"),
    "resource_taken": Kind(409, "The resource is taken", "Die Ressource ist vergeben"),
    "too_many_bookings": Kind(
        409, "You have as many open bookings as are allowed", "Sie haben bereits so viele offene Buchungen wie erlaubt"
    ),
    "quota_used_up": Kind(
        409,
        "You have booked as much in this week as one person may",
        "Sie haben in dieser Woche bereits so lange gebucht, wie einer Person zusteht",
    ),
    "nothing_fits": Kind(
        409,
        "No other vehicle is free then and suits the trip",
        "Dann ist kein anderes Fahrzeug frei, das für die Fahrt geeignet ist",
    ),
    "bookings_in_the_way": Kind(409, "There are bookings in the way", "Dem stehen Buchungen entgegen"),
    "not_bookable": Kind(409, "The resource is listed but cannot be booked", "Die Ressource ist nicht buchbar"),
    "out_of_service": Kind(409, "The resource is out of service", "Die Ressource ist außer Betrieb"),
    "not_usable_then": Kind(
        409,
        "It may not be used that long: before that, an inspection or its insurance runs out",
        "So lange darf es nicht genutzt werden: vorher läuft eine Prüfung oder die Versicherung ab",
    ),
    "still_available": Kind(
        409, "It can be had, so there is nothing to wait for", "Das ist verfügbar; darauf müssen Sie nicht warten"
    ),
    "already_waiting": Kind(
        409, "You wait for something at that time already", "Sie warten für diese Zeit schon auf etwas"
    ),
    "too_many_waitlist_entries": Kind(
        409, "You wait for as many things as you may", "Sie warten schon auf so vieles, wie möglich ist"
    ),
    "nothing_offered": Kind(409, "Nothing was offered yet", "Es wurde noch nichts angeboten"),
    "offer_over": Kind(409, "The offer counts no more", "Das Angebot gilt nicht mehr"),
    "series_conflicts": Kind(
        409,
        "Some occurrences of the series cannot be had; nothing was booked",
        "Einige Termine der Serie sind nicht zu haben; es wurde nichts gebucht",
    ),
    "quote_expired": Kind(409, "The quote has expired", "Das Angebot ist abgelaufen"),
    "wrong_state": Kind(409, "The booking's state does not allow this", "Der Stand der Buchung lässt das nicht zu"),
    "end_does_not_fit": Kind(
        409,
        "To extend, the end comes later than it is; to shorten, earlier",
        "Beim Verlängern liegt das Ende später als bisher, beim Verkürzen früher",
    ),
    "nothing_changes": Kind(409, "It says so already", "So steht es bereits da"),
    "too_early": Kind(409, "It is too early to start", "Für den Beginn ist es noch zu früh"),
    "still_in_use": Kind(
        409,
        "Whoever had it before has not brought it back yet; not to use it costs nothing",
        "Es ist noch nicht zurück; es nicht zu nutzen kostet nichts",
    ),
    "code_does_not_fit": Kind(409, "This is another resource", "Das ist eine andere Ressource"),
    "booking_moved": Kind(
        409,
        "This Idempotency-Key was for the vehicle that the booking had before; a new one is for what it has now",
        "Dieser Idempotency-Key galt dem früheren Fahrzeug der Buchung; ein neuer gilt dem jetzigen",
    ),
    "no_lock": Kind(
        409, "It has no lock that opens from afar", "Es hat kein Schloss, das sich aus der Ferne öffnen lässt"
    ),
    "rule_invalid": Kind(
        422,
        "This is no rule for a series (RRULE of RFC 5545, by days, weeks or months, with COUNT or UNTIL)",
        "Das ist keine Regel für eine Serie (RRULE nach RFC 5545, nach Tagen, Wochen oder Monaten, mit COUNT oder UNTIL)",
    ),
    "rule_without_end": Kind(422, "The series has no end: COUNT or UNTIL", "Die Serie hat kein Ende: COUNT oder UNTIL"),
    "start_not_named": Kind(
        422,
        "The rule does not name the day on which the series starts",
        "Die Regel ergibt den Tag nicht, an dem die Serie beginnt",
    ),
    "no_occurrences": Kind(422, "The rule names no day", "Die Regel ergibt keinen Termin"),
    "too_many_occurrences": Kind(
        422,
        "A series has at most 100 occurrences within 366 days",
        "Eine Serie hat höchstens 100 Termine innerhalb von 366 Tagen",
    ),
    "window_invalid": Kind(422, "This is no window of time", "Das ist kein Zeitfenster"),
    "period_in_the_past": Kind(422, "The period lies in the past", "Der Zeitraum liegt in der Vergangenheit"),
    "period_too_short": Kind(422, "The period is too short", "Der Zeitraum ist zu kurz"),
    "period_too_long": Kind(422, "The period is too long", "Der Zeitraum ist zu lang"),
    "too_short_notice": Kind(
        422, "The period begins too soon to be booked", "Der Zeitraum beginnt zu bald, um noch gebucht zu werden"
    ),
    "too_far_ahead": Kind(422, "The period lies too far ahead", "Der Zeitraum liegt zu weit in der Zukunft"),
    "not_for_subscription": Kind(
        422, "This is not given without a set end", "Das gibt es nicht ohne festes Ende (im Abo)"
    ),
    "ends_by_notice": Kind(
        409,
        "What has no set end ends by notice, and is given back in its last month",
        "Was kein festes Ende hat, endet durch Kündigung und wird im letzten Monat zurückgegeben",
    ),
    "unknown_plan": Kind(422, "There is no such plan", "Diesen Tarifplan gibt es nicht"),
    "lock_offline": Kind(503, "The lock cannot be reached", "Das Schloss ist nicht erreichbar"),
    "lock_silent": Kind(
        503,
        "The lock did not answer in time; with the same key it is asked again and opens once",
        "Das Schloss hat nicht rechtzeitig geantwortet; mit demselben Schlüssel wird es noch einmal gefragt und öffnet einmal",
    ),
}
