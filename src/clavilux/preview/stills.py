"""The stills of a preview: which sections have theirs, and which are shown without."""

from __future__ import annotations

from concurrent.futures import Future

from clavilux import pipeline, registry
from clavilux.media.image import STILL_SUFFIX
from clavilux.model.request import ImageRequest
from clavilux.pipeline import RenderOptions
from clavilux.planning.edit import Stills
from clavilux.preview.edits import Edit
from clavilux.providers.fulfil import Fulfilled, fulfil
from clavilux.providers.making import LocalMaker, still_key
from clavilux.storage import Store

Painting = Future[tuple[Fulfilled, ...]]


class StillsToCome:
    """A section has all of its stills or none: its shots are planned by how many there are."""

    def __init__(self, edit: Edit, options: RenderOptions, store: Store) -> None:
        self._wanted: dict[str, tuple[ImageRequest, ...]] = {}
        for request in pipeline.stills_wanted(edit.spec, options):
            earlier = self._wanted.get(request.section, ())
            self._wanted[request.section] = (*earlier, request)
        self._made: dict[str, tuple[Fulfilled, ...]] = {}
        self._without: set[str] = set()
        self.painting: dict[str, Painting] = {}
        provider = registry.get("providers", options.shop.local)
        for section, requests in self._wanted.items():
            if all(store.has(still_key(provider, request), STILL_SUFFIX) for request in requests):
                self._made[section] = fulfil(requests, [LocalMaker(provider, store, workers=1)])

    @property
    def shown(self) -> frozenset[str]:
        """Sections that are to show their stills."""
        return frozenset(self._made.keys() - self._without)

    def awaited(self, sections: set[str]) -> bool:
        """Whether stills of one of these are being made, or will be, in time to be shown."""
        return bool((sections & self._wanted.keys()) - self._made.keys() - self._without)

    def go_without(self, sections: set[str]) -> None:
        """These are shown by their scenes from now on, whatever comes."""
        self._without |= sections & self._wanted.keys()

    def sources(self, *, late: bool = False) -> Stills:
        """For planning; with `late`, also those that came too late to be shown."""
        sections = self._made if late else self.shown
        return pipeline.usable(tuple(one for s in sections for one in self._made[s]))

    def next_to_paint(self) -> tuple[str, tuple[ImageRequest, ...]] | None:
        """In order of the song; last those that come too late, for the next time."""
        waiting = [s for s in self._wanted if s not in self._made and s not in self.painting]
        waiting.sort(key=lambda section: section in self._without)
        return (waiting[0], self._wanted[waiting[0]]) if waiting else None

    def collect(self) -> None:
        """Take what has been painted. Raises BrokenProcessPool where the painter was lost."""
        for section, future in list(self.painting.items()):
            if future.done():
                del self.painting[section]
                self._made[section] = future.result()

    def give_up(self) -> None:
        """Nobody paints any more."""
        self.painting.clear()
        self._without |= self._wanted.keys() - self._made.keys()
