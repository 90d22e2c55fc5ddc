"""Who is let in, over which door, and who is sent away with which words."""

import asyncio
import http
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import Struct
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from adapters.database.charging.station_register import SqlStationRegister
from adapters.ocpp.central.doors import digest_of
from adapters.ocpp.central.lines import CALLS_AT_ONCE, KNOCKS_AT_ONCE
from adapters.ocpp.central.reaching import NotReached, reached
from domain.charging.registering import Registered
from domain.charging.stations import Admission, SecurityProfile, may_enter
from domain.identity import Actor, PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.ocpp.central import KEY, V16, V201, Office, Process, Station, station_at
from tests.examples import a_call

pytestmark = pytest.mark.database

OTHER_KEY = "f" * 40
BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


async def refused(process: Process, **how: object) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with station_at(process, **how):  # type: ignore[arg-type]  # how it knocks is what the test is about
            pass
    return refusal.value.response.status_code


async def test_only_a_known_station_with_its_key_is_let_in(office: Office) -> None:
    await office.station()
    await office.station("a b/ä")
    async with office.process() as process:
        assert await refused(process, identity="CP-2") == http.HTTPStatus.NOT_FOUND
        assert await refused(process, identity="x" * 49) == http.HTTPStatus.NOT_FOUND
        assert await refused(Process(process.switchboard, process.url.replace("testville", "otherville"))) == 404
        assert await refused(Process(process.switchboard, process.url.replace("/ocpp/", "/other/"))) == 404
        for wrong in ({"key": None}, {"key": OTHER_KEY}, {"user": "CP-2"}, {"user": "cp-1"}, {"key": ""}):
            assert await refused(process, **wrong) == http.HTTPStatus.UNAUTHORIZED
        assert await reached(process.url) == "answers"
        async with station_at(process, "a b/ä") as station:
            assert (await station.call("Heartbeat")).keys() == {"currentTime"}


async def test_strangers_at_the_door_and_stations_that_are_there_wait_for_each_other_never(office: Office) -> None:
    await office.station()
    async with office.process() as process, station_at(process) as station:
        lines = process.switchboard.lines
        async with AsyncExitStack() as turns:
            for _ in range(KNOCKS_AT_ONCE):
                await turns.enter_async_context(lines.knock_turn())
            stranger = asyncio.create_task(refused(process, identity="STRANGER"))
            assert "currentTime" in await station.call("Heartbeat")
            assert not stranger.done()
        assert await stranger == http.HTTPStatus.NOT_FOUND
        async with AsyncExitStack() as turns:
            for _ in range(CALLS_AT_ONCE):
                await turns.enter_async_context(lines.call_turn())
            assert await refused(process, identity="STRANGER") == http.HTTPStatus.NOT_FOUND


async def test_whoever_shows_no_key_under_the_name_of_the_station_costs_no_look_at_the_database(office: Office) -> None:
    async with office.process() as process:
        for nothing in ({"key": None}, {"user": "CP-2"}):
            assert await refused(process, identity="CP-1", **nothing) == http.HTTPStatus.UNAUTHORIZED
        assert await refused(process, identity="CP-1") == http.HTTPStatus.NOT_FOUND


async def test_the_first_version_that_both_speak_is_spoken_and_without_one_the_line_is_closed(office: Office) -> None:
    at = await office.station()
    async with office.process() as process:
        async with station_at(process, versions=("ocpp2.1", V201, V16)) as station:
            assert station.socket.subprotocol == V201
            await station.call("Heartbeat")
            assert await office.state(at, "version, held_by IS NOT NULL, held_until > now()") == (V201, True, True)
        for versions in (("ocpp2.1",), ()):
            async with station_at(process, versions=versions) as station:
                assert station.socket.subprotocol is None
                with pytest.raises(ConnectionClosed):
                    await station.hear()


async def test_while_a_key_is_changed_both_count_until_the_new_one_is_shown(office: Office) -> None:
    at = await office.station(next_key_digest=digest_of(OTHER_KEY))
    async with office.process() as process:
        for key in (KEY, OTHER_KEY):
            async with station_at(process, key=key) as station:
                await station.call("Heartbeat")
        assert await refused(process, key=KEY) == http.HTTPStatus.UNAUTHORIZED
    assert await office.state(at, "key_digest, next_key_digest") == (digest_of(OTHER_KEY), None)


