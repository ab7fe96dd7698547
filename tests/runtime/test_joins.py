"""Joins: both sides in memory, saved and loaded. The first part is what elastic_connect's own tests held."""

from __future__ import annotations

import pytest
from joined_models import (
    Child,
    IdMany,
    IdOne,
    Key,
    Many,
    Node,
    One,
    Parent,
    Pass,
    Self,
    User,
    UserNoLoad,
)

from ecgen.runtime import FieldValueError, SingleJoin, create_mappings


@pytest.fixture
def parent_child(connected):
    create_mappings([Parent, Child])


@pytest.fixture
def one_many(connected):
    create_mappings([One, Many])


@pytest.fixture
def user_key(connected):
    create_mappings([User, Key])


def loaded(model):
    type(model).refresh()
    return type(model).get(model.id)._lazy_load()


# Stored joins.


def test_single_join(parent_child):
    child = Child.create(value="child")
    parent = Parent.create(value="parent", child=child)
    assert child.parent is None
    assert parent.child is child

    again = loaded(parent)
    assert again.child.id == child.id
    assert again.child.value == "child"
    again.save()
    assert loaded(parent).child.id == child.id


def test_a_join_that_is_empty_loads_as_it_is(parent_child, one_many):
    assert loaded(Parent.create(value="parent")).child is None
    assert loaded(One.create(value="boss")).many == []


def test_multi_join_keeps_its_order(one_many):
    many = [Many.create(value=str(number)) for number in range(5)]
    one = One.create(value="boss", many=[many[3], many[0], many[4], many[1], many[2]])
    again = loaded(one)
    assert [member.value for member in again.many] == ["3", "0", "4", "1", "2"]


def test_joined_models_that_have_an_id_are_not_saved_again(parent_child, requests):
    child = Child.create(value="before")
    child.value = "after"
    parent = Parent.create(value="parent")
    parent.child = child
    requests.clear()
    parent.save()
    assert requests.to("model_child") == 0
    assert loaded(parent).child.value == "before"


def test_unsaved_targets_are_saved_first_and_once(one_many, requests):
    many = [Many(value="one"), Many(value="two")]
    requests.clear()
    one = One.create(value="boss", many=[*many, many[0]])
    # The ids are the server's, and each side needs the other's: one update more, but no more than that.
    assert len(requests) == 4
    assert [member.value for member in loaded(one).many] == ["one", "two", "one"]
    assert all(member.one is one for member in many)


def test_circles_of_client_made_ids_are_written_once_each(connected, requests):
    create_mappings([Node])
    first, second = Node(order=1), Node(order=2)
    first.parent, second.parent = second, first
    requests.clear()
    first.save()
    assert len(requests) == 2
    assert loaded(first).parent.id == second.id
    assert loaded(second).parent.id == first.id


def test_self_join(connected, requests):
    create_mappings([Node, Self])
    node = Node(order=1)
    node.parent = node
    node.peers = [node]
    requests.clear()
    node.save()
    assert len(requests) == 1
    again = loaded(node)
    assert again.parent is again
    assert again.peers == [again]

    own = Self(value="x")
    own.other = own
    requests.clear()
    own.save()
    assert len(requests) == 2
    assert loaded(own).other.id == own.id


def test_a_long_chain_of_unsaved_models(connected):
    create_mappings([Node])
    node = Node(order=0)
    for number in range(1, 1200):
        node = Node(order=number, parent=node)
    from ecgen.runtime.requests.plan import plan, take_back

    writes = plan([node])
    assert [write.model.order for write in writes] == list(range(1200))
    take_back(writes)
    assert node.id is None


def test_computed_ids_of_joined_models(connected):
    create_mappings([IdOne, IdMany])
    many = [IdMany(value="one"), IdMany(value="two")]
    one = IdOne.create(value="boss", many=many)
    assert one.id == "boss"
    assert None not in (many[0].id, many[1].id)
    assert [member.id for member in loaded(one).many] == [member.id for member in many]


def test_unloaded_ids_survive_a_save(one_many):
    one = One.create(value="boss", many=[Many(value="a"), Many(value="b")])
    again = One.get(one.id)
    assert again.many == [member.id for member in one.many]
    again.value = "boss2"
    again.save()
    many = Many.get(one.many[0].id)
    assert many.one == one.id
    many.value = "c"
    many.save()
    assert Many.get(many.id).one == one.id
    assert loaded(one).value == "boss2"
    assert [member.value for member in loaded(one).many] == ["c", "b"]


def test_a_target_that_is_gone(parent_child, one_many):
    parent = Parent.create(value="p", child=Child(value="c"))
    parent.child.delete()
    assert loaded(parent).child is None
    one = One.create(value="boss", many=[Many(value="a"), Many(value="b"), Many(value="c")])
    one.many[1].delete()
    assert [member.value for member in loaded(one).many] == ["a", "c"]


def test_loading_twice_changes_nothing(one_many, requests):
    one = One.create(value="boss", many=[Many(value="a"), Many(value="b")])
    again = loaded(one)
    before = list(again.many)
    requests.clear()
    again.load()
    assert all(now is then for now, then in zip(again.many, before, strict=True))
    assert not requests
    assert all(member.one is again for member in again.many)


# Both sides in memory.


def test_inverse_from_either_side(one_many):
    first, second = Many.create(value="one"), Many.create(value="two")
    one = One.create(value="boss")
    one.many = [first, second]
    assert first.one is one
    assert second.one is one

    third = Many(value="three", one=one)
    assert one.many == [first, second, third]
    assert One.get(one.id).many == []
    one.save()
    assert len(loaded(one).many) == 3
    assert third.id is not None


