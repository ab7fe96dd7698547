"""The Python of one model, prepared piece by piece for `model.py.j2`: every text here is formatted and quoted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecgen.definitions.ir import Field, IdPart, Join, Model
from ecgen.definitions.naming import FIND_BY_NAMES

from .layout import LINE, Expression, Group, call, lay_out, literal
from .names import Names, free, natural
from .quote import docstring, is_plain, python_literal, python_string, width


@dataclass(frozen=True, slots=True)
class Attribute:
    """One annotated attribute of a class."""

    name: str
    annotation: str
    doc: str | None
    """A docstring literal."""


@dataclass(frozen=True, slots=True)
class ClassCode:
    """What the template needs of one class; the texts stand at class level, indented by four."""

    name: str
    doc: str
    slots: str
    attributes: tuple[Attribute, ...]
    mapping: str
    base: str
    meta: str = ""
    compute_id: str = ""
    methods: tuple[str, ...] = ()
    """Signatures for type checkers."""


@dataclass(frozen=True, slots=True)
class Keywords:
    """One TypedDict: the keywords of some methods."""

    name: str
    doc: str
    keys: tuple[tuple[str, str], ...]


class ModelCode:
    """The code of one model's module; made once for each model, handed to the template as `code`."""

    def __init__(self, model: Model) -> None:
        self._model = model
        objects = list(_objects(model.fields))
        members: list[Field | Join] = [
            *model.fields,
            *model.joins,
            *(part for each, _ in objects for part in each.properties),
        ]
        classes = [model.name, *(name for _, name in objects)]
        targets = {join.target for join in model.joins}
        self.values_name = free(f"{model.name}Values", {*classes, *targets})
        self.query_name = free(f"{model.name}Query", {*classes, *targets})
        self._names = Names(
            (member.attribute for member in members), (*classes, self.values_name, self.query_name)
        )
        self.model_class = self._model_class()
        self.classes = [
            *(self._value_class(each, name) for each, name in objects),
            self.model_class,
        ]
        self.values = self._values()
        self.query = self._query()
        self.text = self._names.annotation("str")
        self.typed_dict = self._names.annotation("TypedDict")
        self.imports = self._names.imports(live=True)
        self.typing_imports = self._names.imports(live=False)

    # Classes

    def _value_class(self, owner: Field, name: str) -> ClassCode:
        doc = owner.description or f"`{owner.name}` of {self._model.name}."
        return ClassCode(
            name=name,
            base=self._names.runtime("ObjectValue"),
            doc=class_doc(doc),
            slots=_slots(owner.properties),
            attributes=tuple(self._attribute(part) for part in owner.properties),
            mapping=self._mapping(tuple(self._entry(part) for part in owner.properties)),
            methods=(
                _signature(
                    "__init__",
                    (("", "self"), ("", "*"), *map(self._keyword, owner.properties)),
                    "None",
                ),
            ),
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
            name=model.name,
            base=base,
            doc=class_doc(
                model.description or f"A document of the index {python_string(model.index)}."
            ),
            slots=_slots(self._members()),
            attributes=tuple(self._attribute(part) for part in self._members()),
            meta=lay_out(literal(_meta(model)), 1, f"_meta: {meta} = "),
            mapping=self._mapping(tuple(entries)),
            compute_id=self._compute_id(),
            methods=tuple(self._methods()),
        )

    def _mapping(self, entries: tuple[tuple[str, Expression], ...]) -> str:
        annotation = self._names.annotation("ClassVar[dict[str, BaseDataType]]")
        return lay_out(Group("{", entries, "}"), 1, f"_mapping: {annotation} = ")

    def _attribute(self, part: Field | Join) -> Attribute:
        doc = docstring(part.description) if part.description else None
        if isinstance(part, Field):
            return Attribute(
                part.attribute, self._names.annotation(part.annotation, part.value_class), doc
            )
        target = self._names.model(part.target_module, part.target)
        text = self._names.annotation("str")
        if part.many:
            return Attribute(
                part.attribute, f"{self._names.annotation('list')}[{target} | {text}]", doc
            )
        return Attribute(part.attribute, f"{target} | {text} | None", doc)

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

    # Ids

    def _compute_id(self) -> str:
        rule = self._model.compute_id
        if rule.kind == "server":
            return ""
        ids = self._names.runtime("ids")
        if rule.kind == "uuid7":
            return lay_out(f"self.id or {ids}.uuid7()", 2, "return ")
        if rule.kind == "python":
            return lay_out(
                call(f"{ids}.call", ["self", python_string(rule.function or "")]), 2, "return "
            )
        if rule.kind == "fields":
            parts = literal(tuple(part.attribute for part in rule.parts))
            options: dict[str, Expression] = {"separator": python_string(rule.separator)}
            if rule.hash:
                options["hash"] = python_string(rule.hash)
            value: Expression = call(f"{ids}.joined", ["self", parts], options)
        else:
            value = _template(rule.parts, ids)
        return lay_out(call(f"{ids}.checked", ["self", value]), 2, "return ")

    # What type checkers see

    def _values(self) -> Keywords:
        use = self._names.annotation
        keys = [("id", use("str | None"))]
        required = use("Required") if any(_must_be_given(part) for part in self._members()) else ""
        for part in self._members():
            if isinstance(part, Field) and part.annotation == "None":
                continue  # an alias holds nothing
            accepts = (
                use(part.accepts, part.value_class)
                if isinstance(part, Field)
                else self._join_accepts(part)
            )
            keys.append(
                (part.attribute, f"{required}[{accepts}]" if _must_be_given(part) else accepts)
            )
        return Keywords(
            self.values_name, docstring("What the constructor and `create` take."), tuple(keys)
        )

    def _query(self) -> Keywords:
        use = self._names.annotation
        keys = [("id", f"{use('OneOf')}[{use('str')}]")] if self._model.store_id else []
        taken = {part.attribute for part in self._members()}
        for part in self._members():
            key = part.attribute
            if key in FIND_BY_NAMES:
                key += "_"
                if key in taken:
                    continue  # the other field of that name is meant
            if isinstance(part, Join):
                if part.stored:
                    target = self._names.model(part.target_module, part.target)
                    keys.append((key, f"{use('OneOf')}[{target} | {use('str')}]"))
            elif part.type not in ("object", "nested"):
                keys.append((key, f"{use('OneOf')}[{use(part.query)}]"))
        return Keywords(
            self.query_name,
            docstring("What `find_by`, `count` and `scan` can ask for."),
            tuple(keys),
        )

    def _members(self) -> tuple[Field | Join, ...]:
        return (*self._model.fields, *self._model.joins)

    def _join_accepts(self, join: Join) -> str:
        target = self._names.model(join.target_module, join.target)
        one = f"{target} | {self._names.annotation('str')}"
        if join.many:
            one = f"{self._names.annotation('Sequence')}[{one}]"
        return one if join.required else f"{one} | None"

    def _methods(self) -> list[str]:
        """The signatures with this model's keywords; the runtime's Model has the bodies."""
        use = self._names.annotation
        values = ("**values: ", f"{use('Unpack')}[{self.values_name}]")
        fields = ("**fields: ", f"{use('Unpack')}[{self.query_name}]")
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
        return [
            _signature("__init__", (("", "self"), values), "None"),
            self._class_method("create", (("", "*"), refresh, values), itself),
            self._class_method("find_by", find_by, f"{use('Result')}[{itself}]"),
            self._class_method("count", (query, fields), use("int")),
            self._class_method("scan", scan, f"{use('Iterator')}[{itself}]"),
        ]

    def _class_method(
        self, name: str, parameters: tuple[tuple[str, str], ...], returns: str
    ) -> str:
        decorator = self._names.annotation("classmethod")
        return f"        @{decorator}\n{_signature(name, (('', 'cls'), *parameters), returns)}"

    def _keyword(self, part: Field) -> tuple[str, str]:
        """A property as a parameter of its value class."""
        accepts = self._names.annotation(part.accepts, part.value_class)
        return f"{part.attribute}: ", accepts if _must_be_given(
            part
        ) else f"{accepts} = {python_literal(part.default)}"


