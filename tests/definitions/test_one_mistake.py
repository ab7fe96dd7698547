"""One mistake in a file is one error at the mark `«` that names the subject; unusual but valid files have none."""

from __future__ import annotations

import pytest

from ecgen.diagnostics.problems import Problem
from ecgen.pipeline import load_project

BASE = b"model: Base\nabstract: true\nfields:\n  created: date\n"
MAKER = (
    b"model: Maker\nfields:\n  code: keyword\njoins:\n"
    b"  products: {type: multi_loose, target: Product, inverse: maker}\n"
    b"  best: {type: single, target: Maker}\n"
)
DATED = "fields:\n  day: date\n  sku: keyword\n"
PART = "  o: {type: nested, properties: {x: keyword, y: keyword}}\n"


def errors(text: str, **others: bytes) -> list[Problem]:
    contents = {"p.yaml": text.encode(), **{f"{name}.yaml": each for name, each in others.items()}}
    _, found = load_project(contents)
    return [problem for problem in found if problem.severity == "error"]


def assert_one_problem(text: str, *words: str, **others: bytes) -> None:
    before, _, after = text.partition("«")
    found = errors(before + after, **others)
    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert [(each.line, each.column) for each in found] == [place], found
    said = f"{found[0].message} {found[0].hint or ''}"
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("  a:\n    properties:\n      b:\n        properties:\n          c: {type: «lnog}\n", ["long"]),
        ("  a:\n    type: text\n    fields:\n      raw:\n        type: keyword\n        «analyser: x\n", ["analyser"]),
        ("  a:\n    type: text\n    fields:\n      «raw.x: keyword\n", ["raw.x"]),
        ("  a:\n    properties:\n      b: {type: keyword, private: «maybe}\n", ["private"]),
        ("  a:\n    type: integer_range\n    default:\n      gte: 1\n      «tl: 9\n", ["tl", "lt"]),
        ("  a:\n    type: integer_range\n    default:\n      gte: 1\n      lt: «many\n", ["many"]),
        ("  a: {type: integer_range, default: «{gte: 5, lt: 1}}\n", ["ends before"]),
        ("  a:\n    type: geo_point\n    default:\n      lat: «95\n      lon: 10\n", ["latitude"]),
        ("  a:\n    type: geo_point\n    default:\n      lat: 5\n      lon: «200\n", ["longitude"]),
        ("  a: {type: geo_point, default: «{lat: 5}}\n", ["lon"]),
        ("  a: {type: ip, null_value: «1.1}\n", ["null_value", '"1.1"']),
        ("  a: {type: ip, null_value: «1.1.1.256}\n", ["1.1.1.256"]),
        ("  a: {type: keyword, enum: [a, «null]}\n", ['"null"']),
        ("  a:\n    type: text\n    index_prefixes:\n      min_chars: «8\n", ["min_chars"]),
        ("  a:\n    type: text\n    index_prefixes:\n      max_chars: «1\n", ["max_chars"]),
        ("  a: {type: join, relations: {q: a}}\n  «b: {type: join, relations: {x: y}}\nrouting: given\n", ["'b'"]),
        (PART + "  a: {type: alias, path: «o.x}\n", ["o.x"]),
        ("  z: date\n  o: {type: nested, properties: {a: {type: alias, path: «z}}}\n", ["'z'"]),
        (PART + "  a: {type: keyword, copy_to: «o.x}\n", ["o.x"]),
        (PART + "  n: {type: nested, properties: {a: {type: keyword, copy_to: [«o.x]}}}\n", ["n.a"]),
        ("  a: «int64\n", ["'long'"]),
        ("  a: {type: «varchar(255)}\n", ["'keyword'"]),
        ("  a: «vector\n", ["'dense_vector'"]),
        ("  a: {type: keyword, «max_length: 9}\n", ["ignore_above"]),
        ("  a: {type: scaled_float, scaling_factor: 100, «scale: 2}\n", ["'scaling_factor'"]),
        ("  a: {type: date, «auto_now_add: true}\n", ["'auto: created'"]),
        ("  «sku:keyword\n", ["a space missing after ':'"]),
        ("  sku«:keyword\n  name: text\n", ["a space is missing", "sku: keyword"]),
        ("  «sku keyword\n  name: text\n", ["sku keyword"]),
        ("  «sku:\u00a0keyword\n", ["non-breaking space"]),
        ("  a: {type: dense_vector, dims: 3, index_options: {type: hnsw, «mm: 3}}\n", ["mm"]),
        ("  a: {type: completion, contexts: [{name: x, type: category, «pth: y}]}\n", ["path"]),
    ],
)  # fmt: skip
def test_a_mistake_in_the_fields(fields: str, words: list[str]) -> None:
    assert_one_problem(f"model: Product\nfields:\n{fields}", *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("compute_id: «'{day|date:%Q}'\n" + DATED, ["%Q", "%Y"]),
        ("compute_id: «'{day|date:%Y-%}'\n" + DATED, ["'%'"]),
        ("compute_id: {fields: [sku], separator: «3}\n" + DATED, ["separator"]),
        ("«properties:\n  a: keyword\n", ["properties", "fields"]),
        ("«mappings:\n  properties: {}\n", ["mappings"]),
        ("extends: [Base]\nsort: [«creatd]\n", ["created"]),
        ("extends: [Base]\ncompute_id: «'{creatd}'\n", ["created"]),
        ("extends: [«base]\nfields:\n  a: keyword\n", ["Base"]),
        (DATED + "joins:\n  b: {type: single, target: «Base}\n", ["Base"]),
        (DATED + "joins:\n  maker: {type: single, target: Maker, inverse: «best}\n", ["best"]),
        (DATED + "joins:\n  maker: {type: «multi-loose, target: Maker}\n", ["multi_loose"]),
        (DATED + "  m: {type: keyword, name: maker}\njoins:\n  «maker: {type: single, target: Maker}\n", ["'m'"]),
        ("_source: {«exclude: [a]}\n" + DATED, ["excludes"]),
        ("_routing: «true\n" + DATED, ["_routing"]),
        ("sort: [{day: {order: «dsc}}]\n" + DATED, ["desc"]),
        ("aliases:\n  a: {«filtr: {}}\n" + DATED, ["filter"]),
        ("sort: [«place]\nfields:\n  place: geo_point\n", ["geo_point"]),
        (DATED + "joins:\n  k: {type: multi_loose, target: Product, inverse: m}\n  m: {type: single, target: Product, join_by: «k}\n", ["'k'", "loose"]),
        (DATED + "joins:\n  k: {type: multi_loose, target: Product, inverse: «m, lazy_load: true}\n  m: {type: single_loose, target: Product, inverse: k}\n", ["'k'", "neither side"]),
        ("fields:\n  a: {type: keyword, «choices: [a]}\n", ["'enum'"]),
        ("fields:\n  a: {type: keyword, «nullable: true}\n", ["required"]),
        ("fields:\n  a: keyword\n...\n«index: products\n", ["a second YAML document"]),
        ("runtime:\n  y: {type: long, «scrpt: x}\n" + DATED, ["script"]),
        ("dynamic_templates:\n- x: {match_pattern: regex, match: «'a(b', mapping: {type: keyword}}\n" + DATED, ["missing )"]),
        ("extends: Base\nfields:\n  «created.by: keyword\n", ["makes 'created' an object", "date"]),
        ("fields:\n  «id.old: keyword\n", ["makes 'id' an object", "store_id"]),
        ("fields:\n  a: {type: nested, properties: {x: long}}\n  «a.y: long\n", ["nested", "'properties' of 'a'"]),
        ("fields:\n  a: {properties: {b: keyword}}\n  «a.b.c: long\n", ["makes 'a.b' an object"]),
        ("fields:\n  a: {properties: {b: {properties: {x: long}}}}\n  «a.b.x: long\n", ["'a.b.x' is defined in 'a.b'"]),
        ("fields:\n  «a.b: long\njoins:\n  a: {type: single, target: Product}\n", ["makes 'a' an object"]),
        ("fields:\n  a: {type: date, name: at}\n  b: {type: alias, path: «a}\n", ["write 'at'"]),
        ("fields:\n  a: {type: text, name: at}\n  b: {type: keyword, copy_to: [«a]}\n", ["write 'at'"]),
        ("settings: {sort: {field: «a}}\nfields:\n  a: {type: date, name: at}\n", ["write 'at'"]),
        ("compute_id: «'{at}'\nfields:\n  a: {type: date, name: at}\n", ["'at', the Elasticsearch name of 'a'"]),
        ("routing: «at\nfields:\n  a: {type: keyword, name: at}\n", ["'at', the Elasticsearch name of 'a'"]),
        ("store_id: false\nfields:\n  b: {type: alias, path: «id}\n", ["'id'"]),
        ("settings: {sort.field: [day, «name]}\nfields:\n  day: date\n  name: text\n", ["'name'", "text"]),
        ("settings: {index: {sort: {field: «price}}}\nfields:\n  price: half_float\n", ["'price'", "half_float"]),
        ("settings: {sort.field: «a}\nfields:\n  a: {type: long, doc_values: false}\n", ["doc_values"]),
        ("settings: {sort.field: «o.x}\nfields:\n" + PART, ["nested"]),
        ("settings: {sort.field: day, «sort.order: [asc, desc]}\n" + DATED, ["2 values for 1 field"]),
        ("settings: {sort.field: day, sort.order: «descending}\n" + DATED, ["asc or desc"]),
        ("_source: {mode: stored, «enabled: true}\n" + DATED, ["exclude each other"]),
        ("«inherits: [Base]\n" + DATED, ["did you mean 'extends'?"]),
        (DATED + "joins:\n  maker: {type: single, «model: Maker}\n", ["did you mean 'target'?"]),
        ("compute_id: «shop.ids:product\n" + DATED, ['{python: "shop.ids:product"}']),
        ("dynamic_templates:\n- «strings:\n  match: '*'\n  mapping: {type: keyword}\n" + DATED, ["- name: {"]),
        ("sort: [«{field: day, order: desc}]\n" + DATED, ["at most 1 key"]),
        ("_routing: {«path: day}\n" + DATED, ["there is only required"]),
        ("settings: {refresh_interval: «1.5}\n" + DATED, ["a time", "'1.5'"]),
        ("settings: {number_of_replicas: «-1.5}\n" + DATED, ["at least 0", "'-1.5'"]),
        ("settings:\n  number_of_shards: «null\n" + DATED, ["from 1 to 1024"]),
    ],
)  # fmt: skip
def test_a_mistake_in_the_model(text: str, words: list[str]) -> None:
    if "maker:" not in text:
        assert_one_problem(f"model: Product\n{text}", *words, base=BASE)
    else:
        # Maker's joins require a Product with a join 'maker'; another model has the mistake.
        product = b"model: Product\njoins:\n  maker: {type: single, target: Maker}\n"
        assert_one_problem(f"model: Other\n{text}", *words, maker=MAKER, product=product)


