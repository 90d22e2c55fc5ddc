"""A simulated lease as a picture: what either side has paid or got so far, month by month, as SVG.

Nothing in it comes from whoever asked but numbers. Colour is not all that tells the lines apart, and what they end with stands
in words beside the picture for whoever does not see it.
"""

from itertools import accumulate, groupby
from typing import NamedTuple

from domain.bike_leasing.simulation.flows import MonthOfBoth, Phase, Simulation

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 84, 150, 56, 64
EMPLOYEE, EMPLOYER, INK, PALE = "#1b5e8c", "#a6480f", "#333333", "#d9d9d9"
STEPS = (1, 2, 5)


class Words(NamedTuple):
    title: str
    employee: str
    employer: str
    month: str
    resting: str
    insured: str
    estimate: str
    described: str


WORDS = {
    "de": Words(
        "Fahrradleasing: bisher gezahlt (−) oder erhalten (+)",
        "Beschäftigte",
        "Arbeitgeber",
        "Monat",
        "ohne Entgelt",
        "versichert",
        "Schätzung: Steuern und Abgaben sind vereinfacht, weniger Lohn gibt weniger Rente.",
        "Am Ende nach {months} Monaten: Beschäftigte {employee} €, Arbeitgeber {employer} €.",
    ),
    "en": Words(
        "Bike lease: paid (−) or received (+) so far",
        "employee",
        "employer",
        "month",
        "without pay",
        "insured",
        "An estimate: taxes are simplified, and lower wages earn less pension.",
        "At the end, after {months} months: employee {employee} €, employer {employer} €.",
    ),
}


class Scale(NamedTuple):
    """From months and cents to the picture's places."""

    months: int
    lowest: int
    highest: int

    def x(self, month: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * month / self.months

    def y(self, cents: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.highest - cents) / (self.highest - self.lowest)


def lease_chart(simulation: Simulation, language: str) -> bytes:
    """The whole picture, in one of the languages of `WORDS`."""
    words, months = WORDS[language], simulation.months
    employee, employer = (list(accumulate(side)) for side in zip(*(month.sums for month in months), strict=True))
    scale = Scale(len(months), *_bounds([0, *employee, *employer]))
    told = words.described.format(
        months=len(months), employee=_euros(employee[-1], language), employer=_euros(employer[-1], language)
    )
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d" font-family="sans-serif">',
        f'<title id="t">{words.title}</title><desc id="d">{told} {words.estimate}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 26, words.title, INK, size=15),
        *_pauses(months, scale, words),
        *_axes(scale, words, language),
        _line(employee, scale, EMPLOYEE),
        _line(employer, scale, EMPLOYER, dashed=True),
        *_ends(scale, words, language, employee[-1], employer[-1]),
        _text(LEFT, HEIGHT - 12, words.estimate, INK),
        "</svg>",
    ]
    return "\n".join(parts).encode()


def _bounds(cents: list[int]) -> tuple[int, int]:
    """Whole steps around all of them, never without a height."""
    step = _step(max(cents) - min(cents))
    return min(cents) // step * step, max(-(-max(cents) // step), 1) * step


def _step(span: int) -> int:
    """One, two or five times a power of ten of euros, so that there are at most eight."""
    power = 100
    while True:
        for times in STEPS:
            if span <= 8 * times * power:
                return times * power
        power *= 10


def _pauses(months: tuple[MonthOfBoth, ...], scale: Scale, words: Words) -> list[str]:
    named = {Phase.RESTING: words.resting, Phase.INSURED: words.insured}
    parts, at = [], 0
    for phase, group in groupby(months, key=lambda month: month.phase):
        length = len(list(group))
        if phase in named:
            x, width = scale.x(at), scale.x(at + length) - scale.x(at)
            parts.append(
                f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}" fill="#f0f0f0"/>'
            )
            parts.append(_text(x + 3, TOP + 14, named[phase], INK, size=10))
        at += length
    return parts


def _axes(scale: Scale, words: Words, language: str) -> list[str]:
    step, parts = _step(scale.highest - scale.lowest), []
    for cents in range(scale.lowest, scale.highest + 1, step):
        y, colour = scale.y(cents), PALE if cents else INK
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{colour}"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{_euros(cents, language, places=0)} €", INK, anchor="end"))
    every = next(each for each in (1, 3, 6, 12, 24) if scale.months <= 13 * each)
    below = HEIGHT - BOTTOM + 18
    numbered = range(0, scale.months, every)
    parts += [_text(scale.x(month + 0.5), below, str(month), INK, anchor="middle") for month in numbered]
    return [*parts, _text(LEFT - 8, below, words.month, INK, anchor="end")]


def _line(cents: list[int], scale: Scale, colour: str, *, dashed: bool = False) -> str:
    """In steps: what is paid in a month is there for all of it."""
    path = f"M{scale.x(0):.1f} {scale.y(0):.1f}"
    path += "".join(f"V{scale.y(each):.1f}H{scale.x(index + 1):.1f}" for index, each in enumerate(cents))
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"'
        f"{' stroke-dasharray=' + chr(34) + '7 3' + chr(34) if dashed else ''}/>"
    )


def _ends(scale: Scale, words: Words, language: str, employee: int, employer: int) -> list[str]:
    """What each line ends with, beside it, and never one over the other."""
    x, above = WIDTH - RIGHT + 8, 34
    y, other = scale.y(employee) - 4, scale.y(employer) - 4
    if abs(y - other) < above:
        y, other = (other + above, other) if employee <= employer else (other - above, other)
    sides = ((words.employee, employee, y, EMPLOYEE), (words.employer, employer, other, EMPLOYER))
    return [
        _text(x, at + row * 15, said, colour)
        for side, cents, at, colour in sides
        for row, said in enumerate((side, f"{_euros(cents, language)} €"))
    ]


def _text(x: float, y: float, said: str, colour: str, *, size: int = 12, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{said}</text>'


def _euros(cents: int, language: str, *, places: int = 2) -> str:
    said = f"{abs(cents) / 100:,.{places}f}"
    if language == "de":
        said = said.translate(str.maketrans(",.", ".,"))
    return f"−{said}" if cents < 0 else said
