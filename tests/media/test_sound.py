"""Sound that is encoded ahead is the sound that would be encoded while joining."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from test_encode import encode, moving

from clavilux.media import mux
from clavilux.media.containers import container_of
from clavilux.media.sound import encode_sound, is_copied
from clavilux.model.time import FrameRate
from workshop import beat_times, clicks, write_song


def packets_of(video: Path) -> list[tuple[int, int, bytes]]:
    with av.open(str(video)) as container:
        return [(p.pts, p.dts, bytes(p)) for p in container.demux(audio=0) if p.dts is not None]


@pytest.mark.parametrize(("start", "duration"), [(0.0, None), (0.75, 1.5)])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_encoded_ahead_it_is_the_same(
    tmp_path: Path, suffix: str, start: float, duration: float | None
) -> None:
    song = write_song(tmp_path / "song.flac", clicks(beat_times(120, 3), 3))
    piece = tmp_path / "piece.mp4"
    piece.write_bytes(encode(moving(45), "30"))
    container = container_of(Path("x" + suffix))
    ahead = tmp_path / "ahead.sound"
    encode_sound(
        song, ahead, container=container, sound=container.sound, start=start, duration=duration
    )
    found = []
    for name, prepared in (("a", None), ("b", ahead)):
        video = tmp_path / f"{name}{suffix}"
        how = mux.join(
            [(0, piece)], video, rate=FrameRate(numerator=30), song=song, start=start,
            duration=duration, whole=False, prepared=prepared,
        )  # fmt: skip
        assert how == "encoded"
        found.append(packets_of(video))
    assert found[0] == found[1] and len(found[0]) > 20
    assert found[0][0][0] < 0, "its priming is hidden before time 0"


@pytest.mark.parametrize(("suffix", "copied"), [(".mp3", True), (".flac", False)])
def test_what_every_player_knows_is_copied(tmp_path: Path, suffix: str, copied: bool) -> None:
    song = write_song(tmp_path / f"song{suffix}", clicks(beat_times(120, 1), 1))
    assert is_copied(song, container_of(Path("x.mp4")).sound) is copied
    assert not is_copied(song, container_of(Path("x.webm")).sound)