def test_the_other_side_forgets():
    one, other = One(value="one"), One(value="other")
    many = Many(value="many", one=one)
    many.one = other
    assert one.many == []
    assert other.many == [many]
    other.many = []
    assert many.one is None
    other.many = [many]
    one.many = [many]
    assert many.one is one
    assert other.many == []


def test_assigning_the_same_again_keeps_one_member():
    one = One(value="one")
    many = Many(value="many", one=one)
    many.one = one
    one.many = one.many
    assert one.many == [many]
    one.many = None
    assert one.many == []
    assert many.one is None


def test_an_id_in_the_inverse_list_gives_way_to_its_model():
    one = One(id="1", value="one", many=["a", "b"])
    many = Many(id="b", value="many")
    many.one = one
    assert one.many == ["a", many]


def test_only_the_side_that_names_an_inverse_updates_the_other():
    user = User(value="u")
    key = Key(value="k", user=user)
    assert user.keys == []
    user.keys = [key]
    assert key.user is user


def test_what_a_join_refuses():
    with pytest.raises(FieldValueError, match=r"Parent\.child: .*is no Child"):
        Parent(child=Key(value="x"))
    with pytest.raises(FieldValueError, match=r"Parent\.child: 1\.5 is neither a Child nor an id"):
        Parent(child=1.5)
    parent = Parent(value="p")
    with pytest.raises(FieldValueError, match=r"Parent\.child"):
        parent.child = object()
    assert Parent(child=12).child == "12"
    with pytest.raises(ValueError, match="names no module"):
        SingleJoin("x", "Parent", "Child")


def test_the_callers_list_stays_the_callers():
    given = [Many(value="a")]
    one = One(many=given)
    Many(value="b", one=one)
    assert len(given) == 1
    assert len(one.many) == 2
    given = ["x"]
    one.many = given
    one.many.append("y")
    assert given == ["x"]


# Classes.


def test_classes_of_a_join():
    join = Parent._mapping["child"]
    assert join.get_source() is Parent
    assert join.get_target() is Child
    assert join.class_for_name("joined_models", "Key") is Key
    assert Node._mapping["parent"].get_target() is Node  # named relative to its source
    assert One._mapping["many"].target_property == "one"
    with pytest.raises(ModuleNotFoundError):
        SingleJoin("x", "a.B", "no_such_module.C").get_target()


def test_an_inverse_that_does_not_exist_is_named():
    class Wrong(Parent):
        _mapping = {
            **Parent._mapping,
            "child": SingleJoin("child", "x.Wrong", "joined_models.Child:parnet"),
        }

    with pytest.raises(TypeError, match=r"'parnet' as its inverse.*did you mean 'parent'"):
        Wrong(child=Child(value="c"))


# Loose joins.


def test_loose_joins_store_nothing(user_key):
    assert User.get_es_mapping() == {"value": {"type": "keyword"}}
    user = User.create(value="u", keys=[Key(value="k")], key=Key(value="l"))
    source = User.get_es_connection().es.get(index=User.get_index(), id=user.id)["_source"]
    assert source == {"value": "u"}


def test_loose_joins_load(user_key):
    user = User.create(value="u")
    keys = [Key.create(value="111", user=user), Key.create(value="222", user=user)]
    Key.create(value="333", user=User.create(value="other"))
    Key.refresh()
    again = loaded(user)
    assert {key.id for key in again.keys} == {key.id for key in keys}
    assert again.key in again.keys
    assert all(key.user is again for key in again.keys)
    assert again.load().keys == again.keys


def test_loose_joins_that_are_empty(user_key):
    again = loaded(User.create(value="u"))
    assert again.key is None
    assert again.keys == []


def test_unsaved_targets_of_loose_joins_follow_their_owner(user_key, requests):
    requests.clear()
    user = User.create(value="u", key=Key(value="1"), keys=[Key(value="2"), Key(value="3")])
    assert len(requests) == 4
    assert "model_user" in requests[0]
    Key.refresh()
    assert {key.value for key in loaded(user).keys} == {"1", "2", "3"}


def test_loose_joins_without_lazy_load(connected):
    create_mappings([UserNoLoad, Pass])
    user = UserNoLoad.create(value="u")
    keys = [Pass.create(value="1", user=user), Pass.create(value="2", user=user)]
    user.keys = keys
    user.save()
    Pass.refresh()
    again = loaded(user)
    assert again.key is None
    assert again.keys == []
    assert len(Pass.find_by(user=again.id)) == 2
    assert len(UserNoLoad.find_by(value="u", load=["keys"])[0].keys) == 2


def test_what_memory_holds_and_the_index_does_not_show_yet_stays(user_key):
    user = User.create(value="u")
    Key.create(value="1", user=user, refresh=True)
    unsaved = Key(value="2")
    user.keys = [unsaved]
    user.load()
    assert [key.value for key in user.keys] == ["1", "2"]
    assert user.keys[1] is unsaved


def test_hooks_of_joins():
    single, many, loose = (
        Parent._mapping["child"],
        One._mapping["many"],
        User._mapping["keys"],
    )
    child = Child(id="1")
    assert (single.to_es(None), single.to_es("a"), single.to_es(child)) == (None, "a", "1")
    assert (many.to_es(None), many.to_es(["a", Many(id="b"), Many()])) == ([], ["a", "b"])
    assert (loose.to_es([Key(id="1")]), loose.from_es({}), loose.get_es_type()) == (None, [], {})
    assert loose.key_of(User(id="7")) == "7"
    assert single.to_query(None) is None
    assert single.on_save(child) is None
    one = One(many=[None, "a", None])
    assert one.many == ["a"]
    bare = One.__new__(One)
    many.insert_reference(Many(id="x"), bare)
    assert [member.id for member in bare.many] == ["x"]
    many.insert_reference(Many(id="x"), bare)
    assert len(bare.many) == 1
