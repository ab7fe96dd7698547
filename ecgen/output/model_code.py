"""The Python of one model, prepared piece by piece for `model.py.j2`: every text here is formatted and quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ecgen.definitions.ir import Field, Join, Model
from ecgen.definitions.naming import FIND_BY_NAMES

from .id_code import compute_id_body
from .layout import LINE, Expression, Group, call, lay_out, lay_out_annotation, literal
from .names import Names, free, natural
from .quote import docstring, is_plain, python_string, width


class Attribute(NamedTuple):
    """One annotated attribute of a class, with its docstring if there is one."""

    line: str
    doc: str | None
    """A docstring literal."""


class ClassCode(NamedTuple):
    """What the template needs of one class; the texts stand at class level, indented by four."""

    header: str
    doc: str
    slots: str
    attributes: tuple[Attribute, ...]
    mapping: str
    meta: str = ""
    compute_id: str = ""
    methods: tuple[str, ...] = ()
    """Signatures for type checkers."""


class Keywords(NamedTuple):
    """One TypedDict: the keywords of some methods. Its texts are indented as inside `if TYPE_CHECKING:`."""

    header: str
    doc: str
    keys: tuple[str, ...]


class ModelCode:
    """The code of one model's module; made once for each model, handed to the template as `code`."""

    def __init__(self, model: Model, is_async: bool = False) -> None:
        self._model = model
        self._is_async = is_async
        objects = list(_objects(model.fields))
        members: list[Field | Join] = [
            *model.fields,
            *model.joins,
            *(part for each, _ in objects for part in each.properties),
        ]
        classes = [model.name, *(name for _, name in objects)]
        hidden = {member.attribute for member in members}
        taken = {*classes, *hidden, *(join.target for join in model.joins)}
        self._values_of = {name: free(f"{name}Values", taken) for name in classes}
        self._query_name = free(f"{model.name}Query", taken)
        self._names = Names(
            hidden,
            (*classes, *self._values_of.values(), self._query_name),
            "ecgen.runtime.aio" if is_async else "ecgen.runtime",
        )
        self.model_class = self._model_class()
        self.classes = [
            *(self._value_class(each, name) for each, name in objects),
            self.model_class,
        ]
        self.keywords = [
            *(self._properties(each, name) for each, name in objects),
            self._values(),
            self._query(),
        ]
        self.text = self._names.annotation("str")
        self.imports = self._names.imports(live=True)
        self.typing_imports = self._names.imports(live=False)

    # Classes

    def _value_class(self, owner: Field, name: str) -> ClassCode:
        doc = owner.description
        if doc is None:
            doc = f"`{owner.name}` of {self._model.name}."
        return ClassCode(
            header=_header(name, self._names.runtime("ObjectValue")),
            doc=class_doc(doc),
            slots=_slots(owner.properties),
            attributes=tuple(self._attribute(part) for part in owner.properties),
            mapping=self._mapping(tuple(self._entry(part) for part in owner.properties)),
            methods=(_signature("__init__", (("", "self"), self._unpacked(name)), "None"),),
        )

    def _model_class(self) -> ClassCode:
        model = self._model
        base = self._names.runtime("Model")
        entries = [self._entry(part) for part in model.fields] + [
            self._join_entry(join) for join in model.joins
        ]
        if model.store_id:
            entries.insert(0, ('"id": ', f'{self._names.runtime("Keyword")}("id")'))
        meta = self._names.annotation("ClassVar[dict[str, Any]]")
        return ClassCode(
            header=_header(model.name, base),
            doc=class_doc(
                f"A document of the index {python_string(model.index)}."
                if model.description is None
                else model.description
            ),
            slots=_slots(self._members()),
            attributes=tuple(self._attribute(part) for part in self._members()),
            meta=lay_out(literal(_meta(model)), 1, f"_meta: {meta} = "),
            mapping=self._mapping(tuple(entries)),
            compute_id=compute_id_body(model.compute_id, lambda: self._names.runtime("ids")),
            methods=tuple(self._methods()),
        )

    def _mapping(self, entries: tuple[tuple[str, Expression], ...]) -> str:
        annotation = self._names.annotation("ClassVar[dict[str, BaseDataType]]")
        return lay_out(Group("{", entries, "}"), 1, f"_mapping: {annotation} = ")

    def _attribute(self, part: Field | Join) -> Attribute:
        doc = docstring(part.description) if part.description else None
        if isinstance(part, Field):
            text = self._names.annotation(part.annotation, part.value_class)
        else:
            text = self._joined(part)
            text = f"{self._names.annotation('list')}[{text}]" if part.many else f"{text} | None"
        return Attribute(lay_out_annotation(part.attribute, text, 1), doc)

    def _joined(self, join: Join) -> str:
        """What a join holds, one: the model, or its id."""
        target = self._names.model(join.target_module, join.target)
        return f"{target} | {self._names.annotation('str')}"

    def _entry(self, part: Field) -> tuple[str, Expression]:
        """The data type of a field: `Keyword("sku", required=True, ignore_above=64)`."""
        parameters = dict(part.parameters)
        arguments: list[Expression] = [python_string(part.name)]
        if part.value_class:
            arguments.append(part.value_class)
        if "scaling_factor" in parameters:
            arguments.append(literal(parameters.pop("scaling_factor")))
        keywords: dict[str, Any] = {}
        if part.data_type == "BaseDataType":  # ecgen has no class that knows its type
            keywords["type"] = part.type
        if part.implicit:
            keywords["implicit"] = True
        if part.many:
            keywords["many"] = True
        if part.required:
            keywords["required"] = True
        if part.default is not None:
            keywords["default"] = part.default
        if part.enum is not None:
            keywords["enum"] = part.enum
        if part.private:
            keywords["private"] = True
        if part.python == "decimal":
            keywords["decimal"] = True
        function = self._names.runtime(part.data_type)
        options = {name: literal(value) for name, value in {**keywords, **parameters}.items()}
        return f"{python_string(part.attribute)}: ", call(function, arguments, options)

    def _join_entry(self, join: Join) -> tuple[str, Expression]:
        kinds = {
            "single": "SingleJoin",
            "multi": "MultiJoin",
            "single_loose": "SingleJoinLoose",
            "multi_loose": "MultiJoinLoose",
        }
        target = f".{join.target_module}.{join.target}" + (
            f":{join.inverse}" if join.inverse else ""
        )
        options: dict[str, Expression] = {
            "source": f'f"{{__name__}}.{self._model.name}"',
            "target": python_string(target),
        }
        if join.join_by:
            options["join_by"] = python_string(join.join_by)
        for keyword, wanted in (("do_lazy_load", join.lazy_load), ("required", join.required)):
            if wanted:
                options[keyword] = "True"
        if join.private:
            options["private"] = "True"
        function = self._names.runtime(kinds[join.kind])
        return f"{python_string(join.attribute)}: ", call(
            function, [python_string(join.name)], options
        )

    # What type checkers see

    def _values(self) -> Keywords:
        keys = [("id", self._names.annotation("str | None"))]
        # Aliases are searched, but nothing that a document holds.
        keys += [
            self._value(part)
            for part in self._members()
            if isinstance(part, Join) or part.annotation != "None"
        ]
        doc = "What the constructor and `create` take."
        return self._typed_dict(self._values_of[self._model.name], doc, keys)

    def _properties(self, owner: Field, name: str) -> Keywords:
        keys = [self._value(part) for part in owner.properties]
        return self._typed_dict(self._values_of[name], "What the constructor takes.", keys)

    def _value(self, part: Field | Join) -> tuple[str, str]:
        """The key of a field in a TypedDict of values."""
        if isinstance(part, Field):
            accepts = self._names.annotation(part.accepts, part.value_class)
        else:
            accepts = self._joined(part)
            if part.many:
                accepts = f"{self._names.annotation('Sequence')}[{accepts}]"
            if not part.required:
                accepts += " | None"
        if part.required and (isinstance(part, Join) or part.default is None):
            accepts = f"{self._names.annotation('Required')}[{accepts}]"
        return part.attribute, accepts

    def _query(self) -> Keywords:
        keys = []
        if self._model.store_id:
            keys.append(("id", self._one_of(self._names.annotation("str"))))
        taken = {part.attribute for part in self._members()}
        for part in self._members():
            key = part.attribute
            if key in FIND_BY_NAMES:
                key += "_"
                if key in taken:
                    continue  # the other field of that name is meant
            if isinstance(part, Join):
                if part.stored:
                    keys.append((key, self._one_of(self._joined(part))))
            elif part.type not in ("object", "nested"):
                keys.append((key, self._one_of(self._names.annotation(part.query))))
        doc = "What `find_by`, `count` and `scan` can ask for."
        return self._typed_dict(self._query_name, doc, keys)

    def _one_of(self, text: str) -> str:
        return f"{self._names.annotation('OneOf')}[{text}]"

    def _typed_dict(self, name: str, doc: str, keys: list[tuple[str, str]]) -> Keywords:
        base = self._names.annotation("TypedDict")
        lines = tuple(lay_out_annotation(key, text, 2) for key, text in keys)
        return Keywords(_header(name, base, "total=False", indent=1), docstring(doc), lines)

    def _members(self) -> tuple[Field | Join, ...]:
        return (*self._model.fields, *self._model.joins)

    def _methods(self) -> list[str]:
        """The signatures with this model's keywords; the runtime's Model has the bodies."""
        use = self._names.annotation
        values = self._unpacked(self._model.name)
        fields = (
            "**fields: ",
            Group(f"{use('Unpack')}[", (("", self._query_name),), "]", "subscript"),
        )
        sort = ("sort: ", use("Sort | None") + " = None")
        query = ("query: ", use("str | Mapping[str, Any] | None") + " = None")
        load = ("load: ", use("Sequence[str]") + " = ()")
        refresh = ("refresh: ", use('bool | Literal["wait_for"] | None') + " = None")
        find_by = (
            ("size: ", use("int") + " = 100"),
            sort,
            ("search_after: ", use("Sequence[Any] | None") + " = None"),
            query,
            load,
            ("", "*"),
            ("refresh: ", use("bool") + " = False"),
            fields,
        )
        scan = (("size: ", use("int") + " = 1000"), sort, query, load, fields)
        itself = use("Self")
        iterator = use("AsyncIterator" if self._is_async else "Iterator")
        awaited = "async " if self._is_async else ""
        return [
            _signature("__init__", (("", "self"), values), "None"),
            self._class_method("create", (("", "*"), refresh, values), itself, awaited),
            self._class_method("find_by", find_by, f"{use('Result')}[{itself}]", awaited),
            self._class_method("count", (query, fields), use("int"), awaited),
            self._class_method("scan", scan, f"{iterator}[{itself}]"),
        ]

    def _class_method(
        self,
        name: str,
        parameters: tuple[tuple[str, Expression], ...],
        returns: str,
        awaited: str = "",
    ) -> str:
        decorator = self._names.annotation("classmethod")
        signature = _signature(name, (("", "cls"), *parameters), returns, awaited)
        return f"        @{decorator}\n{signature}"

    def _unpacked(self, name: str) -> tuple[str, Expression]:
        """The parameter for the values of the class `name`."""
        unpack = self._names.annotation("Unpack")
        return "**values: ", Group(f"{unpack}[", (("", self._values_of[name]),), "]", "subscript")


