"""How a city takes what is owed for leased bikes."""

from datetime import date

from msgspec import Struct


class LeasingSettings(Struct, frozen=True):
    """How fast instalments of leases are taken from accounts: so many `collections_per_s` the payment provider is asked for, by all
    workers together. What failed or came back is tried again after so many days, once for each of `again_after_days`. From the
    `run_on_day` of a month on all leases are charged for it; without one it waits until finance asks for it. A month that its holder pays
    herself is invoiced unless it began before the day `holders_invoiced_from`, for which nobody writes again what was told otherwise."""

    collections_per_s: int = 20
    again_after_days: tuple[int, ...] = (10,)
    run_on_day: int | None = None
    holders_invoiced_from: date | None = None

    def faults(self) -> list[str]:
        faults = [] if 1 <= self.collections_per_s <= 100 else ["leasing.collections_per_s is 1 to 100"]
        if len(self.again_after_days) > 3 or any(not 1 <= days <= 60 for days in self.again_after_days):
            faults.append("leasing.again_after_days are up to three times of 1 to 60 days")
        if self.run_on_day is not None and not 1 <= self.run_on_day <= 28:
            faults.append("leasing.run_on_day is a day that every month has, 1 to 28")
        return faults
