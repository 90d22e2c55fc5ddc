"""Problems of whoever pays."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "payment_declined": Kind(402, "The payment was declined", "Die Zahlung wurde abgelehnt"),
    "unknown_payment_method": Kind(404, "There is no such payment method", "Dieses Zahlungsmittel gibt es nicht"),
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
    "payment_method_in_use": Kind(
        409, "A booking counts on this payment method", "Eine Buchung ist auf dieses Zahlungsmittel angewiesen"
    ),
}
