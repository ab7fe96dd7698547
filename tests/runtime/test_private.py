"""Private values stay out of every text of every error, whoever wrote it."""

from __future__ import annotations

import pickle

import elasticsearch
import pytest

from ecgen.runtime import (
    FieldValueError,
    Integer,
    IntegrityError,
    Keyword,
    Model,
    Object,
    ObjectValue,
    create_mappings,
)

SECRET = "horse-battery-staple"


class Inner(ObjectValue):
    __slots__ = ("name", "pin")
    _mapping = {"name": Keyword("name"), "pin": Keyword("pin", private=True)}


class Account(Model):
    __slots__ = ("inner", "name", "number", "secret", "things")
    _meta = {"index": "accounts", "dynamic": "strict"}
    _mapping = {
        "name": Keyword("name"),
        "secret": Keyword("secret", private=True),
        "number": Integer("number", private=True),
        "things": Object("things", private=True, dynamic=True),
        "inner": Object("inner", Inner),
    }


def every_text(error):
    """All of an exception that a log may show."""
    seen, pending = [], [error]
    while pending:
        each = pending.pop()
        if each is None or each in seen:
            continue
        seen.append(each)
        yield from (
            str(each),
            repr(each),
            repr(each.args),
            repr(vars(each)),
            *getattr(each, "__notes__", ()),
        )
        yield repr(getattr(each, "body", ""))
        pending += [each.__cause__, each.__context__, *getattr(each, "errors", ())]


def assert_hidden(error, secret=SECRET):
    assert all(secret not in text for text in every_text(error)), list(every_text(error))


def test_what_our_own_types_refuse():
    for values in ({"number": SECRET}, {"secret": {SECRET: 1}}, {"things": {3: SECRET}}):
        with pytest.raises(FieldValueError, match="a private ") as caught:
            Account(**values)
        assert_hidden(caught.value)
        assert_hidden(pickle.loads(pickle.dumps(caught.value)))
    with pytest.raises(FieldValueError, match="a private dict") as caught:
        Account(inner={"pin": {SECRET: 1}})
    assert_hidden(caught.value)
    with pytest.raises(FieldValueError) as caught:
        Account.find_by(number=SECRET)
    assert_hidden(caught.value)
    with pytest.raises(FieldValueError) as caught:
        Account.find_by(**{"inner.pin": {SECRET: 1}})
    assert_hidden(caught.value)


def test_a_hook_that_quotes_the_value():
    class Quoting(Keyword):
        def from_python(self, value):
            raise ValueError(f"{value} will not do")

    class Holder(Model):
        _mapping = {"secret": Quoting("secret", private=True, default=None)}

    with pytest.raises(FieldValueError, match="is refused") as caught:
        Holder(secret=SECRET)
    assert all(SECRET not in text for text in (str(caught.value), repr(caught.value.args)))
    assert caught.value.__cause__ is None


def test_an_id_that_is_made_of_them():
    class Named(Model):
        _mapping = {"secret": Keyword("secret", private=True)}

        def _compute_id(self):
            raise IntegrityError(f"{self.secret!r} is no id")

    with pytest.raises(IntegrityError) as caught:
        Named(secret=SECRET).save()
    assert_hidden(caught.value)


def test_what_the_server_quotes(connected):
    create_mappings([Account])
    Account.get_es_connection().indices.put_mapping(
        properties={"things": {"properties": {"age": {"type": "integer"}}}}
    )
    account = Account(things={"age": SECRET})
    with pytest.raises(elasticsearch.BadRequestError) as caught:
        account.save()
    assert_hidden(caught.value)
    assert "failed to parse field [things." in str(caught.value)
    result = Account.save_all([Account(things={"age": SECRET})])
    assert SECRET not in result.failures[0].error
    assert "failed to parse field [things." in result.failures[0].error
    immense = Account(secret="x" * 40_000)
    with pytest.raises(elasticsearch.BadRequestError) as caught:
        immense.save()
    assert_hidden(caught.value, "120, 120")


def test_what_the_serializer_shows(connected):
    class Token:
        def __repr__(self):
            return SECRET

    create_mappings([Account])
    account = Account(name="a", things={"token": Token()})
    with pytest.raises(elasticsearch.SerializationError) as caught:
        account.save()
    assert_hidden(caught.value)
    stored = Account.create(name="b", secret=SECRET)
    stored.things = account.things
    for model in (account, stored):
        result = Account.save_all([model])
        assert SECRET not in result.failures[0].error
        assert_hidden(result.failures[0].exception)
