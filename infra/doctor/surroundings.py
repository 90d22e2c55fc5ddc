"""What is around the database: the data folder, Redis, and Stripe."""

import os
import shutil
import stat
from pathlib import Path

from adapters.database.operator import Cities
from adapters.jobs.redis_state import RedisState
from infra.doctor.findings import Finding, State, judged, well
from infra.secrets import SecretMissing, resolved
from infra.settings import Settings

ROOM = 2 * 1024**3  # bytes; with less, PostgreSQL stops for want of room at the next burst
LITTLE_ROOM = 10 * 1024**3
PRIVATE = ("secrets", "run", "redis", "logs", "mail", "stripe-sandbox")
AT_MOST = 5  # named in a line


def redis_findings(url: str | None, state: RedisState | None) -> list[Finding]:
    """Redis holds nothing that is not in PostgreSQL too: without it everything works, slower and counting alone."""
    if url is None:
        return [
            well("redis", "none is named: pending work is looked up in PostgreSQL, limits are counted by each process")
        ]
    if state is None:
        return [
            Finding(
                "redis",
                State.WARNING,
                "does not answer: things take up to a second longer",
                "start it, or look at its log",
            )
        ]
    evicts = state.eviction != "noeviction"
    return [
        well("redis", f"Redis {state.version}; it may lose all it has, whether it writes to disk does not matter"),
        judged(
            "redis memory", evicts, f"when memory runs out: {state.eviction}", "CONFIG SET maxmemory-policy noeviction"
        ),
    ]


def folder_findings(settings: Settings) -> list[Finding]:
    """The data folder: whose it is, who may look into it, and how much room is left."""
    data = settings.data
    if not data.is_dir():
        return [well("data folder", f"there is none at {data}")]
    strangers = [path for path in (data, *data.rglob("*")) if path.exists() and _owner_matters(path, data)]
    open_to_others = sorted(_open_to_others(data))
    free, whole = shutil.disk_usage(data).free, shutil.disk_usage(data).total
    return [
        judged("data folder", not os.access(data, os.W_OK), f"{data}", "give it to the account that runs kommobil"),
        judged("owner", bool(strangers), f"belong to others: {_some(strangers)}" if strangers else "all of it is ours",
               f"chown -R {os.geteuid()} {data}, with everything stopped"),
        judged("privacy", bool(open_to_others), f"others may read: {_some(open_to_others)}" if open_to_others else "nobody else may look",
               "chmod 700 the folders and 600 the files: secrets may have been read, so renew them"),
        judged("disk", free < LITTLE_ROOM and free < whole // 10, f"{free / 1024**3:.1f} GiB free", "make room, or move --data",
               grave=free < ROOM),
    ]  # fmt: skip


def city_findings(settings: Settings, cities: Cities) -> list[Finding]:
    """Whether the cities' settings can be read, and the secrets that they name are where they say."""
    findings = [
        Finding(f"settings of {city}", State.FAILED, fault, "set it anew: kommobil city set FILE")
        for city, fault in cities.unreadable.items()
    ]
    for city, said in cities.settings.items():
        if said.stripe is None:
            findings.append(well(f"stripe of {city}", "takes no money"))
            continue
        try:
            for reference in (said.stripe.secret_key, said.stripe.webhook_secret):
                resolved(reference, settings.data, os.environ)
        except SecretMissing as missing:
            findings.append(
                Finding(f"stripe of {city}", State.FAILED, f"{missing}", "put the secret there, or change the city")
            )
        else:
            findings.append(well(f"stripe of {city}", "its secrets are there; whether Stripe answers tells --online"))
    return findings


def _owner_matters(path: Path, data: Path) -> bool:
    """PostgreSQL's own folder may belong to the account that it runs under."""
    return path.relative_to(data).parts[:1] not in {("postgres",), ("run",)} and path.lstat().st_uid != os.geteuid()


def _open_to_others(data: Path) -> list[Path]:
    """Inside of a folder that others cannot enter, only secrets have to be closed as well."""
    found = [data]
    for folder in (data / part for part in PRIVATE if (data / part).is_dir()):
        found.append(folder)
        if folder.name == "secrets" or folder.stat().st_mode & _MAY_ENTER:
            found += folder.rglob("*")
    return [path for path in found if path.exists() and not path.is_socket() and path.lstat().st_mode & _MAY_LOOK]


_MAY_ENTER = stat.S_IXGRP | stat.S_IXOTH
_MAY_LOOK = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH  # to pass through without looking is let be


def _some(paths: list[Path]) -> str:
    return ", ".join(map(str, paths[:AT_MOST])) + (f" and {len(paths) - AT_MOST} more" if len(paths) > AT_MOST else "")
