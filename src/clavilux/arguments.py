"""The command line's options, declared once, and what people type into them as values."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clavilux.model.errors import InputError

if TYPE_CHECKING:
    from clavilux.media.encode import EncoderSettings
    from clavilux.model.correction import Correction
    from clavilux.model.spec import Tier
    from clavilux.pipeline import RenderOptions

Source = Annotated[
    Path, typer.Argument(help="A song (mp3, flac, wav, ogg, m4a...) or a spec.yaml.")
]
SongFile = Annotated[Path, typer.Argument(help="A song (mp3, flac, wav, ogg, m4a...).")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where to write; beside the song by default.")
]
StyleName = Annotated[str, typer.Option("--style", help="A name from `clavilux styles`, or auto.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed, another video.")]
TierChoice = Annotated[
    str,
    typer.Option("--tier", help="1 moving scenes, 2 stills in motion, 3 AI video; auto mixes."),
]
PresetName = Annotated[
    str, typer.Option("--preset", help="youtube, vertical, square, 4k, preview or canvas.")
]
Fps = Annotated[str, typer.Option("--fps", help="24, 25, 30, 60 or a fraction like 30000/1001.")]
Start = Annotated[str, typer.Option("--start", help="Where to begin: seconds, or 1:23.")]
Duration = Annotated[str, typer.Option("--duration", help="How long: seconds, or 0:30.")]
Flashing = Annotated[
    bool, typer.Option("--allow-flashing", help="Turn the photosensitivity limiter off.")
]
Tracker = Annotated[
    str,
    typer.Option("--tracker", help="Who hears the beats: pointer, or beat-this if installed."),
]
Images = Annotated[
    str,
    typer.Option(
        "--images",
        help="Who makes the stills: painter, openai, gemini, bfl, fal, stability; on your own "
        "machine comfyui, diffusers; several, with commas, stand in for each other.",
    ),
]
Budget = Annotated[
    str,
    typer.Option(
        "--budget", help="US dollars that this song may cost in all: pictures, plans, revisions."
    ),
]
Again = Annotated[
    bool,
    typer.Option(
        "--again", help="Buy also what may have been paid already, but is lost or never came."
    ),
]
Director = Annotated[
    str,
    typer.Option(
        "--director",
        help="Who decides how it looks: rules, or a language model: openai, anthropic, or your "
        "own server's name.",
    ),
]
Brief = Annotated[
    str, typer.Option("--brief", help="What you would like to see, for a director that can read.")
]
LyricsFile = Annotated[
    Path | None, typer.Option("--lyrics", help="What is sung, for the same: .lrc or plain text.")
]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Drawing processes; 0: one a core.")]
EncoderName = Annotated[
    str,
    typer.Option(
        "--encoder",
        help="h264, hevc, av1, vp9, prores, prores4444, or hardware: see `clavilux doctor`.",
    ),
]
QualityName = Annotated[
    str, typer.Option("--quality", help="draft (quick and small), standard, or master.")
]
MaxSize = Annotated[
    str, typer.Option("--max-size", help="The file is never larger than this: 25M, 100MB, 1.5G.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

# --- Corrections -----------------------------------------------------------------------------

PANEL = "Where it heard wrong"


def _correcting(*names: str, about: str, **limits: Any) -> Any:
    return typer.Option(*names, help=about, rich_help_panel=PANEL, **limits)


FLAGS: dict[str, Any] = {
    "beat_offset": Annotated[
        float | None,
        _correcting("--beat-offset", about="Milliseconds by which all beats move; later is +."),
    ],
    "tempo_scale": Annotated[
        float | None,
        _correcting("--tempo-scale", about="2 doubles the beats, 0.5 halves them; 4, 0.25."),
    ],
    "downbeat_shift": Annotated[
        int | None,
        _correcting("--downbeat-shift", about="Beats by which all bar lines move; later is +."),
    ],
    "meter": Annotated[int | None, _correcting("--meter", about="Beats per bar.", min=1, max=16)],
    "taps": Annotated[
        Path | None, _correcting("--taps", about="A text file of beat times, from a downbeat on.")
    ],
    "tempo_map": Annotated[
        Path | None,
        _correcting("--tempo-map", about="A text file of lines '0:12.5 128': time and tempo."),
    ],
    "sections": Annotated[
        Path | None,
        _correcting(
            "--sections", about="A text file of lines '1:23.5 chorus', or Audacity labels."
        ),
    ],
    "alternative": Annotated[
        str,
        _correcting("--alternative", about="Another reading that `clavilux analyze` lists."),
    ],
}
"""The options that say where the analysis is wrong, by the name of their field."""


@dataclass(frozen=True)
class Corrections:
    """What a user says of rhythm and sections on the command line."""

    correction: Correction
    alternative: str

    @property
    def any(self) -> bool:
        return bool(self.correction.model_fields_set or self.alternative)


def takes_corrections(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command FLAGS. Its own parameter `corrections` gets what they say, files read."""

    @functools.wraps(command)
    def called(**given: Any) -> None:
        said = {name: given.pop(name) for name in FLAGS}
        command(**given, corrections=_read_corrections(**said))

    own = inspect.signature(command, eval_str=True)
    parameters = [p for p in own.parameters.values() if p.name != "corrections"]
    defaults = {name: "" if name == "alternative" else None for name in FLAGS}
    parameters += [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=a
        )
        for name, a in FLAGS.items()
    ]
    called.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called


