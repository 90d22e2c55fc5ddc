"""What dealers billed for the upkeep of leased bikes, as it is shown."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.upkeep.invoices import InvoiceState, ServiceInvoice, ServiceLine
from domain.money import Money


class ServiceInvoiceView(Struct, frozen=True):
    """`year` is the contract year whose budget it takes from. One that was accepted by the package's rule was `decided_by` nobody."""

    id: UUID
    lease_id: UUID
    dealer: str
    number: str
    issued_on: date
    serviced_on: date
    lines: tuple[ServiceLine, ...]
    net: Money
    vat: Money
    gross: Money
    year: int
    state: InvoiceState
    submitted_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str | None


def service_invoice_view(made: ServiceInvoice) -> ServiceInvoiceView:
    return ServiceInvoiceView(**{name: getattr(made, name) for name in ServiceInvoiceView.__struct_fields__})
