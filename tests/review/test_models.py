"""What ids, joins and Python types have to say, beyond the cases of the single rules."""

from __future__ import annotations

import pytest

from ecgen.pipeline import load_project
from ecgen.review.compare.changes import Change, compare
from ecgen.review.compare.subjects import of_models

BASE = """model: Part
index: parts
compute_id: {id}
fields:
  sku: {{type: keyword, ignore_above: 64}}
  maker: {{type: keyword, ignore_above: 64}}
"""


def review(old: str, new: str, major: int = 9) -> tuple[Change, ...]:
    sides = []
    for text in (old, new):
        project, problems = load_project({"part.yaml": text.encode()})
        assert project is not None, problems
        sides.append(of_models(project.models))
    return compare(sides[0], sides[1], major).changes


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"{sku}"', '"{sku|lower}"', "whose sku holds capital letters are no longer found"),
        ('"{sku|strip}"', '"{sku}"', "whose sku begins or ends with blanks"),
        ('"{sku}"', '"{maker}-{sku}"', "no document written so far is found"),
        ("uuid7", '"{sku}"', "all have ids made at random"),
        ('"{sku}"', "uuid7", "documents keep their ids"),
        ("[maker, sku]", "{fields: [maker, sku], hash: sha256}", "no document written so far"),
    ],
)
def test_an_identity_break_says_which_documents_are_lost(old: str, new: str, says: str) -> None:
    found = review(BASE.format(id=old), BASE.format(id=new))
    [change] = [each for each in found if each.rule == "compute-id-changed"]
    assert says in change.message
    assert (change.server, change.code, change.line) == ("none", "breaking", 3)


@pytest.mark.parametrize("rule", ['"{sku|lower}"', "[maker, sku]"])
@pytest.mark.parametrize("how", ["renamed_from: sku", "name: sku"])
def test_a_rule_that_names_a_renamed_part_gives_the_same_ids(rule: str, how: str) -> None:
    old = BASE.format(id=rule) + "routing: '{sku}'\n"
    new = (
        old.replace("  sku: {", f"  code: {{{how}, ")
        .replace("{sku", "{code")
        .replace(", sku]", ", code]")
    )
    rules = {each.rule for each in review(old, new)}
    assert rules == {"field-renamed" if how.startswith("renamed") else "attribute-renamed"}
    assert "compute-id-changed" in {
        each.rule
        for each in review(
            old, new.replace("code|lower", "code").replace("[maker, code]", "[code]")
        )
    }


def test_where_ids_are_no_longer_computed_nothing_is_rewritten() -> None:
    found = review(BASE.format(id='"{sku}"'), BASE.format(id="server"))
    [change] = [each for each in found if each.rule == "compute-id-changed"]
    assert change.code == "breaking"
    assert change.todo == "update the code that finds documents of Part by ids that it computes"


def test_a_renamed_model_keeps_its_changes_together() -> None:
    old = BASE.format(id="uuid7")
    new = old.replace("model: Part", "model: Piece").replace(
        "sku: {type: keyword", "sku: {type: text"
    )
    new = new.replace("type: text, ignore_above: 64", "type: text")
    rules = {(each.model, each.rule) for each in review(old, new)}
    assert rules == {("Piece", "model-renamed"), ("Piece", "type-changed")}


def test_a_renamed_property_is_one_change() -> None:
    old = BASE.format(id="uuid7") + "  size: {type: object, properties: {width: float}}\n"
    new = old.replace("{width: float}", "{breadth: {type: float, renamed_from: width}}")
    [change] = review(old, new)
    assert (change.rule, change.path) == ("field-renamed", "size.breadth")
    assert "move(ctx._source, ['size'], 'width', 'breadth')" in change.todo


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("integer", "long", "compatible"),
        ("float", "double", "compatible"),
        ("keyword", "text", "breaking"),
        ("long", "date", "breaking"),
    ],
)
def test_a_type_breaks_code_where_python_sees_another(before: str, after: str, code: str) -> None:
    text = "model: Part\nfields:\n  x: {type: KIND}\n"
    [change] = review(text.replace("KIND", before), text.replace("KIND", after))
    assert (change.rule, change.server, change.code) == ("type-changed", "reindex", code)


def test_the_verdict_follows_the_server_s_version() -> None:
    old = BASE.format(id="uuid7")
    new = old.replace("fields:", "_source: {enabled: false}\nfields:")
    assert [each.server for each in review(old, new, 9)] == ["in-place"]
    assert [each.server for each in review(old, new, 7)] == ["reindex"]


def test_a_field_that_looks_renamed_is_hinted_at() -> None:
    old = BASE.format(id="uuid7")
    new = old.replace("  maker: {", "  brand: {")
    [gone] = [each for each in review(old, new) if each.rule == "field-removed"]
    assert gone.message.endswith("if it was renamed to brand, write renamed_from: maker there")
    other = old.replace("  maker: {type: keyword, ignore_above: 64}", "  brand: {type: text}")
    [gone] = [each for each in review(old, other) if each.rule == "field-removed"]
    assert "renamed_from" not in gone.message


def test_a_model_that_looks_renamed_is_hinted_at() -> None:
    old = BASE.format(id="uuid7")
    new = old.replace("model: Part", "model: Piece").replace("index: parts", "index: pieces")
    [gone] = [each for each in review(old, new) if each.rule == "model-removed"]
    assert gone.message.endswith("if it was renamed to Piece, write renamed_from: Part there")


