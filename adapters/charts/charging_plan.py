"""A plan of charge points as a chart: a bar for each district, in points and beside it in power, SVG.

What stands there already is pale, what is built is full and hatched, each class in its own way: the chart reads in black and white,
too. Whoever cannot see it hears its description; every bar says its numbers in words.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from html import escape

from msgspec import Struct

from domain.charging.planning.figures import Assumption
from domain.charging.planning.names import Name
from domain.charging.planning.plan import ChargingPlan, Sums
from domain.charging.planning.points import PowerClass

WIDTH, ROW, BAR = 1080, 24, 16
NAMES, PANEL, NUMBERS, GAP = 230, 330, 70, 20
TOP, BOTTOM = 112, 54
LONGEST_NAME = 28
FONT = 'font-family="Source Sans 3, Arial, sans-serif" font-size="13"'
INK, GREY = "#1b1b1b", "#5a5a5a"
LABELS = {PowerClass.AC: "AC, up to 22 kW", PowerClass.DC: "DC, below 150 kW", PowerClass.HPC: "HPC, from 150 kW"}
# Colours that are told apart in each form of colour blindness (Okabe and Ito), and hatched all the same.
COLOURS = {PowerClass.AC: "#0072b2", PowerClass.DC: "#e69f00", PowerClass.HPC: "#b0432f"}
HATCHES = {
    PowerClass.AC: '<path d="M-2 10 L10 -2 M6 18 L18 6" stroke="#fff" stroke-width="1.6"/>',
    PowerClass.DC: '<circle cx="4" cy="4" r="1.8" fill="#fff"/>',
    PowerClass.HPC: '<path d="M0 4 H8 M4 0 V8" stroke="#fff" stroke-width="1.4"/>',
}


class Piece(Struct, frozen=True):
    """`power_class` is None for the power of all that is there, which is known as a whole."""

    power_class: PowerClass | None
    is_new: bool
    amount: Decimal


class Panel(Struct, frozen=True):
    """`pieces` of a district's bar, and what is written behind it."""

    title: str
    left: float
    pieces: Callable[[Sums], list[Piece]]
    said: Callable[[Decimal], str]


def plan_svg(plan: ChargingPlan) -> bytes:
    per_point = _kilowatts(plan.assumptions)
    left = float(NAMES)
    panels = (
        Panel("Points", left, _in_points, lambda amount: f"{amount:,.0f}"),
        Panel(
            "Power in MW; grey is there",
            left + PANEL + NUMBERS + GAP,
            lambda sums: _in_power(sums, per_point),
            lambda amount: f"{amount / 1000:,.1f}",
        ),
    )
    height = TOP + ROW * len(plan.districts) + BOTTOM
    title = f"Charge points for {_percent(plan.ev_share)} electric cars in {plan.year}"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="plan-title plan-words" {FONT}>',
        f'<title id="plan-title">{escape(title)}</title>',
        f'<desc id="plan-words">{escape(_described(plan))}</desc>',
        *_patterns(),
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        _text(16, 30, title, size=20, weight="bold"),
        _text(16, 50, _subtitle(plan), fill=GREY),
        *_legend(),
        *(part for panel in panels for part in _panel(plan, panel)),
        *_footer(plan, height),
        "</svg>",
    ]
    return "\n".join(parts).encode() + b"\n"


def _panel(plan: ChargingPlan, panel: Panel) -> Iterator[str]:
    most = max(sum((piece.amount for piece in panel.pieces(each.sums)), Decimal(0)) for each in plan.districts)
    scale = Decimal(PANEL) / (most or 1)
    yield _text(panel.left, TOP - 10, panel.title, weight="bold")
    for nth, each in enumerate(plan.districts):
        top = TOP + ROW * nth
        name = each.district.name
        if panel.left == NAMES:
            yield _text(NAMES - 10, top + 13, _short(name), size=12, anchor="end")
        pieces = panel.pieces(each.sums)
        words = "; ".join(f"{panel.said(piece.amount)} {_kind(piece)}" for piece in pieces if piece.amount)
        yield f"<g><title>{escape(f'{name}: {words or 0}')}</title>"
        begins = Decimal(str(panel.left))
        for piece in pieces:
            width = piece.amount * scale
            if width:
                yield _bar(piece, begins, top, width)
            begins += width
        yield "</g>"
        total = sum((piece.amount for piece in pieces), Decimal(0))
        yield _text(float(begins) + 6, top + 13, panel.said(total))
    bottom = TOP + ROW * len(plan.districts)
    yield f'<line x1="{panel.left:g}" y1="{TOP - 4}" x2="{panel.left:g}" y2="{bottom}" stroke="{INK}"/>'


