"""`kommobil doctor`."""

from pathlib import Path

import click

from infra.cli.desk import fail, installation, print_json
from infra.cli.options import EXIT_CODES, data_option, json_option
from infra.doctor.examining import examine
from infra.doctor.findings import Finding, State

MARKS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "FAILED"}


@click.command("doctor", epilog=EXIT_CODES)
@click.option("--online", is_flag=True, help="Ask Stripe too, for each city's balance; it changes nothing there.")
@click.option(
    "--stations-call", multiple=True, metavar="URL", help="Where charging stations call, as in ws://HOST:8002."
)
@data_option
@json_option
def doctor(*, online: bool, stations_call: tuple[str, ...], data: Path | None, as_json: bool) -> None:
    """Look at everything that the installation stands on, and say what to do where it does not stand firm.

    1 if anything failed; a warning alone is 0. Works beside a running installation and changes nothing.
    """
    with installation(data) as settings:
        findings = examine(settings, online=online, stations_call=stations_call)
    failed = sum(finding.state is State.FAILED for finding in findings)
    if as_json:
        print_json({"ok": not failed, "checks": findings})
    else:
        _print(findings)
    if failed:
        fail(f"{failed} of {len(findings)} checks failed")


def _print(findings: list[Finding]) -> None:
    widest = max(len(finding.name) for finding in findings)
    for finding in findings:
        click.echo(f"{MARKS[finding.state]:<8} {finding.name:<{widest}}  {finding.says}")
        if finding.do:
            click.echo(f"{'':<8} {'':<{widest}}  -> {finding.do}")