def test_what_is_renamed_inside_of_a_renamed_object_is_moved_with_it() -> None:
    """The requests are those that ran with Painless, which no node of the tests has."""
    old = (
        BASE.format(id="uuid7")
        + "  size: {type: object, properties: {width: float, depth: float, height: float}}\n"
    )
    new = BASE.format(id="uuid7") + (
        "  box: {type: object, renamed_from: size, properties: {breadth: {type: float, renamed_from: width}, height: date}}\n"
    )
    found = {(each.path, each.rule): each for each in review(old, new)}
    assert found.keys() == {
        ("size.depth", "field-removed"),
        ("box", "field-renamed"),
        ("box", "python-type-changed"),
        ("box.breadth", "field-renamed"),
        ("box.height", "python-type-changed"),
    }
    moves = found["box", "field-renamed"].todo
    assert "any = move(ctx._source, [], 'size', 'box') || any;" in moves
    assert "any = move(ctx._source, ['box'], 'width', 'breadth') || any;" in moves
    assert "exists" not in moves
    inner = found["box.breadth", "field-renamed"]
    assert inner.message.startswith("size.width is now box.breadth:")
    assert inner.todo == "the requests for box do it, too"


def test_a_renamed_field_of_another_type_says_so() -> None:
    old = BASE.format(id="uuid7")
    new = old.replace(
        "  sku: {type: keyword, ignore_above: 64", "  code: {type: long, renamed_from: sku"
    )
    found = {each.rule: each for each in review(old, new)}
    assert found["field-renamed"].message.startswith("sku (keyword) is now code (long):")
    assert found["python-type-changed"].code == "breaking"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "{type: object, properties: {a: long}}",
            "flattened",
            "values of x were PartX and are dict[str, Any]",
        ),
        (
            "{type: scaled_float, scaling_factor: 100, python: decimal}",
            "double",
            "values of x were decimal and are float",
        ),
    ],
)
def test_another_type_whose_values_are_of_another_class(before: str, after: str, says: str) -> None:
    text = "model: Part\nfields:\n  x: KIND\n"
    found = {
        each.rule: each
        for each in review(text.replace("KIND", before), text.replace("KIND", after))
    }
    assert found["type-changed"].server == "reindex"
    assert found["python-type-changed"].message == says
    assert found["python-type-changed"].code == "breaking"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "{type: object, properties: {a: long}}",
            "{type: object, enabled: false, properties: {a: long}}",
        ),
        ("{type: long, index: false}", "{type: long, index: false, doc_values: false}"),
        ("{type: keyword, ignore_above: 9}", "{type: keyword, ignore_above: 9, index: false}"),
    ],
)
def test_what_can_no_longer_be_searched_breaks_code(before: str, after: str) -> None:
    text = "model: Part\nindex: parts\nfields:\n  x: KIND\n"
    old, new = text.replace("KIND", before), text.replace("KIND", after)
    [change] = review(old, new)
    assert (change.server, change.code, change.line) == ("reindex", "breaking", 4)
    assert [each.code for each in review(new, old)] == ["compatible"]


def test_a_new_part_that_is_required_breaks_code() -> None:
    old = BASE.format(id="uuid7") + "  o: {type: object, properties: {a: long}}\n"
    new = old.replace("{a: long}", "{a: long, b: {type: long, required: true}}")
    new += "joins:\n  part: {type: single, target: Part, required: true}\n"
    found = {(each.path, each.rule): each.code for each in review(old, new)}
    assert found == {
        ("o.b", "field-added"): "compatible",
        ("o.b", "required-added"): "breaking",
        ("part", "join-added"): "compatible",
        ("part", "required-added"): "breaking",
    }


def test_properties_of_an_object_that_becomes_nested_are_compared() -> None:
    """Both have one class of values: the type alone breaks no code."""
    old = "model: Part\nfields:\n  x: {type: object, properties: {a: long, b: date}}\n"
    new = old.replace("object", "nested")
    assert [(each.rule, each.code) for each in review(old, new)] == [("type-changed", "compatible")]
    found = {
        each.path: (each.rule, each.code) for each in review(old, new.replace(", b: date", ""))
    }
    assert found == {"x": ("type-changed", "compatible"), "x.b": ("field-removed", "breaking")}
    hidden = old.replace("type: object", "type: object, enabled: false")
    assert [(each.rule, each.code) for each in review(new, hidden)] == [
        ("type-changed", "breaking")
    ]


@pytest.mark.parametrize("name", ["settings", "aliases"])
def test_a_field_called_like_a_part_of_the_body(name: str) -> None:
    old = (
        BASE.format(id="uuid7")
        + f"  {name}: {{type: object, properties: {{theme: {{type: keyword, ignore_above: 9}}}}}}\n"
    )
    [change] = review(old, old.replace("ignore_above: 9", "ignore_above: 8"))
    assert (
        change.message
        == f"ignore_above of {name}.theme was 9 and is 8; the server takes it in place"
    )


def test_steps_of_a_runtime_field_hold_it_alone() -> None:
    """The whole mapping would be refused for its other field."""
    old = BASE.format(id="uuid7")
    new = (
        old.replace("sku: {type: keyword, ignore_above: 64", "sku: {type: long")
        + "runtime: {day: {type: date}}\n"
    )
    [added] = [each for each in review(old, new) if each.rule == "runtime-field-added"]
    assert added.todo == 'PUT /parts/_mapping {"runtime": {"day": {"type": "date"}}}'
