"""Example invoices that tests share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from domain.cities.finance import Contact, Invoicing
from domain.cities.settings import CitySettings
from domain.invoicing.invoices import Address, Debtor, Evidence, Invoice, InvoiceId, Subject, Why
from domain.invoicing.issuing import Billable, Counter, Numbers, credit_note_for, invoice_for
from domain.money import Money, vat_within
from domain.periods import Period
from domain.places import Location
from domain.pricing.quotes import Line, LineKind
from tests.examples import an_id, hours, person_id

CITY = CitySettings(
    name="Okerstadt",
    legal_entity="Stadt Okerstadt",
    address="Altstadtmarkt 1\n38100 Okerstadt",
    vat_id="DE999999995",
    iban="DE70 9999 9999 0000 0038 10",
    creditor_id="DE98ZZZ09999999999",
    leitweg_id="04011000-1234512345-06",
    time_zone="Europe/Berlin",
    state="NI",
    postcodes=("38100",),
    languages=("de", "en"),
    imprint="https://okerstadt.example/impressum",
    terms={"general": "2026-01"},
    center=Location(52.25, 10.5),
    invoicing=Invoicing(contact=Contact("Kasse Mobilität", "+49 531 470 1", "rechnung@okerstadt.example")),
)
SERIES, REFERENCES = "RE-2030-{number:6}", "2030{number:7}{check}"
TODAY = datetime(2030, 6, 4, 9, 15, 7, 123456, tzinfo=UTC)
"""As a clock says it, to the microsecond."""
USED = Period(datetime(2030, 6, 3, 12, tzinfo=UTC), datetime(2030, 6, 3, 14, 11, tzinfo=UTC))
PRIVATE = Debtor(person_id("ada"), "de", "Ada Beispiel")
AT_HOME = replace(PRIVATE, address=Address("Wendenring 7", "38114", "Braunschweig"))
SCHOOL = Debtor(
    person_id("school"),
    "de",
    "Gesamtschule Okerstadt",
    Address("Schulweg 3", "38102", "Okerstadt"),
    "04011000-1234512345-06",
)
CAR = Subject(an_id("booking"), "fleet", "ID.3 BS-KM 101", "Altstadtmarkt")


def a_line(gross: str, rate: str = "0.19", kind: LineKind = LineKind.TIME, **changes: Any) -> Line:
    cents = int(Decimal(gross) * 100)
    vat = vat_within(cents, Decimal(rate))
    line = Line(kind, "Carsharing", Decimal("2.5"), "h", Decimal(rate), euros(cents - vat), euros(vat), euros(cents))
    return replace(line, **changes)


def euros(cents: int) -> Money:
    return Money(cents, "EUR")


METERED = Evidence(an_id("session"), Decimal("11.25"), "Z-2026-0815", True, "ab" * 32)


def an_invoice(
    *lines: Line,
    debtor: Debtor = PRIVATE,
    number: int = 17,
    now: datetime = TODAY,
    name: str = "",
    collected: bool = True,
    **changes: Any,
) -> Invoice:
    """RE-2030-000017, two hours in a car on the day before, unless told otherwise."""
    billable = Billable(f"booking:{an_id(name)}", Why.USE, USED, lines or (a_line("24.70"),))
    made = invoice_for(
        billable,
        invoice_id=InvoiceId(an_id(f"invoice {name}")),
        city=CITY,
        debtor=debtor,
        subject=CAR,
        numbers=Numbers(Counter(SERIES, number - 1), Counter(REFERENCES, number - 1)),
        collected=collected,
        now=now,
    )
    return replace(made, **changes)


def a_credit_note(invoice: Invoice, cents: int, earlier: Sequence[Invoice] = (), why: Why = Why.REFUND) -> Invoice:
    return credit_note_for(
        invoice,
        earlier,
        euros(cents),
        why,
        credit_note_id=InvoiceId(an_id(f"credit note {len(earlier)} of {invoice.id}")),
        city=CITY,
        counter=Counter("RK-2030-{number:6}", len(earlier)),
        now=TODAY + hours(24),
    )
