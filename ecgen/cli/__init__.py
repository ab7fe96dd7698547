"""The command line: one module a verb; arguments, printing and exit codes."""
