"""The running sandbox: its parts, and how they make a call of a request."""

import string
from collections.abc import Mapping

from msgspec import Struct

from adapters.payments.sandbox.call import Call
from adapters.payments.sandbox.clock import Clock
from adapters.payments.sandbox.deliveries import Courier
from adapters.payments.sandbox.faults import Faults
from adapters.payments.sandbox.payment_intents import expire_holds
from adapters.payments.sandbox.settings import Account, SandboxSettings
from adapters.payments.sandbox.store import Store

KEYS_ARE_KEPT_SECONDS = 24 * 3600
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
            browser=browser,
            request_id=request_id,
            key=key,
            deliveries=deliveries,
        )

    def sweep(self) -> None:
        """What time alone brings about: holds run out, keys are forgotten."""
        with self.store.transaction():
            for account in self.accounts.values():
                expire_holds(self.call(account))
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
