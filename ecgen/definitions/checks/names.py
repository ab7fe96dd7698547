"""Names: of models, indices, aliases and fields, as Elasticsearch and Python want them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from ecgen.diagnostics.problems import quoted
from ecgen.diagnostics.reporter import Report, Where

# Found by asking 9.5.3: 'a name may not contain' and the characters of its message.
_INDEX_FORBIDDEN = '\\/*?"<>| ,#:'
# What 7.17, 8.19 and 9.5 were asked: these are refused at the top of a mapping by 9.5 ('is defined more than once'),
# and taken in objects, where exports of document databases often have an `_id`.
_METADATA = frozenset(
    [
        "_id",
        "_index",
        "_source",
        "_routing",
        "_field_names",
        "_ignored",
        "_ignored_source",
        "_nested_path",
        "_seq_no",
        "_version",
        "_doc_count",
        "_data_stream_timestamp",
    ]
)
_PYTHON_WORDS = frozenset({"None", "True", "False"})
_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


TOP_NAME_PATTERN = r"^(?!id$)(?!_)(?!\.)(?!.*\.\.)(?!.*\.$).*\S"
"""What `check_member_name` wants of a name at the top of a model, but for invisible characters; for editors."""
FIELD_NAME_PATTERN = r"^(?!_)(?!\.)(?!.*\.\.)(?!.*\.$).*\S"
"""The same for a property of an object."""


def pascal_case(text: str) -> str:
    """The nearest PascalCase name: `sales_order` and `sales order` → `SalesOrder`."""
    parts = re.split(r"[^A-Za-z0-9]+", text)
    name = "".join(part[:1].upper() + part[1:] for part in parts if part)
    return name.lstrip("0123456789")


def check_model_name(report: Report, name: Any, path: Where = ("model",)) -> None:
    """`model` is a PascalCase class name."""
    if not isinstance(name, str) or not name:
        report.at_value(
            path,
            "model-name",
            f"'model' must be a class name such as 'Product', not {quoted(name)}",
        )
    elif not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) or name in _PYTHON_WORDS:
        better = pascal_case(name)
        fine = better and better not in _PYTHON_WORDS and better != name
        hint = (
            f"did you mean '{better}'?"
            if fine
            else "begin with a capital letter; letters and digits only"
        )
        report.at_value(path, "model-name", f"{quoted(name)} is no class name in PascalCase", hint)
    elif len(name) > 100:
        report.at_value(path, "model-name", f"{quoted(name)} is longer than 100 characters")


def index_complaint(name: str) -> tuple[str, str | None] | None:
    """Why Elasticsearch refuses an index or alias of that name, and a hint; None where it does not."""
    if name in (".", ".."):
        return "may not be '.' or '..'", None
    if name[:1] in ("-", "_", "+"):
        return f"may not begin with '{name[0]}'", f"did you mean '{name.lstrip('-_+')}'?"
    for char in name:
        if char in _INDEX_FORBIDDEN or unicodedata.category(char) == "Cc":
            shown = "a space" if char == " " else quoted(char)
            return f"may not contain {shown}", None
    if len(name.encode()) > 255:
        return "is longer than 255 bytes", None
    return None


def check_index_name(report: Report, name: Any) -> None:
    """`index` is a name that Elasticsearch takes."""
    path: Where = ("index",)
    if not isinstance(name, str) or not name:
        report.at_value(path, "index-name", f"'index' must be a name, not {quoted(name)}")
        return
    wrong = index_complaint(name)
    if wrong:
        report.at_value(path, "index-name", f"an index name {wrong[0]}: {quoted(name)}", wrong[1])
    elif name.lower() != name:
        hint = f"did you mean '{name.lower()}'?"
        report.at_value(
            path, "index-name", f"an index name must be in lower case: {quoted(name)}", hint
        )


def check_member_name(
    report: Report, name: str, path: Where, *, top: bool, at_value: bool = False
) -> bool:
    """Whether a field, property or join may be called so; reports why not.

    Names of the top level have more reserved words: those of the document itself.
    """
    say = report.at_value if at_value else report.at_key
    if not name.strip():
        say(path, "field-name", f"a field's name may not be empty or blank: {quoted(name)}")
    elif not name.isprintable() and any(
        unicodedata.category(char) in ("Cc", "Cs") or char in _BIDIRECTIONAL for char in name
    ):
        say(path, "field-name", f"{quoted(name)} holds an invisible control character")
    elif name.startswith(".") or name.endswith(".") or ".." in name:
        say(path, "field-name", f"{quoted(name)} has a dot with nothing beside it")
    elif len(name) > 500:
        say(path, "field-name", f"{quoted(name)} is longer than 500 characters")
    elif at_value and name.startswith("_") and not (top and name in _METADATA):
        return (
            True  # Spring's `_class` and its like: the attribute is the key, which may not begin so
        )
    elif at_value and name == "id" and report.raw.data.get("store_id") is False:
        return True
    elif top and name == "id":
        message = "'id' is the document's own id and cannot be a field"
        say(
            path,
            "reserved-name",
            message,
            "every model has it; say how it is made with 'compute_id'",
        )
    elif name.startswith("_"):
        hint = f"did you mean '{name.lstrip('_')}'?" if name.lstrip("_") else None
        say(
            path,
            "reserved-name",
            f"names that begin with '_' are Elasticsearch's and Python's own: {quoted(name)}",
            hint,
        )
    else:
        return True
    return False
