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
        faults = [
            f"{field} is empty" for field in ("name", "legal_entity", "address", "imprint") if not _said(self, field)
        ]
        faults += _numbers(self)
        faults += _place(self)
        if not self.languages or set(self.languages) - {"de", "en"}:
            faults.append("languages are de, en or both")
        if not self.terms or not all(document and version for document, version in self.terms.items()):
            faults.append('terms names at least one document and its version, such as {"general": "2026-01"}')
        faults += self.invoicing.faults()
        faults += self.requires.faults()
        faults += self.refunds.faults()
        faults += self.accounting.faults()
        faults += self.notices.faults()
        faults += self.waitlist.faults()
        faults += self.repairs.faults()
        faults += self.leasing.faults()
        faults += self.charging.faults()
        faults += [fault for policy in self.dunning for fault in policy.faults()]
        if self.booking_link is not None and not (is_https(self.booking_link) and CODE in self.booking_link):
            faults.append(f"booking_link is an https address with {CODE} in it")
        if self.stripe is not None:
            faults += self.stripe.faults()
        faults += [fault for partner in self.partners for fault in partner.faults()]
        operated = [tariff for partner in self.partners for tariff in partner.tariffs]
        if len(set(operated)) < len(operated):
            faults.append("partners: a tariff has one operator")
        for oidc in self.oidc:
            for address in filter(None, (oidc.issuer, oidc.jwks_url)):
                if not is_https(address):
                    faults.append(f"oidc issuer {address!r} is not an https address")
        return tuple(faults)


class NotSettable(StrEnum):
    ACCOUNT_HAS_PAYMENTS = "account_has_payments"


def change(settings: CitySettings, to: CitySettings, has_payments: bool) -> CitySettings | Refusal[NotSettable]:
    """The city's next settings. What was paid into an account can only be refunded from it, so it stays."""
    same_account = (settings.stripe and settings.stripe.account) == (to.stripe and to.stripe.account)
    return to if same_account or not has_payments else Refusal(NotSettable.ACCOUNT_HAS_PAYMENTS, "/stripe/account")


def _said(settings: CitySettings, field: str) -> bool:
    return bool(str(getattr(settings, field)).strip())


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
