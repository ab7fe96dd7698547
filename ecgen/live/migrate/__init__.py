"""Live migration: apply a reviewed change to a live index without losing an acknowledged write.

Operations are steps, generators that yield requests and receive the answers (`asking`); one driver sends them with
the official client (`driving`). So a test can interrupt a migration at every request.
docs/decisions/live-migration.md describes the algorithm and why it loses nothing.
"""
