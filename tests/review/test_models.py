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
    assert "ctx._source['size']['breadth'] = ctx._source['size'].remove('width')" in change.todo


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
