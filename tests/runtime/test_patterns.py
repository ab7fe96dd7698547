"""Models whose index is a pattern: an index template, a write alias, and what is read from all indices that match."""

from __future__ import annotations

import contextlib

import elasticsearch
import pytest
from faulty_line import FaultyLine

from ecgen.runtime import (
    Date,
    Flattened,
    IntegrityError,
    Keyword,
    Long,
    MissingIndexError,
    Model,
    Nested,
    SingleJoin,
    SingleJoinLoose,
    connect,
    create_mappings,
    delete_index,
    get_es,
    ids,
)


class Entry(Model):
    __slots__ = ("data", "kin", "line", "moment", "number", "parts")
    _meta = {
        "index": "logs-*",
        "write_to": "logs-app",
        "dynamic": "strict",
        "sort": [{"moment": "desc"}],
        "settings": {"number_of_shards": 1, "index": {"refresh_interval": "1h"}},
        "store_id": True,
    }
    _mapping = {
        "id": Keyword("id"),
        "line": Keyword("line", ignore_above=256, fields={"raw": {"type": "keyword"}}),
        "number": Long("number"),
        "moment": Date("moment"),
        "data": Flattened("data"),
        "parts": Nested("parts", properties={"size": {"type": "long"}}),
        "kin": SingleJoin("kin", source=f"{__name__}.Entry", target=f"{__name__}.Entry"),
    }

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(Entry):
    __slots__ = ()
    _meta = {**Entry._meta, "versioned": True}


class Other(Entry):
    """Another program's, in the same pattern."""

    __slots__ = ()
    _meta = {**Entry._meta, "index": "logs-other*", "write_to": "logs-other"}
    _meta["index_template"] = {"priority": 510}


class Reader(Model):
    """Joins models over a pattern, by stored ids and by a field."""

    __slots__ = ("by_line", "entry")
    _meta = {"index": "readers", "store_id": True}
    _mapping = {
        "id": Keyword("id"),
        "entry": SingleJoin("entry", source=f"{__name__}.Reader", target=f"{__name__}.Entry"),
        "by_line": SingleJoinLoose(
            "by_line", source=f"{__name__}.Reader", target=f"{__name__}.Entry:kin"
        ),
    }


@pytest.fixture
def templates(connected, server):
    """The namespace; templates of its prefix are gone afterwards."""
    yield connected
    with server.client() as es, contextlib.suppress(elasticsearch.NotFoundError):
        es.indices.delete_index_template(name=f"{connected.index_prefix}*")


@pytest.fixture
def rolled(request, templates):
    """Documents a, b, c in the first index, d in the second, e in one of another program."""
    cls = getattr(request, "param", Entry)
    create_mappings([cls, Other])
    for id in "abc":
        cls.create(id=id, line="old", kin="d", moment="2026-01-01", refresh=True)
    get_es().indices.rollover(alias=cls.get_write_index())
    cls.create(id="d", line="new", kin="a", moment="2026-02-01")
    Other.create(id="e", line="other")
    cls.refresh()
    return cls


def stored(cls, number, id):
    return get_es().get(index=f"{cls.get_write_index()}-00000{number}", id=id)["_source"]


def places(cls):
    cls.refresh()
    hits = get_es().search(index=cls.get_index(), size=100)["hits"]["hits"]
    return sorted(
        (hit["_index"].removeprefix(cls._es_namespace.index_prefix), hit["_id"]) for hit in hits
    )


def test_only_its_own_name_is_looked_for(connected, requests):
    """Servers refuse to look for an alias in all indices where the metadata of any of them is blocked."""
    assert create_mappings([Entry]) == [Entry.get_write_index()]
    name = Entry.get_write_index()
    asked = [path for path in requests if "_alias" in path]
    assert asked
    assert set(asked) == {f"HEAD /{name}/_alias/{name}"}
    assert create_mappings([Entry]) == []
    delete_index(name)


def test_template_and_first_index_are_made_once(templates, requests):
    assert create_mappings([Entry]) == [Entry.get_write_index()]
    es, name = get_es(), Entry.get_write_index()
    held = es.indices.get_index_template(name=name)["index_templates"][0]["index_template"]
    assert held["priority"] == 500
    assert held["index_patterns"] == [Entry.get_index()]
    made = es.indices.get(index=name)[f"{name}-000001"]
    assert made["aliases"] == {name: {"is_write_index": True}}
    assert made["mappings"] == Entry.get_index_body()["mappings"]
    requests.clear()
    assert create_mappings([Entry]) == []
    assert not [
        request for request in requests if request.startswith("PUT") and "template" not in request
    ]
    es.indices.delete(index=f"{name}-000001")
    assert create_mappings([Entry]) == [name]


