"""Mapping JSON, a cluster or Python classes → definitions."""
