"""Importing from live clusters: what real nodes show builds back, and whatever goes wrong is said without a secret."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from ecgen.diagnostics.command_error import CommandError
from ecgen.rest import Cluster
from ecgen.testing.server import Server

from .conftest import Answer, mapping_of
from .real_world import REAL_WORLD

Run = Callable[..., Result]
SECRET = "s3cr3t-hunter2"


def own_output(server: Server, index: str) -> Any:
    return server.client().indices.get(index=index)[index]


CORE: dict[str, Any] = {
    "dynamic": "false",
    "_meta": {"team": "search", "no": ["yes", 1, None]},
    "date_detection": False,
    "dynamic_templates": [{"all": {"match": "*", "mapping": {"type": "keyword"}}}],
    "properties": {
        "@timestamp": {"type": "date", "format": "yyyy-MM-dd||epoch_millis"},
        "id": {"type": "long"},
        "_class": {"type": "keyword", "index": False, "doc_values": False},
        "sku": {"type": "keyword", "ignore_above": 64, "null_value": "no", "copy_to": ["all"], "eager_global_ordinals": True},
        "all": {"type": "text", "analyzer": "article", "search_analyzer": "standard", "fields": {"raw": {"type": "keyword"}}},
        "words": {"type": "text", "norms": False, "index_options": "docs", "term_vector": "yes", "fielddata": True, "index_prefixes": {"min_chars": 2, "max_chars": 4}},
        "count": {"type": "integer", "coerce": False, "ignore_malformed": True},
        "weight": {"type": "half_float", "null_value": 1.5, "store": True},
        "size": {"properties": {"width": {"type": "float"}, "deep": {"properties": {"er": {"type": "ip"}}}}},
        "offers": {"type": "nested", "include_in_root": True, "dynamic": "strict", "properties": {"seller": {"type": "keyword"}}},
        "blob": {"type": "object", "enabled": False},
        "empty": {"type": "object"},
        "range": {"type": "date_range", "format": "yyyy"},
        "place": {"type": "geo_point", "ignore_z_value": False},
        "payload": {"type": "binary", "doc_values": True},
        "same": {"type": "alias", "path": "sku"},
        "a.dotted.name": {"type": "boolean"},
        "nanos": {"type": "date_nanos"},
        "größe": {"type": "short", "meta": {"unit": "cm"}},
    },
}  # fmt: skip
SETTINGS = {"number_of_shards": 2, "number_of_replicas": 0, "analysis": {"analyzer": {"article": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]}}}}  # fmt: skip


def test_what_a_node_shows_builds_back(
    ecgen: Run, project: Path, server: Server, prefix: str
) -> None:
    """And an index that is made from what was built shows the same again."""
    index = f"{prefix}articles"
    client = server.client()
    client.indices.create(
        index=index, mappings=CORE, settings=SETTINGS, aliases={f"{prefix}alias": {}}
    )
    shown = own_output(server, index)
    result = ecgen("import", "--url", server.url, "--index", index)
    assert result.exit_code == 0, result.output
    assert ecgen("build").exit_code == 0
    (built,) = (project / "generated" / "mappings").glob("*.json")
    body = json.loads(built.read_text())
    assert body["mappings"] == shown["mappings"]
    assert body["aliases"] == {f"{prefix}alias": {}}
    assert "uuid" not in built.read_text()
    client.indices.create(
        index=f"{prefix}again", mappings=body["mappings"], settings=body["settings"]
    )
    again = own_output(server, f"{prefix}again")
    assert again["mappings"] == shown["mappings"]
    assert again["settings"]["index"]["analysis"] == shown["settings"]["index"]["analysis"]


@pytest.mark.parametrize("name", sorted(set(REAL_WORLD) - {"old_like"}))
def test_real_world_mappings_as_a_node_shows_them(
    ecgen: Run, project: Path, server: Server, prefix: str, name: str
) -> None:
    body = without_lacking(REAL_WORLD[name], server)
    index = f"{prefix}{name}"
    server.client().indices.create(index=index, **body)
    shown = own_output(server, index)
    result = ecgen("import", "--url", server.url, "--index", index)
    assert result.exit_code == 0, result.output
    assert ecgen("build").exit_code == 0
    (built,) = (project / "generated" / "mappings").glob("*.json")
    assert json.loads(built.read_text())["mappings"] == shown["mappings"]


# What is in no node of these tests, or in one of them only, beside the types that `server.lacks` names.
_ABSENT = frozenset({"wildcard", "constant_keyword", "version", "unsigned_long", "geo_shape", "shape", "point", "histogram", "aggregate_metric_double", "semantic_text", "percolator", "passthrough", "search_as_you_type", "match_only_text", "rank_feature", "rank_features", "scaled_float", "token_count", "join", "dense_vector", "sparse_vector"})  # fmt: skip


def without_lacking(body: Any, server: Server) -> Any:
    """The body with what this server does not have left out."""
    absent = {kind for kind in _ABSENT if kind in server.lacks or not server_has(server, kind)}
    mappings = body["mappings"]
    kept: dict[str, Any] = {
        name: value
        for name, value in mappings.items()
        if name not in ("runtime", "subobjects", "properties")
        or (name == "subobjects" and server.version >= "8")
    }
    flat = mappings.get("subobjects") is False and server.version < "8"
    if server.version < "8" and kept.get("dynamic") == "runtime":
        kept["dynamic"] = "false"
    kept["properties"] = _without(mappings["properties"], absent, server, flat)
    return {
        "mappings": kept,
        "settings": {"number_of_replicas": 0, "mapping.total_fields.limit": 2000},
    }


def _without(properties: Any, absent: set[str], server: Server, flat: bool) -> Any:
    kept = {}
    for name, part in properties.items():
        if part.get("type") in absent or (flat and "." in name):
            continue
        if part.get("type") == "alias" and part["path"].split(".")[0] not in properties:
            continue
        one: dict[str, Any] = {
            key: "standard" if key == "analyzer" else value
            for key, value in part.items()
            if (key == "analyzer" and part["type"] == "token_count")
            or (
                key
                not in (
                    "analyzer",
                    "search_analyzer",
                    "normalizer",
                    "similarity",
                    "copy_to",
                    "time_series_metric",
                    "time_series_dimension",
                    "fields",
                )
                and not (key == "subobjects" and server.version < "8")
                and not (key == "position_increment_gap" and part.get("index_options") == "docs")
            )
        }
        if "properties" in part:
            below = flat or (part.get("subobjects") is False and server.version < "8")
            one["properties"] = _without(part["properties"], absent, server, below)
        fields = _without(part.get("fields", {}), absent, server, flat)
        if fields:
            one["fields"] = fields
        kept[name] = one
    return kept


_HAS: dict[tuple[str, str], bool] = {}


def server_has(server: Server, kind: str) -> bool:
    """Whether the server knows a field type, which it is asked with an index that is then refused or deleted."""
    key = (server.url, kind)
    if key not in _HAS:
        needs: dict[str, dict[str, Any]] = {
            "scaled_float": {"scaling_factor": 10},
            "token_count": {"analyzer": "standard"},
            "join": {"relations": {"a": "b"}},
            "dense_vector": {"dims": 4},
        }
        index = "adopt-asks-" + os.urandom(6).hex()
        answer = (
            server.client()
            .options(ignore_status=400)
            .indices.create(
                index=index, mappings={"properties": {"x": {"type": kind, **needs.get(kind, {})}}}
            )
        )
        _HAS[key] = answer.meta.status == 200
        if _HAS[key]:
            server.client().indices.delete(index=index)
    return _HAS[key]


def test_aliases_and_rollovers(ecgen: Run, project: Path, server: Server, prefix: str) -> None:
    client = server.client()
    for number, fields in ((1, ["a"]), (2, ["a", "b"])):
        client.indices.create(
            index=f"{prefix}logs-00000{number}",
            mappings={"properties": {name: {"type": "keyword"} for name in fields}},
            aliases={f"{prefix}logs": {"is_write_index": number == 2}},
        )
    client.indices.create(index=f"{prefix}makers", mappings={})
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*", "--out", "all")
    assert result.exit_code == 0, result.output
    texts = {path.name: path.read_text() for path in (project / "all").glob("*.yaml")}
    assert len(texts) == 2
    (logs,) = (text for text in texts.values() if "b: keyword" in text)
    assert f"index: {prefix}logs\n" in logs
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}logs", "--out", "alias")
    assert f"index: {prefix}logs\n" in next((project / "alias").glob("*.yaml")).read_text()


def test_the_aliases_beside_the_one_that_names_the_index_stay(
    ecgen: Run, project: Path, server: Server, prefix: str
) -> None:
    """All that every index has; one that programs move from index to index would be missing on the others."""
    for number in (1, 2):
        client = server.client()
        client.indices.create(
            index=f"{prefix}orders-00000{number}",
            aliases={
                f"{prefix}orders": {"is_write_index": number == 2},
                f"{prefix}read": {},
                f"{prefix}open": {"filter": {"term": {"state": "open"}}},
            }
            | ({f"{prefix}newest": {}} if number == 2 else {}),
        )
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*")
    left_out = f"  Left out, since not every index has it: the alias {prefix}newest.\n"
    assert left_out in result.output
    definition = yaml.safe_load(next((project / "schemas").glob("*.yaml")).read_text())
    assert definition["index"] == f"{prefix}orders"
    assert definition["aliases"] == {
        f"{prefix}open": {"filter": {"term": {"state": "open"}}},
        f"{prefix}read": {},
    }
    assert ecgen("build").exit_code == 0


def test_an_index_that_a_migration_kept_is_no_part_of_the_model(
    ecgen: Run, project: Path, server: Server, prefix: str
) -> None:
    """Neither is one that is being filled, though it is newer."""
    for number, name in ((1, "old"), (2, "live"), (3, "next")):
        server.client().indices.create(
            index=f"{prefix}makers-00000{number}",
            mappings={"properties": {name: {"type": "keyword"}}},
            aliases={f"{prefix}makers": {}} if name == "live" else {},
        )
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*")
    aside = f"{prefix}makers-000001, {prefix}makers-000003"
    assert f"Left out, since not behind the alias {prefix}makers: {aside}.\n" in result.output
    assert "create an alias" not in result.output
    text = next((project / "schemas").glob("*.yaml")).read_text()
    assert f"index: {prefix}makers\n" in text
    assert "live: keyword" in text


def test_guesses_from_a_sample(ecgen: Run, project: Path, server: Server, prefix: str) -> None:
    client = server.client()
    client.indices.create(
        index=f"{prefix}makers", mappings={"properties": {"id": {"type": "keyword"}}}
    )
    client.indices.create(
        index=f"{prefix}products",
        mappings={
            "properties": {
                "sku": {"type": "keyword"},
                "maker_id": {"type": "keyword"},
                "other_maker": {"type": "keyword"},
                "makers": {"type": "keyword", "ignore_above": 9},
                "tags": {"type": "keyword"},
                "place": {"type": "geo_point"},
                "lines": {"properties": {"amount": {"type": "integer"}}},
                "one": {"type": "keyword"},
            }
        },
    )
    operations: list[Any] = []
    for number in range(4):
        operations += [
            {"index": {"_index": f"{prefix}makers", "_id": f"m{number}"}},
            {"id": f"m{number}"},
        ]
        operations += [
            {"index": {"_index": f"{prefix}products", "_id": f"m{number}-s{number}"}},
            {
                "sku": f"s{number}", "maker_id": f"m{number}", "other_maker": "unknown", "makers": [f"m{number}"],
                "tags": ["a", "b"][: number % 3], "place": [1.0, 2.0], "one": "x", "lines": [{"amount": 1}],
            },
        ]  # fmt: skip
    client.bulk(operations=operations, refresh=True)
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*", "--sample", "50")
    assert result.exit_code == 0, result.output
    maker, product = (path.read_text() for path in sorted((project / "schemas").glob("*.yaml")))
    assert "guess" not in maker
    assert (
        '# guess: it gives the id of all 4 sampled documents\ncompute_id: "{maker}-{sku}"\n'
        in product
    )
    assert "  # guess: 4 of 4 sampled values are ids of" in product
    assert "  maker: {type: single, target: Adopt" in product
    assert "name: maker_id}" in product
    assert "  other_maker: keyword\n" in product
    assert "  one: keyword\n" in product
    assert "  place: geo_point\n" in product
    assert (
        "# guess: a list in 4 of 4 sampled documents\n  tags: {type: keyword, many: true}\n"
        in product
    )
    assert "a plain keyword, which would change this field" in product.replace("\n  #", "")
    assert "  makers: {type: keyword, many: true, ignore_above: 9}\n" in product
    assert ecgen("build").exit_code == 0
    for path in (project / "schemas").glob("*_product.yaml"):
        shown = own_output(server, f"{prefix}products")
        assert mapping_of(project, path.stem) == shown["mappings"]


def test_how_documents_are_routed(ecgen: Run, project: Path, server: Server, prefix: str) -> None:
    """A field that holds every document's routing value, none that does, and documents without one."""
    client = server.client()
    properties = {"tenant": {"type": "keyword"}, "routing": {"type": "keyword"}}
    for name in ("field", "given", "plain", "empty"):
        mapping: dict[str, Any] = {"properties": properties}
        if name in ("given", "empty"):
            mapping["_routing"] = {"required": True}
        client.indices.create(index=prefix + name, mappings=mapping)
        for number in range(3 if name != "empty" else 0):
            routing = {"field": f"t{number}", "given": f"x{number}", "plain": None}[name]
            client.index(
                index=prefix + name,
                id=str(number),
                document={"tenant": f"t{number}"},
                routing=routing,
                refresh=True,
            )
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*", "--sample", "9")
    assert result.exit_code == 0, result.output
    field, given, plain, empty = (
        next((project / "schemas").glob(f"*_{name}.yaml")).read_text()
        for name in ("field", "given", "plain", "empty")
    )
    told = "# guess: it is the routing value of all 3 sampled documents\nrouting: tenant\n"
    assert told in field
    assert "guess: 3 of 3 sampled documents have a routing value, and no field holds it" in given
    assert "\nrouting: given\n" in given
    assert "{name: routing, type: keyword}" in given  # the keyword of the constructor is another
    assert "\nrouting:" not in plain
    assert "# The mapping wants a routing value with every document; 'given'" in empty
    assert "\nrouting: given\n" in empty
    assert ecgen("build").exit_code == 0


