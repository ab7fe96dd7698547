"""A live cluster → sources."""

from __future__ import annotations

from urllib.parse import quote

from ecgen.diagnostics.command_error import CommandError
from ecgen.rest import Cluster

from .fold import fold
from .from_mapping import index_sources
from .guess import Sampled
from .source import Source


def read_cluster(cluster: Cluster, patterns: tuple[str, ...]) -> list[Source]:
    """The indices that the names and patterns mean, those of one template folded into one.

    Aliases and data streams are replaced by their indices.

    Raises:
        CommandError: the cluster does not answer, or has nothing under these names.
    """
    found = cluster.indices(patterns)
    if not found:
        raise CommandError(f"{cluster.shown} has no index that is called {' or '.join(patterns)}")
    read = index_sources(found, cluster.shown)
    for source in read:
        source.pattern = False
        source.concrete = source.name
        source.origin = f"{cluster.shown}/{source.name}"
    return fold(read)


def sample(cluster: Cluster, read: list[Source], size: int) -> list[Sampled]:
    """The sources with up to `size` documents each.

    Raises:
        CommandError: the cluster does not answer.
    """
    return [Sampled(source, cluster.sample(source.concrete, size)) for source in read]


def existing(cluster: Cluster, source: Source, ids: list[str]) -> int:
    """How many of the ids are documents of the source.

    Raises:
        CommandError: the cluster does not answer.
    """
    query = {"size": 0, "query": {"ids": {"values": ids}}, "track_total_hits": True}
    path = f"/{quote(source.concrete, safe='')}/_search?allow_partial_search_results=false"
    try:
        return int(cluster.get(path, query)["hits"]["total"]["value"])
    except (KeyError, TypeError, ValueError):
        raise cluster.strange(path, "there is no total in it") from None
