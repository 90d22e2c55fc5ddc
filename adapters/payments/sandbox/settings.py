"""What whoever starts the sandbox must hand over: folder, accounts, clock, ids, fees."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from msgspec import Struct, field

RATES = {"chf": Decimal("0.95"), "usd": Decimal("0.92")}


class Account(Struct, frozen=True):
    """One merchant; in kommobil each city is its own. Accounts share a process and nothing else.

    `webhook_url` None: events are kept and listed, and delivered nowhere.
    """

    id: str  # acct_…
    secret_key: str  # sk_test_…
    publishable_key: str  # pk_test_…
    webhook_secret: str  # whsec_…
    webhook_url: str | None = None


class FeeSchedule(Struct, frozen=True):
    """Stripe's price of one captured card payment: `basis_points` of the amount plus `fixed` minor units; of a direct debit,
    `debit`; and of a dispute, whoever wins it.

    The defaults are the list prices for the European Economic Area: standard consumer cards 1.5 % + 0.25 EUR.
    """

    basis_points: int = 150
    fixed: int = 25
    debit: int = 35
    dispute: int = 2_000

    def fee(self, amount: int) -> int:
        """The fee on `amount`, both in minor units; half a cent rounds up."""
        return (amount * self.basis_points + 5_000) // 10_000 + self.fixed


class SandboxSettings(Struct, frozen=True):
    """The state lives in `folder`; nothing outside of it is written.

    `accounts` may be a list that changes while the sandbox runs: a city opens, or gets another key. `rates` is what one
    unit of another currency is worth in `currency`; cards may be charged in those as well. `pays_out_daily` False: payouts
    are made by hand only. `public_url` is where cardholders find the bank's page; None takes the address that the caller
    used.
    """

    folder: Path
    accounts: Sequence[Account]
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    fees: FeeSchedule = FeeSchedule()
    currency: str = "eur"
    rates: Mapping[str, Decimal] = field(default_factory=lambda: dict(RATES))
    public_url: str | None = None
    pays_out_daily: bool = True
    first_retry_seconds: float = 0.2  # real Stripe waits minutes; tests and a watching person should not
    longest_retry_seconds: float = 30.0
    give_up_after_seconds: float = 3 * 24 * 3600
    delivery_timeout_seconds: float = 10.0

    @property
    def by_id(self) -> dict[str, Account]:
        return {account.id: account for account in self.accounts}