def _bar(piece: Piece, left: Decimal, top: int, width: Decimal) -> str:
    place = f'x="{left:.2f}" y="{top}" width="{width:.2f}" height="{BAR}"'
    return f"<rect {place} {_look(piece)}/>"


def _look(piece: Piece) -> str:
    if piece.power_class is None:
        return f'fill="{GREY}" fill-opacity="0.22" stroke="{GREY}"'
    colour = COLOURS[piece.power_class]
    if piece.is_new:
        return f'fill="url(#plan-{piece.power_class.value})" stroke="{colour}"'
    return f'fill="{colour}" fill-opacity="0.22" stroke="{colour}"'


def _patterns() -> Iterator[str]:
    yield "<defs>"
    for each in PowerClass:
        yield (
            f'<pattern id="plan-{each.value}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{COLOURS[each]}"/>{HATCHES[each]}</pattern>'
        )
    yield "</defs>"


def _legend() -> Iterator[str]:
    for nth, each in enumerate(PowerClass):
        for row, is_new in enumerate((False, True)):
            x, y = 580 + nth * 165, 14 + row * 22
            piece = Piece(each, is_new, Decimal(0))
            yield f'<rect x="{x}" y="{y}" width="22" height="14" {_look(piece)}/>'
            yield _text(x + 28, y + 12, LABELS[each] if not is_new else "to build", size=12)
    yield _text(574, 26, "there", size=12, anchor="end")


def _in_points(sums: Sums) -> list[Piece]:
    return [
        Piece(each, is_new, Decimal(points.of(each)))
        for each in PowerClass
        for is_new, points in ((False, sums.existing), (True, sums.to_build))
    ]


def _in_power(sums: Sums, per_point: dict[PowerClass, Decimal]) -> list[Piece]:
    there = Piece(None, is_new=False, amount=sums.existing_kw)
    return [there, *(Piece(each, True, sums.to_build.of(each) * per_point[each]) for each in PowerClass)]


def _kilowatts(assumptions: Sequence[Assumption]) -> dict[PowerClass, Decimal]:
    known = {each.name: each.value for each in assumptions}
    names = {PowerClass.AC: Name.AC_KW, PowerClass.DC: Name.DC_KW, PowerClass.HPC: Name.HPC_KW}
    return {each: known[name] for each, name in names.items()}


def _kind(piece: Piece) -> str:
    power_class = f"{piece.power_class.value.upper()} " if piece.power_class is not None else ""
    return power_class + ("to build" if piece.is_new else "there")


def _subtitle(plan: ChargingPlan) -> str:
    low, _, high = (case.sums.needed.total for case in plan.cases)
    total = plan.total
    return f"{total.needed.total:,} needed ({low:,} to {high:,}), {total.existing.total:,} there, {total.to_build.total:,} to build"


def _described(plan: ChargingPlan) -> str:
    rows = "; ".join(
        f"{each.district.name}: {each.sums.existing.total} there, {each.sums.to_build.total} to build"
        for each in plan.districts
    )
    return f"{_subtitle(plan)}. Points by district: {rows}."


def _footer(plan: ChargingPlan, height: int) -> Iterator[str]:
    words = [
        "Power by the assumed kilowatts of a point in each class. Spans: all assumptions at once as they make the need least and greatest."
    ]
    words += plan.notes[:1]
    for nth, line in enumerate(words):
        yield _text(16, height - BOTTOM + 26 + 17 * nth, _short(line, 165), fill=GREY, size=12)


def _text(
    x: float, y: float, words: str, *, size: int = 13, weight: str = "normal", fill: str = INK, anchor: str = "start"
) -> str:
    look = f'font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}"'
    return f'<text x="{x:.2f}" y="{y:g}" {look}>{escape(words)}</text>'


def _short(words: str, most: int = LONGEST_NAME) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
