"""Packages: so much time and so many kilometres at one price."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct


class Package(Struct, frozen=True, omit_defaults=True):
    """`gross` covers the first `duration_s` seconds of a use, as they pass and not as the clock shows them, and its first
    `km` kilometres. What goes beyond begins anew at the tariff's prices."""

    name: str
    gross: Decimal
    duration_s: int
    km: int = 0

    @property
    def duration(self) -> timedelta:
        return timedelta(seconds=self.duration_s)


def package_faults(packages: Sequence[Package]) -> list[str]:
    """What is wrong with the packages, in words for their author."""
    faults = [f"packages[{n}].name is empty" for n, package in enumerate(packages) if not package.name]
    faults += [f"packages[{n}].duration_s is at least 60" for n, each in enumerate(packages) if each.duration_s < 60]
    return faults + [f"packages[{n}].km is negative" for n, package in enumerate(packages) if package.km < 0]
