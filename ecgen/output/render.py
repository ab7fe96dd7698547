"""ir.Project → {path: text}. Pure: no disk but the templates, no clock, no environment; sorted, `\\n` line ends."""

from __future__ import annotations

from pathlib import Path

from ecgen.definitions.ir import Project

from .environment import TemplateProblem, environment, problem
from .quote import class_doc, comment, docstring, json_text, python_literal
from .view import ModelCode, PackageCode
from .wrap import wrap

__all__ = ["Known", "TemplateProblem", "render"]

Known = dict[str, tuple[str, dict[str, str]]]
"""The files of a model as rendered before: by module, with the model's repr (to `==`, 1 and True are the same)."""

FILTERS = {
    "tojson": json_text,
    "python": python_literal,
    "docstring": docstring,
    "class_doc": class_doc,
    "comment": comment,
}


def render(
    project: Project,
    templates: Path | None = None,
    known: Known | None = None,
    is_async: bool = False,
) -> dict[str, str]:
    """Return the text of every file of the generated package, by its path within the package, with `/` between.

    Args:
        project: what to render.
        templates: a folder whose templates take the place of the bundled ones of the same name.
        known: what was rendered before; what is still the same is taken from it, and it is brought up to date.
            Without effect together with `templates`, which may look at the whole project.
        is_async: whether the models' methods are awaited (`io = "async"`). The same for all that shares `known`.

    Raises:
        TemplateProblem: for a template that is no Jinja, or names something that is not there.
    """
    made = environment(templates, FILTERS)
    before = known if known is not None and templates is None else {}
    files = {}
    try:
        model_template = made.get_template("model.py.j2")
        mapping_template = made.get_template("mapping.json.j2")
        for model in project.models:
            meant = repr(model) if known is not None else ""
            old, texts = before.get(model.module, (None, {}))
            if old != meant:
                code = ModelCode(model, is_async)
                module = model_template.render(model=model, project=project, code=code)
                mapping = mapping_template.render(model=model, project=project)
                texts = {
                    f"{model.module}.py": wrap(code.with_imports(module)),
                    f"mappings/{model.module}.json": mapping,
                }
                before[model.module] = (meant, texts)
            files.update(texts)
        package = made.get_template("package.py.j2")
        files["__init__.py"] = wrap(package.render(project=project, code=PackageCode(project)))
    except Exception as error:
        raise problem(error) from error
    if "." not in project.package:
        files["py.typed"] = ""
    return dict(sorted(files.items()))
