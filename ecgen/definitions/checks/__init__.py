"""What one definition can have wrong, by subject; `ecgen.definitions.validate` calls them."""
