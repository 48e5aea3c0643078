"""What a machine has, what is missing, and what each missing thing would add."""

from __future__ import annotations

import importlib
import importlib.util
import platform
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from clavilux.model.errors import ClaviluxError

if TYPE_CHECKING:
    from clavilux.settings import Settings


@dataclass(frozen=True)
class Check:
    """One thing that was looked for."""

    name: str
    present: bool
    found: str
    adds: str
    """What to do, or what it would add."""
    needed: bool = True


def examine(settings: Settings) -> list[Check]:
    """Look at everything a render needs, then at what it could use."""
    cache = settings.cache
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
        *_sellers(settings),
        *_directors(settings),
        *_purchases(settings),
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
    adds = f"none at {path}; it could say how to render and buy pictures"
    return Check("config file", path.is_file(), str(path), adds, needed=False)


def _sellers(settings: Settings) -> list[Check]:
    """Each image provider that sells: whether it can be asked. Asks nobody but the user's own
    machines."""
    from clavilux import registry
    from clavilux.interfaces import PictureSeller

    checks = []
    for name in registry.names("providers"):
        title, adds = f"pictures by {name}", f"would give --images {name}: "
        try:
            if not isinstance(registry.get("providers", name), PictureSeller):
                continue
            found, trouble = _account_at(name, settings)
        except ClaviluxError as error:
            found, trouble = "", str(error)
        checks.append(Check(title, not trouble, found, adds + trouble, needed=False))
    return checks


def _account_at(name: str, settings: Settings) -> tuple[str, str]:
    """What would be asked there, and what stands against it. Raises ClaviluxError."""
    from clavilux.interfaces import SelfHosted
    from clavilux.providers import prices
    from clavilux.providers.shop import Shop

    (seller,) = Shop((name,), settings).sellers()
    model, address = seller.models[0], settings.provider(name).base_url
    if isinstance(seller, SelfHosted):
        trouble = seller.ready()
        if not trouble and not address and name not in settings.providers:
            trouble = f"nothing is said under [providers.{name}] in the config file"
        return ("", trouble) if trouble else (f"{model}; {seller.found()}", "")
    found = model + (f" at {address}" if address else ", your key is set")
    ending = prices.used().warnings(name, model, today=date.today())
    return "; ".join((found, *ending)), seller.ready()


def _directors(settings: Settings) -> list[Check]:
    """Each language model that can direct and revise. Asks nobody; a server on this machine is
    knocked at."""
    from clavilux.directors.readiness import names_of_directors, readiness

    checks = []
    for name in names_of_directors(settings):
        found, trouble = readiness(name, settings)
        adds = f"would give --director {name}: {trouble}"
        checks.append(Check(f"director {name}", not trouble, found, adds, needed=False))
    return checks


def _purchases(settings: Settings) -> list[Check]:
    """Where bought pictures are and what was spent; both only where something was."""
    from clavilux.model.money import dollars
    from clavilux.providers.shop import open_ledger, open_pictures

    place = settings.pictures or str(settings.picture_folder)
    used = settings.picture_folder.exists() or bool(settings.pictures)
    pictures = Check("bought pictures", used, place, f"none yet; they would be in {place}", False)
    ledger = Check("ledger", False, "", f"none yet; it would be {settings.ledger}", False)
    try:
        if settings.pictures:
            open_pictures(settings).check()
        if settings.ledger.exists():
            month = open_ledger(settings).totals(month=True)
            limit = settings.month_budget
            of = f" of {dollars(limit)}" if limit is not None else ""
            said = f"{settings.ledger}; {dollars(month.counted)}{of} this month"
            ledger = Check("ledger", True, said, "", False)
    except ClaviluxError as error:
        return [pictures, ledger, Check("purchases", False, "", str(error))]
    return [pictures, ledger]


def _beat_this() -> Check:
    from clavilux.trackers.beat_this import BeatThis

    try:
        found = f"{BeatThis().version.split()[0]} with weights; `--tracker beat-this` uses it"
    except ClaviluxError as error:
        adds = f"would let a trained model hear the beats (--tracker beat-this). {error}"
        return Check("Beat This", False, "", adds, needed=False)
    return Check("Beat This", True, found, "", needed=False)


def _gpu() -> Check:
    adds = "would let Beat This hear beats, and local image models draw keyframes; nothing needs it"
    if importlib.util.find_spec("torch") is None:
        return Check("PyTorch", False, "", adds, needed=False)
    try:
        torch = importlib.import_module("torch")
        kinds = {"CUDA": torch.cuda.is_available(), "MPS": torch.backends.mps.is_available()}
        on = next((name for name, found in kinds.items() if found), "the processor alone")
    except Exception as error:
        return Check("PyTorch", False, "", f"cannot be loaded: {error}", needed=False)
    return Check("PyTorch", True, f"{torch.__version__} on {on}", "", needed=False)