def test_without_a_sample_nothing_is_guessed(
    ecgen: Run, project: Path, server: Server, prefix: str
) -> None:
    server.client().indices.create(
        index=f"{prefix}makers", mappings={"properties": {"maker_id": {"type": "keyword"}}}
    )
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*")
    text = next((project / "schemas").glob("*.yaml")).read_text()
    assert "guess" not in text + result.output
    assert "joins" not in text


def test_an_empty_index_is_said_to_be_empty(
    ecgen: Run, project: Path, server: Server, prefix: str
) -> None:
    server.client().indices.create(
        index=f"{prefix}makers", mappings={"properties": {"x": {"type": "keyword"}}}
    )
    result = ecgen("import", "--url", server.url, "--index", f"{prefix}*", "--sample", "5")
    assert "no documents to sample" in result.output


def test_an_index_may_be_called_like_a_part_of_an_answer(
    ecgen: Run, project: Path, stub: Callable[[Answer], str]
) -> None:
    body = {"mappings": {"properties": {"x": {"type": "keyword"}}}, "settings": {}, "aliases": {}}
    for names in (["template"], ["mappings", "orders"], ["error", "status"], ["index_template"]):
        url = stub(lambda path, headers, names=names: (200, dict.fromkeys(names, body)))  # type: ignore[misc]
        result = ecgen("import", "--url", url, "--dry-run")
        assert result.exit_code == 0, result.output
        assert [name for name in names if f"\nindex: {name}\n" in result.output] == names


