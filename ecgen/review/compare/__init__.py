"""Comparing two sides: the changes between them."""
