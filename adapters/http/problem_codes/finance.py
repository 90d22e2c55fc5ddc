"""Problems of whoever keeps the books: invoices, refunds, disputes, bank statements, months."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "unknown_account": Kind(404, "There is no such account", "Dieses Konto gibt es nicht"),
    "unknown_invoice": Kind(404, "There is no such invoice", "Diese Rechnung gibt es nicht"),
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
    "bank_file_invalid": Kind(
        422,
        "The file is no bank statement that can be read; nothing was imported",
        "Die Datei ist kein lesbarer Kontoauszug; nichts wurde übernommen",
    ),
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
}
