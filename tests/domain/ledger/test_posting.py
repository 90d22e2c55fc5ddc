"""What a fact is to the ledger, cent for cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.booking.fees import FeeKind, fee_line, frozen_taxes
from domain.ledger.accounts import STANDARD, AccountKey, Kind, UnknownAccount, account_of, revenue, vat
from domain.ledger.entries import Entry, EntryId, EntryKind, Leg, Origin, Side, Unbalanced, balanced, mirrored
from domain.ledger.posting.bank import Line, Share, Stands, bank_line, matched
from domain.ledger.posting.disputes import Lost, TooMuch, dispute_lost, owed_again
from domain.ledger.posting.documents import (
    Gone,
    InternalUse,
    Taxed,
    cost_centre_charge,
    credit_note,
    invoice,
    loss_changed,
    write_off,
)
from domain.ledger.posting.holds import holds
from domain.ledger.posting.movements import movement
from domain.money import Money
from domain.payments.payments import Capture, PaymentState
from domain.payments.payments import Kind as PaymentKind
from domain.payments.transactions import TransactionKind
from tests.domain.ledger.facts import (
    ADA,
    AT,
    BOOKING,
    NINETEEN,
    PAYMENT,
    a_document,
    a_loss,
    a_movement,
    a_payment,
    balances,
    cents,
)
from tests.examples import an_id

K = AccountKey
MATCH = an_id("match")


def test_the_worked_example_ends_with_the_cents_that_it_says() -> None:
    """Held 30.00, used for 24.70, 5.00 given back, paid out; then the card holder's bank takes 19.70 back."""
    books: list[Entry] = [*holds(a_payment())]
    assert balances(books) == {K("held"): 3000, K("held_contra"): -3000}

    books += [invoice(a_document())]
    assert balances(books) == {
        K("held"): 3000,
        K("held_contra"): -3000,
        K("receivables"): 2470,
        K("revenue.fleet.19"): -2076,
        K("vat.19"): -394,
    }
    books += movement(a_movement(TransactionKind.CHARGE, 2470, 62), ADA)
    books += holds(a_payment(PaymentState.CAPTURED))
    earned = {K("revenue.fleet.19"): -2076, K("vat.19"): -394, K("provider_fees"): 62}
    assert balances(books) == earned | {K("provider"): 2408}

    books += [credit_note(a_document("GS-3", Taxed(NINETEEN, 420, 80)))]
    books += movement(a_movement(TransactionKind.REFUND, -500, source_id="re_1"), ADA)
    kept = {K("revenue.fleet.19"): -1656, K("vat.19"): -314, K("provider_fees"): 62}
    assert balances(books) == kept | {K("provider"): 1908}

    books += movement(a_movement(TransactionKind.PAYOUT, -1908, payment_id=None, booking_id=None), None)
    assert balances(books) == kept | {K("in_transit"): 1908}

    books += bank_line(Line(an_id("line"), cents(1908), AT))
    books += matched(MATCH, [Share(an_id("line"), cents(1908), AT, Stands.PAYOUT, provider_id="po_1")])
    assert balances(books) == kept | {K("bank"): 1908}

    books += movement(a_movement(TransactionKind.DISPUTE, -1970, 2000, source_id="dp_1"), ADA)
    disputed = kept | {K("provider_fees"): 2062, K("bank"): 1908}
    assert balances(books) == disputed | {K("provider"): -3970, K("disputes"): 1970}

    books += movement(a_movement(TransactionKind.PAYOUT, 3970, id="txn_second_payout", payment_id=None), None)
    books += bank_line(Line(an_id("drawn"), cents(-3970), AT))
    books += matched(an_id("second"), [Share(an_id("drawn"), cents(-3970), AT, Stands.PAYOUT)])
    assert balances(books) == disputed | {K("bank"): -2062, K("disputes"): 1970}

    lost = [*books, dispute_lost(Lost(a_loss(), (Taxed(NINETEEN, 1656, 314),)))]
    assert balances(lost) == {
        K("bank"): -2062,
        K("provider_fees"): 2062,
        K("bad_debt"): 1656,
        K("revenue.fleet.19"): -1656,
    }  # the tax is even: what remained of it, 3.14, came back
    won = [*books, *movement(a_movement(TransactionKind.DISPUTE_REVERSAL, 1970), ADA)]
    assert balances(won) == disputed | {K("bank"): -2062, K("provider"): 1970}


