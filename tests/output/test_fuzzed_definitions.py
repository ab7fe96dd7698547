"""Any valid definition gives code that compiles, imports, is formatted, and contains its texts unchanged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from generating import imported, write_tree
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from ecgen.pipeline import load_project

# libyaml refuses surrogates and some control characters; other tests cover that.
TEXT = st.text(
    st.one_of(
        st.sampled_from("\"'\\{}%#\n\t\r \u202e\u2028\u00a0\ufeff\x00\x1b\x85"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=120,
)
LONG = st.integers(60, 110).map(lambda length: ("a long text " * 10)[:length])
DESCRIPTION = TEXT | LONG | st.lists(TEXT | LONG, max_size=4).map("\n".join)
WORDS = st.sampled_from(
    [
        "date",
        "datetime",
        "str",
        "int",
        "float",
        "bool",
        "list",
        "dict",
        "Any",
        "Literal",
        "Model",
        "Keyword",
        "Text",
        "Sort",
        "Result",
        "Self",
        "ids",
        "class",
        "None",
        "size",
        "query",
        "count",
        "refresh",
        "builtins",
        "classmethod",
        "property",
        "decimal",
        "self",
        "cls",
        "Mapping",
        "OneOf",
        "match",
        "type",
        "print",
        "_",
        "é",
        "ﬁ",
        "3d",
    ]
)
NAME = WORDS | st.text(
    st.characters(categories=["L", "N"], include_characters="_- @"), min_size=1, max_size=90
)
PLAIN = st.sampled_from(
    [
        "text",
        "long",
        "date",
        "boolean",
        "geo_point",
        "flattened",
        "ip",
        "date_range",
        "binary",
        "float",
        "date_nanos",
    ]
)


def field(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    described = {"description": DESCRIPTION, "required": st.booleans(), "many": st.booleans()}
    return st.one_of(
        PLAIN,
        st.fixed_dictionaries({"type": PLAIN}, optional=described),
        st.fixed_dictionaries(
            {"type": st.just("keyword")},
            optional={
                **described,
                "enum": st.lists(TEXT | LONG, min_size=1, max_size=5, unique=True),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("keyword")},
            optional={**described, "default": TEXT, "null_value": TEXT},
        ),
        st.fixed_dictionaries(
            {
                "type": st.just("scaled_float"),
                "scaling_factor": st.sampled_from([1, 100, 0.5, 1e9]),
            },
            optional={"python": st.just("decimal"), "default": st.integers(-5, 5), **described},
        ),
        st.fixed_dictionaries(
            {"type": st.sampled_from(["object", "nested"])},
            optional={
                "properties": st.dictionaries(NAME, children, min_size=1, max_size=4),
                **described,
            },
        ),
    )


FIELD = st.recursive(PLAIN, field, max_leaves=12)
JOIN = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["single", "multi", "single_loose", "multi_loose"]),
        "target": st.sampled_from("AB"),
    },
    optional={"description": DESCRIPTION, "required": st.booleans()},
)
MODEL = st.fixed_dictionaries(
    {"fields": st.dictionaries(NAME, FIELD, min_size=1, max_size=8)},
    optional={
        "description": DESCRIPTION,
        "joins": st.dictionaries(NAME, JOIN, max_size=3),
        "settings": st.fixed_dictionaries({"number_of_shards": st.integers(1, 9)}),
        "_meta": st.dictionaries(
            TEXT, TEXT | st.lists(TEXT | st.booleans(), max_size=4), max_size=4
        ),
    },
)
NAMES = st.lists(
    st.sampled_from(
        [
            "Any",
            "Model",
            "Date",
            "Str",
            "Class",
            "URL",
            "Page2",
            "Page10",
            "Result",
            "Values",
            "None1",
        ]
    ),
    min_size=4,
    max_size=4,
    unique=True,
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # each example starts two programs, so shrinking would take minutes
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
@given(names=NAMES, models=st.lists(MODEL, min_size=4, max_size=4))
def test_what_passes_validation_gives_good_code(
    names: list[str], models: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    contents = {}
    for name, model in zip(
        [*"AB", *names],
        [*models, {"fields": {"x": "keyword"}}, {"fields": {"y": "long"}}],
        strict=True,
    ):
        contents[f"{name}.yaml"] = yaml.safe_dump({"model": name, **model}).encode()
    # The others are still checked if one model is refused.
    _, problems = load_project(contents)
    refused = {problem.file for problem in problems if problem.severity == "error"}
    project, problems = load_project(
        {file: text for file, text in contents.items() if file not in refused}
    )
    assume(project is not None)
    assert project is not None
    folder = tmp_path_factory.mktemp("fuzz") / "package"
    write_tree(project, folder)
    package = imported(folder)
    for model in project.models:
        class_ = getattr(package, model.name)
        if model.description is not None:
            assert class_.__doc__ == model.description
        body = json.loads((folder / f"mappings/{model.module}.json").read_bytes())
        assert class_.get_index_body() == body == model.index_body()
    for command in (
        ["ruff", "format", "--isolated", "--diff", "."],
        ["ruff", "check", "--isolated", "."],
    ):
        done = subprocess.run(
            [str(Path(sys.executable).parent / command[0]), *command[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
