"""`python -m ecgen` is the command `ecgen`."""

from ecgen.cli import main

main(prog_name="ecgen")
