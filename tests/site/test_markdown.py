"""Markdown pages: descriptions read back unchanged, tables stay intact, links have targets."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from site_projects import load, many, shop

from ecgen.quote import markdown, markdown_code
from ecgen.site.markdown import inline, render
from ecgen.site.prose import spans

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> list[Any]:
    return list(PARSER.parse(text))


def visible(token: Any) -> str:
    return "".join(
        child.content if child.type != "softbreak" else "\n" for child in token.children or ()
    )


def in_a_cell(text: str) -> list[Any]:
    """Return the inline tokens of a table cell with this source, after checking that its neighbours are intact."""
    found = tokens(f"| a | b |\n| --- | --- |\n| {text} | end |\n")
    cells = [token for token in found if token.type == "inline"]
    assert [visible(cell) for cell in (cells[0], cells[1], cells[3])] == ["a", "b", "end"]
    assert len(cells) == 4
    return list(cells[2].children or ())


printable = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="\u200e\u200f\u061c")
)


@given(printable)
@settings(max_examples=300)
def test_text_reads_back_and_nothing_in_it_is_markup(text: str) -> None:
    children = in_a_cell(markdown(text))
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == " ".join(text.split())
    [paragraph] = [token for token in tokens(f"{markdown(text)} x\n") if token.type == "inline"]
    assert visible(paragraph) == " ".join([*text.split(), "x"])


@given(printable.filter(lambda text: text.strip()))
@settings(max_examples=300)
def test_code_reads_back(text: str) -> None:
    [child] = in_a_cell(markdown_code(text))
    assert child.type == "code_inline"
    assert child.content == " ".join(text.split())


def test_code_in_descriptions_stays_code() -> None:
    assert (
        inline(spans("Only `live|x` ones; *not* this.")) == "Only `live\\|x` ones; \\*not\\* this."
    )


@pytest.mark.parametrize("form", ["shop", "many"])
def test_tables_keep_their_shape_and_links_lead_somewhere(form: str) -> None:
    pages = render(shop() if form == "shop" else many(40), "A *title*")
    for path, text in pages.items():
        for token in tokens(text):
            for child in token.children or ():
                if child.type == "link_open":
                    target = os.path.normpath(
                        os.path.join(os.path.dirname(path), child.attrs["href"])
                    )
                    assert target in pages, (path, target)
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, block


def test_a_join_and_its_inverse_are_one_line_of_the_drawing() -> None:
    readme = render(shop(), "Web shop")["README.md"]
    assert '"Product" }o--|| "Maker" : "maker"\n' in readme
    assert '"Maker" }o' not in readme
    assert '"Category" }o--o| "Category" : "parent"\n' in readme


def test_hostile_definitions() -> None:
    text = (
        "| <script>alert(1)</script> [x](javascript:1) ![i](y) $a$ # \n\n- `a|b` ``` \n\n</details>"
    )
    thing = {
        "model": "Thing",
        "description": text,
        "fields": {"a": {"type": "keyword", "description": text}},
    }
    page = render(load({"t.yaml": thing}), text)["thing.md"]
    children = [child for token in tokens(page) for child in token.children or ()]
    assert {child.type for child in children} <= {
        "text",
        "text_special",
        "code_inline",
        "html_inline",
        "em_open",
        "em_close",
        "link_open",
        "link_close",
    }
    assert {child.attrs["href"] for child in children if child.type == "link_open"} == {"README.md"}
    assert {child.content for child in children if child.type == "html_inline"} == {"<br>"}
    blocks = [token.content for token in tokens(page) if token.type == "html_block"]
    assert " ".join("".join(blocks).split()) == (
        "<details> <summary>Body that creates the index</summary> </details>"
    )
