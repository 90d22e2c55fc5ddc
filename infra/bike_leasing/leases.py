"""Leases, bound to their books and to the key that their PINs come from."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from adapters.database.bike_leasing.leases import SqlAgreementBooks, SqlLeaseBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import SqlSheets
from adapters.documents.qr import qr_svg
from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, ConsumerTerms, Framework
from domain.identity import Actor
from domain.refusals import Refusal
from infra.bike_leasing.running import running_leases, steps
from services.bike_leasing.contracts import Leases
from services.bike_leasing.contracts.agreeing import Agreed, accredit, agree, agree_with_consumers
from services.bike_leasing.contracts.deciding import decide_on_lease, order_lease, review_lease
from services.bike_leasing.contracts.handing import get_ready, give_another_pin, hand_lease_over
from services.bike_leasing.contracts.offering import apply_for_lease, offer_lease
from services.bike_leasing.contracts.ports import BudgetsWanted, LeaseBudget, LeaseFile, PinSeal
from services.bike_leasing.contracts.reading import code_of_handover, find_lease, page_of_leases
from services.bike_leasing.contracts.undoing import cancel_lease
from services.bike_leasing.pages import Mark, Wanted
from services.calls import Answer, Call


def leases(
    transactions: Transactions, seal: PinSeal, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Leases:
    desk = SqlSheets(transactions, clock, new_id)

    step = steps(desk)

    async def agreed(call: Call[Agreed], framework: Framework) -> Answer:
        return await desk.answered(
            call, lambda sheet: agree(framework, books=SqlAgreementBooks(sheet), actor=call.actor)
        )

    async def agreed_with_consumers(call: Call[Agreed], terms: ConsumerTerms) -> Answer:
        return await desk.answered(
            call, lambda sheet: agree_with_consumers(terms, books=SqlAgreementBooks(sheet), actor=call.actor)
        )

    async def accredited(call: Call[Agreed], accreditation: Accreditation) -> Answer:
        return await desk.answered(
            call, lambda sheet: accredit(accreditation, books=SqlAgreementBooks(sheet), actor=call.actor)
        )

    async def budgets(actor: Actor, wanted: BudgetsWanted) -> Sequence[LeaseBudget]:
        return await desk.work(actor.city, actor.id, "", lambda sheet: SqlAgreementBooks(sheet).budgets(actor, wanted))

    async def find(actor: Actor, lease_id: LeaseId) -> LeaseFile | None:
        return await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: find_lease(lease_id, books=SqlLeaseBooks(sheet), seal=seal, actor=actor),
        )

    async def draw_code(actor: Actor, lease_id: LeaseId) -> bytes | Refusal[NotDone]:
        text = await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: code_of_handover(lease_id, books=SqlLeaseBooks(sheet), seal=seal, actor=actor),
        )
        return await asyncio.to_thread(qr_svg, text) if isinstance(text, str) else text

    async def page(actor: Actor, wanted: Wanted) -> Sequence[tuple[Lease, Mark]]:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: page_of_leases(wanted, books=SqlLeaseBooks(sheet), actor=actor)
        )

    return Leases(
        agree=agreed,
        agree_with_consumers=agreed_with_consumers,
        accredit=accredited,
        offer=step(offer_lease),
        apply=step(apply_for_lease),
        decide=step(decide_on_lease),
        review=step(review_lease),
        order=step(order_lease),
        get_ready=step(get_ready),
        another_pin=step(give_another_pin),
        hand_over=step(hand_lease_over, seal=lambda _: seal),
        cancel=step(cancel_lease),
        running=running_leases(step),
        budgets=budgets,
        find=find,
        draw_code=draw_code,
        page=page,
    )
