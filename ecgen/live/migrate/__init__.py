"""Live migration: a reviewed change reaches a live index, and no acknowledged write is lost.

What is done is written down as steps, generators that yield requests and are sent the answers (`asking`); one driver
sends them with the official client (`driving`). So a test can cut a migration at every request. docs/decisions/live-migration.md
has the algorithm and why it loses nothing.
"""
