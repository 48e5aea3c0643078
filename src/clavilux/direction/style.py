"""A style is taste as data: a TOML file naming scenes, palettes, effects and prompt words."""

from __future__ import annotations

import difflib
import hashlib
import math
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import BaseModel, Field, ValidationError, model_validator

from clavilux.direction.prompts import QUALITY
from clavilux.model.base import Value
from clavilux.model.color import HexColor, luminance
from clavilux.model.errors import SpecError
from clavilux.model.likeness import AlikeBy
from clavilux.model.song import Analysis, Function

Character = Literal["calm", "cool", "dark", "warm", "bright", "rich"]
"""What a palette is for; `rich` is kept for the climax."""

Quadrant = Literal["bright_strong", "bright_calm", "dark_strong", "dark_calm"]
"""A quarter of the mood plane: valence (bright, dark) and arousal (strong, calm)."""

FUNCTIONS: tuple[Function, ...] = get_args(Function)

MIN_CONTRAST = 4.5
"""Between ground and light, as a WCAG ratio: below it a picture looks like fog."""

PaletteOfFour = tuple[HexColor, HexColor, HexColor, HexColor]
"""Ground, body, light, accent."""

Words = Annotated[tuple[str, ...], Field(min_length=1)]
Strength = Annotated[float, Field(ge=0, le=4)]


def contrast(palette: tuple[str, ...]) -> float:
    """WCAG contrast ratio between the ground and the light of a palette, 1..21."""
    return (luminance(palette[2]) + 0.05) / (luminance(palette[0]) + 0.05)


class Fit(Value):
    """The kind of song a style was made for."""

    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)
    tempo: tuple[float, float]
    """Beats per minute, from and to."""
    brightness: float = Field(default=0.5, ge=0, le=1)
    """Mean of the song's spectral centroid envelope."""


class Themes(Value):
    """What is seen in one scene, at three levels of energy."""

    calm: Words
    moving: Words
    strong: Words


class Fragments(Value):
    """Prompt words about how the picture is taken, lit and made."""

    camera: Words
    light: Words
    material: Words


class Style(Value):
    """The taste of a whole video."""

    name: str = Field(min_length=1, max_length=64)
    title: str
    description: str
    global_style: str = Field(max_length=400)
    quality: str = Field(default=QUALITY, max_length=200)
    """Prompt words about workmanship, at the end of every prompt."""
    grading: float = Field(default=0.5, ge=0, le=1)
    """How strongly pictures are graded towards their section's palette; 0 leaves them alone."""
    likeness: AlikeBy = "seeds"
    """How image models on one's own machine make the pictures of a video alike."""
    likeness_reason: str = Field(default="", max_length=200)
    """Why that suits the style, for people."""
    fit: Fit
    palettes: dict[Character, PaletteOfFour] = Field(min_length=4)
    scenes: dict[Function, Words]
    """The scenes for each function of a section, best first."""
    effects: dict[str, Strength]
    """Strength per effect, 1 is the usual."""
    function_effects: dict[Function, dict[str, Strength]] = Field(default_factory=dict)
    """Where sections of one function differ from `effects`."""
    themes: dict[str, Themes]
    """By scene."""
    moods: dict[Quadrant, Words]
    fragments: Fragments

    @model_validator(mode="after")
    def _checked(self) -> Style:
        for function in FUNCTIONS:
            if function not in self.scenes:
                raise ValueError(f"[scenes] names no scene for '{function}'")
        for scene in sorted({s for names in self.scenes.values() for s in names}):
            if scene not in self.themes:
                raise ValueError(f"scene '{scene}' has no [themes.{scene}]")
        for quadrant in get_args(Quadrant):
            if quadrant not in self.moods:
                raise ValueError(f"[moods] has no '{quadrant}'")
        for name, palette in self.palettes.items():
            if contrast(palette) < MIN_CONTRAST:
                raise ValueError(
                    f"palette '{name}': ground {palette[0]} and light {palette[2]} have a contrast "
                    f"of {contrast(palette):.1f}, at least {MIN_CONTRAST} is needed"
                )
        return self

    def effects_for(self, function: Function) -> dict[str, float]:
        """Strength per effect in sections of a function."""
        return {**self.effects, **self.function_effects.get(function, {})}


def style_names() -> tuple[str, ...]:
    """Names of the built-in styles, in alphabetical order."""
    folder = resources.files("clavilux.styles")
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


