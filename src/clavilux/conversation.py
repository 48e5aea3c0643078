"""A conversation about one video: what the user says, what the system answers, kept in a file.

The terminal (`clavilux chat`) talks through it, and so can a web page: whoever knows the number of
the last message it has shown asks for those since. All of it is in the file, so that any process
may go on with it at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from clavilux import pipeline
from clavilux.documents import journal, write_spec
from clavilux.documents.checking import shown as printable
from clavilux.footage import OnProgress, silent
from clavilux.model.base import Value
from clavilux.model.errors import ClaviluxError, InputError
from clavilux.model.report import RenderReport
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.pipeline import RenderOptions
from clavilux.revision import history
from clavilux.revision.patch import EDITS, Patch
from clavilux.revision.requests import OutOfReachError, RequestError
from clavilux.revision.revising import Proposal, propose, propose_patch
from clavilux.storage import Store, write_atomically

if TYPE_CHECKING:
    from clavilux.revision.by_model import Complete

Kind = Literal[
    "said",  # by the user
    "proposed",  # a revision, which waits for a yes or no; `patch` is it
    "not understood",
    "accepted",
    "declined",
    "undone",
    "redone",
    "notice",  # a fall-back, a budget that is spent: what stops nothing
    "rendering",
    "finished",  # `report` says what came out
    "failed",
]


class Message(Value):
    """One thing that was said."""

    id: int = 0
    """Ascending, from 1; those of one conversation never change, and some may be missing."""
    at: str
    """When, ISO 8601, UTC."""
    who: Literal["user", "system"]
    kind: Kind
    text: str
    details: dict[str, Any] = Field(default_factory=dict)
    """For programs; what is in it depends on the kind."""


class Conversation:
    """About the video of one spec file. Its methods may be called from several threads."""

    def __init__(
        self, spec: Path, options: RenderOptions, store: Store, *, complete: Complete | None = None
    ) -> None:
        """`complete`: a language model for what the rules do not understand."""
        self.spec, self.options, self.store = spec, options, store
        self._complete = complete
        self._shown: Proposal | None = None
        """What was proposed here, and is not answered yet."""
        self.file = spec.with_suffix(".chat.jsonl")

    @classmethod
    def about(
        cls,
        source: Path,
        options: RenderOptions,
        store: Store,
        *,
        complete: Complete | None = None,
        on_progress: OnProgress = silent,
    ) -> Conversation:
        """About a spec, or about a song, whose spec is written beside it if there is none yet."""
        path = spec_of(source)
        talk = cls(path, options, store, complete=complete)
        if path == source or path.exists():
            return talk
        notices: list[str] = []
        shop = replace(options.shop, on_notice=notices.append)
        heard = replace(options, shop=shop)
        spec, _ = pipeline.direct(source, heard, store, on_progress=on_progress)
        text = write_spec(spec.model_copy(update={"song": source.name}), name=path.name)
        write_atomically(path, text.encode())
        for line in notices:
            talk.note("notice", line)
            options.shop.on_notice(line)
        return talk

    # --- What was said -----------------------------------------------------------------------

    def messages(self, *, since: int = 0) -> tuple[Message, ...]:
        """Those after a number, in their order. Raises InputError where the file is damaged."""
        found = []
        for number, entry in journal.entries(self.file):
            if number > since:
                try:
                    found.append(Message.model_validate({**entry, "id": number}))
                except ValidationError:
                    raise InputError(f"{self.file} is not a conversation; move it away") from None
        return tuple(found)

    def note(self, kind: Kind, text: str, **details: Any) -> None:
        """Something happened: for whoever reads on, and for ever."""
        who: Literal["user", "system"] = "user" if kind == "said" else "system"
        message = Message(at=_now(), who=who, kind=kind, text=text, details=details)
        journal.append(self.file, message.model_dump(mode="json", exclude={"id"}))

    # --- Changing the video ------------------------------------------------------------------

    def say(self, text: str) -> Proposal | None:
        """A wish in plain words -> what it would change, which waits for `accept`.

        None where it is not understood or changes nothing; the last message says why, and in
        `details`, as "unknown", whether other words would help.
        """
        self.note("said", text)
        try:
            proposal = propose(self.spec, text, listen=self.heard, complete=self._complete)
        except ClaviluxError as error:
            unknown = isinstance(error, RequestError) and not isinstance(error, OutOfReachError)
            self.note("not understood", str(error), unknown=unknown)
            return None
        except BaseException:  # Ctrl-C while a model is waited for
            self.note("failed", "stopped before there was an answer")
            raise
        lines = [f"{d.section or 'the whole video'}: {d.told}" for d in proposal.differences]
        self.note(
            "proposed",
            "\n".join(lines),
            said=text,
            patch=proposal.patch.model_dump(mode="json")["operations"],
        )
        self._shown = proposal
        return proposal

    @property
    def pending(self) -> Proposal | None:
        """What was proposed and is neither accepted nor declined, by whatever process; None too
        where the spec has changed so that it does not fit any more."""
        settled: tuple[Kind, ...] = ("accepted", "declined", "undone", "redone")
        for message in reversed(self.messages()):
            if message.kind in settled:
                return None
            if message.kind == "proposed":
                patch = Patch.model_validate({"operations": message.details.get("patch", ())})
                said = str(message.details.get("said", ""))
                try:
                    return propose_patch(self.spec, patch, said=said, fence=EDITS)
                except InputError:
                    return None
        return None

    def accept(self) -> Proposal:
        """Write what was proposed last into the spec.

        Raises InputError where nothing is, and where it is not what `say` proposed here: the spec
        was edited in the same place, or somebody else talks about it too.
        """
        proposal, shown = self.pending, self._shown
        if proposal is None:
            raise InputError("nothing waits for a yes; say what to change first")
        if shown is not None and proposal.differences != shown.differences:
            again = printable(shown.said)
            raise InputError(
                f"something else was changed or proposed meanwhile; say again: {again}"
            )
        proposal.accept()
        self._shown = None
        self.note("accepted", proposal.said)
        return proposal

    def decline(self) -> None:
        """Forget what was proposed last."""
        self._shown = None
        if self.pending is not None:
            self.note("declined", "nothing was changed")

    def undo(self) -> str:
        """Take back the last change; returns what was said for it. Raises InputError."""
        said = history.undo(self.spec)
        self.note("undone", said)
        return said

    def redo(self) -> str:
        """Take back the last undo. Raises InputError."""
        said = history.redo(self.spec)
        self.note("redone", said)
        return said

    # --- Making it ---------------------------------------------------------------------------

    def render(
        self,
        output: Path,
        *,
        options: RenderOptions | None = None,
        on_progress: OnProgress = silent,
        on_notice: Callable[[str], None] = lambda _: None,
    ) -> RenderReport:
        """Make the video as the spec has it now. What happens is said here and to `on_notice`.

        `options`: others than the conversation's, such as with money for pictures. Raises what
        `pipeline.render` raises, once that is said here too.
        """
        chosen = options or self.options
        told: set[str] = set()
        lock = Lock()

        def tell(text: str) -> None:
            with lock:
                if text in told:
                    return
                told.add(text)
            self.note("notice", text)
            on_notice(text)

        chosen = replace(chosen, shop=replace(chosen.shop, on_notice=tell))
        self.note("rendering", output.name)
        try:
            report = pipeline.render(
                self.spec, output, chosen, self.store, on_progress=on_progress, on_notice=tell
            )
        except BaseException as error:
            stopped = "stopped; render again to continue"
            self.note("failed", str(error) if isinstance(error, ClaviluxError) else stopped)
            raise
        for notice in report.notices:
            tell(notice)
        self.note(
            "finished",
            output.name,
            output=str(output),
            report=str(pipeline.report_path(output)),
            segments=report.segments,
            segments_reused=report.segments_reused,
            stills=report.stills,
            stills_reused=report.stills_reused,
            paid=report.money.paid if report.money else 0.0,
        )
        return report

    def heard(self, spec: RenderSpec) -> Analysis:
        """The song as it was heard, without corrections."""
        return pipeline.analyze(pipeline.song_of(spec, self.spec), self.store, tracker=spec.tracker)


def spec_of(source: Path) -> Path:
    """The spec that a conversation about a spec or a song is about."""
    is_spec = source.suffix.lower() in pipeline.SPEC_SUFFIXES
    return source if is_spec else source.with_suffix(".spec.yaml")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