def test_each_fact_has_one_name_for_good() -> None:
    facts = [
        *holds(a_payment(PaymentState.CAPTURED)),
        invoice(a_document()),
        *movement(a_movement(TransactionKind.CHARGE, 2470, 62), ADA),
        *bank_line(Line(an_id("line"), cents(1908), AT)),
        cost_centre_charge(InternalUse(BOOKING, "4711", "fleet", cents(1200), AT)),
    ]
    assert [fact.source for fact in facts] == [
        f"hold:{PAYMENT}",
        f"hold_end:{PAYMENT}",
        f"invoice:{an_id('RE-17')}",
        "bt:txn_charge:capture",
        "bt:txn_charge:fee",
        f"bank:{an_id('line')}",
        f"cost_centre:{BOOKING}",
    ]


def test_an_invoice_says_who_owes_it_and_at_which_rate_what_was_earned() -> None:
    assert invoice(a_document("RE-1", Taxed(NINETEEN, 2076, 394), Taxed(Decimal("0.07"), 100, 7))) == Entry(
        EntryKind.INVOICE,
        f"invoice:{an_id('RE-1')}",
        AT,
        (
            Leg(K("receivables"), Side.DEBIT, cents(2577), ADA),
            Leg(K("revenue.fleet.19"), Side.CREDIT, cents(2076), vat_rate=NINETEEN),
            Leg(K("revenue.fleet.7"), Side.CREDIT, cents(100), vat_rate=Decimal("0.07")),
            Leg(K("vat.19"), Side.CREDIT, cents(394), vat_rate=NINETEEN),
            Leg(K("vat.7"), Side.CREDIT, cents(7), vat_rate=Decimal("0.07")),
        ),
        Origin(booking_id=BOOKING, invoice_id=an_id("RE-1")),
        "RE-1",
    )


def test_damages_are_no_revenue_and_bear_no_tax() -> None:
    assert balances([invoice(a_document("RE-2", Taxed(Decimal(0), 1500, 0, damages=True)))]) == {
        K("receivables"): 1500,
        K("damages"): -1500,
    }


def test_what_a_city_does_as_an_authority_is_revenue_without_tax() -> None:
    assert balances([invoice(a_document("RE-2", Taxed(Decimal(0), 1500, 0)))]) == {
        K("receivables"): 1500,
        K("revenue.fleet.0"): -1500,
    }


@pytest.mark.parametrize("kind", FeeKind)
def test_a_fee_is_posted_as_the_law_of_its_booking_s_day_taxes_it(kind: FeeKind) -> None:
    taxes = frozen_taxes((), NINETEEN, date(2026, 11, 21))
    frozen = next(tax for tax in taxes if tax.kind is kind)
    line = fee_line(kind, cents(1190), taxes)
    assert line is not None
    part = Taxed(line.vat_rate, line.net.amount, line.vat.amount, damages=not line.vat_rate)
    posted = balances([invoice(a_document("fee", part))])
    taxed = {K("receivables"): 1190, K("revenue.fleet.19"): -1000, K("vat.19"): -190}
    untaxed = {K("receivables"): 1190, K("damages"): -1190}
    assert posted == (taxed if frozen.vat_rate else untaxed)


def test_a_credit_note_over_an_invoice_leaves_nothing_of_it() -> None:
    whole = Taxed(NINETEEN, 2076, 394)
    assert balances([invoice(a_document()), credit_note(a_document("GS-1", whole))]) == {}


def test_tax_is_even_after_a_refund_in_parts_that_round_badly() -> None:
    parts = [Taxed(NINETEEN, 420, 80)] * 4 + [Taxed(NINETEEN, 396, 74)]
    notes = [credit_note(a_document(f"GS-{n}", part)) for n, part in enumerate(parts)]
    assert balances([invoice(a_document()), *notes]) == {}


