"""What README's table says of elasticsearch.dsl's own document classes, where it can be tried."""

from __future__ import annotations

from elasticsearch import dsl
from observing import fresh_prefix


class Note(dsl.Document):
    title = dsl.Text()
    text = dsl.Text()


def test_a_document_that_was_read_in_part_is_saved_without_the_rest(es9):
    with es9.client() as client, fresh_prefix(client) as prefix:
        index = f"{prefix}notes"
        Note(title="t", text="x", meta={"id": "1"}).save(using=client, index=index, refresh=True)
        part = Note.get("1", using=client, index=index, source_includes=["title"])
        part.title = "u"
        part.save(using=client, index=index)
        assert client.get(index=index, id="1")["_source"] == {"title": "u"}
