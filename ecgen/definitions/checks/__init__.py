"""Checks of one definition that JSON Schema cannot express, by subject; `ecgen.definitions.validate` calls them."""
