"""Problems of the fleet: vehicles and their papers, drivers, damages, trips."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
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
    "unknown_pool": Kind(404, "There is no such pool", "Diesen Pool gibt es nicht"),
    "unknown_vehicle": Kind(404, "There is no such vehicle", "Dieses Fahrzeug gibt es nicht"),
    "unknown_driver": Kind(404, "There is no such driver", "Diesen Fahrer gibt es nicht"),
    "unknown_damage": Kind(404, "There is no such damage", "Diesen Schaden gibt es nicht"),
    "unknown_photo": Kind(404, "There is no such photo", "Dieses Foto gibt es nicht"),
    "unknown_trip": Kind(404, "There is no such trip", "Diese Fahrt gibt es nicht"),
    "still_rented": Kind(
        409,
        "Residents have booked the vehicle; say whether they keep it, or give them another one first",
        "Einwohner haben das Fahrzeug gebucht; sagen Sie, ob sie es behalten, oder geben Sie ihnen vorher ein anderes",
    ),
    "outside_sharing": Kind(
        409,
        "The vehicle is not shared with residents then; its pool has it for work",
        "Dann wird das Fahrzeug nicht mit Einwohnern geteilt; der Pool braucht es für den Dienst",
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
    "kind_does_not_fit": Kind(409, "A trip of this kind is something else", "Eine Fahrt dieser Art ist etwas anderes"),
    "reason_missing": Kind(
        409,
        "Whoever changes an entry, or enters something for somebody else, says why",
        "Wer einen Eintrag ändert oder für jemand anderen einträgt, begründet das",
    ),
    "odometer_runs_back": Kind(409, "The odometer runs back", "Der Kilometerstand läuft rückwärts"),
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
    "ends_before_it_begins": Kind(422, "It ends before it begins", "Es endet, bevor es beginnt"),
    "not_whole_months": Kind(
        422, "A lease lasts whole months from its start", "Ein Leihvertrag dauert volle Monate ab seinem Beginn"
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
    "cost_centre_required": Kind(
        422, "Pool vehicles are charged to a cost centre", "Poolfahrzeuge werden auf eine Kostenstelle gebucht"
    ),
    "cost_centre_missing": Kind(422, "A cost centre is missing", "Die Kostenstelle fehlt"),
    "too_many_passengers": Kind(422, "There are not enough seats", "Es gibt nicht genug Sitze"),
    "distance_out_of_range": Kind(422, "The distance is out of range", "Die Strecke ist nicht plausibel"),
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
}
