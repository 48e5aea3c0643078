"""Corrections on the command line and in specs: heard, seen, told, and nothing bought again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clavilux import pipeline
from clavilux.documents import read_spec, write_spec
from clavilux.evaluation.figures import Figures
from clavilux.labels import read_sections
from clavilux.model.correction import Correction, TempoMark
from clavilux.model.errors import SpecError
from clavilux.model.song import Alternative, Analysis, Passage, Region
from clavilux.storage import Store
from support import make_analysis
from workshop import Answer, cache, changed, clicks, render, spec_of, tiny, write_song

Cli = Callable[..., Answer]
PARTS = (("verse", 4.0, 0.3), ("chorus", 4.0, 0.9), ("outro", 4.0, 0.2))
TINY = tiny(rate=10)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """What every song is heard as here: twelve seconds at 120 BPM, and another reading."""
    analysis = make_analysis(PARTS).model_copy(
        update={
            "alternatives": (
                Alternative(
                    name="half tempo",
                    tempo=60,
                    meter=4,
                    likelihood=0.6,
                    correction=Correction(tempo_scale=0.5),
                ),
                Alternative(
                    name="shifted bar",
                    tempo=120,
                    meter=4,
                    likelihood=0.3,
                    correction=Correction(downbeat_shift=2),
                ),
            ),
            "regions": (
                Region(start=0, end=10, tempo=120, confidence=0.8),
                Region(start=10, end=12, tempo=0, confidence=0.6),
            ),
            "hits": {"kick": (0.0, 1.0), "snare": (0.5,), "hat": ()},
            "passages": (
                Passage(kind="build", start=2, end=4),
                Passage(kind="drop", start=4, end=8),
            ),
        }
    )
    monkeypatch.setattr(pipeline, "analyze", lambda song, store, **options: analysis)
    return analysis


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return write_song(folder / "song.flac", clicks(np.arange(0, 12, 0.5).tolist(), 12))


def corrected(cli: Cli, song: Path, *arguments: object) -> Analysis:
    answer = cli("analyze", song, "--json", *arguments)
    assert answer.code == 0, answer.err
    return Analysis.model_validate_json(answer.out)


# --- analyze ---------------------------------------------------------------------------------


def test_every_flag_corrects(cli: Cli, song: Path, heard: Analysis, tmp_path: Path) -> None:
    taps, tempi, parts = (tmp_path / name for name in ("taps.txt", "map.txt", "parts.txt"))
    taps.write_text("".join(f"{0.2 + 0.6 * i:.2f}\n" for i in range(15)))
    tempi.write_text("0 100\n0:06 120\n")
    parts.write_text("0:00 intro\n0:02 chorus\n")
    assert corrected(cli, song) == heard
    assert corrected(cli, song, "--tempo-scale", 0.5).tempo == 60
    assert corrected(cli, song, "--beat-offset", 25).beats[0].time == pytest.approx(0.025)
    assert corrected(cli, song, "--beat-offset", "-25").beats[0].time == pytest.approx(0.475)
    assert corrected(cli, song, "--downbeat-shift", 1).downbeats[0] == 0.5
    assert corrected(cli, song, "--meter", 3).meter == 3
    assert corrected(cli, song, "--taps", taps).tempo == pytest.approx(100)
    assert corrected(cli, song, "--tempo-map", tempi).beats[1].time == pytest.approx(0.6)
    assert corrected(cli, song, "--alternative", 1).tempo == 60
    assert corrected(cli, song, "--alternative", "shifted-bar").downbeats[0] == 1.0
    assert corrected(cli, song, "--alternative", "half_tempo", "--meter", 3).meter == 3
    labels = [s.label for s in corrected(cli, song, "--sections", parts).sections]
    assert labels == ["intro_1", "chorus_1"]


def test_analyze_tells_what_else_it_could_be(cli: Cli, song: Path, heard: Analysis) -> None:
    said = cli("analyze", song).out
    for words in (
        "--alternative 1", "half tempo: 60.0 BPM", "60% as likely", "0:10.0 to 0:12.0  no pulse",
        "120.0 BPM, 80% sure", "strikes: 2 kick, 1 snare", "build: 0:02.0 to 0:04.0", "4/4",
    ):  # fmt: skip
        assert words in said, words
    assert "--alternative" not in cli("analyze", song, "--alternative", 1).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tempo-scale", 3), "tempo scale 3 is not one of"),
        (("--beat-offset", 1e9), "--beat-offset: "),
        (("--downbeat-shift", 99), "--downbeat-shift: "),
        (("--meter", 0), "--meter"),
        (("--taps", "absent.txt"), "cannot read absent.txt"),
        (("--alternative", 9), "no alternative '9'; choose 1 (half tempo), 2 (shifted bar)"),
        (("--click", "x.mp3"), "wav or flac"),
        (("--against", "absent.json"), "cannot read absent.json"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: tuple[object, ...], words: str, cli: Cli, song: Path, heard: Analysis
) -> None:
    answer = cli("analyze", song, *arguments)
    assert answer.code == 2 and answer.out == ""
    assert words in answer.err and answer.err.count("\n") == 1


def test_taps_and_a_tempo_map_contradict_each_other(
    cli: Cli, song: Path, heard: Analysis, tmp_path: Path
) -> None:
    (tmp_path / "taps.txt").write_text("1\n2\n")
    (tmp_path / "map.txt").write_text("1 60\n")
    answer = cli(
        "analyze", song, "--taps", tmp_path / "taps.txt", "--tempo-map", tmp_path / "map.txt"
    )
    assert answer.code == 2 and "not both" in answer.err


def test_clicks_follow_the_correction(
    cli: Cli, song: Path, heard: Analysis, tmp_path: Path
) -> None:
    for name, arguments in (("a", ()), ("b", ("--beat-offset", 100))):
        answer = cli("analyze", song, "--click", tmp_path / f"{name}.wav", *arguments)
        assert answer.code == 0 and f"clicks: {tmp_path / name}.wav" in answer.out
    assert (tmp_path / "a.wav").read_bytes() != (tmp_path / "b.wav").read_bytes()
    assert cli("analyze", song, "--click", song).code == 2
    assert song.read_bytes()[:4] == b"fLaC"


def test_a_truth_judges(cli: Cli, song: Path, heard: Analysis, tmp_path: Path) -> None:
    truth = tmp_path / "songs.json"
    beats = [b.time for b in heard.beats]
    entry = {
        "file": "song.flac",
        "beats": beats,
        "downbeats": beats[::4],
        "meter": 4,
        "sections": [[0, 4, "verse"], [4, 8, "chorus"], [8, 12, "outro"]],
        "key": "A minor",
    }
    truth.write_text(json.dumps([entry, {**entry, "file": "other.mp3", "meter": 3}]))
    figures = Figures.model_validate_json(cli("analyze", song, "--against", truth, "--json").out)
    assert figures.f_measure == 1 and figures.hr_half == 1 and figures.file == "song.flac"
    half = cli("analyze", song, "--against", truth, "--tempo-scale", 0.5)
    for words in ("beats against the truth: F 0.6", "tempo", "wrong", "names right 100%", "MIREX"):
        assert words in half.out, words
    (tmp_path / "song.beats").write_text("".join(f"{t} {i % 4 + 1}\n" for i, t in enumerate(beats)))
    listed = cli("analyze", song, "--against", tmp_path / "song.beats")
    assert "F 1.000" in listed.out and "HR3F" not in listed.out


# --- specs -----------------------------------------------------------------------------------


def test_a_plan_holds_only_what_was_corrected(
    cli: Cli, song: Path, heard: Analysis, plain_style: Path
) -> None:
    plain = cli("plan", song, "--style", plain_style, "-o", "-").out
    assert "correction" not in plain
    answer = cli(
        "plan", song, "--style", plain_style, "--beat-offset", 30, "--alternative", 1, "-o", "-"
    )
    block = answer.out[answer.out.index("\ncorrection:") :].strip().splitlines()
    corrected = ["  tempo_scale: 0.5", "  beat_offset: 30.0"]
    assert block[:3] == ["correction:", *corrected]
    assert block[-3:] == ["times_follow:", *corrected] and "# The times above" in block[4]


def test_a_correction_goes_round(tmp_path: Path, clicks_wav: Path) -> None:
    for number, correction in enumerate(
        (
            Correction(),
            Correction(taps=tuple(round(0.1 + 0.5 * i, 3) for i in range(300)), meter=3),
            Correction(tempo_map=(TempoMark(time=0, tempo=100), TempoMark(time=9, tempo=90.5))),
        )
    ):
        spec = spec_of(clicks_wav, (0, 6, 12)).model_copy(update={"correction": correction})
        path = tmp_path / f"{number}.yaml"
        path.write_text(write_spec(spec, name=path.name))
        assert read_spec(path) == spec
        assert max(map(len, path.read_text().splitlines())) < 120
        (tmp_path / "spec.json").write_text(spec.model_dump_json())
        assert read_spec(tmp_path / "spec.json") == spec


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("correction: {tempo_scale: 3}", "tempo scale 3 is not one of"),
        ("correction: {beatoffset: 3}", "unknown field 'correction beatoffset'"),
        ("correction: {taps: [2, 1]}", "1 s is not after"),
        ("correction: {sections: [{start: 0, name: verse}]}", "a spec has its own"),
    ],
)
def test_a_wrong_correction_in_a_spec_is_said(
    lines: str, words: str, tmp_path: Path, clicks_wav: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(write_spec(spec_of(clicks_wav, (0, 12)), name="x") + lines + "\n")
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.usefixtures("plain_scene")
def test_only_segments_are_drawn_again(heard: Analysis, song: Path, tmp_path: Path) -> None:
    """Corrected beats move the cuts; every still comes from the store."""
    store = Store(tmp_path / "store")
    spec = changed(spec_of(song, (0, 4, 8, 12)), "part_2", tier=2, stills=2)
    first = render(spec, tmp_path / "a.mp4", store=store, preset=TINY)
    assert first.stills == 2 and first.stills_reused == 0
    moved = render(
        spec, tmp_path / "b.mp4", store=store, preset=TINY, correction=Correction(downbeat_shift=1)
    )
    assert moved.stills == moved.stills_reused == 2
    assert moved.segments_reused < moved.segments
    assert [s.start for s in moved.sections] == [0, 4.5, 8.5]
    by_hand = spec.model_copy(update={"correction": Correction(downbeat_shift=1)})
    again = render(by_hand, tmp_path / "c.mp4", store=store, preset=TINY)
    assert again.segments_reused == again.segments and again.stills_reused == 2
    assert again.timeline_digest == moved.timeline_digest != first.timeline_digest


def test_a_spec_is_corrected_without_being_edited(
    cli: Cli, song: Path, heard: Analysis, plain_style: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[pipeline.RenderOptions] = []
    monkeypatch.setattr(
        "clavilux.rendering_commands.make",
        lambda source, target, options, _, **more: asked.append(options),
    )
    spec = song.with_name("song.spec.yaml")
    assert cli("plan", song, "--style", plain_style, "--downbeat-shift", 1).code == 0
    for command in ("render", "preview"):
        answer = cli(command, spec, "--beat-offset", 250)
        assert answer.code == 0, answer.err
        assert "note: corrected as asked here" in answer.out
        assert "note" not in cli(command, spec).out
    assert [o.correction.beat_offset for o in asked] == [250, 0, 250, 0]
    direct, analysis = pipeline.direct(spec, asked[0], Store(cache()))
    assert analysis.downbeats[0] == pytest.approx(0.75)
    assert direct.sections[1].start == pytest.approx(4.75)
    (song.parent / "parts.txt").write_text("0 intro\n")
    refused = cli("render", spec, "--sections", song.parent / "parts.txt")
    assert refused.code == 2 and "has its own sections" in refused.err


def test_a_plan_with_named_sections_is_the_song_with_them(
    cli: Cli, song: Path, heard: Analysis, plain_style: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "parts.txt"
    parts.write_text("0:00 intro\n0:04 chorus\n0:10 outro\n")
    assert cli("plan", song, "--style", plain_style, "--sections", parts, "--meter", 3).code == 0
    path = song.with_name("song.spec.yaml")
    assert [s.label for s in read_spec(path).sections] == ["intro_1", "chorus_1", "outro_1"]
    options = pipeline.RenderOptions(
        style=str(plain_style),
        preset=TINY,
        correction=Correction(sections=read_sections(parts), meter=3),
    )
    timelines = [
        pipeline.plan(*pipeline.direct(source, given, Store(cache())), given, stills={})
        for source, given in ((song, options), (path, pipeline.RenderOptions(preset=TINY)))
    ]
    assert timelines[0] == timelines[1]