def _read_corrections(*, alternative: str, **said: Any) -> Corrections:
    from pydantic import ValidationError

    from clavilux.labels import read_sections, read_taps, read_tempo_map
    from clavilux.model.correction import Correction

    readers: dict[str, Callable[[Path], Any]] = {
        "taps": read_taps,
        "tempo_map": read_tempo_map,
        "sections": read_sections,
    }
    fields = {
        name: readers[name](value) if name in readers else value
        for name, value in said.items()
        if value is not None
    }
    try:
        return Corrections(Correction(**fields), alternative.strip())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        flag = "".join(f"--{str(part).replace('_', '-')}: " for part in first["loc"][:1])
        raise InputError(f"{flag}{first['msg'].removeprefix('Value error, ')}") from None


# --- What people type ------------------------------------------------------------------------


def money(text: str, name: str) -> int:
    """US dollars as people write them, in millionths. Raises InputError naming the option."""
    from clavilux.model.money import micros

    try:
        usd = float(text.strip().removeprefix("$"))
    except ValueError:
        usd = -1.0
    if not 0 <= usd < 1e9:
        raise InputError(f"{name} {text}: write US dollars, such as 2.50")
    return micros(usd)


def names_in(text: str) -> tuple[str, ...]:
    """ "openai, painter" -> the names, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def render_options(
    *,
    style: str,
    seed: int,
    tier: str,
    corrections: Corrections | None = None,
    tracker: str = "",
    preset: str = "youtube",
    fps: str = "",
    start: str = "0",
    duration: str = "",
    allow_flashing: bool = False,
    encoder: EncoderSettings | None = None,
    fast: bool = False,
    max_size: str = "",
    workers: int = 0,
) -> RenderOptions:
    """The options of a render. Raises InputError with the option that is wrong."""
    from clavilux import pipeline
    from clavilux.media.encode import EncoderSettings
    from clavilux.model.spec import PRESETS
    from clavilux.model.time import FrameRate
    from clavilux.settings import Settings

    if preset not in PRESETS:
        raise InputError(f"there is no preset '{preset}'; choose {', '.join(PRESETS)}")
    usual, shape = encoder or EncoderSettings(), PRESETS[preset]
    if fps:
        try:
            shape = shape.model_copy(update={"rate": FrameRate.parse(fps)})
        except ValueError as error:
            raise InputError(f"--fps: {error}") from None
    options = pipeline.RenderOptions(
        style=style,
        seed=seed,
        tier=_tier(tier),
        preset=shape,
        allow_flashing=allow_flashing,
        **_corrected(corrections),
        tracker=tracker,
        encoder=EncoderSettings(preset="ultrafast", crf=24) if fast else usual,
        max_size=size(max_size) if max_size else None,
        workers=workers or Settings.read().workers,
    )
    length = seconds(duration, "--duration") if duration else None
    return pipeline.with_part(options, seconds(start, "--start"), length)


def _corrected(corrections: Corrections | None) -> dict[str, Any]:
    if corrections is None:
        return {}
    return {"correction": corrections.correction, "alternative": corrections.alternative}


def encoding(encoder: str, quality: str, output: Path | None) -> EncoderSettings:
    """What --encoder and --quality say. Without an encoder, the output's suffix decides."""
    from clavilux.media.encode import EncoderSettings
    from clavilux.media.encoders import QUALITIES, USUAL

    if quality and quality not in QUALITIES:
        raise InputError(f"there is no quality '{quality}'; choose {', '.join(QUALITIES)}")
    suffix = output.suffix.lower() if output is not None else ".mp4"
    level = next((known for known in QUALITIES if known == quality), None)
    return EncoderSettings.at(encoder or USUAL.get(suffix, "h264"), level)


def size(text: str) -> int:
    """ "100M", "25 MB" or "1.5G" to bytes: decimal units, as shops and mail servers count."""
    matched = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+) ?([KMG])B?", text.strip(), re.IGNORECASE)
    if matched is None:
        raise InputError(
            f"--max-size '{text}' is not a size; write 900K, 25M, 100MB or 1.5G "
            "(1M is 1,000,000 bytes)"
        )
    found = int(float(matched[1]) * {"K": 10**3, "M": 10**6, "G": 10**9}[matched[2].upper()])
    if not 0 < found <= 10**13:
        raise InputError(f"--max-size '{text}' is out of range")
    return found


def _tier(text: str) -> Tier | None:
    tiers: dict[str, Tier | None] = {"auto": None, "1": 1, "2": 2, "3": 3}
    if text not in tiers:
        raise InputError(f"there is no tier '{text}'; choose auto, 1, 2 or 3")
    return tiers[text]


def seconds(text: str, what: str) -> float:
    """ "83.5" or "1:23.5" or "1:02:03" to seconds."""
    try:
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
    except ValueError:
        raise InputError(
            f"{what} '{text}' is not a time; write seconds or minutes:seconds"
        ) from None
    if not 0 <= total < 1e6:
        raise InputError(f"{what} '{text}' is out of range")
    return total
