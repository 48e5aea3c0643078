"""How near the engine comes to the float64 reference of the tests: a table, and a sheet to look at.

    python bench/quality.py [--size 960x540] [--sheet out/quality.png] [--only WORD] [--json]

Every effect alone and all together, in the ordinary and strong settings of the tests, on the tests'
picture (soft and sharp edges, small lights); then frames of the demo song's video. PSNR in dB of
luma, and of the worse chroma plane. The sheet shows the strong ones, and ordinary ones that
fall short: reference, ours, and eight times the difference.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from clavilux import pipeline
from clavilux.media.image import StillLoader
from clavilux.media.sheet import contact_sheet
from clavilux.model.spec import PRESETS
from clavilux.model.timeline import StillSource
from clavilux.planning.edit import Part
from clavilux.rendering.compose import Renderer, noise_tile, to_rgb
from clavilux.rendering.picture import Planes
from clavilux.rendering.resolve import FrameState, resolve
from clavilux.storage import Store
from demosong import demo_song
from tables import table

TESTS = Path(__file__).parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "rendering")]
import reference  # noqa: E402
from test_reference import LEAST, LEAST_STRONG, state_of  # noqa: E402

from support import make_planes  # noqa: E402

LUMA, CHROMA = 42.0, 40.0
"""dB that an ordinary frame should reach: then nobody sees a difference."""

DEMO_SECONDS, DEMO_FRAMES = 30.0, 12


@dataclass(frozen=True)
class Compared:
    """One frame, drawn twice."""

    case: str
    settings: str
    luma: float
    chroma: float
    """PSNR, dB; of the worse plane."""
    ours: NDArray[np.uint8]
    """yuv420p in one array, as the reference's, which is rounded."""
    exact: NDArray[np.uint8]

    @property
    def below(self) -> bool:
        """Whether it misses what an ordinary frame should reach."""
        return self.settings == "ordinary" and (self.luma < LUMA or self.chroma < CHROMA)


def main() -> None:
    chosen = _arguments()
    width, height = chosen.size
    found = [c for c in of_the_tests(width, height) if chosen.only in c.case]
    if chosen.demo:
        found += of_the_demo(width, height)
    if chosen.sheet:
        show([c for c in found if c.settings == "strong" or c.below], chosen.sheet)
    if chosen.json:
        print(json.dumps([[c.case, c.settings, c.luma, c.chroma] for c in found]))
        return
    print(f"PSNR against the reference, dB, {width}x{height}\n\n{_table(found)}")
    if chosen.sheet:
        print(f"\nsheet: {chosen.sheet}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=_size, default=(960, 540), help="such as 960x540")
    parser.add_argument("--sheet", type=Path, help="write a PNG or JPEG of the strong ones")
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="without frames of the demo video"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def of_the_tests(width: int, height: int) -> Iterator[Compared]:
    """The cases of tests/rendering/test_reference.py."""
    planes = [make_planes(width, height, seed=seed) for seed in (0, 1)]
    for settings, cases in (("ordinary", LEAST), ("strong", LEAST_STRONG)):
        for case in cases:
            state = state_of(case, strong=settings == "strong")
            shown = planes[: len(state.layers)]
            yield compare(case, settings, state, shown, width=width, height=height)


def of_the_demo(width: int, height: int) -> list[Compared]:
    """Frames all over the beginning of the demo song's video, painted stills, one in a mix at
    least where there are any."""
    with tempfile.TemporaryDirectory(prefix="clavilux-bench-") as name:
        preset = PRESETS["preview"].model_copy(update={"width": width, "height": height})
        options = pipeline.RenderOptions(
            style="oil_painting", tier=2, preset=preset, part=Part(0.0, DEMO_SECONDS)
        )
        store = Store(Path(name) / "store")
        spec, analysis = pipeline.direct(demo_song(Path(name)), options, store)
        stills = pipeline.usable(pipeline.paint(spec, options, store))
        timeline = pipeline.plan(spec, analysis, options, stills=stills)
        loader = StillLoader(store, width, height)
        numbers = list(range(7, timeline.frames, timeline.frames // DEMO_FRAMES))
        mixes = [(t.span.start + t.span.end) // 2 for t in timeline.transitions if len(t.span)]
        numbers += [n for n in mixes if 0 <= n < timeline.frames][:2]
        compared = []
        for number in numbers:
            state = resolve(timeline, number)
            sources = [s.source for s in state.layers]
            planes = [loader(source) for source in sources if isinstance(source, StillSource)]
            case = f"demo video, {state.mix or 'one picture'}"
            compared.append(compare(case, "ordinary", state, planes, width=width, height=height))
        return compared


def compare(
    case: str, settings: str, state: FrameState, planes: list[Planes], *, width: int, height: int
) -> Compared:
    """Draw a frame with the engine and with the reference."""
    pictures = dict(zip([s.source for s in state.layers], planes, strict=True))
    ours = Renderer(width, height, lambda source: pictures[source]).draw(state)
    exact = reference.draw(state, planes, width=width, height=height, tile=noise_tile(width))
    chroma = ours[height:].reshape(2, height // 2, width // 2)
    rounded = np.concatenate([np.round(plane).ravel() for plane in exact]).astype(np.uint8)
    return Compared(
        case=case,
        settings=settings,
        luma=reference.psnr(ours[:height], exact[0]),
        chroma=min(reference.psnr(chroma[k], exact[1 + k]) for k in (0, 1)),
        ours=ours,
        exact=rounded.reshape(ours.shape),
    )


def _table(found: list[Compared]) -> str:
    """A row per case; frames of the demo video are put together, the worst and the median."""
    rows: list[tuple[str, str, float, float, str]] = []
    for case, settings in dict.fromkeys((c.case, c.settings) for c in found):
        some = [c for c in found if (c.case, c.settings) == (case, settings)]
        luma, chroma = min(c.luma for c in some), min(c.chroma for c in some)
        below = any(c.below for c in some)
        worst = f", worst of {len(some)}" if len(some) > 1 else ""
        rows.append((case + worst, settings, luma, chroma, "below" if below else ""))
        if worst:
            middle = median(c.luma for c in some), median(c.chroma for c in some)
            rows.append((f"{case}, median", settings, *middle, ""))
    header = ["case", "settings", "luma", "chroma", f"{LUMA:g} / {CHROMA:g} dB"]
    return table(header, rows)


def show(compared: list[Compared], path: Path) -> None:
    """A sheet: the reference, ours, and eight times how far they are apart, a row per frame."""
    tiles = []
    for c in compared:
        exact, ours = to_rgb(c.exact), to_rgb(c.ours)
        apart = np.clip(8 * np.abs(ours.astype(int) - exact), 0, 255).astype(np.uint8)
        tiles += [
            (f"{c.case}, {c.settings}: reference", exact),
            (f"ours: {c.luma:.1f} dB luma, {c.chroma:.1f} dB chroma", ours),
            ("difference x 8", apart),
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(tiles, path, columns=3)


if __name__ == "__main__":
    main()
