"""Render a project: ir.Project → {path: text}. Pure: reads no file but templates, no clock and no environment variables.

Output is sorted, with `\\n` line ends.
"""

from __future__ import annotations

from pathlib import Path

from ecgen.definitions.ir import Project
from ecgen.quote import class_doc, comment, docstring, json_text, python_literal

from .environment import environment, problem
from .view import ModelCode, PackageCode
from .wrap import wrap

Known = dict[str, tuple[str, dict[str, str]]]
"""The rendered files of each module, with the repr of the model (`==` does not distinguish 1 and True)."""

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
    """Return the text of every file of the generated package, by its path within the package, with `/` separators.

    Args:
        project: the models.
        templates: a folder whose templates replace bundled ones of the same name.
        known: earlier results: files of unchanged models are taken from it, and it is updated. Ignored together with
            `templates`, which may use the whole project.
        is_async: whether the models' methods are awaited (`io = "async"`); the same for all calls that share `known`.

    Raises:
        TemplateProblem: a template has a syntax error or uses an unknown name.
    """
    made = environment(templates, FILTERS)
    before = known if known is not None and templates is None else {}
    files = {}
    try:
        model_template = made.get_template("model.py.j2")
        mapping_template = made.get_template("mapping.json.j2")
        for template in (model_template, mapping_template):
            # jinja2 copies a template's globals each time, and a ChainMap slowly.
            template.globals = dict(template.globals)
        for model in project.models:
            shown = repr(model) if known is not None else ""
            old, texts = before.get(model.module, (None, {}))
            if old != shown:
                code = ModelCode(model, is_async)
                module = model_template.render(model=model, project=project, code=code)
                mapping = mapping_template.render(model=model, project=project)
                texts = {
                    f"{model.module}.py": wrap(code.with_imports(module)),
                    f"mappings/{model.module}.json": mapping,
                }
                before[model.module] = (shown, texts)
            files.update(texts)
        package = made.get_template("package.py.j2")
        files["__init__.py"] = wrap(package.render(project=project, code=PackageCode(project)))
    except Exception as error:
        raise problem(error) from error
    if "." not in project.package:
        files["py.typed"] = ""
    return dict(sorted(files.items()))
