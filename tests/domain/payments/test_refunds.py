"""Refunds over any history: no more goes back than was taken, and whatever comes back is owed again, once."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.identity import PersonId
from domain.money import Money
from domain.payments.payments import (
    Capture,
    Intent,
    Kind,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
    observed,
)
from domain.payments.refunds import (
    NotRefundable,
    ProviderRefund,
    Refund,
    RefundId,
    RefundProposal,
    RefundState,
    asked,
    came_back,
    decide,
    followed,
    left,
    propose,
)
from domain.payments.settlement import Refund as GiveBack
from domain.payments.settlement import begun
from domain.refusals import Refusal
from tests.examples import an_id, person_id

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
TAKEN, LIMIT = 2470, 1500


def a_payment() -> Payment:
    paid = Payment(
        PaymentId(an_id("payment")), an_id("booking"), person_id("ada"), Kind.PAYMENT, Purpose.BOOKING, Capture.AUTOMATIC,
        Money(TAKEN, "EUR"), AT, AT,
    )  # fmt: skip
    return replace(
        paid, state=PaymentState.CAPTURED, recovery_point=RecoveryPoint.SETTLED, intent_id="pi_1", captured=TAKEN
    )


class Till:
    """A payment with its refunds, and a provider that does as it is asked: `given` is what it counts as refunded."""

    def __init__(self) -> None:
        self.payment = a_payment()
        self.refunds: dict[RefundId, Refund] = {}
        self.given = 0

    def propose(self, cents: int, by: PersonId) -> None:
        wish = RefundProposal(
            RefundId(an_id(f"refund {len(self.refunds)}")), self.payment.booking_id, Money(cents, "EUR"), "goodwill"
        )
        outcome = propose(
            wish, [self.payment], tuple(self.refunds.values()), (), holder=person_id("ada"), limit=LIMIT, by=by, now=AT
        )
        if isinstance(outcome, Refund):
            self.refunds[outcome.id] = outcome

    def decide(self, *, approve: bool, by: PersonId) -> None:
        for refund in [r for r in self.refunds.values() if r.state is RefundState.PROPOSED][:1]:
            outcome = decide(refund, approve=approve, reason="seen", by=by, now=AT)
            if isinstance(outcome, Refund):
                self.refunds[refund.id] = outcome

    def give_back(self) -> None:
        for refund in [r for r in self.refunds.values() if r.state is RefundState.APPROVED][:1]:
            outcome = asked(refund, self.payment, (), AT)
            assert outcome is not None
            sent, ready = outcome
            assert ready is not None, "what was promised is there"
            self.given += refund.amount.amount
            self.payment = observed(begun(GiveBack(ready, refund.amount.amount), AT), self._intent(), AT)
            assert self.payment.recovery_point is RecoveryPoint.SETTLED
            self.refunds[refund.id] = followed(sent, _said(sent, RefundState.PAID), AT)

    def comes_back(self) -> None:
        for refund in [r for r in self.refunds.values() if r.state is RefundState.PAID][:1]:
            self.given -= refund.amount.amount
            self.refunds[refund.id] = failed = followed(refund, _said(refund, RefundState.FAILED), AT)
            self.payment = came_back(self.payment, failed, AT)
            assert followed(failed, _said(refund, RefundState.PAID), AT) is failed
            self.payment = observed(self.payment, self._intent(), AT)

    def _intent(self) -> Intent:
        state = PaymentState.REFUNDED if self.given == TAKEN else PaymentState.CAPTURED
        return Intent("pi_1", state, captured=TAKEN, refunded=self.given)


def _said(refund: Refund, state: RefundState) -> ProviderRefund:
    return ProviderRefund(f"re_{refund.number}", refund.number, refund.amount.amount, "EUR", state, AT)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("propose"), st.sampled_from([TAKEN, TAKEN // 2, LIMIT, 1])),
        st.tuples(st.sampled_from(["approve", "reject", "give back", "comes back"]), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_no_history_gives_back_more_than_was_taken_or_forgets_what_came_back(steps: list[tuple[str, int]]) -> None:
    till = Till()
    for step, cents in steps:
        match step:
            case "propose":
                till.propose(cents, person_id("fatima"))
            case "approve" | "reject":
                till.decide(approve=step == "approve", by=person_id("gustav"))
            case "give back":
                till.give_back()
            case "comes back":
                till.comes_back()
        payment = till.payment
        assert 0 <= payment.came_back <= payment.refunded <= payment.captured
        assert payment.refunded - payment.came_back == till.given
        assert left(payment, tuple(till.refunds.values())) >= 0
    numbers = [refund.number for refund in till.refunds.values() if refund.number is not None]
    assert len(numbers) == len(set(numbers))


def test_nobody_decides_her_own_proposal() -> None:
    till = Till()
    till.propose(LIMIT + 1, person_id("fatima"))
    (refund,) = till.refunds.values()
    no = decide(refund, approve=True, reason="", by=person_id("fatima"), now=AT)
    assert no == Refusal(NotRefundable.OWN_PROPOSAL)
