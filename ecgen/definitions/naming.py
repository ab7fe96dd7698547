"""Names: from what an author wrote to what Python can say. The Elasticsearch name is always kept beside it."""

from __future__ import annotations

import functools
import keyword
import re
import unicodedata

MODEL_NAMES = frozenset(
    {
        "all",
        "cls",
        "count",
        "create",
        "delete",
        "delete_all",
        "exists",
        "find_by",
        "from_dict",
        "from_es",
        "get",
        "get_default_sort",
        "get_doctype",
        "get_es_connection",
        "get_es_mapping",
        "get_index",
        "get_index_body",
        "load",
        "prepare_sort",
        "refresh",
        "save",
        "save_all",
        "scan",
        "search",
        "self",
        "serialize",
    }
)
"""What a field of a model cannot be called in Python: the runtime's Model has it. A test compares this with Model."""

VALUE_NAMES = frozenset({"from_dict", "self", "to_dict"})
"""The same for the sub-fields of object and nested, and the runtime's ObjectValue."""

FIND_BY_NAMES = frozenset(
    [
        "keep_alive",
        "load",
        "on_error",
        "query",
        "refresh",
        "routing",
        "search_after",
        "size",
        "sort",
        "source",
    ]
)
"""Parameters of find_by and its kin; a field of that name is asked with a trailing underscore."""

_MODULES_TAKEN = frozenset({"mappings"})


@functools.lru_cache(maxsize=10_000)  # models share the names of their fields
def attribute(name: str, reserved: frozenset[str] = MODEL_NAMES) -> str:
    """Return the Python attribute for a field called `name`.

    Characters that no attribute may have become underscores; a keyword or reserved name gets one at its end.
    """
    text = unicodedata.normalize("NFKC", name)
    text = (
        "".join(char if ("_" + char).isidentifier() else "_" for char in text).lstrip("_")
        or "field"
    )
    if not text.isidentifier():  # it starts with a digit or a combining mark
        text = "field_" + text
    # Every model has an `id` of its own, which `@id` must not take the place of.
    taken = text in reserved or (text == "id" != name and reserved is MODEL_NAMES)
    return text + "_" if taken or keyword.iskeyword(text) else text


def snake_case(name: str) -> str:
    """Return `daily_sales` for `DailySales`, `http_log` for `HTTPLog`, `page2_view` for `Page2View`."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return text.lower()


def module(model: str) -> str:
    """Return the name of the module that holds the class `model`."""
    name = snake_case(model)
    return name + "_" if keyword.iskeyword(name) or name in _MODULES_TAKEN else name


def pascal_case(attribute_name: str) -> str:
    """Return `ZipCode` for `zip_code`."""
    return "".join(part[:1].upper() + part[1:] for part in attribute_name.split("_"))
