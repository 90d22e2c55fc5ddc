"""A city: who it is by law, where it lies, which terms it has published, and who takes its money."""

import re
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.charging_settings import ChargingSettings
from domain.places import Location
from domain.proofs import Required
from domain.quiet_hours import QuietHours
from domain.references import CheckDigits, Pattern
from domain.refusals import Refusal

SECRET_REFERENCE = re.compile(r"env:[A-Z][A-Z0-9_]*|file:[^/\s][^\s]*")
PROVIDER_KEY = re.compile(r"(sk|rk|pk|whsec)_")

# ISO 3166-2:DE without its prefix: the state decides which days are holidays.
CODE, BOOKING, SESSION = "{code}", "{booking}", "{session}"
MOST_AHEAD_MIN = 2880
STATES = frozenset(["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"])


class StripeAccount(Struct, frozen=True):
    """The city's own account. The two secrets are named, never held: `env:NAME`, or `file:PATH` in the data folder."""

    account: str
    publishable_key: str
    secret_key: str
    webhook_secret: str

    def faults(self) -> tuple[str, ...]:
        faults = []
        if not re.fullmatch(r"acct_\w+", self.account):
            faults.append("stripe.account looks like acct_…")
        if not self.publishable_key.startswith("pk_"):
            faults.append("stripe.publishable_key looks like pk_…")
        for field, reference in (("secret_key", self.secret_key), ("webhook_secret", self.webhook_secret)):
            if PROVIDER_KEY.match(reference):
                faults.append(f"stripe.{field} is a secret itself; write down where it lies: env:NAME or file:PATH")
            elif not SECRET_REFERENCE.fullmatch(reference) or ".." in reference.partition(":")[2].split("/"):
                faults.append(f"stripe.{field} is env:NAME, or file:PATH with a path inside the data folder")
        return tuple(faults)


class OidcIssuer(Struct, frozen=True):
    """An identity provider of the city's own, whose access tokens it accepts (OpenID Connect).

    `jwks_url` is where its keys lie; left out, where the issuer says, as long as that is at its own address.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None


class Contact(Struct, frozen=True):
    """Whom the recipient of an invoice may ask."""

    name: str
    phone: str
    email: str

    def faults(self) -> list[str]:
        """By the rules of XRechnung BR-DE-5, 6, 7, 27 and 28."""
        faults = [] if self.name.strip() else ["invoicing.contact.name is empty"]
        if sum(character.isdigit() for character in self.phone) < 3:
            faults.append("invoicing.contact.phone has at least three digits")
        if not re.fullmatch(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+", self.email):
            faults.append("invoicing.contact.email is an address such as rechnung@example.org")
        return faults


class Invoicing(Struct, frozen=True):
    """How a city numbers its invoices and credit notes, and the reference by which its treasury knows what is paid
    (Kassenzeichen). Public bodies are invoiced only where a `contact` is named. `meter_values_link` is where the signed values
    of a charging session are shown, with `{session}` in it."""

    invoice_numbers: str = "RE-{year}-{number:6}"
    credit_note_numbers: str = "RK-{year}-{number:6}"
    cash_references: str = "{year}{number:7}{check}"
    check_digits: CheckDigits = CheckDigits.MOD97
    payable_within_days: int = 14
    contact: Contact | None = None
    meter_values_link: str | None = None

    def faults(self) -> list[str]:
        faults = Pattern(self.invoice_numbers).faults("invoicing.invoice_numbers")
        faults += Pattern(self.credit_note_numbers).faults("invoicing.credit_note_numbers")
        faults += Pattern(self.cash_references).faults("invoicing.cash_references", self.check_digits)
        if self.invoice_numbers == self.credit_note_numbers:
            faults.append("invoicing: invoices and credit notes have numbers of their own")
        if not 0 <= self.payable_within_days <= 90:
            faults.append("invoicing.payable_within_days is 0 to 90")
        link = self.meter_values_link
        if link is not None and not (_https(link) and SESSION in link):
            faults.append(f"invoicing.meter_values_link is an https address with {SESSION} in it")
        return faults + (self.contact.faults() if self.contact is not None else [])


class Accounting(Struct, frozen=True):
    """Where the books go: consultant (Berater) and client (Mandant) at DATEV, and how accounts are numbered there.

    `chart` is SKR03 or SKR04; `numbers` go over it, by account, and `automatic` are those that split tax off by themselves
    (Automatikkonten) beside the chart's. `year_begins` is the month of the fiscal year. `receivables` says which columns the
    treasury's file has; left out, it has all of them.
    """

    consultant: int | None = None
    client: int | None = None
    chart: str = "SKR03"
    numbers: dict[str, str] = {}
    automatic: tuple[str, ...] = ()
    account_length: int = 4
    year_begins: int = 1
    label: str = "kommobil"
    receivables: dict[str, Any] | None = None

    def faults(self) -> list[str]:
        faults = []
        if self.chart not in {"SKR03", "SKR04"}:
            faults.append("accounting.chart is SKR03 or SKR04; numbers of your own go over it")
        if not 4 <= self.account_length <= 8:
            faults.append("accounting.account_length is 4 to 8")
        if not 1 <= self.year_begins <= 12:
            faults.append("accounting.year_begins is a month")
        faults += [
            f"accounting.numbers: {number!r} is no number of an account"
            for number in (*self.numbers.values(), *self.automatic)
            if not (number.isascii() and number.isdigit() and len(number) <= self.account_length)
        ]
        return faults


class Refunds(Struct, frozen=True):
    """Up to how much, in minor units, one person gives money back alone; above it a second one decides."""

    four_eyes_above: int = 5000

    def faults(self) -> list[str]:
        return [] if self.four_eyes_above >= 0 else ["refunds.four_eyes_above is not negative"]


class Disputes(Struct, frozen=True):
    """Whether what a bank took back for good, in a dispute about a card payment, is claimed from the holder (`claim_lost`), and
    so owed again and reminded of; else it is the city's loss. A returned debit is always claimed."""

    claim_lost: bool = False


