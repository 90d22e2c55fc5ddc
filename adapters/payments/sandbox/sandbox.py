"""The running sandbox: its parts, and how they make a call of a request."""

import string
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.clock import Clock
from adapters.payments.sandbox.deliveries import Courier
from adapters.payments.sandbox.faults import Faults
from adapters.payments.sandbox.passing import happen
from adapters.payments.sandbox.payment_intents import expire_holds
from adapters.payments.sandbox.payouts import every_day
from adapters.payments.sandbox.settings import Account, SandboxSettings
from adapters.payments.sandbox.store import Store

KEYS_ARE_KEPT_SECONDS = 24 * 3600
T = TypeVar("T")
LETTERS = string.digits + string.ascii_letters


class Sandbox(Struct, frozen=True, kw_only=True):
    """`in_use` holds (account, idempotency key) of requests that are being answered."""

    settings: SandboxSettings
    store: Store
    clock: Clock
    courier: Courier
    faults: Faults
    in_use: set[tuple[str, str]]

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Those of this moment, by id."""
        return self.settings.by_id

    def new_id(self, prefix: str) -> str:
        """`pi_…` and the like; sorted by time as far as the given ids are."""
        number, letters = self.settings.new_id().int, ""
        while number:
            number, digit = divmod(number, len(LETTERS))
            letters = LETTERS[digit] + letters
        return f"{prefix}_{letters}"

    def call(
        self,
        account: Account,
        *,
        url: str = "",
        browser: bool = False,
        request_id: str | None = None,
        key: str | None = None,
        deliveries: int = 1,
    ) -> Call:
        return Call(
            account=account,
            store=self.store.account(account.id),
            now=self.clock.now(),
            wall=self.clock.wall(),
            new_id=self.new_id,
            url=url,
            fees=self.settings.fees,
            currency=self.settings.currency,
            rates=self.settings.rates,
            browser=browser,
            request_id=request_id,
            key=key,
            deliveries=deliveries,
        )

    def pass_time(self, account: Account) -> None:
        """What should have happened on the account by now, in the caller's transaction."""
        call = self.call(account)
        expire_holds(call)
        if self.settings.pays_out_daily:
            every_day(call)
        happen(call)

    def by_hand(self, account: Account, act: Callable[[Call], T]) -> T:
        """Let something happen on the account, in a transaction of its own."""
        with self.store.transaction():
            self.pass_time(account)
            done = act(self.call(account))
        self.courier.wake()
        return done

    def sweep(self) -> None:
        """What time alone brings about: holds run out, money is paid out, keys are forgotten."""
        with self.store.transaction():
            for account in self.accounts.values():
                self.pass_time(account)
            self.store.forget_answers(self.clock.now() - KEYS_ARE_KEPT_SECONDS)
        self.courier.wake()


def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """Must be called in the thread, and under the event loop, that will use it."""
    store = Store(settings.folder)
    clock = Clock(settings.now, store)
    return Sandbox(
        settings=settings,
        store=store,
        clock=clock,
        courier=Courier(settings, store, clock),
        faults=Faults(),
        in_use=set(),
    )
