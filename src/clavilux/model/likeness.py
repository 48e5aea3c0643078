"""How the pictures of a video are made alike."""

from __future__ import annotations

from typing import Literal

AlikeBy = Literal["seeds", "edges", "depth", "picture"]
"""What pictures have in common beside their words: related seeds alone; the edges, or the depth, of
the picture before; or colours and masses of the video's strongest picture. What a provider cannot
do is done in the next best way."""
