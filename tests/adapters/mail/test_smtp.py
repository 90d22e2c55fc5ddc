"""Mail by SMTP, to a real server on this machine."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.mail.mime import as_mime
from adapters.mail.smtp import Server, SmtpMailer, server
from services.notices.ports import Message, NoMailbox
from tests.examples import NOON, an_id

LETTER = Message(
    id=an_id("letter"),
    written_at=NOON,
    sender="Stadt Okerstadt",
    sent_from="okerstadt@mobil.example",
    to="ada@example.org",
    language="de",
    subject="Grüße",
    text="Guten Tag,\n\nschöne Grüße.\n",
)
USER, PASSWORD = "okerstadt", "geheim: 1/2"


class Mailbox:
    """What the server took, as (sender, receivers, content); it refuses with `refusal` where there is one, and whom it does not know
    with what `unknown` says."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.secured: list[bool] = []
        self.refusal: str | None = None
        self.unknown: dict[str, str] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - likewise
        if address in self.unknown:
            return self.unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name for it
        if self.refusal:
            return self.refusal
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self.secured.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


class Certificate:
    """One that names this machine, and its own authority."""

    def __init__(self, folder: Path) -> None:
        key = generate_private_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)  # noqa: TID251 - TLS compares with the real clock
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, SHA256())
        )
        self.file = folder / "server.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)

    def shown(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))


def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, said: Any) -> AuthResult:
    return AuthResult(success=(said.login, said.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@asynccontextmanager
async def a_server(mailbox: Mailbox, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """Its port. `tls` secures it from the first byte; `tls_context` offers STARTTLS."""
    running = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, hostname="mail.example", **options), "127.0.0.1", 0, ssl=tls
    )
    async with running:
        yield running.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+plain"])
async def test_a_letter_arrives_whole_by_each_way(certificate: Certificate, scheme: str) -> None:
    mailbox = Mailbox()
    ways: dict[str, dict[str, Any]] = {
        "smtp": {"tls_context": certificate.shown(), "require_starttls": True},
        "smtps": {"tls": certificate.shown()},
        "smtp+plain": {},
    }
    async with a_server(mailbox, **ways[scheme]) as port:
        await SmtpMailer(server(f"{scheme}://127.0.0.1:{port}"), certificate.trusted).send(LETTER)

    ((sender, receivers, content),) = mailbox.taken
    assert (sender, receivers) == ("okerstadt@mobil.example", ["ada@example.org"])
    assert message_from_bytes(content, policy=policy.SMTP).as_bytes() == as_mime(LETTER)
    assert mailbox.secured == [scheme != "smtp+plain"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")
async def test_the_server_is_told_who_sends(certificate: Certificate) -> None:
    mailbox = Mailbox()
    async with a_server(mailbox, tls_context=certificate.shown(), auth_required=True, authenticator=knows) as port:
        await SmtpMailer(server(f"smtp://{USER}@127.0.0.1:{port}", PASSWORD), certificate.trusted).send(LETTER)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await SmtpMailer(server(f"smtp://{USER}:wrong@127.0.0.1:{port}"), certificate.trusted).send(LETTER)

    assert len(mailbox.taken) == 1


async def test_nothing_is_said_to_a_server_without_a_good_certificate_or_without_any(certificate: Certificate) -> None:
    mailbox = Mailbox()
    async with a_server(mailbox, tls_context=certificate.shown()) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await SmtpMailer(server(f"smtp://127.0.0.1:{port}")).send(LETTER)
        with pytest.raises(ssl.SSLCertVerificationError):
            await SmtpMailer(server(f"smtp://localhost:{port}"), certificate.trusted).send(LETTER)
    async with a_server(mailbox) as port:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            await SmtpMailer(server(f"smtp://127.0.0.1:{port}"), certificate.trusted).send(LETTER)

    assert mailbox.taken == []


@pytest.mark.parametrize("refusal", ["451 try again", "554 no"])
async def test_what_the_server_does_not_take_is_an_error_for_the_outbox(refusal: str) -> None:
    mailbox = Mailbox()
    mailbox.refusal = refusal
    async with a_server(mailbox) as port:
        mailer = SmtpMailer(server(f"smtp+plain://127.0.0.1:{port}"))
        with pytest.raises(smtplib.SMTPDataError):
            await mailer.send(LETTER)
        mailbox.refusal = None
        await asyncio.gather(*(mailer.send(LETTER) for _ in range(6)))
    with pytest.raises(OSError, match="refused"):
        await mailer.send(LETTER)
    assert len(mailbox.taken) == 6


async def test_an_address_that_nobody_has_is_told_from_one_that_is_full_for_now() -> None:
    mailbox = Mailbox()
    mailbox.unknown["ada@example.org"] = "550 5.1.1 no such user"
    async with a_server(mailbox) as port:
        mailer = SmtpMailer(server(f"smtp+plain://127.0.0.1:{port}"))
        with pytest.raises(NoMailbox):
            await mailer.send(LETTER)
        mailbox.unknown["ada@example.org"] = "452 4.2.2 mailbox full"
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await mailer.send(LETTER)
    assert mailbox.taken == []


async def test_many_letters_go_out_at_once_and_none_twice() -> None:
    mailbox = Mailbox()
    letters = [
        Message(an_id(f"letter {n}"), NOON, "S", "s@mobil.example", f"p{n}@example.org", "de", "B", "T\n")
        for n in range(20)
    ]
    async with a_server(mailbox) as port:
        mailer = SmtpMailer(server(f"smtp+plain://127.0.0.1:{port}"))
        await asyncio.gather(*(mailer.send(letter) for letter in letters))

    assert sorted(receivers[0] for _, receivers, _ in mailbox.taken) == sorted(letter.to for letter in letters)


def test_a_url_names_server_port_and_user_and_hides_the_password() -> None:
    assert server("smtp://a%40b:p%2Fw@mail.example") == Server("smtp", "mail.example", 587, "a@b", "p/w")
    assert server("smtps://mail.example", "from a file") == Server("smtps", "mail.example", 465, None, "from a file")
    assert "p/w" not in repr(server("smtp://a:p%2Fw@mail.example"))