def load_style(name: str) -> Style:
    """A built-in style by name, or a user's own by the path of its .toml file."""
    if name.endswith(".toml"):
        path = Path(name)
        try:
            return _parsed(path.read_text(encoding="utf-8"), name=path.stem, source=name)
        except (OSError, UnicodeDecodeError) as error:
            raise SpecError(f"style file '{name}' cannot be read: {error}") from error
    if name not in style_names():
        close = difflib.get_close_matches(name.lower().replace(" ", "_"), style_names(), n=2)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {_listed()}"
        raise SpecError(f"there is no style '{name}'; {hint}")
    return _built_in(name)


def built_in_style(name: str) -> Style | None:
    """A built-in style; None for any other name, such as a spec keeps of a user's own."""
    return _built_in(name) if name in style_names() else None


@cache
def _built_in(name: str) -> Style:
    text = (resources.files("clavilux.styles") / f"{name}.toml").read_text(encoding="utf-8")
    return _parsed(text, name=name, source=name)


def _listed() -> str:
    return ", ".join(style_names())


def _parsed(text: str, *, name: str, source: str) -> Style:
    try:
        return Style.model_validate({"name": name, **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"style '{source}' is not valid TOML: {error}") from error
    except ValidationError as error:
        raise SpecError(f"style '{source}': {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    """The first thing wrong with a style, in one line, with the nearest legal name."""
    problems = error.errors()
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    where = [str(part) for part in first["loc"] if part != "[key]"]
    legal = {"extra_forbidden": _fields_at(where[:-1]), "literal_error": _keys_at(where[:-1])}
    if first["type"] in legal:
        close = difflib.get_close_matches(where[-1], legal[first["type"]], n=2)
        hint = f"did you mean {' or '.join(close)}?" if close else "it has no meaning here"
        return f"unknown field '{'.'.join(where)}'; {hint}"
    if where[:1] == ["palettes"] and first["type"] in ("missing", "too_long"):
        return f"palette '{where[1]}' must have exactly 4 colours: ground, body, light, accent"
    message = first["msg"].removeprefix("Value error, ")
    return f"{'.'.join(where)}: {message}" if where else message


def _fields_at(where: list[str]) -> list[str]:
    tables: dict[str, type[BaseModel]] = {"fit": Fit, "fragments": Fragments, "themes": Themes}
    return list((tables[where[0]] if where and where[0] in tables else Style).model_fields)


def _keys_at(where: list[str]) -> list[str]:
    keys = {"palettes": get_args(Character), "moods": get_args(Quadrant)}
    return list(keys.get(where[0], FUNCTIONS) if where else FUNCTIONS)


def rng_for(analysis: Analysis, seed: int, *names: str) -> np.random.Generator:
    """Random numbers that depend on the seed, the song and what they are for, on nothing else."""
    text = "\0".join((str(seed), analysis.song.digest, *names))
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


def choose_style(analysis: Analysis, seed: int) -> str:
    """The built-in style for a song: among those that fit about as well, the seed decides.

    The candidates are ranked by how badly they fit, and a rank loses a random part (Gumbel noise:
    the choice is a softmax over ranks, the best with about one chance in three). So songs of one
    mood do not all look alike, and no song gets a style that is far from it.
    """
    misfit = {name: _misfit(load_style(name).fit, analysis) for name in style_names()}
    near = sorted(misfit, key=lambda name: (misfit[name], name))[:CANDIDATES]
    dice = rng_for(analysis, seed, "style").gumbel(size=len(near))
    scores = [RANK_WEIGHT * rank - float(luck) for rank, luck in enumerate(dice)]
    return near[int(np.argmin(scores))]


CANDIDATES = 4
RANK_WEIGHT = 0.3


def _misfit(fit: Fit, analysis: Analysis) -> float:
    """How far a song is from a style's own kind, 0 for a perfect fit."""
    mood = analysis.mood
    centroid = analysis.envelopes.get("centroid")
    bright = float(centroid.values.mean()) if centroid and len(centroid.values) else 0.5
    low, high = fit.tempo
    tempo = analysis.tempo
    octaves = 0.0
    if tempo > 0:
        octaves = max(0.0, math.log2(low / tempo), math.log2(tempo / high))
    return math.hypot(
        mood.valence - fit.valence,
        mood.arousal - fit.arousal,
        1.2 * octaves,
        0.6 * (bright - fit.brightness),
    )
