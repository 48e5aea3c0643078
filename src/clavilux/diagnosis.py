"""What a machine has, what is missing, and what each missing thing would add."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Check:
    """One thing that was looked for."""

    name: str
    present: bool
    found: str
    adds: str
    """What to do, or what it would add."""
    needed: bool = True


def examine(cache: Path) -> list[Check]:
    """Look at everything a render needs, then at what it could use."""
    return [
        _python(),
        _codec("libx264", "w", "H.264 encoder", "install PyAV from PyPI: its wheel has it"),
        _codec("aac", "w", "AAC encoder", "install PyAV from PyPI: its wheel has it"),
        _codec("mp3", "r", "mp3 decoder", "install PyAV from PyPI: its wheel has it"),
        _compiler(),
        _writable(cache),
        _space(cache),
        *_plugins(),
        *_encoders(),
        _config(),
        _beat_this(),
        _gpu(),
    ]


def _python() -> Check:
    return Check("Python", True, platform.python_version(), "")


def _codec(name: str, mode: str, what: str, adds: str) -> Check:
    import av

    try:
        codec = av.Codec(name, mode)  # type: ignore[arg-type]
    except Exception:
        return Check(what, False, "", adds)
    return Check(what, True, codec.long_name, adds)


def _compiler() -> Check:
    import numba

    from clavilux.compiled import kernel

    try:
        answer = kernel(lambda x: x + 1)(41)
    except Exception as error:
        return Check("compiler", False, "", f"Numba cannot compile here: {error}")
    return Check("compiler", answer == 42, f"Numba {numba.__version__}", "reinstall numba")


def _writable(cache: Path) -> Check:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
    except OSError as error:
        reason = f"cannot write {cache} ({error.strerror}); set CLAVILUX_CACHE to another folder"
        return Check("cache", False, "", reason)
    return Check("cache", True, str(cache), "")


def _space(cache: Path) -> Check:
    place = next(p for p in (cache, *cache.parents) if p.exists())
    free = shutil.disk_usage(place).free / 1e9
    return Check(
        "disk space", free > 1, f"{free:.0f} GB free", "free at least 1 GB for stills and segments"
    )


def _plugins() -> list[Check]:
    from clavilux import registry

    return [
        Check(
            kind, bool(registry.names(kind)), ", ".join(registry.names(kind)), "reinstall clavilux"
        )
        for kind in ("scenes", "effects", "providers")
    ]


def _encoders() -> list[Check]:
    """Each of those that any processor runs, then each kind of hardware, by trying them."""
    from clavilux.media.encode import EncoderSettings
    from clavilux.media.encoders import HARDWARE, SOFTWARE
    from clavilux.media.probe import why_not

    checks = []
    for encoder in SOFTWARE:
        reason = why_not(EncoderSettings.at(encoder.name))
        adds = f"would give --encoder {encoder.name}: {encoder.about}. {reason}"
        checks.append(Check(f"encoder {encoder.name}", not reason, encoder.about, adds, False))
    for kind in dict.fromkeys(encoder.needs for encoder in HARDWARE):
        family = [encoder for encoder in HARDWARE if encoder.needs == kind]
        reasons = {e.name: why_not(EncoderSettings.at(e.name)) for e in family}
        working = [name for name, reason in reasons.items() if not reason]
        names = ", ".join(reasons)
        lacking = "; ".join(f"{name}: {reason}" for name, reason in reasons.items() if reason)
        adds = f"would give --encoder {names}. {next(filter(None, reasons.values()), '')}"
        found = ", ".join(working) + (f" (not {lacking})" if lacking else "")
        title = f"encoders {family[0].name.partition('_')[2]}"
        checks.append(Check(title, bool(working), found, adds, False))
    return checks


def _config() -> Check:
    from clavilux.settings import config_path

    path = config_path()
    adds = f"none at {path}; it could hold cache, workers and beat_this"
    return Check("config file", path.is_file(), str(path), adds, needed=False)


def _beat_this() -> Check:
    from clavilux.model.errors import ClaviluxError
    from clavilux.trackers.beat_this import BeatThis

    try:
        found = f"{BeatThis().version.split()[0]} with weights; `--tracker beat-this` uses it"
    except ClaviluxError as error:
        adds = f"would let a trained model hear the beats (--tracker beat-this). {error}"
        return Check("Beat This", False, "", adds, needed=False)
    return Check("Beat This", True, found, "", needed=False)


def _gpu() -> Check:
    present = importlib.util.find_spec("torch") is not None
    return Check(
        "PyTorch",
        present,
        "installed",
        "would let Beat This hear beats, and local image models draw keyframes; nothing needs it",
        needed=False,
    )
