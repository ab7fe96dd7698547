"""The rows of the rule table about mappings as a whole, settings and aliases."""

from __future__ import annotations

from typing import Final

from .change_rule import Rule

_SEEN: Final = "Checked on 9.5.3, 8.19.21 and 7.17.29, data streams on 9.5.3 and 8.19.21."
_CODE_ONLY: Final = "This is about indices as a whole; no server is asked."

MAPPINGS: Final = (
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
        "as long as the index is the old one; a new index would refuse documents that still hold the field.",
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
        "Searches and sorts that name it work until the index is recreated.",
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
        "What was not parsed is not indexed, and the server does not mix both in one index. For code it is breaking where the object is no "
        "longer parsed: find_by on its properties fails.",
        way="reindex",
    ),
    Rule(
        "subobjects-changed",
        "Whether dots in names make objects (`subobjects`).",
        "Refuses it; left out, the old value stays. Known since 8.3.",
        "Names are stored one way or the other.",
        way="reindex",
        seen="Checked on 9.5.3 and 8.19.21.",
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
        seen="Checked on 7.17.29.",
    ),
    Rule(
        "data-stream-timestamp-changed",
        "Whether the mapping is that of a data stream.",
        "Takes `enabled` from false to true where `@timestamp` is a date or a date_nanos with doc_values; refuses to take it back. "
        "Left out, the old value stays.",
        "Elasticsearch sets it itself for a data stream's indices; leave it out. With it, documents without `@timestamp` are refused.",
        way="reindex",
        seen="Checked on 9.5.3 and 8.19.21.",
    ),
    Rule(
        "size-changed",
        "Whether the size of documents is indexed (`_size`).",
        "Takes it in place where the plugin mapper-size is installed.",
        "Documents written before lack their size.",
        way="put",
        seen="From the source of Elasticsearch's mappers (8 and 9): no node of the tests has the plugin.",
    ),
)
INDICES: Final = (
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
    ),
    Rule(
        "aliases-changed",
        "The index's aliases.",
        "Takes them in place (`POST _aliases`); those left out stay until they are removed.",
        "An alias is a name; no document is touched.",
        way="aliases",
    ),
    Rule(
        "index-pattern-changed",
        "The pattern of a model's indices.",
        "Takes the template in place; it is for indices made from then on.",
        "Documents of indices that the new pattern does not match are no longer found, and those of others are. The indices "
        "themselves stay as they are.",
        code="breaking",
        way="template",
        seen=_SEEN,
    ),
    Rule(
        "write-to-changed",
        "The write alias or data stream of a model whose index is a pattern.",
        "Refuses a second template whose pattern shares a name and the priority with the first.",
        "New documents go to other indices. Those that exist stay where they are, and are read as long as the pattern matches "
        "their indices.",
        way="write-to",
        seen=_SEEN,
    ),
    Rule(
        "data-stream-changed",
        "Documents are written to a data stream instead of a write alias, or the other way round.",
        "Makes no data stream where an alias has the name, and refuses a template that does not fit a data stream that is there.",
        "A data stream accepts new documents only by `create`, and needs `@timestamp`.",
        code="breaking",
        way="stream",
        seen=_SEEN,
    ),
    Rule(
        "template-changed",
        "The priority of an index template, or a key that only the template has.",
        "Takes the template in place; it is for indices made from then on.",
        "Of the templates that match a new index, the one with the highest priority is used alone.",
        way="template",
        seen=_SEEN,
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
        "Code that imports the model fails; the index remains until it is deleted.",
        code="breaking",
        way="delete",
        seen=_CODE_ONLY,
    ),
)