class DunningStep(Struct, frozen=True):
    """A reminder, so many days after the case was opened; `fee` in minor units is damages (§ 288 BGB), so it bears no tax."""

    after_days: int
    fee: int = 0


class DunningPolicy(Struct, frozen=True):
    """How a city reminds of what is owed, for cases that are opened from that day on; `source` says who decided it."""

    valid_from: date
    steps: tuple[DunningStep, ...]
    source: str

    def faults(self) -> list[str]:
        days = [step.after_days for step in self.steps]
        faults = (
            []
            if days == sorted(set(days)) and all(day > 0 for day in days)
            else ["dunning: steps come one after another"]
        )
        if any(step.fee < 0 for step in self.steps):
            faults.append("dunning: fees are not negative")
        if self.steps and self.steps[0].fee:
            faults.append("dunning: the first reminder, which puts the debtor in default, costs nothing")
        return faults


class PartnerFee(Struct, frozen=True):
    """What the city keeps of a partner's charges from that day on: so many hundredths of a percent. `source` names the
    agreement."""

    valid_from: date
    basis_points: int
    source: str


class Partner(Struct, frozen=True):
    """Another operator, whose uses are sold by the city in its own name and passed on to the operator's account, connected at
    the city's payment provider. `tariffs` are the ids of those that it operates."""

    name: str
    account: str
    tariffs: tuple[str, ...]
    fees: tuple[PartnerFee, ...]

    def faults(self) -> list[str]:
        faults = []
        if not re.fullmatch(r"acct_\w+", self.account):
            faults.append("partners: account looks like acct_…")
        if not self.name.strip() or not self.tariffs:
            faults.append("partners: each has a name and the tariffs that it operates")
        if not self.fees or any(not 0 <= fee.basis_points <= 10_000 for fee in self.fees):
            faults.append("partners: fees have 0 to 10000 basis points, from a day on")
        if len({fee.valid_from for fee in self.fees}) < len(self.fees):
            faults.append("partners: one fee counts from a day on")
        return faults

    def fee_on(self, day: date) -> PartnerFee | None:
        """The one that counts on that day; None before the first."""
        return max((fee for fee in self.fees if fee.valid_from <= day), key=lambda fee: fee.valid_from, default=None)


class Debits(Struct, frozen=True):
    """Whether holders may pay by direct debit (SEPA) where the terms allow it. The city's `creditor_id` is set up with its
    payment provider first: it stands in every mandate and on every statement of an account."""

    offered: bool = False


class Retention(Struct, frozen=True):
    """Whether a worker by itself lets go what the law keeps no longer; else it only writes down what that would be."""

    apply: bool = False


class NoticeSettings(Struct, frozen=True):
    """When a city writes to those who book. In the `quiet` hours only what cannot wait; null, there are none. It reminds so
    many minutes before a booking begins and before it ends, and warns whoever has not given back what was booked so many
    after its end; null, it does not. `extend_link` is where more time is asked for, `approval_link` where a booking is approved,
    each with `{booking}` in it."""

    quiet: QuietHours | None = QuietHours()
    before_start_min: int | None = 60
    before_end_min: int | None = 30
    late_after_min: int | None = 5
    extend_link: str | None = None
    approval_link: str | None = None

    def faults(self) -> list[str]:
        faults = self.quiet.faults() if self.quiet is not None else []
        for field, minutes in (("before_start_min", self.before_start_min), ("before_end_min", self.before_end_min)):
            if minutes is not None and not 5 <= minutes <= MOST_AHEAD_MIN:
                faults.append(f"notices.{field} is 5 to {MOST_AHEAD_MIN}")
        if self.late_after_min is not None and not 0 <= self.late_after_min <= 60:
            faults.append("notices.late_after_min is 0 to 60")
        for field, link in (("extend_link", self.extend_link), ("approval_link", self.approval_link)):
            if link is not None and not (_https(link) and BOOKING in link):
                faults.append(f"notices.{field} is an https address with {BOOKING} in it")
        return faults

    def link_to_extend(self, booking_id: UUID) -> str | None:
        return self.extend_link.replace(BOOKING, str(booking_id)) if self.extend_link is not None else None

    def link_to_approve(self, booking_id: UUID) -> str | None:
        return self.approval_link.replace(BOOKING, str(booking_id)) if self.approval_link is not None else None


