"""`python -m ecgen` is the command `ecgen`."""

from ecgen.cli.main import main

main(prog_name="ecgen")
