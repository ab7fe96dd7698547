"""Code structure: who imports whom, length of files, no local paths, names of files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ecgen"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400

# Modules that `import generated` must not load: the compiler's libraries, and the client before a connection (123 ms).
HEAVY = ("jinja2", "jsonschema", "yaml", "click", "elasticsearch", "elastic_transport")


def imports(path: Path) -> Iterator[str]:
    """Return the absolute names of all modules that a file imports, anywhere in it."""
    package = ("ecgen", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def imports_of(path: Path, *rooms: str) -> list[str]:
    names = tuple(f"ecgen.{room}" for room in rooms)
    return [n for n in imports(path) if n in names or n.startswith(tuple(f"{m}." for m in names))]


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if room(p) == "runtime"], ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_runtime_imports_only_the_ground(path: Path) -> None:
    others = [
        name for name in imports(path) if re.match(r"ecgen(?!\.(runtime|elasticsearch)\b)", name)
    ]
    # `from ecgen import runtime` would yield both.
    assert [name for name in others if name != "ecgen"] == []


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if room(p) not in ("runtime", "testing")],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_the_compiler_imports_neither_runtime_nor_testing(path: Path) -> None:
    found = imports_of(path, "runtime", "testing")
    if room(path) == "live":
        # A migration connects like the runtime, and computes ids with the generated class.
        shared = tuple(f"ecgen.runtime{part}" for part in ("", ".client", ".ids", ".data_types"))
        allowed = (*shared, "ecgen.runtime.errors", "ecgen.runtime.types.base")
        found = [name for name in found if not _is_within(name, allowed)]
    assert found == []


def _is_within(name: str, modules: tuple[str, ...]) -> bool:
    return name in modules or name.startswith(tuple(f"{module}." for module in modules[1:]))


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if room(p) == "elasticsearch"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_the_ground_imports_nothing_of_ecgen(path: Path) -> None:
    names = [name for name in imports(path) if name.startswith("ecgen.")]
    assert [name for name in names if not name.startswith("ecgen.elasticsearch")] == []


def test_the_import_scan_sees_relative_and_nested_imports() -> None:
    found = set(imports(PACKAGE / "testing" / "plugin.py"))
    assert {"ecgen.runtime", "ecgen.testing.server", "pytest"} <= found


@pytest.mark.parametrize("module", ["generated", "ecgen.runtime", "generated.product"])
def test_importing_models_loads_nothing_heavy(module: str) -> None:
    code = f"import {module}, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


# The modules of ecgen.elasticsearch that the runtime uses.
OF_THE_GROUND = {
    "near_names",
    "date_formats",
    "date_patterns",
    "index_patterns",
    "limits",
    "number_ranges",
    "queries",
}


@pytest.mark.parametrize("module", ["generated", "ecgen.runtime.aio"])
def test_importing_models_loads_no_types_parameters_or_settings(module: str) -> None:
    code = (
        f"import {module}, sys; print(*(m for m in sys.modules if m.startswith('ecgen.elastic')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = {name.removeprefix("ecgen.elasticsearch.") for name in done.stdout.split()}
    assert loaded - {"ecgen.elasticsearch"} <= OF_THE_GROUND


def test_the_runtime_imports_the_client_in_few_places() -> None:
    """Elsewhere `client_errors` has its exceptions, so that no function needs an import."""
    importing = {
        path.relative_to(PACKAGE / "runtime").as_posix()
        for path in SOURCES
        if room(path) == "runtime"
        if any(name.partition(".")[0] == "elasticsearch" for name in imports(path))
    }
    of_the_client = {f"client/{name}.py" for name in ("client_errors", "cluster", "serializers")}
    for_types = {"client/methods.py", "client/primitives.py", "aio/primitives.py"}
    models = {"model.py", "aio/model.py", "search.py"}
    assert importing == of_the_client | for_types | models


def test_no_source_file_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_only_modules_that_export_what_they_import_state_all() -> None:
    """Elsewhere an underscore says which names are private, and a list would repeat the others."""
    stated = {}
    for path in SOURCES:
        nodes = ast.parse(path.read_text(encoding="utf-8")).body
        for node in nodes:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                stated[path.relative_to(PACKAGE).as_posix()] = set(ast.literal_eval(node.value))
    packages = {"runtime/__init__.py", "runtime/aio/__init__.py", "testing/__init__.py"}
    assert set(stated) == packages | {"elasticsearch/field_types.py"}
    for name in packages:
        imported = {
            each.asname or each.name
            for node in ast.parse((PACKAGE / name).read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom) and node.module != "__future__"
            for each in node.names
        }
        assert stated[name] == imported, name


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [p for p in SOURCES if p.stem in ("utils", "helpers", "misc", "common", "manager")] == []


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name]


# Split, so that this file does not match.
MACHINE = re.compile(
    "|".join(
        [
            r"(?<![\w.{}-])/(?:work|root|tmp|home/\w+)" + "/",
            r"\b[A-Z]:" + r"\\\\?Users",
            "localhost:192" + "0",
        ]
    )
)


def test_nothing_committed_names_a_place_on_somebodys_machine() -> None:
    files = committed()
    if not files:
        pytest.skip("not a git checkout")
    found = []
    for path in files:
        if not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCES
}


def _imported(module: str, path: Path) -> set[str]:
    """Return the modules of ecgen that a module imports, also in functions, and those for type checkers only."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]

    def within(nodes: Iterable[ast.AST]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                whole = ".".join([*base, *filter(None, [node.module])])
                for name in node.names:
                    inner = f"{whole}.{name.name}"
                    yield inner if inner in MODULES else whole
            else:
                yield from within(ast.iter_child_nodes(node))

    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name for name in within(tree.body) if name in MODULES} - {module}


def _circles(graph: Mapping[str, set[str]]) -> Iterator[str]:
    """Return a cycle for each module that is part of one, as `a → b → a`."""
    for start in sorted(graph):
        ways = {start: start}
        todo = [start]
        while todo:
            here = todo.pop()
            for there in sorted(graph[here]):
                if there == start:
                    yield f"{ways[here]} → {start}"
                    todo.clear()
                    break
                if there not in ways:
                    ways[there] = f"{ways[here]} → {there}"
                    todo.append(there)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: _imported(module, path) for module, path in MODULES.items()}
    assert list(_circles(graph)) == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    folders: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        here = folders.setdefault(_folder(module), set())
        here |= {_folder(other) for other in _imported(module, path)} - {_folder(module)}
    assert "ecgen.definitions" in folders["ecgen.output"]
    assert list(_circles(folders)) == []


def _folder(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_the_search_for_circles_finds_one() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set[str]()}
    assert list(_circles(graph)) == ["a → b → c → a", "b → c → a → b", "c → a → b → c"]
    assert "ecgen.importer.from_python" in _imported(
        "ecgen.importer.importing", MODULES["ecgen.importer.importing"]
    )


# A command's module may have the name of the package that implements it.
VERBS = {path.stem for path in (PACKAGE / "cli").glob("*.py")}


PACKAGE_FILES = ("__init__", "__main__")


def test_a_file_name_has_one_meaning() -> None:
    """Except `__init__`, `__main__` and the generated files in aio."""
    named: dict[str, list[str]] = {}
    for path in SOURCES:
        if path.stem not in PACKAGE_FILES and path.parent.name != "aio":
            named.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    several = {name: found for name, found in named.items() if len(found) > 1}
    assert {
        name: found
        for name, found in several.items()
        if len(found) > 2 or not (name in VERBS and f"ecgen/cli/{name}.py" in found)
    } == {}
