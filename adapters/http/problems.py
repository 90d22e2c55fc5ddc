"""Errors of the public API: RFC 9457 `application/problem+json`, built in one place from a closed list of codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from adapters.http.assignment_views import OtherView
from domain.booking.blocks import Hit
from domain.periods import Period
from domain.proofs import ProofKind
from domain.refusals import PowerLeft, Refusal

PROBLEM = "application/problem+json"


class Kind(Struct, frozen=True):
    """What a code means: its status and its title by language."""

    status: int
    en: str
    de: str


CODES: dict[str, Kind] = {
    "malformed": Kind(400, "The request cannot be read", "Die Anfrage ist nicht lesbar"),
    "key_missing": Kind(400, "An Idempotency-Key is required", "Ein Idempotency-Key ist erforderlich"),
    "key_invalid": Kind(
        400,
        "The Idempotency-Key is not 1 to 255 visible ASCII characters",
        "Der Idempotency-Key besteht nicht aus 1 bis 255 sichtbaren ASCII-Zeichen",
    ),
    "bad_signature": Kind(400, "The signature does not fit", "Die Signatur passt nicht"),
    "unauthorised": Kind(401, "Please sign in", "Bitte melden Sie sich an"),
    "wrong_city": Kind(401, "The token belongs to another city", "Das Token gehört zu einer anderen Stadt"),
    "code_not_valid": Kind(401, "The code does not count, or no longer", "Der Code gilt nicht oder nicht mehr"),
    "session_over": Kind(401, "The session is over", "Die Sitzung ist beendet"),
    "payment_declined": Kind(402, "The payment was declined", "Die Zahlung wurde abgelehnt"),
    "forbidden": Kind(403, "Your role does not allow this", "Ihre Rolle erlaubt das nicht"),
    "not_eligible": Kind(
        403, "Something has to be shown to the city first", "Der Stadt ist vorher noch etwas vorzuzeigen"
    ),
    "licence_not_valid": Kind(
        403,
        "Nobody has seen the holder's licence in time, so there is no key (§ 21 StVG)",
        "Der Führerschein wurde nicht rechtzeitig geprüft; ohne Prüfung kein Schlüssel (§ 21 StVG)",
    ),
    "licence_class_missing": Kind(
        403,
        "The licence that was seen is not for vehicles like this",
        "Der geprüfte Führerschein gilt nicht für solche Fahrzeuge",
    ),
    "briefing_missing": Kind(
        403, "The yearly briefing of drivers is missing", "Die jährliche Unterweisung der Fahrer fehlt"
    ),
    "own_licence": Kind(403, "Somebody else looks at your licence", "Ihren Führerschein prüft jemand anderes"),
    "cost_centre_not_allowed": Kind(
        403, "You may not charge a cost centre for this", "Sie dürfen hierfür keine Kostenstelle belasten"
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
    "not_found": Kind(404, "There is nothing here", "Hier ist nichts"),
    "unknown_city": Kind(404, "There is no such city", "Diese Stadt gibt es nicht"),
    "unknown_resource": Kind(404, "There is no such resource", "Diese Ressource gibt es nicht"),
    "unknown_booking": Kind(404, "There is no such booking", "Diese Buchung gibt es nicht"),
    "unknown_block": Kind(404, "There is no such block", "Diese Sperrung gibt es nicht"),
    "unknown_waitlist_entry": Kind(
        404, "There is no such entry of a waitlist", "Diesen Wartelisteneintrag gibt es nicht"
    ),
    "unknown_series": Kind(404, "There is no such series", "Diese Serie gibt es nicht"),
    "unknown_quote": Kind(404, "There is no such quote", "Dieses Angebot gibt es nicht"),
    "unknown_pool": Kind(404, "There is no such pool", "Diesen Pool gibt es nicht"),
    "unknown_person": Kind(404, "There is no such person", "Diese Person gibt es nicht"),
    "unknown_payment_method": Kind(404, "There is no such payment method", "Dieses Zahlungsmittel gibt es nicht"),
    "unknown_document": Kind(404, "There is no such text", "Diesen Text gibt es nicht"),
    "unknown_withdrawal": Kind(
        404, "There is no such withdrawal to confirm", "Diesen Widerruf gibt es nicht zu bestätigen"
    ),
    "unknown_account": Kind(404, "There is no such account", "Dieses Konto gibt es nicht"),
    "unknown_invoice": Kind(404, "There is no such invoice", "Diese Rechnung gibt es nicht"),
    "unknown_subject": Kind(404, "There is nothing of the kind to hold", "Dergleichen gibt es nicht zu sperren"),
    "unknown_hold": Kind(404, "There is no such hold", "Diese Sperre gibt es nicht"),
    "unknown_movement": Kind(404, "There is no such movement", "Diese Bewegung gibt es nicht"),
    "unknown_payout": Kind(404, "There is no such payout", "Diese Auszahlung gibt es nicht"),
    "unknown_refund": Kind(404, "There is no such refund", "Diese Erstattung gibt es nicht"),
    "unknown_dispute": Kind(404, "There is no such dispute", "Diese Zahlungsanfechtung gibt es nicht"),
    "unknown_case": Kind(404, "There is no such dunning case", "Diesen Mahnvorgang gibt es nicht"),
    "unknown_bank_statement": Kind(404, "There is no such bank statement", "Diesen Kontoauszug gibt es nicht"),
    "unknown_line": Kind(404, "There is no such line of a bank statement", "Diesen Umsatz gibt es nicht"),
    "unknown_expected": Kind(404, "Nothing of the kind is expected", "Dergleichen wird nicht erwartet"),
    "unknown_match": Kind(404, "There is no such match", "Diese Zuordnung gibt es nicht"),
    "unknown_exception": Kind(404, "There is no such exception", "Diesen Klärungsfall gibt es nicht"),
    "unknown_entry": Kind(404, "There is no such entry", "Diese Buchung im Hauptbuch gibt es nicht"),
    "unknown_ledger_account": Kind(404, "There is no such account", "Dieses Konto gibt es nicht"),
    "unknown_period": Kind(404, "There is no such month", "Diesen Monat gibt es nicht"),
    "unknown_billing_address": Kind(404, "There is no billing address", "Es gibt keine Rechnungsanschrift"),
    "unknown_vehicle": Kind(404, "There is no such vehicle", "Dieses Fahrzeug gibt es nicht"),
    "unknown_driver": Kind(404, "There is no such driver", "Diesen Fahrer gibt es nicht"),
    "unknown_session": Kind(404, "There is no such charging session", "Diesen Ladevorgang gibt es nicht"),
    "unknown_damage": Kind(404, "There is no such damage", "Diesen Schaden gibt es nicht"),
    "unknown_photo": Kind(404, "There is no such photo", "Dieses Foto gibt es nicht"),
    "unknown_trip": Kind(404, "There is no such trip", "Diese Fahrt gibt es nicht"),
    "unknown_charging_station": Kind(404, "There is no such charging station", "Diese Ladestation gibt es nicht"),
    "unknown_order": Kind(404, "There is no such order", "Diesen Auftrag gibt es nicht"),
    "identity_taken": Kind(409, "Another charging station is called so", "So heißt schon eine andere Ladestation"),
    "certificate_name_taken": Kind(409, "This certificate name is taken", "Dieser Zertifikatsname ist vergeben"),
    "identity_not_allowed": Kind(
        422,
        "A charging station is called by letters, digits and *_=+|@.-",
        "Ladestationen heißen mit Buchstaben, Ziffern und *_=+|@.-",
    ),
    "resource_of_another_evse": Kind(
        409, "The resource is another EVSE's", "Die Ressource gehört zu einem anderen Ladepunkt"
    ),
    "profile_not_lowered": Kind(409, "A security profile is never lowered", "Ein Sicherheitsprofil wird nie gesenkt"),
    "no_key": Kind(
        409,
        "This charging station has no key, or comes without one",
        "Diese Ladestation hat keinen Schlüssel oder kommt ohne",
    ),
    "setting_not_writable": Kind(
        422,
        "This setting is not written over the line, for the sake of security",
        "Diese Einstellung wird aus Sicherheitsgründen nicht aus der Ferne geschrieben",
    ),
    "unknown_power_group": Kind(404, "There is no such power group", "Diese Ladegruppe gibt es nicht"),
    "unknown_limit": Kind(404, "There is no such limit", "Diese Begrenzung gibt es nicht"),
    "unknown_station": Kind(404, "There is no such station", "Diese Station gibt es nicht"),
    "unknown_tariff": Kind(404, "There is no such tariff", "Diesen Tarif gibt es nicht"),
    "method_not_allowed": Kind(405, "The method is not allowed here", "Diese Methode ist hier nicht erlaubt"),
    "not_acceptable": Kind(406, "Only JSON is served here", "Hier gibt es nur JSON"),
    "resource_taken": Kind(409, "The resource is taken", "Die Ressource ist vergeben"),
    "not_enough_power": Kind(
        409,
        "The grid connection has not enough power left for it then",
        "Der Netzanschluss hat dafür dann nicht genug Leistung übrig",
    ),
    "charge_point_elsewhere": Kind(
        409, "The charge point is in another power group", "Der Ladepunkt gehört zu einer anderen Ladegruppe"
    ),
    "limit_is_over": Kind(409, "The limit is over already", "Die Begrenzung ist schon vorbei"),
    "below_safe_defaults": Kind(
        409,
        "Stations that nobody can reach would draw more: lower their safe defaults first",
        "Stationen ohne Verbindung würden mehr ziehen: Zuerst sind ihre sicheren Vorgaben zu senken",
    ),
    "too_many_bookings": Kind(
        409, "You have as many open bookings as are allowed", "Sie haben bereits so viele offene Buchungen wie erlaubt"
    ),
    "quota_used_up": Kind(
        409,
        "You have booked as much in this week as one person may",
        "Sie haben in dieser Woche bereits so lange gebucht, wie einer Person zusteht",
    ),
    "checked_as_driver": Kind(
        409,
        "A driver's licence and briefing are entered with the drivers, by whoever runs her pool",
        "Führerscheine und Unterweisungen von Fahrern trägt bei den Fahrern ein, wer ihren Pool führt",
    ),
    "still_rented": Kind(
        409,
        "Residents have booked the vehicle; say whether they keep it, or give them another one first",
        "Einwohner haben das Fahrzeug gebucht; sagen Sie, ob sie es behalten, oder geben Sie ihnen vorher ein anderes",
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
    "outside_sharing": Kind(
        409,
        "The vehicle is not shared with residents then; its pool has it for work",
        "Dann wird das Fahrzeug nicht mit Einwohnern geteilt; der Pool braucht es für den Dienst",
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
    "already_charging": Kind(409, "The vehicle is charging already", "Das Fahrzeug lädt bereits"),
    "charging_over": Kind(409, "The charging session is over", "Der Ladevorgang ist beendet"),
    "no_station": Kind(
        409,
        "The charger is not connected to us: start it there",
        "Die Ladesäule ist nicht mit uns verbunden: Starten Sie vor Ort",
    ),
    "station_offline": Kind(
        409, "The charger does not answer at the moment", "Die Ladesäule ist im Moment nicht erreichbar"
    ),
    "still_charging": Kind(
        409,
        "The vehicle is still charging: stop the session, and the booking is finished by it",
        "Das Fahrzeug lädt noch: Beenden Sie den Ladevorgang, damit endet auch die Buchung",
    ),
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
    "not_parked": Kind(409, "The vehicle is not parked", "Das Fahrzeug ist nicht abgestellt"),
    "door_open": Kind(409, "A door is open", "Eine Tür ist offen"),
    "no_vehicle": Kind(409, "What was booked is no vehicle", "Gebucht ist kein Fahrzeug"),
    "too_late_to_report": Kind(
        409,
        "The use was over more than a day ago; please tell whoever runs the vehicle",
        "Die Fahrt ist über einen Tag her; bitte wenden Sie sich an die Fahrzeugverwaltung",
    ),
    "too_many_damages": Kind(
        409,
        "So many damages were reported of this use already",
        "Für diese Fahrt sind bereits sehr viele Schäden gemeldet",
    ),
    "too_many_photos": Kind(409, "There are ten photos of this already", "Davon gibt es bereits zehn Fotos"),
    "too_late_to_pay": Kind(409, "It is too late to pay", "Für die Zahlung ist es zu spät"),
    "nothing_to_pay": Kind(409, "There is nothing to pay", "Es ist nichts zu bezahlen"),
    "payment_required": Kind(409, "The booking is not paid yet", "Die Buchung ist noch nicht bezahlt"),
    "deposit_required": Kind(
        409, "The deposit is not held on a card yet", "Die Kaution ist noch auf keiner Karte reserviert"
    ),
    "no_deposit": Kind(409, "The terms ask for no deposit", "Die Bedingungen verlangen keine Kaution"),
    "deposit_claimed": Kind(
        409, "Of this deposit something was claimed already", "Aus dieser Kaution wurde schon etwas verlangt"
    ),
    "deposit_gone": Kind(409, "The deposit is not held any more", "Die Kaution ist nicht mehr reserviert"),
    "more_than_deposit": Kind(
        422, "It is more than the deposit that is held", "Es ist mehr als die reservierte Kaution"
    ),
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
    "document_differs": Kind(
        409, "This version was published with other words", "Diese Fassung ist mit anderem Wortlaut veröffentlicht"
    ),
    "debit_cannot_hold": Kind(
        409,
        "An amount has to be held, which a direct debit cannot do: please pay by card",
        "Der Betrag muss reserviert werden, was mit einer Lastschrift nicht geht: bitte zahlen Sie mit Karte",
    ),
    "debit_not_offered": Kind(
        409, "This cannot be paid by direct debit", "Das kann nicht per Lastschrift bezahlt werden"
    ),
    "mandate_required": Kind(
        409,
        "The holder of the account has to agree to the mandate",
        "Für das Konto muss erst ein SEPA-Mandat erteilt werden",
    ),
    "payments_not_available": Kind(409, "This city takes no payments", "Diese Stadt nimmt keine Zahlungen an"),
    "too_many_subscriptions": Kind(409, "There are too many webhooks", "Es gibt zu viele Webhooks"),
    "payment_method_in_use": Kind(
        409, "A booking counts on this payment method", "Eine Buchung ist auf dieses Zahlungsmittel angewiesen"
    ),
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
    "public_bodies_not_invoiced": Kind(
        409,
        "This city names nobody whom a public body may ask, so it cannot invoice one",
        "Diese Stadt nennt keine Ansprechstelle und kann deshalb keine öffentlichen Stellen abrechnen",
    ),
    "case_closed": Kind(409, "The dunning case is closed", "Der Mahnvorgang ist abgeschlossen"),
    "already_paid": Kind(
        409,
        "All of it was paid meanwhile, and the case is closed by that",
        "Inzwischen ist alles bezahlt; damit ist der Vorgang abgeschlossen",
    ),
    "money_under_way": Kind(
        409,
        "Money is under way for it; see what becomes of that first",
        "Dafür ist gerade Geld unterwegs; erst ist abzuwarten, was daraus wird",
    ),
    "nothing_taken": Kind(409, "Nothing was taken for this booking", "Für diese Buchung wurde nichts eingenommen"),
    "more_than_taken": Kind(
        409, "Less was taken, or is left to give back", "So viel wurde nicht eingenommen oder ist nicht mehr übrig"
    ),
    "disputed": Kind(
        409,
        "The holder disputes the payment: her bank has the money",
        "Die Zahlung ist angefochten: das Geld liegt bei der Bank",
    ),
    "own_proposal": Kind(
        409, "Somebody else decides what you proposed", "Über Ihren Vorschlag entscheidet eine andere Person"
    ),
    "already_decided": Kind(409, "The refund is decided", "Über die Erstattung ist entschieden"),
    "already_answered": Kind(409, "The dispute is answered", "Die Anfechtung ist beantwortet"),
    "dispute_decided": Kind(409, "The bank has decided", "Die Bank hat entschieden"),
    "too_late_to_answer": Kind(409, "It is too late to answer", "Für eine Antwort ist es zu spät"),
    "bank_file_not_taken": Kind(
        409,
        "The file does not go with the city's books; nothing was imported",
        "Die Datei passt nicht zu den Büchern der Stadt; nichts wurde übernommen",
    ),
    "currencies_differ": Kind(409, "The currencies differ", "Die Währungen sind verschieden"),
    "more_than_the_line": Kind(
        409,
        "The line has less to match, or the other sign",
        "Der Umsatz gibt weniger her oder hat das andere Vorzeichen",
    ),
    "more_than_expected": Kind(
        409, "Less is expected, or with the other sign", "Es wird weniger erwartet oder mit dem anderen Vorzeichen"
    ),
    "not_reversible": Kind(
        409,
        "The entry stands in another book as well, and is corrected there",
        "Die Buchung steht auch in einem anderen Buch und wird dort berichtigt",
    ),
    "is_credit_note": Kind(
        409, "That is a credit note; name the invoice", "Das ist eine Rechnungskorrektur; nennen Sie die Rechnung"
    ),
    "nothing_left": Kind(409, "Credit notes have taken all of it back", "Die Rechnung ist bereits ganz berichtigt"),
    "no_longer_owed": Kind(
        409,
        "What it is about is owed no longer; it is credited by itself",
        "Worum es geht, wird nicht mehr geschuldet; die Rechnung wird von selbst berichtigt",
    ),
    "already_lifted": Kind(409, "The hold is lifted", "Die Sperre ist aufgehoben"),
    "not_exportable": Kind(
        409, "The books cannot be exported as they are", "Die Bücher lassen sich so nicht exportieren"
    ),
    "nothing_to_export": Kind(409, "There is nothing to export", "Es gibt nichts zu exportieren"),
    "too_much_to_export": Kind(
        409,
        "There is too much for one export; ask for fewer months",
        "Das ist zu viel für einen Export; bitte weniger Monate",
    ),
    "month_not_closed": Kind(409, "The month is not closed", "Der Monat ist nicht abgeschlossen"),
    "already_resolved": Kind(409, "The exception is resolved", "Der Klärungsfall ist erledigt"),
    "not_resolved": Kind(409, "The exception is open", "Der Klärungsfall ist offen"),
    "vehicle_state": Kind(409, "The vehicle's state does not allow this", "Der Stand des Fahrzeugs lässt das nicht zu"),
    "papers_missing": Kind(
        409,
        "The vehicle lacks its plate, or papers without which nobody drives it",
        "Dem Fahrzeug fehlen das Kennzeichen oder Nachweise, ohne die niemand fährt",
    ),
    "papers_overdue": Kind(
        409, "An inspection or the insurance is over", "Eine Prüfung oder die Versicherung ist abgelaufen"
    ),
    "plate_taken": Kind(409, "Another vehicle has this plate", "Dieses Kennzeichen hat ein anderes Fahrzeug"),
    "vin_taken": Kind(409, "Another vehicle has this number", "Diese Fahrzeugnummer hat ein anderes Fahrzeug"),
    "code_taken": Kind(409, "Another resource has this code", "Diesen Code hat eine andere Ressource"),
    "plate_missing": Kind(409, "A vehicle in service keeps a plate", "Ein Fahrzeug im Dienst behält ein Kennzeichen"),
    "rental_entry_missing": Kind(
        409,
        "The registration does not say that it is rented to people who drive themselves (§ 15 FZV)",
        "In der Zulassungsbescheinigung fehlt der Eintrag als Selbstfahrervermietfahrzeug (§ 15 FZV)",
    ),
    "hu_not_yearly": Kind(
        409,
        "What is rented has its general inspection every twelve months (Anlage VIII StVZO)",
        "Vermietete Fahrzeuge müssen alle zwölf Monate zur Hauptuntersuchung (Anlage VIII StVZO)",
    ),
    "insurer_not_told": Kind(
        409, "The insurer was not told of the renting", "Der Versicherer weiß nichts von der Vermietung"
    ),
    "in_flight": Kind(409, "The same request is being answered", "Dieselbe Anfrage wird gerade beantwortet"),
    "kind_does_not_fit": Kind(409, "A trip of this kind is something else", "Eine Fahrt dieser Art ist etwas anderes"),
    "reason_missing": Kind(
        409,
        "Whoever changes an entry, or enters something for somebody else, says why",
        "Wer einen Eintrag ändert oder für jemand anderen einträgt, begründet das",
    ),
    "odometer_runs_back": Kind(409, "The odometer runs back", "Der Kilometerstand läuft rückwärts"),
    "too_slow": Kind(408, "The request came too slowly", "Die Anfrage kam zu langsam"),
    "terms_not_accepted": Kind(
        409, "The current terms are not accepted yet", "Den aktuellen Bedingungen wurde noch nicht zugestimmt"
    ),
    "no_address": Kind(
        409, "The sign-in service names no e-mail address", "Der Anmeldedienst nennt keine E-Mail-Adresse"
    ),
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
    "invalid_input": Kind(422, "The input is not valid", "Die Eingabe ist nicht gültig"),
    "drive_does_not_fit": Kind(
        422, "Vehicles of this kind have another drive", "Fahrzeuge dieser Art haben einen anderen Antrieb"
    ),
    "range_missing": Kind(
        422,
        "The range is missing, or a battery and a consumption to tell it from",
        "Es fehlt die Reichweite, oder Batterie und Verbrauch, aus denen sie folgt",
    ),
    "bicycle_with_plate": Kind(422, "Bicycles have no plate", "Fahrräder haben kein Kennzeichen"),
    "bicycle_with_category": Kind(
        422, "Bicycles have no category of type approval", "Fahrräder haben keine EG-Fahrzeugklasse"
    ),
    "co2_does_not_fit": Kind(
        422, "A vehicle with this drive does not emit that", "Ein Fahrzeug mit diesem Antrieb stößt das nicht aus"
    ),
    "plate_not_electric": Kind(
        422, "Only electric vehicles have an E behind their number", "Ein E-Kennzeichen haben nur elektrische Fahrzeuge"
    ),
    "plate_invalid": Kind(422, "This is no German plate", "Das ist kein deutsches Kennzeichen"),
    "plate_ambiguous": Kind(
        422,
        "Where the district ends is not said; write a hyphen behind it",
        "Wo der Kreis endet, steht nicht da; bitte einen Bindestrich dahinter setzen",
    ),
    "vin_invalid": Kind(
        422,
        "A vehicle's number has 17 signs, without I, O and Q",
        "Eine Fahrzeugnummer hat 17 Zeichen, ohne I, O und Q",
    ),
    "vin_check_digit": Kind(422, "The number's check digit is wrong", "Die Prüfziffer der Fahrzeugnummer ist falsch"),
    "class_invalid": Kind(
        422,
        "A class is a word of lower case letters, digits and underscores",
        "Eine Klasse ist ein Wort aus Kleinbuchstaben, Ziffern und Unterstrichen",
    ),
    "equipment_invalid": Kind(
        422,
        "Equipment is told by words of lower case letters, digits and underscores",
        "Ausstattung steht in Wörtern aus Kleinbuchstaben, Ziffern und Unterstrichen",
    ),
    "number_out_of_range": Kind(422, "The number is out of range", "Die Zahl ist nicht plausibel"),
    "unknown_lease": Kind(404, "There is no such lease", "Diesen Leasingvertrag gibt es nicht"),
    "unknown_holder": Kind(422, "There is no such person in the city", "Diese Person gibt es in der Stadt nicht"),
    "unknown_party": Kind(404, "You do not act for this party", "Für diese Partei handeln Sie nicht"),
    "not_yours_to_do": Kind(
        403, "This is for another side of the lease to do", "Das ist Sache einer anderen Seite des Leasingvertrags"
    ),
    "lease_state_forbids": Kind(
        409, "The lease's state does not allow this", "Der Stand des Leasings lässt das nicht zu"
    ),
    "dealer_not_accredited": Kind(
        409, "The lessor takes no offers of this dealer", "Der Leasinggeber nimmt von diesem Händler keine Angebote an"
    ),
    "lease_offer_expired": Kind(409, "The offer counts no more", "Das Angebot gilt nicht mehr"),
    "bad_quote": Kind(422, "This is no offer of a bike", "Das ist kein Angebot für ein Rad"),
    "bad_conditions": Kind(422, "These conditions make no sense", "Diese Bedingungen ergeben keinen Sinn"),
    "no_bike_by_law": Kind(
        409,
        "By law this is no bicycle but a motor vehicle (§ 63a StVZO)",
        "Das ist rechtlich kein Fahrrad, sondern ein Kraftfahrzeug (§ 63a StVZO)",
    ),
    "below_least_price": Kind(
        409, "The collective agreement asks for a dearer bike", "Der Tarifvertrag verlangt ein teureres Rad"
    ),
    "above_cap": Kind(
        409,
        "The bike is dearer than the collective agreement allows",
        "Das Rad ist teurer, als der Tarifvertrag erlaubt",
    ),
    "too_many_bikes": Kind(409, "There is a bike on lease already", "Es gibt bereits ein geleastes Rad"),
    "framework_not_active": Kind(
        409,
        "Employer and lessor have no agreement for this day",
        "Arbeitgeber und Leasinggeber haben für diesen Tag keinen Rahmenvertrag",
    ),
    "credit_line_used_up": Kind(
        409, "The employer's credit line does not suffice", "Der Rahmen des Arbeitgebers reicht nicht aus"
    ),
    "credit_not_granted": Kind(409, "The credit was not granted", "Die Bonität wurde nicht bestätigt"),
    "employment_ends_before": Kind(
        409, "The employment ends before the lease", "Die Beschäftigung endet vor dem Leasing"
    ),
    "conversion_barred": Kind(
        409,
        "The collective agreement allows no conversion of this pay",
        "Der Tarifvertrag erlaubt die Umwandlung dieses Entgelts nicht",
    ),
    "below_minimum_wage": Kind(
        409, "What is left of the pay is below the minimum wage", "Das verbleibende Entgelt liegt unter dem Mindestlohn"
    ),
    "not_signed": Kind(409, "The lease is not signed", "Der Leasingvertrag ist nicht unterschrieben"),
    "serial_number_missing": Kind(422, "The bike's serial number is missing", "Die Rahmennummer fehlt"),
    "identity_not_checked": Kind(409, "Nobody has looked at who takes the bike", "Die Identität wurde nicht geprüft"),
    "defects": Kind(409, "A bike with defects is not handed over", "Ein mangelhaftes Rad wird nicht übergeben"),
    "pin_does_not_fit": Kind(409, "The PIN does not fit", "Die PIN passt nicht"),
    "pin_expired": Kind(409, "The PIN has expired", "Die PIN ist abgelaufen"),
    "pin_used_up": Kind(409, "The PIN was mistyped too often", "Die PIN wurde zu oft falsch eingegeben"),
    "amount_out_of_range": Kind(
        422,
        "The amount is not one of euros from nothing to ten million, or more than what it is a part of",
        "Der Betrag liegt nicht zwischen null und zehn Millionen Euro oder übersteigt das, wovon er ein Teil ist",
    ),
    "term_out_of_range": Kind(422, "The months or days do not fit", "Die Angabe der Monate oder Tage passt nicht"),
    "rate_out_of_range": Kind(
        422,
        "The rate is not a percentage from 0 to 100 with six decimals at most",
        "Der Satz ist kein Prozentsatz von 0 bis 100 mit höchstens sechs Nachkommastellen",
    ),
    "residual_too_high": Kind(
        422, "The residual value is more than what is financed", "Der Restwert übersteigt den finanzierten Betrag"
    ),
    "no_market_value": Kind(
        422,
        "After this term nobody knows what the bike is worth; say it",
        "Für diese Laufzeit ist kein Marktwert bekannt; bitte geben Sie ihn an",
    ),
    "no_rule_then": Kind(
        422,
        "No rule of tax or insurance is known for that day",
        "Für diesen Tag ist keine Steuer- oder Beitragsregel bekannt",
    ),
    "classes_missing": Kind(
        422, "A licence is for some classes of vehicles", "Ein Führerschein gilt für bestimmte Fahrzeugklassen"
    ),
    "date_missing": Kind(422, "A date is missing", "Ein Datum fehlt"),
    "date_in_the_future": Kind(422, "The date lies in the future", "Das Datum liegt in der Zukunft"),
    "valid_too_long": Kind(422, "The law does not let it count that long", "So lange gilt es nach dem Gesetz nicht"),
    "ends_before_it_begins": Kind(422, "It ends before it begins", "Es endet, bevor es beginnt"),
    "not_whole_months": Kind(
        422, "A lease lasts whole months from its start", "Ein Leihvertrag dauert volle Monate ab seinem Beginn"
    ),
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
    "bank_file_invalid": Kind(
        422,
        "The file is no bank statement that can be read; nothing was imported",
        "Die Datei ist kein lesbarer Kontoauszug; nichts wurde übernommen",
    ),
    "fleet_file_invalid": Kind(
        422,
        "The file is no table of vehicles that can be read; nothing was changed",
        "Die Datei ist keine lesbare Fahrzeugtabelle; nichts wurde geändert",
    ),
    "photo_invalid": Kind(
        422,
        "The file is no photo that can be read: JPEG, PNG or WebP",
        "Die Datei ist kein lesbares Foto: JPEG, PNG oder WebP",
    ),
    "photo_too_large": Kind(422, "The photo has too many pixels", "Das Foto hat zu viele Bildpunkte"),
    "month_not_over": Kind(422, "The month is not over", "Der Monat ist noch nicht vorbei"),
    "nothing_to_match": Kind(
        422, "There is nothing to match, or one pair twice", "Es gibt nichts zuzuordnen, oder ein Paar steht zweimal da"
    ),
    "no_reference": Kind(
        422,
        "Please say under which reference it was paid",
        "Bitte geben Sie an, unter welchem Beleg es bezahlt ist",
    ),
    "no_words": Kind(422, "Please say why", "Bitte begründen Sie das"),
    "no_date": Kind(422, "A date is missing", "Ein Datum fehlt"),
    "no_account": Kind(422, "Please say on which account", "Bitte nennen Sie das Konto"),
    "nothing_to_book": Kind(
        422,
        "There is nothing unexplained in it that could be booked",
        "Daran ist nichts ungeklärt, das gebucht werden könnte",
    ),
    "date_passed": Kind(422, "The day has passed", "Der Tag ist vorbei"),
    "unknown_owner": Kind(
        422, "That is nobody who keeps the city's books", "Das ist niemand, der die Bücher der Stadt führt"
    ),
    "no_resolution": Kind(422, "Please say how it was resolved", "Bitte sagen Sie, wie es erledigt wurde"),
    "key_reused": Kind(
        422, "The Idempotency-Key came with another request", "Der Idempotency-Key kam mit einer anderen Anfrage"
    ),
    "period_in_the_past": Kind(422, "The period lies in the past", "Der Zeitraum liegt in der Vergangenheit"),
    "period_too_short": Kind(422, "The period is too short", "Der Zeitraum ist zu kurz"),
    "period_too_long": Kind(422, "The period is too long", "Der Zeitraum ist zu lang"),
    "not_valid_any_more": Kind(422, "It is not valid any more", "Es ist nicht mehr gültig"),
    "licence_without_end": Kind(
        422, "A licence is valid until some day", "Ein Führerschein-Nachweis gilt bis zu einem Tag"
    ),
    "too_short_notice": Kind(
        422, "The period begins too soon to be booked", "Der Zeitraum beginnt zu bald, um noch gebucht zu werden"
    ),
    "too_far_ahead": Kind(422, "The period lies too far ahead", "Der Zeitraum liegt zu weit in der Zukunft"),
    "cost_centre_required": Kind(
        422, "Pool vehicles are charged to a cost centre", "Poolfahrzeuge werden auf eine Kostenstelle gebucht"
    ),
    "cost_centre_missing": Kind(422, "A cost centre is missing", "Die Kostenstelle fehlt"),
    "unknown_charge_point": Kind(422, "There is no such charge point", "Diesen Ladepunkt gibt es nicht"),
    "charge_point_twice": Kind(422, "The charge point is named twice", "Der Ladepunkt ist zweimal genannt"),
    "station_divided": Kind(
        422,
        "A station is in a group with all of its points",
        "Eine Station gehört mit allen Ladepunkten in eine Gruppe",
    ),
    "less_than_least": Kind(
        422,
        "No vehicle charges with less than 6 A on each phase",
        "Mit weniger als 6 A je Phase lädt kein Fahrzeug",
    ),
    "safe_defaults_too_high": Kind(
        422,
        "All safe defaults together have to fit under the lowest dimming",
        "Alle sicheren Vorgaben zusammen müssen unter die tiefste Dimmung passen",
    ),
    "plug_does_not_fit": Kind(422, "The plug does not fit", "Der Stecker passt nicht"),
    "limit_out_of_range": Kind(422, "The limit is out of range", "Das Limit ist nicht plausibel"),
    "energy_out_of_range": Kind(422, "The energy is out of range", "Die Energiemenge ist nicht plausibel"),
    "too_many_passengers": Kind(422, "There are not enough seats", "Es gibt nicht genug Sitze"),
    "distance_out_of_range": Kind(422, "The distance is out of range", "Die Strecke ist nicht plausibel"),
    "unknown_plan": Kind(422, "There is no such plan", "Diesen Tarifplan gibt es nicht"),
    "logbook_too_long": Kind(
        422,
        "These are more than 10,000 trips: please ask for one `vehicle_id` or `pool`, or for less time",
        "Das sind mehr als 10.000 Fahrten: Bitte nach einem Fahrzeug (`vehicle_id`), einem `pool` oder weniger Zeit fragen",
    ),
    "kilometres_only": Kind(
        422,
        "Of such a trip the kilometres alone are told",
        "Zu einer solchen Fahrt werden nur die Kilometer angegeben",
    ),
    "purpose_missing": Kind(422, "What the trip was for is missing", "Der Zweck der Fahrt fehlt"),
    "destination_missing": Kind(422, "Where the trip went is missing", "Das Ziel der Fahrt fehlt"),
    "address_not_allowed": Kind(
        422, "Nothing may be sent to this address", "An diese Adresse darf nichts gesendet werden"
    ),
    "rate_limited": Kind(429, "Too many requests", "Zu viele Anfragen"),
    "head_too_large": Kind(431, "The headers are too large", "Die Kopfzeilen sind zu groß"),
    "internal": Kind(500, "Something went wrong here", "Hier ist etwas schiefgegangen"),
    "lock_offline": Kind(503, "The lock cannot be reached", "Das Schloss ist nicht erreichbar"),
    "lock_silent": Kind(
        503,
        "The lock did not answer in time; with the same key it is asked again and opens once",
        "Das Schloss hat nicht rechtzeitig geantwortet; mit demselben Schlüssel wird es noch einmal gefragt und öffnet einmal",
    ),
    "unavailable": Kind(503, "Please try again shortly", "Bitte versuchen Sie es gleich noch einmal"),
}


class Fault(Struct, omit_defaults=True, frozen=True):
    """One fault of the input: `pointer` into the body (RFC 6901), or the name of a query or path `parameter`. `allowed` are
    the words of which one is expected, where there is such a list."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    allowed: tuple[str, ...] = ()


