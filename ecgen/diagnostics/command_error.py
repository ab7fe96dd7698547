"""The error that ends a command."""

from __future__ import annotations


class CommandError(Exception):
    """Something that a command cannot do; the text says what, where, and what to do about it. Never holds a secret."""
