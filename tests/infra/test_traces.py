"""Spans of requests, where they are wanted."""

import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from adapters.http.gate import Seen
from infra.serving.traces import span_writer, spans
from infra.settings import Settings, SettingsFault, read_settings
from tests.infra.processes import ROOT

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_request_becomes_a_span_below_the_callers() -> None:
    sent = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(sent))
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


def test_where_nobody_wants_spans_nothing_of_them_is_loaded() -> None:
    assert span_writer(Settings()) is None
    program = "import infra.serving.api, sys; sys.exit(any('opentelemetry' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_where_to_send_spans_is_a_setting() -> None:
    assert read_settings({"KOMMOBIL_TRACES": "otlp"}).traces == "otlp"
    with pytest.raises(SettingsFault, match="KOMMOBIL_TRACES is otlp or off"):
        read_settings({"KOMMOBIL_TRACES": "yes"})
