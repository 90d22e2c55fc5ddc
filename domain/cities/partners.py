"""Other operators, whose uses a city sells in its own name."""

import re
from datetime import date

from msgspec import Struct


class PartnerFee(Struct, frozen=True):
    """What the city keeps of a partner's charges from that day on: so many hundredths of a percent. `source` names the
    agreement."""

    valid_from: date
    basis_points: int
    source: str


class Partner(Struct, frozen=True):
    """Another operator, whose uses are sold by the city in its own name and passed on to the operator's account, connected at
    the city's payment provider. `tariffs` are the ids of those that it operates."""

    name: str
    account: str
    tariffs: tuple[str, ...]
    fees: tuple[PartnerFee, ...]

    def faults(self) -> list[str]:
        faults = []
        if not re.fullmatch(r"acct_\w+", self.account):
            faults.append("partners: account looks like acct_…")
        if not self.name.strip() or not self.tariffs:
            faults.append("partners: each has a name and the tariffs that it operates")
        if not self.fees or any(not 0 <= fee.basis_points <= 10_000 for fee in self.fees):
            faults.append("partners: fees have 0 to 10000 basis points, from a day on")
        if len({fee.valid_from for fee in self.fees}) < len(self.fees):
            faults.append("partners: one fee counts from a day on")
        return faults

    def fee_on(self, day: date) -> PartnerFee | None:
        """The one that counts on that day; None before the first."""
        return max((fee for fee in self.fees if fee.valid_from <= day), key=lambda fee: fee.valid_from, default=None)
