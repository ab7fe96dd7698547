"""Tests against a real Elasticsearch: an embedded server from pip alone, and fixtures for pytest.

In a test suite, one line of conftest.py brings the fixtures (see `ecgen.testing.plugin`):

    pytest_plugins = ["ecgen.testing"]

Anywhere else, with the extra `ecgen-es[node]` installed:

    from ecgen.testing import EmbeddedNode

    with EmbeddedNode() as node:
        connect(node.conf)
"""

from .distributions import DEFAULT_VERSION, VERSIONS
from .embedded import EmbeddedNode
from .embedded_cluster import EmbeddedCluster
from .media_types import plain_node_class
from .node_errors import JarsError, MissingExtraError, NodeError, StartError, UnknownVersionError
from .server import Server

# Read by pytest, so that importing this package for the node alone does not import pytest.
pytest_plugins = ("ecgen.testing.plugin",)

__all__ = [
    "DEFAULT_VERSION",
    "VERSIONS",
    "EmbeddedCluster",
    "EmbeddedNode",
    "JarsError",
    "MissingExtraError",
    "NodeError",
    "Server",
    "StartError",
    "UnknownVersionError",
    "plain_node_class",
]
