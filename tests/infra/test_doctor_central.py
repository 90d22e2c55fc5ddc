"""`kommobil doctor` looks at the certificates that stations are shown, and at stations that cannot come, never came, or are away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from adapters.database.charging.examining import StationFacts
from domain.charging.stations import SecurityProfile
from domain.identity import City
from infra.doctor.central import certificate_findings, station_findings
from infra.doctor.findings import Finding, State
from infra.settings import Settings, read_settings

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
CAME = StationFacts(City("oker"), "BS-1", SecurityProfile.BASIC, True, NOON, 900, connected=True)
BY_TLS, BY_ALL = frozenset({SecurityProfile.TLS}), frozenset(SecurityProfile)


def amiss(findings: list[Finding]) -> list[tuple[str, State, str]]:
    return [(each.name, each.state, each.says) for each in findings if each.state is not State.OK]


def settings(folder: Path, until: datetime, *, authority: bool = False) -> Settings:
    """With a certificate that counts until then."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ocpp.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=400))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    named = {"CERTIFICATE": "server.pem", "KEY": "server.key"} | ({"AUTHORITY": "server.pem"} if authority else {})
    environment = {f"KOMMOBIL_OCPP_{what}_FILE": str(folder / file) for what, file in named.items()}
    return read_settings(environment | {"KOMMOBIL_DATA": str(folder)})


def test_of_stations_that_come_and_go_nothing_is_said() -> None:
    asleep = replace(CAME, connected=False, seen_at=NOON - timedelta(minutes=14))
    assert amiss(station_findings([CAME, asleep], NOON)) == []


@pytest.mark.parametrize(
    ("station", "name", "state"),
    [
        (replace(CAME, has_a_way_in=False, seen_at=None, connected=False), "stations without a key", State.FAILED),
        (replace(CAME, seen_at=None, connected=False), "stations never seen", State.WARNING),
        (replace(CAME, seen_at=NOON - timedelta(minutes=16), connected=False), "stations away", State.WARNING),
    ],
)
def test_stations_that_cannot_come_never_came_or_are_away_are_named(
    station: StationFacts, name: str, state: State
) -> None:
    assert amiss(station_findings([CAME, station], NOON)) == [(name, state, "oker/BS-1")]


@pytest.mark.parametrize(
    ("lasts", "state"),
    [(timedelta(days=31), None), (timedelta(days=29), State.WARNING), (-timedelta(days=1), State.FAILED)],
)
def test_a_certificate_is_renewed_before_it_is_over(tmp_path: Path, lasts: timedelta, state: State | None) -> None:
    found = amiss(certificate_findings(settings(tmp_path, NOON + lasts), BY_TLS, NOON))
    says = f"ocpp.example counts until {NOON + lasts:%Y-%m-%d %H:%M}Z"
    assert found == ([("certificate server.pem", state, says)] if state is not None else [])


def test_files_that_cannot_be_used_are_found_and_who_signs_is_named(tmp_path: Path) -> None:
    sound = settings(tmp_path, NOON + timedelta(days=60))
    nobody_signs = certificate_findings(sound, BY_ALL, NOON)
    assert [(each[0], each[1]) for each in amiss(nobody_signs)] == [("station certificates", State.WARNING)]
    signed = settings(tmp_path, NOON + timedelta(days=60), authority=True)
    assert amiss(certificate_findings(signed, BY_ALL, NOON)) == []
    (tmp_path / "server.key").write_text("nothing")
    (broken,) = certificate_findings(signed, BY_ALL, NOON)
    assert (broken.state, "cannot be used" in broken.says) == (State.FAILED, True)
    (none_named,) = certificate_findings(read_settings({"KOMMOBIL_DATA": str(tmp_path)}), BY_TLS, NOON)
    assert none_named.state is State.OK
