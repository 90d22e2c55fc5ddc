"""`python -m infra.cli` is `kommobil`."""

from infra.cli import main

main(prog_name="kommobil")