SHORTEST_OFFER_MIN, LONGEST_OFFER_MIN = 5, 1440


class WaitlistSettings(Struct, frozen=True):
    """What gets free is offered to whoever waits for it for `offer_min` minutes at most, unless its pool has minutes of its own; a
    person has at most `most_entries` wishes on waitlists at once."""

    offer_min: int = 60
    most_entries: int = 3

    def faults(self) -> list[str]:
        fits = SHORTEST_OFFER_MIN <= self.offer_min <= LONGEST_OFFER_MIN
        faults = [] if fits else [f"waitlist.offer_min is {SHORTEST_OFFER_MIN} to {LONGEST_OFFER_MIN}"]
        return faults if 1 <= self.most_entries <= 20 else [*faults, "waitlist.most_entries is 1 to 20"]


FEWEST_REPAIR_DAYS, MOST_REPAIR_DAYS = 2, 100


class Repairs(Struct, frozen=True):
    """Where nobody said how long something is out of service, it is expected back after `expected_days`: whoever has it booked from
    then on keeps it, until more is known."""

    expected_days: int = 14

    def faults(self) -> list[str]:
        fits = FEWEST_REPAIR_DAYS <= self.expected_days <= MOST_REPAIR_DAYS
        return [] if fits else [f"repairs.expected_days is {FEWEST_REPAIR_DAYS} to {MOST_REPAIR_DAYS}"]


class LeasingSettings(Struct, frozen=True):
    """How fast instalments of leases are taken from accounts: so many `collections_per_s` the payment provider is asked for, by all
    workers together. What failed or came back is tried again after so many days, once for each of `again_after_days`. From the
    `run_on_day` of a month on all leases are charged for it; without one it waits until finance asks for it."""

    collections_per_s: int = 20
    again_after_days: tuple[int, ...] = (10,)
    run_on_day: int | None = None

    def faults(self) -> list[str]:
        faults = [] if 1 <= self.collections_per_s <= 100 else ["leasing.collections_per_s is 1 to 100"]
        if len(self.again_after_days) > 3 or any(not 1 <= days <= 60 for days in self.again_after_days):
            faults.append("leasing.again_after_days are up to three times of 1 to 60 days")
        if self.run_on_day is not None and not 1 <= self.run_on_day <= 28:
            faults.append("leasing.run_on_day is a day that every month has, 1 to 28")
        return faults


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
        if self.booking_link is not None and not (_https(self.booking_link) and CODE in self.booking_link):
            faults.append(f"booking_link is an https address with {CODE} in it")
        if self.stripe is not None:
            faults += self.stripe.faults()
        faults += [fault for partner in self.partners for fault in partner.faults()]
        operated = [tariff for partner in self.partners for tariff in partner.tariffs]
        if len(set(operated)) < len(operated):
            faults.append("partners: a tariff has one operator")
        for oidc in self.oidc:
            for address in filter(None, (oidc.issuer, oidc.jwks_url)):
                if not _https(address):
                    faults.append(f"oidc issuer {address!r} is not an https address")
        return tuple(faults)


def link_of(booking_link: str | None, code: str) -> str:
    """Where somebody who reads the code is led; the code itself, which apps know, where the city has no link."""
    return booking_link.replace(CODE, quote(code, safe="")) if booking_link is not None else code


def link_to(meter_values_link: str | None, session_id: UUID) -> str | None:
    """Where the signed values of a charging session are shown, if the city has a place for them."""
    return meter_values_link.replace(SESSION, str(session_id)) if meter_values_link is not None else None


class NotSettable(StrEnum):
    ACCOUNT_HAS_PAYMENTS = "account_has_payments"


def change(settings: CitySettings, to: CitySettings, has_payments: bool) -> CitySettings | Refusal[NotSettable]:
    """The city's next settings. What was paid into an account can only be refunded from it, so it stays."""
    same_account = (settings.stripe and settings.stripe.account) == (to.stripe and to.stripe.account)
    return to if same_account or not has_payments else Refusal(NotSettable.ACCOUNT_HAS_PAYMENTS, "/stripe/account")


def is_slug(name: str) -> bool:
    """Whether it can name a city in addresses: lower case letters, digits and dashes, a letter first."""
    return re.fullmatch(r"[a-z][a-z0-9-]{1,62}", name) is not None


def has_valid_iban_checksum(iban: str) -> bool:
    """ISO 13616: two letters, two check digits, up to 30 more; the whole, rotated by four, is 1 modulo 97."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", iban):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def has_valid_leitweg_checksum(leitweg_id: str) -> bool:
    """Leitweg-ID, format specification 2.0.2: coarse part, optional fine part, two check digits (ISO 7064 MOD 97-10)."""
    if not re.fullmatch(r"\d{2,12}(-[A-Z0-9]{1,30})?-\d{2}", leitweg_id):
        return False
    return int("".join(str(int(character, 36)) for character in leitweg_id.replace("-", ""))) % 97 == 1


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


def _https(address: str) -> bool:
    return address.startswith("https://")
