"""A growing mp4: what has come can be shown at once; picture and sound are those of the file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from test_encode import encode, moving

from clavilux.media import mux
from clavilux.media.receipt import audio_end, audio_start
from clavilux.media.stream import FRAGMENT_SECONDS, growing
from clavilux.model.time import FrameRate
from workshop import beat_times, boxes, clicks, decoded, frame_times, heard, onset, write_song

SECONDS = 4
CUTS = [0, 3, 9, 30, 120]
RATE = FrameRate(numerator=30)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, Path]]:
    folder, frames, made = tmp_path_factory.mktemp("pieces"), moving(120), []
    for start, end in pairwise(CUTS):
        path = folder / f"{start}.mp4"
        path.write_bytes(encode(frames[start:end], "30"))
        made.append((start, path))
    return made


def song_in(folder: Path, suffix: str) -> Path:
    return write_song(folder / f"song{suffix}", clicks(beat_times(120, SECONDS), SECONDS))


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".m4a"])
def test_it_is_the_finished_file_in_another_form(
    tmp_path: Path, pieces: list[tuple[int, Path]], suffix: str
) -> None:
    song, grown, joined = song_in(tmp_path, suffix), tmp_path / "grown.mp4", tmp_path / "joined.mp4"
    grown.write_bytes(b"".join(growing(pieces, rate=RATE, song=song, duration=SECONDS, title="Ä")))
    mux.join(pieces, joined, rate=RATE, song=song, duration=SECONDS)
    assert (decoded(grown) == decoded(joined)).all()
    assert frame_times(grown) == pytest.approx([n / 30 for n in range(120)], abs=1e-6)
    assert -0.06 < audio_start(grown) <= audio_start(joined) == 0, "a codec's priming, at most"
    assert audio_end(grown) == pytest.approx(audio_end(joined), abs=1e-3)
    (ours, rate), (theirs, _) = heard(grown), heard(joined)
    assert (ours[: SECONDS * rate] == theirs[: SECONDS * rate]).all()
    for time in beat_times(120, SECONDS):
        found = onset(ours, rate, after=max(0, time - 0.1), before=time + 0.1)
        assert found == pytest.approx(time, abs=1e-3)
    with av.open(str(grown)) as container:
        assert container.metadata["title"] == "Ä"


def test_it_comes_in_short_fragments_of_both(
    tmp_path: Path, pieces: list[tuple[int, Path]]
) -> None:
    grown = tmp_path / "grown.mp4"
    song = song_in(tmp_path, ".wav")
    grown.write_bytes(b"".join(growing(pieces, rate=RATE, song=song, duration=SECONDS)))
    names = boxes(grown)
    assert names[:4] == ["ftyp", "moov", "moof", "mdat"]
    assert names.count("moof") >= SECONDS / FRAGMENT_SECONDS + 2
    with av.open(str(grown)) as container:
        packets = [
            (p.pos, p.stream.type, float(p.dts * p.time_base)) for p in container.demux() if p.size
        ]
    at = dict.fromkeys(("video", "audio"), 0.0)
    for _, kind, time in sorted(packets):
        at[kind] = time
        assert abs(at["video"] - at["audio"]) < FRAGMENT_SECONDS + 0.1


def test_the_first_fragment_is_shown_before_more_is_asked_for(
    tmp_path: Path, pieces: list[tuple[int, Path]]
) -> None:
    asked: list[int] = []

    def coming() -> Iterator[tuple[int, Path]]:
        for piece in pieces:
            asked.append(piece[0])
            yield piece

    growth = growing(coming(), rate=RATE, song=song_in(tmp_path, ".wav"), duration=SECONDS)
    first = next(growth)
    assert asked == CUTS[:2]
    with av.open(io.BytesIO(first)) as container:
        frames = [f.to_ndarray(format="gray") for f in container.decode(video=0)]
    assert len(frames) == CUTS[1]
    assert all((a != b).any() for a, b in pairwise(frames)), "it moves"
    with av.open(io.BytesIO(first)) as container:
        assert sum(f.samples for f in container.decode(audio=0)) > 0
    growth.close()
    assert asked == CUTS[:2], "nobody looks: nothing more is drawn"


@pytest.mark.parametrize("end", [2.0, 3.456])
def test_sound_ends_where_the_video_turns_out_to_end(
    tmp_path: Path, pieces: list[tuple[int, Path]], end: float
) -> None:
    grown = tmp_path / "grown.mp4"
    song = song_in(tmp_path, ".wav")
    known = iter([float("inf")] * 20)
    stream = growing(pieces, rate=RATE, song=song, ends=lambda: next(known, end))
    grown.write_bytes(b"".join(stream))
    assert audio_end(grown) == pytest.approx(end, abs=1e-3)
    assert len(frame_times(grown)) == 120


def test_a_silent_video_and_a_part(tmp_path: Path, pieces: list[tuple[int, Path]]) -> None:
    grown = tmp_path / "grown.mp4"
    grown.write_bytes(b"".join(growing(pieces, rate=RATE, song=None)))
    with av.open(str(grown)) as container:
        assert not container.streams.audio
    assert len(decoded(grown)) == 120
    song = song_in(tmp_path, ".mp3")
    part = growing(pieces[:3], rate=RATE, song=song, start=1.05, duration=1.0, whole=False)
    grown.write_bytes(b"".join(part))
    sound, rate = heard(grown)
    assert audio_end(grown) == pytest.approx(1.0, abs=0.03)
    assert onset(sound, rate, after=0.0, before=0.2) == pytest.approx(0.05, abs=2e-3)
    assert np.isfinite(sound).all()
