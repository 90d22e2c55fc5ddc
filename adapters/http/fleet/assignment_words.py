"""Reasons of an assignment in words that a fleet manager reads."""

from zoneinfo import ZoneInfo

from domain.fleet.assignment.reasons import Reason, Why

DRIVES = {
    "de": {
        "human": "Muskelkraft",
        "electric_assist": "Pedelec",
        "electric": "Elektroantrieb",
        "hydrogen_fuel_cell": "Brennstoffzelle",
        "plug_in_hybrid": "Plug-in-Hybrid",
        "hybrid": "Hybrid",
        "combustion": "Verbrenner",
        "combustion_diesel": "Diesel",
    },
    "en": {
        "human": "muscle power",
        "electric_assist": "pedelec",
        "electric": "electric drive",
        "hydrogen_fuel_cell": "fuel cell",
        "plug_in_hybrid": "plug-in hybrid",
        "hybrid": "hybrid",
        "combustion": "combustion engine",
        "combustion_diesel": "diesel",
    },
}
GERMAN = {
    Why.CHOSEN_BY_STAFF: "Die Fuhrparkleitung hat es ausgewählt.",
    Why.HAS_PRIORITY: "Die Fahrt hat Vorrang vor anderen (Stufe {has} von 9).",
    Why.BICYCLE_WILL_DO: "Für {wanted} km reicht ein Fahrrad (bis {has} km).",
    Why.CHARGE_SUFFICES: "Die Ladung reicht: {needed_percent} % nötig, {charge_percent} % vorhanden.",
    Why.CHARGED_IN_TIME: "Bis zur Abfahrt ist genug geladen: {needed_percent} % nötig, {charge_percent} % vorhanden; "
    "{minutes} Minuten Laden, {minutes_there} Minuten Zeit.",
    Why.CHARGE_UNKNOWN: "Der Ladestand wurde bei der letzten Rückgabe nicht abgelesen.",
    Why.NOTHING_CLEANER_FITS: "Kein Fahrzeug mit saubererem Antrieb ist frei und geeignet.",
    Why.CLEANEST_THAT_FITS: "Es hat von den freien und geeigneten den saubersten Antrieb.",
    Why.ONLY_ONE_THAT_FITS: "Es ist das einzige, das frei und geeignet ist.",
    Why.FEWEST_SPARE_SEATS: "Am wenigsten Plätze bleiben leer: {wanted} nötig, {has} vorhanden.",
    Why.CLAIMED_ALREADY: "Es war für diese Fahrt schon vorgemerkt.",
    Why.LEAST_FREE_TIME_AROUND: "Es passt am besten zwischen seine anderen Fahrten; lange Lücken bleiben anderen.",
    Why.AS_GOOD_AS_ANY: "Mehrere sind gleich gut geeignet; genommen wurde das erste nach dem Namen.",
    Why.OTHER_POOL: "Es gehört zu einem anderen Pool.",
    Why.NOT_FOR_RESIDENTS: "Es ist nicht zur Vermietung zugelassen.",
    Why.OTHER_STATION: "Es steht an einer anderen Station.",
    Why.OTHER_CLASS: "Gewünscht ist die Klasse {wanted}, dies ist {has}.",
    Why.OTHER_DRIVE: "Gewünscht ist {wanted}, dies ist {has}.",
    Why.OUT_OF_SERVICE: "Es ist nicht im Dienst, oder eine Frist läuft vor dem Ende der Fahrt ab.",
    Why.TOO_FEW_SEATS: "Zu wenige Plätze: {wanted} nötig, {has} vorhanden.",
    Why.TOO_LITTLE_LOAD: "Zu wenig Zuladung: {wanted} kg nötig, {has} kg möglich.",
    Why.RANGE_TOO_SHORT: "Zu wenig Reichweite: {wanted} km nötig, {has} km möglich.",
    Why.TOO_FAR_FOR_A_BICYCLE: "{wanted} km sind zu weit für ein Fahrrad (bis {has} km).",
    Why.DISTANCE_UNKNOWN: "Ohne Angabe der Strecke wird niemand aufs Fahrrad geschickt (bis {wanted} km).",
    Why.TAKEN: "Es ist bis {until} belegt.",
    Why.NEEDED_FOR_ANOTHER: "Es ist bis {until} für eine andere Fahrt vorgesehen.",
    Why.CHARGE_TOO_LOW: "Zu wenig Ladung: {needed_percent} % nötig, {charge_percent} % vorhanden; {minutes} Minuten Laden, "
    "aber nur {minutes_there} Minuten Zeit.",
    Why.CHARGE_NEEDED_LATER: "Danach reichte die Ladung für eine spätere Fahrt nicht mehr: {needed_percent} % nötig, "
    "{charge_percent} % übrig.",
    Why.BEYOND_A_BATTERY: "Auch voll geladen reicht es nicht: {needed_percent} % der Batterie wären nötig.",
    Why.LESS_PREFERRED: "Geeignet, aber {has} statt {wanted}.",
    Why.MORE_SPARE_SEATS: "Geeignet, aber mehr Plätze blieben leer: {wanted} nötig, {has} vorhanden.",
    Why.WOULD_BE_A_CHANGE: "Ebenso geeignet, aber ein anderes war schon vorgemerkt.",
    Why.MORE_FREE_TIME_AROUND: "Ebenso geeignet, aber es ließe sich länger am Stück anders nutzen.",
    Why.JUST_AS_GOOD: "Ebenso geeignet; ein anderes wurde genommen.",
}
ENGLISH = {
    Why.CHOSEN_BY_STAFF: "Whoever runs the fleet chose it.",
    Why.HAS_PRIORITY: "The trip has priority over others (level {has} of 9).",
    Why.BICYCLE_WILL_DO: "A bicycle will do for {wanted} km (up to {has} km).",
    Why.CHARGE_SUFFICES: "The charge suffices: {needed_percent} % needed, {charge_percent} % there.",
    Why.CHARGED_IN_TIME: "Charged enough by departure: {needed_percent} % needed, {charge_percent} % there; {minutes} minutes of "
    "charging, {minutes_there} minutes of time.",
    Why.CHARGE_UNKNOWN: "Nobody read the charge when it was last brought back.",
    Why.NOTHING_CLEANER_FITS: "No vehicle with a cleaner drive is free and suitable.",
    Why.CLEANEST_THAT_FITS: "It has the cleanest drive of those that are free and suitable.",
    Why.ONLY_ONE_THAT_FITS: "It is the only one that is free and suitable.",
    Why.FEWEST_SPARE_SEATS: "The fewest seats stay empty: {wanted} needed, {has} there.",
    Why.CLAIMED_ALREADY: "It was set aside for this trip already.",
    Why.LEAST_FREE_TIME_AROUND: "It fits best between its other trips; long gaps are left to others.",
    Why.AS_GOOD_AS_ANY: "Several are equally suitable; the first by name was taken.",
    Why.OTHER_POOL: "It belongs to another pool.",
    Why.NOT_FOR_RESIDENTS: "It is not registered for rental.",
    Why.OTHER_STATION: "It stands at another station.",
    Why.OTHER_CLASS: "The class {wanted} is wanted, this is {has}.",
    Why.OTHER_DRIVE: "Wanted is {wanted}, this is {has}.",
    Why.OUT_OF_SERVICE: "It is not in service, or something is due before the end of the trip.",
    Why.TOO_FEW_SEATS: "Too few seats: {wanted} needed, {has} there.",
    Why.TOO_LITTLE_LOAD: "It carries too little: {wanted} kg needed, {has} kg possible.",
    Why.RANGE_TOO_SHORT: "It does not reach far enough: {wanted} km needed, {has} km possible.",
    Why.TOO_FAR_FOR_A_BICYCLE: "{wanted} km are too far for a bicycle (up to {has} km).",
    Why.DISTANCE_UNKNOWN: "Nobody is sent by bicycle who does not say how far (up to {wanted} km).",
    Why.TAKEN: "It is taken until {until}.",
    Why.NEEDED_FOR_ANOTHER: "It is meant for another trip until {until}.",
    Why.CHARGE_TOO_LOW: "Too little charge: {needed_percent} % needed, {charge_percent} % there; {minutes} minutes of charging, but "
    "only {minutes_there} minutes of time.",
    Why.CHARGE_NEEDED_LATER: "A later trip would lack charge then: {needed_percent} % needed, {charge_percent} % left.",
    Why.BEYOND_A_BATTERY: "Not even fully charged: {needed_percent} % of the battery would be needed.",
    Why.LESS_PREFERRED: "Suitable, but {has} instead of {wanted}.",
    Why.MORE_SPARE_SEATS: "Suitable, but more seats would stay empty: {wanted} needed, {has} there.",
    Why.WOULD_BE_A_CHANGE: "Just as suitable, but another one was set aside already.",
    Why.MORE_FREE_TIME_AROUND: "Just as suitable, but of more use to others in one piece.",
    Why.JUST_AS_GOOD: "Just as suitable; another one was taken.",
}
WORDS = {"de": GERMAN, "en": ENGLISH}
OF_DRIVES = frozenset({Why.OTHER_DRIVE, Why.LESS_PREFERRED})
CLOCK = {"de": "%d.%m. %H:%M Uhr", "en": "%d %b %H:%M"}


def words(reason: Reason, language: str, time_zone: str) -> str:
    """One sentence; `language` is `de` or `en`, times are by the clock of the place."""
    wanted, has = reason.wanted, reason.has
    if reason.why in OF_DRIVES:
        drives = DRIVES[language]
        wanted, has = drives.get(wanted or "", wanted), drives.get(has or "", has)
    until = reason.until.astimezone(ZoneInfo(time_zone)).strftime(CLOCK[language]) if reason.until else ""
    return WORDS[language][reason.why].format(
        wanted=_number(wanted, language),
        has=_number(has, language),
        until=until,
        needed_percent=reason.needed_percent,
        charge_percent=reason.charge_percent,
        minutes=reason.minutes or 0,
        minutes_there=reason.minutes_there or 0,
    )


def _number(said: str | None, language: str) -> str:
    """With the language's decimal sign where it is a number."""
    if said is None:
        return ""
    return said.replace(".", ",") if language == "de" and said.replace(".", "", 1).isdigit() else said