def test_what_cannot_be_sampled_is_said_for_what_it_is(
    ecgen: Run, project: Path, server: Server, prefix: str
) -> None:
    client, index = server.client(), f"{prefix}größen"
    mappings = {"_source": {"enabled": False}, "properties": {"x": {"type": "keyword"}}}
    client.indices.create(index=index, mappings=mappings)
    client.index(index=index, document={"x": "a"}, refresh=True)
    sampled = ("import", "--url", server.url, "--sample", "5", "--index")
    result = ecgen(*sampled, index)
    assert "does not store the source of documents, so nothing was guessed" in result.output
    client.indices.put_settings(index=index, settings={"blocks.read": True})
    result = ecgen(*sampled, index)
    assert result.exit_code == 1
    assert f"refused /{index}/_search (403): index [{index}] blocked by:" in result.output
    result = ecgen(*sampled, "größe")
    assert "has no index, alias or data stream 'größe' (404)" in result.output


def test_no_such_index(ecgen: Run, project: Path, server: Server) -> None:
    for name, complaint in (
        ("adopt-nowhere", "has no index, alias or data stream"),
        ("adopt-nowhere-*", "has no index that is called"),
    ):
        result = ecgen("import", "--url", server.url, "--index", name)
        assert result.exit_code == 1
        assert complaint in result.output
        assert not (project / "schemas").exists()


