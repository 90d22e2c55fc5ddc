"""Whom the caller's invoices are addressed to."""

from datetime import datetime

from domain.identity import PersonId
from domain.invoicing.debtors import AddressInvoices, BillingAddress, NotAddressable, addressed
from domain.refusals import Refusal
from services.invoicing.ports import Debtors


async def address_invoices(
    command: AddressInvoices, person_id: PersonId, *, debtors: Debtors, now: datetime
) -> BillingAddress | Refusal[NotAddressable]:
    outcome = addressed(command, await debtors.find(person_id), await debtors.settings(), now)
    if isinstance(outcome, BillingAddress) and not await debtors.keep(outcome):
        return Refusal(NotAddressable.UNKNOWN_PERSON)
    return outcome


async def forget_address(*, debtors: Debtors) -> Refusal[NotAddressable] | None:
    return None if await debtors.forget() else Refusal(NotAddressable.UNKNOWN_BILLING_ADDRESS)
