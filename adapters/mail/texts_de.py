"""German."""

from datetime import date, datetime
from decimal import Decimal

from adapters.mail.language import Language, Texts, on_one_day
from domain.booking.resources import Service
from domain.money import Money
from domain.notices.occasions import Occasion

DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
ZONES = {"CET": "MEZ", "CEST": "MESZ"}


def money(amount: Money) -> str:
    whole, cents = divmod(amount.amount, 100)
    unit = "Euro" if amount.currency == "EUR" else amount.currency
    return f"{whole:,}".replace(",", ".") + f",{cents:02} {unit}"


def percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %".replace(".", ",")


def instant(at: datetime) -> str:
    return f"{_day(at)}, {_clock(at)}"


def period(start: datetime, end: datetime) -> str:
    if on_one_day(start, end):
        return f"{_day(start)}, {start:%H:%M} bis {_clock(end)}"
    return f"{instant(start)} bis {instant(end)}"


def _day(at: date) -> str:
    return f"{DAYS[at.weekday()]}, {at.day}. {MONTHS[at.month - 1]} {at.year}"


def _clock(at: datetime) -> str:
    """With the zone's short name, which tells the two hours apart that the night in October has twice."""
    zone = at.tzname() or ""
    return f"{at:%H:%M} Uhr {ZONES.get(zone, zone)}"


