"""What programs override that come from the original is called as it was, or is warned about when the class is made."""

from __future__ import annotations

import pytest

from ecgen.runtime import Date, Keyword, Long, Model, Text, create_mappings, ids


class Upper(Keyword):
    """The original's signature, without defaults."""

    def serialize(self, value, depth, to_str, flat):
        return value.upper() if value else value


class Note(Model):
    __slots__ = ("made", "text", "word")
    _meta = {"index": "notes", "store_id": True, "dynamic": "strict"}
    _mapping = {"word": Upper("word"), "text": Text("text"), "made": Date("made")}
    created = []

    @classmethod
    def _create(cls, model):
        cls.created.append(model.word)
        return super()._create(model)

    @classmethod
    def prepare_sort(cls, sort=None, stringify=False):
        return ["word:desc"] if sort == "by word" else super().prepare_sort(sort, stringify)

    def _compute_id(self):
        return self.id or f"note-{self.word}"


class Counted(Long):
    """Writes once more what an even number became."""

    def on_save(self, model):
        Counted.saved.append(model.number)
        if model.number == 13:
            raise ValueError("unlucky")
        if model.number % 2:
            return None
        model.number += 1
        return model

    saved = []


class Draw(Model):
    __slots__ = ("number",)
    _meta = {"index": "draws", "store_id": True, "versioned": True}
    _mapping = {"id": Keyword("id"), "number": Counted("number")}

    def _compute_id(self):
        return self.id or ids.uuid7()


def test_on_save_is_called_by_save_all(connected):
    create_mappings([Draw])
    Counted.saved.clear()
    draws = [Draw(number=number) for number in (1, 2, 3, 4)]
    result = Draw.save_all(draws, refresh=True)
    assert (result.succeeded, result.failed) == (4, 0)
    assert Counted.saved == [1, 2, 3, 4]
    assert sorted(draw.number for draw in Draw.find_by()) == [1, 3, 3, 5]
    draws[0].number, draws[1].number = 13, 6
    result = Draw.save_all(draws, refresh=True)
    assert result.succeeded == 3
    assert [(each.model, str(each.exception)) for each in result.failures] == [
        (draws[0], "unlucky")
    ]
    assert sorted(draw.number for draw in Draw.find_by()) == [3, 5, 7, 13]  # it was stored before


def test_overrides_of_the_original_are_called(connected):
    create_mappings([Note])
    Note.created.clear()
    Note.create(word="a")
    Note.create(word="b", refresh=True)
    assert Note.created == ["a", "b"]
    assert [note.id for note in Note.find_by(sort="by word")] == ["note-b", "note-a"]
    assert (
        Note.get_es_connection().es.get(index=Note.get_index(), id="note-a")["_source"]["word"]
        == "A"
    )
    assert Note.save_all([Note(word="c")], refresh=True)
    assert Note.find_by(query={"ids": {"values": ["note-c"]}})[0].word == "C"
    assert Note(word="d").serialize()["word"] == "D"


def test_from_es_is_called_for_every_document(connected):
    class Shouting(Note):
        __slots__ = ()

        @classmethod
        def from_es(cls, hit):
            model = super().from_es(hit)
            model.text = "!"
            return model

    create_mappings([Shouting])
    Shouting.create(word="a", refresh=True)
    for found in (
        Shouting.get("note-a"),
        Shouting.get(["note-a"])[0],
        Shouting.all()[0],
        *Shouting.scan(),
    ):
        assert found.text == "!"


@pytest.mark.parametrize(("name", "said"), [
    ("post_save", "Late.post_save is never called"),
    ("serialize", "to show a model, not to store it"),
    ("_lazy_load", "Late._lazy_load is called by nobody"),
])  # fmt: skip
def test_what_is_never_called_is_warned_about(name, said):
    with pytest.warns(UserWarning, match=said):
        type("Late", (Model,), {"_mapping": {}, name: lambda self: None})


@pytest.mark.parametrize("name", ["_has_es_type", "include_in_flat", "get_join_by"])
def test_hooks_that_are_gone_are_warned_about(name):
    with pytest.warns(UserWarning, match=f"Own.{name} is never called"):
        type("Own", (Keyword,), {name: True})


def test_text_is_scored_where_the_sort_asks_for_it(connected):
    create_mappings([Note])
    Note.create(word="a", text="a chair and a chair")
    Note.create(word="b", text="a chair among many other things in a long text", refresh=True)
    for sort in ("_score", [{"_score": "desc"}], ["_score:desc", "word"]):
        found = Note.find_by(text="chair", word=["A", "B"], sort=sort)
        scores = [hit["_score"] for hit in found.hits]
        assert scores[0] > scores[1] > 0
        assert [note.id for note in found] == ["note-a", "note-b"]
    assert {hit["_score"] for hit in Note.find_by(text="chair").hits} <= {None, 0.0}


@pytest.mark.parametrize(("id", "error", "said"), [
    ("", ValueError, "an id is not empty"),
    (b"x", TypeError, "an id is a str, not bytes"),
    (True, TypeError, "an id is a str, not bool"),
    (None, TypeError, "an id is a str, not NoneType"),
    (1.5, TypeError, "an id is a str, not float"),
    ([""], ValueError, "an id is not empty"),
    (["a", None], TypeError, "an id is a str, not NoneType"),
])  # fmt: skip
def test_ids_that_no_document_has(unconnected, id, error, said):
    with pytest.raises(error, match=said):
        Note.get(id)


@pytest.mark.parametrize("method", ["save_all", "delete_all"])
def test_bulks_of_what_is_no_model(connected, method):
    create_mappings([Note])
    bulk = getattr(Note, method)
    with pytest.raises(TypeError, match="take several models, not a Note"):
        bulk(Note(word="a"))
    with pytest.raises(TypeError, match="take models, not None") as caught:
        bulk([Note(word="a"), None])
    assert [model.word for model in caught.value.bulk.unwritten] == ["a"]
