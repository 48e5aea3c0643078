"""The grading bench tells what it promises to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_grading_is_measured_and_shown(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    arguments = ["--runs", "1", "--only", "ink_and_paper", "--sheet", str(sheet), "--json"]
    done = subprocess.run(
        [sys.executable, str(BENCH / "grading.py"), *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert all(milliseconds > 0 for milliseconds in told["core_ms"].values())
    assert list(told["styles"]) == ["ink_and_paper"]
    figures = told["styles"]["ink_and_paper"]
    assert figures["palette_after"] < 0.7 * figures["palette_before"]
    assert sheet.stat().st_size > 10_000
