"""`kommobil metering`: what a charging station signed, checked at a terminal; no installation needed."""

from pathlib import Path

import click
from msgspec import Struct

from adapters.metering.signatures import EcdsaSignatures
from adapters.metering.transparency import NotAFile, values_in
from domain.charging.metering.ocmf import Container, parsed
from domain.charging.metering.proofs import MeterProof, Verdict
from domain.charging.metering.readings import Reading
from domain.charging.metering.wrapping import unwrapped
from domain.charging.reports import SignedValue
from infra.cli.desk import fail, print_json
from infra.cli.options import EXIT_CODES, json_option
from services.charging.metering import examine


class Shown(Struct, frozen=True):
    """`key_of` says whose word it is that the key is the meter's."""

    proof: MeterProof
    readings: tuple[Reading, ...]
    key_of: str


@click.group("metering", epilog=EXIT_CODES)
def metering() -> None:
    """Look at what meters of charging stations signed."""


@metering.command("verify", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--public-key",
    "key",
    default="",
    help="The meter's public key as the charging register has it; else the file's own, which proves nothing of the meter.",
)
@json_option
def verify(*, file: Path, key: str, as_json: bool) -> None:
    """Check FILE: signed meter values (OCMF) as a station sent them, or a file of the Transparenzsoftware.

    Prints the readings, the energy and the verdict. Ends with exit code 1 where the values are not verified.
    """
    try:
        found = values_in(file.read_bytes())
    except OSError as problem:
        fail(f"{file} cannot be read: {problem.strerror}", cause=problem)
    except NotAFile as problem:
        fail(f"{file} holds no signed values: {problem}", cause=problem)
    proof = examine(found.values, key or found.key, signatures=EcdsaSignatures())
    shown = Shown(proof, _readings(found.values), "you" if key else "the file" if found.key else "nobody")
    if as_json:
        print_json(shown)
    else:
        _print(shown)
    if proof.verdict is not Verdict.VERIFIED:
        raise SystemExit(1)


def _readings(values: tuple[SignedValue, ...]) -> tuple[Reading, ...]:
    read = (parsed(unwrapped(value).data) for value in values)
    return tuple(reading for container in read if isinstance(container, Container) for reading in container.readings)


def _print(shown: Shown) -> None:
    for reading in shown.readings:
        value = "-" if reading.value is None else f"{reading.value} {reading.unit or ''}".strip()
        occasion = reading.occasion.name.lower() if reading.occasion else "-"
        register = reading.register.code if reading.register else "-"
        clock, state = reading.clock.name.lower(), reading.state.name.lower()
        click.echo(
            f"{reading.at:%Y-%m-%d %H:%M:%S} UTC ({clock})  {occasion:<16} {value:>16}  {register}  meter {state}"
        )
    proof = shown.proof
    if proof.meter is not None:
        energy = "" if proof.kwh is None else f"{proof.kwh} kWh by "
        click.echo(f"{energy}meter {proof.meter}")
    why = f": {proof.reason}" if proof.reason else f", by the key of {shown.key_of}"
    click.echo(f"{proof.verdict.value.replace('_', ' ')}{why}")
