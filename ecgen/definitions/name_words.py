"""Messages for refused names of models, indices and fields; the schema's patterns decide which names are refused."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.index_patterns import is_pattern

_INDEX_FORBIDDEN = '\\/*?"<>| ,#:'
_PYTHON_WORDS = frozenset({"None", "True", "False"})
_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)

Complaint = tuple[str, str, str | None]
"""Rule, message and hint."""


def pascal_case(text: str) -> str:
    """Return the nearest PascalCase name: `sales_order` and `sales order` → `SalesOrder`."""
    parts = re.split(r"[^A-Za-z0-9]+", text)
    name = "".join(part[:1].upper() + part[1:] for part in parts if part)
    return name.lstrip("0123456789")


def model_name(name: Any) -> tuple[str, str | None]:
    """Return a message that `model` is not a class name, and a hint."""
    if not isinstance(name, str) or not name:
        return f"'model' must be a class name such as 'Product', not {quoted(name)}", None
    if len(name) > 100:
        return f"{quoted(name)} is longer than 100 characters", None
    better = pascal_case(name)
    fine = better and better not in _PYTHON_WORDS and better != name
    hint = f"did you mean '{better}'?" if fine else "begin with a capital letter; letters and digits only"  # fmt: skip
    return f"{quoted(name)} is not a class name in PascalCase", hint


def index_complaint(name: str, pattern: bool = False) -> tuple[str, str | None] | None:
    """Return why Elasticsearch refuses the name of an index or alias, and a hint; None if it accepts the name.

    With `pattern`, the name may have `*`, but not be nothing else.
    """
    if name in (".", ".."):
        return "may not be '.' or '..'", None
    if name[:1] in ("-", "_", "+"):
        return f"may not begin with '{name[0]}'", f"did you mean '{name.lstrip('-_+')}'?"
    if pattern and name.strip("*") == "":
        return "must have more than '*', which every index matches", "write one such as 'logs-*'"
    for char in name:
        if char == "*" and pattern:
            continue
        if char in _INDEX_FORBIDDEN or unicodedata.category(char) == "Cc":
            shown = "a space" if char == " " else quoted(char)
            return f"may not contain {shown}", None
    if len(name.encode("utf-8", "surrogatepass")) > 255:
        return "is longer than 255 bytes", None
    return None


def index_noun(name: str) -> str:
    return "an index pattern" if is_pattern(name) else "an index name"


def refused_name(name: str, section: str) -> Complaint:
    """Return rule, message and hint for a refused name of a field, property, multi-field or join.

    `section` is the schema definition that contains the name (`fields`, `properties`, `multiFields`, `joins`, `name`).
    """
    if section == "multiFields" and (not name.strip() or "." in name):
        what = "contain a dot" if name.strip() else "be empty"
        return "multi-field", f"the name of a multi-field may not {what}: {quoted(name)}", None
    if not name.strip():
        return "field-name", f"a field's name may not be empty or blank: {quoted(name)}", None
    if any(unicodedata.category(char) in ("Cc", "Cs") or char in _BIDIRECTIONAL for char in name):
        return "field-name", f"{quoted(name)} contains an invisible control character", None
    if name.startswith(".") or name.endswith(".") or ".." in name:
        return "field-name", f"{quoted(name)} has a dot with no name beside it", None
    if len(name) > 500:
        return "field-name", f"{quoted(name)} is longer than 500 characters", None
    if name == "id":
        hint = "every model has it; say how it is made with 'compute_id'"
        return "reserved-name", "'id' is the document's own id and cannot be a field", hint
    if name.startswith("_"):
        bare = name.lstrip("_")
        near = f"did you mean '{bare}'?" if bare else None
        message = (
            f"names that begin with '_' are reserved by Elasticsearch and Python: {quoted(name)}"
        )
        return "reserved-name", message, near
    return "field-name", f"{quoted(name)} is not a field name", None
