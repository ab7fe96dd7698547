"""`ecgen import`, from a file to built models."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ecgen.importer.fold import fold
from ecgen.importer.settle import difference
from ecgen.importer.source import Source
from ecgen.review.compare.setting_changes import server_form

from .conftest import mapping_of
from .odd_corners import ODD_CORNERS
from .real_world import REAL_WORLD

Run = Callable[..., Result]


def put(project: Path, name: str, body: Any) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(REAL_WORLD))
def test_real_world_mappings_build_back(ecgen: Run, project: Path, name: str) -> None:
    body = REAL_WORLD[name]
    put(project, f"{name}.json", body)
    result = ecgen("import", f"{name}.json")
    assert result.exit_code == 0, result.output
    assert ecgen("check").exit_code == 1  # nothing is built yet
    result = ecgen("build")
    assert result.exit_code == 0, result.output
    (built,) = (project / "generated" / "mappings").glob("*.json")
    assert json.loads(built.read_text())["mappings"] == body["mappings"]
    settings = json.loads(built.read_text())["settings"]
    assert server_form(settings).items() >= server_form(body.get("settings", {})).items()


@pytest.mark.parametrize("name", sorted(ODD_CORNERS))
def test_odd_corners_build_back_in_json_and_in_python(
    ecgen: Run, project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wanted = json.loads(json.dumps(ODD_CORNERS[name]))
    put(project, "odd.json", {"mappings": wanted})
    result = ecgen("import", "odd.json")
    assert result.exit_code == 0, result.output
    package = f"odd_{sorted(ODD_CORNERS).index(name)}"
    result = ecgen("build", "--out", package, "--package", package)
    assert result.exit_code == 0, result.output
    assert difference(wanted, mapping_of(project, "odd", package)) is None
    monkeypatch.syspath_prepend(str(project))
    (model,) = importlib.import_module(package).MODELS
    assert difference(wanted, model.get_index_body()["mappings"]) is None


def test_all_of_a_folder_at_once_and_the_models_say_the_same(
    ecgen: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, body in REAL_WORLD.items():
        put(project, f"in/{name}.json", body)
    assert ecgen("import", "in").exit_code == 0
    assert ecgen("build", "--package", "everything", "--out", "everything").exit_code == 0
    monkeypatch.syspath_prepend(str(project))
    models = importlib.import_module("everything").MODELS
    assert len(models) == len(REAL_WORLD)
    for model in models:
        module = model.__module__.rpartition(".")[2]
        assert model.get_index_body()["mappings"] == mapping_of(project, module, "everything")


def test_what_is_written(ecgen: Run, project: Path) -> None:
    put(
        project,
        "shop-products-000002.json",
        {
            "shop-products-000002": {
                "aliases": {"shop-products": {"is_write_index": True}},
                "mappings": {
                    "properties": {
                        "id": {"type": "keyword"},
                        "@timestamp": {"type": "date"},
                        "title": {
                            "type": "text",
                            "fields": {"raw": {"type": "keyword", "ignore_above": 256}},
                        },
                        "size": {"properties": {"width": {"type": "float"}}},
                        "embedding": {"type": "knn_vector", "dimension": 3},
                        "_class": {"type": "keyword", "index": False},
                    }
                },
                "settings": {
                    "index": {
                        "number_of_shards": "2",
                        "uuid": "x",
                        "creation_date": "1",
                        "provided_name": "shop-products-000002",
                        "version": {"created": "9053000"},
                        "routing": {
                            "allocation": {"include": {"_tier_preference": "data_content"}}
                        },
                    }
                },
            }
        },
    )
    result = ecgen("import", "shop-products-000002.json")
    assert result.exit_code == 0
    assert (project / "schemas" / "shop_product.yaml").read_text() == (
        "# yaml-language-server: $schema=model.schema.json\n"
        "# The index is named by its alias; the server has shop-products-000002.\n"
        "# The mapping has a keyword 'id'. Whether it holds the document's id is not known without a sample of documents, so it\n"
        "# is a field of its own, id_. Where it does, remove id_ and 'store_id: false'.\n"
        "model: ShopProduct\n"
        "index: shop-products\n"
        "store_id: false\n"
        "# The mapping does not say it, and the server then adds fields that it meets in documents. 'strict' refuses "
        "them\n# instead.\n"
        "dynamic: unset\n"
        "settings: {number_of_shards: 2}\n"
        "fields:\n"
        "  id_: {name: id, type: keyword}\n"
        '  "@timestamp": date\n'
        "  title: {type: text, fields: {raw: {type: keyword, ignore_above: 256}}}\n"
        "  size: {properties: {width: float}}\n"
        "  # ecgen does not know the type 'knn_vector' here and passes it on unchecked.\n"
        "  embedding: {type: knn_vector, unchecked: {dimension: 3}}\n"
        "  class_: {name: _class, type: keyword, index: false}\n"
    )
    assert "wrote schemas/shop_product.yaml: ShopProduct, 6 fields" in result.output
    assert "fields.embedding: ecgen does not know the type 'knn_vector' here" in result.output
    assert "Next:" in result.output
    assert (project / "schemas" / "model.schema.json").exists()


def test_nothing_is_overwritten(ecgen: Run, project: Path) -> None:
    put(project, "a.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    put(project, "makers.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    put(project, "schemas/maker.yaml", "mine")
    result = ecgen("import", "a.json", "makers.json")
    assert result.exit_code == 1
    assert "schemas/maker.yaml exists already and is not overwritten" in result.output
    assert sorted(path.name for path in (project / "schemas").iterdir()) == ["maker.yaml"]
    assert (project / "schemas" / "maker.yaml").read_text() == "mine"


def test_a_dangling_link_is_not_written_through(ecgen: Run, project: Path) -> None:
    put(project, "makers.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    (project / "schemas").mkdir()
    (project / "schemas" / "maker.yaml").symlink_to(project / "elsewhere.yaml")
    assert ecgen("import", "makers.json").exit_code == 1
    assert not (project / "elsewhere.yaml").exists()


def test_a_broken_file_among_good_ones_writes_nothing(ecgen: Run, project: Path) -> None:
    put(project, "a.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    put(project, "b.json", '{"mappings": {')
    result = ecgen("import", "a.json", "b.json")
    assert result.exit_code == 1
    assert "b.json:1:15: this is not JSON" in result.output
    assert not (project / "schemas").exists()


def test_a_disk_that_fails_halfway_leaves_nothing(
    ecgen: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        put(project, f"{name}.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    link = os.link
    made: list[Path] = []

    def failing(source: str, target: Path) -> None:
        if made:
            raise OSError(28, "No space left on device")
        made.append(target)
        link(source, target)

    monkeypatch.setattr(os, "link", failing)
    result = ecgen("import", "a.json", "b.json", "c.json")
    assert result.exit_code == 1
    assert "cannot be written: no space left on device; nothing was written" in result.output
    assert made
    assert not (project / "schemas").exists()


def test_a_disk_without_links(ecgen: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(source: str, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refusing)
    put(project, "a.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    assert ecgen("import", "a.json").exit_code == 0
    found = sorted(path.name for path in (project / "schemas").iterdir())
    assert found == ["a.yaml", "model.schema.json"]


def test_out_is_a_file(ecgen: Run, project: Path) -> None:
    put(project, "a.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    put(project, "out", "x")
    assert ecgen("import", "a.json", "--out", "out").exit_code == 2
    result = ecgen("import", "a.json", "--out", "out/below")
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_dry_run_prints_and_writes_nothing(ecgen: Run, project: Path) -> None:
    put(project, "a.json", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    result = ecgen("import", "a.json", "--dry-run")
    assert result.exit_code == 0
    assert "  x: keyword\n" in result.stdout
    assert not (project / "schemas").exists()


def test_standard_input(ecgen: Run, project: Path) -> None:
    result = ecgen(
        "import", "-", input='{"orders": {"mappings": {"properties": {"x": {"type": "keyword"}}}}}'
    )
    assert result.exit_code == 0
    assert (project / "schemas" / "order.yaml").exists()


def test_standard_input_is_read_as_a_file_is(ecgen: Run, project: Path) -> None:
    text = '{"orders": {"mappings": {"properties": {"größe": {"type": "keyword"}}}}}'
    result = ecgen("import", "-", "--dry-run", input=text.encode("utf-8-sig"))
    assert '"größe": keyword' in result.output
    result = ecgen("import", "-", input=text.encode("latin-1"))
    assert result.exit_code == 1
    assert "error: standard input: byte 43 is not UTF-8 text" in result.output


def test_models_of_one_name_are_told_apart(ecgen: Run, project: Path) -> None:
    for name in ("products", "products_v2"):
        put(project, f"{name}.json", {"mappings": {"properties": {name: {"type": "keyword"}}}})
    result = ecgen("import", "products.json", "products_v2.json")
    assert result.exit_code == 0
    assert "  Product is the model of products already.\n" in result.output
    assert "products_v2: keyword" in (project / "schemas" / "product2.yaml").read_text()
    assert ecgen("build").exit_code == 0


def test_several_indices_of_one_template_are_one_model(ecgen: Run, project: Path) -> None:
    old = {"mappings": {"properties": {"x": {"type": "keyword"}}}}
    new = {"mappings": {"properties": {"x": {"type": "keyword"}, "z": {"type": "long"}}}}
    put(
        project,
        "logs.json",
        {"logs-2024.01.01": old, "logs-2024.01.02": new, "logs-2024.01.03": new},
    )
    result = ecgen("import", "logs.json")
    assert "the newest of 3 indices" in result.output
    assert "These have another mapping: logs-2024.01.01." in result.output
    text = (project / "schemas" / "logs.yaml").read_text()
    assert "index: logs\n" in text
    assert "z: long" in text


def test_what_the_language_refuses_is_reported_at_its_place(ecgen: Run, project: Path) -> None:
    put(project, "a.json", {"mappings": {"properties": {"x": {"type": "keyword"}, "empty": {}}}})
    result = ecgen("import", "a.json")
    assert result.exit_code == 1
    assert "error[missing-key]: field 'empty' has no 'type'" in result.output
    assert "Fix these by hand" in result.output


@pytest.mark.parametrize(
    ("properties", "complaint"),
    [
        ({"x": 5}, "a number"),
        ({"x": None}, "null"),
        ({"a": {"properties": {"b": "keyword"}}}, "a string"),
    ],
)
def test_a_field_that_is_no_object(
    ecgen: Run, project: Path, properties: Any, complaint: str
) -> None:
    put(project, "a.json", {"mappings": {"properties": properties}})
    result = ecgen("import", "a.json")
    assert result.exit_code == 1
    assert f"is no object but {complaint}; is this a mapping?" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--sample", "5"],
        ["--index", "x"],
        ["x.json", "--sample", "0", "--url", "http://localhost"],
    ],
)
def test_wrong_usage(ecgen: Run, arguments: list[str]) -> None:
    assert ecgen("import", *arguments).exit_code == 2


def test_missing_file_and_empty_folder(ecgen: Run, project: Path) -> None:
    (project / "empty").mkdir()
    for name, complaint in (
        ("gone.json", "gone.json: the file cannot be read"),
        ("empty", "no .json file"),
    ):
        result = ecgen("import", name)
        assert result.exit_code == 1
        assert complaint in result.output


def test_a_thousand_refusals_are_not_a_thousand_lines(ecgen: Run, project: Path) -> None:
    fields = {f"f{n}": {"type": "text", "analyzer": f"mine_{n}", "boost": n} for n in range(900)}
    put(project, "a.json", {"mappings": {"properties": fields}})
    result = ecgen("import", "a.json")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) < 60
    text = (project / "schemas" / "a.yaml").read_text()
    assert "unchecked: {boost: 7, analyzer: mine_7}" in text
    assert len([line for line in text.splitlines() if line.startswith("#")]) < 30
    assert ecgen("build").exit_code == 0
    assert mapping_of(project, "a")["properties"] == fields


def test_nested_fields_are_lists_until_documents_say_otherwise(ecgen: Run, project: Path) -> None:
    nested = {"type": "nested", "properties": {"sku": {"type": "keyword"}}}
    put(
        project,
        "orders.json",
        {"mappings": {"properties": {"lines": nested, "size": {"properties": {}}}}},
    )
    assert ecgen("import", "orders.json").exit_code == 0
    text = (project / "schemas" / "order.yaml").read_text()
    assert "# guess: a list, as nested fields usually are; no document was seen\n" in text
    assert "lines: {type: nested, many: true, properties: {sku: keyword}}\n" in text


def test_one_strange_component_leaves_the_rest_of_the_analysis_checked(
    ecgen: Run, project: Path
) -> None:
    analysis = {
        "tokenizer": {"odd": {"type": "from_a_plugin"}},
        "analyzer": {
            "plain": {"type": "custom", "tokenizer": "standard"},
            "strange": {"type": "custom", "tokenizer": "odd"},
        },
    }
    fields = {
        "a": {"type": "text", "analyzer": "plain"},
        "b": {"type": "text", "analyzer": "strange"},
    }
    body = {"mappings": {"properties": fields}, "settings": {"analysis": analysis}}
    put(project, "texts.json", body)
    assert ecgen("import", "texts.json").exit_code == 0
    text = (project / "schemas" / "text.yaml").read_text()
    checked, _, unchecked = text.partition("\nunchecked:")
    assert "plain" in checked
    assert "strange" in checked
    assert "from_a_plugin" in unchecked
    assert "plain" not in unchecked
    assert ecgen("build").exit_code == 0
    built = json.loads((project / "generated" / "mappings" / "text.json").read_text())
    assert built["settings"]["analysis"] == analysis


def test_a_name_that_no_index_has_is_said() -> None:
    mapping = {"properties": {"a": {"type": "keyword"}}}
    found = fold(
        Source(name=f"logs-2024.01.0{day}", origin="x", mappings=mapping) for day in (1, 2)
    )
    assert [source.name for source in found] == ["logs"]
    assert any("No index and no alias of the cluster is called logs" in n for n in found[0].notes)
