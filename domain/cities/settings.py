"""A city: who it is by law, where it lies, which terms it has published, and who takes its money."""

import re
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.charging_settings import ChargingSettings
from domain.cities.booking import Repairs, WaitlistSettings
from domain.cities.finance import Accounting, Debits, Disputes, DunningPolicy, Invoicing, Refunds
from domain.cities.identifiers import STATES, has_valid_iban_checksum, has_valid_leitweg_checksum
from domain.cities.leasing import LeasingSettings
from domain.cities.links import CODE, is_https
from domain.cities.notices import NoticeSettings
from domain.cities.partners import Partner
from domain.cities.providers import OidcIssuer, StripeAccount
from domain.places import Location
from domain.proofs import Required
from domain.refusals import Refusal


class Retention(Struct, frozen=True):
    """Whether a worker by itself lets go what the law keeps no longer; else it only writes down what that would be."""

    apply: bool = False


class CitySettings(Struct, frozen=True):
    """What a city needs to be open. `terms` gives the version in force of every document that a person accepts.

    `state` is the part after `DE-` of ISO 3166-2; `center` is the origin of the plane on which distances are measured.
    `booking_link` is where a code on a dashboard leads, with `{code}` in it.
    """

    name: str
    legal_entity: str
    address: str
    vat_id: str
    iban: str
    creditor_id: str
    leitweg_id: str
    time_zone: str
    state: str
    postcodes: tuple[str, ...]
    languages: tuple[str, ...]
    imprint: str
    terms: dict[str, str]
    center: Location
    stripe: StripeAccount | None = None
    oidc: tuple[OidcIssuer, ...] = ()
    invoicing: Invoicing = Invoicing()
    requires: Required = Required()
    refunds: Refunds = Refunds()
    disputes: Disputes = Disputes()
    dunning: tuple[DunningPolicy, ...] = ()
    retention: Retention = Retention()
    accounting: Accounting = Accounting()
    debits: Debits = Debits()
    partners: tuple[Partner, ...] = ()
    booking_link: str | None = None
    notices: NoticeSettings = NoticeSettings()
    waitlist: WaitlistSettings = WaitlistSettings()
    repairs: Repairs = Repairs()
    leasing: LeasingSettings = LeasingSettings()
    charging: ChargingSettings = ChargingSettings()

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the settings, in words for whoever wrote them; empty if nothing."""
        return (
            *_names(self),
            *_numbers(self),
            *_place(self),
            *_published(self),
            *self.invoicing.faults(),
            *self.requires.faults(),
            *self.refunds.faults(),
            *self.accounting.faults(),
            *self.notices.faults(),
            *self.waitlist.faults(),
            *self.repairs.faults(),
            *self.leasing.faults(),
            *self.charging.faults(),
            *(fault for policy in self.dunning for fault in policy.faults()),
            *_link(self),
            *(self.stripe.faults() if self.stripe is not None else ()),
            *_partners(self),
            *_issuers(self),
        )


class NotSettable(StrEnum):
    ACCOUNT_HAS_PAYMENTS = "account_has_payments"


def change(settings: CitySettings, to: CitySettings, has_payments: bool) -> CitySettings | Refusal[NotSettable]:
    """The city's next settings. What was paid into an account can only be refunded from it, so it stays."""
    same_account = (settings.stripe and settings.stripe.account) == (to.stripe and to.stripe.account)
    return to if same_account or not has_payments else Refusal(NotSettable.ACCOUNT_HAS_PAYMENTS, "/stripe/account")


def _names(settings: CitySettings) -> list[str]:
    named = {
        "name": settings.name,
        "legal_entity": settings.legal_entity,
        "address": settings.address,
        "imprint": settings.imprint,
    }
    return [f"{field} is empty" for field, said in named.items() if not said.strip()]


def _numbers(settings: CitySettings) -> list[str]:
    faults = []
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{2,12}", settings.vat_id):
        faults.append("vat_id looks like DE123456789")
    if not has_valid_iban_checksum(settings.iban.replace(" ", "")):
        faults.append("iban does not pass its own checksum")
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}", settings.creditor_id):
        faults.append("creditor_id looks like DE98ZZZ09999999999")
    if not has_valid_leitweg_checksum(settings.leitweg_id):
        faults.append("leitweg_id does not pass its own checksum")
    return faults


def _place(settings: CitySettings) -> list[str]:
    faults = []
    try:
        ZoneInfo(settings.time_zone)
    except (KeyError, OSError, ValueError):  # unknown; a folder of the database; not even a path
        faults.append(f"time_zone {settings.time_zone!r} is not in the tz database")
    if settings.state not in STATES:
        faults.append("state is one of " + " ".join(sorted(STATES)))
    if not settings.postcodes:
        faults.append("postcodes are empty: no row of a register would be the city's")
    faults += [
        f"postcode {code!r} is not five digits" for code in settings.postcodes if not re.fullmatch(r"\d{5}", code)
    ]
    if not (-90 <= settings.center.lat <= 90 and -180 <= settings.center.lon <= 180):
        faults.append("center is given in degrees: lat -90 to 90, lon -180 to 180")
    return faults


def _published(settings: CitySettings) -> list[str]:
    faults = []
    if not settings.languages or set(settings.languages) - {"de", "en"}:
        faults.append("languages are de, en or both")
    if not settings.terms or not all(document and version for document, version in settings.terms.items()):
        faults.append('terms names at least one document and its version, such as {"general": "2026-01"}')
    return faults


def _link(settings: CitySettings) -> list[str]:
    link = settings.booking_link
    fits = link is None or (is_https(link) and CODE in link)
    return [] if fits else [f"booking_link is an https address with {CODE} in it"]


def _partners(settings: CitySettings) -> list[str]:
    faults = [fault for partner in settings.partners for fault in partner.faults()]
    operated = [tariff for partner in settings.partners for tariff in partner.tariffs]
    return faults if len(set(operated)) == len(operated) else [*faults, "partners: a tariff has one operator"]


def _issuers(settings: CitySettings) -> list[str]:
    addresses = (address for oidc in settings.oidc for address in (oidc.issuer, oidc.jwks_url) if address)
    return [f"oidc issuer {address!r} is not an https address" for address in addresses if not is_https(address)]
