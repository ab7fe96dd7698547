"""The rows of the rule table about what code that imports the models sees."""

from __future__ import annotations

from typing import Final

from .change_rule import Rule

_NOT_THE_SERVER: Final = "Nothing: it is not part of the mapping."
_CODE_ONLY: Final = "This concerns the models alone, not the server."

MODELS: Final = (
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
        "it: get() with the new id misses it, save() raises IntegrityError, and create() creates a second document. "
        "Joins that hold the old id are broken once documents have moved.",
        code="breaking",
        way="ids",
        seen=_CODE_ONLY,
    ),
    Rule(
        "routing-rule-changed",
        "Documents are routed in another way.",
        _NOT_THE_SERVER,
        "A document stays on the shard that its old routing value led to. Saving it raises IntegrityError, a get() by the new value "
        "misses it, and create() makes a second document of that id. Documents must be written again.",
        code="breaking",
        way="routing",
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
        "Whether save() fails if the document was changed since it was read.",
        _NOT_THE_SERVER,
        "With `versioned: true` save() can raise ConflictError, which callers must handle; without it, the last writer wins.",
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
        "create() and save() raise RequiredFieldError without it, also for documents that were written without. Of a property, type checkers "
        "ask for it.",
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
        "Code that distinguishes the values should know the new one before documents have it.",
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
        "auto-changed",
        "When a date is stamped by itself.",
        _NOT_THE_SERVER,
        "Documents keep the dates that they have. Code that sets the date itself still may; code that relied on the stamp must set it.",
        code="breaking",
        way="code",
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
