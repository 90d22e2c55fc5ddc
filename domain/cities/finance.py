"""How a city invoices, keeps its books, gives back and reminds of what is owed."""

import re
from datetime import date
from typing import Any

from msgspec import Struct

from domain.cities.links import SESSION, is_https
from domain.references import CheckDigits, Pattern


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
        if link is not None and not (is_https(link) and SESSION in link):
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


MOST_WRITTEN_OFF = 5000
"""Minor units: what is more is no small amount, and a person's word."""


class DunningStep(Struct, frozen=True):
    """A reminder, so many days after the case was opened; `fee` in minor units is damages (§ 288 BGB), so it bears no tax."""

    after_days: int
    fee: int = 0


class DunningPolicy(Struct, frozen=True):
    """How a city reminds of what is owed, for cases that are opened from that day on; `source` says who decided it. Of a booking that
    owes less than `write_off_below` (Kleinbetrag), in minor units and with fees, nobody is reminded: it is written off instead."""

    valid_from: date
    steps: tuple[DunningStep, ...]
    source: str
    write_off_below: int = 0

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
        if not 0 <= self.write_off_below <= MOST_WRITTEN_OFF:
            faults.append(f"dunning.write_off_below is 0 to {MOST_WRITTEN_OFF}")
        if self.write_off_below and not self.steps:
            faults.append(
                "dunning: what is less than write_off_below is written off when the first reminder is due, so there is one"
            )
        return faults


class Debits(Struct, frozen=True):
    """Whether holders may pay by direct debit (SEPA) where the terms allow it. The city's `creditor_id` is set up with its
    payment provider first: it stands in every mandate and on every statement of an account."""

    offered: bool = False