@pytest.mark.parametrize("rolled", [Entry, Versioned], indirect=True)
def test_new_documents_go_to_the_write_index_and_what_was_read_stays(rolled):
    by_id = {each.id: each for each in rolled.find_by()}
    assert sorted(by_id) == ["a", "b", "c", "d", "e"]
    for id in "ade":
        by_id[id].line = "changed"
        by_id[id].save()
    assert [stored(rolled, *at)["line"] for at in ((1, "a"), (2, "d"))] == ["changed"] * 2
    assert stored(Other, 1, "e")["line"] == "changed"
    by_id["b"].data = {"key": 1}  # read and replaced
    by_id["b"].save()
    assert stored(rolled, 1, "b")["data"] == {"key": 1}
    by_id["c"].delete()
    rolled.refresh()
    every = list(rolled.scan())
    for each in every:
        each.number = 7
    assert rolled.save_all([*every, rolled(line="x")])
    assert rolled.delete_all([each for each in every if each.id in "ae"])
    left = [(at, id if id in "abcde" else "new") for at, id in places(rolled)]
    first, second = "logs-app-000001", "logs-app-000002"
    assert sorted(left) == [(first, "b"), (second, "d"), (second, "new")]
    assert rolled.count(number=7) == 2


def test_get_exists_and_joins_look_in_all_of_them(rolled):
    assert rolled.get("a").line == "old"
    assert rolled.get("e").line == "other"
    found = rolled.get(["d", "x", "a"])
    assert [each.id for each in found] == ["d", "a"]
    assert found.missing == ["x"]
    assert rolled.exists("a")
    assert not rolled.exists("x")
    assert rolled.get("x", default=None) is None
    with pytest.raises(elasticsearch.NotFoundError):
        rolled.get("x")
    assert rolled.get("a").load().kin.line == "new"
    create_mappings([Reader])
    reader = Reader.create(id="d", entry="a", refresh=True).load("by_line", "entry")
    assert reader.entry.line == "old"
    assert reader.by_line.kin in ("d", reader) or reader.by_line.line == "old"
    assert rolled.search().query("match", line="other").execute()[0].id == "e"


def test_an_id_in_two_indices(rolled):
    first = rolled.get("a")
    rolled.create(id="a", line="new", refresh=True)
    with pytest.raises(IntegrityError, match=r"in .*logs-app-00000[12] and in .*-00000[12]"):
        rolled.get("a")
    first.line = "first"
    first.save()
    both = {
        each.line: each
        for each in rolled.find_by(sort="moment", line=["new", "first"], refresh=True)
    }
    both["new"].delete(refresh=True)
    assert rolled.get("a").line == "first"


def test_what_is_gone_is_not_found_and_no_index_is_made(rolled):
    es, name = get_es(), rolled.get_write_index()
    read = {each.id: each for each in rolled.find_by()}
    es.indices.delete(index=f"{name}-000001")
    for write in (read["a"].save, read["b"].delete):
        with pytest.raises(elasticsearch.NotFoundError):
            write()
    assert rolled.save_all([read["c"]]).failures[0].status == 404
    assert not es.indices.exists(index=f"{name}-000001")


def test_a_new_index_is_known_at_once(rolled):
    """Which indices match is remembered for a second."""
    rolled.get("a").save()
    es, prefix = get_es(), rolled._es_namespace.index_prefix
    es.index(index=f"{prefix}logs-late", id="z", document={"id": "z", "line": "late"}, refresh=True)
    late = rolled.get("z")
    late.line = "changed"
    late.save()
    assert es.get(index=f"{prefix}logs-late", id="z")["_source"]["line"] == "changed"


def test_an_alias_is_not_needed_to_write_where_a_document_is(rolled):
    """It may be taken off old indices; and a model made by hand is looked for in the write index alone."""
    es, name = get_es(), rolled.get_write_index()
    es.indices.update_aliases(actions=[{"remove": {"index": f"{name}-000001", "alias": name}}])
    read = rolled.get("a")
    read.line = "changed"
    read.save()
    assert Entry.save_all([Entry.get("b"), read])
    assert stored(Entry, 1, "a")["line"] == "changed"
    Entry(id="d", line="by hand").save()
    with pytest.raises(elasticsearch.NotFoundError):
        Entry(id="b", line="by hand").save()
    assert Entry.save_all([Entry(id="b", number=3), Entry(id="g")], overwrite=True)
    of_b = [at for at, id in places(Entry) if id == "b"]
    assert of_b == ["logs-app-000001", "logs-app-000002"]


