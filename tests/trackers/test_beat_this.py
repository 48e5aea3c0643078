"""The Beat This model: what is said where it is missing, and, where it is installed, what it hears.

No trained weights are needed: tiny models with random or hand-made weights show that all of it
works. Tests that need torch are left out where the extra is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clavilux import pipeline
from clavilux.model.errors import ClaviluxError, InputError, PluginError
from clavilux.settings import Settings
from clavilux.storage import Store
from clavilux.trackers import beat_this
from clavilux.trackers.beat_this import BLOCK, HOP, BeatThis, load_model
from workshop import Answer, beat_times, clicks, write_song

Cli = Callable[..., Answer]
RATE = 22050


def _is_here() -> bool:
    try:
        importlib.import_module("beat_this.inference")
    except (ImportError, OSError):
        return False
    return True


needs_model = pytest.mark.skipif(not _is_here(), reason="the extra beat-this is not installed")


# --- Where something is missing --------------------------------------------------------------


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None)


@pytest.fixture
def seems_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat_this, "_refuse_missing", lambda: None)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_song(tmp_path / "song.wav", clicks(beat_times(120, 4), 4))


def test_without_the_extra_it_says_how_to_get_it(not_installed: None, tmp_path: Path) -> None:
    for use in (lambda: BeatThis(tmp_path).version, lambda: BeatThis(tmp_path).begin()):
        with pytest.raises(PluginError, match=r"pip install 'clavilux\[beat-this\]'"):
            use()


def test_the_command_line_says_so_in_one_line(not_installed: None, cli: Cli, song: Path) -> None:
    answer = cli("analyze", song, "--tracker", "beat-this")
    assert answer.code == 2 and answer.err.count("\n") == 1
    assert "clavilux[beat-this]" in answer.err


def test_without_weights_it_says_where_to_name_them(seems_installed: None) -> None:
    with pytest.raises(InputError, match="CLAVILUX_BEAT_THIS"):
        _ = BeatThis().version


def test_weights_that_are_not_there_are_named(
    seems_installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAVILUX_BEAT_THIS", str(tmp_path / "gone.ckpt"))
    with pytest.raises(InputError, match=r"gone\.ckpt.*No such file"):
        _ = BeatThis().version
    with pytest.raises(InputError, match="directory"):
        _ = BeatThis(tmp_path).version


def test_the_doctor_tells_what_it_would_add(cli: Cli, not_installed: None) -> None:
    checks = {check["name"]: check for check in cli("doctor", "--json").json}
    assert not checks["Beat This"]["present"] and not checks["Beat This"]["needed"]
    assert "--tracker beat-this" in checks["Beat This"]["adds"]
    assert "pip install" in checks["Beat This"]["adds"]


def test_the_config_file_may_name_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    monkeypatch.setenv("CLAVILUX_CONFIG", str(config))
    assert Settings.read().beat_this is None
    config.write_text('beat_this = "weights/small.ckpt"\nworkers = 3\n')
    assert Settings.read().beat_this == tmp_path / "weights" / "small.ckpt"
    assert Settings.read().workers == 3
    monkeypatch.setenv("CLAVILUX_BEAT_THIS", "/elsewhere/final.ckpt")
    monkeypatch.setenv("CLAVILUX_WORKERS", "2")
    assert Settings.read().beat_this == Path("/elsewhere/final.ckpt")
    assert Settings.read().workers == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("beat_this = 3", "must be text"),
        ("workers = true", "must be a whole number"),
        ('beats = "x"', "no setting 'beats'"),
        ("beat_this", "not a TOML file"),
        ("workers = 0", "from 1"),
    ],
)
def test_a_wrong_config_file_is_one_line(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    (tmp_path / "config.toml").write_text(text)
    monkeypatch.setenv("CLAVILUX_CONFIG", str(tmp_path / "config.toml"))
    answer = cli("doctor")
    assert answer.code in (0, 2)
    with pytest.raises(InputError, match=words) as raised:
        Settings.read()
    assert "\n" not in str(raised.value)


# --- Where it is installed -------------------------------------------------------------------

SHAPE = {"transformer_dim": 32, "n_layers": 1, "stem_dim": 32, "partial_transformers": False}
"""A model of a size that runs in a moment."""


def saved(path: Path, **changes: Any) -> Path:
    """A checkpoint as the model's authors write them, with random weights."""
    torch = importlib.import_module("torch")
    tracker = importlib.import_module("beat_this.model.beat_tracker")
    torch.manual_seed(7)
    model = tracker.BeatThis(**SHAPE)
    checkpoint = {
        "hyper_parameters": {**SHAPE, "lr": 0.0008},
        "state_dict": {f"model.{name}": value for name, value in model.state_dict().items()},
    }
    torch.save({**checkpoint, **changes}, path)
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return saved(tmp_path / "tiny.ckpt")


