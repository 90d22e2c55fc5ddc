"""What a lease's conditions give for the upkeep of its bike."""

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import EUR, is_amount
from domain.money import Money


class ServicePackage(Struct, frozen=True):
    """`budget` is what the services of a contract year may cost, gross. What is left of it at the year's end lapses, or counts in the
    years after where it `carries_over`. A dealer's invoice of up to `accepted_up_to` is accepted at once; about a dearer one the
    lessor decides."""

    budget: Money
    carries_over: bool = False
    accepted_up_to: Money = Money(0, EUR)

    @property
    def makes_sense(self) -> bool:
        return is_amount(self.budget, self.accepted_up_to) and bool(self.budget.amount)
