"""What the commands do and print; `ecgen.cli` has their arguments."""
