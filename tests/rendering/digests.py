"""Draw a few small frames and tell their digests: run apart, on processors as they might be.

python tests/rendering/digests.py ocean "all effects"
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from test_reference import MIXES, STRONG

from clavilux import registry
from clavilux.rendering.compose import Renderer
from clavilux.rendering.resolve import FrameState
from support import make_layer, make_planes, make_state

WIDTH, HEIGHT = 160, 90


def states() -> dict[str, FrameState]:
    """Every scene under ordinary light, all effects strong, each transition, and both at once."""
    drawn = {
        scene: FrameState(frame=5, layers=(make_layer(scene=scene),), effects={})
        for scene in registry.names("scenes")
    }
    drawn["all effects"] = make_state(STRONG)
    for mix, (_, values) in MIXES.items():
        drawn[mix] = make_state({}, mix=mix, mix_values=values, progress=0.45)
    drawn["all at once"] = make_state(
        STRONG, mix="morph", mix_values=MIXES["morph"][1], progress=0.45
    )
    return drawn


def digests(*names: str) -> dict[str, str]:
    """Of the frames named, or of all."""
    planes = [make_planes(WIDTH, HEIGHT, seed=seed) for seed in (0, 1)]
    renderer = Renderer(WIDTH, HEIGHT, lambda source: planes[int(source.picture)])
    return {
        name: hashlib.sha256(renderer.draw(state).tobytes()).hexdigest()[:16]
        for name, state in states().items()
        if not names or name in names
    }


if __name__ == "__main__":
    print(json.dumps(digests(*sys.argv[1:])))
