"""Whom a person's invoices are addressed to, where she says so: herself at home, or a body she books for."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.cities.identifiers import has_valid_leitweg_checksum
from domain.cities.settings import CitySettings
from domain.invoicing.invoices import Address
from domain.refusals import Refusal


class NotAddressable(StrEnum):
    LEITWEG_ID_INVALID = "leitweg_id_invalid"
    PUBLIC_BODIES_NOT_INVOICED = "public_bodies_not_invoiced"
    UNKNOWN_BILLING_ADDRESS = "unknown_billing_address"
    UNKNOWN_PERSON = "unknown_person"


class BillingAddress(Struct, frozen=True):
    """`leitweg_id` makes the recipient a public body, which gets an XRechnung that is led by it (BT-10)."""

    name: str
    address: Address
    changed_at: datetime
    version: int
    leitweg_id: str | None = None


class AddressInvoices(Struct, frozen=True):
    """Address the caller's invoices so from now on; those that were issued stay as they are."""

    name: str
    address: Address
    leitweg_id: str | None = None


def addressed(
    command: AddressInvoices, before: BillingAddress | None, city: CitySettings, now: datetime
) -> BillingAddress | Refusal[NotAddressable]:
    """The address from now on. A public body asks whom it may call (XRechnung BR-DE-2), so the city must have said that."""
    if command.leitweg_id is not None:
        if not has_valid_leitweg_checksum(command.leitweg_id):
            return Refusal(NotAddressable.LEITWEG_ID_INVALID, "/leitweg_id")
        if city.invoicing.contact is None:
            return Refusal(NotAddressable.PUBLIC_BODIES_NOT_INVOICED, "/leitweg_id")
    said = BillingAddress(command.name, command.address, now, 1, command.leitweg_id)
    return said if before is None else replace(said, version=before.version + 1)