def _header(name: str, *bases: str, indent: int = 0) -> str:
    return lay_out(
        Group("(", tuple(("", base) for base in bases), ")", "call"), indent, f"class {name}", ":"
    )


def class_doc(text: str) -> str:
    """Return what gives a class the docstring `text`, so that `__doc__` reads back exactly that.

    Python 3.13 strips docstrings of several lines and older versions keep their indentation, so those are assigned.
    """
    if is_plain(text):
        return "    " + docstring(text)
    literal_ = python_string(text)
    whole = f"    __doc__ = {literal_}"
    parts = re.findall(r"[^\n]*\n|[^\n]+", text)
    if width(whole) <= LINE:
        return whole
    if width(literal_) + 8 <= LINE:
        return f"    __doc__ = (\n        {literal_}\n    )"
    if len(parts) == 1:
        return whole
    lines = "".join(f"        {python_string(part)}\n" for part in parts)
    return f"    __doc__ = (\n{lines}    )"


def _objects(fields: tuple[Field, ...]) -> Iterator[tuple[Field, str]]:
    """Every field with a value class and that class's name, inner ones first."""
    for part in fields:
        yield from _objects(part.properties)
        if part.value_class:
            yield part, part.value_class


def _slots(parts: tuple[Field | Join, ...]) -> str:
    return lay_out(literal(tuple(natural(part.attribute for part in parts))), 1, "__slots__ = ")


def _meta(model: Model) -> dict[str, Any]:
    options = dict(model.mapping_options)
    meta: dict[str, Any] = {"index": model.index}
    if "dynamic" in options:
        meta["dynamic"] = options.pop("dynamic")
    if options:
        meta["mappings"] = options
    if model.sort:
        meta["sort"] = list(model.sort)
    if model.settings:
        meta["settings"] = model.settings
    if model.aliases:
        meta["aliases"] = model.aliases
    meta["store_id"] = model.store_id
    if model.versioned:
        meta["versioned"] = True
    return meta


def _signature(
    name: str, parameters: tuple[tuple[str, Expression], ...], returns: str, awaited: str = ""
) -> str:
    return lay_out(
        Group(f"{awaited}def {name}(", parameters, ")", kind="call"), 2, "", f" -> {returns}: ..."
    )