def test_a_pattern_without_indices_has_no_documents(templates):
    assert Entry.find_by() == []
    assert Entry.find_by(line="x", size=0).total == 0
    assert Entry.all(sort=[{"line": "asc"}]) == []
    assert list(Entry.scan()) == []
    assert Entry.count() == 0
    assert not Entry.exists("a")
    assert Entry.get(["a"]).missing == ["a"]
    assert Entry.get("a", default=None) is None
    assert list(Entry.search().execute()) == []
    Entry.refresh()


def test_indices_of_other_programs_may_lack_the_fields(rolled):
    es, prefix = get_es(), rolled._es_namespace.index_prefix
    es.indices.put_index_template(
        name=f"{prefix}alien", index_patterns=[f"{prefix}logs-alien*"], priority=900, template={}
    )
    for n in range(3):
        es.index(index=f"{prefix}logs-alien", id=f"z{n}", document={"number": n}, refresh=True)
    assert [each.id for each in rolled.find_by()][:1] == ["d"]
    assert [each.id for each in rolled.find_by(parts={"size": 3})] == []
    assert rolled.count(parts=None) == rolled.count()
    page = rolled.all(size=2, sort="line")
    seen = []
    while page:
        seen += [each.id for each in page]
        page = page.search_after()
    assert sorted(seen) == ["a", "b", "c", "d", "e", "z0", "z1", "z2"]
    assert len(list(rolled.scan(sort="moment", size=2))) == 8
    assert len(rolled.find_by(sort="line.raw")) == 8
    create_mappings([Reader])
    assert Reader.create(id="d", refresh=True).load("by_line").by_line.id in "abc"


def test_without_the_alias_nothing_is_written(templates):
    name = Entry.get_write_index()
    with pytest.raises(MissingIndexError, match=f"no index '{name}'; create_mappings"):
        Entry.create(line="x")
    assert "create_mappings" in Entry.save_all([Entry(line="x")]).failures[0].error
    create_mappings([Entry])
    read = Entry.create(line="x", refresh=True)
    es = get_es()
    es.indices.delete_alias(index=f"{name}-000001", name=name)
    for write in (
        lambda: Entry.create(line="y"),
        lambda: Entry(id="q", line="y").save(overwrite=True),
        lambda: Entry.get_es_connection().index(document={"line": "y"}),
    ):
        with pytest.raises(elasticsearch.NotFoundError, match="is not an alias"):
            write()
    made_by_hand = Entry(id=read.id, line="z")
    failures = Entry.save_all([Entry(line="y"), made_by_hand]).failures
    assert [failure.status for failure in failures] == [404, 404]
    assert "is not an alias" in failures[0].error
    assert not es.indices.exists(index=name)
    read.line = "its place is known"
    read.save()
    with pytest.raises(IntegrityError, match="logs-app-000001' without this alias") as refused:
        create_mappings([Entry])
    assert refused.value.created == []


def test_an_index_in_the_place_of_the_alias_is_an_error(templates):
    es, name = get_es(), Entry.get_write_index()
    es.indices.create(index=name)
    with pytest.raises(IntegrityError, match="there is an index of that name"):
        create_mappings([Entry])


class Changed(Entry):
    __slots__ = ()
    _mapping = {**Entry._mapping, "number": Keyword("number")}


class Lower(Entry):
    __slots__ = ()
    _meta = {**Entry._meta, "index_template": {"priority": 400}}


class Narrower(Entry):
    __slots__ = ()
    _meta = {**Entry._meta, "index": "logs-app*"}


class Settled(Entry):
    __slots__ = ()
    _meta = {**Entry._meta, "settings": {"number_of_shards": 2}}


