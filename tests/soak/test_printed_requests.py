"""Every request that `ecgen diff` prints for a rule's example is sent to a server, to an index as it was before."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from ecgen.config import Configuration
from ecgen.pipeline import Files
from ecgen.review.advice import Step
from ecgen.review.compare.changes import compare
from ecgen.review.rules.table import RULES
from ecgen.review.sides import read_side
from ecgen.testing.server import Server
from tests.review.conftest import asker_of, major_of

CASES = Path(__file__).parents[1] / "changes"
Json = Any
# What the server's core does not have: field types of modules and of later versions, the mapper-size plugin, scripts.
LACKING = ("No handler for type", "unsupported parameters:  [_size", "script_lang not supported")


class Sent:
    """The index of one change, and the names that stand in its steps."""

    def __init__(self, server: Server, index: str) -> None:
        self.call, self.index = asker_of(server).call, index
        self.name = f"steps-{secrets.token_hex(5)}"
        self.count = 0

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        path = f"/{self.name}{path[len(self.index) + 1 :]}" if self.is_own(path) else path
        status, answer = self.call(method, path, body)
        if status >= 300:
            said = json.dumps(answer)
            if any(words in said for words in LACKING):
                pytest.skip(said[:200])
            raise AssertionError((method, path, body, said[:1000]))
        return answer

    def is_own(self, path: str) -> bool:
        return path == f"/{self.index}" or path.startswith((f"/{self.index}/", f"/{self.index}?"))

    def send(self, step: Step, new: Json) -> None:
        if step.method is None or step.when == "alias":
            return
        body = step.body
        if step.file is not None:
            body = {
                None: new,
                "mappings": new.get("mappings"),
                "settings.analysis": {"analysis": (new.get("settings") or {}).get("analysis")},
            }[step.part]
        text = json.dumps(body)
        for word, name in (
            ("NEW", f"{self.name}-new"),
            ("OLD", self.name),
            (self.index, self.name),
        ):
            text = text.replace(f'"{word}"', f'"{name}"')
        path = (step.path or "").replace("/NEW", f"/{self.name}-new")
        if "_by_query" in path:
            self.ask("POST", f"/{self.index}/_refresh")
        answer = self.ask(step.method, path, json.loads(text))
        for _ in range(200 if "task" in answer else 0):
            if self.ask("GET", f"/_tasks/{answer['task']}")["completed"]:
                break
            time.sleep(0.05)
        self.count += 1

    def close(self) -> None:
        self.call("DELETE", f"/{self.name}*")


@pytest.mark.parametrize("rule", RULES)
def test_the_server_takes_what_is_printed(
    rule: str, es7: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES / rule)
    old, new = (read_side(side, Configuration(), Files()) for side in ("old", "new"))
    changes = compare(old.subjects, new.subjects, major_of(es7)).changes
    sent = 0
    for change in changes:
        requests = [step for step in change.steps if step.method is not None]
        if not requests:
            continue
        before = {each.name: each for each in old.subjects.values()}.get(change.model)
        after = {each.name: each for each in new.subjects.values()}.get(change.model, before)
        assert after is not None
        it = Sent(es7, (before or after).index)
        try:
            if before is not None:
                it.ask("PUT", f"/{it.index}", before.body)
            for step in requests:
                it.send(step, after.body)
            sent += it.count
        finally:
            it.close()
    if not sent:
        pytest.skip("no request is printed")
