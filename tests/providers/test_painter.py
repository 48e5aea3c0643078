"""The embedded painter paints the scene that the prompt asks for, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from clavilux.model.request import ImageRequest
from clavilux.providers.painter import Painter, scene_for
from support import PlainScene

pytestmark = pytest.mark.usefixtures("plain_scene")


def paint(seed: int = 1, width: int = 96, height: int = 54) -> tuple[np.ndarray, np.ndarray]:
    still = Painter().generate(
        ImageRequest(
            section="verse_1", index=0, prompt="plain bands", width=width, height=height, seed=seed,
            scene="plain", palette=("#0B0B1A", "#4A1E8A", "#FF7A59", "#FFE9C7"), energy=0.5,
        )
    )  # fmt: skip
    assert still.depth is not None
    return still.rgb, still.depth


def test_the_same_request_gives_the_same_pixels_and_another_seed_others() -> None:
    (rgb, depth), (again, _), (other, _) = paint(), paint(), paint(seed=2)
    assert rgb.shape == (54, 96, 3) and rgb.dtype == depth.dtype == np.uint8
    assert (rgb == again).all()
    assert np.abs(rgb.astype(int) - other).mean() > 10
    assert rgb.std() > 10 and depth.std() > 10


def test_stills_have_the_shape_that_is_asked_for() -> None:
    assert paint(width=54, height=96)[0].shape == (96, 54, 3)


@pytest.mark.parametrize(
    ("prompt", "usual", "scene"),
    [
        ("a wild ocean under the moon", "plain", "ocean"),
        ("nebula and stars", "ocean", "nebula"),
        ("plain words", "plain", "plain"),
        ("nothing that anybody knows", "plain", "plain"),
        ("Nebula, OCEAN", "ocean", "ocean"),
    ],
)
def test_the_prompts_words_choose_the_scene(prompt: str, usual: str, scene: str) -> None:
    assert PlainScene.words == ("plain",)
    assert scene_for(prompt, usual=usual) == scene
