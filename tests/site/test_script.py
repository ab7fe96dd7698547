"""The site's script in jsdom (installed by npm): the search, and the diagram of one model and its neighbours."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from site_projects import load, shop

from ecgen.definitions.ir import Project
from ecgen.site.html import FOCUSED, render

VERSION = "24.1.3"
Ask = Callable[[Project, list[tuple[str, str, str]]], list[Any]]


@pytest.fixture(scope="session")
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return a function that renders a site and returns the results of steps (page, `search` or `focus`, typed text)."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine, so no script can be run")
    cache = getattr(request.config, "cache", None)
    library = cache.mkdir("jsdom") if cache else tmp_path_factory.mktemp("jsdom")
    module = library / "node_modules" / "jsdom"
    if not module.is_dir():
        install = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            f"jsdom@{VERSION}",
        ]
        done = subprocess.run([*install, "--prefix", str(library)], capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            pytest.skip(f"npm cannot install jsdom: {done.stderr.strip()[-300:]}")

    def ask(project: Project, steps: list[tuple[str, str, str]]) -> list[Any]:
        folder = tmp_path_factory.mktemp("site")
        for path, text in render(project, "Shop").items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        program = Path(__file__).with_name("script.cjs")
        done = subprocess.run(
            ["node", str(program), str(folder), str(module)],
            input=json.dumps(steps), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    return ask


def many(count: int) -> Project:
    """Return a chain of models, each with a join to the next; the last has none."""
    return load(
        {
            f"schemas/{n}.yaml": {
                "model": f"M{n}x",
                "fields": {"name": {"type": "keyword", "ignore_above": 9}},
                **(
                    {"joins": {"next": {"type": "single", "target": f"M{n + 1}x"}}}
                    if n < count - 2
                    else {}
                ),
            }
            for n in range(count)
        }
    )


def test_the_search_finds_names_and_enum_values_and_forgives_a_typo(ask: Ask) -> None:
    typed = {
        "product": "models/product.html",
        "retired": "models/product.html#field-status",
        "prodcut": "models/product.html",
        "produt": "models/product.html",
        "warehuose": "models/warehouse.html",
        "retird": "models/product.html#field-status",
    }
    found = ask(shop(), [("index.html", "search", text) for text in typed])
    for (text, href), hits in zip(typed.items(), found, strict=True):
        assert href in hits[:5], (text, hits[:5])
    [nothing] = ask(shop(), [("index.html", "search", "xyzzyplugh")])
    assert nothing == ["Nothing is called that, and no description says it."]


def test_an_enum_value_goes_before_a_mention(ask: Ask) -> None:
    project = load(
        {
            "a.yaml": {"model": "Aaa", "fields": {"note": {"type": "keyword", "ignore_above": 9, "description": "Not lost."}}},
            "b.yaml": {"model": "Bbb", "fields": {"state": {"type": "keyword", "ignore_above": 9, "enum": ["lost", "Größe"]}}},
        }
    )  # fmt: skip
    found = ask(
        project, [("index.html", "search", text) for text in ("lost", "größe", "grösse", "gröse")]
    )
    assert found[0] == ["models/bbb.html#field-state", "models/aaa.html#field-note"]
    assert found[1] == found[3] == ["models/bbb.html#field-state"]


def test_from_many_models_on_the_picture_can_be_narrowed(ask: Ask) -> None:
    project = many(FOCUSED)
    all_, one, edge, alone, wrong, back = ask(
        project, [("joins.html", "focus", text) for text in ("", "M7x", "M0x", f"M{FOCUSED - 1}x", "M7", "")]
    )  # fmt: skip
    assert len(all_["nodes"]) == len(back["nodes"]) == FOCUSED
    assert not all_["hidden"]
    assert (one["nodes"], one["said"]) == (["M6x", "M7x", "M8x"], "M7x and the models next to it")
    assert one["width"] < 1000 < all_["width"]
    assert edge["nodes"] == ["M0x", "M1x"]
    assert (alone["said"], len(alone["nodes"])) == (f"M{FOCUSED - 1}x has no joins", FOCUSED)
    assert wrong["said"] == "No model is called M7"


def test_fewer_models_need_no_filter(ask: Ask) -> None:
    project = many(FOCUSED - 1)
    assert "assets/neighbours.js" not in render(project, "Shop")
    assert ask(project, [("joins.html", "focus", "M7x")]) == [None]


def test_the_library_is_whole() -> None:
    text = render(shop(), "Shop")["assets/site.js"]
    assert "MIT License" in text
    assert "Permission is hereby granted" in text
    assert "(v1.0.19)" in text
