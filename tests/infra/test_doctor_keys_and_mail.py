"""`kommobil doctor`: the keys that the installation signs with, and the road that letters take."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from infra.doctor.findings import Finding, State
from infra.doctor.keys import key_findings
from infra.doctor.mail import NOT_LET_IN, NOT_REACHED, NOT_TRUSTED, mail_finding
from infra.embedded import DataFolder
from infra.settings import Settings
from infra.tokens import sign_in_key, signing_key, webhook_key
from tests.adapters.mail.test_smtp import USER, Certificate, Mailbox, a_server, knows
from tests.infra.command_line import CommandLine

SMTP = {"mail_domain": "mobil.example"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=DataFolder(tmp_path / "data").root)


def states(findings: list[Finding]) -> dict[str, State]:
    return {finding.name: finding.state for finding in findings}


def test_keys_that_nobody_has_needed_yet_are_well_and_are_not_made_by_looking(settings: Settings) -> None:
    assert states(key_findings(settings)) == dict.fromkeys(("signing key", "webhook secret", "sign-in key"), State.OK)
    assert [path.name for path in settings.secrets.iterdir()] == ["jwt.pem"]
    made: list[Callable[[Settings], object]] = [signing_key, webhook_key, sign_in_key]
    for make in made:
        make(settings)
    assert [finding.says for finding in key_findings(settings)][1:] == [
        f"in {settings.secrets / name}" for name in ("webhooks.key", "sign-in.key")
    ]


@pytest.mark.parametrize(
    ("field", "name"),
    [("jwt_key_file", "signing key"), ("webhook_key_file", "webhook secret"), ("sign_in_key_file", "sign-in key")],
)
def test_a_key_that_is_gone_or_too_short_is_found_and_a_remedy_named(
    settings: Settings, tmp_path: Path, field: str, name: str
) -> None:
    place = tmp_path / "key"
    named = replace(settings, **{field: place})
    gone = {finding.name: finding for finding in key_findings(named)}
    place.write_bytes(b"short")
    short = {finding.name: finding for finding in key_findings(named)}

    for found in (gone, short):
        assert [each for each in found if found[each].state is not State.OK] == [name]
        assert str(place) in found[name].says
        assert found[name].do


def test_a_key_of_our_own_that_was_cut_off_is_found(settings: Settings) -> None:
    for name in ("webhooks.key", "sign-in.key"):
        (settings.secrets / name).write_bytes(os.urandom(31))
    assert [finding.name for finding in key_findings(settings) if finding.state is State.FAILED] == [
        "webhook secret",
        "sign-in key",
    ]


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


async def test_without_a_mail_server_letters_are_laid_down(settings: Settings) -> None:
    assert await mail_finding(settings) == Finding("mail", State.OK, f"letters are laid down in {settings.mail}")


async def test_a_mail_server_is_greeted_and_gets_no_letter(settings: Settings) -> None:
    mailbox = Mailbox()
    async with a_server(mailbox) as port:
        found = await mail_finding(replace(settings, smtp_url=f"smtp+plain://127.0.0.1:{port}", **SMTP))
    assert found == Finding("mail", State.OK, f"127.0.0.1:{port} takes letters")
    gone = await mail_finding(replace(settings, smtp_url=f"smtp+plain://127.0.0.1:{port}", **SMTP))
    assert (gone.state, gone.do) == (State.FAILED, NOT_REACHED)
    assert "refused" in gone.says
    assert mailbox.taken == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")
async def test_what_keeps_letters_back_is_told_apart(
    settings: Settings, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"tls_context": certificate.shown(), "auth_required": True, "authenticator": knows}
    async with a_server(Mailbox(), **options) as port:
        secured = replace(settings, smtp_url=f"smtp://{USER}:hush@127.0.0.1:{port}", **SMTP)
        untrusted = await mail_finding(secured)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        unknown = await mail_finding(secured)
    async with a_server(Mailbox()) as port:
        plain = await mail_finding(replace(settings, smtp_url=f"smtp://127.0.0.1:{port}", **SMTP))
    nowhere = replace(secured, smtp_password_file=settings.data / "nowhere")

    assert [(each.state, each.do) for each in (untrusted, unknown)] == [
        (State.FAILED, NOT_TRUSTED),
        (State.FAILED, NOT_LET_IN),
    ]
    assert "smtp+plain://" in plain.do
    assert str(settings.data / "nowhere") in (await mail_finding(nowhere)).says
    assert "hush" not in untrusted.says + unknown.says


@pytest.mark.database
def test_the_doctor_looks_at_keys_and_mail(kommobil: CommandLine) -> None:
    DataFolder(kommobil.data)
    said = kommobil("doctor", KOMMOBIL_SMTP_URL="smtp+plain://127.0.0.1:1", KOMMOBIL_MAIL_DOMAIN="mobil.example")
    assert said.exit_code == 1
    assert "FAILED   mail" in said.out
    for name in ("signing key", "webhook secret", "sign-in key"):
        assert f"ok       {name}" in said.out
