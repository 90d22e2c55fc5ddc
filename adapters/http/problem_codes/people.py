"""Problems of who asks: sign-in, roles, proofs, consents, and what a city is called and keeps."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "unauthorised": Kind(401, "Please sign in", "Bitte melden Sie sich an"),
    "wrong_city": Kind(401, "The token belongs to another city", "Das Token gehört zu einer anderen Stadt"),
    "code_not_valid": Kind(401, "The code does not count, or no longer", "Der Code gilt nicht oder nicht mehr"),
    "session_over": Kind(401, "The session is over", "Die Sitzung ist beendet"),
    "forbidden": Kind(403, "Your role does not allow this", "Ihre Rolle erlaubt das nicht"),
    "not_eligible": Kind(
        403, "Something has to be shown to the city first", "Der Stadt ist vorher noch etwas vorzuzeigen"
    ),
    "unknown_feed": Kind(
        404, "There is no such calendar feed, or no longer", "Diesen Kalender gibt es nicht oder nicht mehr"
    ),
    "role_not_granted": Kind(
        409,
        "Whoever reads a calendar has no token: an operator grants you the role in this city first",
        "Wer einen Kalender liest, hat kein Token: Zuerst verleiht Ihnen ein Betreiber die Rolle in dieser Stadt",
    ),
    "unknown_subscription": Kind(404, "There is no such webhook", "Diesen Webhook gibt es nicht"),
    "unknown_city": Kind(404, "There is no such city", "Diese Stadt gibt es nicht"),
    "unknown_person": Kind(404, "There is no such person", "Diese Person gibt es nicht"),
    "unknown_document": Kind(404, "There is no such text", "Diesen Text gibt es nicht"),
    "unknown_withdrawal": Kind(
        404, "There is no such withdrawal to confirm", "Diesen Widerruf gibt es nicht zu bestätigen"
    ),
    "unknown_subject": Kind(404, "There is nothing of the kind to hold", "Dergleichen gibt es nicht zu sperren"),
    "unknown_hold": Kind(404, "There is no such hold", "Diese Sperre gibt es nicht"),
    "checked_as_driver": Kind(
        409,
        "A driver's licence and briefing are entered with the drivers, by whoever runs her pool",
        "Führerscheine und Unterweisungen von Fahrern trägt bei den Fahrern ein, wer ihren Pool führt",
    ),
    "document_differs": Kind(
        409, "This version was published with other words", "Diese Fassung ist mit anderem Wortlaut veröffentlicht"
    ),
    "too_many_subscriptions": Kind(409, "There are too many webhooks", "Es gibt zu viele Webhooks"),
    "not_settled": Kind(
        409,
        "Bookings or leases are not over, or money is open",
        "Es gibt Buchungen oder Leasingverträge, die nicht zu Ende sind, oder offene Zahlungen",
    ),
    "account_has_payments": Kind(
        409,
        "Money was taken through this account, from which alone it can be refunded",
        "Über dieses Konto wurde Geld eingenommen, das nur von ihm erstattet werden kann",
    ),
    "account_of_another_city": Kind(
        409, "Another city takes its money through this account", "Dieses Konto gehört zu einer anderen Stadt"
    ),
    "set_on_the_machine": Kind(
        409,
        "Payment accounts and identity providers are set on the command line only",
        "Zahlungskonten und Identitätsanbieter werden nur auf der Kommandozeile eingestellt",
    ),
    "already_lifted": Kind(409, "The hold is lifted", "Die Sperre ist aufgehoben"),
    "terms_not_accepted": Kind(
        409, "The current terms are not accepted yet", "Den aktuellen Bedingungen wurde noch nicht zugestimmt"
    ),
    "no_address": Kind(
        409, "The sign-in service names no e-mail address", "Der Anmeldedienst nennt keine E-Mail-Adresse"
    ),
    "classes_missing": Kind(
        422, "A licence is for some classes of vehicles", "Ein Führerschein gilt für bestimmte Fahrzeugklassen"
    ),
    "unknown_event_type": Kind(
        422,
        "There is no such event: the body's schema of addWebhook lists all",
        "Dieses Ereignis gibt es nicht: Das Schema von addWebhook nennt alle",
    ),
    "date_missing": Kind(422, "A date is missing", "Ein Datum fehlt"),
    "date_in_the_future": Kind(422, "The date lies in the future", "Das Datum liegt in der Zukunft"),
    "valid_too_long": Kind(422, "The law does not let it count that long", "So lange gilt es nach dem Gesetz nicht"),
    "role_has_no_pool": Kind(
        422, "Only drivers and fleet managers have a pool", "Nur Fahrer und Fuhrparkleiter haben einen Pool"
    ),
    "role_has_no_party": Kind(
        422,
        "Only dealers, HR and lessors act for a party",
        "Nur Händler, Personalstellen und Leasinggeber haben eine Partei",
    ),
    "party_missing": Kind(
        422,
        "Dealers, HR and lessors act for a party",
        "Händler, Personalstellen und Leasinggeber handeln für eine Partei",
    ),
    "leitweg_id_invalid": Kind(
        422, "The Leitweg-ID does not pass its own checksum", "Die Prüfziffern der Leitweg-ID stimmen nicht"
    ),
    "not_valid_any_more": Kind(422, "It is not valid any more", "Es ist nicht mehr gültig"),
    "licence_without_end": Kind(
        422, "A licence is valid until some day", "Ein Führerschein-Nachweis gilt bis zu einem Tag"
    ),
    "years_of_age_only": Kind(
        422, "An age says years, and nothing else does", "Ein Altersnachweis nennt Jahre, und nur er"
    ),
    "address_not_allowed": Kind(
        422, "Nothing may be sent to this address", "An diese Adresse darf nichts gesendet werden"
    ),
}
