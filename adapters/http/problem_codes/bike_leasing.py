"""Problems of leases by converted pay."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
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
    "party_not_named": Kind(
        409,
        "Employer or lessor has not said yet how it is called in contracts",
        "Arbeitgeber oder Leasinggeber hat noch nicht angegeben, wie er in Verträgen heißt",
    ),
    "holder_not_named": Kind(
        409,
        "Whoever gets the bike has no name in her profile yet",
        "Wer das Rad bekommt, hat im Profil noch keinen Namen angegeben",
    ),
    "unknown_paper": Kind(404, "There is no such contract", "Diese Urkunde gibt es nicht"),
    "paper_differs": Kind(
        409, "The contract is another one than the hash says", "Die Urkunde ist eine andere, als der Hashwert sagt"
    ),
    "signature_missing": Kind(
        422,
        "A qualified acceptance brings a signature, and a simple one none",
        "Zu einer qualifizierten Zustimmung gehört eine Signatur, zu einer einfachen keine",
    ),
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
    "too_early_for_that": Kind(422, "The day does not fit", "Der Tag passt nicht dazu"),
    "too_late_for_that": Kind(422, "The day is too far ahead", "Der Tag liegt zu weit voraus"),
    "not_on_a_first": Kind(
        422,
        "A lease rests from the first of one of its months to the first of a later one",
        "Ein Leasing ruht vom Ersten eines seiner Monate bis zum Ersten eines späteren",
    ),
    "before_first_month": Kind(
        422,
        "The lease begins later: it rests from its first month on",
        "Das Leasing beginnt erst später und ruht ab seinem ersten Monat",
    ),
    "lease_not_begun": Kind(
        409,
        "Before it begins a lease rests from its first month on; a later rest is said once it has begun",
        "Vor seinem Beginn ruht ein Leasing ab dem ersten Monat; ein späteres Ruhen wird gemeldet, wenn es begonnen hat",
    ),
    "police_reference_missing": Kind(
        422, "A theft needs the police's reference", "Ein Diebstahl braucht das Aktenzeichen der Polizei"
    ),
    "was_not_locked": Kind(
        409, "The insurer asks for a bike that was locked", "Die Versicherung verlangt ein abgeschlossenes Rad"
    ),
    "not_a_damage": Kind(409, "Only what is damaged is repaired", "Repariert wird nur, was beschädigt ist"),
    "amount_missing": Kind(422, "An amount is missing or makes no sense", "Ein Betrag fehlt oder ergibt keinen Sinn"),
    "not_made_out": Kind(
        409, "The lessor has not made out yet what it comes to", "Der Leasinggeber hat das noch nicht abgerechnet"
    ),
    "not_as_shown": Kind(
        409, "This is not the settlement that was shown", "Das ist nicht die Abrechnung, die gezeigt wurde"
    ),
    "no_more_pins": Kind(
        409,
        "The lease has had all its PINs; please cancel it, and offer the bike anew",
        "Für dieses Leasing gibt es keine weitere PIN; bitte stornieren Sie es und bieten Sie das Rad neu an",
    ),
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
    "no_payroll_layout": Kind(
        409,
        "Nobody has said how the employer's payroll is numbered",
        "Wie die Lohnabrechnung des Arbeitgebers nummeriert ist, hat niemand angegeben",
    ),
    "personnel_numbers_missing": Kind(
        409, "Personnel numbers are missing for some leases", "Zu einzelnen Verträgen fehlt die Personalnummer"
    ),
    "bad_payroll_layout": Kind(
        422, "This cannot be a payroll's numbering", "Das kann keine Nummerierung einer Lohnabrechnung sein"
    ),
    "bad_personnel_number": Kind(
        422, "A personnel number has up to five digits", "Eine Personalnummer hat bis zu fünf Ziffern"
    ),
    "unknown_service_invoice": Kind(
        404, "There is no such invoice of a service", "Diese Rechnung über eine Wartung gibt es nicht"
    ),
    "no_service_package": Kind(
        409, "The lease pays for no services", "Zu diesem Leasingvertrag gehört kein Servicepaket"
    ),
    "bad_service_invoice": Kind(422, "The invoice does not add up", "Die Rechnung geht nicht auf"),
    "not_serviced_then": Kind(
        422,
        "A service is billed after it was done, and done after the handover",
        "Abgerechnet wird nach der Leistung, und geleistet nach der Übergabe",
    ),
    "service_invoice_known": Kind(
        409,
        "The dealer has sent an invoice of this number before",
        "Eine Rechnung mit dieser Nummer hat der Händler bereits eingereicht",
    ),
    "service_budget_exceeded": Kind(
        409,
        "The year's budget for services does not suffice; `left` is what there is",
        "Das Servicebudget des Jahres reicht nicht; `left` ist, was noch da ist",
    ),
    "service_invoice_decided": Kind(
        409, "The invoice has been decided on already", "Über die Rechnung ist schon entschieden"
    ),
    "unknown_claim": Kind(404, "There is no such claim", "Diesen Versicherungsfall gibt es nicht"),
    "no_such_incident": Kind(
        409,
        "The lease has no such incident; report it first",
        "Diesen Vorfall gibt es nicht; bitte melden Sie ihn zuerst",
    ),
    "claimed_already": Kind(409, "The incident is claimed already", "Zu diesem Vorfall gibt es bereits eine Meldung"),
    "claim_state_forbids": Kind(
        409, "The claim's state does not allow this", "Der Stand des Versicherungsfalls lässt das nicht zu"
    ),
    "payee_missing": Kind(
        422, "It is not said whom the insurer has paid", "Es fehlt, an wen die Versicherung gezahlt hat"
    ),
    "no_tracker": Kind(409, "The bike has no tracker that is known", "Ein Ortungsgerät des Rades ist nicht bekannt"),
    "no_consent_to_tracing": Kind(
        409,
        "The holder has not agreed to being told where the tracker is",
        "Der Ortung hat die Person, die das Rad fährt, nicht zugestimmt",
    ),
    "not_stolen": Kind(
        409,
        "Where a bike is, is told while its theft is open",
        "Wo ein Rad ist, wird nur angegeben, solange sein Diebstahl offen ist",
    ),
    "bad_place": Kind(422, "There is no such place", "Diesen Ort gibt es nicht"),
    "not_seen_then": Kind(
        422,
        "Where it was before the theft, or will be, is nothing to tell",
        "Wo es vor dem Diebstahl war oder sein wird, wird nicht angegeben",
    ),
    "execution_day_not_possible": Kind(
        422,
        "The bank can execute orders from today on, up to sixty days ahead",
        "Ausführen kann die Bank von heute an, bis zu sechzig Tage im Voraus",
    ),
    "bad_iban": Kind(422, "The IBAN does not pass its own checksum", "Die IBAN ist nicht gültig"),
    "unknown_dealer_payment": Kind(404, "No such payment to a dealer", "Diese Zahlung an einen Händler gibt es nicht"),
    "unknown_payment_order": Kind(404, "No such payment order", "Diesen Zahlungsauftrag gibt es nicht"),
    "month_not_begun": Kind(422, "The month has not begun", "Der Monat hat noch nicht begonnen"),
}
