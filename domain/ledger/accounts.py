"""The accounts of a city's ledger, and what other charts call them.

The ledger keeps accounts by what they are for. A chart gives them the numbers that a city's books use: SKR03, SKR04, or
the municipal plan of its state, which differs from treasury to treasury and is therefore the city's own to write.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from msgspec import Struct

AccountKey = NewType("AccountKey", str)
"""What an account is for: letters, digits, dots and underscores, as in `revenue.charging.19`."""


class Kind(StrEnum):
    """`memo` accounts stand outside the balance sheet: what is held on cards is nobody's money yet."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    MEMO = "memo"


class Account(Struct, frozen=True):
    key: AccountKey
    kind: Kind
    name: str


BANK = AccountKey("bank")
IN_TRANSIT = AccountKey("in_transit")
PROVIDER = AccountKey("provider")
DISPUTES = AccountKey("disputes")
RECEIVABLES = AccountKey("receivables")
TREASURY = AccountKey("treasury")
PROVIDER_FEES = AccountKey("provider_fees")
BAD_DEBT = AccountKey("bad_debt")
DAMAGES = AccountKey("damages")
OPERATORS = AccountKey("operators")
HELD = AccountKey("held")
HELD_CONTRA = AccountKey("held_contra")
COST_CENTRES = AccountKey("cost_centres")
INTERNAL = AccountKey("internal")
UNEXPLAINED = AccountKey("unexplained")
CURRENCIES = AccountKey("currencies")
OTHER_INCOME = AccountKey("other_income")
OTHER_EXPENSE = AccountKey("other_expense")
OTHER_OFFICES = AccountKey("other_offices")
TO_PAY_BACK = AccountKey("to_pay_back")
LEASING_EMPLOYERS = AccountKey("leasing_employers")
RATE_INSURERS = AccountKey("rate_insurers")
INSURERS = AccountKey("insurers")
LEASED_BIKES = AccountKey("leased_bikes")
DEPRECIATION = AccountKey("depreciation")
INPUT_VAT = AccountKey("input_vat")
DEALERS = AccountKey("dealers")
BIKE_SERVICES = AccountKey("bike_services")
ACCRUED_RATES = AccountKey("accrued_rates")
ACCRUED_INCOME = AccountKey("accrued_income")

STANDARD = (
    Account(BANK, Kind.ASSET, "Bank"),
    Account(IN_TRANSIT, Kind.ASSET, "Geldtransit"),
    Account(PROVIDER, Kind.ASSET, "Verrechnung Zahlungsdienst"),
    Account(DISPUTES, Kind.ASSET, "Strittige Zahlungen"),
    Account(RECEIVABLES, Kind.ASSET, "Forderungen"),
    Account(TREASURY, Kind.ASSET, "Verrechnung Stadtkasse"),
    Account(PROVIDER_FEES, Kind.EXPENSE, "Kosten des Zahlungsdienstes"),
    Account(BAD_DEBT, Kind.EXPENSE, "Forderungsverluste"),
    Account(DAMAGES, Kind.INCOME, "Schadenersatz, nicht steuerbar"),
    Account(OPERATORS, Kind.LIABILITY, "Verbindlichkeiten gegen Betreiber"),
    Account(HELD, Kind.MEMO, "Auf Karten reserviert"),
    Account(HELD_CONTRA, Kind.MEMO, "Gegenkonto reserviert"),
    Account(COST_CENTRES, Kind.EXPENSE, "Interne Leistungsverrechnung, Empfänger"),
    Account(INTERNAL, Kind.INCOME, "Interne Leistungsverrechnung, Erbringer"),
    Account(UNEXPLAINED, Kind.LIABILITY, "Ungeklärte Posten"),
    Account(CURRENCIES, Kind.ASSET, "Währungsverrechnung"),
    Account(OTHER_INCOME, Kind.INCOME, "Sonstige Erträge"),
    Account(OTHER_EXPENSE, Kind.EXPENSE, "Sonstige Aufwendungen"),
    Account(OTHER_OFFICES, Kind.LIABILITY, "Verrechnung mit anderen Stellen"),
    Account(TO_PAY_BACK, Kind.LIABILITY, "Zurückzuzahlen"),
    Account(LEASING_EMPLOYERS, Kind.ASSET, "Leasingraten, Forderungen gegen Arbeitgeber"),
    Account(RATE_INSURERS, Kind.ASSET, "Leasingraten, Forderungen gegen Ratenversicherer"),
    Account(INSURERS, Kind.LIABILITY, "Durchlaufende Versicherungsbeiträge"),
    Account(LEASED_BIKES, Kind.ASSET, "Verleaste Fahrräder"),
    Account(DEPRECIATION, Kind.EXPENSE, "Abschreibungen auf verleaste Fahrräder"),
    Account(INPUT_VAT, Kind.ASSET, "Abziehbare Vorsteuer"),
    Account(DEALERS, Kind.LIABILITY, "Verbindlichkeiten gegen Fahrradhändler"),
    Account(BIKE_SERVICES, Kind.EXPENSE, "Wartung und Reparatur verleaster Fahrräder"),
    Account(ACCRUED_RATES, Kind.ASSET, "Abgegrenzte Leasingraten"),
    Account(ACCRUED_INCOME, Kind.INCOME, "Abgegrenzte Leasingerlöse, netto"),
)


