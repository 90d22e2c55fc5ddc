"""What is measured, with prometheus_client.

Several processes share one port, and a scrape meets any of them. So each writes its figures into a file of its own in one
folder (`PROMETHEUS_MULTIPROC_DIR`, which must be set before this module is loaded), and whoever is scraped adds them up.
Labels are operation ids, statuses and names of ours: never anything that a caller chose.
"""

import os
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from adapters.metrics.folder import FOLDER

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


class Metrics:
    """One process's figures, and everybody's."""

    def __init__(self) -> None:
        mine = self._registry = CollectorRegistry()
        self._requests = Counter(
            "kommobil_requests", "Requests answered.", ["operation", "method", "status"], registry=mine
        )
        self._seconds = Histogram(
            "kommobil_request_seconds", "Time to answer.", ["operation"], buckets=BUCKETS, registry=mine
        )
        self._limited = Counter("kommobil_rate_limited", "Requests beyond a limit.", ["operation"], registry=mine)
        self._retries = Counter("kommobil_database_retries", "Transactions run again.", ["reason"], registry=mine)
        self._swept = Counter("kommobil_swept", "Done by the clock, such as holds expired.", ["sweep"], registry=mine)
        self._jobs = Counter(
            "kommobil_outbox_entries", "Entries of the outbox, by outcome.", ["outcome"], registry=mine
        )
        self._pool = Gauge(
            "kommobil_pool_in_use",
            "Connections to PostgreSQL in use.",
            ["pool"],
            registry=mine,
            multiprocess_mode="livesum",
        )
        self._age = Gauge(
            "kommobil_outbox_age_seconds",
            "By how much the oldest entry that is due is late.",
            registry=mine,
            multiprocess_mode="livemax",
        )
        self._dead = Gauge(
            "kommobil_outbox_dead_letters", "Entries that were given up.", registry=mine, multiprocess_mode="livemax"
        )
        self._untold = Gauge(
            "kommobil_notices_failed",
            "Notices of the last seven days that could not be sent and were given up.",
            registry=mine,
            multiprocess_mode="livemax",
        )
        self._stations = Gauge(
            "kommobil_stations_connected",
            "Charging stations that are there.",
            registry=mine,
            multiprocess_mode="livesum",
        )
        self._said = Counter("kommobil_station_messages", "OCPP's messages.", ["direction", "kind"], registry=mine)
        self._obeyed = Histogram(
            "kommobil_station_order_seconds", "Time until a station answers.", buckets=BUCKETS, registry=mine
        )
        # Finding a child by its labels costs more than to count.
        self._counting = lru_cache(maxsize=2048)(self._requests.labels)
        self._timing = lru_cache(maxsize=512)(self._seconds.labels)
        self._saying = lru_cache(maxsize=16)(self._said.labels)

    def answered(self, operation: str, method: str, status: int, seconds: float) -> None:
        self._counting(operation, method, status).inc()
        self._timing(operation).observe(seconds)
        if status == 429:
            self._limited.labels(operation).inc()

    def retried(self, reason: str, times: int) -> None:
        self._retries.labels(reason).inc(times)

    def swept(self, sweep: str, count: int) -> None:
        self._swept.labels(sweep).inc(count)

    def delivered(self, outcome: str) -> None:
        self._jobs.labels(outcome).inc()

    def pool(self, name: str, in_use: int) -> None:
        self._pool.labels(name).set(in_use)

    def outbox(self, age_s: float, dead: int) -> None:
        self._age.set(age_s)
        self._dead.set(dead)

    def notices(self, failed: int) -> None:
        self._untold.set(failed)

    def stations(self, count: int) -> None:
        self._stations.set(count)

    def station_said(self, direction: str, kind: str) -> None:
        self._saying(direction, kind).inc()

    def order_answered(self, seconds: float) -> None:
        self._obeyed.observe(seconds)

    def exposition(self) -> bytes:
        """All processes' figures where they share a folder, else this one's; reads files."""
        if FOLDER not in os.environ:
            return generate_latest(self._registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)
