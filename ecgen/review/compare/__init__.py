"""Two sides → the changes between them."""
