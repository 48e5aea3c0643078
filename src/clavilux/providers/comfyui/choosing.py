"""Which graph makes a picture: the one that the user named, or the one that suits the style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clavilux.model.errors import InputError
from clavilux.model.likeness import AlikeBy
from clavilux.model.request import ImageRequest
from clavilux.providers.comfyui.graphs import Graph, load

AUTO = "auto"

BY_STYLE: Mapping[AlikeBy, str] = {
    "seeds": "sdxl",
    "edges": "sdxl_control_canny",
    "depth": "sdxl_control_depth",
    "picture": "sdxl_img2img",
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The graphs of a user."""

    usual: Graph
    """The one that he named; with none, what every server has that has SDXL."""
    first: Graph
    """For a picture that has none before it."""
    by_style: Mapping[AlikeBy, Graph]
    """For pictures that have; empty where he named one for all styles."""

    @classmethod
    def of(cls, model: str) -> Choice:
        """By what the user says for `model`. Raises InputError."""
        if model in ("", AUTO):
            graphs = {way: load(name) for way, name in BY_STYLE.items()}
            return cls(usual=graphs["seeds"], first=graphs["seeds"], by_style=graphs)
        usual = load(model)
        first = load(usual.said.without_reference) if usual.takes("reference") else usual
        if first.takes("reference"):
            raise InputError(f"the graph {first.name} cannot make the first picture")
        return cls(usual=usual, first=first, by_style={})

    @property
    def ways(self) -> tuple[AlikeBy, ...]:
        """The ways to make pictures alike among which a style may choose."""
        return tuple(way for way, graph in self.by_style.items() if graph.takes("reference"))

    @property
    def optional(self) -> tuple[Graph, ...]:
        """Those whose slots the user may set."""
        return tuple(self.by_style.values()) or (self.usual,)

    @property
    def all(self) -> tuple[Graph, ...]:
        return tuple(dict.fromkeys((self.usual, self.first, *self.by_style.values())))

    def graph_for(self, request: ImageRequest, *, referring: bool) -> Graph:
        """`referring`: whether an earlier picture is there to look at."""
        if not referring:
            return self.first
        return self.by_style.get(request.likeness, self.usual)

    def model_of(self, graph: Graph, *, asked: str) -> str:
        """What an order for a graph calls its model: a name of the user's own goes first."""
        return graph.name if self.by_style else asked
