"""The figures: known answers for known mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clavilux.analysis.correct import apply_correction
from clavilux.evaluation.figures import Figures, evaluate
from clavilux.evaluation.table import align, summarise
from clavilux.evaluation.truth import Truth
from clavilux.model.correction import Correction
from clavilux.model.song import Analysis
from support import make_analysis
from workshop import beat_times, clicks, write_song

PARTS = (("verse", 16.0, 0.4), ("chorus", 16.0, 0.9), ("verse", 16.0, 0.4), ("outro", 12.0, 0.5))
ROOT = Path(__file__).parents[2]


def song() -> Analysis:
    analysis = make_analysis(PARTS)
    letters = ("A", "B", "A", "C")
    return analysis.model_copy(
        update={
            "sections": tuple(
                s.model_copy(update={"group": g})
                for s, g in zip(analysis.sections, letters, strict=True)
            )
        }
    )


def truth_of(analysis: Analysis, **changes: Any) -> Truth:
    names = {"verse_1": "Verse 1", "chorus_1": "refrain", "verse_2": "verse", "outro_1": "end"}
    fields = {
        "file": "song.mp3",
        "beats": tuple(b.time for b in analysis.beats),
        "downbeats": analysis.downbeats,
        "meter": 4,
        "sections": tuple((s.start, s.end, names[s.label]) for s in analysis.sections),
        "climax": (analysis.climax, analysis.climax),
        "key": str(analysis.key),
    }
    return Truth.model_validate({**fields, **changes})


def test_what_is_right_has_full_marks() -> None:
    figures = evaluate(song(), truth_of(song()))
    for name in ("f_measure", "cmlt", "amlt", "downbeat_f", "hr_half", "hr_three", "pairwise"):
        assert getattr(figures, name) == pytest.approx(1.0), name
    assert figures.names == 1 and figures.key == 1 and figures.climax_error == 0
    assert figures.bias_ms == 0 and figures.jitter_ms == 0
    assert figures.tempo_right and figures.meter_right


def test_half_tempo_is_half_right() -> None:
    half = apply_correction(song(), Correction(tempo_scale=0.5))
    figures = evaluate(half, truth_of(song()))
    assert figures.f_measure == pytest.approx(2 / 3, abs=0.02)
    assert figures.cmlt is not None and figures.cmlt < 0.05
    assert figures.amlt == pytest.approx(1, abs=0.05)
    assert figures.tempo_right is False


def test_bias_and_jitter_are_told_apart() -> None:
    shaky = [t + 0.012 + (0.004 if i % 2 else -0.004) for i, t in enumerate(beats(song()))]
    figures = evaluate(song(), truth_of(song(), beats=shaky, downbeats=()))
    assert figures.bias_ms == pytest.approx(-12, abs=4.1)
    assert figures.jitter_ms == pytest.approx(4, abs=4.1) and figures.jitter_ms
    assert figures.downbeat_f is None and figures.f_measure == pytest.approx(1)


def beats(analysis: Analysis) -> list[float]:
    return [b.time for b in analysis.beats]


def test_moved_bar_lines_cost_downbeats_alone() -> None:
    moved = apply_correction(song(), Correction(downbeat_shift=1))
    figures = evaluate(moved, truth_of(song()))
    assert figures.f_measure == pytest.approx(1) and figures.downbeat_f == 0
    assert figures.hr_half == pytest.approx(1)  # by half a second: just inside the window
    assert figures.names is not None and 0.9 < figures.names < 1


def test_names_are_judged_by_function_and_time() -> None:
    swapped = [(0, 16, "chorus"), (16, 32, "drop"), (32, 48, "silence"), (48, 60, "A")]
    figures = evaluate(song(), truth_of(song(), sections=swapped))
    assert figures.names == pytest.approx(0.5)  # a drop is a chorus; the last two tell no function
    gap = evaluate(song(), truth_of(song(), sections=[(16, 32, "chorus"), (40, 60, "outro")]))
    assert gap.names == pytest.approx((16 + 12) / 36, abs=1e-3)
    assert gap.hr_half is not None and 0 < gap.hr_half < 1


def test_what_the_truth_does_not_know_is_not_judged() -> None:
    figures = evaluate(song(), Truth(beats=beats(song())))
    known = {name for name, value in figures if value not in (None, "")}
    assert known == {
        "f_measure", "cmlt", "amlt", "bias_ms", "jitter_ms", "tempo", "true_tempo", "tempo_right",
    }  # fmt: skip
    assert evaluate(song(), truth_of(song(), key="no key")).key is None


def test_no_beats_score_nothing_and_warn_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    silent = make_analysis(PARTS, tempo=0)
    figures = evaluate(silent, truth_of(song()))
    assert (figures.f_measure, figures.cmlt, figures.downbeat_f) == (0, 0, 0)
    assert figures.tempo_right is False and figures.jitter_ms is None
    assert not recwarn.list


def test_the_climax_is_measured_to_the_nearer_end() -> None:
    at = song().climax
    assert evaluate(song(), truth_of(song(), climax=(at + 3, at + 9))).climax_error == 3
    assert evaluate(song(), truth_of(song(), climax=(at - 3, at + 9))).climax_error == 0


def test_the_table_has_the_worst_first_and_rubato_apart() -> None:
    songs = [
        Figures(file="good", kind="pop", f_measure=0.9, jitter_ms=1.0),
        Figures(file="bad", kind="pop", f_measure=0.5, jitter_ms=3.0),
        Figures(file="free", kind="rubato", f_measure=0.1),
        Figures(file="parts", hr_half=0.3),
    ]
    rows = summarise(songs)
    names = [row[0] for row in rows]
    assert names == [
        "", "free", "bad", "good", "parts",
        "mean pop", "mean rubato", "mean of 3 but rubato", "median of 3 but rubato",
    ]  # fmt: skip
    f = rows[0].index("F")
    assert [row[f] for row in rows[1:]] == [
        "0.100", "0.500", "0.900", "-", "0.700", "0.100", "0.700", "0.700",
    ]  # fmt: skip
    assert len({len(line) for line in align(rows).splitlines()}) == 1


def test_importing_the_figures_does_not_load_mir_eval() -> None:
    code = "import sys, clavilux.evaluation.figures; print('mir_eval' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_bench_judges_a_folder(tmp_path: Path) -> None:
    times = beat_times(120, 20)
    for name in ("one.wav", "two.wav"):
        write_song(tmp_path / name, clicks(times, 20))
    (tmp_path / "one.json").write_text(json.dumps({"beats": list(times), "kind": "clicks"}))
    (tmp_path / "two.beats").write_text("".join(f"{t + 0.25:.3f}\n" for t in times))
    (tmp_path / "unknown.wav").write_bytes(b"")
    command = [sys.executable, str(ROOT / "bench" / "accuracy.py"), str(tmp_path)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    figures = {f["file"]: Figures.model_validate(f) for f in json.loads(done.stdout)}
    assert figures["one.wav"].f_measure == pytest.approx(1, abs=0.05)
    assert figures["two.wav"].f_measure == 0
    assert np.isclose(figures["one.wav"].tempo or 0, 120, atol=0.5)
    empty = subprocess.run([*command[:-1], str(ROOT / "bench")], capture_output=True, text=True)
    assert empty.returncode == 1 and "has no songs.json" in empty.stderr
