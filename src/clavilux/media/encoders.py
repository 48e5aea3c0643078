"""The encoders there are, as data: what FFmpeg calls them, where they fit, what quality means.

The levels were chosen by measuring this project's own frames: docs/encoders.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from clavilux.model.base import Value
from clavilux.model.errors import InputError

Quality = Literal["draft", "standard", "master"]
QUALITIES: tuple[Quality, ...] = ("draft", "standard", "master")


class Level(Value):
    """What a quality asks of an encoder: how hard it tries, and its constant-quality value."""

    preset: str
    crf: float = 0.0


class Encoder(Value):
    """One encoder. Every segment is made by one of its own, on one thread, and starts afresh with
    a frame that refers to nothing before it, so that segments can be joined as they are."""

    name: str
    """What users type."""
    about: str
    codec: str
    """FFmpeg's name."""
    suffixes: tuple[str, ...]
    """Of the files it may go in; the first is the default."""
    levels: dict[Quality, Level]
    options: dict[str, str] = Field(default_factory=dict)
    preset_option: str = "preset"
    crf_options: dict[str, float] = Field(default_factory=lambda: {"crf": 1.0})
    """The options that take the constant-quality value, and what it is multiplied by for each."""
    pixels: str = "yuv420p"
    """FFmpeg's name of the pixel format that it is given."""
    tag: str = ""
    """The four characters that name the codec in a file, where FFmpeg's choice is not the best."""
    counted: int | None = None
    """Frames by which decoding is said to run ahead of showing, for an encoder whose own decoding
    times cannot be used."""
    coarsest: float = 0.0
    """The constant-quality value beyond which nobody would want to look."""
    step: float = 1.0
    """Constant-quality values that differ by less are the same to the encoder."""
    halving: float = 0.0
    """By how much the value has to rise, about, for the file to be half as large. 0: sizes cannot
    be aimed at."""
    device: str = ""
    """The kind of device to which FFmpeg must bring the frames."""
    needs: str = ""
    """The hardware it runs on; "" for those that run on any processor."""
    instead: str = "h264"
    """The encoder to choose where there is no such hardware."""

    @property
    def quality(self) -> Quality:
        """The level that is meant where none is named."""
        return "standard" if "standard" in self.levels else next(iter(self.levels))


MP4 = (".mp4", ".m4v", ".mov", ".mkv")
"""Where H.264 and HEVC go."""

AV1 = (".mp4", ".webm", ".mkv")

X264 = "open-gop=0:stitchable=1:threads=1:lookahead-threads=1:cpu-independent=1"
"""One thread, and the same bytes on every machine: without `cpu-independent` x264 chooses its
macroblock-tree code by processor, and the AVX-512 one lets uninitialised memory into the result."""

X265 = "open-gop=0:pools=none:frame-threads=1:wpp=0:info=0:log-level=none"
"""As for x264, and nothing printed. Without `info=0` the stream names the processor it was made on,
and would not be the same bytes on another."""

SOFTWARE = (
    Encoder(
        name="h264",
        about="H.264 by x264: plays everywhere",
        codec="libx264",
        suffixes=MP4,
        levels={
            "draft": Level(preset="superfast", crf=26),
            "standard": Level(preset="veryfast", crf=19),
            "master": Level(preset="medium", crf=15),
        },
        options={"profile": "high", "x264-params": X264},
        coarsest=42,
        step=0.1,
        halving=5.0,
    ),
    Encoder(
        name="hevc",
        about="HEVC by x265: smaller, slower; tagged so that Apple's players open it",
        codec="libx265",
        suffixes=MP4,
        levels={
            "draft": Level(preset="ultrafast", crf=26),
            "standard": Level(preset="veryfast", crf=22),
            "master": Level(preset="fast", crf=16),
        },
        options={"x265-params": X265},
        tag="hvc1",
        counted=2,  # x265 stamps a stream of one or two frames with whatever memory holds
        coarsest=44,
        step=0.1,
        halving=5.0,
    ),
    Encoder(
        name="av1",
        about="AV1 by SVT-AV1: the smallest files",
        codec="libsvtav1",
        suffixes=AV1,
        levels={
            "draft": Level(preset="12", crf=42),
            "standard": Level(preset="10", crf=28),
            "master": Level(preset="8", crf=15),
        },
        options={"svtav1-params": "lp=1"},
        coarsest=62,
        halving=9.0,
    ),
    Encoder(
        name="vp9",
        about="VP9 by libvpx: what WebM is made of",
        codec="libvpx-vp9",
        suffixes=(".webm", ".mkv", ".mp4"),
        levels={
            "draft": Level(preset="8", crf=42),
            "standard": Level(preset="5", crf=32),
            "master": Level(preset="4", crf=18),
        },
        options={
            "deadline": "good", "row-mt": "0", "threads": "1", "b": "0",
            "lag-in-frames": "25", "auto-alt-ref": "1",
        },
        preset_option="cpu-used",
        coarsest=62,
        halving=9.0,
    ),
    Encoder(
        name="prores",
        about="ProRes 422 HQ: for editing, large",
        codec="prores_ks",
        suffixes=(".mov",),
        levels={"master": Level(preset="hq")},
        options={"vendor": "apl0"},
        preset_option="profile",
        crf_options={},
        pixels="yuv422p10le",
    ),
    Encoder(
        name="prores4444",
        about="ProRes 4444: for editing, larger",
        codec="prores_ks",
        suffixes=(".mov",),
        levels={"master": Level(preset="4444")},
        options={"vendor": "apl0"},
        preset_option="profile",
        crf_options={},
        pixels="yuv444p10le",
    ),
)  # fmt: skip

