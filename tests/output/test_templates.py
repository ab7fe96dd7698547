"""Users' templates: what they can change, what they get, and what they cannot do."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from generating import ROOT, imported, project_from, project_of

from ecgen.cli.main import main
from ecgen.definitions.ir import Project
from ecgen.output.environment import TemplateProblem, environment
from ecgen.output.imports import runtime_names
from ecgen.output.render import FILTERS, render
from ecgen.output.view import ModelCode, PackageCode
from ecgen.site import html, markdown

README = ROOT / "templates" / "README.md"
EXTENDS = '{% extends "ecgen/model.py.j2" %}\n'


@pytest.fixture
def shop() -> Project:
    return project_of(ROOT / "schemas")


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


def product(project: Project, templates: Path, text: str) -> str:
    (templates / "model.py.j2").write_text(text)
    return render(project, templates)["product.py"]


def test_a_folder_without_templates_changes_nothing(shop: Project, templates: Path) -> None:
    assert render(shop, templates) == render(shop)
    assert html.render(shop, "Shop", templates) == html.render(shop, "Shop")
    assert markdown.render(shop, "Shop", templates) == markdown.render(shop, "Shop")


# For each block: its override, and the text that it replaces.
BLOCKS = {
    "header": ('"""Mine."""', '"""The model Product."""'),
    "imports": ("import everything", "    from .maker import Maker"),
    "value_classes": ("\n\nclass ProductSize: ...", "class ProductSize(ObjectValue):"),
    "bases": ("Base", "class Product(Model):"),
    "doc": ('    """Mine."""', '        "Something the shop sells.\\n"'),
    "slots": ("    __slots__ = ()", '        "vat_rate",'),
    "attributes": ("    mine: int", "    vat_rate: Attribute["),
    "meta": ("    _meta = {}", '        "sort": [{"created": "desc"}],'),
    "mapping": (
        "    _mapping = {}",
        '        "sku": Keyword("sku", required=True, ignore_above=64),',
    ),
    "compute_id": ("    def _compute_id(self): ...", "        return ids.checked("),
    "methods": ("    def mine(self): ...", ""),
    "signatures": ("    def find_by(cls): ...", "        def find_by("),
    "keywords": ("Mine = dict", "    class ProductQuery(ProductPaths, total=False):"),
    "end": ("mine = 1", ""),
}


def test_every_block_is_documented_and_tested() -> None:
    source = (ROOT / "templates" / "model.py.j2").read_text()
    listed = re.findall(
        r"^\| `(\w+)` \|", README.read_text().partition("## Blocks")[2].partition("## ")[0], re.M
    )
    assert re.findall(r"{% block (\w+)", source) == listed == list(BLOCKS)
    package = re.findall(r"{% block (\w+)", (ROOT / "templates" / "package.py.j2").read_text())
    assert (
        f"The blocks of `package.py.j2`: {', '.join(f'`{name}`' for name in package)}."
        in README.read_text()
    )


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_overridden_and_all_others_stay(
    block: str, shop: Project, templates: Path
) -> None:
    mine, theirs = BLOCKS[block]
    bundled = render(shop)["product.py"]
    line = "" if block == "bases" else "\n"
    done = product(
        shop, templates, f"{EXTENDS}{{% block {block} %}}{line}{mine}{line}{{% endblock %}}"
    )
    assert mine in done
    assert theirs in bundled
    assert theirs == "" or theirs not in done
    for name, (_, other) in BLOCKS.items():
        if name not in (block, "imports", "doc"):
            assert other in done
    kept = product(
        shop, templates, f"{EXTENDS}{{% block {block} %}}{{{{ super() }}}}{{% endblock %}}"
    )
    assert kept == bundled


def test_what_a_template_leaves_out_is_not_imported(shop: Project, templates: Path) -> None:
    done = product(shop, templates, f"{EXTENDS}{{% block compute_id %}}{{% endblock %}}")
    assert "    ids,\n" not in done


def test_blocks_of_the_package(shop: Project, templates: Path) -> None:
    (templates / "package.py.j2").write_text(
        '{% extends "ecgen/package.py.j2" %}{% block end %}\n\nBY_INDEX = {model.get_index(): model for model in MODELS}\n{% endblock %}'
    )
    done = render(shop, templates)["__init__.py"]
    assert (
        done
        == render(shop)["__init__.py"]
        + "\nBY_INDEX = {model.get_index(): model for model in MODELS}\n"
    )


def examples() -> list[str]:
    return re.findall(r"```jinja\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_readmes_examples(
    shop: Project, tmp_path: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, mixin = examples()
    both = method + mixin.removeprefix(EXTENDS)
    (templates / "model.py.j2").write_text(both)
    package = tmp_path / "made"
    for path, text in render(shop, templates).items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/audit.py").write_text(
        'class Audited:\n    __slots__ = ()\n\n    def who(self) -> str:\n        return f"audit of {self!r}"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    imported(tmp_path / "shop")  # another test of this process may have left its own
    maker = imported(package).Maker(name="Lamp & Sons", country="NL")
    values = maker.as_row()
    assert "Lamp & Sons" in values
    assert len(values) == len(type(maker).__slots__)
    assert maker.who().startswith("audit of <")
    for command in (["ruff", "format", "--check", "--diff"], ["ruff", "check"]):
        done = subprocess.run(
            [str(Path(sys.executable).parent / command[0]), *command[1:], "--isolated", package.name],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_long_lines_of_a_team_are_broken_and_texts_are_not(shop: Project, templates: Path) -> None:
    text = f'    NOTE = """{"x, (y) " * 20}\n    {"f(a, b), " * 20}"""'
    call = f"    TABLE = dict({', '.join(f'{name}=1' for name in 'abcdefghijklmnopqrstuvwxyz')})"
    done = product(
        shop, templates, f"{EXTENDS}{{% block methods %}}\n{text}\n{call}\n{{% endblock %}}"
    )
    assert text in done
    assert call not in done
    assert "    TABLE = dict(\n        a=1,\n" in done


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('code.type("list[Foo]")', "unknown name 'Foo'"),
        ('code.type("Keywrd")', "did you mean 'Keyword'?"),
        ('code.runtime("Modl")', "did you mean 'Model'?"),
        ('code.imported("os; import sys", "x")', "is not an import"),
        ("code.typ", "has no attribute 'typ'"),
        ("modle.name", "'modle' is undefined"),
        ("1 +", "unexpected"),
    ],
)
def test_an_error_names_template_and_line(
    expression: str, message: str, shop: Project, templates: Path
) -> None:
    with pytest.raises(TemplateProblem, match=re.escape(message)) as caught:
        product(
            shop,
            templates,
            f"{EXTENDS}{{% block end %}}\n\n{{{{ {expression} }}}}\n{{% endblock %}}",
        )
    assert (caught.value.file, caught.value.line) == (str(templates / "model.py.j2"), 4)


def test_names_of_the_runtime_are_those_that_it_exports() -> None:
    from ecgen import runtime
    from ecgen.runtime import aio

    for module in (runtime, aio):
        assert runtime_names() == {name for name in module.__all__ if not name.startswith("_")}


ATTACKS = [
    '{{ cycler.__init__.__globals__.os.popen("touch pwned").read() }}',
    '{{ joiner.__init__.__globals__["os"].system("touch pwned") }}',
    '{{ (cycler | attr("__init__")).__globals__ }}',
    "{{ code.__class__.__mro__[-1].__subclasses__() }}",
    "{{ code.type.__func__.__globals__ }}",
    "{{ code.type.__self__ }}",
    "{{ code._imports }}",
    '{{ [code] | map(attribute="__class__") | join }}',
    '{{ "{0.__class__.__init__.__globals__}".format(code) }}',
    '{{ "{0.__class__}" | format(code) }}{{ ("{0.__class__}".format)(code) }}',
    '{{ model.settings.update({"a": 1}) }}',
    "{{ project.models.__add__(()) }}",
    "{{ [].append(1) }}",
    "{{ self.__init__ }}",
    "{{ range(10000000) | list | length }}",
    '{% include "../outside.txt" %}',
    '{% include "/etc/passwd" %}',
    '{% include "link.txt" %}',
    '{% include "linked/outside.txt" %}',
    '{% import "os" as os %}',
    "{{ lipsum() }}",
    "{{ [1, 2] | random }}",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["model.py.j2", "package.py.j2", "mapping.json.j2"])
def test_a_template_of_somebody_else_runs_nothing(
    attack: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("outside.txt").write_text("secret")
    Path("templates").mkdir()
    Path("templates/link.txt").symlink_to("../outside.txt")
    Path("templates/linked").symlink_to("..")
    Path("templates", name).write_text(f"\n{attack}\n")
    Path("schemas").mkdir()
    Path("schemas/thing.yaml").write_text(
        "model: Thing\nfields:\n  name: {type: keyword, ignore_above: 9}\n"
    )
    for command in ("check", "build"):
        done = CliRunner().invoke(
            main, [command, "schemas", "--out", "out", "--templates", "templates"]
        )
        assert done.exit_code == 1, done.output
        assert f"templates/{name}:2: " in done.output
        assert "secret" not in done.output
    assert not Path("pwned").exists()
    assert not Path("out").exists()


@pytest.mark.parametrize("name", ["index.html.j2", "model.html.j2", "joins.html.j2"])
def test_the_pages_are_under_the_same_law(name: str, shop: Project, templates: Path) -> None:
    (templates / "site").mkdir()
    (templates / "site" / name).write_text("{{ cycler.__init__.__globals__ }}")
    with pytest.raises(TemplateProblem, match="unsafe"):
        html.render(shop, "Shop", templates)


def test_a_page_of_a_teams_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("schemas").mkdir()
    Path("schemas/thing.yaml").write_text(
        "model: Thing\nfields:\n  name: {type: keyword, ignore_above: 9}\n"
    )
    Path("pyproject.toml").write_text('[tool.ecgen]\ntemplates = "ours"\n')
    Path("ours/site").mkdir(parents=True)
    Path("ours/site/index.md.j2").write_text('{% extends "ecgen/site/index.md.j2" %}')
    assert CliRunner().invoke(main, ["docs", "--format", "markdown"]).exit_code == 0
    Path("ours/site/index.md.j2").write_text("# Ours: {{ pages | length }}\n{{ nothing }}\n")
    done = CliRunner().invoke(main, ["docs", "--format", "markdown"])
    assert (done.exit_code, done.output) == (
        1,
        "error: ours/site/index.md.j2:2: 'nothing' is undefined; nothing was written\n",
    )
    Path("ours/site/index.md.j2").write_text("# Ours: {{ pages | length }}\n")
    assert CliRunner().invoke(main, ["docs", "--format", "markdown"]).exit_code == 0
    assert Path("docs/models/README.md").read_text() == "# Ours: 1\n"


def reachable(value: Any, seen: dict[int, Any]) -> None:
    """Return everything that a template can reach from a value, by attributes without leading underscore and by items."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list | tuple):
        inner = list(value)
    elif isinstance(value, str | int | float | bool | None) or callable(value):
        inner = []
    else:
        inner = []
    if not isinstance(value, str | int | float | dict | list | None) and not callable(value):
        inner += [getattr(value, name) for name in dir(value) if not name.startswith("_")]
    for each in inner:
        reachable(each, seen)


