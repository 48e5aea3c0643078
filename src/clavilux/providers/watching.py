"""How far the pictures of a run are: from orders to requests, and from all of them to one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from clavilux.interfaces import Step
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest

OnPicture = Callable[[ImageRequest, Step], None]
"""Told, from several threads, how far the picture of a request is."""

ALMOST = 0.99
"""Of a picture that is not there yet: only what can be shown is done."""

LONGEST_SECTION, LONGEST_WORDS = 14, 21
"""Characters that are shown of a section's name, and of what is done for its picture: a line of 80
has room for both."""


class Watch:
    """Whoever makes pictures knows orders; here it is known what they are for."""

    def __init__(
        self, tell: OnPicture = lambda request, step: None, *, first: Step | None = None
    ) -> None:
        """`first`: what is told of a seller that does not tell by itself."""
        self._tell, self._first = tell, first
        self._requests: dict[str, ImageRequest] = {}
        self._lock = Lock()

    @contextmanager
    def at(self, order: Order, request: ImageRequest) -> Iterator[None]:
        """While this lasts, steps of the order are told as those of the request."""
        with self._lock:
            self._requests[order.key] = request
        if self._first is not None:
            self(order.key, self._first)
        try:
            yield
        finally:
            with self._lock:
                self._requests.pop(order.key, None)

    def __call__(self, key: str, step: Step) -> None:
        """A step of an order, by its key; silence where nobody waits for it any more."""
        with self._lock:
            request = self._requests.get(key)
            if request is None:
                return
            try:
                self._tell(request, step)
            except Exception:  # a display's mistake must not cost the picture
                return


class Painting:
    """All pictures of a run, as two numbers and a few words."""

    def __init__(self, tell: Callable[[str, int, float], None]) -> None:
        """`tell` is given what goes on, how many pictures are done, and the shares of those
        that are begun, added up."""
        self._tell = tell
        self._done = 0
        self._going: dict[ImageRequest, Step] = {}
        self._lock = Lock()

    def step(self, request: ImageRequest, step: Step) -> None:
        """A picture goes on."""
        with self._lock:
            self._going[request] = step
            self._say(self._line())

    def done(self, request: ImageRequest) -> None:
        """A picture is there, or will never be."""
        with self._lock:
            self._going.pop(request, None)
            self._done += 1
            self._say(self._line() if self._going else request.section)

    def _say(self, line: str) -> None:
        begun = sum(_clipped(step.share) for step in self._going.values())
        self._tell(line, self._done, begun)

    def _line(self) -> str:
        """The one that was begun first is named, until it is done: a line that leaps cannot be
        read. Those that are all but there come last."""
        going = self._going.items()
        request, step = next((one for one in going if one[1].share < 1), next(iter(going)))
        others = len(self._going) - 1
        section = _cut(request.section, LONGEST_SECTION) + (f" +{others}" if others else "")
        return f"{section} · {words(step)}"


def _clipped(share: float) -> float:
    """What is no number is nothing."""
    return min(share, ALMOST) if share > 0 else 0.0


def words(step: Step) -> str:
    """ "Sampler 12 of 30"."""
    count = f" {step.done} of {step.total}" if step.total else ""
    return _cut(step.what, max(LONGEST_WORDS - len(count), 1)) + count


def _cut(text: str, most: int) -> str:
    """Without what steers a terminal: it may be from anybody's graph."""
    plain = "".join(c for c in text if c.isprintable())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
