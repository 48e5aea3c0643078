"""The kinds of file a video goes in, as data: what FFmpeg calls them, and the sound in each."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from clavilux.model.base import Value
from clavilux.model.errors import OutputError


class Sound(Value):
    """What becomes of a song."""

    codec: str
    """FFmpeg's name of the encoder."""
    bitrate: int = 0
    """Bits per second; 0: as many as it takes."""
    rates: tuple[int, ...] = (48_000, 44_100)
    """Samples per second that are used, the first where the song's rate is a multiple of it or
    no other is left."""
    sample: str = "fltp"
    """FFmpeg's name of the sample format that the encoder is given."""
    copied: tuple[str, ...] = ()
    """Codecs of songs that are copied unchanged."""


AAC = Sound(codec="aac", bitrate=256_000, copied=("aac", "mp3"))
"""For the mp4 family: every player knows these; anything else becomes AAC."""

OPUS = Sound(codec="libopus", bitrate=192_000, rates=(48_000,), sample="flt")
"""For WebM, which allows little else, and Matroska. Opus knows no other rate than 48 kHz."""

PCM = Sound(codec="pcm_s24le", sample="s32")
"""For editing: what cutting rooms expect beside ProRes."""


class Container(Value):
    """A kind of file."""

    format: str
    """FFmpeg's name."""
    sound: Sound
    options: dict[str, str] = Field(default_factory=dict)


FASTSTART = {"movflags": "+faststart"}
"""The index comes first, so that a player can start before it has everything."""

CONTAINERS = {
    ".mp4": Container(format="mp4", sound=AAC, options=FASTSTART),
    ".m4v": Container(format="mp4", sound=AAC, options=FASTSTART),
    ".mov": Container(format="mov", sound=AAC, options=FASTSTART),
    ".webm": Container(format="webm", sound=OPUS),
    ".mkv": Container(format="matroska", sound=OPUS),
}
"""By suffix."""


def container_of(path: Path) -> Container:
    """Raises OutputError for a name that is no video's."""
    suffix = path.suffix.lower()
    if suffix not in CONTAINERS:
        raise OutputError(f"{path}: a video cannot be named so; name it .mp4")
    return CONTAINERS[suffix]


def sound_for(container: Container, picture: str) -> Sound:
    """The sound beside a picture of a codec, by its canonical name."""
    return PCM if picture == "prores" else container.sound
