"""What goes on while frames are drawn: stills are made, and the sound is encoded.

Drawing needs neither to begin: a segment waits for the stills it shows and for no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from clavilux.executors.queue import Coming
from clavilux.fingerprint import of_sources
from clavilux.media.containers import container_of, sound_for
from clavilux.media.encode import EncoderSettings
from clavilux.media.sound import encode_sound, is_copied
from clavilux.model.codec import digest
from clavilux.model.request import ImageRequest
from clavilux.planning.edit import Stills
from clavilux.providers.fulfil import Fulfilled, expected_of, fulfil
from clavilux.providers.shop import OnNotice, Shop
from clavilux.providers.watching import OnPicture
from clavilux.storage import Store, written_whole


@dataclass(frozen=True)
class Heard:
    """What of a song is heard in a video."""

    song: Path | None
    """None in a silent one."""
    digest: str
    start: float
    duration: float
    """Both in seconds."""
    whole: bool
    """It is all of the song, which may be copied."""


class Meanwhile:
    """Work beside the drawing. Leaving the context stops what has not begun."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = Event()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="meanwhile")

    def __enter__(self) -> Meanwhile:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def make_stills(
        self,
        requests: Sequence[ImageRequest],
        shop: Shop,
        *,
        account: str,
        workers: int,
        on_done: Callable[[Fulfilled], None] = lambda _: None,
        on_step: OnPicture = lambda request, step: None,
        on_notice: OnNotice = lambda _: None,
    ) -> StillsToCome:
        """Have stills made, in order. See `Shop.makers` for `account`, `on_step`, and what is
        raised.

        `on_notice` is told at once what a user should know, from several threads; so is the shop's.
        """
        coming, notices = Coming(), list[str]()

        def notice(line: str) -> None:
            shop.on_notice(line)
            on_notice(line)

        def note(line: str) -> None:
            notices.append(line)
            notice(line)

        makers = shop.makers(
            requests, self._store, account=account, workers=workers, stop=self._stop,
            on_notice=note, on_step=on_step,
        )  # fmt: skip

        def tell(made: Fulfilled) -> None:
            on_done(made)
            if made.source is not None:
                coming.made(made.source.picture)

        def make() -> tuple[Fulfilled, ...]:
            try:
                return fulfil(requests, makers, on_done=tell, on_notice=notice, stop=self._stop)
            finally:
                coming.ended()

        expected = {(r.section, r.index): expected_of(makers, r) for r in requests}
        return StillsToCome(expected, coming, notices, self._threads.submit(make))

    def encode_sound(
        self, heard: Heard, output: Path, settings: EncoderSettings
    ) -> Callable[[], Path | None]:
        """Have the sound encoded, where it will not be copied; ask for it when it is needed."""
        container = container_of(output)
        sound = sound_for(container, "prores" if settings.of.codec == "prores_ks" else "")
        if heard.song is None or (heard.whole and is_copied(heard.song, sound)):
            return lambda: None
        made_by = of_sources("media/sound.py", "media/audio_frames.py")
        what = (heard.digest, heard.start, heard.duration, container.format, sound)
        path = self._store.path(digest("sound", made_by, *what), ".sound")
        song = heard.song

        def make() -> Path:
            if not path.is_file():
                with written_whole(path) as beside:
                    encode_sound(
                        song, beside, container=container, sound=sound, start=heard.start,
                        duration=heard.duration,
                    )  # fmt: skip
            return path

        return self._threads.submit(make).result


@dataclass(frozen=True)
class StillsToCome:
    """Stills that are being made."""

    expected: Stills
    """Where each will be if all goes well."""
    coming: Coming
    notices: Sequence[str]
    """What is to be known of the making as such; what came of each still says its own."""
    _work: Future[tuple[Fulfilled, ...]]

    def made(self) -> tuple[Fulfilled, ...]:
        """What came of every request, when all is done."""
        return self._work.result()


def usable(made: Iterable[Fulfilled]) -> Stills:
    """Stills by section and number; a section that lost one shows its others."""
    return {(m.request.section, m.request.index): m.source for m in made if m.source is not None}
