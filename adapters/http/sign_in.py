"""Signing in and out."""

from typing import Annotated, Any, TypeAlias

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import JSON, PUBLIC, SIGNED_IN, Ask, Endpoint, Reply, answer, encode
from adapters.http.problems import Fault, Rejected, language
from domain.identity import PersonId
from domain.refusals import Refusal
from domain.sign_in.codes import CODE_LASTS, AskForCode, CodeId, NoCode
from domain.sign_in.sessions import SessionId, SignOut
from domain.sign_in.signing_in import Agreement, TermsMissing
from services.sign_in.signing_in import NewSession, SignIns, TokenPair

# What browsers take for an address (HTML, section 4.10.5.1.5): plain enough that a letter can be sent to it.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
Email: TypeAlias = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})*$",
        min_length=3,
        max_length=254,
        description="An e-mail address; upper and lower case are the same",
    ),
]
DIGITS: TypeAlias = Annotated[str, Meta(pattern="^[0-9]{6}$", min_length=6, max_length=6)]
Opaque: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000)]
Version: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]
Versions: TypeAlias = Annotated[dict[Version, Version], Meta(max_length=20)]


class CodeRequest(Struct, forbid_unknown_fields=True, frozen=True):
    email: Email


class CodeSent(Struct, frozen=True):
    """`expires_in` in seconds. Says the same whether the address is known or not."""

    expires_in: int


class TokenRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """One of three: `email` and `code`; a `refresh_token`; or an `issuer_token` of the city's own identity provider.

    `accepted_terms` is the version of the general terms, agreed to with all that goes with them, or a version for each
    document.
    """

    email: Email | None = None
    code: DIGITS | None = None
    refresh_token: Opaque | None = None
    issuer_token: Opaque | None = None
    accepted_terms: Version | Versions | None = None


def sign_in(service: SignIns) -> tuple[Endpoint, ...]:
    async def ask_for_code(ask: Ask) -> Reply:
        asked = await ask.body(CodeRequest)
        command = AskForCode(CodeId(ask.edge.new_id()), address(asked.email), language(ask.accept_language))
        refusal = await service.ask_for_code(ask.city, ask.caller(), command)
        if isinstance(refusal, Refusal) and refusal.reason is not NoCode.TOO_MANY_CODES:
            return ask.refuse(refusal)
        return answer(CodeSent(int(CODE_LASTS.total_seconds())), 202)

    async def make_tokens(ask: Ask) -> Reply:
        outcome = await _outcome(ask, service, await ask.body(TokenRequest))
        if isinstance(outcome, Refusal):
            ask.edge.tokens.outdate()  # an old refresh token ends its session
            return ask.refuse(outcome)
        if isinstance(outcome, TermsMissing):
            fault = Fault("name the version", pointer="/accepted_terms")
            return ask.problem("terms_not_accepted", errors=(fault,), terms=dict(outcome.missing))
        return Response(encode(outcome), status_code=200, media_type=JSON, headers={"cache-control": "no-store"})

    async def log_out(ask: Ask) -> Reply:
        bearer = ask.bearer
        expires_at = ask.now.fromtimestamp(bearer.expires_at, ask.now.tzinfo)
        await service.sign_out(ask.city, ask.caller(), SignOut(bearer.session, bearer.actor.id, expires_at))
        ask.edge.tokens.outdate()
        return Response(None, status_code=204)

    return (
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            "/v1/{city:str}/auth/codes",
            "askForCode",
            "sign-in",
            "Have a six-digit code mailed, good for ten minutes and five tries; the same answer for every address",
            ask_for_code,
            {202: CodeSent},
            codes=("unknown_city",),
            body=CodeRequest,
            example={"email": "ada@example.org"},
            examples={202: {"expires_in": 600}},
        ),
        Endpoint(
            HttpMethod.POST,
            PUBLIC,
            "/v1/{city:str}/auth/tokens",
            "makeTokens",
            "sign-in",
            "Sign in with a code or with a token of the city's identity provider, or go on with a refresh token",
            make_tokens,
            {200: TokenPair},
            codes=(
                *("unknown_city", "unauthorised", "wrong_city", "code_not_valid", "session_over"),
                *("terms_not_accepted", "no_address"),
            ),
            body=TokenRequest,
            example={"email": "ada@example.org", "code": "123456", "accepted_terms": "2026-01"},
            examples={
                200: {
                    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmVk",
                    "token_type": "Bearer",
                    "expires_in": 600,
                    "refresh_token": "b3BhcXVl",
                }
            },
        ),
        Endpoint(
            HttpMethod.POST,
            SIGNED_IN,
            "/v1/{city:str}/auth/logout",
            "logOut",
            "sign-in",
            "End the session: its refresh token counts no more, nor do its access tokens within a minute",
            log_out,
            {204: None},
        ),
    )


async def _outcome(ask: Ask, service: SignIns, asked: TokenRequest) -> TokenPair | TermsMissing | Refusal[Any]:
    city, caller, agreement = ask.city, ask.caller(), Agreement(asked.accepted_terms, language(ask.accept_language))
    new = NewSession(SessionId(ask.edge.new_id()), PersonId(ask.edge.new_id()), agreement)
    match asked:
        case TokenRequest(email=str(email), code=str(code), refresh_token=None, issuer_token=None):
            return await service.by_code(city, caller, address(email), code, new)
        case TokenRequest(email=None, code=None, refresh_token=str(refresh_token), issuer_token=None):
            return await service.go_on(city, caller, refresh_token, agreement)
        case TokenRequest(email=None, code=None, refresh_token=None, issuer_token=str(token)):
            return await service.by_issuer(city, caller, token, new, ask.now)
    raise Rejected("invalid_input", errors=(Fault("email and code, or one of the two tokens", pointer=""),))


def address(email: str) -> str:
    """As persons are known by it."""
    return email.strip().lower()