def class_doc(text: str) -> str:
    """Return what gives a class the docstring `text`, so that `__doc__` reads back exactly that.

    Python 3.13 strips docstrings of several lines and older versions keep their indentation, so those are assigned.
    """
    if is_plain(text):
        return "    " + docstring(text)
    whole = f"    __doc__ = {python_string(text)}"
    lines = text.split("\n")
    if width(whole) <= LINE or len(lines) == 1:
        return whole
    parts = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    if len(parts) == 1:
        return whole
    return (
        "    __doc__ = (\n"
        + "".join(f"        {python_string(part)}\n" for part in parts)
        + "    )"
    )


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
    meta: dict[str, Any] = {"index": model.index, "dynamic": options.pop("dynamic", None)}
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


def _must_be_given(part: Field | Join) -> bool:
    return part.required and (isinstance(part, Join) or part.default is None)


def _template(parts: tuple[IdPart, ...], ids: str) -> Expression:
    """An f-string; where its text has quotes or backslashes, which Python 3.11 cannot nest, a sum of strings."""
    if len(parts) == 1:
        return _id_part(parts[0], ids)
    texts = [text for part in parts for text in (part.text or "", *part.filters)]
    if any(python_string(text) != f'"{text}"' or "'" in text for text in texts):
        return " + ".join(
            python_string(part.text) if part.text is not None else _id_part(part, ids)
            for part in parts
        )
    body = ""
    for part in parts:
        if part.text is not None:
            body += part.text.replace("{", "{{").replace("}", "}}")
        else:
            body += "{" + _id_part(part, ids).replace('"', "'") + "}"
    return f'f"{body}"'


def _id_part(part: IdPart, ids: str) -> str:
    arguments = [
        python_string(part.attribute or ""),
        *(_filter(each, ids) for each in part.filters),
    ]
    return f"{ids}.part(self, {', '.join(arguments)})"


def _filter(text: str, ids: str) -> str:
    word, colon, argument = text.partition(":")
    return f"{ids}.{word}({python_string(argument)})" if colon else f"{ids}.{word}"


def _signature(name: str, parameters: tuple[tuple[str, str], ...], returns: str) -> str:
    return lay_out(Group(f"def {name}(", parameters, ")", call=True), 2, "", f" -> {returns}: ...")
