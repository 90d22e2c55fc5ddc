"""The invoice for people: what stands on it, and that it is a PDF/A-3 with the invoice for machines inside."""

import io
from datetime import date
from typing import Any
from xml.etree import ElementTree as Tree

import pypdf
import pytest
from msgspec.structs import replace

from adapters.documents.cii import cii
from adapters.documents.pdf import PROPERTIES, pdf, with_metadata
from domain.invoicing.invoices import Debit, Invoice, Why
from domain.pricing.quotes import LineKind
from tests.invoices import AT_HOME, METERED, PRIVATE, SCHOOL, a_credit_note, a_line, an_invoice

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"


def opened(invoice: Invoice) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf(invoice, cii(invoice))), strict=True)


def read(invoice: Invoice) -> str:
    return " ".join(" ".join(page.extract_text() for page in opened(invoice).pages).split())


def packet(reader: pypdf.PdfReader) -> Tree.Element:
    root: Any = reader.trailer["/Root"]
    content = root["/Metadata"].get_object().get_data().decode()
    return Tree.fromstring(content[content.index("<x:xmpmeta") : content.index("<?xpacket end")])  # noqa: S314 - our own document


def said(found: Tree.Element, name: str) -> str | None:
    element = next(found.iter(name), None)
    return element.text if element is not None else None


