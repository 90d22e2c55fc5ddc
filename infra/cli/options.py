"""What the verbs have in common on the command line."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from domain.cities.identifiers import is_slug
from domain.identity import City

F = TypeVar("F", bound=Callable[..., Any])

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage."

PLACE = "kommobil.data"


def _last_said(context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """What is said before a verb counts for it too, unless it says otherwise itself."""
    if value is not None:
        context.meta[PLACE] = value
    return context.meta.get(PLACE)


def _data(*, exposed: bool) -> Callable[[F], F]:
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=None,
        callback=_last_said,
        expose_value=exposed,
        show_default="KOMMOBIL_DATA, else .kommobil",
        help="The folder with everything that the installation keeps.",
    )


data_option = _data(exposed=True)
data_before = _data(exposed=False)
"""For groups of verbs: whoever works hears of it."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class CityName(click.ParamType[City]):
    name = "city"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> City:
        if not is_slug(value):
            self.fail("lower case letters, digits and dashes, a letter first", param, ctx)
        return City(value)


class PoolName(CityName):
    """Pools are named as cities are."""

    name = "pool"


class Dated(click.DateTime):
    """A date as people write it down, not as `strptime` does: `shown` says how, `example` is one."""

    def __init__(self, written: str, shown: str, example: str) -> None:
        super().__init__([written])
        self._shown, self._example = shown, example

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - named as click names them
        return self._shown

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            found = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is none as in {self._example}", param, ctx)
        if not 2000 <= found.year <= 2099:  # the calendar's last day is none to the database
            self.fail(f"{value!r} is outside the years 2000 to 2099", param, ctx)
        return found


MONTH = Dated("%Y-%m", "YYYY-MM", "2026-11")
DAY = Dated("%Y-%m-%d", "YYYY-MM-DD", "2026-11-30")


class Email(click.ParamType[str]):
    """An address, in lower case as persons are known by it."""

    name = "email"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if len(value) > 254 or re.fullmatch(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+", value) is None:
            self.fail(f"{value!r} is no e-mail address", param, ctx)
        return value.lower()


class Reason(click.ParamType[str]):
    """A few words, in one line."""

    name = "words"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not 3 <= len(value.strip()) <= 120 or not value.isprintable():
            self.fail("3 to 120 characters in one line", param, ctx)
        return value.strip()


class VehicleClass(click.ParamType[str]):
    """A class of driving licences, such as B or BE."""

    name = "class"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if re.fullmatch(r"[A-Z][A-Z0-9]{0,2}", value) is None:
            self.fail(f"{value!r} is no class of driving licences, such as B", param, ctx)
        return value


city_option = click.option("--city", "city", type=CityName(), required=True, help="The city, as in its addresses.")