async def test_a_key_is_shown_as_its_digits_or_as_the_bytes_that_they_stand_for(office: Office) -> None:
    at = await office.station(next_key_digest=digest_of(OTHER_KEY))
    async with office.process() as process:
        for wrong in (bytes.fromhex(KEY)[:-1], bytes.fromhex(KEY) + b"\0", KEY.encode().hex()):
            assert await refused(process, key=wrong) == http.HTTPStatus.UNAUTHORIZED
        for key in (KEY, OTHER_KEY):
            async with station_at(process, key=bytes.fromhex(key)) as station:
                assert (await station.call("Heartbeat")).keys() == {"currentTime"}
    assert await office.state(at, "key_digest, next_key_digest") == (digest_of(OTHER_KEY), None)


@pytest.mark.parametrize(
    ("station", "door", "enters"),
    [
        (SecurityProfile.BASIC, SecurityProfile.BASIC, True),
        (SecurityProfile.BASIC, SecurityProfile.TLS, True),
        (SecurityProfile.TLS, SecurityProfile.BASIC, False),
        (SecurityProfile.CERTIFICATE, SecurityProfile.TLS, False),
        (SecurityProfile.TLS, SecurityProfile.CERTIFICATE, True),
    ],
)
def test_nobody_comes_through_a_lower_door(station: SecurityProfile, door: SecurityProfile, enters: bool) -> None:
    assert may_enter(station, door) is enters


class Papers(Struct, frozen=True):
    """Certificates of an authority of its own: the server's, and of stations by name."""

    folder: Path
    authority: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def of(self, name: str) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, self.authority.subject, self.key)
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths

    def trusting(self, purpose: int, shown: str | None) -> ssl.SSLContext:
        context = ssl.SSLContext(purpose)
        context.load_verify_locations(cadata=self.authority.public_bytes(serialization.Encoding.PEM).decode())
        if shown:
            context.load_cert_chain(*self.of(shown))
        return context


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name | None, by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    return builder.sign(by, hashes.SHA256())


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    key = ec.generate_private_key(ec.SECP256R1())
    return Papers(tmp_path, _certificate("authority", key, None, key), key)


async def test_a_station_that_came_better_secured_never_comes_by_its_key_alone_again(
    office: Office, papers: Papers
) -> None:
    at = await office.station()
    server = papers.trusting(ssl.PROTOCOL_TLS_SERVER, "localhost")
    client = papers.trusting(ssl.PROTOCOL_TLS_CLIENT, None)
    async with office.process() as plain, office.process(SecurityProfile.TLS, server) as secured:
        by_name = Process(secured.switchboard, secured.url.replace("127.0.0.1", "localhost"))
        async with station_at(plain) as station:
            await station.call("Heartbeat")
        assert await refused(by_name, key=OTHER_KEY, tls=client) == http.HTTPStatus.UNAUTHORIZED
        async with station_at(by_name, tls=client) as station:
            await station.call("Heartbeat")
        assert await refused(plain) == http.HTTPStatus.FORBIDDEN
    assert await office.state(at, "security_profile") == ("tls",)


async def test_with_certificates_a_station_is_known_by_the_name_in_its_own(office: Office, papers: Papers) -> None:
    first, second = (f"{name}-{office.seeded.city}" for name in ("serial-1", "serial-2"))
    await office.station("CP-1", SecurityProfile.CERTIFICATE, key_digest=None, certificate_name=first)
    await office.station("CP-2", SecurityProfile.CERTIFICATE, key_digest=None, certificate_name=second)
    await office.station("CP-3", SecurityProfile.TLS)
    server = papers.trusting(ssl.PROTOCOL_TLS_SERVER, "localhost")
    server.verify_mode = ssl.CERT_REQUIRED
    shows: Callable[[str | None], ssl.SSLContext] = lambda name: papers.trusting(ssl.PROTOCOL_TLS_CLIENT, name)  # noqa: E731
    async with office.process(SecurityProfile.CERTIFICATE, server) as process:
        door = Process(process.switchboard, process.url.replace("127.0.0.1", "localhost"))
        for identity, name in (("CP-1", first), ("CP-2", second)):
            async with station_at(door, identity, key=None, tls=shows(name)) as station:
                assert "currentTime" in await station.call("Heartbeat")
        assert await refused(door, identity="CP-2", tls=shows("CP-2")) == http.HTTPStatus.FORBIDDEN
        assert await refused(door, identity="CP-1", tls=shows(second)) == http.HTTPStatus.FORBIDDEN
        # Another city's station may be called so, too, and has a certificate of the same authority.
        assert await refused(door, identity="CP-3", tls=shows("CP-3")) == http.HTTPStatus.FORBIDDEN
        with pytest.raises((ssl.SSLError, OSError, InvalidHandshake)):
            async with station_at(door, tls=shows(None)):
                pass
        assert (await reached(door.url.replace("ws://", "wss://"))).startswith(
            "hangs up on whoever shows no certificate"
        )
        with pytest.raises(NotReached):
            await reached(door.url.replace("wss://", "ws://"))