def test_the_invoice_for_machines_lies_inside_byte_for_byte() -> None:
    invoice = an_invoice()
    reader = opened(invoice)
    assert dict(reader.attachments) == {"factur-x.xml": [cii(invoice)]}
    root: Any = reader.trailer["/Root"]
    (associated,) = root["/AF"]
    file = associated.get_object()
    assert (file["/AFRelationship"], file["/UF"]) == ("/Alternative", "factur-x.xml")
    assert file["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"


def test_a_public_bodys_is_its_xrechnung() -> None:
    invoice = an_invoice(debtor=SCHOOL)
    reader = opened(invoice)
    assert dict(reader.attachments) == {"xrechnung.xml": [cii(invoice)]}
    found = packet(reader)
    assert (said(found, f"{FX}DocumentFileName"), said(found, f"{FX}ConformanceLevel")) == (
        "xrechnung.xml",
        "XRECHNUNG",
    )


def test_the_document_says_that_it_is_pdf_a_3_for_everybody_and_names_the_file_inside() -> None:
    found = packet(opened(an_invoice()))
    assert (said(found, f"{PDFA}part"), said(found, f"{PDFA}conformance")) == ("3", "A")
    assert said(found, "{http://www.aiim.org/pdfua/ns/id/}part") == "1"
    assert {name: said(found, f"{FX}{name}") for name in PROPERTIES} == {
        "DocumentFileName": "factur-x.xml",
        "DocumentType": "INVOICE",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }
    described = [item.text for item in found.iter(f"{SCHEMA}namespaceURI")]
    assert described.count("urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#") == 1
    assert len(list(found.iter("{http://www.aiim.org/pdfa/ns/extension/}schemas"))) == 1


def test_what_pdf_a_asks_of_the_structure_is_there() -> None:
    reader = opened(an_invoice())
    root: Any = reader.trailer["/Root"]
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "de"
    assert "/StructTreeRoot" in root
    identity: Any = reader.trailer["/ID"]
    assert len(identity) == 2
    assert not reader.is_encrypted
    assert "/JavaScript" not in root.get("/Names", {})


def test_every_font_is_embedded() -> None:
    fonts = {}
    for page in opened(an_invoice(debtor=AT_HOME)).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            fonts[str(described["/FontName"])] = any(key in described for key in ("/FontFile2", "/FontFile3"))
    assert fonts
    assert all(fonts.values())
    assert all("SourceSansPro" in name for name in fonts)


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert pdf(an_invoice(), cii(an_invoice())) == pdf(an_invoice(), cii(an_invoice()))


def test_every_place_in_the_table_is_where_its_object_begins() -> None:
    """Also after the metadata grew."""
    content = pdf(an_invoice(), cii(an_invoice()))
    at = int(content[content.rindex(b"startxref") + 9 :].split()[0])
    head, *entries = content[at:].split(b"trailer")[0].splitlines()[1:]
    count = int(head.split()[1])
    assert len(entries) == count
    for number, entry in enumerate(entries):
        if entry.strip().endswith(b"n"):
            assert content[int(entry[:10]) :].startswith(b"%d 0 obj" % number)


@pytest.mark.parametrize("other", [b"", b"%PDF-1.7 of somebody else"])
def test_no_other_document_is_touched(other: bytes) -> None:
    with pytest.raises(ValueError, match="no document of Typst's"):
        with_metadata(other, {})


def test_it_says_in_german_all_that_the_law_asks_for() -> None:
    text = read(an_invoice(a_line("310.00", description="Carsharing Standard"), debtor=AT_HOME))
    for part in (
        *("Stadt Okerstadt", "Altstadtmarkt 1", "38100 Okerstadt", "USt-IdNr. DE999999995"),
        *("Ada Beispiel", "Wendenring 7", "38114 Braunschweig"),
        *("Rechnung RE-2030-000017", "Datum 04.06.2030", "03.06.2030, 14:00", "bis 16:11 MESZ"),
        *("Nutzungszeit", "Carsharing Standard", "2,5 Std.", "19 %", "260,50 €", "310,00 €"),
        *("Umsatzsteuer 19 % auf 260,50 €", "49,50 €", "Gesamtbetrag", "Kassenzeichen 2030000001791"),
        "Bitte überweisen Sie nichts",
    ):
        assert part in text, part


def test_it_speaks_english_to_whoever_does() -> None:
    text = read(an_invoice(a_line("24.70"), debtor=replace(PRIVATE, language="en")))
    for part in (
        "Invoice RE-2030-000017",
        "4 June 2030",
        "VAT 19 % on 20.76 €",
        "Total",
        "Please transfer nothing",
        "CEST",
    ):
        assert part in text, part


def test_energy_names_the_meter_that_signed_it_and_where_that_is_shown() -> None:
    energy = a_line("4.85", kind=LineKind.ENERGY, unit="kWh")
    linked = replace(METERED, link="https://app.example/1")
    text = read(an_invoice(energy, evidence=(linked, replace(METERED, verified=False))))
    assert "11,25 kWh hat der Zähler Z-2026-0815 gemessen und signiert; die Signatur wurde mit dem öffentlichen" in text
    assert f"Signierte Messwerte: https://app.example/1 · SHA-256 {METERED.digest}" in text
    assert "die Signatur ist nicht geprüft. Signierte Messwerte: SHA-256" in text
    english = read(an_invoice(energy, evidence=(METERED,), debtor=replace(PRIVATE, language="en")))
    assert "11.25 kWh were measured and signed by meter Z-2026-0815" in english


def test_the_small_form_names_nobody() -> None:
    text = read(an_invoice(a_line("24.70")))
    assert "Ada" not in text
    assert f"Kundennummer {PRIVATE.customer}" in text


def test_who_has_to_transfer_is_told_where_to_and_under_which_reference() -> None:
    text = read(an_invoice(collected=False, debtor=SCHOOL))
    assert "Bitte überweisen Sie 24,70 € bis zum 18.06.2030" in text
    assert "IBAN DE70 9999 9999 0000 0038 10 Kassenzeichen 2030000001791" in text
    assert "Leitweg-ID 04011000-1234512345-06" in text


def test_who_is_debited_is_told_when_and_by_which_mandate_and_no_account_to_pay_to() -> None:
    debited = replace(an_invoice(), debit=Debit(date(2030, 6, 15), "MANDAT-7", "DE98ZZZ09999999999"))
    text = read(debited)
    assert "per SEPA-Lastschrift von Ihrem Konto ein, am 15.06.2030 oder kurz danach (Mandatsreferenz MANDAT-7," in text
    assert f"das Kassenzeichen {debited.cash_reference} zu" in text
    assert "Empfänger" not in text
    unknown = read(replace(debited, debit=Debit(date(2030, 6, 15))))
    assert "oder kurz danach. Bitte sorgen" in unknown


def test_damages_say_why_they_bear_no_tax() -> None:
    text = read(an_invoice(a_line("12.00", "0", LineKind.CANCELLATION, unit="1")))
    assert "Stornogebühr" in text
    assert "Schadensersatz, nicht umsatzsteuerbar 0,00 €" in text


def test_a_credit_note_names_its_invoice() -> None:
    text = read(a_credit_note(an_invoice(a_line("24.70")), 500))
    assert "Rechnungskorrektur RK-2030-000001" in text
    assert "Zu Rechnung RE-2030-000017 vom 04.06.2030" in text
    assert "Teilbetrag der Rechnung RE-2030-000017" in text
    assert "Erstattungsbetrag 5,00 €" in text
    assert "auf demselben Weg erstattet" in text
    assert "neuen Rechnung" in read(a_credit_note(an_invoice(), 2470, why=Why.REPLACED))


def test_a_long_invoice_goes_over_pages_that_are_counted() -> None:
    lines = [a_line("1.00", description=f"Position {n}") for n in range(60)]
    reader = opened(an_invoice(*lines))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) > 1
    assert all(f"Seite {n} von {len(pages)}" in page for n, page in enumerate(pages, 1))
    assert all("Leistung Menge" in page for page in pages[:-1])
    assert "Gesamtbetrag 60,00 €" in pages[-1]


def test_names_are_words_and_never_instructions() -> None:
    hostile = replace(AT_HOME, name='#panic("x") *bold* $1$ <label> @ref \\ "')
    assert '#panic("x") *bold* $1$ <label> @ref \\ "' in read(an_invoice(debtor=hostile))
