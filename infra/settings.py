"""What the installation is told from outside: environment variables, and the data folder."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from infra.budgets import budgets
from infra.retention import kept

Network: TypeAlias = IPv4Network | IPv6Network

PREFIX = "KOMMOBIL_"
DATA = Path(".kommobil")
CHOICES = {
    "docs": ("on", "off"),
    "log": ("human", "json"),
    "access_log": ("on", "off"),
    "traces": ("otlp", "off"),
    "locks": ("simulated", "none"),
}
COUNTS = ("api_processes", "drain_s", "connections")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?")
HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]")
SHORTEST_SECRET = 32
FILES = (
    *("jwt_key_file", "webhook_key_file", "sign_in_key_file", "smtp_password_file"),
    *("ocpp_certificate_file", "ocpp_key_file", "ocpp_authority_file"),
)


class SettingsFault(Exception):
    """A variable does not say what it should; the message names it and never repeats a value with a password."""


class Settings(Struct, frozen=True):
    """None means: not told. `up` fills in what it starts itself, and hands all of it to its processes.

    database_url        the owner of the schema; alone, all roles share its login and take theirs on by SET ROLE
    app_database_url    serves one city at a time, walled in by row-level security
    relay_database_url  works across cities
    backup_database_url a login above row-level security, for backups alone
    redis_url           the doorbell of the outbox; without it PostgreSQL is polled
    public_url          where residents reach the API; it stands in mails
    stripe_url          where payments go; without it, to Stripe itself
    jwt_key_file        the Ed25519 key that signs access tokens; by default one is made under the data folder
    rate_limits         `off`, or words such as `booking=60/60` (requests in seconds) or `search=off` (infra/budgets.py)
    trusted_proxies     addresses or networks whose X-Forwarded-For is believed, with commas between them
    api_processes       how many processes answer the API, on all machines; `up` and `serve` know their own
    keep                for how many days what has grown old is kept, as in `callers=14 quotes=2` (infra/retention.py)
    allowed_hosts       the hosts by which the API may be asked, with commas between them; by default any
    cors_origins        the origins whose pages may ask, such as https://app.example, to the letter; by default none
    docs                `on` or `off`: the page at /docs; on for `up`, off for `serve`
    metrics_token       who knows it may read /metrics; by default one is made under the data folder
    log                 `human` or `json` lines on standard error
    access_log          `on` or `off`: a line for each request; by default on for json
    traces              `otlp` sends OpenTelemetry spans of requests and jobs (infra/serving/traces.py), `off` by default
    drain_s             seconds between the word to stop, when /readyz says 503, and the last connection accepted
    connections         how many of clients one process keeps open
    webhook_key_file    32 bytes or more from which the secrets of outgoing webhooks come; by default made likewise
    sign_in_key_file    32 bytes or more from which codes and refresh tokens come; by default made likewise
    smtp_url            smtp://user@host:587 (STARTTLS), smtps://user@host:465 (TLS) or smtp+plain://host:25 (a relay on
                        this machine or network); without it letters are files under the data folder
    smtp_password_file  holds the password to it
    mail_domain         whose mailboxes the cities write from, as in `city@mail_domain`; comes with smtp_url
    oidc_loopback       `yes`: a city's OpenID Connect issuer may be http on this machine, as in tests
    locks               `simulated` or `none`: what opens vehicles; simulated for `up`, none for `serve`, where keys are handed out
    ocpp_certificate_file  what charging stations are shown where they come by TLS, with ocpp_key_file
    ocpp_authority_file    who signs the certificates that stations show
    webhook_networks    where webhooks may go besides the public internet, as in `10.20.0.0/16,192.0.2.7/32`
    """

    data: Path = DATA
    database_url: str | None = None
    app_database_url: str | None = None
    relay_database_url: str | None = None
    backup_database_url: str | None = None
    redis_url: str | None = None
    public_url: str | None = None
    stripe_url: str | None = None
    jwt_key_file: Path | None = None
    rate_limits: str | None = None
    trusted_proxies: str | None = None
    api_processes: int = 1
    keep: str | None = None
    webhook_key_file: Path | None = None
    sign_in_key_file: Path | None = None
    smtp_url: str | None = None
    smtp_password_file: Path | None = None
    mail_domain: str | None = None
    oidc_loopback: str | None = None
    webhook_networks: str | None = None
    ocpp_certificate_file: Path | None = None
    ocpp_key_file: Path | None = None
    ocpp_authority_file: Path | None = None
    locks: str | None = None
    allowed_hosts: str | None = None
    cors_origins: str | None = None
    docs: str | None = None
    metrics_token: str | None = None
    log: str = "human"
    access_log: str | None = None
    traces: str | None = None
    drain_s: int | None = None
    connections: int = 4096

    @property
    def writes_access_log(self) -> bool:
        return self.access_log == "on" or (self.access_log is None and self.log == "json")

    @property
    def metrics(self) -> Path:
        """Where processes lay down their figures."""
        return self.data / "metrics"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def networks(self) -> tuple[Network, ...]:
        """Where webhooks may go besides the public internet."""
        return _networks(self.webhook_networks) if self.webhook_networks else ()

    @property
    def mail(self) -> Path:
        """Where letters are laid down in the embedded default."""
        return self.data / "mail"

    @property
    def bank(self) -> Path:
        """Into which files of bank statements are put, one folder for each city."""
        return self.data / "bank"

    def environment(self) -> dict[str, str]:
        """The same, for a child process."""
        told = {field: getattr(self, field) for field in self.__struct_fields__}
        return {PREFIX + field.upper(): str(value) for field, value in told.items() if value is not None}


def read_settings(environment: Mapping[str, str], data: Path | None = None) -> Settings:
    """Read the variables; `data` goes over KOMMOBIL_DATA. Raises SettingsFault."""
    told = {
        field: value
        for field in Settings.__struct_fields__
        if (value := environment.get(PREFIX + field.upper(), "").strip())
    }
    files: dict[str, Any] = {field: Path(told.pop(field)) for field in FILES if field in told}
    if "webhook_networks" in told:
        _networks(told["webhook_networks"])
    folder = data or Path(told.pop("data", DATA))
    told.pop("data", None)
    for field in ("database_url", "app_database_url", "relay_database_url", "backup_database_url"):
        if field in told:
            told[field] = _postgres(field, told[field])
    if "redis_url" in told:
        _scheme("redis_url", told["redis_url"], "redis", "rediss", "unix")
    for field in ("public_url", "stripe_url"):
        if field in told:
            _scheme(field, told[field], "http", "https")
            told[field] = told[field].rstrip("/")
    if "database_url" not in told and {"app_database_url", "relay_database_url"} & told.keys():
        raise SettingsFault("KOMMOBIL_APP_DATABASE_URL and KOMMOBIL_RELAY_DATABASE_URL come with KOMMOBIL_DATABASE_URL")
    if ("app_database_url" in told) != ("relay_database_url" in told):
        raise SettingsFault("KOMMOBIL_APP_DATABASE_URL and KOMMOBIL_RELAY_DATABASE_URL come together or not at all")
    _check(told)
    return Settings(
        data=folder.absolute(),
        **files,
        **{field: value for field, value in told.items() if field not in COUNTS},  # type: ignore[arg-type]
        **{field: _count(field, told[field]) for field in COUNTS if field in told},  # type: ignore[arg-type]
    )


def _check(told: Mapping[str, str]) -> None:
    """What stands in front of the API, and how letters leave. Raises SettingsFault."""
    _mail(told)
    _trusted(told.get("trusted_proxies", ""))
    _understood(told)
    for field, choices in CHOICES.items():
        if field in told and told[field] not in choices:
            raise SettingsFault(f"{PREFIX}{field.upper()} is {' or '.join(choices)}")
    for origin in words(told.get("cors_origins")):
        if not ORIGIN.fullmatch(origin):
            raise SettingsFault("KOMMOBIL_CORS_ORIGINS names origins such as https://app.example, without a path or *")
    for host in words(told.get("allowed_hosts")):
        if not HOST.fullmatch(host):
            raise SettingsFault("KOMMOBIL_ALLOWED_HOSTS names hosts such as api.example, without a port or *")
    if len(told.get("metrics_token", "x" * SHORTEST_SECRET)) < SHORTEST_SECRET:
        raise SettingsFault(
            f"KOMMOBIL_METRICS_TOKEN has fewer than {SHORTEST_SECRET} characters; anybody may ask for it"
        )


def words(told: str | None) -> tuple[str, ...]:
    """What stands between commas or spaces."""
    return tuple((told or "").replace(",", " ").split())


def _trusted(told: str) -> None:
    try:
        for network in words(told):
            ip_network(network)
    except ValueError as error:
        raise SettingsFault("KOMMOBIL_TRUSTED_PROXIES names addresses or networks such as 10.0.0.0/8") from error


def _understood(told: Mapping[str, str]) -> None:
    for field, read in (("rate_limits", budgets), ("keep", kept)):
        try:
            read(told.get(field))
        except ValueError as error:
            raise SettingsFault(f"{PREFIX}{field.upper()}: {error}") from error


def _count(field: str, told: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,5}", told):
        raise SettingsFault(f"{PREFIX}{field.upper()} is a whole number, 1 or more")
    return int(told)


def _networks(listed: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in words(listed))
    except ValueError as fault:
        raise SettingsFault(
            f"{PREFIX}WEBHOOK_NETWORKS names networks as in 10.20.0.0/16, with commas between"
        ) from fault


def _mail(told: Mapping[str, str]) -> None:
    if told.get("oidc_loopback", "yes") != "yes":
        raise SettingsFault("KOMMOBIL_OIDC_LOOPBACK is yes, or not told")
    if "smtp_url" not in told:
        return
    _scheme("smtp_url", told["smtp_url"], "smtp", "smtps", "smtp+plain")
    if not urlsplit(told["smtp_url"]).hostname:
        raise SettingsFault("KOMMOBIL_SMTP_URL names a host")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", told.get("mail_domain", "")):
        raise SettingsFault("KOMMOBIL_MAIL_DOMAIN, such as mobil.example.org, comes with KOMMOBIL_SMTP_URL")


def _postgres(field: str, url: str) -> str:
    """The URL as asyncpg reads it, also where it was written for SQLAlchemy.

    Where it names several servers, the one that takes writes is looked for.
    """
    plain = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    _scheme(field, plain, "postgresql", "postgres")
    parts = urlsplit(plain)
    query = parse_qs(parts.query)
    if "target_session_attrs" in query or "," not in parts.netloc.rpartition("@")[2] + "".join(query.get("host", ())):
        return plain
    return f"{plain}{'&' if parts.query else '?'}target_session_attrs=read-write"


def _scheme(field: str, url: str, *schemes: str) -> None:
    if urlsplit(url).scheme not in schemes:
        raise SettingsFault(f"{PREFIX}{field.upper()} begins with {' or '.join(f'{s}://' for s in schemes)}")
