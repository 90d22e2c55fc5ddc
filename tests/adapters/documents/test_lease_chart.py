"""A simulated lease as a picture, read back as XML."""

from typing import Any
from xml.etree import ElementTree

from msgspec.structs import replace

from adapters.documents.lease_chart import lease_chart
from domain.bike_leasing.contracts.suspensions import Pause
from domain.bike_leasing.simulation.flows import Simulation, simulate
from domain.bike_leasing.simulation.scenarios import PlannedPause, Protection
from tests.domain.bike_leasing.test_simulating import SCENARIO

NAMES = {"s": "http://www.w3.org/2000/svg"}


def drawn(language: str = "de", **more: Any) -> ElementTree.Element:
    found = simulate(replace(SCENARIO, **more), "NI")
    assert isinstance(found, Simulation)
    return ElementTree.fromstring(lease_chart(found, language))  # noqa: S314 - our own picture


def said(picture: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in picture.iterfind("s:text", NAMES)]


def test_whoever_does_not_see_the_picture_is_told_what_it_ends_with() -> None:
    described = drawn().findtext("s:desc", namespaces=NAMES)

    assert described == (
        "Am Ende nach 38 Monaten: Beschäftigte −2.310,12 €, Arbeitgeber 859,68 €."
        " Schätzung: Steuern und Abgaben sind vereinfacht, weniger Lohn gibt weniger Rente."
    )
    assert drawn().get("role") == "img"


def test_lines_are_named_and_told_apart_by_more_than_colour() -> None:
    picture = drawn("en")
    lines = [each for each in picture.iterfind("s:path", NAMES) if each.get("fill") == "none"]

    assert {"employee", "−2,310.12 €", "employer", "859.68 €"} <= set(said(picture))
    assert len({each.get("stroke") for each in lines}) == 2
    assert [each.get("stroke-dasharray") is None for each in lines] == [True, False]


def test_months_without_pay_are_marked() -> None:
    pause = (PlannedPause(Pause.PARENTAL_LEAVE, 13, 20),)
    words = said(drawn(pauses=pause, protection=Protection.PUBLIC))

    assert {"versichert", "ohne Entgelt"} <= set(words)
    assert not {"versichert", "ohne Entgelt"} & set(said(drawn()))


def test_a_lease_that_costs_nobody_anything_so_far_has_a_picture_too() -> None:
    for months in (1, 120):
        assert drawn(months=months, on_top=True).tag.endswith("svg")
