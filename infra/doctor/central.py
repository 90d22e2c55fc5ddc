"""The central system of charging stations: whether it answers, until when certificates count, and whether stations can come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.database.charging.examining import StationFacts
from adapters.ocpp.central.certificates import papers_in
from adapters.ocpp.central.reaching import NotReached, reached
from domain.charging.stations import SecurityProfile
from infra.doctor.findings import Finding, State, judged, well
from infra.secrets import SecretMissing
from infra.serving.ocpp import tls_of
from infra.settings import Settings

RENEWED_BEFORE = timedelta(days=30)
AT_MOST = 5
RENEW = "renew it, and start kommobil ocpp again"


async def port_findings(urls: Sequence[str]) -> list[Finding]:
    """What answers where stations call."""
    if not urls:
        return [well("central system", "not asked; --stations-call ws://HOST:PORT asks")]
    findings = []
    for url in urls:
        try:
            findings.append(well(f"central system at {url}", await reached(url)))
        except NotReached as problem:
            remedy = "start kommobil ocpp there, or look at what lies between"
            findings.append(Finding(f"central system at {url}", State.FAILED, str(problem), remedy))
    return findings


def certificate_findings(settings: Settings, wanted: frozenset[SecurityProfile], now: datetime) -> list[Finding]:
    """`wanted` are the profiles of the stations that may come. A machine that names no certificate need not be theirs."""
    named = (settings.ocpp_certificate_file, settings.ocpp_authority_file)
    by_tls = wanted - {SecurityProfile.BASIC}
    if not any((*named, settings.ocpp_key_file)):
        says = (
            "stations come by TLS, and KOMMOBIL_OCPP_CERTIFICATE_FILE is named elsewhere" if by_tls else "none is named"
        )
        return [well("station certificates", says)]
    profile = SecurityProfile.CERTIFICATE if settings.ocpp_authority_file is not None else SecurityProfile.TLS
    try:
        tls_of(settings, profile)
    except SecretMissing as missing:
        return [Finding("station certificates", State.FAILED, str(missing), "put the files there, or name others")]
    findings = [_expiry(file, now) for file in named if file is not None]
    lacks = SecurityProfile.CERTIFICATE in wanted and settings.ocpp_authority_file is None
    says = "stations come with certificates, and nobody is named who signs them" if lacks else "can be used"
    return [
        judged("station certificates", lacks, says, "name KOMMOBIL_OCPP_AUTHORITY_FILE", grave=False),
        *findings,
    ]


def station_findings(stations: Sequence[StationFacts], now: datetime) -> list[Finding]:
    """Which of the stations that may come cannot, never did, or are away."""
    shut_out = [each.name for each in stations if not each.has_a_way_in]
    unseen = [each.name for each in stations if each.seen_at is None and each.has_a_way_in]
    away = [
        each.name
        for each in stations
        if each.seen_at is not None and not each.connected and each.seen_at + timedelta(seconds=each.heartbeat_s) < now
    ]
    here = sum(each.connected for each in stations)
    return [
        judged("stations without a key", bool(shut_out), _some(shut_out, "every one has a key or a name in its certificate"),
               "kommobil charging stations key, or PATCH their certificate_name: nobody can come in as them"),
        judged("stations never seen", bool(unseen), _some(unseen, "every one has come"),
               "look at the address, the identity and the key that they were set up with", grave=False),
        judged("stations away", bool(away), _some(away, f"{here} of {len(stations)} connected"),
               "kommobil charging tickets says since when; start kommobil ocpp if none is here", grave=False),
    ]  # fmt: skip


def _expiry(file: Path, now: datetime) -> Finding:
    first = min(papers_in(file), key=lambda paper: paper.until)
    name, says = f"certificate {file.name}", f"{first.name} counts until {first.until:%Y-%m-%d %H:%M}Z"
    over = first.until <= now
    return judged(name, over or first.until - now < RENEWED_BEFORE, says, RENEW, grave=over)


def _some(names: Sequence[str], otherwise: str) -> str:
    more = f" and {len(names) - AT_MOST} more" if len(names) > AT_MOST else ""
    return ", ".join(names[:AT_MOST]) + more if names else otherwise