class Unsettled(Struct, frozen=True):
    """What is in the way of an erasure: bookings that are not over, payments under way, bookings not paid, open disputes,
    `leases` by converted pay that are not over; `held` where a legal hold keeps the file. Where it `waits` nobody has to ask again: it is done once nothing is in the way,
    unless something was booked since."""

    bookings: tuple[UUID, ...]
    payments: tuple[UUID, ...]
    unpaid: tuple[UUID, ...]
    disputes: tuple[UUID, ...] = ()
    held: bool = False
    waits: bool = False
    leases: tuple[UUID, ...] = ()


class Problem(Struct, omit_defaults=True, frozen=True):
    """RFC 9457, with our code, the request's id, and what helps to go on.

    `terms` are the documents to accept, each with its current version; `missing` is what has yet to be shown; `vehicles` are
    those that were looked at, each with why it is none; `power` is what there is left where it is too little.
    """

    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str
    errors: tuple[Fault, ...] = ()
    conflicts: tuple[Period, ...] | UnsetType = UNSET
    alternatives: tuple[Period, ...] | UnsetType = UNSET
    latest_end: datetime | None = None
    quote: msgspec.Raw | None = None
    bookings: tuple[Hit, ...] | UnsetType = UNSET
    vehicles: tuple[OtherView, ...] | UnsetType = UNSET
    open: Unsettled | UnsetType = UNSET
    terms: dict[str, str] | None = None
    missing: tuple[ProofKind, ...] | UnsetType = UNSET
    power: PowerLeft | UnsetType = UNSET


