"""What a lessor agrees with employers and dealers before there are leases."""

from typing import TypeAlias

from domain.bike_leasing.contracts.agreeing import NotAgreed, against
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import AgreementBooks

Agreed: TypeAlias = Framework | ConsumerTerms | Accreditation | Refusal[NotAgreed]


async def agree(framework: Framework, *, books: AgreementBooks, actor: Actor) -> Agreed:
    """In place of what was agreed with the employer before; leases keep what they were made by."""
    if (no := against(framework, actor)) is not None:
        return no
    await books.keep_framework(framework)
    return framework


async def agree_with_consumers(terms: ConsumerTerms, *, books: AgreementBooks, actor: Actor) -> Agreed:
    """In place of the lessor's terms before."""
    if (no := against(terms, actor)) is not None:
        return no
    await books.keep_terms(terms)
    return terms


async def accredit(accreditation: Accreditation, *, books: AgreementBooks, actor: Actor) -> Agreed:
    if (no := against(accreditation, actor)) is not None:
        return no
    await books.keep_accreditation(accreditation)
    return accreditation