async def test_a_station_has_one_connection_and_the_last_one_is_it(office: Office) -> None:
    at = await office.station()
    async with office.process() as here, office.process() as there:
        async with AsyncExitStack() as lines:
            first = await lines.enter_async_context(station_at(here))
            await first.call("Heartbeat")
            second = await lines.enter_async_context(station_at(here))
            with pytest.raises(ConnectionClosed):
                await first.hear()
            await second.call("BootNotification", **BOOT)
            async with station_at(there) as third:
                await third.call("Heartbeat")
                await here.switchboard.renew()
                with pytest.raises(ConnectionClosed):
                    await second.hear()
                await there.switchboard.renew()
                assert "currentTime" in await third.call("Heartbeat")
        await _gone(there)
        assert await office.state(at, "held_by, held_over, held_until") == (None, None, None)
        assert (here.switchboard.stations, there.switchboard.stations) == (0, 0)


async def test_lines_that_are_dead_keep_nobody_from_holding_on_to_the_others(office: Office) -> None:
    names = [f"CP-{number}" for number in range(1, 5)]
    for name in names:
        await office.station(name)
    async with office.process() as here, office.process() as there, AsyncExitStack() as lines:
        dead = [await lines.enter_async_context(station_at(here, name)) for name in names]
        for station in dead:
            await station.call("Heartbeat")
            station.socket.transport.pause_reading()
        for name in names:
            await (await lines.enter_async_context(station_at(there, name))).call("Heartbeat")
        async with asyncio.timeout(4):  # two seconds for each line, one after the other, would be twice as long
            await here.switchboard.renew()
        await _gone(here)
        for station in dead:
            station.socket.transport.resume_reading()


async def test_a_station_that_is_turned_away_while_it_is_there_is_hung_up_on_and_hears_so_when_it_is_back(
    office: Office,
) -> None:
    at = await office.station()
    register = SqlStationRegister(office.databases.app, now, new_id)
    olga = Actor(PersonId(new_id()), at.city, frozenset({Role.OPERATOR}))

    async def changed(admission: Admission, heartbeat_s: int) -> None:
        def to(before: Registered) -> Registered:
            return replace(before, admission=admission, heartbeat_s=heartbeat_s)

        assert (await register.change(a_call(olga), at.id, to)).status == 200

    async with office.process() as process, AsyncExitStack() as lines:
        station = await lines.enter_async_context(station_at(process))
        await changed(Admission.ACCEPTED, 60)
        await process.switchboard.renew()
        assert "currentTime" in await station.call("Heartbeat")
        await changed(Admission.REJECTED, 60)
        await process.switchboard.renew()
        with pytest.raises(ConnectionClosed):
            await station.hear()
        back = await lines.enter_async_context(station_at(process))
        assert await back.call("Heartbeat") == ("error", "SecurityError")
        await changed(Admission.REJECTED, 120)
        await process.switchboard.renew()
        assert (await back.call("BootNotification", **BOOT))["status"] == "Rejected"


async def _gone(process: Process) -> None:
    async with asyncio.timeout(10):
        while process.switchboard.stations:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.02)


async def test_who_stops_hangs_up_and_lets_go(office: Office) -> None:
    at = await office.station()
    async with office.process() as process:
        held = station_at(process)
        station: Station = await held.__aenter__()
        await station.call("Heartbeat")
    with pytest.raises(ConnectionClosed) as end:
        await station.hear()
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 1001
    await held.__aexit__(None, None, None)
    assert await office.state(at, "held_by") == (None,)
