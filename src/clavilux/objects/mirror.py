"""A bucket that machines share, and a folder here, so that an outage of the one loses nothing.

What was bought is in the folder before it is sent anywhere. What the bucket could not take waits
there, and is sent when the bucket is next asked whether it works.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from clavilux.model.errors import ClaviluxError
from clavilux.objects import durable
from clavilux.objects.place import NOTE, SUFFIXES, Place, is_key, path_of

WAITING = "waiting"
"""The folder of empty files that name what the bucket does not have yet."""


class Mirror:
    """A place far away with a folder near by. See `Place` for what its verbs promise."""

    def __init__(
        self, far: Place, near: Place, folder: Path, *, notice: Callable[[str], None]
    ) -> None:
        """`near` keeps its pictures in `folder`."""
        self.name = far.name
        self._far, self._near, self._folder, self._notice = far, near, folder, notice
        self._away, self._lock = False, Lock()

    def __repr__(self) -> str:
        return f"Mirror({self.name!r})"

    def get(self, key: str, suffix: str) -> bytes | None:
        """As `Place.get`; the bucket is asked only for what is not here."""
        found = self._near.get(key, suffix)
        if found is None:
            found = self._far.get(key, suffix)
            if found is not None and suffix != NOTE:
                with suppress(ClaviluxError):  # it is here in hand, and kept there
                    self._near.put(key, suffix, found, note=self._far.get(key, NOTE))
        return found

    def has(self, key: str, suffix: str) -> bool:
        return self._near.has(key, suffix) or self._far.has(key, suffix)

    def put(self, key: str, suffix: str, data: bytes, *, note: bytes | None = None) -> bool:
        """As `Place.put`, but durable in the folder; that the bucket took it not is a notice.

        False also where another machine came first: then its picture is the one that is kept here.
        """
        mark = self._mark(key, suffix)
        new = self._near.put(key, suffix, data, note=note)
        if self._away:
            return new
        try:
            return self._send(key, suffix, mark=mark) and new
        except ClaviluxError as error:
            self._give_up(error)
            return new

    def check(self) -> None:
        """As `Place.check`, for both; what waits is sent first of all."""
        self._near.check()
        self._far.check()
        self._away = False
        for key, suffix, mark in self._waiting():
            self._send(key, suffix, mark=mark)

    def _give_up(self, error: ClaviluxError) -> None:
        """For this run: what is dead is not waited for again and again."""
        with self._lock:
            known, self._away = self._away, True
        if not known:
            self._notice(
                f"pictures wait in {self._near.name} until the next render finds {self.name} well:"
                f" {error}"
            )

    def _waiting(self) -> list[tuple[str, str, Path]]:
        """Key, suffix and mark of what is to be sent."""
        try:
            marks = sorted((self._folder / WAITING).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [
            (mark.stem, mark.suffix, mark)
            for mark in marks
            if mark.suffix in SUFFIXES and is_key(mark.stem)
        ]

    def _mark(self, key: str, suffix: str) -> Path:
        """Write down that something is to be sent, before there is anything."""
        mark = self._folder / WAITING / Path(path_of(key, suffix)).name
        with self._near.failures_told():
            mark.parent.mkdir(exist_ok=True)
            mark.touch()
        return mark

    def _send(self, key: str, suffix: str, *, mark: Path) -> bool:
        """Have the bucket take what is here, or take over what it has. Whether it was new there."""
        data = self._near.get(key, suffix)
        if data is None:  # another process is about to put it, or was killed before it could
            durable.remove_abandoned(mark)
            return False
        new = self._far.put(key, suffix, data, note=self._near.get(key, NOTE))
        if not new:
            theirs = self._far.get(key, suffix)
            if theirs is not None and theirs != data:
                self._take_over(key, suffix, theirs)
        mark.unlink(missing_ok=True)
        return new

    def _take_over(self, key: str, suffix: str, theirs: bytes) -> None:
        """The first writer wins, even where it was another machine."""
        note = self._far.get(key, NOTE)
        with self._near.failures_told():
            durable.replace(self._folder, path_of(key, suffix), theirs)
            if note is not None:
                durable.replace(self._folder, path_of(key, NOTE), note)
