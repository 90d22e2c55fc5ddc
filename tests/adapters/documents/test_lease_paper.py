"""A lease's papers as PDF/A: what stands on them, that they are the standard's, and the facts inside."""

import io
from decimal import Decimal
from typing import Any

import msgspec
import pypdf
import pytest
from msgspec.structs import replace

from adapters.documents.lease_paper import lease_paper, percent
from domain.bike_leasing.calculation.recomputing import recomputed
from domain.bike_leasing.papers.papers import Paper
from domain.bike_leasing.upkeep.packages import ServicePackage
from tests.adapters.documents.test_pdf import PDFA, packet, said
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.test_papers import consumers, papers

CONVERSION, SINGLE = papers()
TOLD, OWN = consumers()


def opened(paper: Paper) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(lease_paper(paper)), strict=True)


def read(paper: Paper) -> str:
    return " ".join(" ".join(page.extract_text() for page in opened(paper).pages).split())


@pytest.mark.parametrize("paper", [CONVERSION, SINGLE, TOLD, OWN], ids=lambda paper: paper.kind)
def test_it_is_pdf_a_3_for_everybody_with_its_fonts_and_its_facts_inside(paper: Paper) -> None:
    reader = opened(paper)
    found, root = packet(reader), reader.trailer["/Root"]
    assert (said(found, f"{PDFA}part"), said(found, f"{PDFA}conformance")) == ("3", "A")
    assert said(found, "{http://www.aiim.org/pdfua/ns/id/}part") == "1"
    outlet: Any = root
    assert outlet["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert outlet["/MarkInfo"]["/Marked"]
    assert (outlet["/Lang"], "/StructTreeRoot" in outlet) == ("de", True)
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert any(key in described for key in ("/FontFile2", "/FontFile3"))
    (facts,) = reader.attachments["leasing.json"]
    inside = msgspec.json.decode(facts, type=Paper)
    assert inside == paper
    assert recomputed(inside.sheets["rate"].encode())
    assert lease_paper(paper) == lease_paper(paper)


def test_it_says_who_agrees_on_what_and_by_which_texts() -> None:
    text = read(CONVERSION)
    for part in (
        *(
            "Vereinbarung über Entgeltumwandlung",
            "Stadtwerke Okerstadt GmbH, Werkweg 1, 38100 Okerstadt",
            "Ada Beispiel",
        ),
        *("Stadtrad 9", "36 Monate", "Umgewandeltes Bruttoentgelt im Monat 116,37 €", "4.189,32 €", "9,00 €"),
        *("Versicherung 10,64 €, trägt die beschäftigte Person", "Folgen für Rente", "Fassung vom 01.11.2026"),
        "Kein Anspruch auf Kauf",
    ):
        assert part in text, part
    lessors = read(SINGLE)
    for part in ("Einzelleasingvertrag", "Leasing AG, Ring 7", "Kalkulierter Restwert 379,90 €", "Vorzeitige Ablösung"):
        assert part in lessors, part
    assert "Umgewandeltes" not in lessors


def test_a_consumer_is_told_what_it_costs_her_right_to_withdraw_and_how() -> None:
    told, own = read(TOLD), read(OWN)
    for text in (told, own):
        for part in (
            *("Leasinggeber Leasing AG, Ring 7, 38102 Okerstadt", "Ada Beispiel", "Stadtrad 9", "36 Monate"),
            *("Gesamtbetrag, mit dem kalkulierten Restwert 4.569,22 €", "Davon Kosten 770,22 €"),
            *("Sollzinssatz, gebunden 5,90 % im Jahr", "Effektiver Jahreszins 12,76 % im Jahr"),
            *("Repräsentatives Beispiel", "36 Monate zu 94,13 €", "Versicherung 10,64 €", "Widerrufsbelehrung"),
            "müssen Sie uns (Leasing AG, Ring 7, 38102 Okerstadt) mittels einer eindeutigen Erklärung",
            *("Muster-Widerrufsformular", f"Leasing {TOLD.lease_id} –", "withdrawal_form, Fassung vom 01.11.2026"),
        ):
            assert part in text, part
        for other in ("Arbeitgeber", "beschäftigte Person", "Tarifvertrag", "{lessor}", "{lease}"):
            assert other not in text, other
    assert "Informationen vor Abschluss eines Leasingvertrags" in told
    assert "ihnen selbst muss niemand zustimmen" in told
    assert "Leasingvertrag über ein Fahrrad" in own
    assert "Zugestimmt wird dieser Urkunde elektronisch" in own


def test_a_rate_of_interest_has_two_decimals_and_more_where_it_says_more() -> None:
    shown = {"5.9": "5,90 %", "5.90": "5,90 %", "5": "5,00 %", "5.764119": "5,764119 %", "10": "10,00 %"}
    assert {value: percent(Decimal(value)) for value in shown} == shown


def test_it_says_what_the_bikes_upkeep_may_cost_where_a_package_was_agreed() -> None:
    assert "Servicepaket" not in read(SINGLE)
    package = ServicePackage(eur("83.30"), carries_over=True, accepted_up_to=eur("50"))
    for paper in (CONVERSION, SINGLE):
        text = read(replace(paper, service=package))
        assert "Servicepaket" in text
        assert "83,30 € brutto; was davon übrig ist, steht in den Folgejahren zur Verfügung" in text
        assert "Rechnungen bis 50,00 €" in text
    assert "verfällt mit dem Vertragsjahr" in read(replace(SINGLE, service=replace(package, carries_over=False)))


def test_names_are_words_and_never_instructions() -> None:
    hostile = '#panic("x") *bold* $1$ <label> @ref'
    assert hostile in read(replace(CONVERSION, holder=hostile))
