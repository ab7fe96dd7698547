"""The HTML site as text: complete, linked, quoted, reproducible."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from site_projects import ROOT, load, many, shop

from ecgen.definitions.ir import Project
from ecgen.quote import html
from ecgen.site import markdown
from ecgen.site.html import render

VOID = {"meta", "link", "input", "br", "path", "circle", "rect"}


class Reader(HTMLParser):
    """Collects the content of a page: text, ids, links, headings, unclosed tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.attributes += found
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.links += [str(found[key]) for key in ("href", "src") if found.get(key)]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module", params=["shop", "hundred"])
def project(request: pytest.FixtureRequest) -> Project:
    return shop() if request.param == "shop" else many(100)


@pytest.fixture(scope="module")
def site(project: Project) -> dict[str, str]:
    return render(project, "A title")


def pages(site: dict[str, str]) -> dict[str, Reader]:
    return {path: Reader(text) for path, text in site.items() if path.endswith(".html")}


def test_every_model_has_a_page_and_every_field_stands_on_it(
    project: Project, site: dict[str, str]
) -> None:
    for model in project.models:
        page = Reader(site[f"models/{model.module}.html"])
        assert model.index in page.text
        for field in model.fields:
            assert f"field-{field.attribute}" in page.ids
            assert field.type in page.text
            for part in field.properties:
                assert f"field-{field.attribute}.{part.attribute}" in page.ids
        for join in model.joins:
            assert f"join-{join.attribute}" in page.ids


def test_all_links_lead_somewhere(site: dict[str, str]) -> None:
    found = pages(site)
    for path, page in found.items():
        for link in page.links:
            if link == "data:,":  # no icon
                continue
            file, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            assert target in site, f"{path}: {link}"
            assert not anchor or anchor in found[target].ids, f"{path}: {link}"


def test_ids_are_unique_and_headings_in_order(site: dict[str, str]) -> None:
    for path, page in pages(site).items():
        assert len(page.ids) == len(set(page.ids)), path
        assert page.headings[0] == 1, path
        assert page.headings.count(1) == 1, path
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert all(after <= before + 1 for before, after in steps), path


def test_a_page_says_where_a_pattern_is_written() -> None:
    timestamp = {"type": "date", "name": "@timestamp", "auto": "created"}
    log = {"model": "Log", "index": "logs-*", "write_to": "logs-app", "fields": {"at": timestamp}}
    stream = {**log, "model": "View", "index": "views-*", "write_to": "views-app"}
    project = load({"log.yaml": log, "view.yaml": {**stream, "data_stream": True}})
    site = render(project, "Logs")
    assert "<dt>Indices</dt><dd><code>logs-*</code>" in site["models/log.html"]
    assert "<code>logs-app</code>" in site["models/log.html"]
    assert "(write alias, and the index template" in site["models/log.html"]
    assert "(data stream, and the index template" in site["models/view.html"]
    for page in (site["models/log.html"], markdown.render(project, "Logs")["log.md"]):
        assert "index_patterns" in page
        assert "Body of the index template" in page


def test_joins_are_linked_both_ways() -> None:
    site = render(shop(), "Web shop")
    product, review = Reader(site["models/product.html"]), Reader(site["models/review.html"])
    assert "../models/review.html#join-product" in product.links
    assert "../models/product.html#join-reviews" in review.links


def test_a_multi_field_in_an_object_has_its_full_name() -> None:
    raw = {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 9}}}
    box = {"type": "object", "name": "the-box", "properties": {"label": raw}}
    project = load({"part.yaml": {"model": "Part", "fields": {"box": box}}})
    assert "<code>the-box.label.raw</code>" in render(project, "Parts")["models/part.html"]
    assert "also as `the-box.label.raw`" in markdown.render(project, "Parts")["part.md"]


def test_the_search_knows_models_fields_and_joins() -> None:
    text = render(shop(), "Web shop")["assets/search-index.js"]
    rows = json.loads(text.removeprefix("window.ecgenIndex = ").rstrip().removesuffix(";"))
    assert ["Product", "product", "", "products", "Something the shop sells."] in rows
    assert ["size.width", "product", "field-size.width", "float of Product", ""] in rows
    assert ["maker", "product", "join-maker", "join of Product with Maker", ""] in rows


def test_the_site_is_the_same_whatever_the_hash_seed() -> None:
    program = (
        "import sys, hashlib; sys.path.insert(0, 'tests/site');"
        "from site_projects import many; from ecgen.site.html import render;"
        "print(hashlib.sha256(repr(render(many(60), 'x')).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_site_asks_nothing_from_the_network(site: dict[str, str]) -> None:
    for path, text in site.items():
        outside = re.findall(r"(?:https?:)?//(?!www\.w3\.org)\w[\w.]+\.\w+", text)
        assert not outside, path


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1); //",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; &amp;",
    "a \u202egnirts\u202c b \x07",
    "<!-- --> ]]> `</code><b>`",
    "emoji ❤️ and ZWJ 👩‍💻, Ελληνικά, 日本語",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_author_writes_is_text_wherever_it_lands(text: str) -> None:
    plain = {
        "model": "Thing",
        "description": "x",
        "fields": {"a": {"type": "keyword", "description": "x"}},
    }
    dangerous = {
        "model": "Thing",
        "description": text,
        "settings": {"analysis": {"tokenizer": {"own": {"type": "pattern", "pattern": text}}}},
        "fields": {
            "a": {"type": "keyword", "description": text, "meta": {"note": text[:50]}},
            "b": {"type": "keyword", "enum": [text, "other"], "default": text},
        },
    }
    site = render(load({"thing.yaml": dangerous}), text)
    reader = Reader(site["models/thing.html"])
    assert reader.tags.count("script") == 2
    assert "img" not in reader.tags
    assert "b" not in reader.tags
    assert "onerror" not in reader.attributes
    shown = Reader(f"<p>{html(text)}</p>").text
    for piece in shown.split("`"):
        assert " ".join(piece.split()) in " ".join(reader.text.split())
    assert Reader(render(load({"thing.yaml": plain}), "x")["index.html"]).tags.count("script") == 2


@given(st.text())
@settings(max_examples=300)
def test_quoted_text_reads_back(text: str) -> None:
    reader = Reader(f'<p title="{html(text)}">{html(text)}</p>')
    assert reader.tags == ["p"]
    assert reader.attributes == ["title"]
    if text.isprintable():
        assert reader.text == text


def test_a_thousand_models_have_no_list_of_all_on_every_page(tmp_path: Path) -> None:
    site = render(many(120), "Many")
    assert len(Reader(site["models/account_event.html"]).links) < 80
