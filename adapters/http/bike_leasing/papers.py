"""`/v1/{city}/leasing/leases/{lease}/papers`: the contracts of a lease as PDF/A, and who has said yes to them."""

from datetime import date, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.bike_leasing import paper_examples as examples
from adapters.http.bike_leasing.agreements import PARTY
from adapters.http.endpoints import LEASE_SIDES, PARTIES, Ask, Endpoint, Reply, answer
from adapters.http.problems import Rejected
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId, Side
from domain.bike_leasing.papers.accepting import AcceptPaper, Method, Signature
from domain.bike_leasing.papers.papers import SIGNERS, Digest, PartyNamed
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import City
from domain.refusals import Refusal
from services.bike_leasing.papers import LeasePapers
from services.bike_leasing.papers.ports import Kept, PaperFile
from services.calls import Answer

BASE = "/v1/{city:str}/leasing"
LIST = f"{BASE}/leases/{{lease_id:uuid}}/papers"
ONE = f"{LIST}/{{paper:str}}"
LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\S[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, pattern=LINE)]
Hash: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Cms: TypeAlias = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class PartyRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """How the party is called in contracts from now on; `town` with its postcode."""

    name: Line
    street: Line
    town: Line


class PartyView(Struct, frozen=True):
    party: str
    name: str
    street: str
    town: str


class PartyList(Struct, frozen=True):
    """Those that one acts for and somebody has named."""

    items: tuple[PartyView, ...]


class SignatureGiven(Struct, forbid_unknown_fields=True, frozen=True):
    """Made by a qualified trust service over the paper's bytes: `content` is the detached signature (CMS, base64)."""

    provider: Line
    reference: Line
    content: Cms


class AcceptanceRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`digest` is the SHA-256 of the PDF that is agreed to. A `qualified` acceptance brings its signature along, which is kept and
    shown and not verified."""

    digest: Hash
    method: Method = Method.SIMPLE
    signature: SignatureGiven | None = None


class TextView(Struct, frozen=True):
    name: str
    since: date
    digest: str


class AcceptanceView(Struct, frozen=True):
    """On which side, by whom and when; `digest` is what was agreed to."""

    side: Side
    by: UUID
    at: datetime
    digest: str
    method: Method
    signature: Signature | None


class PaperView(Struct, frozen=True):
    """`digest` is the SHA-256 of the PDF, `texts` the legal texts in it by their own. `awaits` are the sides that have not said yes;
    the lessor may, and does so by ordering; nobody says yes to what a consumer is told before her contract (`pre_contract`)."""

    kind: PaperKind
    digest: str
    drawn_at: datetime
    href: str
    texts: tuple[TextView, ...]
    accepted: tuple[AcceptanceView, ...]
    awaits: tuple[Side, ...]


class PaperList(Struct, frozen=True):
    items: tuple[PaperView, ...]


def _parties(offered: LeasePapers) -> tuple[Endpoint, ...]:
    async def name_party(ask: Ask) -> Reply:
        asked = await ask.body(PartyRequest)
        party = str(ask.path("party"))
        if PARTY.fullmatch(party) is None:
            raise Rejected("unknown_party")
        named = PartyNamed(PartyId(party), asked.name.strip(), asked.street.strip(), asked.town.strip())
        return await offered.name(ask.call((party, asked), lambda made: answer(_party(made))), named)

    async def list_parties(ask: Ask) -> Reply:
        return answer(PartyList(tuple(map(_party, await offered.named(ask.actor)))))

    return (
        Endpoint(
            HttpMethod.PUT,
            PARTIES,
            f"{BASE}/parties/{{party:str}}",
            "nameLeaseParty",
            "leasing",
            "How a dealer, an employer or a lessor is called in contracts",
            name_party,
            {200: PartyView},
            codes=("unknown_party",),
            body=PartyRequest,
            keyed=True,
            example=examples.NAME,
            examples={200: examples.NAMED},
        ),
        Endpoint(
            HttpMethod.GET,
            PARTIES,
            f"{BASE}/parties",
            "listLeaseParties",
            "leasing",
            "How the dealers, employers and lessors that one acts for are called in contracts",
            list_parties,
            {200: PartyList},
            examples={200: {"items": [examples.NAMED]}},
        ),
    )


def lease_papers(offered: LeasePapers) -> tuple[Endpoint, ...]:
    async def draw_papers(ask: Ask) -> Reply:
        found = await offered.draw(ask.actor, LeaseId(ask.path("lease_id")))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_listed(ask.city, found))

    async def list_papers(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, LeaseId(ask.path("lease_id")))
        return answer(_listed(ask.city, found)) if found is not None else ask.problem("unknown_lease")

    async def get_paper(ask: Ask) -> Reply:
        kind = _kind(ask)
        found = await offered.content(ask.actor, LeaseId(ask.path("lease_id")), kind)
        if found is None:
            raise Rejected("unknown_paper")
        digest, content = found
        headers = {
            "etag": f'"{digest}"',
            "cache-control": "private, max-age=31536000, immutable",
            "content-disposition": f'inline; filename="{kind}.pdf"',
        }
        known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
        if known & {headers["etag"], "*"}:
            return Response(b"", status_code=304, headers=headers)
        return Response(content, status_code=200, media_type="application/pdf", headers=headers)

    async def accept_paper(ask: Ask) -> Reply:
        asked = await ask.body(AcceptanceRequest, longest=20_000)
        lease, kind = LeaseId(ask.path("lease_id")), _kind(ask)
        signature = Signature(**msgspec.structs.asdict(asked.signature)) if asked.signature is not None else None
        command = AcceptPaper(lease, kind, Digest(asked.digest), asked.method, signature)

        def said(file: Any) -> Answer:
            return answer(next(each for each in _listed(ask.city, file).items if each.kind is kind))

        return await offered.accept(ask.call((lease, kind, asked), said), command)

    return (
        *_parties(offered),
        Endpoint(
            HttpMethod.POST,
            LEASE_SIDES,
            LIST,
            "drawLeasePapers",
            "leasing",
            "Draw up the contracts of a lease that the employer has approved, or for a consumer what she is told and her contract, from the offer on;"
            " once, whoever asks",
            draw_papers,
            {200: PaperList},
            codes=(
                *("unknown_lease", "lease_state_forbids", "framework_not_active"),
                *("party_not_named", "holder_not_named", "no_rule_then"),
            ),
            examples={200: {"items": [examples.PAPER]}},
        ),
        Endpoint(
            HttpMethod.GET,
            LEASE_SIDES,
            LIST,
            "listLeasePapers",
            "leasing",
            "The contracts that one may read, and who has said yes to them",
            list_papers,
            {200: PaperList},
            codes=("unknown_lease",),
            examples={200: {"items": [examples.PAPER]}},
        ),
        Endpoint(
            HttpMethod.GET,
            LEASE_SIDES,
            ONE,
            "getLeasePaper",
            "leasing",
            "A contract as it was drawn up: PDF/A-3, with its facts and calculation sheets inside",
            get_paper,
            {200: None, 304: None},
            codes=("unknown_paper",),
            media="application/pdf",
        ),
        Endpoint(
            HttpMethod.POST,
            LEASE_SIDES,
            f"{ONE}/acceptances",
            "acceptLeasePaper",
            "leasing",
            "Say yes to a contract, by its hash; each side once",
            accept_paper,
            {200: PaperView},
            codes=(
                *("unknown_lease", "not_yours_to_do", "lease_state_forbids", "unknown_paper", "paper_differs"),
                "signature_missing",
            ),
            body=AcceptanceRequest,
            keyed=True,
            example={"digest": examples.DIGEST},
            examples={200: examples.PAPER},
        ),
    )


def _kind(ask: Ask) -> PaperKind:
    try:
        return PaperKind(str(ask.path("paper")))
    except ValueError:
        raise Rejected("unknown_paper") from None


def _party(made: Any) -> PartyView:
    return PartyView(made.party, made.name, made.street, made.town)


def _listed(city: City, file: PaperFile) -> PaperList:
    return PaperList(tuple(_view(city, file, paper) for paper in file.papers))


def _view(city: City, file: PaperFile, paper: Kept) -> PaperView:
    said = [each for each in file.accepted if each.kind is paper.kind]
    missing = SIGNERS[paper.kind] - {each.side for each in said}
    return PaperView(
        paper.kind,
        paper.digest,
        paper.drawn_at,
        f"/v1/{city}/leasing/leases/{file.lease.id}/papers/{paper.kind}",
        tuple(msgspec.convert(each, TextView) for each in paper.texts),
        tuple(AcceptanceView(each.side, each.by, each.at, each.digest, each.method, each.signature) for each in said),
        tuple(sorted(missing)),
    )
