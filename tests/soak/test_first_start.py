"""The first start of each version: the jars are downloaded into an empty cache folder. `make test` does so where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecgen.testing import EmbeddedNode, distributions


@pytest.mark.parametrize("version", distributions.VERSIONS)
def test_it_downloads_and_serves(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said: list[str] = []
    with EmbeddedNode(version, say=said.append) as node, node.server.client() as client:
        client.index(index="notes", document={"text": "kept"}, refresh=True)
        assert client.count(index="notes")["count"] == 1
    folder = tmp_path / "ecgen" / "elasticsearch"
    assert said == [f"fetching Elasticsearch {version} into {folder / version} (once, about 46 MB)"]
    assert {path.name for path in folder.iterdir()} == {version, f"{version}.lock"}
