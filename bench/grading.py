"""What grading costs, and what it does: colour distances before and after.

    python bench/grading.py [--runs 5] [--only WORD] [--sheet out/grading.png] [--json]

Time: core-ms for random pictures of the usual sizes, compiled before. Effect: pictures that the
embedded painter made for one style are graded towards the palettes of another, as if an image model
had ignored the colours it was told, at the strength of that style; distances are in OKLab units
(providers/consistency.py): 0.02 is just seen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from clavilux.direction.style import Style, load_style, style_names
from clavilux.media.sheet import contact_sheet
from clavilux.model.request import ImageRequest
from clavilux.providers.consistency import Graded, colors_of, consistency
from clavilux.providers.grade import grade
from clavilux.providers.painter import Painter
from measuring import timed
from tables import table

Figures = dict[str, float | None]
Rgb = NDArray[np.uint8]

SIZES = ((1280, 720), (2048, 1152), (3840, 2160))
TILE = (320, 180)


def main() -> None:
    chosen = _arguments()
    times = {f"{w}x{h}": _time(w, h, runs=chosen.runs) for w, h in SIZES}
    effects, tiles = _effects(chosen.only)
    if chosen.sheet:
        contact_sheet(tiles, chosen.sheet, columns=8)
    if chosen.json:
        print(json.dumps({"core_ms": times, "styles": effects}, indent=2))
        return
    print(f"core-ms per picture, medians of {chosen.runs}\n")
    print(table(["size", "grade"], list(times.items())) + "\n")
    header = ["style", "strength", "neighbours", "after", "from palette", "after"]
    print(table(header, [(name, *f.values()) for name, f in effects.items()], digits=3) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="styles with this in their name")
    parser.add_argument("--sheet", type=Path, help="write the pictures before and after")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _time(width: int, height: int, *, runs: int) -> float:
    palette = load_style("neon_city").palettes["rich"]
    picture = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    grade(picture[:9, :9], palette, strength=0.5)
    return 1000 * median(timed(lambda: grade(picture, palette, strength=0.5)) for _ in range(runs))


def _effects(only: str) -> tuple[dict[str, Figures], list[tuple[str, Rgb]]]:
    """Figures per style, and the pictures: four before, the same four after."""
    styles = [load_style(name) for name in style_names()]
    figures: dict[str, Figures] = {}
    tiles: list[tuple[str, Rgb]] = []
    for index, style in enumerate(styles):
        if only not in style.name:
            continue
        palettes = list(style.palettes.values())[:4]
        raw = _pictures(styles[(index + 5) % len(styles)])
        done = [grade(p, q, strength=style.grading) for p, q in zip(raw, palettes, strict=True)]
        report = consistency(
            [
                Graded(colors_of(before), colors_of(after), palette)
                for before, after, palette in zip(raw, done, palettes, strict=True)
            ]
        )
        assert report is not None
        figures[style.name] = {
            "strength": style.grading,
            **report.model_dump(exclude={"pictures"}),
        }
        tiles += [(f"{style.name}, before", p) for p in raw]
        tiles += [(f"after, {style.grading}", p) for p in done]
    return figures, tiles


def _pictures(style: Style) -> list[Rgb]:
    scenes = list(style.themes)
    return [
        Painter()
        .generate(
            ImageRequest(
                section="bench",
                index=0,
                prompt="",
                width=TILE[0],
                height=TILE[1],
                seed=seed,
                scene=scenes[seed % len(scenes)],
                palette=palette,
                energy=0.7,
            )
        )
        .rgb
        for seed, palette in enumerate(list(style.palettes.values())[-4:])
    ]


if __name__ == "__main__":
    main()
