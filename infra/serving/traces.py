"""Spans of requests for OpenTelemetry, where KOMMOBIL_TRACES says `otlp`; otherwise none of its libraries is loaded.

A span is written when the request is over, from what the gate has seen of it: nothing is carried along meanwhile, and
nothing is in it that is not in the access log. Where the caller sent a `traceparent`, the span is his span's child. Where
to send them, and how many of them, OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER).
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from infra.clock import now
from infra.settings import Settings

if TYPE_CHECKING:
    from adapters.http.gate import Seen

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
    if settings.traces != "otlp":
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found] # noqa: PLC0415 - only here
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - likewise

    provider = TracerProvider(resource=Resource.create({"service.name": "kommobil"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return spans(provider)


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