def noise(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    return (0.1 * rng.standard_normal(round(seconds * RATE))).astype(np.float32)


def frames_of(listener: Any) -> Any:
    return importlib.import_module("torch").cat(listener._frames)


@needs_model
def test_the_weights_of_a_checkpoint_are_those_of_the_model(weights: Path) -> None:
    torch = importlib.import_module("torch")
    model = load_model(weights)
    kept = torch.load(weights, weights_only=True)["state_dict"]
    state = model.state_dict()
    assert {f"model.{name}" for name in state} == set(kept)
    assert all(torch.equal(value, kept[f"model.{name}"]) for name, value in state.items())
    assert not model.training


@needs_model
@pytest.mark.parametrize("seconds", [0.0, 0.01, 61.3])
def test_blocks_of_any_size_give_the_frames_of_the_whole_song(
    weights: Path, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = importlib.import_module("torch")
    with_activations(monkeypatch, np.zeros(1), np.zeros(1), height=1.0)
    samples = noise(seconds)
    listeners = [BeatThis(weights).begin() for _ in range(2)]
    listeners[0].feed(samples)
    for first in range(0, len(samples), 70_001):
        listeners[1].feed(samples[first : first + 70_001])
    found = [listener.finish() for listener in listeners]
    assert torch.equal(*(frames_of(listener) for listener in listeners))
    assert np.array_equal(found[0].times, found[1].times)
    if len(samples) > 4 * HOP:
        mel = importlib.import_module("beat_this.preprocessing").LogMelSpect()
        whole = mel(torch.from_numpy(samples))
        assert frames_of(listeners[0]).shape == whole.shape == (1 + len(samples) // HOP, 128)
        assert torch.allclose(frames_of(listeners[0]), whole, atol=1e-5)


@needs_model
def test_the_same_song_gives_the_same_activations(weights: Path) -> None:
    torch = importlib.import_module("torch")
    frames = torch.rand(2000, 128, generator=torch.Generator().manual_seed(1))
    first, second = (BeatThis(weights).begin()._activations(frames) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert a.shape == (2000,) and torch.equal(a, b)
    assert first[0].std() > 0, "the activations do not depend on the sound"


@needs_model
def test_the_activations_are_those_of_the_package(weights: Path) -> None:
    torch = importlib.import_module("torch")
    inference = importlib.import_module("beat_this.inference")
    samples = noise(40.0)
    listener = BeatThis(weights).begin()
    listener.feed(samples)
    listener.finish()
    theirs = inference.Audio2Frames(checkpoint_path=str(weights))(samples, RATE)
    for a, b in zip(listener._activations(frames_of(listener)), theirs, strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def with_activations(
    monkeypatch: pytest.MonkeyPatch, beats: np.ndarray, downbeats: np.ndarray, *, height: float
) -> None:
    """The model is as sure as `height` (a logit) of these times, and of the contrary elsewhere."""
    torch = importlib.import_module("torch")

    def activations(self: Any, frames: Any) -> tuple[Any, Any]:
        found = []
        for times in (beats, downbeats):
            logits = torch.full((len(frames),), -6.0)
            logits[np.round(times * 50).astype(np.int64)] = height
            found.append(logits)
        return found[0], found[1]

    monkeypatch.setattr(beat_this.BeatThisListener, "_activations", activations)


@needs_model
def test_peaks_become_beats_downbeats_and_confidence(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = np.arange(0.5, 9.5, 0.48)
    with_activations(monkeypatch, beats, beats[::3], height=2.0)
    listener = BeatThis(weights).begin()
    listener.feed(noise(10.0))
    found = listener.finish()
    assert found.times == pytest.approx(np.round(beats * 50) / 50)
    assert (np.diff(found.times) > 0).all()
    assert np.flatnonzero(found.is_downbeat).tolist() == list(range(0, len(beats), 3))
    assert found.confidence == pytest.approx(np.full(len(beats), 1 / (1 + np.exp(-2.0))), abs=1e-6)
    assert found.step == 0.02


@needs_model
def test_its_beats_end_up_on_the_attacks_of_the_song(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = 0.357 + np.arange(60) * 60 / 131
    song = write_song(tmp_path / "odd.wav", clicks(truth.tolist(), 29))
    with_activations(monkeypatch, truth, truth[::4], height=3.0)
    monkeypatch.setenv("CLAVILUX_BEAT_THIS", str(weights))
    found = pipeline.analyze(song, Store(tmp_path / "store"), tracker="beat-this")
    times = np.array([beat.time for beat in found.beats])
    assert np.abs(times[None, :] - truth[:, None]).min(axis=1).max() < 0.004
    assert found.tempo == pytest.approx(131, rel=1e-3) and found.meter == 4
    assert found.beats[0].position == 0
    assert found.tempo_confidence > 0.6


@needs_model
def test_other_weights_are_another_version(tmp_path: Path, weights: Path) -> None:
    torch = importlib.import_module("torch")
    kept = torch.load(weights, weights_only=True)
    name = next(n for n, v in kept["state_dict"].items() if v.is_floating_point())
    kept["state_dict"][name] = kept["state_dict"][name] + 1
    other = saved(tmp_path / "other.ckpt", state_dict=kept["state_dict"])
    (tmp_path / "again").mkdir()
    again = saved(tmp_path / "again" / weights.name)  # the file holds its own name
    assert BeatThis(weights).version == BeatThis(again).version != BeatThis(other).version


class _Ran:
    """A pickle that runs code when it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self._path,))


@needs_model
def test_a_checkpoint_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    bad = saved(tmp_path / "bad.ckpt", extra=_Ran(trap))
    with pytest.raises(InputError, match="holds more than weights"):
        load_model(bad)
    plain = tmp_path / "plain.ckpt"
    plain.write_bytes(pickle.dumps({"state_dict": _Ran(trap)}))
    with pytest.raises(InputError):
        load_model(plain)
    assert not trap.exists()


@needs_model
def test_a_checkpoint_that_cannot_be_used_is_one_line(tmp_path: Path, weights: Path) -> None:
    whole = weights.read_bytes()
    files = {
        "gone": None,
        "empty": b"",
        "text": b"these are not weights",
        "cut": whole[: len(whole) // 2],
    }
    bad = []
    for name, content in files.items():
        path = tmp_path / f"{name}.ckpt"
        if content is not None:
            path.write_bytes(content)
        bad.append(path)
    larger = {**SHAPE, "transformer_dim": 64}
    bad += [
        saved(tmp_path / "larger.ckpt", hyper_parameters=larger),
        saved(tmp_path / "odd.ckpt", hyper_parameters={**SHAPE, "transformer_dim": "wide"}),
        saved(tmp_path / "half.ckpt", state_dict={}),
        saved(tmp_path / "list.ckpt", hyper_parameters=[1, 2]),
        saved(tmp_path / "none.ckpt", state_dict=None),
        tmp_path,
    ]
    for path in bad:
        with pytest.raises(ClaviluxError) as raised:
            load_model(path)
        assert path.name in str(raised.value) and "\n" not in str(raised.value)


@needs_model
def test_weights_that_give_no_numbers_are_refused(tmp_path: Path, weights: Path) -> None:
    torch = importlib.import_module("torch")
    state = torch.load(weights, weights_only=True)["state_dict"]
    broken = {n: v * float("nan") if v.is_floating_point() else v for n, v in state.items()}
    listener = BeatThis(saved(tmp_path / "nan.ckpt", state_dict=broken)).begin()
    listener.feed(noise(2.0))
    with pytest.raises(InputError, match="not finite"):
        listener.finish()


@needs_model
def test_the_doctor_finds_it(cli: Cli, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAVILUX_BEAT_THIS", str(weights))
    checks = {check["name"]: check for check in cli("doctor", "--json").json}
    assert checks["Beat This"]["present"]


@needs_model
def test_nothing_of_a_long_song_is_held_but_its_frames(weights: Path) -> None:
    listener = BeatThis(weights).begin()
    for _ in range(5):
        listener.feed(noise(30.0))
        assert len(listener._held) < 2 * BLOCK
