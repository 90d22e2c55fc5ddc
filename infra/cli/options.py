"""What the verbs have in common on the command line."""

import re
from pathlib import Path

import click

from domain.cities import is_slug
from domain.identity import City

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage."

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    show_default="KOMMOBIL_DATA, else .kommobil",
    help="The folder with everything that the installation keeps.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class CityName(click.ParamType[City]):
    name = "city"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> City:
        if not is_slug(value):
            self.fail("lower case letters, digits and dashes, a letter first", param, ctx)
        return City(value)


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


city_option = click.option("--city", "city", type=CityName(), required=True, help="The city, as in its addresses.")
