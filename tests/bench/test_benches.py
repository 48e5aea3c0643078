"""The bench programs run on tiny inputs and tell what they promise to. No test looks at a time."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def call(program: str, *arguments: object) -> str:
    """What a bench program prints."""
    command = [sys.executable, str(BENCH / program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_a_render_is_taken_apart(clicks_wav: Path) -> None:
    told = json.loads(
        call(
            "render.py", "--no-starts", "--song", clicks_wav, "--preset", "preview", "--seconds", 2,
            "--frames", 4, "--workers", 2, "--json",
        )
    )["preview"]  # fmt: skip
    stages: dict[str, float] = told["core seconds by stage"]
    named = {
        "analysis", "direct and plan", "stills (painted)", "still load", "resolve", "draw (all)",
        "encode", "join", "measure",
    }  # fmt: skip
    assert named <= set(stages) and all(stages[name] > 0 for name in named)
    whole = told["whole"]
    assert whole["frames"] == 60
    assert whole["ratio in core time"] > 1
    assert {"ken_burns", "grain", "bloom"} <= set(told["effects, core-ms"])


def test_the_table_of_a_render_names_every_effect(clicks_wav: Path) -> None:
    printed = call(
        "render.py", "--no-starts", "--song", clicks_wav, "--preset", "preview", "--seconds", 1,
        "--frames", 2, "--tier", 1,
    )  # fmt: skip
    for word in ("ratio in core time", "of it scenes", "| sum", "marginal", "vignette"):
        assert word in printed


def test_scenes_are_timed() -> None:
    told = json.loads(
        call("scenes.py", "--only", "ridges", "--preset", "preview", "--frames", 2, "--json")
    )
    assert list(told) == ["ridges"]
    assert set(told["ridges"]) >= {"whole frame", "scene alone"}
    assert told["ridges"]["whole frame"] > 0 and told["ridges"]["scene alone"] > 0


def test_quality_is_told_and_shown(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    said = call("quality.py", "--size", "160x90", "--no-demo", "--only", "punch", "--sheet", sheet)
    rows = [line.split("|") for line in said.splitlines() if line.startswith("| punch")]
    assert [row[2].strip() for row in rows] == ["ordinary", "strong"]
    assert all(float(row[3]) > 40 and float(row[4]) > 40 for row in rows)
    from PIL import Image

    with Image.open(sheet) as image:
        assert image.width > 3 * 160


def test_growth_with_length_is_told() -> None:
    told = json.loads(
        call("scaling.py", "--part", "length", "--minutes", 0.2, "--workers", 1, "--json")
    )["length"]
    assert list(told) == ["0.1", "0.2"]
    assert [round(t["frames"], -1) for t in told.values()] == [70, 140]
    assert all(t["largest, MB"] > 50 for t in told.values())


def test_what_holds_the_memory_is_told(tmp_path: Path, clicks_wav: Path) -> None:
    told = json.loads(
        call(
            "small.py", clicks_wav, tmp_path / "v.mp4", "--store", tmp_path / "store", "--seconds",
            2, "--trace",
        )
    )  # fmt: skip
    assert told["frames"] == 24
    assert told["traced"]["peak, MB"]["drawing"] > 0 and told["traced"]["lines"]


def test_a_profile_without_py_spy(clicks_wav: Path) -> None:
    said = call("flames.py", "--table", "--song", clicks_wav, "--preset", "preview", "--seconds", 1)
    assert "tottime" in said and "method 'encode' of" in said


@pytest.fixture(scope="module")
def measuring() -> Any:
    return load("measuring")


HOLD = """
import subprocess, sys, time
held = bytearray(b"x") * ({megabytes} << 20)
if {child!r}:
    subprocess.run([sys.executable, "-c", {child!r}], check=True)
time.sleep(0.8)
print(len(held))
"""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
def test_memory_of_all_processes_is_found(measuring: Any) -> None:
    child = HOLD.format(megabytes=60, child="")
    used = measuring.run([sys.executable, "-c", HOLD.format(megabytes=150, child=child)])
    assert int(used.printed.split()[-1]) == 150 << 20
    assert 150 < used.largest < 200
    assert 210 < used.together < 280


def test_core_seconds_are_those_of_the_command(measuring: Any) -> None:
    work = "import time\nwhile time.process_time() < 0.5: pass"
    used = measuring.run([sys.executable, "-c", work])
    assert 0.5 <= used.cores < 1.0
    assert used.wall >= 0.5
    assert math.isnan(used.elsewhere) or used.elsewhere >= 0


def test_a_command_that_fails_ends_the_bench(measuring: Any) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        measuring.run([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_tables_are_markdown() -> None:
    lines = load("tables").table(["what", "ms"], [("all", 1.25), ("none", None)]).splitlines()
    assert lines == ["| what |  ms |", "| ---- | --: |", "| all  | 1.2 |", "| none |   - |"]