@pytest.mark.parametrize("key", ["name", "class", "title"])
def test_another_word_for_model(key: str) -> None:
    assert_one_problem(f"«{key}: Product\n{DATED}", "did you mean 'model'?", other=b"model: Other\njoins:\n  p: {type: single, target: Product}\n")  # fmt: skip


def test_no_suggestion_from_afar() -> None:
    """Of another type's parameters only a misspelt one is meant."""
    (problem,) = errors("model: A\nfields:\n  a: {type: keyword, pattern: 'a.*'}\n")
    assert problem.hint is None
    (problem,) = errors("model: A\nfields:\n  a: {type: keyword, analyser: x}\n")
    assert problem.hint == "text has 'analyzer'"


def test_the_first_line_without_a_space() -> None:
    assert_one_problem("model«:Product\nfields:\n  sku: keyword\n", "model: Product")


def test_a_first_line_that_is_indented() -> None:
    assert_one_problem("«  model: Product\nfields:\n  sku: keyword\n", "first key is indented")


def test_fields_that_are_not_indented() -> None:
    found = errors("model: Product\nfields:\nsku: keyword\n")
    assert [(each.line, each.rule) for each in found] == [(2, "wrong-value"), (3, "unknown-key")]
    assert found[1].hint == "does it belong under 'fields'? then indent it"
    spaces = errors("model: Product\nfields:\n\u00a0\u00a0sku: keyword\n")
    assert "non-breaking space" in str(spaces[-1].hint)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_other_line_ends_and_a_byte_order_mark(ends: str, mark: str) -> None:
    text = mark + "model: Product\nfields:\n  sku: keywrd\n".replace("\n", ends)
    assert [(each.line, each.column) for each in errors(text)] == [(3, 8)]


