"""The ASGI application. It needs a server that speaks the lifespan protocol, and one process only."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from adapters.payments.sandbox import api, authentication, checkouts
from adapters.payments.sandbox.controls import control
from adapters.payments.sandbox.errors import ApiError, ErrorBody, missing
from adapters.payments.sandbox.http import (
    Answer,
    Application,
    Gone,
    Receive,
    Request,
    Scope,
    Send,
    TooLarge,
    receive_request,
    send_answer,
)
from adapters.payments.sandbox.sandbox import Sandbox, open_sandbox
from adapters.payments.sandbox.settings import SandboxSettings

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0


def create_sandbox(settings: SandboxSettings) -> Application:
    """A stand-in for Stripe's API for exactly these accounts.

    Opens its file when the server starts it and closes it when the server stops; until then every call answers 503.
    """
    running: list[Sandbox] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(settings, running, receive, send)
        elif scope["type"] == "http":
            try:
                request = await receive_request(scope, receive)
            except TooLarge:
                await send_answer(_error(413, "The request is too large."), send)
                return
            except Gone:
                return
            given = await _route(running[0], request) if running else _error(503, "The sandbox is not running.")
            await send_answer(given, send)

    return application


async def _live(settings: SandboxSettings, running: list[Sandbox], receive: Receive, send: Send) -> None:
    await receive()
    sandbox = open_sandbox(settings)
    running.append(sandbox)
    tasks = [asyncio.create_task(_lasting(work)) for work in (sandbox.courier.run, lambda: _sweep(sandbox))]
    await send({"type": "lifespan.startup.complete"})
    await receive()
    running.clear()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sandbox.store.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _lasting(work: Callable[[], Awaitable[None]]) -> None:
    """Deliveries and expiry go on after a failure (a full disk, say), and say that there was one."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("the Stripe sandbox's background work failed and starts again")
        await asyncio.sleep(SWEEP_SECONDS)


async def _sweep(sandbox: Sandbox) -> None:
    while True:
        sandbox.sweep()
        await asyncio.sleep(SWEEP_SECONDS)


async def _route(sandbox: Sandbox, request: Request) -> Answer:
    if request.path.startswith("/v1/"):
        return await api.answer(sandbox, request)
    try:
        if request.path.startswith("/authenticate/"):
            return _authenticate(sandbox, request)
        if request.path.startswith("/pay/"):
            return _pay(sandbox, request)
        if request.path == "/healthz" and request.method == "GET":
            return Answer(status=200, body=b'{"status":"ok"}')
        return control(sandbox, request)
    except ApiError as error:
        return Answer(status=error.status, body=msgspec.json.encode({"error": error.body}))


def _authenticate(sandbox: Sandbox, request: Request) -> Answer:
    """The bank's page; whoever has the address may use it, as with Stripe's own test page."""
    identifier = request.path.removeprefix("/authenticate/")
    owner = sandbox.store.owner(identifier)
    account = None if owner is None else sandbox.accounts.get(owner)
    if account is None or not identifier.startswith(("pi_", "seti_")):
        raise missing("intent", identifier)
    call = sandbox.call(account, url=sandbox.settings.public_url or request.url)
    if request.method == "GET":
        return authentication.ask(authentication.intent_of(call, identifier))
    if request.method != "POST":
        return _error(405, "GET shows the page, POST answers it.")
    success = authentication.outcome_of(request)
    with sandbox.store.transaction():
        intent, back = authentication.complete(call, identifier, success=success)
        checkouts.followed(call, identifier)
    sandbox.courier.wake()
    return authentication.completed(request, intent, back)


def _pay(sandbox: Sandbox, request: Request) -> Answer:
    """The payment page; whoever has its address may pay."""
    identifier = request.path.removeprefix("/pay/")
    owner = sandbox.store.owner(identifier)
    account = None if owner is None else sandbox.accounts.get(owner)
    if account is None or not identifier.startswith("cs_"):
        raise missing("checkout.session", identifier)
    call = sandbox.call(account, url=sandbox.settings.public_url or request.url)
    session = checkouts.retrieve(call, identifier, {})
    if request.method == "GET":
        return checkouts.show(session)
    if request.method != "POST":
        return _error(405, "GET shows the page, POST pays.")
    method = checkouts.method_of(request)
    with sandbox.store.transaction():
        paid = checkouts.pay(call, session, method)
    sandbox.courier.wake()
    return checkouts.paid_page(session, paid)


def _error(status: int, message: str) -> Answer:
    body = ErrorBody(type="invalid_request_error", message=message)
    return Answer(status=status, body=msgspec.json.encode({"error": body}))
