"""The receipt measures the file and nothing else: what is wrong with the file, it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_encode import HEIGHT, WIDTH, encode

from clavilux.media.receipt import (
    Measured,
    accent_distances,
    audio_start,
    measure,
    measure_drawn,
    sync,
)
from clavilux.model.errors import OutputError
from clavilux.model.time import FrameRate
from clavilux.rendering.blocks import COLUMNS, ROWS, Reel, as_signal, block_means
from workshop import clicks, write_song

RATE = FrameRate(numerator=30)
ACCENTS = tuple(range(10, 110, 15))


def pulsing(*, late: int = 0, noise: float = 0.0, light: float = 12.0) -> list[np.ndarray]:
    """Four seconds of grey in which light rises at every accent and falls again."""
    rng = np.random.default_rng(1)
    level = np.full(120, 90.0)
    for accent in ACCENTS:
        for k in range(10):
            level[min(accent + late + k, 119)] += light * np.exp(-k / 3)
    level += rng.normal(0, noise, 120)
    frames = np.full((120, HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    frames[:, :HEIGHT] = np.round(level)[:, None, None]
    return list(frames)


def receipt(path: Path, frames: list[np.ndarray], **options: object):  # type: ignore[no-untyped-def]
    path.write_bytes(encode(frames))
    usual = {"rate": RATE, "expected_frames": 120, "accents": ACCENTS, "song_seconds": None}
    return sync(path, measure(path), **{**usual, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("late", [-2, -1, 0, 1, 3])
def test_accents_are_found_where_they_are(tmp_path: Path, late: int) -> None:
    found = receipt(tmp_path / "a.mp4", pulsing(late=late))
    assert (found.accents_found, found.accents_planned) == (len(ACCENTS), len(ACCENTS))
    assert found.accent_median_ms == pytest.approx(abs(late) * 1000 / 30, abs=0.1)
    assert found.accent_p95_ms == pytest.approx(abs(late) * 1000 / 30, abs=0.1)


def test_the_sign_tells_early_from_late(tmp_path: Path) -> None:
    for late in (-1, 2):
        (tmp_path / "a.mp4").write_bytes(encode(pulsing(late=late)))
        distances = accent_distances(measure(tmp_path / "a.mp4"), rate=RATE, accents=ACCENTS)
        assert np.sign(distances).tolist() == [np.sign(late)] * len(ACCENTS)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    still = receipt(tmp_path / "a.mp4", pulsing(light=0))
    assert (still.accents_found, still.accent_median_ms, still.accent_p95_ms) == (0, None, None)
    none = receipt(tmp_path / "a.mp4", pulsing(), accents=())
    assert (none.accents_planned, none.accent_median_ms) == (0, None)


def test_noise_does_not_hide_accents(tmp_path: Path) -> None:
    found = receipt(tmp_path / "a.mp4", pulsing(noise=1.0, light=15))
    assert found.accents_found >= len(ACCENTS) - 1 and found.accent_median_ms == 0


def test_missing_frames_and_length_are_counted(tmp_path: Path) -> None:
    found = receipt(tmp_path / "a.mp4", pulsing()[:-3], accents=())
    assert (found.frames, found.expected_frames) == (117, 120)
    film = write_song(tmp_path / "b.mp4", clicks([0.5], 2.0), late=0.0)
    rate = FrameRate(numerator=25)
    found = sync(film, measure(film), rate=rate, expected_frames=50, accents=(), song_seconds=2.5)
    assert found.duration_difference_ms == pytest.approx(-500, abs=41)
    assert found.audio_start_ms == pytest.approx(0, abs=0.1)


def test_sound_that_starts_late_is_noticed(tmp_path: Path) -> None:
    film = write_song(tmp_path / "late.mp4", clicks([0.5], 1.0), late=0.5)
    assert audio_start(film) == pytest.approx(0.5, abs=0.03)


def test_blocks_measure_the_right_part_of_the_picture(tmp_path: Path) -> None:
    frames = np.full((6, HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    frames[:, :HEIGHT] = 16
    frames[:, : HEIGHT // ROWS, -WIDTH // COLUMNS :] = 235
    (tmp_path / "a.mp4").write_bytes(encode(list(frames), crf=5.0))
    (blocks,) = measure(tmp_path / "a.mp4").reel
    yuv = as_signal(blocks)
    assert yuv.shape == (6, 3, ROWS, COLUMNS)
    assert yuv[3, 0, 0, -1] == pytest.approx(1, abs=0.03)
    assert np.delete(yuv[3, 0].ravel(), COLUMNS - 1).max() < 0.05
    assert np.abs(yuv[:, 1:]).max() < 0.02


def drawn(frames: list[np.ndarray], *cuts: int) -> Reel:
    """What was measured as the frames were drawn, in segments that begin at 0 and at the cuts."""
    blocks = np.array([block_means(planes) for planes in frames])
    return np.split(blocks, cuts)


def shown(measured: Measured) -> np.ndarray:
    return as_signal(np.concatenate(list(measured.reel)))


def test_a_file_that_shows_what_was_drawn_is_decoded_at_its_key_frames(tmp_path: Path) -> None:
    frames = pulsing()
    (tmp_path / "a.mp4").write_bytes(encode(frames))
    found = measure_drawn(tmp_path / "a.mp4", drawn(frames), on_frame=lambda: None)
    whole = measure(tmp_path / "a.mp4")
    assert 1 <= found.decoded < 20 and whole.decoded == 120
    np.testing.assert_array_equal(found.times, whole.times)
    np.testing.assert_allclose(shown(found), shown(whole), atol=0.01)
    np.testing.assert_allclose(found.light(), shown(whole)[:, 0].mean(axis=(1, 2)), atol=0.01)


def test_a_file_that_shows_something_else_is_decoded_whole(tmp_path: Path) -> None:
    frames = pulsing()
    (tmp_path / "a.mp4").write_bytes(encode(frames))
    others = {
        "darker": drawn([planes // 2 for planes in frames]),
        "fewer": drawn(frames[:-1]),
        "other segments": drawn(frames, 7),  # 7 begins none in this file
    }
    for name, wrong in others.items():
        found = measure_drawn(tmp_path / "a.mp4", wrong, on_frame=lambda: None)
        assert found.decoded == 120, name
        np.testing.assert_array_equal(shown(found), shown(measure(tmp_path / "a.mp4")))


def test_a_file_that_cannot_be_read_back_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(encode(pulsing())[:500])
    with pytest.raises(OutputError, match="cannot be read back"):
        measure(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be read back"):
        measure(tmp_path / "b.mp4")