FORMATS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "h264": ("H.264", MP4, ""),
    "hevc": ("HEVC", MP4, "hvc1"),
    "av1": ("AV1", AV1, ""),
}
"""What hardware writes: its name, where it goes, its tag."""


def _hardware(
    family: str,
    formats: tuple[str, ...],
    *,
    needs: str,
    presets: tuple[str, str, str],
    crfs: tuple[float, float, float],
    options: dict[str, str],
    crf_options: dict[str, float],
    av1_scale: float = 1.0,
    preset_option: str = "preset",
    pixels: str = "nv12",
    device: str = "",
) -> tuple[Encoder, ...]:
    """The encoders of one kind of chip. None makes B-frames, which not every chip can.

    `av1_scale`: how much wider its scale of quality is for AV1.
    """
    return tuple(
        Encoder(
            name=f"{fmt}_{family}",
            about=f"{FORMATS[fmt][0]} by {needs}",
            codec=f"{fmt}_{family}",
            suffixes=FORMATS[fmt][1],
            levels={
                quality: Level(preset=preset, crf=crf)
                for quality, preset, crf in zip(QUALITIES, presets, crfs, strict=True)
            },
            options=options,
            preset_option=preset_option,
            crf_options={
                option: factor * (av1_scale if fmt == "av1" else 1.0)
                for option, factor in crf_options.items()
            },
            pixels=pixels,
            tag=FORMATS[fmt][2],
            device=device,
            needs=needs,
            instead=fmt,
        )
        for fmt in formats
    )


HARDWARE = (
    *_hardware(
        "nvenc",
        ("h264", "hevc", "av1"),
        needs="an NVIDIA graphics card and its driver",
        presets=("p2", "p4", "p6"),
        crfs=(32, 24, 18),
        options={"rc": "vbr", "b": "0", "tune": "hq", "bf": "0", "forced-idr": "1"},
        crf_options={"cq": 1},
        av1_scale=63 / 51,
        pixels="yuv420p",
    ),
    *_hardware(
        "qsv",
        ("h264", "hevc", "av1"),
        needs="an Intel graphics chip with Quick Sync and its driver (oneVPL)",
        presets=("veryfast", "medium", "slow"),
        crfs=(32, 24, 18),
        options={"bf": "0"},
        crf_options={"global_quality": 1},
    ),
    *_hardware(
        "amf",
        ("h264", "hevc", "av1"),
        needs="an AMD graphics card and its driver (AMF)",
        presets=("speed", "balanced", "quality"),
        crfs=(32, 24, 18),
        options={"usage": "transcoding", "rc": "cqp", "bf": "0"},
        crf_options={"qp_i": 1, "qp_p": 1},
        av1_scale=5,
        preset_option="quality",
    ),
    *_hardware(
        "vaapi",
        ("h264", "hevc", "av1"),
        needs="a graphics chip with a VA-API driver (Linux)",
        presets=("7", "4", "1"),
        crfs=(32, 24, 18),
        options={"rc_mode": "CQP", "bf": "0"},
        crf_options={"global_quality": 1},
        av1_scale=5,
        preset_option="compression_level",
        device="vaapi",
    ),
    *_hardware(
        "videotoolbox",
        ("h264", "hevc"),
        needs="a Mac with Apple's own chip",
        presets=("1", "0", "0"),
        crfs=(45, 65, 80),
        options={"flags": "+qscale", "bf": "0"},
        crf_options={"global_quality": 118},
        preset_option="prio_speed",
    ),
)

ENCODERS: dict[str, Encoder] = {encoder.name: encoder for encoder in (*SOFTWARE, *HARDWARE)}

USUAL = {".mp4": "h264", ".m4v": "h264", ".mov": "h264", ".mkv": "h264", ".webm": "vp9"}
"""The encoder of a file whose maker did not ask for one."""


def encoder_named(name: str) -> Encoder:
    """Raises InputError for a name that is not in the table."""
    if name not in ENCODERS:
        raise InputError(f"there is no encoder '{name}'; choose {', '.join(ENCODERS)}")
    return ENCODERS[name]


def check_fit(encoder: Encoder, output: Path) -> None:
    """Raises InputError where an encoder's video cannot go in a file of that name."""
    suffix = output.suffix.lower()
    if suffix not in USUAL:
        raise InputError(f"{output}: a video cannot be named so; name it {either(*USUAL)}")
    if suffix not in encoder.suffixes:
        fitting = [e.name for e in SOFTWARE if suffix in e.suffixes]
        raise InputError(
            f"{output}: {encoder.name} does not fit {suffix}; name it "
            f"{either(*encoder.suffixes)}, or choose --encoder {either(*fitting)}"
        )


def either(*names: str) -> str:
    """ "a, b or c"."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last
