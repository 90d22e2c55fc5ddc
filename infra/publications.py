"""The two kinds of file that an operator publishes: a city, and tariffs with their terms."""

from collections import Counter
from datetime import datetime
from typing import Any

from domain.booking.publishing import TariffDraft
from domain.cities.identifiers import is_slug
from domain.cities.settings import CitySettings
from domain.identity import City
from infra.documents import FaultyDocument, shaped


def city_in(document: dict[str, Any]) -> tuple[City, CitySettings]:
    """A city's name, under `city`, and its settings. Raises FaultyDocument."""
    fields = dict(document)
    name = fields.pop("city", None)
    if isinstance(name, str) and is_slug(name):
        faults: tuple[str, ...] = ()
    else:
        faults = ("city is the name in addresses: lower case letters, digits and dashes, a letter first",)
    try:
        settings = shaped(fields, CitySettings)
    except FaultyDocument as fault:
        raise FaultyDocument((*faults, *fault.faults)) from fault
    if faults := (*faults, *settings.faults()):
        raise FaultyDocument(faults)
    return City(str(name)), settings


def tariffs_in(document: dict[str, Any], now: datetime) -> tuple[TariffDraft, ...]:
    """One tariff, or all those under `tariffs`, also as `kommobil tariff show --json` prints them: then a tariff's
    versions follow each other. Raises FaultyDocument with the faults of all of them."""
    written = document.get("tariffs", [document])
    if not isinstance(written, list) or not written or ("tariffs" in document and len(document) > 1):
        raise FaultyDocument(("it is one tariff, or nothing but a list of them under `tariffs`",))
    drafts: list[TariffDraft] = []
    faults: list[str] = []
    history = all(map(_is_published, written))
    for number, each in enumerate(written, 1):
        one = _as_written(each) if history else each
        named = one.get("id", number) if isinstance(one, dict) else number
        try:
            draft = shaped(one, TariffDraft)
        except FaultyDocument as fault:
            faults += [f"tariff {named}: {said}" for said in fault.faults]
        else:
            faults += [f"tariff {named}: {said}" for said in draft.faults(now)]
            drafts.append(draft)
    twice = [name for name, times in Counter(draft.id for draft in drafts).items() if times > 1]
    faults += [f"tariff {name}: stands here more than once" for name in twice if not history]
    if faults:
        raise FaultyDocument(tuple(faults))
    return tuple(drafts)


def _is_published(one: object) -> bool:
    return isinstance(one, dict) and one.keys() == {"tariff", "policy"} and isinstance(one["tariff"], dict)


def _as_written(published: dict[str, Any]) -> dict[str, Any]:
    """A version as its author would write it: the number is given anew."""
    fields = {name: value for name, value in published["tariff"].items() if name != "version"}
    return fields | {"terms": published["policy"]}
