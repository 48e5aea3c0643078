"""Trackers as plugins: chosen by name, heard with the song, remembered apart, named in specs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import metronome
import numpy as np
import pytest

from clavilux import pipeline, registry
from clavilux.documents import read_spec
from clavilux.model.errors import PluginError
from clavilux.model.song import Analysis
from clavilux.pipeline import RenderOptions
from clavilux.storage import Store
from workshop import Answer, beat_times, clicks, write_song

Cli = Callable[..., Answer]
SECONDS = 12


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Clicks four times a second, so that twice a second is a reading like another."""
    return write_song(tmp_path / "song.wav", clicks(beat_times(240, SECONDS), SECONDS, meter=8))


@pytest.fixture
def with_metronome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tracker "metronome" is installed."""
    info = tmp_path / "packages" / "metronome-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: metronome\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[clavilux.trackers]\nmetronome = metronome:Metronome\n")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.setenv("CLAVILUX_CACHE", str(tmp_path / "cache"))
    _forget_plugins()
    metronome.heard.clear()
    monkeypatch.setattr(metronome, "offset", 0.1)
    yield
    _forget_plugins()


def _forget_plugins() -> None:
    for function in (registry._entries_on, registry.get):
        function.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def times_of(analysis: Analysis) -> np.ndarray:
    return np.array([beat.time for beat in analysis.beats])


def test_a_plugin_hears_every_sample_and_its_beats_are_used(
    with_metronome: None, song: Path, store: Store
) -> None:
    found = pipeline.analyze(song, store, tracker="metronome")
    assert metronome.heard == [SECONDS * metronome.RATE]
    assert found.tempo == pytest.approx(120, rel=0.002)
    assert np.abs(times_of(found) % 0.5 - 0.1).max() < 0.005
    assert [beat.position for beat in found.beats[:5]] == [0, 1, 2, 3, 0]


def test_analyses_of_different_trackers_are_remembered_apart(
    with_metronome: None, song: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in = pipeline.analyze(song, store)
    assert metronome.heard == []
    assert pipeline.analyze(song, store, tracker="pointer") == built_in
    first = pipeline.analyze(song, store, tracker="metronome")
    assert pipeline.analyze(song, store, tracker="metronome") == first
    assert len(metronome.heard) == 1, "a known song was heard again"
    monkeypatch.setattr(metronome, "offset", 0.35)  # another version
    second = pipeline.analyze(song, store, tracker="metronome")
    assert len(metronome.heard) == 2
    assert np.abs(times_of(second) % 0.5 - 0.35).max() < 0.005
    assert pipeline.analyze(song, store) == built_in


def test_a_plan_keeps_its_tracker(with_metronome: None, cli: Cli, song: Path) -> None:
    assert cli("plan", song).code == 0
    path = song.with_suffix(".spec.yaml")
    assert "tracker" not in path.read_text()
    assert read_spec(path).tracker == "pointer"
    assert cli("plan", song, "--tracker", "metronome").code == 0
    assert read_spec(path).tracker == "metronome"
    assert "tracker: metronome" in path.read_text()


def test_a_spec_is_heard_by_its_own_tracker_unless_another_is_asked_for(
    with_metronome: None, cli: Cli, song: Path, store: Store
) -> None:
    cli("plan", song, "--tracker", "metronome")
    path = song.with_suffix(".spec.yaml")
    spec, analysis = pipeline.direct(path, RenderOptions(), store)
    assert spec.tracker == "metronome" and len(metronome.heard) == 2
    assert analysis == pipeline.analyze(song, store, tracker="metronome")
    spec, analysis = pipeline.direct(path, RenderOptions(tracker="pointer"), store)
    assert spec.tracker == "pointer" and len(metronome.heard) == 2
    assert analysis == pipeline.analyze(song, store)


def test_every_verb_takes_it(with_metronome: None, cli: Cli, song: Path, plain_style: Path) -> None:
    answer = cli("analyze", song, "--tracker", "metronome", "--json")
    assert answer.code == 0 and len(metronome.heard) == 1
    answer = cli("preview", song, "--tracker", "metronome", "--style", plain_style, "--json")
    assert answer.code == 0, answer.err
    answer = cli(
        "render", song, "--preset", "preview", "--tracker", "metronome", "--style", plain_style,
        "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert len(metronome.heard) == 1, "all of them share one analysis"


@pytest.mark.parametrize("command", ["analyze", "plan", "render", "preview"])
def test_an_unknown_tracker_is_one_line(cli: Cli, song: Path, command: str) -> None:
    answer = cli(command, song, "--tracker", "drummer")
    assert answer.code == 2 and answer.out == ""
    assert answer.err.count("\n") == 1
    assert "drummer" in answer.err and "pointer" in answer.err and "beat-this" in answer.err


def test_what_a_tracker_lacks_is_told_before_it_listens(
    with_metronome: None, song: Path, store: Store, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.setattr(metronome, "missing", True)
    answer = cli("analyze", song, "--tracker", "metronome")
    assert answer.code == 2 and "turn its key" in answer.err and answer.err.count("\n") == 1
    assert metronome.heard == []


def test_a_tracker_that_breaks_the_rules_is_named(
    with_metronome: None, song: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = metronome.TrackedBeats(
        times=np.array([3.0, 1.0]), is_downbeat=np.zeros(2, dtype=bool), confidence=np.ones(2)
    )
    monkeypatch.setattr(metronome.Listener, "finish", lambda self: wrong)
    with pytest.raises(PluginError, match="ascending"):
        pipeline.analyze(song, store, tracker="metronome")
