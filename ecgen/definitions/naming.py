"""Python names for models and fields: attributes, modules, classes. The Elasticsearch name is kept beside each."""

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
        "get_index_template",
        "get_joined",
        "get_write_index",
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
"""Attributes of the runtime's Model, which a field cannot have as its name. A test compares this with Model."""

VALUE_NAMES = frozenset({"from_dict", "self", "to_dict"})
"""Attributes of the runtime's ObjectValue, which a sub-field of object and nested cannot have as its name."""

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
"""Parameters of find_by and similar methods; a field of that name is passed with a trailing underscore."""

NEWER_PARAMETERS = frozenset({"keep_alive", "on_error", "routing", "source"})
"""Those of them that the original did not have: code written for it asks for such a field without the underscore."""

_MODULES_TAKEN = frozenset({"mappings"})


@functools.lru_cache(maxsize=10_000)  # field names recur across models
def attribute(name: str, reserved: frozenset[str] = MODEL_NAMES) -> str:
    """Return the Python attribute for a field called `name`.

    Characters not allowed in an identifier become underscores; a keyword or reserved name gets a trailing underscore.
    """
    text = unicodedata.normalize("NFKC", name)
    text = (
        "".join(char if ("_" + char).isidentifier() else "_" for char in text).lstrip("_")
        or "field"
    )
    if not text.isidentifier():  # it starts with a digit or a combining mark
        text = "field_" + text
    # Every model has an attribute `id`, which a field such as `@id` must not replace.
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
