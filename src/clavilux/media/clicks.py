"""The song with a click on every beat, so that people can hear whether the grid is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clavilux.media import audio_frames
from clavilux.media.audio_frames import Samples
from clavilux.model.errors import AudioError, InputError
from clavilux.model.song import Beat
from clavilux.storage import written_whole

SONG_SHARE, CLICK_SHARE = 0.6, 0.4
"""Of full scale; together they cannot clip."""
BEAT_HZ, DOWNBEAT_HZ = 1000.0, 1600.0
CLICK_SECONDS, DECAY_SECONDS = 0.04, 0.008
CODECS = {".wav": "pcm_s16le", ".flac": "flac"}
LAYOUTS = {1: "mono", 2: "stereo"}


def write_clicks(song: Path, target: Path, beats: Sequence[Beat]) -> None:
    """Write the song with its beats to a 16-bit wav or flac, at its own rate.

    A click begins on the sample nearest to its beat, a higher one on downbeats. Songs of more than
    two channels are mixed to one. Memory stays small: the song is read and written in blocks.
    Raises InputError for another kind of file, AudioError and OutputError as reading and writing
    do.
    """
    if target.suffix.lower() not in CODECS:
        raise InputError(f"{target}: clicks are written as wav or flac; name it so")
    with written_whole(target) as path, _opened(song) as source, _created(path) as sink:
        _copy(source, sink, codec=CODECS[target.suffix.lower()], beats=beats, song=song)


@contextmanager
def _opened(song: Path) -> Iterator[Any]:
    import av

    try:
        with av.open(str(song), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise AudioError(f"'{song}' has no audio track; give a file that has one")
            yield container
    except av.error.FFmpegError as error:
        raise AudioError(f"cannot decode '{song}' ({error.strerror})") from None


@contextmanager
def _created(path: Path) -> Iterator[Any]:
    import av

    with av.open(str(path), "w", format=path.suffix[1:].lower()) as container:
        yield container


def _copy(source: Any, sink: Any, *, codec: str, beats: Sequence[Beat], song: Path) -> None:
    stream: Any = None
    written = 0
    clicks: _Clicks | None = None
    for rate, block in audio_frames.blocks(source, source.streams.audio[0]):
        sound = _few_channels(block)
        if stream is None or clicks is None:
            stream = sink.add_stream(codec, rate=rate)
            stream.layout = LAYOUTS[len(sound)]
            clicks = _Clicks(beats, rate)
        if rate != clicks.rate or LAYOUTS[len(sound)] != stream.layout.name:
            raise AudioError(f"'{song}' changes its sample rate midway; convert it to wav first")
        sound = SONG_SHARE * np.clip(np.nan_to_num(sound), -1, 1)
        sound += CLICK_SHARE * clicks.between(written, written + sound.shape[1])
        for packet in stream.encode(_frame(sound, stream, start=written)):
            sink.mux(packet)
        written += sound.shape[1]
    if stream is None:
        raise AudioError(f"'{song}' holds no sound that can be decoded; export the song again")
    for packet in stream.encode(None):
        sink.mux(packet)


def _few_channels(block: Samples) -> Samples:
    return block if len(block) in LAYOUTS else block.mean(axis=0, keepdims=True)


def _frame(sound: Samples, stream: Any, *, start: int) -> Any:
    """(channels, n), -1..1, as a frame of 16-bit samples at a place counted in samples."""
    import av

    whole = np.round(32767 * sound).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(whole.T).reshape(1, -1), format="s16", layout=stream.layout.name
    )
    frame.sample_rate, frame.pts, frame.time_base = stream.rate, start, Fraction(1, stream.rate)
    return frame


class _Clicks:
    """The click track, made where it is needed."""

    def __init__(self, beats: Sequence[Beat], rate: int) -> None:
        self.rate = rate
        self._starts = np.array([round(beat.time * rate) for beat in beats], dtype=np.int64)
        self._kinds = [beat.is_downbeat for beat in beats]
        self._sounds = {kind: _click(rate, is_downbeat=kind) for kind in (False, True)}
        self._length = len(self._sounds[False])

    def between(self, start: int, end: int) -> Samples:
        """(end - start,) samples, at most 1: where two clicks meet, the later one is heard."""
        track = np.zeros(end - start, dtype=np.float32)
        first, last = np.searchsorted(self._starts, (start - self._length + 1, end))
        for index in range(first, last):
            at = int(self._starts[index]) - start
            sound = self._sounds[self._kinds[index]][max(-at, 0) : end - start - at]
            track[max(at, 0) : max(at, 0) + len(sound)] = sound
        return track


def _click(rate: int, *, is_downbeat: bool) -> NDArray[np.float32]:
    """A sine that is loud from its first milliseconds and dies away."""
    time = np.arange(round(CLICK_SECONDS * rate)) / rate
    tone = np.cos(2 * np.pi * (DOWNBEAT_HZ if is_downbeat else BEAT_HZ) * time)
    return np.asarray(tone * np.exp(-time / DECAY_SECONDS), dtype=np.float32)
