"""Files that tell what a song is, in the forms data sets have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clavilux.evaluation.truth import Truth, read_truths, truth_for
from clavilux.model.errors import InputError

BEATS = [0.5, 1.0, 1.5, 2.0, 2.5]


def written(path: Path, plain: Any) -> Path:
    path.write_text(plain if isinstance(plain, str) else json.dumps(plain))
    return path


def test_one_object_or_many(tmp_path: Path) -> None:
    one = {"file": "a.mp3", "beats": BEATS, "climax": 12.5, "sections": None, "licence": "CC0"}
    (truth,) = read_truths(written(tmp_path / "a.json", one))
    assert truth == Truth(file="a.mp3", beats=BEATS, climax=(12.5, 12.5))
    many = written(tmp_path / "all.json", [one, {**one, "file": "b/b.flac", "meter": 3}])
    assert truth_for(many, Path("/music/b.flac")).meter == 3
    assert truth_for(many, Path("b.ogg")).meter == 3  # another copy of the same song
    assert truth_for(tmp_path / "a.json", Path("renamed.wav")) == truth
    with pytest.raises(InputError, match=r"no entry whose file is 'c\.mp3'"):
        truth_for(many, Path("c.mp3"))


def test_beat_lists(tmp_path: Path) -> None:
    (plain,) = read_truths(written(tmp_path / "a.txt", "0.5\n1.0\n1.5\n"))
    assert plain.beats == (0.5, 1.0, 1.5) and plain.downbeats == () and plain.meter is None
    text = "".join(f"{0.5 * i}\t{i % 3 + 1}\n" for i in range(8))
    (counted,) = read_truths(written(tmp_path / "a.beats", text))
    assert counted.downbeats == (0.0, 1.5, 3.0) and counted.meter == 3


def test_section_labels(tmp_path: Path) -> None:
    (truth,) = read_truths(written(tmp_path / "a.lab", "0 10 intro\n10 30.5 verse\n"))
    assert truth.sections == ((0, 10, "intro"), (10, 30.5, "verse"))
    (starts,) = read_truths(written(tmp_path / "b.txt", "0:00 intro\n0:10 verse\n0:20 end\n"))
    assert [s[:2] for s in starts.sections[:2]] == [(0, 10), (10, 20)]


def jams(*annotations: dict[str, Any]) -> dict[str, Any]:
    return {"annotations": list(annotations), "file_metadata": {"title": "x"}, "sandbox": {}}


def test_jams(tmp_path: Path) -> None:
    beats = [
        {"time": 0.5 * i, "duration": 0.0, "value": i % 4 + 1, "confidence": None} for i in range(9)
    ]
    parts = [
        {"time": 0.0, "duration": 2.0, "value": "intro", "confidence": 1.0},
        {"time": 2.0, "duration": 2.0, "value": "verse", "confidence": 1.0},
    ]
    key = {"time": 0.0, "duration": 4.0, "value": "A:minor", "confidence": 1.0}
    document = jams(
        {"namespace": "beat", "data": beats},
        {"namespace": "beat", "data": beats[:1]},
        {"namespace": "segment_open", "data": parts},
        {"namespace": "key_mode", "data": [key]},
        {"namespace": "chord", "data": [{"time": 0, "duration": 1, "value": "C:maj"}]},
    )
    (truth,) = read_truths(written(tmp_path / "a.jams", document))
    assert len(truth.beats) == 9 and truth.downbeats == (0, 2, 4) and truth.meter == 4
    assert truth.sections == ((0, 2, "intro"), (2, 4, "verse")) and truth.key == "A minor"


def test_jams_with_columns_positions_and_levels(tmp_path: Path) -> None:
    columns = {
        "time": [0.0, 0.5, 1.0],
        "duration": [0.0] * 3,
        "value": [{"position": 1}, {"position": 2}, {"position": 1}],
        "confidence": [None] * 3,
    }
    levels = [
        {"time": 0.0, "duration": 8.0, "value": {"label": "A", "level": 0}},
        {"time": 0.0, "duration": 4.0, "value": {"label": "a", "level": 1}},
    ]
    document = jams(
        {"namespace": "beat_position", "data": columns},
        {"namespace": "multi_segment", "data": levels},
    )
    (truth,) = read_truths(written(tmp_path / "a.json", document))
    assert truth.downbeats == (0.0, 1.0) and truth.meter == 2
    assert truth.sections == ((0, 8, "A"),)


@pytest.mark.parametrize(
    ("name", "plain", "words"),
    [
        ("a.json", "{", "not valid JSON"),
        ("a.json", {"tempo": 120}, "neither beats nor sections"),
        ("a.json", {"file": "x.mp3", "beats": [1, "two"]}, "'x.mp3': beats 1"),
        ("a.json", {"beats": [2, 1]}, "beats are not in ascending order"),
        ("a.json", [3], "valid dictionary"),
        ("a.jams", {"annotations": [{"namespace": "beat", "data": [{}]}]}, "without times"),
        ("a.jams", {"annotations": [3]}, "without times"),
        ("a.txt", "", "neither"),
        ("a.beats", "0.5 1\n0.4 2\n", "line 2"),
    ],
)
def test_what_is_wrong_is_said(name: str, plain: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_truths(written(tmp_path / name, plain))
    message = str(caught.value)
    assert "\n" not in message and (words in message or "holds no beats" in message)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_truths(tmp_path / "nothing.json")