def test_a_hold_ends_when_it_was_taken_and_not_when_something_else_changed_later() -> None:
    taken, later = AT + timedelta(hours=1), AT + timedelta(days=40)
    given_back = a_payment(PaymentState.REFUNDED, ended_at=taken, updated_at=later)
    assert [entry.effective_at for entry in holds(given_back)] == [AT, taken]
    assert [entry.effective_at for entry in holds(replace(given_back, ended_at=None))] == [AT, later]


def test_a_hold_that_lapses_is_gone() -> None:
    assert balances(holds(a_payment(PaymentState.RELEASED))) == {}
    assert len(holds(a_payment(PaymentState.RELEASED))) == 2


@pytest.mark.parametrize(
    "payment",
    [
        a_payment(PaymentState.REQUIRES_ACTION),
        a_payment(PaymentState.FAILED),
        a_payment(PaymentState.RELEASED, capture_before=None),
        a_payment(PaymentState.CAPTURED, capture=Capture.AUTOMATIC),
        a_payment(PaymentState.SAVED, kind=PaymentKind.SETUP),
    ],
)
def test_what_was_never_held_is_not_in_the_books(payment: object) -> None:
    assert holds(payment) == ()  # type: ignore[arg-type] # parametrised


def test_a_refund_that_failed_is_owed_again() -> None:
    gone = movement(a_movement(TransactionKind.REFUND, -500), ADA)
    back = movement(a_movement(TransactionKind.REFUND_FAILURE, 500), ADA)
    assert balances([*gone, *back]) == {}
    assert [entry.kind for entry in back] == [EntryKind.REFUND_FAILED]


def test_a_payout_that_failed_is_with_the_provider_again() -> None:
    gone = movement(a_movement(TransactionKind.PAYOUT, -1908), None)
    back = movement(a_movement(TransactionKind.PAYOUT_FAILURE, 1908), None)
    assert balances([*gone, *back]) == {}


def test_a_charge_of_no_payment_of_ours_is_unexplained() -> None:
    foreign = a_movement(TransactionKind.CHARGE, 999, 30, payment_id=None, booking_id=None)
    assert balances(movement(foreign, None)) == {K("provider"): 969, K("unexplained"): -999, K("provider_fees"): 30}


def test_a_fee_with_a_fee_on_it_has_two_names() -> None:
    both = movement(a_movement(TransactionKind.FEE, -200, 38), None)
    assert {entry.source for entry in both} == {"bt:txn_fee:fee", "bt:txn_fee:fee_on_fee"}
    assert balances(both) == {K("provider"): -238, K("provider_fees"): 238}


def test_a_fee_that_comes_back_is_no_cost_any_more() -> None:
    back = movement(a_movement(TransactionKind.DISPUTE_REVERSAL, 1970, -2000), ADA)
    assert balances(back) == {K("provider"): 3970, K("disputes"): -1970, K("provider_fees"): -2000}


def test_a_direct_debit_that_came_back_is_owed_again() -> None:
    assert balances([owed_again(a_loss(), ADA)]) == {K("receivables"): 1970, K("disputes"): -1970}


def test_a_dispute_beyond_the_invoices_is_a_loss_without_tax() -> None:
    lost = dispute_lost(Lost(a_loss(), (Taxed(NINETEEN, 420, 80),)))
    assert balances([lost]) == {K("bad_debt"): 1890, K("vat.19"): 80, K("disputes"): -1970}
    with pytest.raises(TooMuch):
        dispute_lost(Lost(a_loss(100), (Taxed(NINETEEN, 420, 80),)))


def test_what_is_written_off_is_lost_without_its_tax() -> None:
    gone = Gone("write_off:1", BOOKING, ADA, "EUR", (Taxed(NINETEEN, 2076, 394),), AT + timedelta(90))
    assert balances([invoice(a_document()), *write_off(gone)]) == {K("revenue.fleet.19"): -2076, K("bad_debt"): 2076}
    assert write_off(replace(gone, parts=())) == ()


