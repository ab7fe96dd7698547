"""Three nodes, writers that record what was acknowledged, and the node with the primary killed again and again.

    ECGEN_KILLS=10 pytest -s tests/soak/test_failover.py    # the long run; without ECGEN_KILLS it kills once

ECGEN_SECONDS bounds the killing, so that what was done by then is audited all the same.

Lost: acknowledged and not there. Doubled: two documents of one model. False conflicts: a ConflictError for one's own document, of a random
id, or of a computed one that was in doubt. Elasticsearch repeats writes when a primary fails, and then answers 409 for what it wrote; of a computed id
without a doubt nobody can tell whose document that is, so those are counted apart.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import threading
import time
from collections import Counter

import elasticsearch
import pytest

from ecgen.runtime import Keyword, Long, Model, connect, create_mappings, ids

KILLS = int(os.environ.get("ECGEN_KILLS", "1"))
SECONDS = float(os.environ.get("ECGEN_SECONDS", "3600"))
BETWEEN = 3.0  # seconds of writing before each kill


class Random(Model):
    __slots__ = ("number", "state")
    _meta = {
        "index": "random",
        "store_id": True,
        "settings": {"number_of_shards": 1, "number_of_replicas": 2},
    }
    _mapping = {"id": Keyword("id"), "number": Long("number"), "state": Long("state")}

    def _compute_id(self):
        return self.id or ids.uuid7()


class Computed(Model):
    __slots__ = ("number", "state")
    _meta = {
        "index": "computed",
        "store_id": True,
        "settings": {"number_of_shards": 1, "number_of_replicas": 2},
    }
    _mapping = {"id": Keyword("id"), "number": Long("number"), "state": Long("state")}

    def _compute_id(self):
        return f"n{self.number}"


class Writer(threading.Thread):
    """Writes as a careful program does: what failed is saved again until it is written."""

    numbers = itertools.count()

    def __init__(self, cls, size, stop):
        super().__init__(daemon=True)
        self.cls, self.size, self.stop = cls, size, stop
        self.acknowledged = {}  # number → state
        self.conflicts = self.repeated = 0
        self.doubted = set()  # numbers of models of which an attempt failed
        self.attempts = Counter()
        self.errors = Counter()

    def run(self):
        while not self.stop.is_set():
            time.sleep(0.05)  # the nodes are to recover meanwhile, on few cores
            models = [self.cls(number=next(self.numbers), state=0) for _ in range(self.size)]
            self.save(models)
            changed = [model for model in models if model.id and random.random() < 0.2]
            for model in changed:
                model.state = 1
            self.save(changed)

    def save(self, models):
        while models:
            self.attempts["calls"] += 1
            if len(models) == 1:
                left = self.save_one(models[0])
                if left is None:
                    return
            else:
                result = self.cls.save_all(models, chunk_size=50)
                self.errors.update(_kind(failure.error) for failure in result.failures)
                left = [failure.model for failure in result.failures] + result.unwritten
                met = [failure.model for failure in result.failures if failure.status == 409]
                for model in met:
                    self.note_conflict(model)
                left, models = self.without(met, left), self.without(met, models)
            told = {id(model) for model in left}
            self.acknowledged.update(
                (model.number, model.state) for model in models if id(model) not in told
            )
            self.doubted.update(model.number for model in left)
            if left:
                self.attempts["failed"] += 1
                time.sleep(0.2)
                assert self.attempts["failed"] < 500, self.errors
            models = left

    def without(self, met, models):
        ids = {id(model) for model in met}
        return [model for model in models if id(model) not in ids]

    def note_conflict(self, model):
        if self.cls is Random or model.number in self.doubted:
            self.conflicts += 1
        else:
            self.repeated += 1

    def save_one(self, model):
        try:
            model.save()
        except elasticsearch.ConflictError as error:
            self.note_conflict(model)
            self.errors[_kind(str(error))] += 1
            return None
        except (elasticsearch.ApiError, elasticsearch.TransportError) as error:
            self.errors[_kind(str(error))] += 1
        else:
            return []
        return [model]


def _kind(error):
    return re.sub(r"\[[^]]*\]", "[…]", error)[:120]


@pytest.fixture
def cluster():
    from ecgen.testing import EmbeddedCluster, NodeError

    try:
        with EmbeddedCluster(nodes=3) as cluster:
            yield cluster
    except NodeError as error:
        pytest.fail(str(error))
    finally:
        connect(None)


def test_nothing_is_lost_or_doubled_when_primaries_are_killed(cluster):
    namespace = connect({**cluster.conf, "request_timeout": 10}, index_prefix="soak_")
    create_mappings([Random, Computed])
    cluster.wait_for("green")
    stop = threading.Event()
    writers = [Writer(cls, size, stop) for cls in (Random, Computed) for size in (1, 20, 100)]
    for writer in writers:
        writer.start()
    kills, begun = 0, time.monotonic()
    for kill in range(KILLS):
        if time.monotonic() - begun > SECONDS:
            break
        time.sleep(BETWEEN)
        dead = cluster.primary_of((Random, Computed)[kill % 2].get_index())
        cluster.kill(dead)
        time.sleep(3.0)
        cluster.revive(dead)
        cluster.wait_for("green", timeout=240)
        kills += 1
        total = sum(len(writer.acknowledged) for writer in writers)
        print(
            f"{kills} kills after {time.monotonic() - begun:.0f} s, {total} acknowledged",
            flush=True,
        )
    time.sleep(2.0)
    stop.set()
    for writer in writers:
        writer.join(180)
        assert not writer.is_alive(), (writer.cls, writer.size, writer.attempts, writer.errors)

    figures = Counter()
    for cls in (Random, Computed):
        cls.refresh()
        stored = [(model.number, model.state) for model in cls.scan()]
        found = dict(stored)
        own = [writer for writer in writers if writer.cls is cls]
        for writer in own:
            figures["acknowledged"] += len(writer.acknowledged)
            figures["conflicts"] += writer.conflicts
            figures["repeated by the server"] += writer.repeated
            figures["calls"] += writer.attempts["calls"]
            figures["failed calls"] += writer.attempts["failed"]
            for number, state in writer.acknowledged.items():
                figures["lost"] += number not in found
                figures["updates lost"] += number in found and found[number] < state
        figures["doubled"] += len(stored) - len(found)
    namespace.close()
    for writer in writers:
        print(writer.cls.__name__, writer.size, dict(writer.attempts), dict(writer.errors))
    print(f"\n{kills} kills: {dict(figures)}")
    assert figures["acknowledged"] > 100
    wrong = ("lost", "updates lost", "doubled", "conflicts")
    assert {name: figures[name] for name in wrong} == dict.fromkeys(wrong, 0)