_encode = msgspec.json.Encoder().encode


def language(accept: str | None) -> str:
    """`de` or `en`, whichever the Accept-Language header ranks first; English where it names neither."""
    best, best_quality = "en", 0.0
    for part in (accept or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.split("-")[0].lower()
        try:
            quality = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            quality = 0.0
        if primary in {"de", "en"} and quality > best_quality:
            best, best_quality = primary, quality
    return best


def problem(code: str, request_id: str, accept_language: str | None, **more: Any) -> tuple[int, bytes]:
    """Status and body of a problem; `more` are Problem's optional members. What has no detail of its own says its title."""
    kind = CODES[code]
    title = kind.de if language(accept_language) == "de" else kind.en
    detail = more.pop("detail", f"{title}.")
    body = Problem(f"urn:kommobil:problem:{code}", title, kind.status, code, request_id, detail, **more)
    return kind.status, _encode(body)


def refused(refusal: Refusal[Any], request_id: str, accept_language: str | None, **more: Any) -> tuple[int, bytes]:
    """The domain's no, as a problem."""
    code = refusal.reason.value
    if refusal.pointer:
        kind = CODES[code]
        detail = kind.de if language(accept_language) == "de" else kind.en
        more["errors"] = (Fault(detail, pointer=refusal.pointer),)
    if refusal.conflicts or refusal.alternatives:
        more |= {"conflicts": refusal.conflicts, "alternatives": refusal.alternatives}
    if refusal.missing:
        more["missing"] = refusal.missing
    if refusal.latest_end is not None:
        more["latest_end"] = refusal.latest_end
    if refusal.power is not None:
        more["power"] = refusal.power
    return problem(code, request_id, accept_language, **more)


class Rejected(Exception):
    """Ends a request with a problem before any use case is asked. `more` are Problem's optional members."""

    def __init__(self, code: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.headers = headers
        self.more = more
