"""What programs do with generated models, sentence by sentence of what docs/runtime.md promises, on real servers."""

from __future__ import annotations

import copy
import datetime
import importlib
import pickle
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import elasticsearch
import pytest

from ecgen.runtime import DocTypeConnection, IntegrityError, Namespace, Result

SCHEMAS = {
    "maker": """
        model: Maker
        compute_id: [slug]
        fields:
          slug: {type: keyword, required: true}
          title: text
          password: keyword
        joins:
          things: {type: multi_loose, target: Thing, inverse: maker, lazy_load: true}
          first: {type: single_loose, target: Thing, inverse: maker, lazy_load: true}
    """,
    "thing": """
        model: Thing
        sort: [{size: desc}]
        fields:
          name: {type: text, fields: {raw: keyword}}
          code: keyword
          size: long
          live: boolean
          made: date
          price: double
          tags: {type: keyword, many: true}
          box: {type: object, properties: {width: double, label: keyword}}
          free: {type: object, dynamic: true}
          lines: {type: nested, many: true, properties: {sku: keyword, count: long}}
          status: {type: keyword, enum: [draft, live], default: draft}
        joins:
          maker: {type: single, target: Maker, inverse: things}
          peers: {type: multi, target: Thing}
    """,
    "page": """
        model: Page
        fields:
          order: long
          text: text
        joins:
          next: {type: single, target: Page}
    """,
    "note": """
        model: Note
        compute_id: server
        fields:
          number: long
    """,
    "seal": """
        model: Seal
        versioned: true
        fields:
          number: long
    """,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: Any) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "schemas").mkdir()
    for name, text in SCHEMAS.items():
        lines = [line[8:] for line in text.strip("\n").splitlines()]
        (folder / "schemas" / f"{name}.yaml").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "ecgen", "build", "schemas", "--out", "things_built_here"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("things_built_here")
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.startswith("things_built_here")]:
            del sys.modules[name]


@pytest.fixture
def shop(models: ModuleType, connected: Namespace) -> ModuleType:
    connected.create_mappings(model_classes=models.MODELS)
    return models


@pytest.fixture
def pages(models: ModuleType, connected: Namespace) -> ModuleType:
    """Without the other indices, which take longer than a short test."""
    connected.create_mappings(model_classes=[models.Page])
    return models


# Names of the original's keywords.


def test_keyword_names_of_the_original(shop, connected, server):
    import ecgen.runtime as runtime

    index = shop.Note.get_index()
    runtime.delete_index(index=index, timeout=5.0)
    assert runtime.create_mappings(model_classes=[shop.Note]) == [index]
    runtime.delete_indices(indices=[index])
    second = Namespace(name="L second", es_conf=server.conf, index_prefix="x")
    try:
        runtime.register_namespace(namespace=second)
        bound = second.register_model_class(model_class=shop.Note)
        assert bound.__name__ == "L second_Note"
    finally:
        del runtime._namespaces["L second"]
        second.close()
    connection = DocTypeConnection(
        model=shop.Page,
        es_namespace=connected,
        index=shop.Page.get_index(),
        doc_type="page",
        default_args={"routing": "a"},
    )
    assert connection.get_default_args() == {"index": shop.Page.get_index(), "routing": "a"}
    made = connection.index(document={"order": 1}, refresh=True)
    response = connection.es.get(index=shop.Page.get_index(), id=made["_id"], routing="a")
    result = Result(result=response, model=shop.Page, method="get", pass_args={"id": "1"})
    assert (result[0].order, result.pass_args) == (1, {"id": "1"})


def test_delete_index_without_waiting(shop, connected):
    index = shop.Note.get_index()
    connected.delete_index(index, timeout=0)
    assert not connected.get_es().indices.exists(index=index)
    with pytest.raises(elasticsearch.NotFoundError):
        connected.delete_index(index)


# Saving.


def test_creating_the_owner_of_a_loose_join_saves_what_points_to_it(shop, requests):
    things = [shop.Thing(name="a", size=1), shop.Thing(name="b", size=2)]
    requests.clear()
    maker = shop.Maker.create(slug="m", things=things, refresh=True)
    assert len(requests) == 3
    assert [thing.maker for thing in things] == [maker, maker]
    shop.Thing.refresh()
    assert {each.id for each in shop.Thing.find_by(maker=maker)} == {each.id for each in things}
    assert set(shop.Maker.get("m").load().things[0].maker.serialize()) >= {"slug"}


