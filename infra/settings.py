"""What the installation is told from outside: environment variables, and the data folder."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from infra.budgets import budgets

PREFIX = "KOMMOBIL_"
DATA = Path(".kommobil")


class SettingsFault(Exception):
    """A variable does not say what it should; the message names it and never repeats a value with a password."""


class Settings(Struct, frozen=True):
    """None means: not told. `up` fills in what it starts itself, and hands all of it to its processes.

    database_url        the owner of the schema; alone, all roles share its login and take theirs on by SET ROLE
    app_database_url    serves one city at a time, walled in by row-level security
    relay_database_url  works across cities
    redis_url           the doorbell of the outbox; without it PostgreSQL is polled
    public_url          where residents reach the API; it stands in mails
    stripe_url          where payments go; without it, to Stripe itself
    jwt_key_file        the Ed25519 key that signs access tokens; by default one is made under the data folder
    rate_limits         `off`, or words such as `booking=60/60` (requests in seconds) or `search=off` (infra/budgets.py)
    trusted_proxies     addresses or networks whose X-Forwarded-For is believed, with commas between them
    api_processes       how many processes answer the API, on all machines; `up` and `serve` know their own
    """

    data: Path = DATA
    database_url: str | None = None
    app_database_url: str | None = None
    relay_database_url: str | None = None
    redis_url: str | None = None
    public_url: str | None = None
    stripe_url: str | None = None
    jwt_key_file: Path | None = None
    rate_limits: str | None = None
    trusted_proxies: str | None = None
    api_processes: int = 1

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

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
    key_file = told.pop("jwt_key_file", None)
    folder = data or Path(told.pop("data", DATA))
    told.pop("data", None)
    for field in ("database_url", "app_database_url", "relay_database_url"):
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
        jwt_key_file=Path(key_file) if key_file else None,
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


def _postgres(field: str, url: str) -> str:
    """The URL as asyncpg reads it, also where it was written for SQLAlchemy."""
    plain = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    _scheme(field, plain, "postgresql", "postgres")
    return plain


def _scheme(field: str, url: str, *schemes: str) -> None:
    if urlsplit(url).scheme not in schemes:
        raise SettingsFault(f"{PREFIX}{field.upper()} begins with {' or '.join(f'{s}://' for s in schemes)}")
