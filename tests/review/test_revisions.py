"""Where the definitions of a git revision are: in folders that were moved, symlinks and submodules."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_command import MODEL, change_price, changes, diff, git, project

__all__ = ["project"]


@pytest.mark.parametrize("new", [[], ["HEAD"]])
def test_a_moved_folder_is_read_where_it_was(project: Path, new: list[str]) -> None:
    git("mv", "schemas", "models")
    Path("pyproject.toml").write_text('[tool.ecgen]\nschemas = "models"\n')
    Path("models/part.yaml").write_text(MODEL.replace("scaling_factor: 100", "scaling_factor: 10"))
    git("commit", "-qam", "moved")
    result = diff("HEAD~1", *new, "--fail-on", "reindex")
    assert (result.exit_code, result.stderr) == (1, "")
    assert "models/part.yaml:5: reindex [scaling-factor-changed]" in result.stdout


def test_a_folder_that_has_become_a_symlink(project: Path) -> None:
    change_price()
    Path("schemas").rename("common")
    Path("schemas").symlink_to("common")
    assert [each["rule"] for each in changes("main")["changes"]] == ["scaling-factor-changed"]
    git("add", "-A")
    git("commit", "-qm", "linked")
    assert changes("main")["changes"] == []
    assert [each["rule"] for each in changes("main~1", "main")["changes"]] == [
        "scaling-factor-changed"
    ]


@pytest.mark.parametrize("schemas", ["shared", "shared/schemas", "."])
def test_definitions_in_a_submodule(
    project: Path, monkeypatch: pytest.MonkeyPatch, schemas: str
) -> None:
    Path("service").mkdir()
    monkeypatch.chdir("service")
    git("init", "-q", "-b", "main")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(project), "shared")
    Path("pyproject.toml").write_text(f"[tool.ecgen]\nschemas = {schemas!r}\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    assert diff("main", "--fail-on", "any").output == "no changes\n"
    monkeypatch.chdir("shared")
    change_price()
    git("commit", "-qam", "two")
    monkeypatch.chdir("..")
    assert [each["rule"] for each in changes("main")["changes"]] == ["scaling-factor-changed"]
    git("commit", "-qam", "two")
    # As in a hook.
    monkeypatch.setenv("GIT_DIR", str(Path(".git").absolute()))
    [change] = changes("main~1", "main")["changes"]
    assert (change["rule"], change["file"]) == (
        "scaling-factor-changed",
        "shared/schemas/part.yaml",
    )
    Path("shared/.git").unlink()
    result = diff("main~1", "main")
    if schemas == ".":
        assert result.stdout == "no changes\n"
        assert "note: main has no definitions where 'schemas' says\n" in result.stderr
    else:
        assert result.exit_code == 2
        assert "is in the submodule shared, which is not checked out" in result.stderr


def test_what_git_says_is_not_kept_back(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for revision in ("main", "main..."):
        result = diff(revision)
        assert result.exit_code == 2
        assert "safe.directory" in result.stderr
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    git("commit", "-q", "--allow-empty", "-m", "two")
    assert "write 'main~1 main', or 'main~1...main'" in diff("main~1..main").stderr
    git("clone", "-q", "--depth", "1", project.as_uri(), "shallow")
    monkeypatch.chdir("shallow")
    assert "fetch-depth: 0" in diff("main~1").stderr