# Withdrawal: the consumer's Widerrufsrecht, §§ 312g, 355, 357, 357a BGB.
TEXTS = Texts(
    greeting="Guten Tag,",
    closing="Mit freundlichen Grüßen",
    sender="{entity}\n{address}\nUSt-IdNr. {vat_id}\nImpressum: {imprint}",
    terms="Es gelten die Buchungsbedingungen in der Fassung {version}.",
    documents="Die veröffentlichten Texte galten bei der Buchung in diesen Fassungen: {documents}.",
    calendar_added="Den Termin für Ihren Kalender finden Sie im Anhang.",
    calendar_removed="Mit dem Anhang können Sie den Termin aus Ihrem Kalender entfernen.",
    things={Service.CHARGING: "Ladepunkt", Service.FLEET: "Fahrzeug", Service.BIKE_LEASING: "Fahrrad"},
    place="Ort",
    time="Zeit",
    price="Preis",
    booking="Buchung",
    price_with_vat="{total} einschließlich {vat} Mehrwertsteuer ({rates})",
    price_nothing="kostenlos",
    price_cost_centre="für Sie kostenlos, abgerechnet über die Kostenstelle {centre}",
    confirmed_subject="Buchung bestätigt: {what}, {start}",
    confirmed="Ihre Buchung ist bestätigt.",
    instalment_due="Die erste Rate von {amount} ist jetzt fällig, die weiteren Raten folgen monatlich.",
    instalment_paid="Die erste Rate von {amount} ist bezahlt, die weiteren Raten folgen monatlich.",
    debited="{entity} zieht die erste Rate von {amount} per SEPA-Lastschrift von Ihrem Konto ein, {when}. Mandatsreferenz "
    "{mandate}, Gläubiger-Identifikationsnummer {creditor}. Bitte sorgen Sie für Deckung. Die weiteren Raten folgen monatlich.",
    debit_on="am {day} oder kurz danach",
    debit_soon="in den nächsten Tagen",
    amount_held="Auf Ihrer Karte sind {amount} vorgemerkt; abgebucht wird nach der Nutzung. Nutzen Sie mehr als gebucht, "
    "kostet es entsprechend mehr.",
    card_saved="Ihre Karte ist hinterlegt. Einen Tag vor Beginn merken wir darauf {amount} vor; abgebucht wird nach der "
    "Nutzung. Nutzen Sie mehr als gebucht, kostet es entsprechend mehr.",
    amount_paid="Bezahlt sind {amount}.",
    nothing_to_pay="Zu bezahlen ist für diese Buchung nichts.",
    cancel_always_free="Solange Sie die Buchung nicht begonnen haben, können Sie sie jederzeit kostenlos stornieren.",
    cancel_only_for_fee="Eine Stornierung kostet {fee}; ebenso viel kostet es, wenn Sie die Buchung nicht nutzen.",
    cancel_ways="Stornieren können Sie die Buchung, solange Sie sie nicht begonnen haben:",
    cancel_free_until="kostenlos bis {until}",
    cancel_for_fee_until="für {fee} bis {until}",
    cancel_afterwards="danach für {fee}; ebenso viel kostet es, wenn Sie die Buchung nicht nutzen",
    withdrawal="Widerrufsrecht: Bis {until} können Sie diesen Vertrag ohne Angabe von Gründen widerrufen. Dazu genügt "
    "eine eindeutige Erklärung an {entity}, {address}, zum Beispiel per Brief oder E-Mail, oder die Stornierung Ihrer "
    "Buchung; es reicht, wenn Sie sie vor Ablauf der Frist absenden. Wir erstatten dann alle Zahlungen unverzüglich und "
    "spätestens binnen 14 Tagen auf demselben Weg, auf dem Sie bezahlt haben; Kosten entstehen Ihnen dafür nicht. Wenn "
    "die Nutzung auf Ihren Wunsch schon vor Ablauf der Frist begonnen hat, zahlen Sie für diese Zeit einen "
    "angemessenen Betrag.",
    cancelled_subject="Buchung storniert: {what}, {start}",
    cancelled="Ihre Buchung ist wie gewünscht storniert.",
    cancelled_by_us="Wir mussten Ihre Buchung leider stornieren.",
    cancelled_unpaid="Wir haben Ihre Buchung storniert, weil wir den Preis auf Ihrer Karte nicht vormerken konnten und "
    "bis zwei Stunden vor Beginn keine andere Zahlung eingegangen ist.",
    cancelled_series_subject="Serie storniert: {what}, ab {start}",
    cancelled_series="Diese {count} Buchungen Ihrer Serie sind wie gewünscht storniert:",
    cancelled_series_by_us="Wir mussten diese {count} Buchungen Ihrer Serie leider stornieren:",
    rejected_series="Diese {count} Buchungen Ihrer Serie wurden leider nicht freigegeben:",
    rejected_series_because="Die folgenden {count} Buchungen Ihrer Serie wurden leider nicht freigegeben. Begründung: {reason}",
    confirmed_series_subject="Serie bestätigt: {what}, ab {start}",
    confirmed_series="Diese {count} Buchungen Ihrer Serie sind bestätigt:",
    provisional_series="Was Sie genau bekommen, steht jeweils eine halbe Stunde vor Beginn fest; wir schreiben Ihnen dann noch einmal. Bis "
    "dahin kann es etwas Gleichwertiges am selben Ort oder aus demselben Bestand werden.",
    cancel_series="Stornieren können Sie jede für sich oder auf einmal, was von der Serie noch bevorsteht. Für die erste gilt:",
    calendar_series_added="Alle diese Termine für Ihren Kalender finden Sie in einer Datei im Anhang.",
    calendar_series_removed="Die Dateien im Anhang entfernen die Termine aus Ihrem Kalender.",
    other_plug_subject="Anderer Ladepunkt: {what}, {start}",
    other_plug="Ihr Ladepunkt ist gerade nicht zu haben. Wir halten Ihnen an derselben Station einen anderen frei; Zeit und Preis bleiben gleich:",
    no_plug="Es tut uns leid: Die Ladesäule hält Ihnen keinen Ladepunkt frei, und an der Station ist keiner, der Ihrer Buchung entspricht. "
    "Wir haben sie deshalb storniert.",
    no_plug_instead="Für Ihre Zeit ist an derselben Station noch frei: {names}.",
    no_plug_nothing_instead="Andere freie Ladepunkte in der Nähe zeigt Ihnen die Suche.",
    rejected="Ihre Buchung wurde leider nicht freigegeben.",
    rejected_because="Ihre Buchung wurde leider nicht freigegeben. Begründung: {reason}",
    provisional="Was Sie genau bekommen, steht eine halbe Stunde vor Beginn fest; wir schreiben Ihnen dann noch einmal. Bis "
    "dahin kann es etwas Gleichwertiges am selben Ort oder aus demselben Bestand werden.",
    assigned_subject="Für Sie bereit: {what}, {start}",
    assigned="Jetzt steht fest, was Sie bekommen:",
    approved_subject="Buchung freigegeben, bitte bezahlen: {what}, {start}",
    approved="Ihre Buchung ist freigegeben. Bitte bezahlen Sie {amount} bis {until}, damit wir sie bestätigen können; sonst "
    "verfällt sie, und Kosten entstehen Ihnen dadurch nicht.",
    not_approved_subject="Buchung nicht freigegeben: {what}, {start}",
    not_approved="Über Ihre Buchung ist leider nicht rechtzeitig entschieden worden, deshalb ist sie verfallen.",
    not_approved_series_subject="Serie nicht freigegeben: {what}, ab {start}",
    not_approved_series="Über diese {count} Buchungen Ihrer Serie ist leider nicht rechtzeitig entschieden worden, deshalb sind sie "
    "verfallen:",
    approval_series_subjects={
        Occasion.APPROVAL_ASKED: "Bitte Serie freigeben: {what}, ab {start}",
        Occasion.APPROVAL_REMINDED: "Erinnerung, bitte Serie freigeben: {what}, ab {start}",
        Occasion.APPROVAL_ESCALATED: "Niemand hat entschieden, bitte Serie freigeben: {what}, ab {start}",
    },
    approval_series_asked="{who} hat {count} Buchungen einer Serie angefragt, die freigegeben werden müssen:",
    approval_series_decide="Bitte entscheiden Sie bis {until}, auch wenn Sie jemanden vertreten; danach verfallen die Anfragen. Sie finden "
    "sie im Posteingang für Freigaben, wo Sie auch über die Serie auf einmal entscheiden können.",
    approval_subjects={
        Occasion.APPROVAL_ASKED: "Bitte freigeben: {what}, {start}",
        Occasion.APPROVAL_REMINDED: "Erinnerung, bitte freigeben: {what}, {start}",
        Occasion.APPROVAL_ESCALATED: "Niemand hat entschieden, bitte freigeben: {what}, {start}",
    },
    approval_asked="{who} hat eine Buchung angefragt, die freigegeben werden muss.",
    approval_more="{who} möchte eine Buchung bis {end} verlängern; das muss freigegeben werden.",
    approval_unanswered="Wer sonst darüber entscheidet, hat bisher nicht geantwortet.",
    approval_why="Anlass: {why}",
    approval_decide="Bitte entscheiden Sie bis {until}, auch wenn Sie jemanden vertreten; danach verfällt die Anfrage. Sie finden sie im "
    "Posteingang für Freigaben.",
    approval_here="Bitte entscheiden Sie bis {until}, auch wenn Sie jemanden vertreten; danach verfällt die Anfrage:\n{link}",
    more_approved_subject="Verlängerung freigegeben, bitte bezahlen: {what}, {start}",
    more_approved="Die Verlängerung bis {end} ist freigegeben. Bitte bezahlen Sie {amount} bis {until}; sonst bleibt es beim bisherigen "
    "Ende. Ist Ihre Karte bekannt, fragen wir sie von selbst.",
    more_not_approved_subject="Verlängerung nicht freigegeben: {what}, {start}",
    more_rejected="Die Verlängerung bis {end} wurde leider nicht freigegeben. Es bleibt beim bisherigen Ende.",
    more_rejected_because="Die Verlängerung bis {end} wurde leider nicht freigegeben. Es bleibt beim bisherigen Ende. Begründung: "
    "{reason}",
    more_missed="Über die Verlängerung bis {end} ist leider nicht rechtzeitig entschieden worden. Es bleibt beim bisherigen Ende.",
    cancelling_is_free="Die Stornierung ist für Sie kostenlos.",
    cancelling_costs="Die Stornierung kostet {fee}.",
    hold_lifted="Die Vormerkung von {amount} auf Ihrer Karte heben wir auf.",
    paid_back="Wir erstatten Ihnen {amount} auf demselben Weg, auf dem Sie bezahlt haben.",
    fee_from_hold="Wir buchen diesen Betrag von den vorgemerkten {amount} ab und geben den Rest frei.",
    fee_from_payment="Von den bezahlten {amount} erstatten wir Ihnen {back}.",
    fee_is_hold="Wir buchen die vorgemerkten {amount} dafür ab.",
    fee_is_payment="Dieser Betrag ist mit den bezahlten {amount} verrechnet.",
    fee_from_card="Wir buchen diesen Betrag von Ihrer hinterlegten Karte ab.",
    withdrawn_subject="Widerruf eingegangen: {what}, {start}",
    withdrawn="Ihr Widerruf dieses Vertrags ist am {at} bei uns eingegangen. Der Vertrag ist damit aufgehoben.",
    withdrawn_is_free="Der Widerruf kostet Sie nichts.",
    withdrawn_owes="Weil die Nutzung auf Ihren ausdrücklichen Wunsch vor Ablauf der Widerrufsfrist begonnen hat, zahlen "
    "Sie für die Zeit bis zum Widerruf {fee}.",
    not_held_subject="Bitte bezahlen Sie Ihre Buchung: {what}, {start}",
    not_held="Auf Ihrer hinterlegten Karte konnten wir {amount} nicht vormerken.",
    no_deposit_subject="Bitte hinterlegen Sie die Kaution: {what}, {start}",
    no_deposit="Die Kaution von {amount} konnten wir auf Ihrer Karte nicht vormerken. Ohne sie kann die Nutzung nicht beginnen.",
    no_deposit_pay="Bitte lassen Sie sie vor dem Beginn selbst vormerken, gern auf einer anderen Karte. Berechnet wird davon "
    "nichts, solange kein Schaden entsteht.",
    not_held_pay_until="Bitte bezahlen Sie die Buchung bis {until}, gern mit einer anderen Karte. Geht bis dahin keine "
    "Zahlung ein, stornieren wir die Buchung; Kosten entstehen Ihnen dadurch nicht.",
    not_taken_subject="Zahlung offen: {what}, {start}",
    not_taken="Ihre Karte hat die Abbuchung von {amount} für diese Buchung abgelehnt.",
    not_taken_contact="Bitte wenden Sie sich an uns, damit wir den offenen Betrag gemeinsam klären.",
    not_debited="Ihre Bank hat die Lastschrift über {amount} für diese Buchung nicht eingelöst (Mandat {mandate}).",
    not_debited_pay="Bitte begleichen Sie den offenen Betrag so bald wie möglich, mit einer Karte oder von einem anderen Konto; "
    "sonst müssen wir mahnen.",
    too_late_subject="Buchung nicht zustande gekommen: {what}, {start}",
    too_late="Ihre Zahlung ist eingegangen, nachdem die Zeit dafür abgelaufen war. Inzwischen ist der Zeitraum leider "
    "anders vergeben.",
    too_late_is_free="Ihnen entstehen keine Kosten.",
    changed_subject="Buchung geändert: {what}, {start}",
    changed="Ihre Buchung ist wie gewünscht geändert. Es gilt jetzt:",
    changed_kept="Im Preis enthalten sind {fee} für Zeit, die Sie zurückgegeben haben.",
    calendar_changed="Mit dem Anhang können Sie den Termin in Ihrem Kalender ändern.",
    more_too_late_subject="Verlängerung nicht möglich: {what}, {start}",
    more_too_late="Ihre Zahlung für die Verlängerung ist eingegangen, nachdem die Zeit dafür abgelaufen war. Inzwischen "
    "ist die Zeit nach Ihrer Buchung leider anders vergeben. Ihre Buchung gilt unverändert; für die Verlängerung "
    "entstehen Ihnen keine Kosten, einen vorgemerkten Betrag geben wir frei.",
    swapped_subject="Anderes Fahrzeug: {what}, {start}",
    swapped="Für Ihre Buchung steht ein anderes Fahrzeug bereit, als wir Ihnen zuletzt genannt haben. Zeit und Preis bleiben "
    "gleich:",
    start_near_subject="Beginnt bald: {what}, {start}",
    start_near="Ihre Buchung beginnt bald:",
    end_near_subject="Endet bald: {what}, {end}",
    end_near="Ihre Buchung endet bald. Bitte beenden Sie die Nutzung bis {end}.",
    extend="Sie brauchen mehr Zeit? Solange danach nichts anderes gebucht ist, können Sie die Buchung verlängern.",
    extend_here="Sie brauchen mehr Zeit? Solange danach nichts anderes gebucht ist, können Sie die Buchung hier verlängern:\n{link}",
    late_subject="Bitte zurückgeben: {what}, gebucht bis {end}",
    late="Ihre gebuchte Zeit endete am {end}, und {what} ist noch nicht zurückgegeben. Bitte beenden Sie die Nutzung jetzt.",
    late_waits="{what} ist im Anschluss für jemand anderen gebucht.",
    not_begun_subject="Das Laden hat nicht begonnen: {what}",
    not_begun="{what} hat nicht zu laden begonnen. Bitte prüfen Sie, ob das Kabel an Fahrzeug und Ladesäule fest sitzt, und starten Sie "
    "noch einmal. Ihre Buchung gilt weiter. Gelingt es auch dann nicht, melden Sie bitte ein Problem: Dann nennen wir Ihnen andere "
    "Ladepunkte, und Sie können kostenlos absagen.",
    given_up="{what} ({where}) hat nicht zu laden begonnen. Wir haben es eine Weile versucht und dann aufgegeben.",
    given_up_is_free="Sie zahlen nichts.",
    charged_subject="Fertig geladen: {what}",
    charged="Ihr Fahrzeug nimmt an {what} keine Energie mehr auf. Bitte beenden Sie das Laden und machen Sie den Platz frei.",
    charged_costs="Steht ein Fahrzeug insgesamt länger als {minutes} Minuten dort, ohne zu laden, kostet jede weitere Minute {per_minute}, "
    "höchstens {most}. Zeit, in der die Säule keinen Strom abgibt, zählt nicht.",
    optional="Nachrichten dieser Art können Sie in Ihrem Profil abschalten.",
    delayed_subject="Verspätung möglich: {what}, {start}",
    delayed="Wer {what} zurzeit nutzt, hat die gebuchte Zeit überschritten. Es kann sein, dass Sie zu Beginn Ihrer "
    "Buchung warten müssen.",
    delayed_instead="Für Ihre Zeit sind an derselben Station noch frei: {names}.",
    delayed_nothing_instead="An derselben Station ist für Ihre Zeit leider nichts Gleiches frei.",
    delayed_cancel="Wenn Sie nicht warten möchten, wenden Sie sich bitte an uns: Wir stornieren Ihre Buchung kostenlos.",
    stranded_subject="Nicht verfügbar: {what}, {start}",
    stranded="Es tut uns leid: {what} ist ausgefallen, und für Ihre Zeit ist nichts frei, was Ihrer Buchung entspricht. So wie sie "
    "ist, können Sie die Buchung nicht nutzen.",
    stranded_instead="Für Ihre Zeit ist an derselben Station etwas anderes frei: {names}. Bitte sagen Sie uns, ob eines davon passt.",
    stranded_nothing_instead="An derselben Station ist für Ihre Zeit auch nichts anderes frei. Vielleicht passt eine andere Zeit.",
    stranded_cancel="Sie können die Buchung jederzeit stornieren; das kostet Sie nichts, und auch nicht, sie ungenutzt zu lassen.",
    not_used_subject="Buchung nicht genutzt: {what}, {start}",
    not_used="Ihre Buchung wurde bis {until} nicht begonnen. Sie ist damit beendet.",
    not_used_is_free="Kosten entstehen Ihnen dadurch nicht.",
    not_used_costs="Für die nicht genutzte Buchung berechnen wir nach den Buchungsbedingungen eine Gebühr von {fee}.",
    reminded_subject="Zahlungserinnerung: {what}, {start}",
    reminded="Für Ihre Buchung sind noch {owed} offen. Die Zahlung ist nicht gelungen oder wurde von Ihrer Bank zurückgegeben.",
    reminded_fees="Hinzu kommen {fees} Mahnkosten als Verzugsschaden; Umsatzsteuer fällt darauf nicht an.",
    reminded_invoice="Rechnung {number}, Kassenzeichen {reference}: {amount}",
    reminded_reference="das Kassenzeichen {reference}",
    reminded_booking="die Buchungsnummer",
    reminded_pay="Bitte überweisen Sie {total} auf das Konto {iban} und nennen Sie dabei {named}. Falls sich Ihre "
    "Zahlung mit diesem Schreiben überschneidet, betrachten Sie es als gegenstandslos.",
    reminded_last="Das ist die letzte Erinnerung. Danach entscheidet die Stadt, wie sie die Forderung weiter verfolgt.",
    fee_is_taxed="Sie ist ein Entgelt und enthält {vat} Mehrwertsteuer ({rate}; {source}).",
    fee_is_damages="Sie ist Schadensersatz; Mehrwertsteuer fällt darauf nicht an ({source}).",
)
GERMAN = Language("de", TEXTS, money, percent, instant, period, _day)
