"""Agreements of a lessor that make no sense, or are not the actor's to make."""

from enum import StrEnum

from domain.bike_leasing.calculation.sheets import LONGEST, is_amount, is_percent
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework
from domain.cities.identifiers import has_valid_leitweg_checksum
from domain.identity import Actor, Role
from domain.refusals import Refusal


class NotAgreed(StrEnum):
    UNKNOWN_PARTY = "unknown_party"
    BAD_CONDITIONS = "bad_conditions"


def against(agreed: Framework | ConsumerTerms | Accreditation, actor: Actor) -> Refusal[NotAgreed] | None:
    """A lessor agrees for itself."""
    if agreed.lessor not in actor.parties_as(Role.LESSOR):
        return Refusal(NotAgreed.UNKNOWN_PARTY, "/lessor")
    if agreed.span.until is not None and agreed.span.until < agreed.span.since:
        return Refusal(NotAgreed.BAD_CONDITIONS, "/until")
    if isinstance(agreed, Accreditation):
        return None
    conditions = agreed.conditions
    if isinstance(agreed, Framework) and (wrong := _wrong_with_an_employer(agreed)) is not None:
        return Refusal(NotAgreed.BAD_CONDITIONS, wrong)
    if isinstance(agreed, ConsumerTerms) and conditions.subsidy.amount:
        return Refusal(NotAgreed.BAD_CONDITIONS, "/conditions/subsidy")
    if not is_percent(conditions.nominal_percent, conditions.residual_percent):
        return Refusal(NotAgreed.BAD_CONDITIONS, "/conditions")
    if not 1 <= conditions.months <= LONGEST or not 1 <= conditions.due_day <= 31:
        return Refusal(NotAgreed.BAD_CONDITIONS, "/conditions/months")
    if conditions.service is not None and not conditions.service.makes_sense:
        return Refusal(NotAgreed.BAD_CONDITIONS, "/conditions/service")
    if not is_amount(conditions.subsidy, *(fee.amount for fee in conditions.fees)):
        return Refusal(NotAgreed.BAD_CONDITIONS, "/conditions/fees")
    return None


def _wrong_with_an_employer(framework: Framework) -> str | None:
    """What of it makes no sense."""
    if not is_amount(framework.credit_line):
        return "/credit_line"
    leitweg_id = framework.billed_to.leitweg_id if framework.billed_to is not None else None
    return "/billed_to/leitweg_id" if leitweg_id is not None and not has_valid_leitweg_checksum(leitweg_id) else None
