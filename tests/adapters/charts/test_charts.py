"""A plan as a chart."""

from xml.etree import ElementTree as ET

from adapters.charts.charging_plan import plan_svg
from tests.adapters.plans import HOSTILE, a_plan

SVG = "{http://www.w3.org/2000/svg}"


def drawn(share: str = "0.5") -> ET.Element:
    return ET.fromstring(plan_svg(a_plan(share)))  # noqa: S314 - our own, a moment old


def test_a_chart_has_words_for_whoever_cannot_see_it() -> None:
    root = drawn()
    title, words = root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")
    assert title == "Charge points for 50 % electric cars in 2035"
    assert words is not None
    assert f"{HOSTILE}: 2 there, " in words
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "plan-title plan-words")


def test_a_name_that_means_harm_is_a_name() -> None:
    root = drawn()
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        *("svg", "title", "desc", "defs", "pattern", "rect", "path", "circle", "text", "g", "line")
    }
    shown = [text.text for text in root.iter(f"{SVG}text")]
    assert f"{HOSTILE[:27]}…" in shown
    assert "a <note>" in shown


def test_bars_are_as_long_as_there_are_points() -> None:
    plan, root = a_plan(), drawn()
    points, power = root.findall(f"{SVG}g")[0], root.findall(f"{SVG}g")[2]
    total = plan.total.existing.total + plan.total.to_build.total
    widths = [float(bar.get("width", 0)) for bar in points.iter(f"{SVG}rect")]
    assert [round(width * total / 330) for width in widths] == [
        *(plan.total.existing.ac, plan.total.to_build.ac, plan.total.to_build.dc, plan.total.to_build.hpc)
    ]
    assert round(sum(float(bar.get("width", 0)) for bar in power.iter(f"{SVG}rect"))) == 330


def test_a_plan_without_points_is_drawn_too() -> None:
    assert [len(list(group.iter(f"{SVG}rect"))) for group in drawn("0").findall(f"{SVG}g")] == [1, 0, 1, 0]
