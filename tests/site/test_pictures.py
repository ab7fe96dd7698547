"""README's pictures show the current example."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


def test_the_picture_of_the_code_is_up_to_date() -> None:
    pytest.importorskip("pygments")
    made = runpy.run_path(str(IMAGES / "make.py"))["code_picture"]()
    assert (IMAGES / "yaml-to-python.svg").read_text("utf-8") == made, "run docs/images/make.py"


def test_the_picture_of_the_site_is_small() -> None:
    assert (IMAGES / "site.png").stat().st_size < 200_000
