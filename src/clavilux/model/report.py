"""What a render did: the file that lies beside the video."""

from __future__ import annotations

from clavilux.model.base import Value
from clavilux.model.consistency import ConsistencyReport
from clavilux.model.spec import Preset, RenderSpec


class SectionReport(Value):
    """Which tier drew a section, and why."""

    label: str
    start: float
    end: float
    asked_tier: int
    drawn_tier: int
    why: str
    pictures: int
    """Stills shown (tier 2) or compositions of the scene (tier 1)."""


class SyncReport(Value):
    """The finished file, measured: see media/receipt.py."""

    frames: int
    expected_frames: int
    decoded: int = 0
    """How many frames were decoded to see that the file shows what was drawn; all of them where it
    did not."""
    video_start_ms: float
    audio_start_ms: float
    """First audible sample on the file's clock; the song's is at 0."""
    duration_difference_ms: float
    """End of the picture, as found in the file, minus length of the song."""
    audio_difference_ms: float = 0.0
    """End of the sound, as found in the file, minus length of the song. A codec pads its last
    packet, so up to some 40 ms more is usual."""
    accents_planned: int
    accents_found: int
    accent_median_ms: float | None
    """Distance between a planned beat accent and the rise of light found in the picture."""
    accent_p95_ms: float | None


class FlashReport(Value):
    """Flashes in the worst second of the finished file (WCAG 2.x, ITU-R BT.1702)."""

    limited: bool
    """Whether the plan was kept within the limit."""
    general_flashes: float
    red_flashes: float
    limit: int = 3
    passed: bool
    worst_second: float | None = None
    """Where the most flashes are, in seconds."""


class EncodingReport(Value):
    """How the picture was encoded: see media/encoders.py."""

    encoder: str
    quality: str
    """draft, standard or master; "" for settings that are none of these."""
    preset: str
    crf: float
    """The constant-quality value on the encoder's own scale: as the quality has it, or coarser
    where the file would have been too large."""
    max_size: int | None = None
    """Bytes that the file was allowed."""
    size: int = 0
    """Bytes of the finished file."""
    passes: int = 1
    """How often everything was encoded."""


class Choices(Value):
    """What was asked for beside the spec."""

    preset: Preset
    start: float = 0.0
    duration: float | None = None
    """Of the part that was rendered, in seconds; None for all that follows."""
    allow_flashing: bool = False
    images: tuple[str, ...] = ("painter",)
    """The image providers, in the order they were asked."""
    encoder: str = "h264"
    encoder_preset: str = ""
    crf: float = 0.0
    max_size: int | None = None


class PictureReport(Value):
    """One still: who made it, of what words, for how much."""

    section: str
    index: int
    provider: str
    """"" where nobody could make it."""
    model: str = ""
    prompt: str = ""
    """The exact text that was sent to an image model."""
    cost: float = 0.0
    """US dollars paid in this render."""
    reused: bool = False
    given_up: tuple[str, ...] = ()
    """What was asked for and the provider cannot do."""
    notes: tuple[str, ...] = ()


class MoneyReport(Value):
    """What pictures cost, in US dollars: see `clavilux spend`."""

    budget: float
    """For all pictures of this song, those before too."""
    paid: float
    """In this render."""
    spent: float
    """For this song in all."""
    in_doubt: float
    """Counted, because it may have been billed: calls that broke off."""


class RenderReport(Value):
    """song.report.json."""

    output: str
    song: str
    song_digest: str
    spec_digest: str
    timeline_digest: str
    style: str
    seed: int
    preset: str
    rate: str
    sections: tuple[SectionReport, ...]
    notices: tuple[str, ...]
    """What the user should know: fall-backs, limits that were reached."""
    encoding: EncodingReport | None = None
    audio: str
    """copied, encoded or none."""
    segments: int
    segments_reused: int
    stills: int
    stills_reused: int
    pictures: tuple[PictureReport, ...] = ()
    money: MoneyReport | None = None
    """None where nothing was to be paid."""
    consistency: ConsistencyReport | None = None
    """Of the pictures that came from outside."""
    spec: RenderSpec | None = None
    """What was rendered, to be rendered again: `clavilux retry`."""
    choices: Choices | None = None
    """The rest of what decides a render."""
    seconds: dict[str, float]
    """Wall time by stage."""
    sync: SyncReport
    flash: FlashReport
    versions: dict[str, str]
