"""The rows of the field type table, by family; `ecgen.definitions.field_types` puts them together."""