def test_an_update_replaces_objects_and_clears(shop):
    thing = shop.Thing.create(
        code="c",
        tags=["x"],
        box={"width": 1, "label": "l"},
        free={"a": 1},
        lines=[{"sku": "s", "count": 1}],
        peers=[shop.Thing(code="peer")],
    )
    thing.box = {"width": 2}
    thing.free = {"b": 2}
    thing.tags = []
    thing.code = None
    thing.lines = []
    thing.peers = []
    thing.save(refresh=True)
    read = shop.Thing.get(thing.id)
    assert (read.box.width, read.box.label, read.free) == (2.0, None, {"b": 2})
    assert (read.tags, read.code, read.lines, read.peers) == ([], None, [], [])
    assert [each.id for each in shop.Thing.find_by(code=None)] == [thing.id]
    assert len(shop.Thing.find_by(tags=None)) == 2


def test_saving_what_was_loaded_in_part_keeps_the_joins(shop):
    maker = shop.Maker.create(slug="m")
    peers = [shop.Thing(code="p1"), shop.Thing(code="p2")]
    thing = shop.Thing.create(code="c", maker=maker, peers=peers)
    read = shop.Thing.get(thing.id).load("maker")
    read.code = "d"
    read.save()
    again = shop.Thing.get(thing.id)
    assert (again.code, again.maker, again.peers) == ("d", "m", [each.id for each in peers])


def test_from_dict_and_create_of_a_made_model(shop):
    maker = shop.Maker.from_dict(slug="x", title="t")
    assert maker.id is None
    assert shop.Maker._create(maker) is maker
    assert shop.Maker.get("x").title == "t"
    with pytest.raises(elasticsearch.ConflictError):
        shop.Maker.create(slug="x")
    with pytest.raises(TypeError, match="did you mean 'title'"):
        shop.Maker.from_dict(slug="x", titel="t")
    maker.slug = "y"
    with pytest.raises(IntegrityError, match="'y'"):
        maker.save()


def test_subclasses_of_generated_models(shop, connected):
    class OwnMaker(shop.Maker):
        __slots__ = ()

        def _compute_id(self):
            return f"own-{self.slug}"

        @property
        def shout(self):
            return self.slug.upper()

    made = OwnMaker.create(slug="a")
    assert (made.id, made.shout) == ("own-a", "A")
    assert isinstance(OwnMaker.get("own-a"), OwnMaker)
    assert type(shop.Maker.get("own-a")) is shop.Maker
    thing = shop.Thing.create(maker=made)
    assert thing.maker is made
    assert shop.Thing.get(thing.id).load().maker.slug == "a"


def test_copies_pickles_and_identity(shop):
    maker = shop.Maker.create(slug="m")
    thing = shop.Thing.create(name="n", maker=maker, made="2026-01-02T03:04:05Z")
    shallow = copy.copy(thing)
    assert shallow is not thing
    assert (shallow.id, shallow.maker) == (thing.id, maker)
    for other in (copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))):
        assert (other.id, other.name, other.made) == (thing.id, "n", thing.made)
        assert other.maker is not maker
        assert other.maker.things == [other]
    # Two instances of one document are two models.
    again = shop.Thing.get(thing.id)
    assert again != thing
    assert len({thing, again, thing}) == 2
    shallow.name = "o"
    shallow.save()
    assert shop.Thing.get(thing.id).name == "o"
    seal = shop.Seal.create(number=1)
    carried = pickle.loads(pickle.dumps(seal))
    carried.number = 2
    carried.save()
    seal.number = 3
    with pytest.raises(elasticsearch.ConflictError):
        seal.save()


WEIRD = [
    "a/b",
    "a b",
    "ä€😀",
    "..",
    ".",
    "a?b=c",
    "a#b",
    "%2F",
    "a,b",
    "*",
    "_x",
    "a\\b",
    "+",
    '"',
    "-",
]


@pytest.mark.parametrize("id", WEIRD)
def test_weird_ids(pages, id):
    made = pages.Page.create(id=id, order=1, refresh=True)
    assert made.id == id
    assert pages.Page.get(id).order == 1
    assert [each.id for each in pages.Page.get([id, "other"])] == [id]
    assert [each.id for each in pages.Page.find_by(id=id)] == [id]
    made.order = 2
    made.save(refresh=True)
    assert pages.Page.create(order=3, next=made).load().next.order == 3 - 1
    pointing = pages.Page.create(order=4, next=made, refresh=True)
    assert pages.Page.get(pointing.id).load().next.order == 2
    assert pointing.id in {each.id for each in pages.Page.find_by(next=id)}
    assert pages.Page.count(id=id) == 1
    made.order = 5
    assert pages.Page.save_all([made])
    made.delete()
    with pytest.raises(elasticsearch.NotFoundError):
        pages.Page.get(id)


