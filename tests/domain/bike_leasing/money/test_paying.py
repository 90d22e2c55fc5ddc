"""Which dealers an order pays, and in which words the bank hears of it."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from adapters.banking.pain001 import NAMESPACE, pain001, plain
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.entries import ordered_of, returned_of
from domain.bike_leasing.money.paying import (
    NotOrdered,
    OrderId,
    PaidFor,
    PartyAccount,
    Payable,
    PaymentOrder,
    account_of,
    ordered,
)
from domain.ledger.entries import Side
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.money.paying import Filed, Payer
from tests.domain.bike_leasing.leases import ADA
from tests.examples import an_id

NOW, TODAY = datetime(2026, 12, 2, 9, tzinfo=UTC), date(2026, 12, 2)
RADHAUS = PartyAccount(PartyId("radhaus"), "Radhaus Müller & Söhne", "DE02120300000000202051")
ORDER = OrderId(an_id("order"))


def owed(name: str, dealer: str = "radhaus", cents: int = 399_900, days: int = 0) -> Payable:
    return Payable(
        PaidFor.BIKE,
        an_id(name),
        LeaseId(an_id(name)),
        PartyId(dealer),
        Money(cents, "EUR"),
        NOW - timedelta(days=days),
    )


def an_order(*payables: Payable, on: date = TODAY) -> PaymentOrder | Refusal[NotOrdered]:
    return ordered(ORDER, payables, {RADHAUS.party: RADHAUS}, on, today=TODAY, now=NOW)


def test_an_order_pays_whose_account_is_known_the_oldest_first() -> None:
    order = an_order(owed("new"), owed("unknown", "velo"), owed("old", cents=100_000, days=9))
    assert isinstance(order, PaymentOrder)
    assert [each.payable.lease_id for each in order.payments] == [an_id("old"), an_id("new")]
    assert (order.total, {each.account for each in order.payments}) == (Money(499_900, "EUR"), {RADHAUS})


def test_what_a_holder_gets_back_goes_to_the_account_that_it_came_from() -> None:
    hers = PartyAccount(PartyId(str(ADA)), "Ada Beispiel", "DE02120300000000202051")
    refund = replace(owed("r", cents=12_560), paid_for=PaidFor.REFUND, dealer=None, holder=ADA, came_from=hers)
    order = an_order(refund, replace(refund, subject=an_id("s"), came_from=None))
    assert isinstance(order, PaymentOrder)
    (payment,) = order.payments
    assert (payment.account, payment.reference) == (hers, f"R{an_id('r').hex.upper()}")
    owing = [(leg.account, leg.side, leg.debtor) for leg in ordered_of(refund, NOW).legs]
    assert owing == [("receivables", Side.DEBIT, ADA), ("treasury", Side.CREDIT, None)]
    back = returned_of(refund, NOW)
    assert [(leg.account, leg.side) for leg in back.legs] == [
        ("treasury", Side.DEBIT),
        ("receivables", Side.CREDIT),
    ]
    assert back.source == f"lease_refund_returned:{refund.subject}"


@pytest.mark.parametrize("on", [TODAY - timedelta(days=1), TODAY + timedelta(days=61)])
def test_an_order_is_for_a_day_that_the_bank_can_keep(on: date) -> None:
    assert an_order(owed("one"), on=on) == Refusal(NotOrdered.DAY_NOT_POSSIBLE, "/execute_on")


def test_where_no_account_is_known_nothing_is_ordered() -> None:
    assert an_order(owed("one", "velo")) == Refusal(NotOrdered.NOTHING_TO_PAY)


def test_an_account_has_an_iban_that_passes_its_own_checksum() -> None:
    blanks = account_of(RADHAUS.party, f" {RADHAUS.name} ", "de02 1203 0000 0000 2020 51")
    assert blanks == RADHAUS
    assert account_of(RADHAUS.party, "n", "DE03120300000000202051") == Refusal(NotOrdered.BAD_IBAN, "/iban")


def test_the_banks_file_says_who_gets_how_much_under_which_reference() -> None:
    order = an_order(owed("one"), owed("two", cents=100_05))
    assert isinstance(order, PaymentOrder)
    file = pain001(Filed(order, Payer("Stadt Löwen", "DE75512108001245126199")))
    assert file == pain001(Filed(order, Payer("Stadt Löwen", "DE75512108001245126199")))
    said = ElementTree.fromstring(file)  # noqa: S314 - we made it

    def texts(path: str) -> list[str | None]:
        steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
        return [found.text for found in said.iterfind(f".//{steps}")]

    assert texts("GrpHdr/CtrlSum") == texts("PmtInf/CtrlSum") == ["4099.05"]
    assert texts("PmtInf/NbOfTxs") == ["2"]
    assert texts("ReqdExctnDt/Dt") == ["2026-12-02"]
    assert texts("DbtrAcct/Id/IBAN") == ["DE75512108001245126199"]
    assert texts("Dbtr/Nm") == ["Stadt Loewen"]
    assert sorted(filter(None, texts("CdtTrfTxInf/Amt/InstdAmt"))) == ["100.05", "3999.00"]
    assert set(texts("Cdtr/Nm")) == {"Radhaus Mueller + Soehne"}
    assert texts("PmtId/EndToEndId") == [each.reference for each in order.payments]
    assert all(each is not None and len(each) <= 35 for each in texts("PmtId/EndToEndId"))


def test_what_a_bank_cannot_write_is_left_out() -> None:
    assert (plain("Ł" * 3), plain("Vélo\tRàd"), len(plain("x" * 200))) == ("?", "V lo R d", 70)
