"""Errors of starting an embedded node; each message says what to do."""

from __future__ import annotations

from collections.abc import Sequence


class NodeError(RuntimeError):
    """An embedded node cannot be started."""


class MissingExtraError(NodeError):
    """A package of `ecgen-es[node]` is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"an embedded Elasticsearch needs the package {package!r}, which is not installed; "
            'run: pip install "ecgen-es[node]"'
        )


class UnknownVersionError(NodeError, ValueError):
    """There is no embedded node of this version."""

    def __init__(self, version: str, known: Sequence[str]) -> None:
        super().__init__(
            f"no embedded Elasticsearch {version!r}; there are {', '.join(known)} "
            "(for any other, start it yourself and set ELASTICSEARCH_URL)"
        )


class JarsError(NodeError):
    """Jars of Elasticsearch could not be downloaded."""

    def __init__(self, coordinates: Sequence[str], repository: str, reason: Exception) -> None:
        super().__init__(
            f"could not fetch {', '.join(coordinates)} from {repository}: {reason}\n"
            "Check the connection (a proxy is taken from HTTPS_PROXY); where that repository cannot be reached, name a "
            "mirror of Maven Central in ECGEN_MAVEN_REPOSITORY, or set ELASTICSEARCH_URL to a server that already runs."
        )


class StartError(NodeError):
    """Java or Elasticsearch stopped before the node was ready."""

    def __init__(self, version: str, reason: str, log: str = "") -> None:
        tail = "\n".join(f"  | {line}" for line in log.splitlines()[-_LOG_LINES:])
        super().__init__(
            f"Elasticsearch {version} did not start: {reason}"
            + (f"\nthe end of its log:\n{tail}" if tail else "")
        )


_LOG_LINES = 25
