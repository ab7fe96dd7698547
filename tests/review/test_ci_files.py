"""What other repositories take from this one in CI is well-formed, and calls commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import yaml

from ecgen.cli.main import main

ROOT = Path(__file__).parents[2]
CONTEXT = click.Context(main)


def test_the_hooks_call_commands_that_exist() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == ["ecgen-build", "ecgen-check"]
    for hook in hooks:
        assert hook["entry"].split()[1] in main.list_commands(CONTEXT)
        assert re.search(hook["files"], "schemas/product.yaml")


def test_the_action_calls_options_that_exist() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    scripts = "\n".join(step.get("run", "") for step in action["runs"]["steps"])
    called = re.findall(r"ecgen (check|diff)\b([^\n|>]*)", scripts)
    assert {command for command, _ in called} == {"check", "diff"}
    for command, rest in called:
        verb = main.get_command(CONTEXT, command)
        assert verb is not None
        known = {option for each in verb.params for option in each.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_no_input_of_the_action_is_pasted_into_a_script() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "${{" not in step.get("with", {}).get("script", "")
