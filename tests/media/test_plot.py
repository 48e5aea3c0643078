"""The analysis plot and the contact sheet: drawn for any song, written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from clavilux.media.plot import group_colors, mood_words, plot_analysis
from clavilux.media.plot_canvas import BACKGROUND, COLUMNS, DRUM_COLORS, TEMPO, clock, reduce
from clavilux.media.sheet import contact_sheet
from clavilux.model.correction import Correction
from clavilux.model.errors import OutputError
from clavilux.model.song import (
    ENVELOPES,
    Alternative,
    Analysis,
    Beat,
    Envelope,
    Key,
    Mood,
    Passage,
    Section,
    Song,
)

FORM = "intro verse pre-chorus chorus verse pre-chorus chorus bridge solo chorus chorus outro"


def make_analysis(
    duration: float,
    *,
    functions: Sequence[str] = ("intro",),
    tempo: float = 120.0,
    title: str = "Song",
    rate: float = 43.0,
    shifts: bool = False,
) -> Analysis:
    """A song of equal sections with waving envelopes."""
    count = max(1, round(duration * rate))
    wave = 0.5 + 0.5 * np.sin(np.arange(count) / 40)
    times = np.arange(0.0, duration, 60 / tempo) if tempo else np.zeros(0)
    edges = np.linspace(0, duration, len(functions) + 1)
    groups = {name: chr(65 + i) for i, name in enumerate(dict.fromkeys(functions))}
    return Analysis(
        song=Song(
            title=title, duration=duration, sample_rate=44100, channels=2, codec="flac", digest="0"
        ),
        tempo=tempo,
        tempo_confidence=0.9 if tempo else 0.0,
        meter=4,
        beats=tuple(Beat(time=float(t), bar=i // 4, position=i % 4) for i, t in enumerate(times)),
        onsets=(),
        envelopes={name: Envelope(rate=rate, values=wave) for name in ENVELOPES},
        sections=tuple(
            Section(
                label=f"{name}_{i + 1}",
                function=name,
                group=groups[name],
                start=float(start),
                end=float(end),
                energy=(i + 1) / len(functions),
                shifts=(float(start + end) / 2,) if shifts else (),
            )
            for i, (name, (start, end)) in enumerate(zip(functions, pairwise(edges), strict=True))
        ),
        climax=0.8 * duration,
        key=Key(tonic="F", mode="major", confidence=0.8),
        mood=Mood(valence=0.4, arousal=-0.3, confidence=0.5),
    )


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def share_of(picture: NDArray[np.uint8], color: str) -> float:
    """The share of pixels that have nearly this colour."""
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(picture.astype(int) - wanted).max(axis=2) < 12).mean())


def test_a_song_of_twelve_sections(tmp_path: Path) -> None:
    functions = FORM.split()
    analysis = make_analysis(240.0, functions=functions, shifts=True)
    plot_analysis(analysis, tmp_path / "plot.png")
    picture = pixels(tmp_path / "plot.png")
    assert picture.shape == (1350, 2400, 3)
    for color in group_colors(analysis.sections).values():
        assert share_of(picture, color) > 0.002
    assert 0.3 < share_of(picture, BACKGROUND) < 0.9


@pytest.mark.parametrize(
    "analysis",
    [
        make_analysis(0.3, tempo=0),
        make_analysis(0.0, tempo=0, functions=()),
        make_analysis(30.0, tempo=0, functions=("instrumental",)),
        make_analysis(10800.0, functions=("verse", "chorus") * 100, rate=4.0, shifts=True),
        make_analysis(20.0, title="夜に $駆ける_^{x} \\frac " + "long " * 90),
    ],
    ids=["0.3 s", "nothing", "no beats", "three hours", "odd title"],
)
def test_any_song_is_drawn_without_a_warning(analysis: Analysis, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_analysis(analysis, tmp_path / "plot.png")
    assert pixels(tmp_path / "plot.png").shape == (1350, 2400, 3)


def test_the_same_analysis_gives_the_same_bytes(tmp_path: Path) -> None:
    analysis = make_analysis(12.0, functions=("verse", "chorus"))
    for name in ("a.png", "b.png"):
        plot_analysis(analysis, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_pulse_drums_builds_and_drops_are_drawn(tmp_path: Path) -> None:
    plain = make_analysis(60.0, functions=("verse", "chorus"))
    rich = plain.model_copy(
        update={
            "beats": tuple(b for b in plain.beats if not 20 < b.time < 40),
            "hits": {
                "kick": tuple(np.arange(0, 60, 1.0)),
                "snare": tuple(np.arange(0.5, 60, 1.0)),
                "hat": tuple(np.arange(0, 60, 0.25)),
            },
            "passages": (
                Passage(kind="build", start=10, end=20, strength=1),
                Passage(kind="drop", start=20, end=35),
                Passage(kind="silence", start=40, end=45),
                Passage(kind="applause", start=50, end=50.1),
            ),
            "alternatives": (
                Alternative(
                    name="half tempo",
                    tempo=60,
                    meter=4,
                    likelihood=0.7,
                    correction=Correction(tempo_scale=0.5),
                ),
            ),
        }
    )
    plot_analysis(plain, tmp_path / "plain.png")
    plot_analysis(rich, tmp_path / "rich.png")
    before, after = pixels(tmp_path / "plain.png"), pixels(tmp_path / "rich.png")
    for color in DRUM_COLORS.values():
        assert share_of(after, color) > share_of(before, color) + 1e-4
    assert (np.abs(after.astype(int) - before).max(axis=2) > 24).mean() > 0.02


def test_a_tempo_that_changes_is_drawn_as_a_curve(tmp_path: Path) -> None:
    steady = make_analysis(60.0)
    times = np.cumsum(np.linspace(0.6, 0.4, 110))
    faster = steady.model_copy(
        update={
            "beats": tuple(
                Beat(time=float(t), bar=i // 4, position=i % 4) for i, t in enumerate(times)
            )
        }
    )
    shares = []
    for name, analysis in (("steady", steady), ("faster", faster)):
        plot_analysis(analysis, tmp_path / f"{name}.png")
        shares.append(share_of(pixels(tmp_path / f"{name}.png"), TEMPO))
    assert shares[1] > shares[0] + 2e-4


def test_matplotlib_is_left_as_it_was(tmp_path: Path) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_analysis(make_analysis(4.0), tmp_path / "plot.png")
    assert dict(matplotlib.rcParams) == before


def test_importing_the_plot_does_not_load_matplotlib() -> None:
    code = (
        "import sys, clavilux.media.plot, clavilux.media.sheet;"
        "print('matplotlib' in sys.modules, 'PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_clock() -> None:
    assert [clock(0), clock(187.4), clock(3765)] == ["0:00", "3:07", "1:02:45"]
    assert clock(0.25, step=0.05) == "0.25"


def test_mood_in_words() -> None:
    assert mood_words(Mood(valence=0.8, arousal=-0.8, confidence=1)) == "bright, calm"
    assert mood_words(Mood(valence=0.0, arousal=0.0, confidence=1)) == "neutral, moderate"


def test_reduced_curves_keep_their_peaks() -> None:
    values = np.zeros(100_000)
    values[54_321] = 1.0
    times, (mean, top) = reduce(Envelope(rate=100.0, values=values), duration=1000.0)
    assert len(times) <= COLUMNS
    assert top.max() == 1.0 and mean.max() < 0.1
    assert times[top.argmax()] == pytest.approx(543.21, abs=0.5)


def solid(color: tuple[int, int, int], *, width: int = 64, height: int = 36) -> NDArray[np.uint8]:
    return np.full((height, width, 3), color, np.uint8)


def test_every_tile_is_on_the_sheet(tmp_path: Path) -> None:
    tints = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200)]
    tiles = [(f"tile {i}", solid(tint)) for i, tint in enumerate(tints)]
    contact_sheet(tiles, tmp_path / "sheet.png", columns=2, title="Tints")
    sheet = pixels(tmp_path / "sheet.png")
    for tint in tints:
        assert (sheet == tint).all(axis=2).sum() == 64 * 36
    assert sheet.shape[0] > sheet.shape[1]


def test_tiles_of_other_sizes_and_long_labels_fit(tmp_path: Path) -> None:
    tiles = [("a label " * 40, solid((255, 0, 0), width=20)), ("", solid((0, 255, 0), height=80))]
    contact_sheet(tiles, tmp_path / "sheet.png", columns=5, title="T" * 500)
    sheet = pixels(tmp_path / "sheet.png")
    assert (sheet == (255, 0, 0)).all(axis=2).sum() == 20 * 36
    assert (sheet == (0, 255, 0)).all(axis=2).sum() == 64 * 80


def test_an_empty_sheet_is_a_picture_too(tmp_path: Path) -> None:
    contact_sheet([], tmp_path / "sheet.png", columns=3, title="Nothing")
    assert pixels(tmp_path / "sheet.png").size > 0


def draw_plot(path: Path) -> None:
    plot_analysis(make_analysis(1.0), path)


def draw_sheet(path: Path) -> None:
    contact_sheet([("tile", solid((9, 9, 9)))], path, columns=1)


@pytest.mark.parametrize("draw", [draw_plot, draw_sheet])
def test_what_cannot_be_written_is_said_in_one_line(
    draw: Callable[[Path], None], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    for target in (tmp_path, tmp_path / "file" / "plot.png", tmp_path / ("n" * 300 + ".png")):
        with pytest.raises(OutputError, match="cannot write") as caught:
            draw(target)
        assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("draw", [draw_plot, draw_sheet])
def test_an_old_picture_is_replaced_and_nothing_is_left_beside(
    draw: Callable[[Path], None], tmp_path: Path
) -> None:
    target = tmp_path / "new folder" / "out.png"
    target.parent.mkdir()
    target.write_text("old")
    draw(target)
    assert pixels(target).size > 0
    assert [p.name for p in target.parent.iterdir()] == ["out.png"]