def revenue(service: str, rate: Decimal) -> Account:
    """What a service earns at one rate of value added tax, net."""
    return Account(
        AccountKey(f"revenue.{service}.{_percent(rate)}"), Kind.INCOME, f"Erlöse {_percent(rate)} % {service}"
    )


def vat(rate: Decimal) -> Account:
    """Value added tax owed at one rate."""
    return Account(AccountKey(f"vat.{_percent(rate)}"), Kind.LIABILITY, f"Umsatzsteuer {_percent(rate)} %")


NAMED = {account.key: account for account in STANDARD}


_EARNED = re.compile(r"(?:revenue\.(?P<service>[a-z_]{1,40})|vat)\.(?P<percent>[0-9]{1,2}(?:\.[0-9]{1,2})?)")


class UnknownAccount(ValueError):
    """A rule posted on an account that no chart could know: ours is the fault, nothing may be written."""


def account_of(key: AccountKey) -> Account:
    """The account under its key; those of revenue and tax are opened as soon as something is posted on them."""
    if key in NAMED:
        return NAMED[key]
    if (found := _EARNED.fullmatch(key)) is None:
        raise UnknownAccount(key)
    rate = Decimal(found["percent"]) / 100
    return revenue(found["service"], rate) if found["service"] else vat(rate)


def _percent(rate: Decimal) -> str:
    return format((rate * 100).normalize(), "f")


class Chart(Struct, frozen=True):
    """A chart's numbers by account. `automatic` accounts split value added tax by themselves (DATEV: Automatikkonten).

    An account that is not named has the number of the longest beginning that is: `revenue.charging.19` may be booked
    on the number of `revenue.*.19`.
    """

    name: str
    numbers: Mapping[str, str]
    automatic: frozenset[str] = frozenset()

    def number(self, account: AccountKey) -> str | None:
        """The chart's number; None where it has none, as for accounts outside the balance sheet."""
        if account in self.numbers:
            return self.numbers[account]
        parts = account.split(".")
        if len(parts) == 3:
            return self.numbers.get(f"{parts[0]}.*.{parts[2]}")
        return None


# As DATEV's standard charts have them, where they have them; 1361 to 1364 and their like are ours. A city's own accountants
# have the last word: it may write a chart of its own. Losses go to the account that splits no tax (2400, 6930): those for 19 and
# 7 % (2406 and 2401, 6936 and 6931) would take a second time the tax that stands in a leg of its own.
SKR03 = Chart(
    "SKR03",
    {
        BANK: "1200",
        IN_TRANSIT: "1360",
        PROVIDER: "1361",
        DISPUTES: "1362",
        CURRENCIES: "1363",
        RECEIVABLES: "1400",
        TREASURY: "1364",
        "vat.19": "1776",
        "vat.7": "1771",
        "revenue.*.19": "8400",
        "revenue.*.7": "8300",
        "revenue.*.0": "8200",
        PROVIDER_FEES: "4970",
        BAD_DEBT: "2400",
        DAMAGES: "2742",
        OPERATORS: "1590",
        COST_CENTRES: "4900",
        INTERNAL: "8900",
        UNEXPLAINED: "1370",
        OTHER_INCOME: "2700",
        OTHER_EXPENSE: "2300",
        OTHER_OFFICES: "1792",
        TO_PAY_BACK: "1700",
        LEASING_EMPLOYERS: "1410",
        RATE_INSURERS: "1411",
        INSURERS: "1591",
        LEASED_BIKES: "0490",
        DEPRECIATION: "4830",
        INPUT_VAT: "1576",
        DEALERS: "1600",
        BIKE_SERVICES: "4805",
        ACCRUED_RATES: "1501",
        ACCRUED_INCOME: "8201",
    },
    frozenset({"8400", "8300"}),
)
SKR04 = Chart(
    "SKR04",
    {
        BANK: "1800",
        IN_TRANSIT: "1460",
        PROVIDER: "1461",
        DISPUTES: "1462",
        CURRENCIES: "1463",
        RECEIVABLES: "1200",
        TREASURY: "1464",
        "vat.19": "3806",
        "vat.7": "3801",
        "revenue.*.19": "4400",
        "revenue.*.7": "4300",
        "revenue.*.0": "4200",
        PROVIDER_FEES: "6855",
        BAD_DEBT: "6930",
        DAMAGES: "4970",
        OPERATORS: "3500",
        COST_CENTRES: "6300",
        INTERNAL: "4690",
        UNEXPLAINED: "1370",
        OTHER_INCOME: "4830",
        OTHER_EXPENSE: "6969",
        OTHER_OFFICES: "3630",
        TO_PAY_BACK: "3501",
        LEASING_EMPLOYERS: "1210",
        RATE_INSURERS: "1211",
        INSURERS: "1371",
        LEASED_BIKES: "0690",
        DEPRECIATION: "6220",
        INPUT_VAT: "1406",
        DEALERS: "3300",
        BIKE_SERVICES: "6470",
        ACCRUED_RATES: "1301",
        ACCRUED_INCOME: "4201",
    },
    frozenset({"4400", "4300"}),
)
