"""Tests against Elasticsearch: an embedded server installed by pip only, and fixtures for pytest.

In a test suite, one line of conftest.py loads the fixtures (see `ecgen.testing.plugin`):

    pytest_plugins = ["ecgen.testing"]

Elsewhere, with the extra `ecgen-es[node]` installed:

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

# Names a module that only pytest imports, so that using the node alone does not import pytest.
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