# Without a real node: what such a cluster answers is fixed here.


def test_data_streams_are_one_model_by_their_name(
    ecgen: Run, project: Path, stub: Callable[[Answer], str]
) -> None:
    body = {
        "mappings": {"properties": {"@timestamp": {"type": "date"}}},
        "data_stream": "logs-app",
        "settings": {"index": {"hidden": "true"}},
    }
    other = {
        "mappings": {"properties": {"x": {"type": "long"}}},
        "settings": {"index": {"hidden": "true"}},
    }
    answer = {
        ".ds-logs-app-2024.01.01-000001": body,
        ".ds-logs-app-2024.01.02-000002": body,
        ".internal": other,
    }
    url = stub(lambda path, headers: (200, answer))
    result = ecgen("import", "--url", url)
    assert result.exit_code == 0
    assert "import the answer of GET _index_template instead" in result.output
    assert [path.name for path in (project / "schemas").glob("*.yaml")] == ["logs_app.yaml"]
    assert "index: logs-app\n" in (project / "schemas" / "logs_app.yaml").read_text()


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({"ELASTICSEARCH_API_KEY": "abc=="}, "ApiKey abc=="),
        ({"ELASTICSEARCH_USERNAME": "me", "ELASTICSEARCH_PASSWORD": "you"}, "Basic bWU6eW91"),
        ({}, None),
    ],
)
def test_credentials_come_from_the_environment(
    stub: Callable[[Answer], str], environment: dict[str, str], header: str | None
) -> None:
    seen: list[str | None] = []

    def answer(path: str, headers: dict[str, str]) -> tuple[int, Any]:
        seen.append(headers.get("Authorization"))
        return 200, {}

    Cluster(stub(answer), environment).get("/")
    assert seen == [header]