def test_templates_are_given_nothing_that_reads_or_writes(shop: Project, templates: Path) -> None:
    seen: dict[int, Any] = {}
    for model in shop.models:
        reachable(ModelCode(model), seen)
    reachable(PackageCode(shop), seen)
    reachable(shop, seen)
    made = environment(templates, FILTERS)
    plain = (str, int, float, type(None), tuple, list, dict)
    for value in seen.values():
        if isinstance(value, plain) or (
            dataclasses.is_dataclass(value) and type(value).__dataclass_params__.frozen  # type: ignore[union-attr]
        ):
            continue
        module = getattr(value, "__module__", None) or type(value).__module__
        bound = getattr(value, "__self__", None)
        assert module.startswith(("ecgen.output.", "ecgen.definitions.ir")) or isinstance(
            bound, plain
        ), value
    names = {"range", "dict", "cycler", "joiner", "namespace"}
    assert made.globals.keys() == names
    assert all(callable(each) for each in FILTERS.values())


def test_a_model_that_is_called_as_what_its_module_needs(templates: Path) -> None:
    project = project_from(
        [
            {"model": "Audited", "fields": {"date": "date"}},
            {"model": "Other", "fields": {"a": "date"}},
        ]
    )
    (templates / "model.py.j2").write_text(
        f'{EXTENDS}{{% block bases %}}{{{{ code.imported("shop.audit", "Audited") }}}}, {{{{ super() }}}}{{% endblock %}}'
    )
    done = render(project, templates)
    assert "class Audited(_Audited, Model):" in done["audited.py"]
    assert "from shop.audit import Audited as _Audited" in done["audited.py"]
    assert "class Other(Audited, Model):" in done["other.py"]
