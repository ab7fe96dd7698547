"""Make the pictures of README from the worked example: `python docs/images/make.py`.

`yaml-to-python.svg` needs Pygments (pytest brings it), `site.png` a Chromium (Debian: `apt-get install chromium`).
Run it after a change of the example, of the generated code or of the site, and look at what it made.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

from pygments.lexers import PythonLexer, YamlLexer  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Literal,
    Name,
    Punctuation,
    String,
    Token,
)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

SIZE, LINE, ADVANCE = 12, 18, 7.23
PAD, GAP, TOP = 20, 28, 62
STYLE = """
.page { fill: #fbfaf7 } .pane { fill: #fff; stroke: #e2dfd6 } text { fill: #1c2127 }
.file { font: 600 12px system-ui, sans-serif; fill: #59626d }
.code { font: 12px ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", Consolas, monospace; white-space: pre }
.k { fill: #7a3a9a } .s { fill: #2c6a1e } .c { fill: #6a727c } .n { fill: #1f5fa8 } .v { fill: #8a4b08 }
.arrow { fill: none; stroke: #0a6560; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
.page { fill: #15181b } .pane { fill: #1c2024; stroke: #2d343b } text { fill: #e5e8eb } .file { fill: #9ba6b2 }
.k { fill: #d3a5ec } .s { fill: #9bd487 } .c { fill: #8b95a1 } .n { fill: #8dbdf2 } .v { fill: #e8b873 }
.arrow { stroke: #6cd3c7 } }
"""
CLASSES = (
    (Comment, "c"),
    (String.Doc, "s"),
    (String, "s"),
    (Keyword, "k"),
    (Name.Tag, "n"),
    (Name.Class, "n"),
    (Name.Function, "n"),
    (Name.Decorator, "n"),
    (Literal, "v"),
    (Punctuation, ""),
    (Token, ""),
)


def main() -> None:
    """Write both pictures."""
    (HERE / "yaml-to-python.svg").write_text(code_picture(), "utf-8")
    site()


def code_picture() -> str:
    """The definition of a model and the class made of it, as SVG."""
    yaml = (ROOT / "schemas" / "warehouse.yaml").read_text("utf-8").splitlines()[1:]
    code = excerpt((ROOT / "generated" / "warehouse.py").read_text("utf-8").splitlines())
    return beside("\n".join(yaml), "\n".join(code))


def excerpt(lines: list[str]) -> list[str]:
    """The class without `__slots__`, `_meta` and what only type checkers read; what is left out is seen to be."""

    def line(start: str) -> int:
        return next(n for n, each in enumerate(lines) if each.startswith(start))

    return [
        *lines[line("class Warehouse(Model)") : line("    if not TYPE_CHECKING")],
        *lines[line("    code:") : line("    _meta")],
        "    # …",
        "",
        *lines[line("    _mapping") : line("    if TYPE_CHECKING") - 1],
    ]


def beside(yaml: str, code: str) -> str:
    """An SVG with the definition on the left and the class on the right."""
    left, right = yaml.splitlines(), code.splitlines()
    widths = [max(map(len, lines)) * ADVANCE + 2 * PAD for lines in (left, right)]
    height = max(len(left), len(right)) * LINE + TOP + PAD
    width = sum(widths) + 2 * PAD + GAP + 16
    second = PAD + widths[0] + GAP + 16
    middle = TOP + 34
    arrow = PAD + widths[0] + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height + PAD:.0f}"'
        f' viewBox="0 0 {width:.0f} {height + PAD:.0f}" role="img" aria-labelledby="t">',
        "<title id='t'>schemas/warehouse.yaml, and the class Warehouse that ecgen makes of it</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width:.0f}" height="{height + PAD:.0f}" rx="12"/>',
        f'<path class="arrow" d="M{arrow:.0f} {middle}h28m-8 -7 8 7-8 7"/>',
    ]
    for x, name, text, lexer, broad in (
        (PAD, "schemas/warehouse.yaml", yaml, YamlLexer(), widths[0]),
        (second, "generated/warehouse.py", code, PythonLexer(), widths[1]),
    ):
        parts.append(f'<text class="file" x="{x:.0f}" y="26">{name}</text>')
        pane = f'x="{x:.1f}" y="38" width="{broad:.1f}" height="{height - 38:.0f}"'
        parts.append(f'<rect class="pane" {pane} rx="8"/>')
        for number, line in enumerate(lines_of(text, lexer)):
            parts.append(
                f'<text class="code" x="{x + PAD:.1f}" y="{TOP + number * LINE + 6}">{line}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def lines_of(text: str, lexer: YamlLexer | PythonLexer) -> Iterator[str]:
    """Each line as SVG, coloured."""
    line = ""
    for kind, value in lexer.get_tokens(text):
        name = next(name for known, name in CLASSES if kind in known)
        for place, piece in enumerate(value.split("\n")):
            if place:
                yield line
                line = ""
            if piece:
                line += f'<tspan class="{name}">{escape(piece)}</tspan>' if name else escape(piece)


COLLAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; width: 1400px; height: 800px; background: #dfe9e6; overflow: hidden }}
img {{ position: absolute; border-radius: 12px; border: 1px solid #b9c7c3 }}
.index {{ left: 48px; top: 48px }} .model {{ right: 48px; top: 104px; border: 6px solid #0c0e10; border-radius: 28px }}
</style><img class="index" src="{index}"><img class="model" src="{model}">"""


def site() -> None:
    """Write the picture of the documentation site: the index in light, a model in dark."""
    sys.path.insert(0, str(ROOT / "tests" / "site"))
    from browser import Browser, executable
    from site_projects import shop

    from ecgen.site.html import render

    program = executable()
    if program is None:
        sys.exit("site.png needs Chromium; Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name, Browser(program) as browser:
        folder = Path(name)
        for path, text in render(shop(), "Web shop").items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        browser.look(1080, 760)
        browser.goto(folder / "index.html")
        browser.screenshot(folder / "index.png")
        browser.look(380, 700, dark=True)
        browser.goto(folder / "models" / "product.html")
        browser.run(
            "window.scrollBy(0, document.querySelector('#field-price').getBoundingClientRect().top"
            " - document.querySelector('.top').offsetHeight)"
        )
        browser.screenshot(folder / "model.png")
        (folder / "collage.html").write_text(
            COLLAGE.format(index="index.png", model="model.png"), "utf-8"
        )
        browser.look(1400, 800)
        browser.goto(folder / "collage.html")
        browser.screenshot(HERE / "site.png")


if __name__ == "__main__":
    main()
