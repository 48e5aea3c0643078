"""Whatever decides how a result comes out is in its fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from clavilux import fingerprint

of_sources = fingerprint.of_sources.__wrapped__


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "analysis" / "inner").mkdir(parents=True)
    for name in ("one.py", "analysis/two.py", "analysis/inner/three.py", "analysis/four.npz"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(fingerprint, "PACKAGE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["one.py", "analysis/inner/three.py", "analysis/four.npz"])
def test_code_and_tables_count(package: Path, name: str) -> None:
    before = of_sources("one.py", "analysis")
    (package / name).write_text("other")
    assert of_sources("one.py", "analysis") != before


def test_kernels_do_not_depend_on_tables(package: Path) -> None:
    before = of_sources("analysis", suffixes=fingerprint.CODE)
    (package / "analysis" / "four.npz").write_text("other")
    assert of_sources("analysis", suffixes=fingerprint.CODE) == before
    (package / "analysis" / "two.py").write_text("other")
    assert of_sources("analysis", suffixes=fingerprint.CODE) != before


def test_notes_and_what_was_not_named_do_not_count(package: Path) -> None:
    before = of_sources("analysis")
    (package / "analysis" / "notes.md").write_text("new")
    (package / "one.py").write_text("other")
    assert of_sources("analysis") == before