@pytest.mark.parametrize(
    "rest",
    [
        *(f"compute_id: '{{day|date:{each}}}'\n{DATED}" for each in ("%Y-%m-%d", "%G-W%V", "%H%M%S%f", "100%%-%Y", "%-d", "%F")),
        "fields:\n" + PART.replace("y: keyword", "y: {type: alias, path: o.x}, z: {type: keyword, copy_to: o.x}"),
        "fields:\n  z: keyword\n  o: {type: nested, properties: {a: {type: keyword, copy_to: z}}}\n",
        "fields:\n  o: {properties: {x: keyword}}\n  a: {type: alias, path: o.x}\n  b: {type: keyword, copy_to: o.x}\n",
        "fields:\n  a: {type: date_range, format: yyyy-MM-dd, default: {gte: 2026-01-01}}\n  b: {type: ip_range, default: 10.0.0.0/8}\n",
        "fields:\n  a: {type: geo_point, default: '53.5,10'}\n  b: {type: geo_point, default: [10, 53.5]}\n  c: {type: ip, null_value: 0.0.0.0}\n",
        "routing: given\nfields:\n  a: {type: join, relations: {q: [a, c], a: v}}\n",
        "sort: [{day: desc}, sku, {sku: {order: asc, missing: _last}}, id]\n" + DATED,
        DATED + "joins:\n  k: {type: multi_loose, target: Product, inverse: m, lazy_load: true}\n  m: {type: multi, target: Product}\n",
        DATED + "joins:\n  k: {type: multi_loose, target: Product, inverse: m}\n  m: {type: single_loose, target: Product, inverse: k}\n",
        "description: 'see http://shop.example'\nextends: Base\n",
        "fields:\n  load: float\n  refresh: boolean\n  size: integer\n",
        *(f"dynamic_templates:\n- x: {{match_pattern: regex, match: '{each}', mapping: {{type: keyword}}}}\n{DATED}" for each in (r"\p{Lu}.*", "^(?<kind>a|b)_", r"\Qa.b\E", "[a-z&&[^b]]")),
        "fields:\n  o: {type: object, name: p, properties: {k: {type: long, name: n}}}\n  a: {type: alias, path: p.n}\n",
        "settings: {sort: {field: 'at,maker_id,id', order: 'asc,DESC,asc'}}\nfields:\n  a: {type: date, name: at}\n"
        "joins:\n  m: {type: single, target: Product, name: maker_id}\n",
        "fields:\n  a: {properties: {b: keyword}}\n  a.c: long\n  d.e: {type: nested, properties: {x: long}}\n  d.f: long\n",
        "settings: {number_of_shards: 30, number_of_routing_shards: 1920}\n" + DATED,
    ],
)  # fmt: skip
def test_no_false_alarm(rest: str) -> None:
    assert errors(f"model: Product\n{rest}", base=BASE) == []
