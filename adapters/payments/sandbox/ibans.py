"""Stripe's test bank accounts for SEPA debits: https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-integration.

Real debits take five business days; these take none, or three minutes of the sandbox's clock.
"""

from datetime import timedelta

from msgspec import Struct

LATER = int(timedelta(minutes=3).total_seconds())


class TestAccount(Struct, frozen=True, kw_only=True):
    """`failure` is why the bank does not pay; `after` seconds it says so. `returned`: it pays, and takes it back."""

    __test__ = False  # not a test class, whatever its name suggests to pytest

    iban: str
    after: int = 0
    failure: str | None = None
    returned: bool = False

    @property
    def country(self) -> str:
        return self.iban[:2]

    @property
    def bank_code(self) -> str:
        return self.iban[4:12]

    @property
    def last4(self) -> str:
        return self.iban[-4:]


ACCOUNTS = (
    TestAccount(iban="DE89370400440532013000"),
    TestAccount(iban="DE08370400440532013003", after=LATER),
    TestAccount(iban="DE62370400440532013001", failure="insufficient_funds"),
    TestAccount(iban="DE78370400440532013004", failure="insufficient_funds", after=LATER),
    TestAccount(iban="DE35370400440532013002", returned=True),
)
BY_IBAN = {account.iban: account for account in ACCOUNTS}
BY_LAST4 = {account.last4: account for account in ACCOUNTS}
