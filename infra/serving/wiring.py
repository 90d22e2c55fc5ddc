"""What API and worker are wired to besides the database."""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from adapters.database.answering import RETRIED
from adapters.http.callers import Callers
from adapters.http.gate import Policy, Seen
from adapters.http.limits import Limits
from adapters.http.metrics import metrics
from adapters.limits.alone import LocalLimiter
from adapters.limits.together import RedisLimiter
from adapters.locks.simulated import SimulatedLock
from adapters.mail.files import FileMailer
from adapters.mail.smtp import SmtpMailer, server
from adapters.metrics.folder import FOLDER, MEDIA_TYPE, prepare
from infra.bootstrap import Front, Outside, Post
from infra.budgets import budgets
from infra.clock import now
from infra.ids import new_id
from infra.retention import kept
from infra.secrets import SecretMissing, kept_key, resolved
from infra.serving.logs import AccessLog
from infra.serving.traces import call_writer, span_writer
from infra.settings import Settings, words
from infra.signing_in import Keys
from infra.tokens import sign_in_key, signing_key, webhook_key

if TYPE_CHECKING:
    from adapters.metrics.prometheus import Metrics

_log = logging.getLogger("kommobil")


def outside(settings: Settings, written: Callable[[], None]) -> Outside:
    """`written` is called after each commit that left work in the outbox."""

    def secret(reference: str) -> str | None:
        try:
            return resolved(reference, settings.data, os.environ)
        except SecretMissing as missing:
            _log.warning("%s", missing)
            return None

    return Outside(
        now,
        new_id,
        secret,
        settings.stripe_url,
        written,
        webhook_key(settings),
        webhook_networks=settings.networks,
        kept=kept(settings.keep),
        keys=Keys(signing_key(settings), sign_in_key(settings)),
        oidc_loopback=settings.oidc_loopback == "yes",
        bank_folder=settings.bank,
        asked=call_writer(settings),
        lock=SimulatedLock(now) if settings.locks == "simulated" else None,
    )


def nobody_to_wake() -> None:
    """The relay looks by itself."""


def post(settings: Settings) -> Post:
    """Letters by SMTP where a server is told of, else as files. Raises SecretMissing."""
    if settings.smtp_url is None or settings.mail_domain is None:
        return Post(FileMailer(settings.mail))
    password = None
    if settings.smtp_password_file is not None:
        try:
            password = settings.smtp_password_file.read_text().strip()
        except OSError as problem:
            raise SecretMissing(f"{settings.smtp_password_file} cannot be read: {problem.strerror}") from problem
    return Post(SmtpMailer(server(settings.smtp_url, password)), settings.mail_domain)


def figures(settings: Settings) -> "Metrics":
    """This process's figures, in the folder where all processes of the installation lay down theirs."""
    prepare(settings.metrics, anew=False)
    os.environ[FOLDER] = str(settings.metrics)
    from adapters.metrics.prometheus import Metrics  # noqa: PLC0415 - its library looks for the folder when it is loaded

    return Metrics()


def front(settings: Settings, measured: "Metrics") -> Front:
    """What stands before the operations. Redis counts requests for all processes; without it each counts its share."""
    alone = LocalLimiter(_milliseconds, settings.api_processes)
    together = RedisLimiter(settings.redis_url, alone, settings.api_processes) if settings.redis_url else None
    token = settings.metrics_token or kept_key(settings.secrets / "metrics-token", "")
    return Front(
        limits=Limits(together or alone, budgets(settings.rate_limits)),
        callers=Callers(words(settings.trusted_proxies)),
        policy=Policy(
            hosts=frozenset(words(settings.allowed_hosts)),
            origins=frozenset(words(settings.cors_origins)),
            tls=(settings.public_url or "").startswith("https://"),
        ),
        watch=_watching(settings, measured),
        docs=settings.docs == "on",
        undocumented=(metrics(measured.exposition, MEDIA_TYPE, token),),
        without=partial(_without, together),
        on_stop=(together.close,) if together else (),
    )


def _watching(settings: Settings, measured: "Metrics") -> Callable[[Seen], None]:
    """Counts each request; writes a line and a span of it where that is wanted."""
    line = AccessLog(settings.log).write if settings.writes_access_log else None
    others = [write for write in (line, span_writer(settings)) if write is not None]

    def watch(seen: Seen) -> None:
        measured.answered(seen.operation, seen.method, seen.status, seen.seconds)
        for write in others:
            write(seen)

    return watch


async def _without(together: RedisLimiter | None) -> Sequence[str]:
    return () if together is None or await together.answers() else ("redis",)


def sampler(measured: "Metrics", pools: Mapping[str, Callable[[], int]]) -> Callable[[], None]:
    """Writes down what is counted elsewhere: connections in use, and transactions run again since the last time."""
    told: Counter[str] = Counter()

    def sample() -> None:
        for name, in_use in pools.items():
            measured.pool(name, in_use())
        for reason, times in (RETRIED - told).items():
            measured.retried(reason, times)
        told.update(RETRIED - told)

    return sample


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000
