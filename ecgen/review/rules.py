"""ONE table of the rules that changes are judged by.

A row says what the server does, what it means for code, why, and how to get there. The pages in `docs/rules/` are
these rows as text (`ecgen.review.pages`), and a test holds them equal. Where a row gives versions, it was asked of
real nodes of these; tests/review asks them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from .rules_of_parameters import PARAMETERS, ParameterRule
from .verdicts import Code

Way = Literal[
    "nothing",
    "put",
    "put-fill",
    "put-reset",
    "leave",
    "reindex",
    "close",
    "settings",
    "runtime",
    "mend",
    "create",
    "delete",
    "aliases",
    "rename",
    "ids",
    "code",
]
"""How to get there; `ecgen.review.steps` spells each out with a model's names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: what a kind of change means."""

    id: str
    summary: str
    server: str
    """What the server does, by version where they differ."""
    why: str
    code: Code = "compatible"
    """The usual verdict; `ecgen.review.changes` says where a change has the other one."""
    way: Way = "code"
    seen: str = "Asked of 9.5.3, 8.19.21 and 7.17.29."


_NOT_THE_SERVER: Final = "Nothing: the mapping does not show it."
_CODE_ONLY: Final = "This is about the models alone; no server is asked."

_MAPPING = (
    Rule(
        "field-added",
        "A field, or a property of an object, is new.",
        "Takes it in place.",
        "Documents written before simply lack the field; a search finds none of them by it.",
        way="put",
    ),
    Rule(
        "field-removed",
        "A field, or a property of an object, is gone.",
        "Takes the mapping and keeps the field: an update never removes one.",
        "Documents keep their values and searches still find them. With `dynamic: strict` nothing is refused either, "
        "as long as the index is the old one; an index made anew would refuse documents that still hold the field.",
        code="breaking",
        way="leave",
    ),
    Rule(
        "field-renamed",
        "A field has another name (`renamed_from` says which it had).",
        "Takes the new field in place and keeps the old one with its values; it has no renaming.",
        "Documents written before have their value under the old name only, and are read without it until they are "
        "filled.",
        code="breaking",
        way="rename",
    ),
    Rule(
        "type-changed",
        "A field has another type.",
        "Refuses it, also inside a multi-field, between object and nested, and to or from an alias.",
        "What is indexed cannot be read as another type. For code it is breaking where the Python type, or the way "
        "that find_by matches, is another.",
        way="reindex",
    ),
    Rule(
        "multi-field-added",
        "A field is indexed in one more way.",
        "Takes it in place, for documents written from then on.",
        "Documents written before are not found by the new multi-field until each is indexed again, which "
        "`_update_by_query` does without changing them.",
        way="put-fill",
    ),
    Rule(
        "multi-field-removed",
        "A multi-field is gone.",
        "Takes the mapping and keeps the multi-field.",
        "Searches and sorts that name it work until the index is made anew.",
        code="breaking",
        way="leave",
    ),
    Rule(
        "mapping-refused",
        "The new mapping is one that no server takes.",
        "Refuses the whole mapping when it parses it; an index cannot be created with it either.",
        "One part that cannot be parsed keeps all others from being applied: a parameter that the type does not have, "
        "no type, more than five `meta` keys, an object as multi-field, an alias of nothing.",
        way="mend",
    ),
    Rule(
        "dynamic-changed",
        "What happens to fields that the mapping does not name.",
        "Takes it in place at the root, in objects and in nested fields; left out, the old value stays.",
        "It governs documents written from then on; fields that were added dynamically before remain.",
        way="put",
    ),
    Rule(
        "dynamic-templates-changed",
        "The templates for fields that the mapping does not name.",
        "Replaces the whole list in place; left out, the old list stays.",
        "Fields that a template made before keep their mapping.",
        way="put",
    ),
    Rule(
        "mapping-meta-changed",
        "The mapping's own `_meta`.",
        "Replaces it whole in place; left out, it stays.",
        "It is a note for people and programs; the server does nothing with it.",
        way="put",
    ),
    Rule(
        "date-detection-changed",
        "Whether strings that look like dates become dates.",
        "Takes it in place; left out, the old value stays.",
        "It matters for fields added dynamically from then on.",
        way="put",
    ),
    Rule(
        "numeric-detection-changed",
        "Whether strings that look like numbers become numbers.",
        "Takes it in place; left out, the old value stays.",
        "It matters for fields added dynamically from then on.",
        way="put",
    ),
    Rule(
        "dynamic-date-formats-changed",
        "Which strings look like dates.",
        "Takes it in place; left out, the old list stays.",
        "It matters for fields added dynamically from then on.",
        way="put",
    ),
    Rule(
        "runtime-field-added",
        "A field computed when a search asks for it is new.",
        "Takes it in place, for all documents.",
        "Nothing of it is stored, so nothing needs to be filled.",
        way="put",
    ),
    Rule(
        "runtime-field-changed",
        "A runtime field is computed differently.",
        "Takes it in place, for all documents.",
        "Nothing of it is stored, so nothing needs to be filled.",
        way="put",
    ),
    Rule(
        "runtime-field-removed",
        "A runtime field is gone.",
        "Keeps it where it is merely left out; `null` in its place removes it. 7.17 refuses to create an index with "
        "such a null.",
        "Searches that name it work until it is removed.",
        code="breaking",
        way="runtime",
    ),
    Rule(
        "routing-changed",
        "Whether documents must say where they are routed (`_routing.required`).",
        "Refuses it; left out, the old value stays. 9 takes an empty `_routing` for one left out, 7 and 8 do not.",
        "Documents would be looked for in the wrong shards.",
        way="reindex",
    ),
    Rule(
        "source-changed",
        "What is kept of documents (`_source`).",
        "Refuses other `includes` and `excludes`, and to keep again what is not kept. 8 and 9 take `enabled` from true "
        "to false, 7 refuses that too. Left out, the old value stays.",
        "What was not kept cannot be had back. Without `_source` no document can be read, updated or reindexed.",
        code="breaking",
        way="reindex",
    ),
    Rule(
        "enabled-changed",
        "Whether an object is parsed at all (`enabled`).",
        "Refuses it; left out, the old value stays.",
        "What was not parsed is not indexed, and the server does not mix both in one index.",
        way="reindex",
    ),
    Rule(
        "subobjects-changed",
        "Whether dots in names make objects (`subobjects`).",
        "Refuses it; left out, the old value stays. Known since 8.3.",
        "Names are stored one way or the other.",
        way="reindex",
        seen="Asked of 9.5.3 and 8.19.21.",
    ),
    Rule(
        "include-in-parent-changed",
        "Whether a nested field's values are indexed with its parent as well.",
        "Refuses it, also where it is left out.",
        "Documents would have been indexed in two ways.",
        way="reindex",
    ),
    Rule(
        "include-in-root-changed",
        "Whether a nested field's values are indexed with the document as well.",
        "Refuses it, also where it is left out.",
        "Documents would have been indexed in two ways.",
        way="reindex",
    ),
    Rule(
        "field-names-changed",
        "Whether the names of a document's fields are indexed (`_field_names`).",
        "7 takes it in place; 8 and 9 do not know it any more.",
        "It is deprecated: leave it out.",
        way="put",
        seen="Asked of 7.17.29.",
    ),
    Rule(
        "data-stream-timestamp-changed",
        "Whether the mapping is that of a data stream.",
        "Refuses it; Elasticsearch sets it itself.",
        "A data stream makes its own indices; leave it out.",
        way="reindex",
        seen="Asked of 9.5.3.",
    ),
    Rule(
        "size-changed",
        "Whether the size of documents is indexed (`_size`).",
        "Takes it in place where the plugin mapper-size is installed.",
        "Documents written before lack their size.",
        way="put",
        seen="From Elasticsearch's reference: no node of the tests has the plugin.",
    ),
)
_INDEX = (
    Rule(
        "dynamic-setting-changed",
        "An index setting that can change at any time.",
        "Takes it in place (`PUT _settings`); left out, the old value stays until `null` is sent.",
        "It has its effect at once.",
        way="settings",
    ),
    Rule(
        "closed-setting-changed",
        "An index setting that only a closed index takes.",
        "Refuses it while the index is open, takes it while it is closed. Left out, the old value stays until `null` is "
        "sent. Elasticsearch's reference calls such settings static.",
        "The index cannot be searched or written while it is closed: seconds, but plan them.",
        way="close",
    ),
    Rule(
        "static-setting-changed",
        "An index setting that is fixed when the index is created.",
        "Refuses it, also on a closed index. It would take `number_of_routing_shards` there, and then look for "
        "documents in the wrong shards.",
        "It decides where and how documents are stored.",
        way="reindex",
    ),
    Rule(
        "analysis-changed",
        "An analyzer, or a part of one, is new, gone or another.",
        "Refuses it while the index is open, takes it while it is closed. One that is left out stays.",
        "Documents written before keep the terms that the old analyzer made, and may no longer be found, until "
        "`_update_by_query` has indexed them again.",
        way="close",
        seen="Asked of 9.5.3 and 7.17.29.",
    ),
    Rule(
        "aliases-changed",
        "The index's aliases.",
        "Takes them in place (`POST _aliases`); those left out stay until they are removed.",
        "An alias is a name; no document is touched.",
        way="aliases",
    ),
    Rule(
        "index-renamed",
        "A model's index has another name.",
        "Has no renaming: the new index is another, empty one.",
        "Documents stay in the old index, where the models no longer look.",
        code="breaking",
        way="reindex",
        seen=_CODE_ONLY,
    ),
    Rule(
        "model-added",
        "A model, and with it an index, is new.",
        "Creates the index.",
        "Nothing was there before.",
        way="create",
        seen=_CODE_ONLY,
    ),
    Rule(
        "model-removed",
        "A model is gone.",
        "Keeps its index and all documents.",
        "Code that imports the model fails; the index remains until somebody deletes it.",
        code="breaking",
        way="delete",
        seen=_CODE_ONLY,
    ),
)
_MODELS = (
    Rule(
        "model-renamed",
        "A model's class has another name.",
        _NOT_THE_SERVER,
        "Code that imports the class by its old name fails.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "compute-id-changed",
        "Documents get their id in another way: an identity break.",
        _NOT_THE_SERVER,
        "A document keeps the id that it was written with. Where the new rule gives another, the model no longer finds "
        "it: get() with the new id misses it, save() is an IntegrityError, and create() makes a second document beside "
        "it. Joins that hold the old id lead nowhere once documents have moved.",
        code="breaking",
        way="ids",
        seen=_CODE_ONLY,
    ),
    Rule(
        "store-id-changed",
        "Whether the id is stored as a field, too.",
        "Takes the new field `id` in place; gone, it stays.",
        "Documents written before lack the field, and sort behind all others, until they are filled.",
        way="put-fill",
        seen=_CODE_ONLY,
    ),
    Rule(
        "versioned-changed",
        "Whether save() notices that somebody else has changed the document.",
        _NOT_THE_SERVER,
        "With `versioned: true` save() can raise ConflictError, which callers must expect; without, the last one wins.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "default-sort-changed",
        "The order of find_by() and all() where the caller names none.",
        _NOT_THE_SERVER,
        "Pages come in another order; a cursor kept from before the change does not fit any more.",
        seen=_CODE_ONLY,
    ),
    Rule(
        "attribute-renamed",
        "A field has the same Elasticsearch name but another Python attribute.",
        _NOT_THE_SERVER,
        "Code that reads or sets the old attribute fails.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "python-type-changed",
        "A field's values have another Python type.",
        _NOT_THE_SERVER,
        "Code that calculates with the value, or annotates it, must follow.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "many-changed",
        "A field holds a list of values, or no longer does.",
        _NOT_THE_SERVER,
        "Elasticsearch has no lists; Python has: reading the attribute gives another type.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "required-added",
        "A field must now have a value.",
        _NOT_THE_SERVER,
        "create() and save() raise RequiredFieldError without it, also for documents that were written without.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "required-removed",
        "A field may now be without a value.",
        _NOT_THE_SERVER,
        "Code that reads the attribute must expect None.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "enum-narrowed",
        "A value is no longer allowed.",
        _NOT_THE_SERVER,
        "Documents may still hold it; changing them raises a ValueError until they have another.",
        code="breaking",
        way="code",
        seen=_CODE_ONLY,
    ),
    Rule(
        "enum-widened",
        "A new value is allowed.",
        _NOT_THE_SERVER,
        "Code that tells the values apart should know the new one before documents have it.",
        seen=_CODE_ONLY,
    ),
    Rule(
        "default-changed",
        "A field starts with another value.",
        _NOT_THE_SERVER,
        "Only instances made from then on have it; documents keep what they hold.",
        seen=_CODE_ONLY,
    ),
    Rule(
        "private-changed",
        "Whether serialize() leaves a field out.",
        _NOT_THE_SERVER,
        "What leaves the service changes: a field that is missing, or one that was kept inside and now is not.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-added",
        "A join is new.",
        "Takes the ids' keyword field in place; a loose join stores nothing.",
        "Documents written before have no ids there.",
        way="put",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-removed",
        "A join is gone.",
        "Keeps the ids' keyword field and its values; a loose join stores nothing.",
        "Code that reads the attribute fails.",
        code="breaking",
        way="leave",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-kind-changed",
        "A join is of another kind, or a field has become a join.",
        "Nothing where both store ids; a loose join stores none.",
        "The attribute holds one model or a list, and is loaded by id or by a search.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-target-changed",
        "A join leads to another model.",
        _NOT_THE_SERVER,
        "The ids that documents hold are those of the old target.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-inverse-changed",
        "A join's other side is another.",
        _NOT_THE_SERVER,
        "Assigning one side updates another attribute in memory, and a loose join is loaded by another field.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-by-changed",
        "A join matches another field.",
        _NOT_THE_SERVER,
        "It loads other documents than before.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
    Rule(
        "join-loading-changed",
        "Whether a loose join is loaded by itself.",
        _NOT_THE_SERVER,
        "The attribute is empty where it was filled, or costs a search where it cost none.",
        code="breaking",
        seen=_CODE_ONLY,
    ),
)


def _of_parameter(row: ParameterRule) -> Rule:
    ways: dict[str, Way] = {
        "updated": "put-reset",
        "filled": "put-fill",
        "refused": "reindex",
    }
    servers = {
        "updated": "Takes it in place. Left out, it goes back to the default without a word.",
        "filled": "Takes it in place, for documents written from then on. Left out, it goes back to the default "
        "without a word.",
        "refused": "Refuses it.",
    }
    return Rule(
        f"{row.parameter.replace('_', '-')}-changed",
        row.summary,
        row.server or servers[row.kind],
        row.why,
        way=ways[row.kind],
        seen=row.seen,
    )


RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in (*_MAPPING, *map(_of_parameter, PARAMETERS), *_INDEX, *_MODELS)}
)
"""Every rule by its id, in the order of the table."""
