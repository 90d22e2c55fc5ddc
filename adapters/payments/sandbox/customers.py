"""Customers: who owns saved cards."""

from collections.abc import Mapping
from typing import Any

import msgspec
from stripe.params import (
    CustomerCreateParams,
    CustomerDeleteParams,
    CustomerListParams,
    CustomerListPaymentMethodsParams,
    CustomerRetrieveParams,
    CustomerUpdateParams,
)

from adapters.payments.sandbox.call import Call, merged
from adapters.payments.sandbox.objects import Customer, DeletedCustomer, PaymentMethod
from adapters.payments.sandbox.payment_methods import detached, whole_address
from adapters.payments.sandbox.presentation import Page, page

PLAIN = ("description", "email", "name", "phone", "tax_exempt")


def create(call: Call, params: CustomerCreateParams) -> Customer:
    customer = _changed(Customer(id=call.new_id("cus"), created=call.now), params)
    call.store.save(customer)
    call.emit("customer.created", customer)
    return customer


def _changed(customer: Customer, params: Mapping[str, Any]) -> Customer:
    """An empty string empties a field."""
    changes: dict[str, Any] = {name: params[name] or None for name in PLAIN if name in params}
    if "address" in params:
        changes["address"] = whole_address(params["address"]) if params["address"] else None
    if "preferred_locales" in params:
        changes["preferred_locales"] = params["preferred_locales"]
    return msgspec.structs.replace(customer, metadata=merged(customer.metadata, params.get("metadata")), **changes)


def retrieve(call: Call, identifier: str, params: CustomerRetrieveParams) -> Customer | DeletedCustomer:  # noqa: ARG001 - one shape
    """A deleted customer answers with a stump that says so."""
    if call.store.marked(identifier, "deleted"):
        return DeletedCustomer(id=identifier)
    return call.get(Customer, identifier)


def update(call: Call, identifier: str, params: CustomerUpdateParams) -> Customer:
    changed = _changed(call.get(Customer, identifier), params)
    call.store.save(changed)
    call.emit("customer.updated", changed)
    return changed


def delete(call: Call, identifier: str, params: CustomerDeleteParams) -> DeletedCustomer:  # noqa: ARG001 - one shape
    """Gone for good, with the cards; payments made before stay."""
    customer = call.get(Customer, identifier)
    for method in call.store.everything(PaymentMethod, customer=identifier):
        detached(call, method)
    call.store.delete(identifier)
    call.store.mark(identifier, "deleted")
    call.emit("customer.deleted", customer)
    return DeletedCustomer(id=identifier)


def listed(call: Call, params: CustomerListParams) -> Page:
    return page(call, Customer, "/v1/customers", params, named=("email",))


def cards(call: Call, identifier: str, params: CustomerListPaymentMethodsParams) -> Page:
    """The customer's saved cards."""
    call.get(Customer, identifier)
    url = f"/v1/customers/{identifier}/payment_methods"
    return page(call, PaymentMethod, url, params, named=("type",), customer=identifier)
