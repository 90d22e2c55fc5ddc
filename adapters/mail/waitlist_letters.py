"""Letters to those who wait: what is offered, that nobody answered, and that it came to nothing."""

from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.mail.language import Language
from adapters.mail.letters import Letter
from adapters.mail.wrapping import wrapped_text
from domain.booking.resources import Service
from domain.notices.occasions import Occasion
from services.notices.ports import WaitlistNotice


class _Words(Struct, frozen=True):
    """Templates for `str.format`."""

    any_of: dict[Service, str]
    offered_subject: str
    offered: str
    lapsed_subject: str
    lapsed: str
    taken_back_subject: str
    taken_back: str
    in_vain_subject: str
    in_vain: str

    def of(self, occasion: Occasion) -> tuple[str, str]:
        """The subject, and what is said."""
        if occasion is Occasion.OFFERED:
            return self.offered_subject, self.offered
        if occasion is Occasion.OFFER_LAPSED:
            return self.lapsed_subject, self.lapsed
        if occasion is Occasion.OFFER_TAKEN_BACK:
            return self.taken_back_subject, self.taken_back
        return self.in_vain_subject, self.in_vain


WORDS = {
    "de": _Words(
        any_of={Service.CHARGING: "Ladepunkt", Service.FLEET: "Fahrzeug", Service.BIKE_LEASING: "Fahrrad"},
        offered_subject="Frei geworden: {what}, {period}",
        offered="worauf Sie warten, ist frei: {what}, {period}. Wir halten es für Sie bis {until}. Nehmen Sie es bis dahin an, "
        "wird es gebucht wie sonst auch, zum Preis dieses Augenblicks; lehnen Sie ab oder antworten Sie nicht, fragen wir "
        "die Nächsten.",
        lapsed_subject="Angebot abgelaufen: {what}, {period}",
        lapsed="unser Angebot ({what}, {period}) galt bis {until}. Wir haben nichts von Ihnen gehört und es weitergegeben; Sie "
        "stehen dafür nicht mehr auf der Warteliste. Wenn Sie es noch brauchen, tragen Sie sich bitte wieder ein.",
        taken_back_subject="Angebot zurückgenommen: {period}",
        taken_back="was wir Ihnen für {period} angeboten hatten, fällt leider aus. Sie stehen weiter an Ihrer Stelle auf der Warteliste "
        "({what}); sobald etwas anderes frei wird, hören Sie von uns.",
        in_vain_subject="Leider nichts frei geworden: {what}, {period}",
        in_vain="die Zeit, auf die Sie gewartet haben, beginnt ({what}, {period}), und es ist leider nichts mehr frei geworden. "
        "Ihr Eintrag auf der Warteliste ist damit beendet.",
    ),
    "en": _Words(
        any_of={Service.CHARGING: "charger", Service.FLEET: "vehicle", Service.BIKE_LEASING: "bicycle"},
        offered_subject="Free now: {what}, {period}",
        offered="what you wait for is free: {what}, {period}. We keep it for you until {until}. If you accept it by then, it is "
        "booked as ever, at the price of that moment; if you decline it or do not answer, we ask whoever is next.",
        lapsed_subject="Offer over: {what}, {period}",
        lapsed="our offer ({what}, {period}) counted until {until}. We have not heard from you and have passed it on; you are no "
        "longer on the waitlist for it. If you still need it, please enter it again.",
        taken_back_subject="Offer taken back: {period}",
        taken_back="what we had offered you for {period} is out of order, we are sorry to say. You keep your place on the waitlist "
        "({what}), and hear from us as soon as something else gets free.",
        in_vain_subject="Nothing got free: {what}, {period}",
        in_vain="the time that you waited for begins ({what}, {period}), and nothing got free any more, we are sorry to say. Your "
        "entry on the waitlist has ended with that.",
    ),
}


def waitlist_letter(occasion: Occasion, notice: WaitlistNotice, language: Language) -> Letter:
    """Pure: the same again gives the same letter."""
    words, texts, city, entry = WORDS[language.code], language.texts, notice.settings, notice.entry
    zone = ZoneInfo(city.time_zone)
    until = entry.offer.term.until if entry.offer is not None else entry.start
    told = {
        "what": ", ".join(filter(None, (notice.resource or words.any_of[entry.service], notice.station))),
        "period": language.period(entry.start.astimezone(zone), entry.end.astimezone(zone)),
        "until": language.instant(until.astimezone(zone)),
    }
    subject, said = words.of(occasion)
    sender = texts.sender.format(
        entity=city.legal_entity, address=city.address, vat_id=city.vat_id, imprint=city.imprint
    )
    body = "\n\n".join([texts.greeting, said.format(**told), f"{texts.closing}\n{city.name}"])
    return Letter(subject.format(**told), wrapped_text(f"{body}\n\n-- \n{sender}\n"))
