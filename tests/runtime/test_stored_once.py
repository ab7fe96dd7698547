"""Any order of saves, updates, deletes and faults, against a model of what must be stored."""

from __future__ import annotations

import uuid

import elasticsearch
import pytest
from faulty_line import FaultyLine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ecgen.runtime import Keyword, Long, Model, connect, create_mappings, ids


class Random(Model):
    __slots__ = ("code", "number", "run")
    _meta = {"index": "random", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "run": Keyword("run"),
        "code": Keyword("code"),
        "number": Long("number"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Computed(Model):
    __slots__ = ("code", "number", "run")
    _meta = {"index": "computed"}
    _mapping = {"run": Keyword("run"), "code": Keyword("code"), "number": Long("number")}

    def _compute_id(self):
        return f"{self.run}-{self.code}"


FAULTS = st.lists(
    st.sampled_from(
        [
            "",
            "reset before",
            "reset after",
            "half a body",
            "502 before",
            "502 after",
            "garbage",
            "empty",
            "a page",
        ]
    ),
    max_size=6,
)
PASSING = (elasticsearch.ApiError, elasticsearch.TransportError)


@pytest.fixture
def line(connected, server):
    create_mappings([Random, Computed])
    line = FaultyLine(server.url)
    connect({**server.conf, "hosts": [line.url]}, connected._index_prefix).write_pause = 0
    yield line
    line.close()


def test_what_is_stored_is_what_was_acknowledged(line):
    class Machine(RuleBasedStateMachine):
        """`stored` has the number of each document that a save acknowledged; of what `wavers` the last save or delete failed."""

        models = Bundle("models")

        def __init__(self):
            super().__init__()
            line.faults = []
            self.run = uuid.uuid4().hex
            self.stored, self.wavering, self.made = {}, {}, 0

        @rule(target=models, random=st.booleans(), count=st.integers(1, 3))
        def new(self, random, count):
            cls = Random if random else Computed
            made = [cls(run=self.run, code=f"c{self.made + n}", number=0) for n in range(count)]
            self.made += count
            return multiple(*made)

        @rule(model=models, number=st.integers(1, 9), faults=FAULTS)
        def save(self, model, number, faults):
            model.number = number
            line.faults = faults
            try:
                model.save()
            except elasticsearch.ConflictError:
                raise
            except PASSING:
                self.wavering[model.code] = model
            else:
                self.note(model)

        @rule(
            some=st.lists(models, min_size=1, max_size=4), number=st.integers(10, 19), faults=FAULTS
        )
        def save_all(self, some, number, faults):
            for model in some:
                model.number = number
            line.faults = faults
            result = Model.save_all(some, chunk_size=2, threads=1)
            failed = {id(each.model): each.model for each in result.failures}
            assert not [each for each in result.failures if each.status in (404, 409)]
            failed |= {id(model): model for model in result.unwritten}
            for model in some:
                if id(model) in failed:
                    self.wavering[model.code] = model
                elif not result.stopped or model.id is not None:
                    self.note(model)
            if result.stopped:  # of an update that was not taken nothing is told
                self.wavering.update((model.code, model) for model in some)

        @rule(model=consumes(models), faults=FAULTS)
        def delete(self, model, faults):
            self.settle(model)
            line.faults = faults
            for _ in range(3):
                try:
                    model.delete()
                    break
                except elasticsearch.NotFoundError:
                    break  # an attempt that failed had deleted it
                except PASSING:
                    line.faults = []
            del self.stored[model.code]

        def settle(self, model):
            line.faults = []
            model.save()
            self.note(model)

        def note(self, model):
            assert model.id
            self.stored[model.code] = model.number
            self.wavering.pop(model.code, None)

        def teardown(self):
            for model in list(self.wavering.values()):
                self.settle(model)
            found = []
            for cls in (Random, Computed):
                cls.refresh()
                found += [(model.code, model.number) for model in cls.find_by(run=self.run)]
            assert sorted(found) == sorted(self.stored.items())

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