@pytest.mark.parametrize(
    ("code", "body", "complaint"),
    [
        (401, {}, "wants credentials (401)"),
        (403, {}, "does not allow it (403)"),
        (
            403,
            {"error": {"reason": "action [indices:admin/get] is unauthorized"}},
            "does not allow it (403)",
        ),
        (
            403,
            {"error": {"reason": "index [a] blocked by: [FORBIDDEN/9/index metadata (api)];"}},
            "refused /x (403): index [a] blocked by",
        ),
        (404, {}, "has no index, alias or data stream 'x' (404)"),
        (500, {"error": {"reason": "all shards failed"}}, "(500): all shards failed"),
        (503, b"<html>", "refused /"),
        (302, "http://127.0.0.1:1/", "redirects to another address (302)"),
        (200, b"<html>", "not with JSON"),
    ],
)
def test_refusals_say_what_to_do_and_no_secret(
    ecgen: Run,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    stub: Callable[[Answer], str],
    code: int,
    body: Any,
    complaint: str,
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_API_KEY", SECRET)
    url = stub(lambda path, headers: (code, body))
    result = ecgen("import", "--url", url, "--index", "x")
    assert result.exit_code == 1
    assert complaint in result.output
    assert SECRET not in result.output
    assert not (project / "schemas").exists()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        (f"http://me:{SECRET}@localhost:9200", "leave the credentials out of the address"),
        (f"https://{SECRET}@localhost", "leave the credentials out of the address"),
        (f"http://127.0.0.1:1/?key={SECRET}", "cannot be reached: connection refused"),
        ("http://127.0.0.1:1", "cannot be reached"),
        ("ftp://localhost", "this is no address"),
        ("http://", "this is no address"),
        ("http://localhost:port", "this is no address"),
        (f"http://nowhere.invalid/{'a' * 10}", "cannot be reached"),
    ],
)
def test_addresses(ecgen: Run, project: Path, url: str, complaint: str) -> None:
    result = ecgen("import", "--url", url)
    assert result.exit_code == 1
    assert complaint in result.output
    assert SECRET not in result.output


def test_https_to_a_plain_server(ecgen: Run, project: Path, stub: Callable[[Answer], str]) -> None:
    url = stub(lambda path, headers: (200, {})).replace("http://", "https://")
    result = ecgen("import", "--url", url)
    assert "does not speak TLS" in result.output


def test_certificates_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="cannot be read as certificates"):
        Cluster("https://localhost", {"ELASTICSEARCH_CA_CERTS": "/nowhere.pem"})
    with pytest.raises(CommandError, match="hold a line break"):
        Cluster("http://localhost", {"ELASTICSEARCH_API_KEY": "a\r\nX: y"})


