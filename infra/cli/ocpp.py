"""`kommobil ocpp`."""

from contextlib import ExitStack
from pathlib import Path

import click

from domain.charging.stations import SecurityProfile
from infra.cli.desk import fail, installation
from infra.cli.options import EXIT_CODES, data_option
from infra.cli.starting import host_option, stopped_in_words
from infra.serving.ocpp import speak
from infra.supervision import bind_listener


@click.command("ocpp", epilog=EXIT_CODES)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Where stations come with a key alone, in trusted networks."
)
@click.option("--tls-port", type=click.IntRange(0, 65535), help="Where they come with a key, by TLS.")
@click.option("--certificate-port", type=click.IntRange(0, 65535), help="Where they come with a certificate, by TLS.")
@host_option
@data_option
def ocpp(*, port: int | None, tls_port: int | None, certificate_port: int | None, host: str, data: Path | None) -> None:
    """Speak with charging stations, OCPP 1.6 and 2.0.1, until Ctrl-C or SIGTERM. `up` does it at its port plus 2.

    Each port has one security profile, and a station that came by a better one comes by no lower one again. For TLS
    KOMMOBIL_OCPP_CERTIFICATE_FILE and KOMMOBIL_OCPP_KEY_FILE name the certificate, for stations' own KOMMOBIL_OCPP_AUTHORITY_FILE who
    signs them. Any number of processes may run on one database.
    """
    ports = {
        SecurityProfile.BASIC: port,
        SecurityProfile.TLS: tls_port,
        SecurityProfile.CERTIFICATE: certificate_port,
    }
    wanted = {profile: number for profile, number in ports.items() if number is not None}
    if not wanted:
        fail("no port is named, so no station could come")
    with stopped_in_words(), installation(data) as settings, ExitStack() as open_ports:
        listeners = {
            profile: open_ports.enter_context(bind_listener(host, number)) for profile, number in wanted.items()
        }
        for profile, listener in listeners.items():
            click.echo(f"stations are awaited at port {listener.getsockname()[1]}, profile {profile}")
        speak(settings, listeners)
