"""What of an earlier picture a ControlNet holds fast: its edges, or how far away things are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from clavilux.providers.diffusion.extra import package

Grey = NDArray[np.float32]

BLUR = 1.4
"""Pixels, standard deviation: what is finer is texture."""
LOW, HIGH = 100 / 255, 200 / 255
"""Gradients of edges: those over HIGH, and those over LOW that hang together with them. The scale
is that on which ControlNets for canny edges were trained."""
PATCH = 14
"""Pixels: depth estimators on DINOv2 take multiples of it."""
DEPTH_SIDE = 518
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the three channels of ImageNet, with which the estimators were trained."""


def edges(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) sRGB -> (h, w), 255 on edges one pixel wide, 0 elsewhere.

    Canny, "A computational approach to edge detection", IEEE PAMI 1986: gradients of the blurred
    picture, thinned across their direction, kept where they hang together with a strong one.
    """
    grey = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    smooth = ndimage.gaussian_filter(grey, BLUR)
    across, down = ndimage.sobel(smooth, axis=1), ndimage.sobel(smooth, axis=0)
    strength = np.hypot(across, down)
    thin = strength * _is_crest(strength, across, down)
    parts, count = ndimage.label(thin > LOW, structure=np.ones((3, 3)))
    strong = np.zeros(count + 1, bool)
    strong[np.unique(parts[thin > HIGH])] = True
    strong[0] = False
    found: NDArray[np.uint8] = (strong[parts] * 255).astype(np.uint8)
    return found


def _is_crest(strength: Grey, across: Grey, down: Grey) -> NDArray[np.bool_]:
    """Where no neighbour along the gradient is stronger; its direction in steps of 45 degrees."""
    turn = np.round(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    padded = np.pad(strength, 1)
    rows, columns = strength.shape
    crest = np.zeros(strength.shape, bool)
    for number, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        after = padded[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        before = padded[1 - dy : 1 - dy + rows, 1 - dx : 1 - dx + columns]
        crest |= (turn == number) & (strength > before) & (strength >= after)
    return crest


class DepthEstimator:
    """How far away things are in a picture, by a model for that, such as Depth Anything V2."""

    def __init__(self, folder: Path, *, device: str) -> None:
        """Only safetensors are loaded, and no code of the folder's."""
        self._torch = package("torch")
        self._device = device
        load = package("transformers").AutoModelForDepthEstimation.from_pretrained
        model = load(
            str(folder), use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
        self._model: Any = model.to(device).eval()

    def depth(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(h, w, 3) sRGB -> (h, w), 255 the nearest."""
        torch, (rows, columns) = self._torch, rgb.shape[:2]
        scale = DEPTH_SIDE / min(rows, columns)
        size = [max(1, round(side * scale / PATCH)) * PATCH for side in (rows, columns)]
        picture = torch.from_numpy(rgb.astype(np.float32) / 255).permute(2, 0, 1)[None]
        resized = torch.nn.functional.interpolate(picture, size, mode="bicubic", antialias=True)
        mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (_MEAN, _DEVIATION))
        with torch.inference_mode():
            found = self._model(((resized - mean) / deviation).to(self._device)).predicted_depth
            found = torch.nn.functional.interpolate(
                found[:, None].float(), (rows, columns), mode="bilinear", align_corners=False
            )
        near: Grey = found[0, 0].cpu().numpy()
        low, high = float(near.min()), float(near.max())
        return np.round((near - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
