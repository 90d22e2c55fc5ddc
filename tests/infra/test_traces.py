"""Spans of requests, where they are wanted."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from msgspec.structs import replace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from adapters.http.gate import Seen
from adapters.jobs.effects import Effects
from adapters.jobs.relay import Job
from adapters.payments.accounts import StripeClients
from infra.clock import now
from infra.serving.traces import batches, call_writer, calls, jobs, span_writer, spans
from infra.settings import Settings, SettingsFault, read_settings
from services.jobs.ports import Entry
from tests.adapters.payments.sandbox.running import running
from tests.adapters.payments.sandboxed import CITY, NEIGHBOUR, accounts_of
from tests.examples import an_id
from tests.infra.processes import ROOT

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def a_provider() -> tuple[TracerProvider, InMemorySpanExporter]:
    sent = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(sent))
    return provider, sent


def test_a_request_becomes_a_span_below_the_callers() -> None:
    provider, sent = a_provider()
    write = spans(provider)
    write(Seen("createBooking", "POST", 201, 0.25, "r-1", TRACE, f"{SPAN}-01"))
    write(Seen("createQuote", "POST", 503, 0.5, "r-2"))
    write(Seen("getBooking", "GET", 200, 0.5, "r-3", TRACE, f"{SPAN}-00"))

    finished: tuple[Any, ...] = sent.get_finished_spans()
    child, alone = finished  # the third caller wants none
    assert (child.name, child.kind, child.end_time - child.start_time) == (
        "createBooking",
        SpanKind.SERVER,
        250_000_000,
    )
    assert (f"{child.context.trace_id:032x}", f"{child.parent.span_id:016x}") == (TRACE, SPAN)
    assert dict(child.attributes) == {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "kommobil.request_id": "r-1",
    }
    assert (alone.name, alone.parent, alone.status.status_code) == ("createQuote", None, StatusCode.ERROR)


ENTRY = Entry(CITY, an_id("entry"), "booking.cancelled", an_id("booking"), now(), 2)


async def test_a_job_of_the_outbox_becomes_a_span_and_what_it_asks_of_stripe_stands_below_it(tmp_path: Path) -> None:
    provider, sent = a_provider()
    async with running(tmp_path / "stripe", None) as sandbox:
        accounts = accounts_of(sandbox, CITY, NEIGHBOUR)
        clients = StripeClients(accounts, lambda secret: secret, sandbox.url, watch=calls(provider))

        async def settle(entry: Entry) -> None:
            client = await clients.of(entry.city)
            await client.v1.customers.create_async({"metadata": {"person_id": "anna"}})
            await client.v1.customers.retrieve_async("cus_nobody")

        ((job,),) = jobs(provider)({ENTRY.kind: (Job("settle", settle),)}).values()
        with pytest.raises(stripe.InvalidRequestError, match="cus_nobody"):
            await job.run(replace(ENTRY, written_at=now() - timedelta(seconds=60)))
        await clients.close()

    finished: tuple[Any, ...] = sent.get_finished_spans()
    made, missing, whole = finished
    assert (whole.name, whole.kind, whole.parent) == ("settle", SpanKind.CONSUMER, None)
    attributes = dict(whole.attributes)
    assert 60 <= attributes.pop("kommobil.outbox.age_s") < 90
    assert attributes == {
        "kommobil.city": CITY,
        "kommobil.outbox.id": str(ENTRY.id),
        "kommobil.outbox.kind": "booking.cancelled",
        "kommobil.outbox.attempt": 2,
        "error.type": "InvalidRequestError",
    }
    assert [(each.name, each.kind, each.parent.span_id) for each in (made, missing)] == [
        ("POST /v1/customers", SpanKind.CLIENT, whole.context.span_id),
        ("GET /v1/customers/{id}", SpanKind.CLIENT, whole.context.span_id),
    ]
    codes = [each.attributes["http.response.status_code"] for each in (made, missing)]
    assert codes == [200, 404]
    assert [each.status.status_code for each in (made, missing, whole)] == [
        StatusCode.UNSET,
        StatusCode.ERROR,
        StatusCode.ERROR,
    ]
    assert not any("nobody" in each.to_json() or "anna" in each.to_json() for each in (made, missing, whole))


async def test_a_sweep_that_does_something_becomes_a_span_and_one_that_finds_nothing_does_not() -> None:
    provider, sent = a_provider()
    found = iter([0, 3])

    async def expire() -> int:
        return next(found)

    async def fail() -> int:
        raise ValueError("ada@example.org")

    async def nothing(*_asked: object) -> int:
        return 0

    idle = Effects(**dict.fromkeys(Effects.__struct_fields__, nothing))
    spanned = batches(provider)(replace(idle, expire_holds=expire, close_unused=fail))
    assert [await spanned.expire_holds(), await spanned.expire_holds()] == [0, 3]
    with pytest.raises(ValueError, match="ada"):
        await spanned.close_unused()

    finished: tuple[Any, ...] = sent.get_finished_spans()
    assert [(each.name, dict(each.attributes)) for each in finished] == [
        ("expire holds", {"kommobil.done": 3}),
        ("close unused", {"error.type": "ValueError"}),
    ]


def test_where_nobody_wants_spans_nothing_of_them_is_loaded() -> None:
    assert (span_writer(Settings()), call_writer(Settings())) == (None, None)
    program = "import infra.serving.api, infra.serving.worker, sys; sys.exit(any('opentelemetry' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_where_to_send_spans_is_a_setting() -> None:
    assert read_settings({"KOMMOBIL_TRACES": "otlp"}).traces == "otlp"
    with pytest.raises(SettingsFault, match="KOMMOBIL_TRACES is otlp or off"):
        read_settings({"KOMMOBIL_TRACES": "yes"})