@pytest.mark.parametrize(
    ("other", "part"),
    [
        (Changed, "mappings"),
        (Lower, "priority"),
        (Narrower, "index_patterns"),
        (Settled, "settings"),
    ],
)
def test_another_template_of_the_name_is_left_and_said(templates, other, part):
    create_mappings([other])
    before = get_es().indices.get_index_template(name=other.get_write_index()).body
    with pytest.raises(
        IntegrityError, match=f"template '.*logs-app' with other {part}, "
    ) as refused:
        create_mappings([Reader, Entry])
    assert refused.value.created == [Reader.get_index()]
    assert get_es().indices.get_index_template(name=other.get_write_index()).body == before
    get_es().indices.put_index_template(
        name=Entry.get_write_index(), body=Entry.get_index_template()
    )  # as the error says
    create_mappings([Entry])


class Equal(Entry):
    """Spelt in another way."""

    __slots__ = ()
    _meta = {
        **Entry._meta,
        "settings": {"index.number_of_shards": "1", "refresh_interval": "1h"},
        "index_template": {"priority": 500},
    }


def test_spelling_makes_no_difference(templates):
    create_mappings([Entry])
    assert create_mappings([Equal]) == []


def test_templates_that_overlap_are_refused(templates):
    """At one priority by the server, and at a higher one since indices would get the other's mapping."""
    es, prefix = get_es(), templates.index_prefix
    es.indices.put_index_template(
        name=f"{prefix}b", index_patterns=[f"{prefix}logs-a*"], priority=500
    )
    with pytest.raises(elasticsearch.BadRequestError, match="have the same priority"):
        create_mappings([Entry])
    es.indices.put_index_template(
        name=f"{prefix}b", index_patterns=[f"{prefix}logs-a*"], priority=600
    )
    with pytest.raises(IntegrityError, match="has a higher priority than 500: give the model"):
        create_mappings([Entry])
    assert not es.indices.exists_index_template(name=Entry.get_write_index())
    assert not es.indices.get(index=Entry.get_index())
    es.indices.delete_index_template(name=f"{prefix}b")
    assert create_mappings([Entry])


def test_deleting_leaves_what_others_have(rolled):
    with pytest.raises(ValueError, match=r"is a pattern.*get_write_index"):
        delete_index(rolled.get_index())
    delete_index(rolled.get_write_index())
    es = get_es()
    assert not es.indices.exists_index_template(name=rolled.get_write_index())
    assert places(rolled) == [("logs-other-000001", "e")]
    with pytest.raises(elasticsearch.NotFoundError):
        delete_index(rolled.get_write_index())
    es.indices.put_index_template(name=Entry.get_write_index(), body=Entry.get_index_template())
    delete_index(Entry.get_write_index())  # of a creation that was interrupted
    assert not es.indices.exists_index_template(name=Entry.get_write_index())


class Aliased(Entry):
    __slots__ = ()
    _meta = {**Entry._meta, "aliases": {"patterns-all": {}}}


def test_aliases_of_the_definition_are_deleted_with_the_indices(templates):
    """But for those that somebody else put there."""
    create_mappings([Aliased])
    es, name = get_es(), Aliased.get_write_index()
    es.indices.rollover(alias=name)
    assert set(es.indices.get(index="patterns-all").body) >= {f"{name}-000001", f"{name}-000002"}
    es.indices.put_alias(index=f"{name}-000002", name=f"{name}-foreign")
    with pytest.raises(ValueError, match=r"has the alias '.*-foreign' too"):
        delete_index(name)
    es.indices.delete_alias(index=f"{name}-000002", name=f"{name}-foreign")
    delete_index(name)
    assert not es.indices.get(index=f"{name}*")


def test_a_template_of_the_programs_own_is_not_deleted(templates):
    es, name = get_es(), Reader.get_index()
    es.indices.put_index_template(name=name, index_patterns=[f"{name}-*"], priority=700)
    es.indices.create(index=f"{name}-1", aliases={name: {}})
    delete_index(name)
    assert es.indices.exists_index_template(name=name)


def test_requests_through_the_connection(rolled):
    """What searches reads the pattern; what writes or deletes touches no other program's index."""
    es = rolled.get_es_connection()
    assert es.count()["count"] == 5
    assert len(es.search().data) == 5
    indices = set(es.indices.get_mapping().body)
    assert {name.rpartition("-")[0] for name in indices} == {rolled.get_write_index()}
    with pytest.raises(elasticsearch.BadRequestError):
        es.indices.delete()
    with contextlib.suppress(elasticsearch.BadRequestError):  # not in every server
        es.delete_by_query(query={"match_all": {}}, refresh=True)
    assert rolled.exists("e")


