"""The site in headless Chromium, opened from disk: functions, no network access, accessibility.

Skipped if no Chromium is installed (Debian: `apt-get install chromium`). The checks by axe-core need npm, or its file
named by ECGEN_AXE.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, executable
from site_projects import many, shop

from ecgen.site.html import render

AXE = "axe-core@4.14.1"

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = executable()
    assert program
    with Browser(program) as browser:
        yield browser


@pytest.fixture(autouse=True)
def quiet(browser: Browser) -> Iterator[None]:
    """Assert that no page logs an error, throws, or uses the network."""
    browser.errors.clear()
    browser.look(1280, 900)
    yield
    assert browser.errors == []


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for name, project in (("shop", shop()), ("hundred", many(100))):
        folder = found[name] = tmp_path_factory.mktemp(name)
        for path, text in render(project, "Web shop").items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, "utf-8")
    return found


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> str:
    """The script of axe-core."""
    if named := os.environ.get("ECGEN_AXE"):
        return Path(named).read_text("utf-8")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes from npm, which is not on this machine")
    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir("axe-core") if cache else tmp_path_factory.mktemp("axe")
    file = Path(folder) / "package" / "axe.min.js"
    if not file.is_file():
        packed = subprocess.run(
            [npm, "pack", AXE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=120
        )
        if packed.returncode:
            pytest.skip(f"axe-core cannot be had from npm: {packed.stderr.strip()[-200:]}")
        shutil.unpack_archive(Path(folder) / packed.stdout.split()[-1], folder)
    return file.read_text("utf-8")


def search(browser: Browser, text: str) -> list[str]:
    browser.run("document.getElementById('search').focus()")
    browser.run("document.getElementById('search').value = ''")
    browser.type(text)
    found: list[str] = browser.run(
        "[...document.querySelectorAll('#results [role=option]')].map(o => o.querySelector('b')?.textContent)"
    )
    return found


def test_search_finds_models_fields_and_joins_and_opens_them(
    browser: Browser, sites: dict[str, Path]
) -> None:
    browser.goto(sites["shop"] / "index.html")
    assert search(browser, "prod")[0] == "Product"
    assert "sku" in search(browser, "sku")
    assert "offers.seller" in search(browser, "seller")
    assert "best_sellers" in search(browser, "best")
    assert search(browser, "argon2id") == ["password_hash"]  # in the description only
    assert search(browser, "stocktaking last") == ["counted"]  # several words, in any order
    assert search(browser, "xyzzy") == [None]
    assert browser.run("document.getElementById('results').textContent").startswith("Nothing")
    assert search(browser, "vat_rate")[0] == "vat_rate"
    browser.expect_load()
    browser.press("Enter")
    browser.wait_for_load()
    assert browser.run("location.hash") == "#field-vat_rate"
    assert browser.run("location.pathname").endswith("/models/product.html")
    assert browser.run("document.querySelector(':target').getBoundingClientRect().top") > 50


def test_search_by_keyboard_alone(browser: Browser, sites: dict[str, Path]) -> None:
    browser.goto(sites["shop"] / "models" / "order.html")
    browser.press("/")
    assert browser.run("document.activeElement.id") == "search"
    browser.type("customer")
    first = browser.run("document.activeElement.getAttribute('aria-activedescendant')")
    browser.press("ArrowDown")
    second = browser.run("document.activeElement.getAttribute('aria-activedescendant')")
    assert (first, second) == ("result-0", "result-1")
    assert (
        browser.run("document.querySelector('#result-1').getAttribute('aria-selected')") == "true"
    )
    browser.press("ArrowUp")
    browser.press("ArrowUp")
    last = browser.run("document.querySelectorAll('#results [role=option]').length") - 1
    assert (
        browser.run("document.activeElement.getAttribute('aria-activedescendant')")
        == f"result-{last}"
    )
    browser.press("Escape")
    assert browser.run("document.getElementById('results').hidden")
    assert browser.run("document.activeElement.getAttribute('aria-expanded')") == "false"


def test_the_theme_follows_the_system_until_somebody_chooses_and_remembers(
    browser: Browser, sites: dict[str, Path]
) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page = sites["shop"] / "index.html"
    browser.goto(page)
    browser.run("localStorage.clear()")
    browser.goto(page)
    light = browser.run(background)
    assert browser.run("document.getElementById('theme').getAttribute('aria-pressed')") == "false"
    browser.look(1280, 900, dark=True)
    dark = browser.run(background)
    assert light != dark
    browser.run(
        "new Promise(done => setTimeout(done, 100))"
    )  # the page gets the event a little later
    assert browser.run("document.getElementById('theme').getAttribute('aria-pressed')") == "true"
    browser.run("document.getElementById('theme').click()")
    assert browser.run(background) == light
    browser.goto(sites["shop"] / "models" / "product.html")
    assert browser.run(background) == light
    browser.run("document.getElementById('theme').click()")
    assert browser.run(background) == dark
    browser.run("localStorage.clear()")


@pytest.mark.parametrize(
    ("site", "page"), [("shop", "index"), ("shop", "joins"), ("hundred", "joins")]
)
def test_diagrams_have_no_text_over_text_and_none_outside_its_box(
    browser: Browser, sites: dict[str, Path], site: str, page: str
) -> None:
    browser.goto(sites[site] / f"{page}.html")
    texts: list[dict[str, float]] = browser.run(
        "[...document.querySelectorAll('.canvas > svg text')].map(t => {const b = t.getBBox(), r = "
        "t.parentElement.querySelector('rect').getBBox(); return {x: b.x, y: b.y, w: b.width, h: b.height, "
        "rx: r.x, ry: r.y, rw: r.width, rh: r.height}})"
    )
    assert len(texts) == (11 if site == "shop" else 100)
    for place, a in enumerate(texts):
        assert a["rx"] < a["x"]
        assert a["x"] + a["w"] < a["rx"] + a["rw"]
        assert a["ry"] < a["y"]
        assert a["y"] + a["h"] < a["ry"] + a["rh"]
        for b in texts[place + 1 :]:
            apart = (
                a["rx"] + a["rw"] <= b["rx"]
                or b["rx"] + b["rw"] <= a["rx"]
                or a["ry"] + a["rh"] <= b["ry"]
                or b["ry"] + b["rh"] <= a["ry"]
            )
            assert apart
    assert browser.run("document.querySelector('.canvas svg').getBoundingClientRect().width") > 300


def test_boxes_of_a_diagram_are_links_for_the_keyboard_and_show_their_joins(
    browser: Browser, sites: dict[str, Path]
) -> None:
    browser.goto(sites["shop"] / "index.html")
    browser.run("document.querySelector('[data-node=Product]').focus()")
    assert browser.run("document.activeElement.dataset.node") == "Product"
    near = browser.run(
        "[...document.querySelectorAll('.node.near')].map(n => n.dataset.node).sort().join()"
    )
    assert near == "Category,DailySales,Maker,Product,Review,Stock"
    browser.expect_load()
    browser.press("Enter")
    browser.wait_for_load()
    assert browser.run("document.querySelector('h1').textContent") == "Product"


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_page_is_wider_than_its_window(
    browser: Browser, sites: dict[str, Path], width: int
) -> None:
    browser.look(width, 800)
    for page in ("index", "joins", "models/product", "models/customer"):
        browser.goto(sites["shop"] / f"{page}.html")
        browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.run("document.documentElement.scrollWidth") <= width, page


def test_what_is_printed_is_the_content(browser: Browser, sites: dict[str, Path]) -> None:
    browser.goto(sites["shop"] / "models" / "product.html")
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.run("getComputedStyle(document.querySelector('.top')).display") == "none"
        assert browser.run("getComputedStyle(document.querySelector('.side')).display") == "none"
        assert browser.run("document.querySelector('#fields').getBoundingClientRect().width") > 0
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_without_scripts_everything_can_be_read(browser: Browser, sites: dict[str, Path]) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.goto(sites["shop"] / "models" / "product.html")
        # No control without a function.
        document = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        for selector in ("#theme", ".search", ".copy"):
            node = browser.call("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
            attributes = browser.call("DOM.getAttributes", nodeId=node)["attributes"]
            assert "hidden" in attributes, selector
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(
    browser: Browser, sites: dict[str, Path], axe: str, dark: bool, width: int
) -> None:
    browser.look(width, 900, dark)
    pages = [
        sites["shop"] / f"{p}.html" for p in ("index", "joins", "models/product", "models/category")
    ]
    if width > 1000:
        pages.append(sites["hundred"] / "joins.html")
    for page in pages:
        browser.goto(page)
        browser.run("localStorage.clear()")
        browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        browser.call("Runtime.evaluate", expression=axe)
        if page.name == "index.html":
            search(browser, "pro")  # also check the open list
        found: list[dict[str, Any]] = browser.run(
            "axe.run({preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
            ".then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)})))"
        )
        assert found == [], (page.name, found)
