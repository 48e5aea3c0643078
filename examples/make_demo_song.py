"""Write the demo song: one minute of synth-pop, played by numpy and scipy alone.

    python examples/make_demo_song.py song.flac
    python examples/make_demo_song.py song.mp3 --seed 7 --truth truth.json

The same seed gives the same song. Another seed plays it with other hands: new velocities, another
arpeggio, other noise; the score stays. The song itself is in the folder `demo_song`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo_song.arrangement import Arrangement, Truth
from demo_song.drumming import play_drums, play_transitions
from demo_song.mixing import Mixer, master
from demo_song.playing import play_arpeggio, play_bass, play_chords, play_melodies
from demo_song.score import SCORE, TITLE
from demo_song.synthesis import RATE


def make_song(seed: int = 1) -> tuple[NDArray[np.float32], Truth]:
    """The song, shape (2, n), float32 within -1..1 at RATE, and what is played when."""
    hands = np.random.default_rng(seed)
    song = Arrangement(SCORE)
    mixer = Mixer(song.seconds)
    for play in (
        play_drums, play_bass, play_chords, play_arpeggio, play_melodies, play_transitions,
    ):  # fmt: skip
        play(song, mixer, hands)
    mixer.ride(song)
    return master(mixer.mix(hands)).astype(np.float32), song.truth()


CODECS = {".flac": "flac", ".wav": "pcm_s16le", ".mp3": "libmp3lame", ".m4a": "aac"}


def write_song(path: Path, sound: NDArray[np.float32]) -> None:
    """Encode with the codec that the file's extension asks for."""
    import av

    with av.open(str(path), "w") as container:
        container.metadata["title"] = TITLE
        stream = container.add_stream(CODECS[path.suffix.lower()], rate=RATE, layout="stereo")
        if stream.name in ("libmp3lame", "aac"):
            stream.bit_rate = 256_000
        for start in range(0, sound.shape[1], RATE):
            block = np.ascontiguousarray(sound[:, start : start + RATE])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the demo song.")
    parser.add_argument("song", type=Path, help="a .flac, .wav, .mp3 or .m4a file")
    parser.add_argument("--seed", type=int, default=1, help="who plays (default: 1)")
    parser.add_argument("--truth", type=Path, help="also write beats and sections to this JSON")
    arguments = parser.parse_args()
    if arguments.song.suffix.lower() not in CODECS:
        parser.error(f"'{arguments.song}' must end in one of {', '.join(CODECS)}")
    sound, truth = make_song(arguments.seed)
    write_song(arguments.song, sound)
    if arguments.truth:
        arguments.truth.write_text(json.dumps(asdict(truth), indent=1) + "\n")
    print(f"{arguments.song}: {sound.shape[1] / RATE:.1f} s, {truth.tempo:g} beats per minute")


if __name__ == "__main__":
    main()
