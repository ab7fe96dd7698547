"""A node that had the only copy of a shard is replaced by one without data: the cluster stays red, and has the node again."""

from __future__ import annotations

from typing import Any

import pytest

from ecgen.testing import EmbeddedCluster, NodeError


def test_a_killed_node_comes_back_to_a_red_cluster() -> None:
    settings: dict[str, Any] = {"number_of_shards": 3, "number_of_replicas": 0}
    try:
        with EmbeddedCluster(nodes=3, timeout=400) as cluster:
            with cluster.server.client() as es:
                es.indices.create(index="books", settings=settings)
            dead = cluster.primary_of("books")
            cluster.kill(dead)
            assert cluster.revive(dead).running
            with pytest.raises(TimeoutError, match="is not yellow within 1 seconds"):
                cluster.wait_for("yellow", timeout=1)
            with cluster.server.client() as es:
                health = es.cluster.health()
            assert (health["status"], health["number_of_nodes"]) == ("red", 3)
    except NodeError as error:
        pytest.fail(str(error))
