"""Bytes by digest in one object store. The first writer wins, and what is put is durable.

Keys lie as in `storage.Store`: under their first two digits. A small JSON beside a picture says how
it came about.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from clavilux.model.errors import ClaviluxError, InputError, OutputError
from clavilux.objects import durable
from clavilux.objects.address import Opened
from clavilux.objects.failures import Failure, told

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SUFFIXES = (".bin", ".png", ".jpg", ".webp", ".avif")
NOTE = ".json"
"""Suffix of what is told about a picture."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a picture: the most that a provider's answer may have."""

TRIES = 3
"""Puts until one is known to have landed, or not."""

_MARK = "clavilux.txt"
_MARK_TEXT = b"Written by Clavilux to see whether this place keeps the first of two writers.\n"

_known: dict[tuple[str, str], bool] = {}
"""Places asked by this process, and whether they honour conditional puts."""
_asking = Lock()


class Place:
    """A folder, a bucket or this process's memory. Safe to use from several threads."""

    def __init__(self, opened: Opened, *, notice: Callable[[str], None]) -> None:
        """`notice` is told, in a line, what the user should know and what stops nothing."""
        self.name = opened.name
        self._store, self._hasty, self._folder = opened.store, opened.hasty, opened.folder
        self._shared, self._endpoint = opened.shared, opened.endpoint
        self._notice = notice

    def __repr__(self) -> str:
        return f"Place({self.name!r})"

    def get(self, key: str, suffix: str) -> bytes | None:
        """The bytes, or None where there are none. Raises InputError or OutputError."""
        path = path_of(key, suffix)
        with self.failures_told():
            try:
                found = obstore.get(self._store, path)
            except FileNotFoundError as error:
                if Failure(str(error)).bucket_missing:
                    raise
                return None
            if found.meta["size"] > LARGEST:
                raise InputError(
                    f"{path} at {self.name} is over {LARGEST // 2**20} MiB; it is no picture:"
                    " remove it"
                )
            return bytes(found.bytes())

    def has(self, key: str, suffix: str) -> bool:
        return self._has(path_of(key, suffix))

    def put(self, key: str, suffix: str, data: bytes, *, note: bytes | None = None) -> bool:
        """Keep bytes unless there are some at that address already. Durable when it returns.

        True if they are new; False if there were some, which stay as they are. `note`: JSON about
        these bytes, kept beside them; that it cannot be kept is a notice. Raises InputError or
        OutputError where it is not sure that bytes are there.
        """
        path = path_of(key, suffix)
        if suffix == NOTE:
            raise InputError("a note is put with its picture; give it as `note`")
        if len(data) > LARGEST:
            raise OutputError(f"the picture is over {LARGEST // 2**20} MiB; ask for a smaller one")
        new = self._keep(path, data)
        if note is not None:
            self._put_note(path_of(key, NOTE), note, about=path, data=data, new=new)
        return new

    def check(self) -> None:
        """Raise InputError or OutputError now, rather than when a picture is paid for.

        Seen is whether it can be reached, written and read, and, once per process, whether the
        first of two writers wins there.
        """
        if not self._shared:
            self._check_own()
            return
        self._keeps_first(self._hasty)
        with self.failures_told():
            if bytes(obstore.get(self._hasty, _MARK).bytes()) != _MARK_TEXT:
                raise OutputError(
                    f"{self.name} gives back other bytes than it was given; choose another place"
                )
            # One who may not list is told "forbidden" for what is not there.
            with suppress(FileNotFoundError):
                obstore.head(self._hasty, path_of(secrets.token_hex(32), SUFFIXES[0]))

    def _check_own(self) -> None:
        trial = f"{durable.UNFINISHED}/{secrets.token_hex(8)}"
        with self.failures_told():
            self._create(self._store, trial, _MARK_TEXT)
            obstore.delete(self._store, trial)
        if self._folder is not None:
            durable.sweep(self._folder)

    def _put_note(self, path: str, note: bytes, *, about: str, data: bytes, new: bool) -> None:
        """Keep what is told of bytes, if it is they that are kept: a rival's have their own note.

        They may be there though they are not new: a put is repeated where its answer was lost.
        """
        try:
            if new or self._is(about, data):
                self._keep(path, note)
        except ClaviluxError as error:
            self._notice(f"what a picture cost was not written beside it: {error}")

    def _has(self, path: str) -> bool:
        with self.failures_told():
            try:
                obstore.head(self._store, path)
            except FileNotFoundError:
                return False
            return True

    def _keep(self, path: str, data: bytes) -> bool:
        """Whether the bytes are new there. Repeated where it is not known if a put landed."""
        conditional = self._keeps_first(self._store)
        unsure = False
        for attempt in range(TRIES):
            try:
                if not conditional:
                    return self._keep_unconditionally(path, data)
                if self._create(self._store, path, data):
                    return True
            except (BaseError, OSError, ValueError) as error:
                if unsure or not Failure(str(error)).unsure:
                    raise told(error, where=self.name) from None
                unsure = True
                continue
            # "There is one" is also said of a put that a rival's stood in the way of, and which
            # may have failed as well (HTTP 409): only what can be seen is there.
            if self._has(path):
                return False
            time.sleep(0.05 * 4**attempt)
        raise OutputError(f"{self.name} would not keep {path}; try again or choose another place")

    def _keep_unconditionally(self, path: str, data: bytes) -> bool:
        if self._has(path):
            return False
        obstore.put(self._store, path, data, use_multipart=False)
        return True

    def _is(self, path: str, data: bytes) -> bool:
        with self.failures_told():
            found = obstore.get(self._store, path)
            return bool(found.meta["size"] == len(data)) and bytes(found.bytes()) == data

    def _create(self, store: ObjectStore, path: str, data: bytes) -> bool:
        """Put where there is nothing yet; False where there is something."""
        try:
            if self._folder is None:
                obstore.put(store, path, data, mode="create")
            else:
                durable.create(self._folder, path, data)
        except AlreadyExistsError:
            return False
        return True

    def _keeps_first(self, store: ObjectStore) -> bool:
        """Whether puts can be conditional here. Asked once per process and place, by two puts of
        one mark: a server that ignores conditions takes both."""
        if not self._shared:
            return True
        place = (self._endpoint, self.name)
        with _asking:
            known = _known.get(place)
            if known is not None and store is not self._hasty:
                return known
            with self.failures_told():
                try:
                    keeps = not (
                        self._create(store, _MARK, _MARK_TEXT)
                        and self._create(store, _MARK, _MARK_TEXT)
                    )
                except BaseError as error:
                    if not Failure(str(error)).no_conditions:
                        raise
                    keeps = False
                    obstore.put(store, _MARK, _MARK_TEXT)
            _known[place] = keeps
        if not keeps and known is None:
            self._notice(
                f"{self.name} does not honour conditional puts: two machines that buy the same"
                " picture at the same time keep only the later one"
            )
        return keeps

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """What goes wrong in here becomes one line that says what to do."""
        try:
            yield
        except ClaviluxError:
            raise
        except (BaseError, OSError, ValueError) as error:
            raise told(error, where=self.name) from None


def is_key(text: str) -> bool:
    """Whether it is the address of a picture: a sha256 in hex."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def path_of(key: str, suffix: str) -> str:
    """Where a key lies. InputError for what is no digest: no path leads out of the place."""
    if not is_key(key):
        raise InputError(f"{key[:80]!a} is no address of a picture; give a sha256 in hex")
    if suffix not in (*SUFFIXES, NOTE):
        raise InputError(f"pictures are not kept as {suffix[:20]!a}; use one of {SUFFIXES}")
    return f"{key[:2]}/{key}{suffix}"
