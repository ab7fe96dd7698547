"""What rarely happens: dates that a format cannot say, configurations of the wrong kind, errors of unusual classes."""

from __future__ import annotations

import datetime
from typing import Any

import elasticsearch
import pytest

from ecgen.runtime import Date, Model, Namespace, NamespaceConnectionError, aio
from ecgen.runtime.client.configuration import scrubbed_error
from ecgen.runtime.requests.patience import may_have_happened
from ecgen.runtime.requests.updates import replaced
from ecgen.runtime.requests.vectors import note_refusal

DAY = datetime.datetime(2024, 1, 2, 0, 0, 1)
ODD = datetime.timezone(datetime.timedelta(hours=1, seconds=5))


@pytest.mark.parametrize(
    ("form", "moment"),
    [
        ("yy-MM-dd", datetime.datetime(1999, 1, 2)),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", DAY.replace(tzinfo=ODD)),
        ("yyyy aa", DAY),
        ("yyyy ]MM", DAY),
        ("qqqq yyyy", DAY),
    ],
)
def test_dates_that_a_format_cannot_say(form: str, moment: datetime.datetime) -> None:
    with pytest.raises(ValueError, match="cannot be written in the field's format"):
        Date("d", format=form).to_es(moment)


def test_unusual_letters() -> None:
    assert Date("d", format="yy-MM-dd").to_es(DAY) == "24-01-02"
    assert Date("d", format="yyyy [MM").to_es(DAY) == "2024 01"
    assert Date("d", format="yyyy-MM-dd A").to_es(DAY) == "2024-01-02 1000"
    form = Date("d", format="yyyy-MM-dd N")
    assert form.deserialize(form.to_es(DAY)) == DAY


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("yyyy/MM/dd", "2024/13/02"),
        ("strict_date_optional_time", "2024-13"),
        ("strict_date_optional_time", "2024-01-32T00:00"),
    ],
)
def test_stored_dates_that_no_calendar_has(form: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        Date("d", format=form).deserialize(text)


def test_clients_and_models_of_the_other_kind() -> None:
    blocking = elasticsearch.Elasticsearch("http://localhost:1")
    with pytest.raises(TypeError, match=r"AsyncElasticsearch.* is for ecgen\.runtime"):
        aio.Namespace("other", blocking)
    with pytest.raises(TypeError, match=r"is for ecgen\.runtime\.aio"):
        Namespace("other", elasticsearch.AsyncElasticsearch("http://localhost:1"))
    with pytest.raises(TypeError, match="is asynchronous, Model is not"):
        aio.Namespace("other", None).register_model_class(Model)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="is blocking, Model is not"):
        Namespace("other", None).register_model_class(aio.Model)  # type: ignore[type-var]


def test_where_a_namespace_points_to() -> None:
    blocking = elasticsearch.Elasticsearch("http://localhost:1")
    assert Namespace("given", blocking).get_es_url() == "http://localhost:1"
    assert Namespace("wrong", 5).get_es_url() == "an unusable configuration"
    node: Any = blocking.transport.node_pool.get().config
    assert Namespace("nodes", {"hosts": [node]}).get_es_url() == "http://localhost:1"
    conf = [{"host": "a", "port": 1, "path_prefix": "/es"}, "http://u:p@b:2"]
    assert Namespace("many", conf).get_es_url(https=True) == "https://a:1/es, https://b:2"


def test_errors_of_unusual_classes_lose_their_secrets_too() -> None:
    class Odd(Exception):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(one + two)

    shown = scrubbed_error(Odd("the key is ", "s3cret"), {"s3cret"})
    assert (type(shown), str(shown)) == (NamespaceConnectionError, "the key is ***")


def test_what_a_failure_says_about_the_request() -> None:
    assert may_have_happened(KeyboardInterrupt())
    assert not may_have_happened(ValueError())
    unsent = elasticsearch.SerializationError("Unable to serialize to JSON: object()")
    assert not may_have_happened(unsent)
    assert may_have_happened(elasticsearch.SerializationError("the answer is no JSON object"))
    assert may_have_happened(elasticsearch.ConnectionTimeout("x"))


def test_only_the_refusal_of_vectors_is_taken_for_one() -> None:
    namespace = Namespace("asked", None)
    assert not note_refusal(namespace, ValueError("exclude_vectors"))
    assert namespace.refuses_to_show_vectors_until == 0.0


def test_what_was_inferred_of_the_old_text_is_not_kept() -> None:
    source = {"a": 1, "b": 2, "_inference_fields": {"b": []}}
    assert replaced(source, {"b": 3}, Model) == {"a": 1, "b": 3}
