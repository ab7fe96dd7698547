"""Problems: what they are, the table of their rules, and how they are shown."""