def test_what_was_no_loss_is_owed_again_with_its_tax_and_a_cent_of_tax_alone_moves_nobodys_debt() -> None:
    lost = Gone("write_off:1", BOOKING, ADA, "EUR", (Taxed(NINETEEN, 2076, 394),), AT)
    back = Gone("loss_undone:1", BOOKING, ADA, "EUR", (Taxed(NINETEEN, -2076, -394),), AT)
    assert balances([*write_off(lost), *loss_changed(back)]) == {}
    cent = Gone("loss_undone:2", BOOKING, ADA, "EUR", (Taxed(NINETEEN, 1, -1),), AT)
    assert balances(loss_changed(cent)) == {K("bad_debt"): 1, K("vat.19"): -1}


def test_a_line_is_on_the_account_before_anybody_knows_what_it_is() -> None:
    line = bank_line(Line(an_id("line"), cents(2470), AT))
    assert balances(line) == {K("bank"): 2470, K("unexplained"): -2470}
    shares = [
        Share(an_id("line"), cents(2000), AT, Stands.INVOICE, ADA, an_id("RE-17")),
        Share(an_id("line"), cents(470), AT, Stands.OTHER),
    ]
    known = matched(MATCH, shares)
    assert balances([*line, *known]) == {K("bank"): 2470, K("unexplained"): -470, K("receivables"): -2000}
    undone = [mirrored(EntryId(an_id(entry.source)), entry, AT, "wrong") for entry in known]
    assert balances([*line, *known, *undone]) == balances(line)
    assert bank_line(Line(an_id("notice"), cents(0), AT)) == ()


def test_a_trip_for_an_office_is_its_cost_and_the_pool_s_yield() -> None:
    assert cost_centre_charge(InternalUse(BOOKING, "4711", "fleet", cents(1200), AT)).legs == (
        Leg(K("cost_centres"), Side.DEBIT, cents(1200), cost_centre="4711"),
        Leg(K("internal"), Side.CREDIT, cents(1200)),
    )


def test_an_entry_that_does_not_balance_is_none() -> None:
    entry = invoice(a_document())
    first, *rest = entry.legs
    for legs in ([first], [replace(first, amount=cents(2471)), *rest], [replace(first, amount=cents(0)), *rest]):
        with pytest.raises(Unbalanced):
            balanced(replace(entry, legs=tuple(legs)))


def test_an_account_is_known_by_its_key() -> None:
    half = Decimal("0.055")
    for account in (*STANDARD, revenue("charging", NINETEEN), revenue("fleet", half), vat(half)):
        assert account_of(account.key) == account
    assert account_of(K("revenue.fleet.0")).kind is Kind.INCOME


@pytest.mark.parametrize(
    "key", ["petty_cash", "revenue.fleet.foo", "vat.1e9", "revenue.fleet.100", "vat.", "revenue..19"]
)
def test_an_account_that_no_rule_opens_is_unknown(key: str) -> None:
    with pytest.raises(UnknownAccount):
        account_of(K(key))


def test_what_was_paid_in_another_currency_is_exchanged_on_the_way_and_both_balance() -> None:
    """100.00 francs were taken; of them came 95.00 euros, less a fee."""
    taken = a_movement(TransactionKind.CHARGE, 9500, 168, presented=Money(10000, "CHF"))
    charge, fee = movement(taken, ADA)
    euros, francs = cents(9500), Money(10000, "CHF")
    assert charge.legs == (
        Leg(K("provider"), Side.DEBIT, euros),
        Leg(K("currencies"), Side.CREDIT, euros),
        Leg(K("currencies"), Side.DEBIT, francs),
        Leg(K("receivables"), Side.CREDIT, francs, ADA),
    )
    assert {leg.amount for leg in fee.legs} == {cents(168)}
    (back,) = movement(a_movement(TransactionKind.REFUND, -9500, presented=Money(-10000, "CHF")), ADA)
    assert [(leg.account, leg.side, leg.amount) for leg in back.legs] == [
        (leg.account, leg.side.other, leg.amount) for leg in charge.legs
    ]
    (sent,) = movement(a_movement(TransactionKind.PAYOUT, -9500, presented=Money(-10000, "CHF")), None)
    assert sent.legs[-1] == Leg(K("in_transit"), Side.DEBIT, francs)
