"""Problems of charging: stations, sessions, and the power of a connection."""

from adapters.http.problem_codes.kinds import Kind

CODES: dict[str, Kind] = {
    "unknown_ticket": Kind(404, "There is no such ticket", "Diese Störungsmeldung gibt es nicht"),
    "ticket_closed": Kind(409, "The ticket is closed", "Die Störungsmeldung ist abgeschlossen"),
    "unknown_assignee": Kind(
        422, "That is nobody who runs the city's stations", "Das ist niemand, der die Stationen der Stadt betreibt"
    ),
    "still_out_of_service": Kind(
        409,
        "The ticket keeps its point out of service: bring that back first, or with the same call",
        "Die Störungsmeldung hält ihren Ladepunkt außer Betrieb: Zuerst, oder zugleich, ist er zurückzubringen",
    ),
    "unknown_session": Kind(404, "There is no such charging session", "Diesen Ladevorgang gibt es nicht"),
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
    "tariff_retired": Kind(
        409, "Nothing is sold by this tariff any more", "Nach diesem Tarif wird nichts mehr verkauft"
    ),
    "tariff_in_use": Kind(
        409,
        "Charge points are sold by this tariff: assign them another one first",
        "Ladepunkte werden nach diesem Tarif verkauft: Weisen Sie ihnen zuerst einen anderen zu",
    ),
    "tariff_not_yet": Kind(
        409,
        "The tariff does not count yet: assign it once it does",
        "Der Tarif gilt noch nicht: Weisen Sie ihn zu, sobald er gilt",
    ),
    "not_for_charging": Kind(
        409, "Charging is not sold by such a tariff", "Nach einem solchen Tarif wird kein Laden verkauft"
    ),
    "other_currency": Kind(
        409,
        "The city's other tariffs have another currency",
        "Die übrigen Tarife der Stadt haben eine andere Währung",
    ),
    "unknown_power_group": Kind(404, "There is no such power group", "Diese Ladegruppe gibt es nicht"),
    "unknown_limit": Kind(404, "There is no such limit", "Diese Begrenzung gibt es nicht"),
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
    "already_charging": Kind(409, "The vehicle is charging already", "Das Fahrzeug lädt bereits"),
    "unknown_card": Kind(404, "There is no such charging card", "Diese Ladekarte gibt es nicht"),
    "card_of_another": Kind(409, "The card is somebody else's", "Die Karte gehört jemand anderem"),
    "card_blocked": Kind(409, "The card is blocked", "Die Karte ist gesperrt"),
    "too_many_cards": Kind(409, "There are ten charging cards already", "Es sind schon zehn Ladekarten"),
    "unknown_charge": Kind(404, "There is no such charge, or no longer", "Diese Ladung gibt es nicht oder nicht mehr"),
    "booked_soon": Kind(
        409, "Somebody else has booked the charger soon", "Die Ladesäule hat bald jemand anderes gebucht"
    ),
    "occupied": Kind(409, "Somebody else is charging there", "Dort lädt gerade jemand anderes"),
    "price_not_ad_hoc": Kind(
        409,
        "Without a contract nobody may be asked this price here",
        "Ohne Vertrag darf dieser Preis hier nicht verlangt werden",
    ),
    "price_changed": Kind(
        409,
        "These are not the prices that count now: look at the offer again",
        "Das sind nicht die Preise, die jetzt gelten: Sehen Sie das Angebot noch einmal an",
    ),
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
}
