"""A song is listened to, once."""

from __future__ import annotations

from pathlib import Path

from clavilux.fingerprint import of_sources
from clavilux.footage import OnProgress, silent
from clavilux.interfaces import BeatTracker
from clavilux.media import audio
from clavilux.model.codec import digest
from clavilux.model.song import Analysis
from clavilux.storage import Store


def analyze(
    song: Path, store: Store, *, tracker: str = "", on_progress: OnProgress = silent
) -> Analysis:
    """Listen to a song: decode it and describe it. Known songs are remembered.

    `tracker`: who hears the beats; "" is the built-in one.
    """
    from clavilux.analysis.analyze import interpret
    from clavilux.trackers.listening import Listening

    contents = audio.file_digest(song)
    key, other = _analysis_key(contents, tracker)
    if known := store.get(key, ".json"):
        heard = Analysis.model_validate_json(known)
        return heard.model_copy(update={"song": heard.song.called(song.stem)})
    on_progress("listening", song.name, 0, 100)
    facts, listening = audio.listen(
        song,
        Listening.with_tracker(other),
        digest=contents,
        progress=lambda share: on_progress("listening", song.name, round(50 * share), 100),
    )
    spectrum, beats = listening.finish()
    analysis = interpret(facts, spectrum, heard=beats)
    store.put(key, ".json", analysis.model_dump_json().encode())
    on_progress("listening", song.name, 100, 100)
    return analysis


def is_analyzed(song: Path, store: Store, *, tracker: str = "") -> bool:
    """Whether `analyze` would know a song."""
    return store.has(_analysis_key(audio.file_digest(song), tracker)[0], ".json")


def _analysis_key(contents: str, tracker: str) -> tuple[str, BeatTracker | None]:
    """The address of an analysis, and the tracker that is to be heard, if not the built-in one."""
    from clavilux.trackers.listening import BUILT_IN, tracker_named

    other = tracker_named(tracker or BUILT_IN)
    made_by = of_sources("analysis", "media/audio.py", "media/audio_frames.py", "model/song.py")
    named = (other.name, other.version) if other else ()
    return digest("analysis", made_by, contents, *named), other
