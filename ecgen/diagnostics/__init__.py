"""Problems, the table of rules, and the output formats."""