def test_names_of_models_with_and_without_a_pattern(unconnected):
    connect("http://localhost:1", index_prefix="p_")
    assert Entry.get_index() == "p_logs-*"
    assert Entry.get_doctype() == "logs-*"
    assert Entry.get_write_index() == "p_logs-app"
    assert Reader.get_write_index() == Reader.get_index() == "p_readers"
    template = Entry.get_index_template()
    assert list(template) == ["index_patterns", "priority", "template"]
    assert template["template"] == Entry.get_index_body()
    assert template["index_patterns"] == ["p_logs-*"]
    assert Other.get_index_template()["priority"] == 510
    with pytest.raises(TypeError, match="Reader has one index, not a pattern"):
        Reader.get_index_template()


@pytest.mark.parametrize("loss", ["reset after", "502 after", "half a body"])
def test_a_create_whose_answer_was_lost_is_found_behind_the_alias(templates, server, loss):
    create_mappings([Entry])
    get_es().indices.rollover(alias=Entry.get_write_index())
    line = FaultyLine(server.url, late=2.0)
    connect({**server.conf, "hosts": [line.url], "request_timeout": 1.5}, templates._index_prefix)
    try:
        Entry.create(id="before", line="x")
        line.faults = [loss]
        entry = Entry.create(id="a", line="x")  # sent again, and answered 409
        line.faults = [loss]
        assert Entry.save_all([Entry(line=str(n)) for n in range(3)])
        line.faults = [loss]
        entry.line = "y"
        entry.save()
        assert Entry(id="a", line="z").save(overwrite=True)
        line.faults = [loss]
        entry.delete()
        assert {at for at, _ in places(Entry)} == {"logs-app-000002"}
        assert len(places(Entry)) == 4
    finally:
        line.faults = []
        line.close()


class Behind(Entry):
    """Behind an alias of its own name."""

    __slots__ = ()
    _meta = {"index": "behind", "store_id": True}


class Numbered(Entry):
    """Ids that somebody else may choose as well."""

    __slots__ = ()

    def _compute_id(self):
        return f"n{self.number // 10}"


@pytest.mark.parametrize("cls", [Entry, Numbered, Behind])
def test_a_create_in_doubt_is_found_after_a_rollover(templates, server, cls):
    name = cls.get_write_index()
    es = server.client()
    if cls is Behind:
        es.indices.create(index=f"{name}-000001", aliases={name: {"is_write_index": True}})
    else:
        create_mappings([cls])
    line = FaultyLine(server.url, late=2.0)
    connect({**server.conf, "hosts": [line.url], "request_timeout": 1.5}, templates._index_prefix)
    try:
        single = [cls(line="x", number=n * 10) for n in range(3)]
        bulk = [cls(line="x", number=n * 10) for n in range(3, 6)]
        for each in single:
            line.faults = ["reset after", *["reset before"] * 3]
            with pytest.raises(elasticsearch.ConnectionError):
                each.save()
        templates.write_pause = 0.1
        line.faults, line.always = ["reset after"], "reset before"
        assert cls.save_all(bulk).stopped
        line.always = ""
        es.indices.rollover(alias=name)
        single[1].line = bulk[1].line = "y"
        if cls is Numbered:  # somebody else has replaced it in the meantime
            strange = {"line": "z", "number": 25}
            es.index(index=f"{name}-000001", id="n2", document=strange)
        for each in single:
            each.save()
        assert cls.save_all(bulk)
        for each in (single[1], bulk[2]):  # their places are known
            each.number += 1
            each.save()
        cls.refresh()
        hits = es.search(index=f"{name}-*", size=50)["hits"]["hits"]
        stored = sorted((int(hit["_index"][-1]), hit["_source"]["line"]) for hit in hits)
        expected = [(1, each) for each in "xxxxyy"]
        if cls is Numbered:  # to its id rule, another index has other documents
            expected = [(1, each) for each in "xxxyyz"] + [(2, "x")]
        assert stored == expected
    finally:
        line.faults, line.always = [], ""
        line.close()
        es.close()


def test_models_without_a_pattern_send_what_they_did(templates, requests):
    create_mappings([Reader])
    Reader.create(id="a")
    assert Reader.save_all([Reader(id="b")], overwrite=True)
    Reader.get("a").delete()
    name = Reader.get_index()
    assert requests == [
        f"PUT /{name}",
        f"PUT /{name}/_create/a",
        f"PUT /{name}/_bulk",
        f"GET /{name}/_doc/a",
        f"DELETE /{name}/_doc/a",
    ]