def test_get_of_a_number_and_of_nothing(shop):
    shop.Page.create(id="123", order=1)
    assert shop.Page.get(123).order == 1
    assert shop.Page.get([123])[0].order == 1
    with pytest.raises(elasticsearch.NotFoundError):
        shop.Page.get(124)
    for nothing in (None, ""):
        with pytest.raises((ValueError, TypeError)):
            shop.Page.get(nothing)


# Finding.


@pytest.fixture
def things(shop: ModuleType) -> Any:
    maker, other = shop.Maker.create(slug="m"), shop.Maker.create(slug="o")
    day = datetime.date(2026, 1, 1)
    for number in range(6):
        shop.Thing.create(
            name=("red chair", "red table", "blue chair")[number % 3],
            code=f"c{number}" if number else None,
            size=number,
            live=number % 2 == 0,
            made=day + datetime.timedelta(days=number),
            maker=(maker, other, None)[number % 3],
        )
    shop.Thing.refresh()
    return shop.Thing


def sizes(found: Any) -> list[int]:
    return sorted(each.size for each in found)


def test_find_by_every_kind_of_value(things, shop):
    maker = shop.Maker.get("m")
    assert sizes(things.find_by(code="c1")) == [1]
    assert sizes(things.find_by(code=[None, "c2"])) == [0, 2]
    assert sizes(things.find_by(code=None)) == [0]
    assert sizes(things.find_by(maker=[maker, "o"])) == [0, 1, 3, 4]
    assert sizes(things.find_by(maker=[None, maker])) == [0, 2, 3, 5]
    assert sizes(things.find_by(name="chair red")) == [0, 3]
    assert sizes(things.find_by(name=["table", "blue"])) == [1, 2, 4, 5]
    assert sizes(things.find_by(**{"name.raw": "red chair"})) == [0, 3]
    for yes in (True, "true"):
        assert sizes(things.find_by(live=yes)) == [0, 2, 4]
    for moment in (
        "2026-01-03",
        datetime.date(2026, 1, 3),
        datetime.datetime(2026, 1, 3),
        datetime.datetime(2026, 1, 3, tzinfo=datetime.UTC),
        datetime.datetime(2026, 1, 3, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    ):
        assert sizes(things.find_by(made=moment)) == [2], moment
    assert sizes(things.find_by(size_=3)) == [3]
    assert sizes(things.find_by(size_=[3, 4], live=True)) == [4]
    assert sizes(things.find_by(query="size:>2", live=True)) == [4]
    assert sizes(things.find_by(query={"range": {"size": {"gt": 2}}}, name="red")) == [3, 4]
    assert sizes(things.find_by(code=[])) == []
    assert len(things.find_by()) == 6
    assert [each.size for each in things.find_by()] == [5, 4, 3, 2, 1, 0]  # the default sort
    with pytest.raises(TypeError, match="did you mean 'code'"):
        things.find_by(cod="x")
    with pytest.raises(ValueError, match=r"Thing\.size"):
        things.find_by(size_="many")
    assert sizes(things.find_by(made="2026-01")) == [0]  # as the server reads it
    assert sizes(things.find_by(made="now-900y/d")) == []
    with pytest.raises(ValueError, match=r"Thing\.made: 'some day'"):
        things.find_by(made="some day")


def test_sizes_of_pages(things):
    none = things.find_by(size=0)
    assert (list(none), none.total) == ([], 6)
    assert list(none.search_after()) == []
    # How much an index gives in one page is a setting of its own, so it is the server that says so.
    with pytest.raises(elasticsearch.BadRequestError, match="Result window is too large"):
        things.find_by(size=10_001)
    with pytest.raises(ValueError, match="size is at least 0, not -1"):
        things.all(size=-1)


def test_pages_to_the_end_and_past_it(things, shop):
    page, seen = things.all(size=4), []
    while page:
        seen += [each.size for each in page]
        page = page.search_after()
    assert seen == [5, 4, 3, 2, 1, 0]
    assert list(page.search_after()) == []
    for number in range(3):
        shop.Note.create(number=number)
    shop.Note.refresh()
    page, seen = shop.Note.find_by(size=1, sort=["number:desc"]), []
    while page:
        seen += [each.number for each in page]
        page = page.search_after()
    assert seen == [2, 1, 0]
    assert list(page.search_after()) == []


def test_aggregations(things):
    result = things.get_es_connection().search(
        size=0, aggs={"codes": {"terms": {"field": "code"}}, "most": {"max": {"field": "size"}}}
    )
    assert result.aggregations["most"]["value"] == 5.0
    assert len(result.aggregations["codes"]["buckets"]) == 5
    assert things.all().aggregations is None


def test_sorts(shop):
    assert shop.Page.get_default_sort() == [{"order": "asc"}, {"id": "asc"}]
    assert shop.Thing.prepare_sort([{"size": "desc"}, "name.raw"], stringify=True) == [
        "size:desc",
        "name.raw:asc",
        "id:asc",
    ]
    assert shop.Thing.prepare_sort([{"_uid": "desc"}], stringify=True) == ["id:desc"]


# Joins.


def test_the_single_loose_join_takes_the_first_by_the_targets_sort(
    things, shop, requests, monkeypatch
):
    maker = shop.Maker.get("m")
    things.get(things.find_by(size_=3)[0].id)  # 7.17 has been asked for vectors by now
    requests.clear()
    maker.load("first")
    assert maker.first.size == 3
    assert len(requests) == 1
    answers: list[Any] = []
    call = DocTypeConnection.call

    def watched_call(self: Any, *args: Any, **named: Any) -> Any:
        answers.append(call(self, *args, **named))
        return answers[-1]

    monkeypatch.setattr(DocTypeConnection, "call", watched_call)
    both = shop.Maker.get(["m", "o"]).load("first")
    assert [len(answer["hits"]["hits"]) for answer in answers[1:]] == [2]  # not all four matches
    assert [each.first.size for each in both] == [3, 4]
    # Whatever else asks for the same documents.
    maker = shop.Maker.get("m").load()
    assert (maker.first.size, sizes(maker.things)) == (3, [0, 3])
    assert shop.Maker.create(slug="none").load().first is None


# Showing.


def test_serialize_of_circles(shop):
    a = shop.Page(id="a", order=1)
    a.next = shop.Page(id="b", order=2, next=a)
    assert a.serialize(depth=2)["next"]["next"]["next"] == "b"
    assert "next" in str(a)
    assert "next" in repr(a)
    new = shop.Page(order=1)
    new.next = new
    assert new.serialize()["next"] is new
    assert new.serialize(flat=True)["next"] is None
    assert "Page object at" in new.serialize(to_str=True)["next"]
    assert "Page object at" in str(new)
    deep = new.serialize(depth=50, flat=True)
    for _ in range(50):
        deep = deep["next"]
    assert deep["next"] is None
    maker = shop.Maker(slug="m", password="p")
    assert set(maker.serialize()) == {"id", "slug", "title", "things", "first"}
    assert "password" in maker.serialize(exclude=["slug"])


# Namespaces.


def test_prefixes_and_reconnecting(shop, connected, server):
    import ecgen.runtime as runtime
    from ecgen.runtime import namespace as namespaces

    prefix = connected._index_prefix
    shop.Page.create(id="1", order=1, refresh=True)
    runtime.connect(server.conf, index_prefix=prefix + "b_")
    assert shop.Page.get_index() == prefix + "b_page"
    shop.Page._es_namespace.create_mappings([shop.Page])
    with pytest.raises(elasticsearch.NotFoundError):
        shop.Page.get("1")
    namespaces._global_prefix = prefix
    try:
        runtime.connect(server.conf, index_prefix="")
        assert shop.Page.get("1").order == 1
    finally:
        namespaces._global_prefix = ""
        runtime.connect(server.conf, index_prefix=prefix)
    assert shop.Page.get("1").order == 1


def test_what_is_appended_in_place_is_joined_when_it_is_saved(shop):
    maker = shop.Maker.create(slug="m")
    added = shop.Thing(name="z")
    maker.things.append(added)
    maker.save()
    assert added.maker is maker
    assert shop.Thing.get(added.id).maker == "m"
    thing = shop.Thing.create(name="a")
    thing.peers.append(shop.Thing(name="b"))
    thing.lines.append({"sku": "s"})
    thing.tags.append("t")
    thing.save()
    read = shop.Thing.get(thing.id).load()
    assert ([each.name for each in read.peers], read.tags) == (["b"], ["t"])
    assert read.lines[0].sku == "s"


def test_saving_again_what_is_gone_or_there(shop):
    maker = shop.Maker.create(slug="m", refresh="wait_for")
    assert [each.id for each in shop.Maker.all()] == ["m"]
    maker.delete(refresh=True)
    with pytest.raises(elasticsearch.NotFoundError):
        maker.save()
    with pytest.raises(elasticsearch.NotFoundError):
        maker.delete()
    again = shop.Maker._create(maker)
    with pytest.raises(elasticsearch.ConflictError):
        shop.Maker._create(again)
    thing = shop.Thing.create(maker="m")
    assert shop.Thing.get(thing.id).load().maker.slug == "m"


def test_results_can_be_copied_and_kept(things):
    found = things.find_by(size=2)
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert [each.size for each in other] == [5, 4]
        assert isinstance(other, Result)
        assert [each.size for each in other.search_after()] == [3, 2]
    assert [each.size for each in found[:1] + found[1:]] == [5, 4]
