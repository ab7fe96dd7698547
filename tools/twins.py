"""Generate `ecgen/runtime/aio` from `ecgen/runtime`: the same code, with `async` and `await` for I/O.

    python tools/twins.py           write the twins
    python tools/twins.py --check   report stale twins, and exit with 1 if there are any

Only the definitions named in TWINS are generated; other names are imported from the blocking module. A function becomes
asynchronous if it calls one that is awaited; AWAITED lists those. All other text stays, comments and docstrings too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RUNTIME = Path(__file__).resolve().parent.parent / "ecgen" / "runtime"

TWINS = {
    "client.connection": ("T", "run", "_answer", "_asked", "DocTypeConnection", "_Bound"),
    "result": ("M", "Result"),
    "requests.scan": ("M", "scan"),
    "namespace": (
        "Namespace",
        "_namespaces",
        "register_namespace",
        "connect",
        "get_es",
        "create_mappings",
        "delete_index",
        "delete_indices",
    ),
    "model": ("M", "Model"),
}
BY_HAND = {"client.primitives"}

AWAITED = {
    "client.connection": {
        "run",
        "_answer",
        "_asked",
        "sleep",
        "take",
        "finish",
        "call",
        "function",
        "attribute",
        "method",
        "connection.call",
        "indices.exists",
        "indices.exists_index_template",
    },
    "result": {"self.model._next_page", "self.data[0]._load_joins"},
    "requests.scan": {"run"},
    "namespace": {
        "sleep",
        "client.close",
        "cluster.health",
        "es.indices.create",
        "es.indices.delete",
        "es.indices.delete_data_stream",
        "es.indices.delete_index_template",
        "es.indices.exists",
        "es.indices.exists_alias",
        "es.indices.get_alias",
        "es.indices.get_index_template",
        "es.indices.put_index_template",
        "es.indices.simulate_index_template",
        "es.indices.simulate_template",
    },
    "model": {
        "run",
        "cls.get_es_connection().call",
        "cls.get_es_connection().indices.refresh",
    },
}
"""Awaited calls, by module, beside asynchronous methods of `self` and `cls`, which are found."""

RENAMED = {
    "Iterator": "AsyncIterator",
    "Elasticsearch": "AsyncElasticsearch",
    "Search": "AsyncSearch",
    "ClientMethods": "AsyncClientMethods",
}
CONTEXT = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
OWNERS = ("self", "cls")

Function = ast.FunctionDef


@dataclass(frozen=True)
class Edit:
    start: int
    end: int
    text: str


class Twin:
    """The generation of one module."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.path = RUNTIME / f"{module.replace('.', '/')}.py"
        self.source = self.path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.source)
        self._starts = [0]
        for line in self.source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = self.source.splitlines()
        self.definitions = {name: node for node in self.tree.body for name in _defined(node)}
        self.wanted = [node for name, node in self.definitions.items() if name in TWINS[module]]
        if missing := set(TWINS[module]) - set(self.definitions):
            raise SystemExit(f"{self.path}: there is no {', '.join(sorted(missing))} any more")
        self._find_asynchronous()

    def _at(self, line: int, column: int) -> int:
        """Return the offset in the source of a place from ast: a line, and a column in bytes of UTF-8."""
        text = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(text)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        start = self._at(node.lineno, node.col_offset)
        return start, self._at(node.end_lineno or 0, node.end_col_offset or 0)

    def text(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    # Find asynchronous functions: those that call one.

    def _find_asynchronous(self) -> None:
        functions = [node for node in ast.walk(self.tree) if isinstance(node, Function)]
        # Overloads share their method's name; deeper functions have none.
        outer = {id(node): node.name for node in functions if node.col_offset <= 4}
        self.asynchronous: set[int] = set()
        self.methods: set[str] = set()
        while True:
            found = {
                id(node)
                for node in functions
                if node.name in CONTEXT
                or outer.get(id(node)) in self.methods
                or any(map(self.is_awaited, _own_calls(node)))
            }
            if found == self.asynchronous:
                break
            self.asynchronous = found
            self.methods = {name for node, name in outer.items() if node in found}
        for name, node in self.definitions.items():
            if name not in TWINS[self.module] and any(
                self.is_awaited(call) for call in ast.walk(node) if isinstance(call, ast.Call)
            ):
                raise SystemExit(f"{self.path}: {name} does I/O; name it in TWINS")

    def is_awaited(self, call: ast.Call) -> bool:
        called = self.text(call.func)
        if called in AWAITED[self.module]:
            return True
        if not isinstance(call.func, ast.Attribute):
            return False
        owner = self.text(call.func.value)
        return owner in OWNERS and call.func.attr in self.methods

    # Generate the text.

    def made(self) -> str:
        parts = [
            f"# Made by tools/twins.py from {self.path.relative_to(RUNTIME.parent.parent).as_posix()}. Do not edit: change that file, then run `make twins`.",
            f'"""The asynchronous twin of ecgen.runtime.{self.module}."""',
            "from __future__ import annotations",
            *self._imports(),
        ]
        for node in sorted(self.wanted, key=lambda node: node.lineno):
            parts.append(self._edited(node))
        return _formatted("\n\n".join(parts) + "\n", _file(self.module))

    def _edited(self, node: ast.stmt) -> str:
        start, end = self.span(node)
        if isinstance(node, ast.ClassDef | Function) and node.decorator_list:
            start = self.span(node.decorator_list[0])[0] - 1
        text = self.source[start:end]
        for edit in sorted(
            self._edits(node), key=lambda each: (each.start, each.end), reverse=True
        ):
            text = text[: edit.start - start] + edit.text + text[edit.end - start :]
        return text + self._docstring_after(node)

    def _docstring_after(self, node: ast.stmt) -> str:
        """Return the docstring after an assignment; empty if there is none."""
        after = self.tree.body[self.tree.body.index(node) + 1 :][:1]
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not after:
            return ""
        following = after[0]
        is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        return f"\n{self.text(following)}" if is_text else ""

    def _edits(self, root: ast.stmt) -> Iterator[Edit]:
        parents = {child: node for node in ast.walk(root) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(root):
            if isinstance(node, Function) and id(node) in self.asynchronous:
                start = self._at(node.lineno, node.col_offset)
                yield Edit(start, start, "async ")
                if node.name in CONTEXT:
                    start += len("def ")
                    yield Edit(start, start + len(node.name), CONTEXT[node.name])
            elif isinstance(node, ast.Call) and self.is_awaited(node):
                start, end = self.span(node)
                parent = parents[node]
                used = isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node
                yield Edit(start, start, "(await " if used else "await ")
                if used:
                    yield Edit(end, end, ")")
            elif isinstance(node, ast.Name) and node.id in RENAMED:
                yield Edit(*self.span(node), RENAMED[node.id])
            elif isinstance(node, ast.ImportFrom) and node.level:
                yield Edit(
                    *self.span(node),
                    "\n".join(_imported(node, {a.name for a in node.names}, self.module)),
                )
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom):
                function = next(
                    each for each in _above(node, parents) if isinstance(each, Function)
                )
                if id(function) in self.asynchronous:
                    loop = f"for one in {self.text(node.value.value)}:\n"
                    yield Edit(*self.span(node), f"{loop}{' ' * node.col_offset}    yield one")

    def _imports(self) -> Iterator[str]:
        used = {"TYPE_CHECKING"}  # ruff removes it if it is not used
        for each in self.wanted:
            for node in ast.walk(each):
                if isinstance(node, ast.Name):
                    used.add(node.id)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    used.add(node.value)  # TypeVar("M", bound="Document")
        for statement in self.tree.body:
            if isinstance(statement, ast.ImportFrom | ast.Import):
                yield from _imported(statement, used, self.module)
        here = sorted(used & set(self.definitions) - set(TWINS[self.module]))
        if here:
            yield f"from ..{self.module} import {', '.join(here)}"
        for statement in self.tree.body:
            if isinstance(statement, ast.If):  # if TYPE_CHECKING
                inner = [each for each in statement.body if isinstance(each, ast.ImportFrom)]
                lines = [line for each in inner for line in _imported(each, used, self.module)]
                if lines:
                    yield "if TYPE_CHECKING:\n" + "".join(f"    {line}\n" for line in lines)


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | Function):
        return [node.name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _own_calls(function: Function) -> Iterator[ast.Call]:
    """Yield the calls in a function, except those in nested functions and lambdas."""
    todo: list[ast.AST] = list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, Function | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _above(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in parents:
        node = parents[node]
        yield node


def _file(module: str) -> str:
    """Return the file name of a module's twin: `aio` has no sub-packages."""
    return f"{module.rpartition('.')[2]}.py"


def _imported(node: ast.Import | ast.ImportFrom, used: set[str], importing: str) -> Iterator[str]:
    """Yield the statements for the same imports, from the twin if there is one."""
    for name in node.names:
        if (name.asname or name.name.partition(".")[0]) not in used:
            continue
        what = name.name + (f" as {name.asname}" if name.asname else "")
        if isinstance(node, ast.Import):
            yield f"import {what}"
            continue
        if not node.level:
            yield f"from {node.module} import {RENAMED.get(name.name, what)}"
            continue
        rooms = importing.split(".")[: -node.level]
        module = ".".join([*rooms, *filter(None, [node.module])])
        if module in BY_HAND or name.name in TWINS.get(module, ()):
            yield f"from .{module.rpartition('.')[2]} import {what}"
        else:
            yield f"from ..{module} import {RENAMED.get(name.name, what)}"


def _package() -> str:
    """Return the twin of `__init__.py`: the same names."""
    tree = ast.parse((RUNTIME / "__init__.py").read_text(encoding="utf-8"))
    lines = [
        "# Made by tools/twins.py from ecgen/runtime/__init__.py. Do not edit: change that file, then run `make twins`.",
        '"""The names of ecgen.runtime, over AsyncElasticsearch: what talks to a server is awaited."""',
    ]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            lines += _imported(node, {name.name for name in node.names}, "__init__")
        elif isinstance(node, ast.Assign):
            lines.append(ast.unparse(node))
    return _formatted("\n".join(lines) + "\n", "__init__.py")


def _formatted(text: str, name: str) -> str:
    """Return the text formatted, with its imports sorted."""
    place = ["--stdin-filename", str(RUNTIME / "aio" / name), "-"]
    sort = ["check", "--quiet", "--select", "I,F401", "--fix-only"]
    for command in (sort, ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, *place]
        text = subprocess.run(ruff, input=text, capture_output=True, check=True, text=True).stdout
    return text


def main(arguments: list[str]) -> int:
    texts = {_file(module): Twin(module).made() for module in TWINS}
    texts["__init__.py"] = _package()
    stale = []
    for name, text in texts.items():
        path = RUNTIME / "aio" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(RUNTIME.parent.parent).as_posix())
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8", newline="\n")
    if "--check" not in arguments:
        print("\n".join(f"wrote {path}" for path in stale) or "the twins are fresh")
        return 0
    for each in stale:
        print(f"{each} is not what tools/twins.py makes; run `make twins`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
