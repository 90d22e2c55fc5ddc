"""What the environment says, and what is made of it."""

from pathlib import Path

import pytest

from adapters.database.connections import Address
from infra.database import Addresses, addresses
from infra.settings import Settings, SettingsFault, read_settings

OWNER = "postgresql://owner:x@db/kommobil"


def test_nothing_said_is_the_embedded_default_in_the_current_folder() -> None:
    assert read_settings({}) == Settings(data=Path(".kommobil").absolute())


def test_everything_can_be_said(tmp_path: Path) -> None:
    environment = {
        "KOMMOBIL_DATA": str(tmp_path),
        "KOMMOBIL_DATABASE_URL": "postgresql+asyncpg://owner:x@db/kommobil",
        "KOMMOBIL_APP_DATABASE_URL": "postgres://app:x@db/kommobil",
        "KOMMOBIL_RELAY_DATABASE_URL": "postgresql://relay:x@db/kommobil",
        "KOMMOBIL_REDIS_URL": "rediss://cache:6379/0",
        "KOMMOBIL_PUBLIC_URL": "https://mobil.example/",
        "KOMMOBIL_STRIPE_URL": "https://api.stripe.com",
        "KOMMOBIL_JWT_KEY_FILE": "/run/keys/jwt.pem",
        "KOMMOBIL_RATE_LIMITS": "booking=60/60 search=off",
        "KOMMOBIL_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "KOMMOBIL_API_PROCESSES": "4",
        "KOMMOBIL_KEEP": "callers=14 quotes=2",
        "KOMMOBIL_BACKUP_DATABASE_URL": "postgresql://backup:x@db/kommobil",
        "KOMMOBIL_OF_SOMEBODY_ELSE": "ignored",
    }
    assert read_settings(environment) == Settings(
        data=tmp_path,
        database_url=OWNER,
        app_database_url="postgres://app:x@db/kommobil",
        relay_database_url="postgresql://relay:x@db/kommobil",
        redis_url="rediss://cache:6379/0",
        public_url="https://mobil.example",
        stripe_url="https://api.stripe.com",
        jwt_key_file=Path("/run/keys/jwt.pem"),
        rate_limits="booking=60/60 search=off",
        trusted_proxies="10.0.0.0/8, ::1",
        api_processes=4,
        keep="callers=14 quotes=2",
        backup_database_url="postgresql://backup:x@db/kommobil",
    )


def test_the_command_line_goes_over_the_environment(tmp_path: Path) -> None:
    assert read_settings({"KOMMOBIL_DATA": "/elsewhere"}, tmp_path).data == tmp_path


def test_a_child_process_reads_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=OWNER, redis_url="unix:///run/redis.sock")
    assert read_settings(settings.environment()) == settings


def test_one_login_takes_the_roles_on() -> None:
    assert addresses(Settings(database_url=OWNER)) == Addresses(
        Address(OWNER), Address(OWNER, "kommobil_app"), Address(OWNER, "kommobil_relay")
    )


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({"KOMMOBIL_KEEP": "answers=29"}, "KOMMOBIL_KEEP: answers is kept for 30 to 90 days, not '29'"),
        ({"KOMMOBIL_KEEP": "callers=forever"}, "KOMMOBIL_KEEP: callers is kept for 1 to 90 days, not 'forever'"),
        (
            {"KOMMOBIL_KEEP": "bookings=1"},
            "KOMMOBIL_KEEP: 'bookings' is none of answers, callers, quotes, outbox, station_messages",
        ),
        ({"KOMMOBIL_DATABASE_URL": "db:5432"}, "KOMMOBIL_DATABASE_URL begins with postgresql:// or postgres://"),
        ({"KOMMOBIL_REDIS_URL": "http://x"}, "KOMMOBIL_REDIS_URL begins with redis:// or rediss:// or unix://"),
        ({"KOMMOBIL_API_PROCESSES": "many"}, "KOMMOBIL_API_PROCESSES is a whole number, 1 or more"),
        (
            {"KOMMOBIL_TRUSTED_PROXIES": "proxy.example"},
            "KOMMOBIL_TRUSTED_PROXIES names addresses or networks such as 10.0.0.0/8",
        ),
        (
            {"KOMMOBIL_RATE_LIMITS": "none"},
            "KOMMOBIL_RATE_LIMITS: say `off`, or words such as booking=60/60 or rest=off, of sign_in, withdrawal, ad_hoc, booking, search, rest",
        ),
        ({"KOMMOBIL_PUBLIC_URL": "mobil.example"}, "KOMMOBIL_PUBLIC_URL begins with http:// or https://"),
        (
            {"KOMMOBIL_DATABASE_URL": OWNER, "KOMMOBIL_APP_DATABASE_URL": OWNER},
            "KOMMOBIL_APP_DATABASE_URL and KOMMOBIL_RELAY_DATABASE_URL come together or not at all",
        ),
        (
            {"KOMMOBIL_APP_DATABASE_URL": OWNER, "KOMMOBIL_RELAY_DATABASE_URL": OWNER},
            "KOMMOBIL_APP_DATABASE_URL and KOMMOBIL_RELAY_DATABASE_URL come with KOMMOBIL_DATABASE_URL",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_name(environment: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsFault) as raised:
        read_settings(environment)
    assert str(raised.value) == fault


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("postgresql://a:x@one,two/k", "postgresql://a:x@one,two/k?target_session_attrs=read-write"),
        ("postgresql://a:x@/k?host=/one,/two", "postgresql://a:x@/k?host=/one,/two&target_session_attrs=read-write"),
        ("postgresql://a:x,y@one/k", "postgresql://a:x,y@one/k"),
        ("postgresql://a:x@one,two/k?target_session_attrs=any", "postgresql://a:x@one,two/k?target_session_attrs=any"),
    ],
)
def test_of_several_servers_the_one_that_takes_writes_is_looked_for(url: str, read: str) -> None:
    assert read_settings({"KOMMOBIL_DATABASE_URL": url}).database_url == read
