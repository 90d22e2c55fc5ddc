"""Spans for OpenTelemetry, where KOMMOBIL_TRACES says `otlp`; otherwise none of its libraries is loaded.

A request's span is written when the request is over, from what the gate has seen of it: nothing is carried along meanwhile, and
nothing is in it that is not in the access log. Where the caller sent a `traceparent`, the span is his span's child. Where
to send them, and how many of them, OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER).
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from infra.clock import now
from infra.settings import Settings

if TYPE_CHECKING:
    from adapters.http.gate import Seen
    from adapters.jobs.effects import Effects
    from adapters.jobs.relay import Job, Routes
    from adapters.jobs.sweeps import Batch
    from adapters.payments.watching import Asked
    from services.jobs.ports import Entry

NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")
MISSING = "KOMMOBIL_TRACES=otlp needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http: pip install kommobil[traces]"


def installed() -> bool:
    """Whether there is what spans are sent with."""
    try:
        return all(find_spec(name) is not None for name in NEEDED)
    except ModuleNotFoundError:
        return False


def span_writer(settings: Settings) -> "Callable[[Seen], None] | None":
    """Sends a span for each request, in the background; None where that is not wanted."""
    return spans(_provider()) if settings.traces == "otlp" else None


def call_writer(settings: Settings) -> "Callable[[Asked], None] | None":
    """Sends a span for each request to Stripe likewise."""
    return calls(_provider()) if settings.traces == "otlp" else None


def job_spans(settings: Settings) -> "Callable[[Routes], Routes]":
    """Puts a span around each job of the outbox, if that is wanted."""
    return jobs(_provider()) if settings.traces == "otlp" else lambda routes: routes


def sweep_spans(settings: Settings) -> "Callable[[Effects], Effects]":
    """Puts a span around each batch that does something, if that is wanted."""
    return batches(_provider()) if settings.traces == "otlp" else lambda effects: effects


@cache
def _provider() -> Any:
    """This process's, sending in the background."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found] # noqa: PLC0415 - only here
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - likewise

    provider = TracerProvider(resource=Resource.create({"service.name": "kommobil"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def spans(provider: Any) -> "Callable[[Seen], None]":
    """Writes spans with a tracer provider of the SDK."""
    from opentelemetry import trace  # noqa: PLC0415 - only where spans are written

    tracer = provider.get_tracer("kommobil")

    def write(seen: "Seen") -> None:
        ended = int(now().timestamp() * 1e9)
        context = None
        if seen.trace is not None and seen.parent is not None:
            span_id, _, flags = seen.parent.partition("-")
            parent = trace.SpanContext(
                int(seen.trace, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(int(flags, 16))
            )
            context = trace.set_span_in_context(trace.NonRecordingSpan(parent))
        span = tracer.start_span(
            seen.operation,
            context=context,
            kind=trace.SpanKind.SERVER,
            start_time=ended - int(seen.seconds * 1e9),
            attributes={
                "http.request.method": seen.method,
                "http.response.status_code": seen.status,
                "kommobil.request_id": seen.request_id,
            },
        )
        if seen.status >= 500:
            span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.end(end_time=ended)

    return write


def calls(provider: Any) -> "Callable[[Asked], None]":
    """Writes a span for each request to Stripe, below that of the job in which it is made."""
    from opentelemetry import trace  # noqa: PLC0415 - likewise

    tracer = provider.get_tracer("kommobil")

    def write(asked: "Asked") -> None:
        ended = int(now().timestamp() * 1e9)
        attributes: dict[str, str | int] = {
            "http.request.method": asked.method,
            "url.template": asked.path,
            "server.address": "stripe",
        }
        if asked.status is not None:
            attributes["http.response.status_code"] = asked.status
        span = tracer.start_span(
            f"{asked.method} {asked.path}",
            kind=trace.SpanKind.CLIENT,
            start_time=ended - int(asked.seconds * 1e9),
            attributes=attributes,
        )
        if asked.status is None or asked.status >= 400:
            span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.end(end_time=ended)

    return write


def jobs(provider: Any) -> "Callable[[Routes], Routes]":
    """Jobs are few beside requests, so their spans are open while they run: what they ask of Stripe stands below them."""
    from opentelemetry import trace  # noqa: PLC0415 - likewise

    tracer = provider.get_tracer("kommobil")

    def spanned(job: "Job") -> "Job":
        async def run(entry: "Entry") -> object:
            attributes = {
                "kommobil.city": entry.city,
                "kommobil.outbox.id": str(entry.id),
                "kommobil.outbox.kind": entry.kind,
                "kommobil.outbox.attempt": entry.attempts,
                "kommobil.outbox.age_s": max(0.0, (now() - entry.written_at).total_seconds()),
            }
            span = tracer.start_span(job.name, kind=trace.SpanKind.CONSUMER, attributes=attributes)
            try:
                with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                    return await job.run(entry)
            except BaseException as error:
                _failed(span, error)
                raise
            finally:
                span.end()

        return msgspec.structs.replace(job, run=run)

    return lambda routes: {kind: tuple(map(spanned, found)) for kind, found in routes.items()}


def batches(provider: Any) -> "Callable[[Effects], Effects]":
    """A batch that finds nothing leaves no span: most of them do, each second."""
    from opentelemetry import trace  # noqa: PLC0415 - likewise

    from infra.serving.measuring import SWEEPS  # noqa: PLC0415 - only the worker has it

    tracer = provider.get_tracer("kommobil")

    def spanned(name: str, batch: "Batch") -> "Batch":
        async def run() -> int:
            span = tracer.start_span(name.replace("_", " "))
            try:
                with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                    done = await batch()
            except BaseException as error:
                _failed(span, error)
                span.end()
                raise
            if done:
                span.set_attribute("kommobil.done", done)
                span.end()
            return done

        return run

    return lambda effects: msgspec.structs.replace(
        effects, **{name: spanned(name, getattr(effects, name)) for name in SWEEPS}
    )


def _failed(span: Any, error: BaseException) -> None:
    """By its type: its words may quote what nobody outside should read."""
    from opentelemetry import trace  # noqa: PLC0415 - likewise

    span.set_attribute("error.type", type(error).__name__)
    span.set_status(trace.Status(trace.StatusCode.ERROR))
