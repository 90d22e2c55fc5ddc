"""The tour's leases by converted pay: one that is bought at its end, one that goes from hand to hand and is settled, one that is
bought out, and one that goes back."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.identity import Role
from infra.clock import now
from tests.journeys.contract import DOCUMENT
from tests.journeys.installation import Installation
from tests.journeys.tour_of_fleet import a_picture
from tests.journeys.tour_of_money import Asking
from tests.journeys.towns import BRAUNSCHWEIG, Person, in_state, people

BASE = "/v1/{city}/leasing"


class Sides(Struct, frozen=True):
    holder: UUID
    lessee: Asking
    dealer: Asking
    hr: Asking
    lessor: Asking


async def parties(installation: Installation) -> list[Person]:
    """A dealer, an employer's HR and a lessor."""
    named = ((Role.DEALER, "radhaus"), (Role.HR, "stadtwerke"), (Role.LESSOR, "leasing-ag"))
    return [(await people(installation, BRAUNSCHWEIG, 1, role, parties=[party]))[0] for role, party in named]


async def leased(sides: Sides, installation: Installation) -> None:
    framework = _example("frameworks/{employer}", "put")
    for employer in ("stadtwerke", "wasserwerke"):
        await sides.lessor.ask("PUT", f"leasing/frameworks/{employer}", framework)
    assert [each["framework"]["employer"] for each in (await sides.hr.ask("GET", "leasing/budgets"))["items"]] == [
        "stadtwerke"
    ]
    await sides.lessor.ask("PUT", "leasing/dealers/radhaus", _example("dealers/{dealer}", "put"))
    terms = _example("consumer-terms/{lessor}", "put")
    await sides.lessor.ask("PUT", "leasing/consumer-terms/leasing-ag", terms)
    offer = _example("offers") | {"holder_id": str(sides.holder)}
    given_up = (await sides.dealer.ask("POST", "leasing/offers", offer))["id"]
    await sides.lessee.ask("POST", "leasing/cancellations", {"lease_id": given_up})
    await sides.lessee.ask("PATCH", "me", {"name": "Ada Beispiel"})
    for ends in (_bought, _settled, _bought_out, _given_back):
        lease = await _handed_over(sides)
        await in_state(installation, BRAUNSCHWEIG, lease["lease_id"], "active")
        await _serviced(sides, lease)
        await ends(sides, installation, lease)


async def _handed_over(sides: Sides) -> dict[str, Any]:
    offer = _example("offers") | {"holder_id": str(sides.holder)}
    lease = {"lease_id": (await sides.dealer.ask("POST", "leasing/offers", offer))["id"]}
    await sides.lessee.ask("POST", "leasing/applications", lease)
    await sides.hr.ask("POST", "leasing/reviews", lease)
    await sides.hr.ask("POST", "leasing/approvals", _example("approvals") | lease)
    await _papers(sides, f"leasing/leases/{lease['lease_id']}/papers")
    await sides.lessor.ask("POST", "leasing/orders", _example("orders") | lease)
    await sides.dealer.ask("POST", "leasing/pickups", _example("pickups") | lease)
    await sides.dealer.ask("POST", "leasing/pins", lease)
    pin = (await sides.lessee.ask("GET", f"leasing/leases/{lease['lease_id']}"))["pin"]
    await sides.lessee.fetch(f"leasing/leases/{lease['lease_id']}/pin-code", b"<?xml")
    handover = _example("handovers") | lease | {"pin": pin}
    assert (await sides.dealer.ask("POST", "leasing/handovers", handover))["state"] == "handed_over"
    assert (await sides.lessee.ask("GET", "leasing/leases"))["items"][0]["id"] == lease["lease_id"]
    return lease


async def _papers(sides: Sides, papers: str) -> None:
    name = _example("parties/{party}", "put")
    named = await sides.hr.ask("PUT", "leasing/parties/stadtwerke", name)
    assert (await sides.hr.ask("GET", "leasing/parties"))["items"] == [named]
    await sides.lessor.ask("PUT", "leasing/parties/leasing-ag", name)
    await sides.hr.ask("POST", papers)
    for paper in (await sides.hr.ask("GET", papers))["items"]:
        await sides.hr.fetch(f"{papers}/{paper['kind']}", b"%PDF")
        for side in (sides.hr, sides.lessee) if paper["kind"] == "conversion" else (sides.hr,):
            await side.ask("POST", f"{papers}/{paper['kind']}/acceptances", {"digest": paper["digest"]})


async def _serviced(sides: Sides, lease: dict[str, Any]) -> None:
    """By two bills: one on which the lessor decides, and one that the package pays at once."""
    day = (await sides.lessee.ask("GET", f"leasing/leases/{lease['lease_id']}"))["handed_over_on"]
    bill = _example("service-invoices") | lease | {"issued_on": day, "serviced_on": day}
    dear = bill | {"number": f"{lease['lease_id']}-1", "lines": bill["lines"] * 2}
    waits = (await sides.dealer.ask("POST", "leasing/service-invoices", dear))["id"]
    no = {"accepted": False, "reason": "nicht beauftragt"}
    await sides.lessor.ask("POST", f"leasing/service-invoices/{waits}/decisions", no)
    await sides.dealer.ask("POST", "leasing/service-invoices", bill | {"number": f"{lease['lease_id']}-2"})
    listed = (await sides.lessee.ask("GET", "leasing/service-invoices"))["items"]
    assert [each["state"] for each in listed[:2]] == ["accepted", "refused"]
    years = (await sides.lessee.ask("GET", f"leasing/service-budgets/{lease['lease_id']}"))["years"]
    assert years[0]["used"] == bill["lines"][0]["gross"]


