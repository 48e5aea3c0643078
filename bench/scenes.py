"""What each tier-1 scene takes per frame: with everything, and the scene alone.

    python bench/scenes.py [--preset youtube] [--frames 12] [--only WORD] [--json]

Every scene stands in one section of a plan made for the demo song, with the effects that a section
has by itself. Medians over frames of core-milliseconds of this process, kernels compiled before.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median

from clavilux import pipeline, registry
from clavilux.model.spec import PRESETS, RenderSpec
from clavilux.model.timeline import SceneSource, Timeline
from clavilux.rendering.compose import Renderer, draw_scene
from clavilux.rendering.picture import Planes
from clavilux.storage import Store
from demosong import demo_song
from drawing import sample
from measuring import timed
from tables import table

Figures = dict[str, float]


def main() -> None:
    chosen = _arguments()
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as folder:
        found = bench(chosen, Path(folder))
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    size = PRESETS[chosen.preset]
    header = [f"scene, {size.width}x{size.height}", "whole frame", "scene alone", "the rest"]
    rows = [
        (name, f["whole frame"], f["scene alone"], f["whole frame"] - f["scene alone"])
        for name, f in sorted(found.items(), key=lambda item: -item[1]["whole frame"])
    ]
    print(f"core-ms per frame, medians of {chosen.frames}\n\n{table(header, rows)}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", default="youtube", choices=PRESETS)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--only", default="", help="scenes with this in their name")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def bench(chosen: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """Core-ms per frame by scene."""
    options = pipeline.RenderOptions(
        style="oil_painting", tier=1, preset=PRESETS[chosen.preset], allow_flashing=True
    )
    spec, analysis = pipeline.direct(demo_song(folder), options, Store(folder / "store"))
    found = {}
    for name in registry.names("scenes"):
        if chosen.only in name:
            timeline = pipeline.plan(_all_of(spec, name), analysis, options, stills={})
            found[name] = measure(timeline, chosen.frames)
    return found


def _all_of(spec: RenderSpec, scene: str) -> RenderSpec:
    """Every section drawn by one scene, and none by stills."""
    changed = {"scene": scene, "tier": 1, "stills": 0, "transition": "cut"}
    sections = tuple(section.model_copy(update=changed) for section in spec.sections)
    return spec.model_copy(update={"sections": sections})


def measure(timeline: Timeline, count: int) -> Figures:
    """Medians over frames evenly in the timeline, each drawn whole and then the scene alone."""
    renderer = Renderer(timeline.width, timeline.height, _no_still)
    states = sample(timeline, count)
    renderer.draw(states[0])
    whole, alone = [], []
    for state in states:
        layer = state.layers[0]
        assert isinstance(layer.source, SceneSource)
        whole.append(timed(lambda s=state: renderer.draw(s)))  # type: ignore[misc]
        alone.append(
            timed(lambda s=layer: draw_scene(s, s.source, timeline.width, timeline.height))  # type: ignore[misc]
        )
    return {"whole frame": 1000 * median(whole), "scene alone": 1000 * median(alone)}


def _no_still(source: object) -> Planes:
    raise AssertionError("scenes need no stills")


if __name__ == "__main__":
    main()