SHAPES: tuple[Any, ...] = (
    None,
    5,
    "text",
    [],
    [{}],
    {"a": None},
    {"a": []},
    {"a": {"mappings": []}},
    {"a": {"mappings": "x"}},
    {"a": {"mappings": {}, "settings": []}},
    {"a": {"mappings": {}, "settings": {"index": []}}},
    {"a": {"mappings": {}, "aliases": []}},
    {"a": {"mappings": {}, "data_stream": {}}},
    {"a": {"mappings": {"properties": []}}},
    {"a": {"mappings": {"properties": 5}}},
    {"a": {"mappings": {"properties": {"x": None}}}},
    {"a": {"mappings": {"properties": {"x": []}}}},
    {"a": {"mappings": {"properties": {"x": {"type": []}}}}},
    {"a": {"mappings": {"properties": {"x": {"type": "keyword", "fields": 5}}}}},
    {"a": {"mappings": {"properties": {"x": {"properties": "y"}}}}},
    {"a": {"mappings": {"dynamic_templates": {"x": 5}, "properties": {}}}},
    {"a": {"mappings": {"dynamic_templates": [5, {"x": None}], "properties": {}}}},
    {"a": {"mappings": {"runtime": [], "properties": {}}}},
    {"a": {"mappings": {"_meta": 5, "_source": 5, "_routing": [], "properties": {}}}},
    {"a": {"mappings": {}, "settings": {"index": {"analysis": 5, "similarity": []}}}},
    {"a": {"mappings": {}, "settings": {"index": {"analysis": {"analyzer": [5]}}}}},
    {"a": {"mappings": {}, "aliases": {"b": 5}}},
    {"hits": {"hits": 5}},
    {"hits": []},
    {"hits": {"hits": [5, {"_source": {}}], "total": 3}},
    {"nodes": []},
    {"nodes": {"x": {"version": 5}}},
    b"[" * 100_000,
    b'{"a": NaN',
)


TEMPLATES: Any = (
    5,
    [],
    {"index_templates": 5},
    {"index_templates": [5]},
    {"template": 5},
    {"template": {"mappings": [], "settings": 5, "aliases": "x"}, "index_patterns": 5},
    {"template": {"mappings": {"properties": {"x": 5}}}, "index_patterns": [5], "priority": []},
    {"template": {"mappings": {}}, "index_patterns": "a-*", "priority": "x"},
    {"template": {"mappings": {}}, "index_patterns": ["A b*"], "data_stream": []},
    {"template": {"mappings": {}}, "index_patterns": ["a*"], "data_stream": 5, "composed_of": 5},
    {
        "template": {"mappings": {"properties": {"@timestamp": {"type": "date"}}}},
        "index_patterns": ["a*"],
        "data_stream": "x",
        "_meta": 7,
    },
)


@pytest.mark.parametrize("shape", TEMPLATES, ids=lambda shape: repr(shape)[:60])
def test_no_answer_about_a_template_makes_a_traceback(
    ecgen: Run, project: Path, stub: Callable[[Answer], str], shape: Any
) -> None:
    (project / "schemas").mkdir()
    text = "model: Log\nindex: a-*\nwrite_to: a-b\nfields: {x: keyword}\naliases: [c]\n"
    (project / "schemas" / "log.yaml").write_text(text)
    template = {"index_templates": [{"name": "a-b", "index_template": shape}]}
    for answer in (template, shape):
        url = stub(lambda path, _, found=answer: (200, found if "_index_template" in path else {}))
        assert ecgen("status", "--url", url).exit_code == 1
        (project / "template.json").write_text(json.dumps(answer))
        assert ecgen("import", "template.json", "--dry-run").exit_code in (0, 1)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: repr(shape)[:60])
def test_no_answer_of_a_server_makes_a_traceback(
    ecgen: Run, project: Path, stub: Callable[[Answer], str], shape: Any
) -> None:
    """`catch_exceptions=False`: whatever is not an error message fails the test."""
    (project / "schemas").mkdir()
    (project / "schemas" / "part.yaml").write_text("model: Part\nindex: a\nfields: {x: keyword}\n")
    url = stub(lambda path, headers: (200, shape))
    for arguments in (
        ("status", "--url", url),
        ("status", "--url", url, "--format", "json"),
        ("import", "--url", url, "--out", "new", "--dry-run"),
        ("import", "--url", url, "--out", "new", "--sample", "3", "--dry-run"),
    ):
        assert ecgen(*arguments).exit_code in (0, 1, 2)
