"""`/v1/{city}/leasing/frameworks`, `/budgets`, `/consumer-terms` and `/dealers`: what a lessor has agreed with employers and dealers,
what is left of it, and its conditions for consumers."""

import re

from litestar.enums import HttpMethod

from adapters.http import cursors
from adapters.http.bike_leasing.examples import ACCREDITATION, ACCREDITED, AGREED, CONSUMER_TERMS, FRAMEWORK
from adapters.http.bike_leasing.pages import PageQuery
from adapters.http.bike_leasing.shapes import (
    AGREEMENTS,
    AccreditationRequest,
    AccreditationView,
    ConsumerTermsRequest,
    ConsumerTermsView,
    FrameworkRequest,
    FrameworkView,
    LeaseBudgetList,
    LeaseBudgetView,
)
from adapters.http.endpoints import HR_AND_LESSORS, LESSORS, Ask, Endpoint, Reply, answer
from adapters.http.invoicing.invoices import BillingAddressRequest
from adapters.http.problems import Rejected
from domain.bike_leasing.contracts.parties import Accreditation, BilledTo, ConsumerTerms, Framework, PartyId, Span
from domain.bike_leasing.simulation.scenarios import PROTECTED
from domain.invoicing.invoices import Address
from services.bike_leasing.contracts import Leases
from services.bike_leasing.contracts.agreeing import Agreed
from services.bike_leasing.contracts.ports import BudgetMark, BudgetsWanted

FRAMEWORKS = "/v1/{city:str}/leasing/frameworks/{employer:str}"
CONSUMERS = "/v1/{city:str}/leasing/consumer-terms/{lessor:str}"
DEALERS_LIST = "/v1/{city:str}/leasing/dealers/{dealer:str}"
BUDGET = {
    "framework": AGREED,
    "leases": 1,
    "used": {"amount": 399_900, "currency": "EUR"},
    "left": {"amount": AGREED["credit_line"]["amount"] - 399_900, "currency": "EUR"},
}
PARTY = re.compile(r"[a-z][a-z0-9-]{0,62}")


def lease_agreements(offered: Leases) -> tuple[Endpoint, ...]:
    async def agree_framework(ask: Ask) -> Reply:
        asked = await ask.document(FrameworkRequest)
        framework = Framework(
            _party(ask, "employer"),
            PartyId(asked.lessor),
            Span(asked.since, asked.until),
            asked.credit_line,
            AGREEMENTS[asked.agreement],
            asked.conditions,
            asked.deducts_vat,
            PROTECTED[asked.protection],
            asked.discounts,
            _billed_to(asked.billed_to),
        )
        return await offered.agree(ask.call((framework.employer, asked), lambda made: answer(_shown(made))), framework)

    async def agree_consumer_terms(ask: Ask) -> Reply:
        asked = await ask.document(ConsumerTermsRequest)
        terms = ConsumerTerms(_party(ask, "lessor"), Span(asked.since, asked.until), asked.conditions)
        return await offered.agree_with_consumers(
            ask.call((terms.lessor, asked), lambda made: answer(_shown(made))), terms
        )

    async def accredit_dealer(ask: Ask) -> Reply:
        asked = await ask.document(AccreditationRequest)
        made = Accreditation(_party(ask, "dealer"), PartyId(asked.lessor), Span(asked.since, asked.until), asked.online)
        return await offered.accredit(ask.call((made.dealer, asked), lambda made: answer(_shown(made))), made)

    async def list_budgets(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        after = cursors.read_as(BudgetMark, asked.cursor) if asked.cursor is not None else BudgetMark()
        found = await offered.budgets(ask.actor, BudgetsWanted(asked.limit + 1, after))
        shown = found[: asked.limit]
        items = tuple(LeaseBudgetView(_of(each.framework), each.leases, each.used, each.left) for each in shown)
        last = shown[-1].framework if len(found) > asked.limit else None
        return answer(LeaseBudgetList(items, cursors.written(BudgetMark(last.employer, last.lessor)) if last else None))

    codes = ("unknown_party", "bad_conditions")
    return (
        Endpoint(
            HttpMethod.GET,
            HR_AND_LESSORS,
            "/v1/{city:str}/leasing/budgets",
            "listLeaseBudgets",
            "leasing",
            "What the frameworks of one's employer, or with one's lessor, say, and what is left of their credit lines",
            list_budgets,
            {200: LeaseBudgetList},
            query=PageQuery,
            examples={200: {"items": [BUDGET], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.PUT,
            LESSORS,
            FRAMEWORKS,
            "agreeLeaseFramework",
            "leasing",
            "A lessor's framework with an employer: credit line, collective agreement, conditions",
            agree_framework,
            {200: FrameworkView},
            codes=codes,
            body=FrameworkRequest,
            keyed=True,
            example=FRAMEWORK,
            examples={200: AGREED},
        ),
        Endpoint(
            HttpMethod.PUT,
            LESSORS,
            CONSUMERS,
            "agreeLeaseConsumerTerms",
            "leasing",
            "A lessor's conditions for consumers, who lease for themselves",
            agree_consumer_terms,
            {200: ConsumerTermsView},
            codes=codes,
            body=ConsumerTermsRequest,
            keyed=True,
            example=CONSUMER_TERMS,
            examples={200: CONSUMER_TERMS | {"lessor": "leasing-ag", "until": None}},
        ),
        Endpoint(
            HttpMethod.PUT,
            LESSORS,
            DEALERS_LIST,
            "accreditLeaseDealer",
            "leasing",
            "Let a dealer offer bikes for a lessor",
            accredit_dealer,
            {200: AccreditationView},
            codes=codes,
            body=AccreditationRequest,
            keyed=True,
            example=ACCREDITATION,
            examples={200: ACCREDITED},
        ),
    )


def _party(ask: Ask, name: str) -> PartyId:
    found = str(ask.path(name))
    if PARTY.fullmatch(found) is None:
        raise Rejected("unknown_party")
    return PartyId(found)


def _billed_to(asked: BillingAddressRequest | None) -> BilledTo | None:
    if asked is None:
        return None
    where = Address(asked.street.strip(), asked.postcode, asked.town.strip(), asked.country)
    return BilledTo(asked.name.strip(), where, asked.leitweg_id)


def _shown(agreed: Agreed) -> FrameworkView | ConsumerTermsView | AccreditationView:
    if isinstance(agreed, ConsumerTerms):
        return ConsumerTermsView(agreed.lessor, agreed.span.since, agreed.span.until, agreed.conditions)
    if isinstance(agreed, Accreditation):
        span = agreed.span
        return AccreditationView(agreed.dealer, agreed.lessor, span.since, span.until, agreed.online)
    assert isinstance(agreed, Framework)  # noqa: S101 - refusals are told before
    return _of(agreed)


def _of(agreed: Framework) -> FrameworkView:
    return FrameworkView(
        agreed.employer,
        agreed.lessor,
        agreed.span.since,
        agreed.span.until,
        agreed.credit_line,
        agreed.agreement,
        agreed.conditions,
        agreed.deducts_vat,
        agreed.protection,
        agreed.discounts,
        agreed.billed_to,
    )
