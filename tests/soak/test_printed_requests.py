"""Every request that `ecgen diff` prints for a rule's example is sent to a server, to an index as it was before.

7.17.29 is the embedded server that has `_reindex`; it lacks the field types of most modules. Where an example needs one, `Sent.told`
writes a keyword in its place and prints so: methods, paths and the rest of the bodies do not depend on the type. Examples that
7.17 refuses altogether are sent to 9.5.3, without `_reindex` and `_update_by_query`. A rule that prints no request says that nothing is to be sent.
"""

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


class Sent:
    """The index of one change, and the names that stand in its steps."""

    def __init__(self, server: Server, index: str) -> None:
        self.call, self.index = asker_of(server).call, index
        self.name = f"steps-{secrets.token_hex(5)}"
        self.count = 0
        self.lacks = server.lacks

    def told(self, value: Json) -> Json:
        """The body, with what the server has in the place of what it lacks."""
        if isinstance(value, list):
            return [self.told(each) for each in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("type")
        if isinstance(kind, str) and kind in self.lacks:
            print(f"{kind} is not on this server: a keyword is sent in its place")
            return {"type": "keyword"}
        if "painless" in self.lacks and "script" in value and "type" in value:
            print("painless is not on this server: the runtime field is sent without its script")
            scripted = ("script", "on_script_error")
            value = {name: each for name, each in value.items() if name not in scripted}
        if "_size" in value:
            print("the plugin mapper-size is not on this server: _size is left out")
        return {name: self.told(each) for name, each in value.items() if name != "_size"}

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        path = f"/{self.name}{path[len(self.index) + 1 :]}" if self.is_own(path) else path
        status, answer = self.call(method, path, self.told(body))
        assert status < 300, (method, path, body, answer)
        return answer

    def is_own(self, path: str) -> bool:
        return path == f"/{self.index}" or path.startswith((f"/{self.index}/", f"/{self.index}?"))

    def send(self, step: Step, new: Json) -> None:
        if step.method is None or step.when == "alias":
            return
        for name in ("reindex", "update_by_query"):
            if f"/_{name}" in (step.path or "") and name in self.lacks:
                print(f"_{name} is not on this server: it is sent to 7.17.29 for other rules")
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
        # By name: 9.5.3 refuses wildcards. Where the name is an alias by now, the index behind it is the other one.
        for name in (self.name, f"{self.name}-new"):
            self.call("DELETE", f"/{name}?ignore_unavailable=true")


@pytest.mark.parametrize("rule", RULES)
def test_the_server_takes_what_is_printed(
    rule: str, es7: Server, es9: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES / rule)
    old, new = (read_side(side, Configuration(), Files()) for side in ("old", "new"))
    if any(each.template is not None for each in (*old.subjects.values(), *new.subjects.values())):
        pytest.skip("tests/review/test_rollover_steps.py sends the requests about index templates")
    # What 7.17 refuses altogether, so that nothing is printed for it, is sent to 9.5.3.
    for server in (es7, es9):
        changes = compare(old.subjects, new.subjects, major_of(server)).changes
        if any(step.method is not None for change in changes for step in change.steps):
            break
    else:
        assert all(
            change.server in ("none", "ignored") or change.rule == "mapping-refused"
            for change in changes
        ), changes
    for change in changes:
        requests = [step for step in change.steps if step.method is not None]
        if not requests:
            continue
        before = {each.name: each for each in old.subjects.values()}.get(change.model)
        after = {each.name: each for each in new.subjects.values()}.get(change.model, before)
        assert after is not None
        it = Sent(server, (before or after).index)
        try:
            if before is not None:
                it.ask("PUT", f"/{it.index}", before.body)
            for step in requests:
                it.send(step, after.body)
            assert it.count or server is es9
        finally:
            it.close()
