"""What the installation is told from outside: environment variables, and the data folder."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from infra.budgets import budgets

Network: TypeAlias = IPv4Network | IPv6Network

PREFIX = "KOMMOBIL_"
DATA = Path(".kommobil")


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
    webhook_key_file    32 bytes or more from which the secrets of outgoing webhooks come; by default made likewise
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
    webhook_key_file: Path | None = None
    webhook_networks: str | None = None

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
    jwt_key, webhook_key = (
        Path(told.pop(field)) if field in told else None for field in ("jwt_key_file", "webhook_key_file")
    )
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
    _trusted(told.get("trusted_proxies", ""))
    try:
        budgets(told.get("rate_limits"))
    except ValueError as error:
        raise SettingsFault(f"KOMMOBIL_RATE_LIMITS: {error}") from error
    processes = _count("api_processes", told.pop("api_processes", "1"))
    return Settings(
        data=folder.absolute(),
        jwt_key_file=jwt_key,
        webhook_key_file=webhook_key,
        api_processes=processes,
        **told,
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


def _count(field: str, told: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,5}", told):
        raise SettingsFault(f"{PREFIX}{field.upper()} is a number, 1 or more")
    return int(told)


def _networks(listed: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in words(listed))
    except ValueError as fault:
        raise SettingsFault(
            f"{PREFIX}WEBHOOK_NETWORKS names networks as in 10.20.0.0/16, with commas between"
        ) from fault


def _postgres(field: str, url: str) -> str:
    """The URL as asyncpg reads it, also where it was written for SQLAlchemy."""
    plain = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    _scheme(field, plain, "postgresql", "postgres")
    return plain


def _scheme(field: str, url: str, *schemes: str) -> None:
    if urlsplit(url).scheme not in schemes:
        raise SettingsFault(f"{PREFIX}{field.upper()} begins with {' or '.join(f'{s}://' for s in schemes)}")
