"""The song that the benches listen to: the demo song, once, or over and over."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def demo_song(folder: Path) -> Path:
    """The demo song, a minute long, as FLAC."""
    return _elsewhere(_write_once, folder / "demo.flac")


def looped_song(path: Path, minutes: float) -> Path:
    """The demo song over and over, as an MP3 of 192 kbit/s."""
    return _elsewhere(_write_looped, path, minutes)


def _elsewhere(write, path: Path, *rest: float) -> Path:  # type: ignore[no-untyped-def]
    """Made in another process: the memory of this one would count as its children's."""
    maker = multiprocessing.get_context("spawn").Process(target=write, args=(path, *rest))
    maker.start()
    maker.join()
    if maker.exitcode:
        sys.exit(f"error: the song {path} could not be made")
    return path


def _write_once(path: Path) -> None:
    sys.path.insert(0, str(EXAMPLES))
    import make_demo_song

    make_demo_song.write_song(path, make_demo_song.make_song()[0])


def _write_looped(path: Path, minutes: float) -> None:
    import av
    import numpy as np

    sys.path.insert(0, str(EXAMPLES))
    import make_demo_song

    once = make_demo_song.make_song()[0].astype(np.float32)
    rate = make_demo_song.RATE
    length = round(minutes * 60 * rate)
    with av.open(str(path), "w", options={"write_xing": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="stereo")
        stream.bit_rate = 192_000
        for first in range(0, length, once.shape[1]):
            part = np.ascontiguousarray(once[:, : length - first])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = rate, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