async def _bought(sides: Sides, installation: Installation, lease: dict[str, Any]) -> None:
    """After a rest and a theft."""
    plan = (await sides.lessee.ask("GET", f"leasing/leases/{lease['lease_id']}"))["instalments"]
    rest = lease | {"pause": "parental_leave", "since": plan[1]["month"]}
    await sides.hr.ask("POST", "leasing/suspensions", rest)
    await sides.hr.ask("POST", "leasing/resumptions", lease | {"on": plan[2]["month"]})
    await sides.lessee.ask("POST", "leasing/incidents", _example("incidents") | lease)
    await _claimed(sides, lease)
    await sides.lessor.ask("POST", "leasing/incident-outcomes", _example("incident-outcomes") | lease)
    await in_state(installation, BRAUNSCHWEIG, lease["lease_id"], "ending")
    await sides.lessor.ask("POST", "leasing/purchase-offers", _example("purchase-offers") | lease)
    await sides.lessor.ask("POST", "leasing/purchase-offers/revocations", lease)
    await sides.lessor.ask("POST", "leasing/purchase-offers", _example("purchase-offers") | lease)
    await sides.lessee.ask("POST", "leasing/purchases", lease)
    await sides.lessor.ask("POST", "leasing/closings", lease)


async def _claimed(sides: Sides, lease: dict[str, Any]) -> None:
    claim = (await sides.lessee.ask("POST", "leasing/claims", _example("claims") | lease))["id"]
    await sides.lessee.send(f"leasing/claims/{claim}/photos", a_picture(), "image/png")
    (photo,) = (await sides.lessor.ask("GET", f"leasing/claims/{claim}"))["photos"]
    await sides.lessor.fetch(f"leasing/claims/{claim}/photos/{photo['digest']}", b"\xff\xd8\xff")
    await sides.lessor.ask("POST", f"leasing/claims/{claim}/steps", _example("claims/{claim_id}/steps"))
    assert (await sides.lessee.ask("GET", f"leasing/claims/{claim}"))["state"] == "accepted"
    assert (await sides.lessee.ask("GET", "leasing/claims"))["items"][0]["id"] == claim
    await _traced(sides, f"leasing/tracings/{lease['lease_id']}")


async def _traced(sides: Sides, tracing: str) -> None:
    await sides.lessor.ask("PUT", tracing, _example("tracings/{lease_id}", "put"))
    await sides.lessee.ask("POST", f"{tracing}/consents", {"given": True})
    seen = _example("tracings/{lease_id}/places") | {"seen_at": now().isoformat()}
    await sides.lessor.ask("POST", f"{tracing}/places", seen)
    assert (await sides.lessee.ask("GET", tracing))["place"]["lat"] == seen["lat"]


async def _settled(sides: Sides, installation: Installation, lease: dict[str, Any]) -> None:
    """After another employer and the holder herself have gone on with it."""
    draft, notice = _example("settlement-drafts") | lease, await _notice(sides, lease)
    await sides.hr.ask("POST", "leasing/terminations", notice)
    await sides.lessor.ask("POST", "leasing/transfers", _example("transfers") | lease)
    await sides.lessor.ask("POST", "leasing/terminations", notice)
    await sides.lessor.ask("POST", "leasing/settlement-drafts", draft)
    await sides.lessee.ask("POST", "leasing/private-continuations", lease)
    await sides.lessor.ask("POST", "leasing/terminations", notice)
    sheet = (await sides.lessor.ask("POST", "leasing/settlement-drafts", draft))["made_out"]["sheet"]
    settlement = _example("settlements") | lease | {"sheet": sheet}
    assert (await sides.lessor.ask("POST", "leasing/settlements", settlement))["state"] == "early_ended"


async def _notice(sides: Sides, lease: dict[str, Any]) -> dict[str, Any]:
    """For the day of the handover: no month has begun for which anybody pays."""
    seen = await sides.lessee.ask("GET", f"leasing/leases/{lease['lease_id']}")
    notice: dict[str, Any] = _example("terminations") | lease | {"on": seen["handed_over_on"]}
    return notice


async def _bought_out(sides: Sides, installation: Installation, lease: dict[str, Any]) -> None:
    await sides.hr.ask("POST", "leasing/terminations", await _notice(sides, lease))
    await sides.lessor.ask("POST", "leasing/settlement-drafts", _example("settlement-drafts") | lease)
    await sides.lessee.ask("POST", "leasing/buyouts", lease)


async def _given_back(sides: Sides, installation: Installation, lease: dict[str, Any]) -> None:
    await in_state(installation, BRAUNSCHWEIG, lease["lease_id"], "ending")
    await sides.lessee.ask("POST", "leasing/returns", _example("returns") | lease)
    await sides.lessor.ask("POST", "leasing/returns/receipts", lease)
    await sides.lessor.ask("POST", "leasing/inspections", _example("inspections") | lease)
    await sides.lessor.ask("POST", "leasing/closings", lease)


def _example(path: str, method: str = "post") -> Any:
    return DOCUMENT["paths"][f"{BASE}/{path}"][method]["requestBody"]["content"]["application/json"]["example"]
